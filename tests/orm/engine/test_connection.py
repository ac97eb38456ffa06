"""Connections on SQLite: transactions, execution, errors, events, logging."""

from __future__ import annotations

import gc
import logging
import threading
from typing import Any

import pytest

from orm import event, exc
from orm.engine import Engine, create_engine
from orm.engine.execution import Reason
from orm.inspection import inspect
from orm.schema.column import Column
from orm.schema.constraints import UniqueConstraint
from orm.schema.foreign_key import ForeignKey
from orm.schema.metadata import MetaData
from orm.schema.table import Table
from orm.sql.dml import delete, insert, update
from orm.sql.functions import func
from orm.sql.select import select
from orm.sql.text_clause import TextClause as text
from orm.types.scalar import Integer, String

metadata = MetaData()
users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(50), nullable=False, default=lambda: "anon"),
    Column("boss", Integer, ForeignKey("users.id", name="fk_boss")),
    UniqueConstraint("name", name="uq_users_name"),
)


@pytest.fixture
def engine(sqlite_engine: Engine) -> Engine:
    metadata.create_all(sqlite_engine)
    return sqlite_engine


@pytest.fixture
def file_engine(tmp_path: Any) -> Any:
    made = create_engine(f"sqlite:///{tmp_path}/t.db", connect_args={"timeout": 0.05})
    metadata.create_all(made)
    yield made
    made.dispose()


def count(engine: Engine) -> Any:
    with engine.connect() as connection:
        return connection.scalar("SELECT count(*) FROM users")


# -- transactions --------------------------------------------------------------------------------


def test_autobegin_and_rollback_at_close(engine: Engine) -> None:
    with engine.connect() as connection:
        assert not connection.in_transaction()
        connection.execute(insert(users).values(name="a"))
        assert connection.in_transaction()
    assert count(engine) == 0
    with engine.connect() as connection:
        connection.execute(insert(users).values(name="a"))
        connection.commit()
        assert not connection.in_transaction()
    assert count(engine) == 1


