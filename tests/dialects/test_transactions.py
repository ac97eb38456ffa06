"""Transactions, savepoints, isolation and integrity errors on every database."""

from __future__ import annotations

from typing import Any

import pytest

from orm import exc
from orm.engine import Engine
from orm.schema.column import Column
from orm.schema.constraints import CheckConstraint, UniqueConstraint
from orm.schema.foreign_key import ForeignKey
from orm.schema.metadata import MetaData
from orm.schema.table import Table
from orm.sql.dml import delete, insert, update
from orm.sql.select import select
from orm.types.scalar import Integer, String

metadata = MetaData()
parents = Table(
    "parents",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("email", String(50), nullable=False),
    Column("a", Integer),
    Column("b", Integer),
    UniqueConstraint("email", name="uq_parents_email"),
    UniqueConstraint("a", "b", name="uq_parents_pair"),
    CheckConstraint("a > 0", name="ck_parents_a"),
)
children = Table(
    "children",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("parent_id", Integer, ForeignKey("parents.id", name="fk_children_parent")),
)


@pytest.fixture
def db(engine: Engine) -> Engine:
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(parents).values(id=1, email="a@x", a=1, b=1))
    return engine


def ids(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.scalars(select(parents.c.id).order_by(parents.c.id)).all())


def test_rollback_and_commit(db: Engine) -> None:
    with db.connect() as connection:
        connection.execute(insert(parents).values(id=2, email="b@x"))
        connection.rollback()
        connection.execute(insert(parents).values(id=3, email="c@x"))
        connection.commit()
        connection.execute(insert(parents).values(id=4, email="d@x"))
    assert ids(db) == [1, 3]


def test_savepoint_saves_the_transaction_from_an_error(db: Engine) -> None:
    with db.begin() as connection:
        connection.execute(insert(parents).values(id=2, email="b@x"))
        with pytest.raises(exc.IntegrityError), connection.begin_nested():
            connection.execute(insert(parents).values(id=2, email="c@x"))
        with connection.begin_nested():
            connection.execute(insert(parents).values(id=3, email="c@x"))
            with connection.begin_nested() as inner:
                connection.execute(insert(parents).values(id=4, email="d@x"))
                inner.rollback()
    assert ids(db) == [1, 2, 3]


def test_an_error_then_rollback_leaves_a_usable_connection(db: Engine) -> None:
    with db.connect() as connection:
        connection.execute(insert(parents).values(id=2, email="b@x"))
        with pytest.raises(exc.ProgrammingError if db.name != "sqlite" else exc.OperationalError):
            connection.execute("SELECT nothing FROM nowhere")
        connection.rollback()
        assert connection.execute("SELECT 1").scalar() == 1
    assert ids(db) == [1]


def test_commit_after_an_error_never_loses_rows_silently(db: Engine) -> None:
    with db.connect() as connection:
        connection.execute(insert(parents).values(id=2, email="b@x"))
        with pytest.raises(exc.IntegrityError):
            connection.execute(insert(parents).values(id=2, email="c@x"))
        if db.name == "postgresql":
            with pytest.raises(exc.InternalError, match="nothing was committed"):
                connection.commit()
        else:
            connection.commit()
        assert not connection.in_transaction()
    assert ids(db) == ([1] if db.name == "postgresql" else [1, 2])


CASES: list[tuple[Any, str, str, tuple[str, ...], str | None]] = [
    (
        insert(parents).values(id=2, email="a@x"),
        "unique",
        "parents",
        ("email",),
        "uq_parents_email",
    ),
    (
        insert(parents).values(id=2, email="z", a=1, b=1),
        "unique",
        "parents",
        ("a", "b"),
        "uq_parents_pair",
    ),
    (insert(parents).values(id=2, email=None), "not_null", "parents", ("email",), None),
    (insert(parents).values(id=2, email="z", a=-1), "check", "parents", (), "ck_parents_a"),
    (
        insert(children).values(id=1, parent_id=9),
        "foreign_key",
        "children",
        ("parent_id",),
        "fk_children_parent",
    ),
    (update(parents).values(email=None), "not_null", "parents", ("email",), None),
]


@pytest.mark.parametrize("number", range(len(CASES)))
def test_integrity_errors_are_classified(db: Engine, number: int) -> None:
    statement, kind, table, columns, constraint = CASES[number]
    with db.connect() as connection, pytest.raises(exc.IntegrityError) as caught:
        connection.execute(statement)
    error = caught.value
    assert (error.kind, error.table, error.columns, error.constraint) == (
        kind,
        table,
        columns,
        constraint,
    )
    assert ids(db) == [1]


def test_primary_key_conflict(db: Engine) -> None:
    with db.connect() as connection, pytest.raises(exc.IntegrityError) as caught:
        connection.execute(insert(parents).values(id=1, email="z"))
    assert (caught.value.kind, caught.value.table, caught.value.columns) == (
        "unique",
        "parents",
        ("id",),
    )


