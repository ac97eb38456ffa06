"""Statements that the driver has prepared, while their tables change under them (PostgreSQL)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from orm import Connection, DeclarativeBase, Mapped, Session, exc, mapped_column, select
from orm.engine import Engine

pytestmark = pytest.mark.parametrize("db_kind", ["postgresql"])


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "item"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


@pytest.fixture
def prepared(engine: Engine) -> Iterator[Connection]:
    """A connection on which `SELECT *` of a table is prepared."""
    Base.metadata.create_all(engine)
    engine.execute("INSERT INTO item (name) VALUES ('a')")
    with engine.connect() as connection:
        for _ in range(8):
            connection.exec_driver_sql("SELECT * FROM item WHERE id = %s", (1,)).all()
        connection.commit()
        yield connection


def read(connection: Connection) -> tuple[object, ...]:
    return tuple(connection.exec_driver_sql("SELECT * FROM item WHERE id = %s", (1,)).one())


def test_the_first_statement_of_a_transaction_is_sent_again(
    engine: Engine, prepared: Connection
) -> None:
    engine.execute("ALTER TABLE item ADD more int DEFAULT 7")
    assert read(prepared) == (1, "a", 7)
    prepared.commit()
    engine.execute("DROP TABLE item")
    engine.execute("CREATE TABLE item (id bigint, name text)")
    engine.execute("INSERT INTO item VALUES (1, 'new')")
    assert read(prepared) == (1, "new")


def test_in_autocommit_any_statement_is(engine: Engine, prepared: Connection) -> None:
    prepared.execution_options(isolation_level="AUTOCOMMIT")
    engine.execute("ALTER TABLE item ADD more int DEFAULT 7")
    prepared.execute("SELECT 1")
    assert read(prepared) == (1, "a", 7)


def test_later_in_a_transaction_one_error_then_recovery(
    engine: Engine, prepared: Connection
) -> None:
    engine.execute("ALTER TABLE item ADD more int DEFAULT 7")
    prepared.execute("INSERT INTO item (name) VALUES ('mine')")
    with pytest.raises(exc.NotSupportedError):
        read(prepared)
    prepared.rollback()
    assert read(prepared) == (1, "a", 7)
    # nothing of the failed transaction was repeated
    assert prepared.scalar("SELECT count(*) FROM item") == 1


def test_tables_made_anew_under_a_session(engine: Engine) -> None:
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        for _ in range(8):
            assert session.scalars(select(Item)).all() == []
        session.commit()
        engine.execute("DROP TABLE item")
        engine.execute("CREATE TABLE item (id bigserial, name varchar(9))")
        engine.execute("INSERT INTO item (name) VALUES ('b')")
        assert session.scalars(select(Item)).one().name == "b"


def test_other_refusals_of_the_server_stay_errors(prepared: Connection) -> None:
    with pytest.raises(exc.NotSupportedError, match="cross-database"):
        prepared.execute("SELECT * FROM elsewhere.public.item")