def test_begin_commits_or_rolls_back(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(insert(users).values(name="a"))

    def fail() -> None:
        with engine.begin() as connection:
            connection.execute(insert(users).values(name="b"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert count(engine) == 1


def test_begin_twice_is_refused(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute("SELECT 1")
        with pytest.raises(exc.InvalidRequestError, match="already begun"):
            connection.begin()


def test_nothing_runs_after_the_end_inside_a_block(engine: Engine) -> None:
    with engine.connect() as connection:
        with connection.begin() as transaction:
            transaction.rollback()
            with pytest.raises(exc.InvalidRequestError, match="has ended"):
                connection.execute("SELECT 1")
        assert connection.execute("SELECT 1").scalar() == 1
        with connection.begin_nested() as nested:
            nested.rollback()
            with pytest.raises(exc.InvalidRequestError, match="has ended"):
                connection.execute("SELECT 1")
        assert connection.execute("SELECT 2").scalar() == 2


def test_savepoints(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(insert(users).values(name="a"))
        outer = connection.begin_nested()
        connection.execute(insert(users).values(name="b"))
        inner = connection.begin_nested()
        connection.execute(insert(users).values(name="c"))
        assert connection.get_nested_transaction() is inner
        outer.rollback()
        assert not inner.is_active
        assert not connection.in_nested_transaction()
        connection.commit()
        with pytest.raises(exc.InvalidRequestError, match="ended already"):
            inner.commit()
    assert count(engine) == 1


def test_closed_connection(engine: Engine) -> None:
    connection = engine.connect()
    connection.close()
    connection.close()
    assert connection.closed
    with pytest.raises(exc.ResourceClosedError, match="engine.connect"):
        connection.execute("SELECT 1")


def test_autocommit(file_engine: Engine) -> None:
    with file_engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        assert connection.get_isolation_level() == "AUTOCOMMIT"
        connection.execute(insert(users).values(name="a"))
        connection.rollback()
    assert count(file_engine) == 1
    with file_engine.connect() as connection:
        assert connection.get_isolation_level() == "SERIALIZABLE"
    with file_engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(insert(users).values(name="b"))
    assert count(file_engine) == 2


def test_isolation_level_within_a_transaction_is_refused(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute("SELECT 1")
        with pytest.raises(exc.InvalidRequestError, match="while a transaction is in progress"):
            connection.execution_options(isolation_level="AUTOCOMMIT")


def test_failed_commit_leaves_nothing_on_the_connection(file_engine: Engine) -> None:
    with file_engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        connection.execute(insert(users).values(name="a", boss=77))
        with pytest.raises(exc.IntegrityError) as caught:
            connection.commit()
        assert caught.value.kind == "foreign_key"
        assert not connection.in_transaction()
        assert connection.connection.dbapi_connection.in_transaction is False
        connection.commit()
    assert count(file_engine) == 0


def test_busy_file_then_rolled_back(file_engine: Engine) -> None:
    with file_engine.connect() as writer, file_engine.connect() as other:
        writer.execute(insert(users).values(name="a"))
        with pytest.raises(exc.OperationalError, match="locked"):
            other.execute(insert(users).values(name="b"))
        assert not other.in_transaction()
        writer.commit()
        other.execute(insert(users).values(name="b"))
        other.commit()
    assert count(file_engine) == 2


def test_begin_says_whether_it_will_write(file_engine: Engine) -> None:
    seen: list[str] = []
    with file_engine.connect() as connection:
        connection.connection.dbapi_connection.set_trace_callback(seen.append)
        connection.execute("SELECT 1")
        connection.commit()
        connection.execution_options(read_only=True)
        connection.execute("SELECT 2")
        connection.rollback()
        connection.connection.dbapi_connection.set_trace_callback(None)
    assert seen == ["BEGIN IMMEDIATE", "SELECT 1", "COMMIT", "BEGIN", "SELECT 2", "ROLLBACK"]


def test_files_get_write_ahead_logging_and_foreign_keys(file_engine: Engine) -> None:
    with file_engine.connect() as connection:
        assert connection.scalar("PRAGMA journal_mode") == "wal"
        assert connection.scalar("PRAGMA foreign_keys") == 1


def test_ddl_is_transactional(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute("CREATE TABLE other (id INTEGER)")
        assert inspect(connection).has_table("other")
        connection.rollback()
    assert not inspect(engine).has_table("other")


def test_database_in_memory_is_one_for_all_threads(engine: Engine) -> None:
    errors: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(20):
                with engine.begin() as connection:
                    connection.execute(insert(users), {"name": f"{number}-{turn}"})
                with engine.connect() as connection:
                    connection.execute(insert(users), {"name": "never"})
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert count(engine) == 120


def test_in_memory_a_reader_does_not_end_the_transaction_of_another(engine: Engine) -> None:
    with engine.connect() as writer:
        writer.execute(insert(users).values(name="a"))
        assert count(engine) == 1
        with engine.begin() as reader:
            assert reader.scalar(select(func.count()).select_from(users)) == 1
        writer.rollback()
        assert count(engine) == 0


def test_in_memory_whoever_is_left_goes_on_in_a_transaction(engine: Engine) -> None:
    with engine.connect() as first, engine.connect() as second:
        first.execute(insert(users).values(name="a"))
        second.execute("SELECT 1")
        first.commit()
        second.execute(insert(users).values(name="b"))
        second.rollback()
        assert first.scalar("SELECT count(*) FROM users") == 1
        first.commit()
        assert not first.connection.dbapi_connection.in_transaction
    assert count(engine) == 1


def test_forgotten_connection_is_rolled_back(engine: Engine) -> None:
    connection: Any = engine.connect()
    connection.execute(insert(users).values(name="a"))
    del connection
    gc.collect()
    pool: Any = engine.pool
    assert pool.checkedout() == 0
    assert count(engine) == 0


# -- execution -----------------------------------------------------------------------------------


def test_insert_tells_its_key_and_defaults(engine: Engine) -> None:
    with engine.begin() as connection:
        result = connection.execute(insert(users))
        assert result.inserted_primary_key == (1,)
        assert result.inserted_primary_key.id == 1
        assert (result.rowcount, result.lastrowid, result.is_insert) == (1, 1, True)
        assert result.last_inserted_params()["name"] == "anon"
        assert not result.returns_rows
        with pytest.raises(exc.ResourceClosedError, match="gave no rows"):
            result.all()
        assert connection.execute(insert(users), {"id": 9, "name": "x"}).inserted_primary_key == (
            9,
        )


def test_many_sets_of_parameters(engine: Engine) -> None:
    with engine.begin() as connection:
        rows = [{"name": f"n{number}"} for number in range(2500)]
        assert connection.execute(insert(users), rows).rowcount == 2500
        result = connection.execute(
            insert(users).returning(users.c.id, users.c.name),
            [{"name": f"m{number}"} for number in range(2500)],
        )
        assert result.rowcount == 2500
        found = result.all()
        assert {row.name for row in found} == {f"m{number}" for number in range(2500)}
        result = connection.execute(
            update(users).where(users.c.name == text(":old")).values(boss=1),
            [{"old": "n1"}, {"old": "n2"}],
        )
        assert result.rowcount == 2
        with pytest.raises(exc.InvalidRequestError, match="Execute it once per set"):
            connection.execute(select(users), [{}, {"a": 1}])


@pytest.mark.parametrize("by_option", [True, False])
def test_rows_of_one_insert_with_returning(by_option: bool) -> None:
    engine = create_engine("sqlite://", **({} if by_option else {"insertmanyvalues_page_size": 4}))
    options = {"insertmanyvalues_page_size": 4} if by_option else None
    metadata.create_all(engine)
    sent: list[int] = []
    event.listen(engine, "before_cursor_execute", lambda *given: sent.append(len(given[3])))
    with engine.begin() as connection:
        statement = insert(users).returning(users.c.name)
        rows = [{"name": f"n{number}"} for number in range(10)]
        connection.execute(statement, rows, execution_options=options)
    assert len(sent) == 3
    engine.dispose()


def test_update_and_delete_count_rows(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(insert(users), [{"name": "a"}, {"name": "b"}])
        assert connection.execute(update(users).values(boss=None)).rowcount == 2
        assert connection.execute(delete(users).where(users.c.name == "a")).rowcount == 1


def test_strings_and_functions_are_statements(engine: Engine) -> None:
    with engine.connect() as connection:
        assert connection.execute("SELECT :a + 1 AS b", {"a": 2}).one().b == 3
        assert connection.scalars("SELECT 1 UNION SELECT 2").all() == [1, 2]
        assert connection.scalar(func.abs(-3)) == 3
        assert connection.exec_driver_sql("SELECT ? AS x", (5,)).scalar() == 5
        connection.exec_driver_sql("INSERT INTO users (name) VALUES (?)", [("p",), ("q",)])
        assert connection.scalar("SELECT count(*) FROM users") == 2


@pytest.mark.parametrize("wrong", [(1, 2), [1], [(1, 2)], "x", 3])
def test_parameters_that_do_not_fit(engine: Engine, wrong: Any) -> None:
    with engine.connect() as connection, pytest.raises(exc.ArgumentError, match="dict"):
        connection.execute(text("SELECT 1"), wrong)


def test_missing_parameter_is_named(engine: Engine) -> None:
    with engine.connect() as connection, pytest.raises(exc.StatementError, match="'wanted'"):
        connection.execute("SELECT :wanted")


def test_what_is_no_statement(engine: Engine) -> None:
    with engine.connect() as connection, pytest.raises(exc.ObjectNotExecutableError):
        connection.execute(object())


def test_rows_know_their_columns(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(insert(users).values(name="a"))
        row = connection.execute(select(users.c.id, users.c.name.label("n"))).one()
        assert row._mapping[users.c.id] == 1
        assert row._mapping["n"] == "a"


def test_engine_execute_reads_and_commits(engine: Engine) -> None:
    engine.execute("INSERT INTO users (name) VALUES (:n)", {"n": "a"})
    assert engine.execute(select(users.c.name)).all() == [("a",)]
    pool: Any = engine.pool
    assert pool.checkedout() == 0


def test_execute_compiled_gives_the_cursor(engine: Engine) -> None:
    with engine.connect() as connection:
        statement = select(users.c.name).where(users.c.id == 1)
        compiled, binds = connection.compile(statement)
        again, _ = connection.compile(select(users.c.name).where(users.c.id == 2))
        assert again is compiled
        connection.execute(insert(users).values(id=1, name="a"))
        cursor = connection.execute_compiled(compiled, binds)
        assert cursor.fetchall() == [("a",)]
        cursor.close()


def test_yield_per(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(insert(users), [{"name": str(n)} for n in range(5)])
        result = connection.execute(select(users.c.id), execution_options={"yield_per": 2})
        assert [len(part) for part in result.partitions()] == [2, 2, 1]


# -- errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "kind", "columns", "constraint"),
    [
        ({"id": 1, "name": "z"}, "unique", ("id",), None),
        ({"name": "a"}, "unique", ("name",), "uq_users_name"),
        ({"name": None}, "not_null", ("name",), None),
        ({"name": "y", "boss": 99}, "foreign_key", ("boss",), "fk_boss"),
    ],
)
def test_integrity_errors_say_what(
    engine: Engine, values: Any, kind: str, columns: Any, constraint: Any
) -> None:
    with engine.connect() as connection:
        connection.execute(insert(users).values(id=1, name="a"))
        with pytest.raises(exc.IntegrityError) as caught:
            connection.execute(insert(users).values(**values))
    error = caught.value
    assert (error.kind, error.table, error.columns, error.constraint) == (
        kind,
        "users",
        columns,
        constraint,
    )
    assert error.orig is not None
    assert error.statement is not None
    assert error.statement.startswith("INSERT INTO users")


def test_overflow_becomes_data_error(engine: Engine) -> None:
    with engine.connect() as connection, pytest.raises(exc.DataError, match="too large"):
        connection.execute(select(users).where(users.c.id == 2**70))


def test_value_the_driver_cannot_take(engine: Engine) -> None:
    with engine.connect() as connection, pytest.raises(exc.StatementError):
        connection.execute("SELECT :x", {"x": object()})


def test_messages_hide_and_shorten_parameters() -> None:
    for hide, shown in ((False, True), (True, False)):
        engine = create_engine("sqlite://", hide_parameters=hide)
        with engine.connect() as connection, pytest.raises(exc.OperationalError) as caught:
            connection.execute("SELECT :p FROM nowhere", {"p": "geheim" * 1000})
        assert ("geheim" in str(caught.value)) is shown
        assert len(str(caught.value)) < 1000


def test_interruption_drops_the_connection(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*args: Any) -> Any:
        raise KeyboardInterrupt

    event.listen(engine, "before_cursor_execute", interrupt)
    connection = engine.connect()
    with pytest.raises(KeyboardInterrupt):
        connection.execute("SELECT 1")
    assert connection.invalidated
    connection.rollback()
    event.remove(engine, "before_cursor_execute", interrupt)
    assert connection.execute("SELECT 1").scalar() == 1
    connection.close()


def test_lost_connection_has_to_be_rolled_back(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute("SELECT 1")
        connection.invalidate()
        assert connection.in_transaction()
        with pytest.raises(exc.PendingRollbackError):
            connection.execute("SELECT 1")
        with pytest.raises(exc.PendingRollbackError):
            connection.commit()
        connection.rollback()
        assert connection.execute("SELECT 1").scalar() == 1


# -- events and logging --------------------------------------------------------------------------


def test_events_of_a_transaction(engine: Engine) -> None:
    seen: list[str] = []
    for name in ("begin", "commit", "rollback", "savepoint", "release_savepoint", "engine_connect"):
        event.listen(engine, name, lambda *args, name=name: seen.append(name))
    with engine.connect() as connection:
        connection.execute("SELECT 1")
        with connection.begin_nested():
            pass
        connection.commit()
        connection.execute("SELECT 1")
    assert seen == [
        "engine_connect",
        "begin",
        "savepoint",
        "release_savepoint",
        "commit",
        "begin",
        "rollback",
    ]


def test_cursor_events_may_rewrite(engine: Engine) -> None:
    contexts: list[Any] = []

    @event.listens_for(engine, "before_cursor_execute", retval=True)
    def comment(conn: Any, cursor: Any, sql: str, args: Any, context: Any, many: bool) -> Any:
        return sql + " -- tagged", args

    @event.listens_for(engine, "after_cursor_execute")
    def note(conn: Any, cursor: Any, sql: str, args: Any, context: Any, many: bool) -> None:
        contexts.append((sql, args, many, context))

    with engine.connect() as connection:
        connection.execute(text("SELECT :x").bindparams(x=1))
    sql, args, many, context = contexts[0]
    assert (sql, args, many) == ("SELECT ? -- tagged", (1,), False)
    assert context.reason == Reason("query")
    assert context.owner is None
    assert context.started > 0
    assert context.compiled.kind == "text"


def test_execute_events_and_those_of_one_connection(engine: Engine) -> None:
    seen: list[str] = []
    with engine.connect() as connection:
        event.listen(connection, "before_execute", lambda *args: seen.append("before"))
        event.listen(connection, "after_execute", lambda *args: seen.append("after"))
        connection.execute("SELECT 1")
    with engine.connect() as connection:
        connection.execute("SELECT 1")
    assert seen == ["before", "after"]


def test_listening_to_all_engines_and_to_pools_through_engines() -> None:
    seen: list[str] = []

    def note(*args: Any) -> None:
        seen.append("begin")

    def note_connect(*args: Any) -> None:
        seen.append("connect")

    event.listen(Engine, "begin", note)
    event.listen(Engine, "connect", note_connect)
    try:
        with create_engine("sqlite://").connect() as connection:
            connection.execute("SELECT 1")
    finally:
        event.remove(Engine, "begin", note)
        event.remove(Engine, "connect", note_connect)
    assert seen == ["connect", "begin"]


def test_handle_error_may_replace(engine: Engine) -> None:
    class Mine(Exception):
        pass

    @event.listens_for(engine, "handle_error")
    def replace(context: Any) -> Any:
        assert isinstance(context.sqlalchemy_exception, exc.OperationalError)
        assert context.statement == "SELECT nope"
        return Mine(str(context.original_exception))

    with engine.connect() as connection, pytest.raises(Mine, match="nope"):
        connection.execute("SELECT nope")


def test_echo_shows_statements_and_shortened_parameters(caplog: pytest.LogCaptureFixture) -> None:
    engine = create_engine("sqlite://", logging_name="shop")
    with caplog.at_level(logging.INFO, "orm"), engine.connect() as connection:
        connection.execute("SELECT :x", {"x": "y" * 1000})
        with connection.begin_nested():
            pass
        connection.commit()
    lines = [record.getMessage() for record in caplog.records if record.name.endswith(".shop")]
    assert lines[:2] == ["BEGIN (implicit)", "SELECT ?"]
    assert lines[2].startswith("[parameters] ('yyy")
    assert len(lines[2]) < 300
    assert lines[3:] == ["SAVEPOINT orm_savepoint_1", "RELEASE SAVEPOINT orm_savepoint_1", "COMMIT"]


def test_echo_debug_shows_rows(caplog: pytest.LogCaptureFixture) -> None:
    engine = create_engine("sqlite://")
    with caplog.at_level(logging.DEBUG, "orm"), engine.connect() as connection:
        connection.execute("SELECT 1, 'a' UNION SELECT 2, 'b'").all()
    assert [m for m in caplog.messages if m.startswith("Row ")] == ["Row (1, 'a')", "Row (2, 'b')"]


def test_echo_with_hidden_parameters(caplog: pytest.LogCaptureFixture) -> None:
    engine = create_engine("sqlite://", hide_parameters=True)
    with caplog.at_level(logging.INFO, "orm"), engine.connect() as connection:
        connection.execute("SELECT :x", {"x": "geheim"})
    assert "geheim" not in caplog.text


def test_execution_options_merge(engine: Engine) -> None:
    seen: list[Any] = []
    event.listen(
        engine,
        "after_execute",
        lambda conn, stmt, multi, params, options, result: seen.append(options),
    )
    with engine.execution_options(a=1, b=1).connect() as connection:
        connection.execution_options(b=2, c=2)
        connection.execute(select(users).execution_options(c=3, d=3), execution_options={"d": 4})
        assert connection.get_execution_options() == {"a": 1, "b": 2, "c": 2}
    assert seen == [{"a": 1, "b": 2, "c": 3, "d": 4}]


def test_in_memory_with_a_pool_of_separate_connections() -> None:
    from orm.pool import QueuePool

    engine = create_engine("sqlite://", poolclass=QueuePool)
    with engine.connect() as first, engine.connect() as second:
        first.execute("SELECT 1")
        second.execute("SELECT 1")
        second.commit()
        assert not second.connection.dbapi_connection.in_transaction
        first.rollback()
        assert not first.connection.dbapi_connection.in_transaction


def test_isolation_level_is_no_option_of_a_statement() -> None:
    with pytest.raises(exc.ArgumentError, match="holds for a transaction"):
        text("SELECT 1").execution_options(isolation_level="AUTOCOMMIT")


def test_logging_token_tells_connections_apart(caplog: pytest.LogCaptureFixture) -> None:
    engine = create_engine("sqlite://", echo=True)
    caplog.clear()
    with engine.connect() as connection:
        connection.execution_options(logging_token="job 7")
        connection.execute("SELECT :x", {"x": 1})
    with engine.execution_options(logging_token="web").connect() as connection:
        connection.execute("SELECT 2")
    with engine.connect() as connection:
        connection.execute("SELECT 3")
    messages = [record.getMessage() for record in caplog.records]
    assert [one for one in messages if "SELECT" in one] == [
        "[job 7] SELECT ?",
        "[web] SELECT 2",
        "SELECT 3",
    ]
    assert "[job 7] [parameters] (1,)" in messages
    engine.dispose()


def test_two_phases_need_a_database_that_has_them(engine: Engine) -> None:
    with engine.connect() as connection:
        with pytest.raises(exc.InvalidRequestError, match="sqlite has no two-phase"):
            connection.begin_twophase()
        with pytest.raises(exc.InvalidRequestError, match="sqlite has no two-phase"):
            connection.recover_twophase()
        assert not connection.in_transaction()


def test_rows_in_the_order_of_their_parameters() -> None:
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    rows = [{"name": f"n{n}"} for n in (3, 1, 2)]
    sent: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: sent.append(args[2]))

    with engine.connect() as connection:
        # sorted by the key that the database numbers
        numbered = insert(users).returning(users.c.name, users.c.id, sort_by_parameter_order=True)
        assert [row.name for row in connection.execute(numbered, rows)] == ["n3", "n1", "n2"]
        assert len(sent) == 1
        # without it one by one, and so where the keys are given
        names = insert(users).returning(users.c.name, sort_by_parameter_order=True)
        others = [{"name": f"m{n}"} for n in (3, 1, 2)]
        assert connection.scalars(names, others).all() == ["m3", "m1", "m2"]
        assert len(sent) == 4
        given = [{"id": ident, "name": f"g{ident}"} for ident in (30, 10, 20)]
        assert connection.scalars(names, given).all() == ["g30", "g10", "g20"]
        assert connection.execute(
            numbered, [{"id": 99, "name": "x"}, {"id": 98, "name": "y"}]
        ).all() == [
            ("x", 99),
            ("y", 98),
        ]
        assert len(sent) == 9