def test_deleting_a_referenced_row(db: Engine) -> None:
    with db.begin() as connection:
        connection.execute(insert(children).values(id=1, parent_id=1))
    with db.connect() as connection, pytest.raises(exc.IntegrityError) as caught:
        connection.execute(delete(parents))
    assert caught.value.kind == "foreign_key"
    if db.name != "sqlite":  # which tells nothing of it
        assert caught.value.table == "children"
        assert caught.value.constraint == "fk_children_parent"
    assert ids(db) == [1]


def test_integrity_errors_of_executemany(db: Engine) -> None:
    with db.connect() as connection, pytest.raises(exc.IntegrityError) as caught:
        connection.execute(insert(parents), [{"id": 2, "email": "b"}, {"id": 3, "email": "a@x"}])
    assert caught.value.columns == ("email",)
    assert ids(db) == [1]


def test_autocommit_and_back(db: Engine) -> None:
    with db.connect() as connection:
        default = connection.get_isolation_level()
        connection.rollback()
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.execute(insert(parents).values(id=2, email="b@x"))
        connection.rollback()
    assert ids(db) == [1, 2]
    with db.connect() as connection:
        assert connection.get_isolation_level() == default
        connection.execute(insert(parents).values(id=3, email="c@x"))
    assert ids(db) == [1, 2]


def test_isolation_levels_are_set_and_reset(db: Engine) -> None:
    levels = [name for name in db.dialect.get_isolation_level_values() if name != "AUTOCOMMIT"]
    with db.connect() as connection:
        default = connection.get_isolation_level()
    for level in levels:
        with db.connect() as connection:
            connection.execution_options(isolation_level=level)
            assert connection.get_isolation_level() == level
    with db.connect() as connection:
        assert connection.get_isolation_level() == default


def test_engine_wide_autocommit(db_url: str) -> None:
    from orm.engine import create_engine

    engine = create_engine(db_url, isolation_level="AUTOCOMMIT")
    metadata.create_all(engine)
    with engine.connect() as connection:
        connection.execute(insert(parents).values(id=2, email="b@x"))
    assert ids(engine) == [2]
    engine.dispose()


def test_rows_matched_count_not_rows_changed(db: Engine) -> None:
    with db.begin() as connection:
        statement = update(parents).where(parents.c.id == 1).values(email="a@x")
        assert connection.execute(statement).rowcount == 1


def test_stream_results(db: Engine) -> None:
    with db.connect() as connection:
        connection.execute(
            insert(parents), [{"id": number, "email": str(number)} for number in range(2, 300)]
        )
        statement = select(parents.c.id).order_by(parents.c.id)
        result = connection.execute(statement, execution_options={"stream_results": True})
        assert result.fetchmany(3) == [(1,), (2,), (3,)]
        assert len(result.all()) == 296
        result = connection.execute(statement, execution_options={"yield_per": 100})
        assert [len(part) for part in result.partitions()] == [100, 100, 99]
        # left unread: the connection must come back clean all the same
        connection.execute(statement, execution_options={"stream_results": True}).fetchone()
        connection.rollback()
        assert connection.execute("SELECT 1").scalar() == 1
        connection.execute(statement, execution_options={"stream_results": True}).fetchone()
    assert ids(db) == [1]


def test_a_server_refuses_to_write_in_a_read_only_transaction(db: Engine) -> None:
    with db.connect() as connection:
        connection.execution_options(read_only=True)
        assert connection.execute(select(parents.c.id)).scalars().all() == [1]
        if db.name != "sqlite":  # there the option only decides how the transaction begins
            with pytest.raises(exc.DBAPIError, match="(?i)read.only"):
                connection.execute(insert(parents).values(id=7, email="r@x"))
        connection.rollback()
        connection.execution_options(read_only=False)
        connection.execute(insert(parents).values(id=8, email="w@x"))
        connection.commit()
        connection.execution_options(read_only=True)
        connection.execute(select(parents.c.id))
    with db.begin() as connection:  # the next borrower is not bound by it
        connection.execute(insert(parents).values(id=9, email="n@x"))
    assert ids(db) == [1, 8, 9]


def test_isolation_level_of_one_execution(db: Engine) -> None:
    level = {"isolation_level": "AUTOCOMMIT"}
    with db.connect() as connection:
        before = connection.get_isolation_level()
        connection.rollback()
        connection.execute(insert(parents).values(id=3, email="c@x"), execution_options=level)
        with pytest.raises(exc.InvalidRequestError, match="in progress"):
            connection.execute(select(parents.c.id), execution_options=level)
        connection.rollback()
        assert connection.get_isolation_level() == before
        connection.rollback()
        connection.execute(insert(parents).values(id=4, email="d@x"))
        connection.rollback()
    assert ids(db) == [1, 3]
