"""Events of engines and connections: around statement objects, and around the driver's cursor."""

from __future__ import annotations

from typing import Any

import pytest

from orm import (
    DeclarativeBase,
    Engine,
    ForeignKey,
    Integer,
    Mapped,
    Session,
    TypeDecorator,
    bindparam,
    create_engine,
    event,
    exc,
    insert,
    mapped_column,
    relationship,
    select,
    text,
)


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    books: Mapped[list[Book]] = relationship()


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))


@pytest.fixture
def stocked(sqlite_engine: Engine) -> Engine:
    Base.metadata.create_all(sqlite_engine)
    with Session(sqlite_engine) as session:
        session.add_all([Author(name="Ada", books=[Book(), Book()]), Author(name="Bob")])
        session.commit()
    return sqlite_engine


def test_statement_events_of_a_session(stocked: Engine) -> None:
    heard: list[tuple[str, str, Any]] = []

    @event.listens_for(stocked, "before_execute")
    def before(conn: Any, clause: Any, multi: Any, single: Any, options: Any) -> None:
        heard.append(("before", str(clause).split()[0], multi or single))

    @event.listens_for(stocked, "after_execute")
    def after(conn: Any, clause: Any, multi: Any, single: Any, options: Any, result: Any) -> None:
        heard.append(("after", str(clause).split()[0], result.returns_rows))

    def take() -> list[tuple[str, str, Any]]:
        taken, heard[:] = heard[:], []
        return taken

    with Session(stocked) as session:
        ada = session.get(Author, 1)
        assert ada is not None
        (kind, word, params), (_, _, rows) = take()
        assert (kind, word, list(params.values()), rows) == ("before", "SELECT", [1], True)
        assert len(ada.books) == 2
        assert [each[:2] for each in take()] == [("before", "SELECT"), ("after", "SELECT")]
        query = select(Author).where(Author.name == text(":n"))
        assert session.scalars(query, {"n": "Bob"}).one().id == 2
        assert take() == [("before", "SELECT", {"n": "Bob"}), ("after", "SELECT", True)]
        ada.name = "Ada L."
        session.add(Author(name="Cleo"))
        session.flush()
        assert [each[:2] for each in take()] == [
            ("before", "UPDATE"),
            ("after", "UPDATE"),
            ("before", "INSERT"),
            ("after", "INSERT"),
        ]
        session.commit()
        assert session.scalars(select(Author.name).order_by(Author.id)).all() == [
            "Ada L.", "Bob", "Cleo",
        ]  # fmt: skip


def test_values_of_several_flushed_rows_are_given_by_name(stocked: Engine) -> None:
    heard: list[Any] = []

    @event.listens_for(stocked, "before_execute")
    def before(conn: Any, clause: Any, multi: Any, single: Any, options: Any) -> None:
        heard.append((clause.table.name, multi))

    with Session(stocked) as session:
        session.add_all([Author(id=10, name="x"), Author(id=11, name="y")])
        session.flush()
    assert heard == [("author", [{"id": 10, "name": "x"}, {"id": 11, "name": "y"}])]


def test_a_listener_may_replace_an_orm_statement(stocked: Engine) -> None:
    @event.listens_for(stocked, "before_execute", retval=True)
    def only_bob(conn: Any, clause: Any, multi: Any, single: Any, options: Any) -> Any:
        return clause.where(Author.name == "Bob"), multi, single

    with Session(stocked) as session:
        assert [author.name for author in session.scalars(select(Author))] == ["Bob"]
        assert session.scalars(select(Author.id)).all() == [2]


def test_a_listener_that_comes_and_goes_costs_nothing_afterwards(stocked: Engine) -> None:
    def listener(*args: Any) -> None:
        heard.append(args)

    heard: list[Any] = []
    for name in ("before_execute", "before_cursor_execute", "do_execute"):
        event.listen(stocked, name, listener)
    assert stocked.dispatch.hears_cursor
    assert stocked.dispatch.hears_statement
    with stocked.connect() as connection:
        connection.execute(select(1))
        event.listen(connection, "after_execute", listener)
        assert connection.dispatch.hears_statement
    assert len(heard) == 3
    for name in ("before_execute", "before_cursor_execute", "do_execute"):
        event.remove(stocked, name, listener)
    assert not stocked.dispatch.hears_cursor
    assert not stocked.dispatch.hears_statement


def test_do_events_may_call_the_driver_themselves(stocked: Engine) -> None:
    heard: list[Any] = []

    @event.listens_for(stocked, "do_execute")
    def one(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
        heard.append(("one", context.executemany))
        if "author" not in statement:
            return False
        cursor.execute("SELECT 1, 'replaced'")
        return True

    @event.listens_for(stocked, "do_executemany")
    def many(cursor: Any, statement: str, parameters: Any, context: Any) -> None:
        heard.append(("many", len(parameters)))

    @event.listens_for(stocked, "do_execute_no_params")
    def bare(cursor: Any, statement: str, context: Any) -> None:
        heard.append(("bare", statement))

    with stocked.connect() as connection:
        assert connection.execute(select(7)).scalar() == 7
        assert connection.execute(text("SELECT id, name FROM author")).all() == [(1, "replaced")]
        connection.execute(insert(Book), [{"author_id": 1}, {"author_id": 2}])
        assert connection.exec_driver_sql("SELECT count(*) FROM book").scalar() == 4
    assert heard == [
        ("one", False),
        ("one", False),
        ("many", 2),
        ("bare", "SELECT count(*) FROM book"),
    ]


def test_do_connect_may_change_arguments_or_connect_itself(tmp_path: Any) -> None:
    import sqlite3

    engine = create_engine(f"sqlite:///{tmp_path / 'wrong.db'}")

    @event.listens_for(engine, "do_connect")
    def elsewhere(dialect: Any, record: Any, args: Any, params: Any) -> None:
        args[0] = str(tmp_path / "right.db")

    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA database_list").one()[2].endswith("right.db")
    engine.dispose()

    @event.listens_for(engine, "do_connect")
    def itself(dialect: Any, record: Any, args: Any, params: Any) -> Any:
        made = sqlite3.connect(":memory:", isolation_level=None)
        made.execute("CREATE TABLE mark (x)")
        return made

    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM mark").scalar() == 0
    engine.dispose()


def test_error_listeners_are_chained(stocked: Engine) -> None:
    class Mine(Exception):
        pass

    heard: list[Any] = []

    @event.listens_for(stocked, "handle_error")
    def first(context: Any) -> Any:
        heard.append(context.chained_exception)
        return Mine("replaced")

    @event.listens_for(stocked, "handle_error")
    def second(context: Any) -> None:
        heard.append(context.chained_exception)

    with stocked.connect() as connection:
        with pytest.raises(Mine, match="replaced"):
            connection.exec_driver_sql("SELECT nope")
        assert not connection.invalidated
    assert isinstance(heard[0], exc.OperationalError)
    assert isinstance(heard[1], Mine)


def test_an_error_listener_decides_what_a_disconnect_is(stocked: Engine) -> None:
    @event.listens_for(stocked, "handle_error")
    def judge(context: Any) -> None:
        assert not context.is_disconnect
        context.is_disconnect = "nope" in context.statement
        context.invalidate_pool_on_disconnect = False

    with stocked.connect() as connection:
        with pytest.raises(exc.OperationalError) as caught:
            connection.exec_driver_sql("SELECT nope")
        assert caught.value.connection_invalidated
        assert connection.invalidated
        connection.rollback()
        with pytest.raises(exc.OperationalError) as refused:
            connection.exec_driver_sql("SELECT other")
        assert not refused.value.connection_invalidated


def test_a_listener_may_raise_its_own_error(stocked: Engine) -> None:
    @event.listens_for(stocked, "handle_error")
    def refuse(context: Any) -> None:
        context.is_disconnect = True
        raise PermissionError(context.statement) from context.original_exception

    with stocked.connect() as connection:
        with pytest.raises(PermissionError, match="nope"):
            connection.exec_driver_sql("SELECT nope")
        # the connection is looked after all the same
        assert connection.invalidated
        connection.rollback()
        assert connection.execute(select(1)).scalar() == 1


def test_retval_where_nothing_is_returned_is_refused(sqlite_engine: Engine) -> None:
    with pytest.raises(
        exc.ArgumentError, match="Nothing is done with what a listener for 'commit'"
    ):
        event.listen(sqlite_engine, "commit", print, retval=True)
    event.listen(sqlite_engine, "do_execute", lambda *args: None, retval=True)


def test_savepoints_pass_the_cursor_events(engine: Engine) -> None:
    heard: list[tuple[str, str]] = []
    event.listen(
        engine,
        "before_cursor_execute",
        lambda conn, cursor, sql, params, context, many: heard.append((context.reason.kind, sql)),
    )
    with engine.connect() as connection:
        with connection.begin_nested():
            connection.execute(text("SELECT 1"))
        connection.begin_nested().rollback()
    assert heard == [
        ("savepoint", "SAVEPOINT orm_savepoint_1"),
        ("query", "SELECT 1"),
        ("savepoint", "RELEASE SAVEPOINT orm_savepoint_1"),
        ("savepoint", "SAVEPOINT orm_savepoint_2"),
        ("savepoint", "ROLLBACK TO SAVEPOINT orm_savepoint_2"),
        ("savepoint", "RELEASE SAVEPOINT orm_savepoint_2"),
    ]


def test_a_heard_savepoint_in_memory_writes_nothing(sqlite_engine: Engine) -> None:
    event.listen(sqlite_engine, "before_cursor_execute", lambda *args: None)
    with sqlite_engine.connect() as outer:
        outer.execute("CREATE TABLE t (a INTEGER)")
        with sqlite_engine.begin() as inner, inner.begin_nested():
            inner.execute("SELECT 1")
        outer.rollback()  # what the inner one, which wrote nothing, did not commit
        assert outer.scalar("SELECT count(*) FROM sqlite_master") == 0


def test_listeners_execute_within_the_transaction_that_ends(engine: Engine) -> None:
    heard: list[tuple[str, bool, bool]] = []
    for name in ("commit", "rollback", "release_savepoint", "rollback_savepoint"):

        def note(connection: Any, *args: Any, name: str = name) -> None:
            connection.execute(text(f"INSERT INTO notes VALUES ('{name}')"))
            heard.append((name, connection.in_transaction(), connection.in_nested_transaction()))

        event.listen(engine, name, note)
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE notes (name VARCHAR(30))"))
        connection.commit()
        connection.begin_nested().commit()
        connection.begin_nested().rollback()
        connection.commit()
        connection.execute(text("SELECT 1"))
        connection.rollback()
        heard.append(("after", connection.in_transaction(), False))
    assert heard == [
        ("commit", True, False),
        ("release_savepoint", True, True),
        ("rollback_savepoint", True, True),
        ("commit", True, False),
        ("rollback", True, False),
        ("after", False, False),
    ]
    with engine.connect() as connection:
        names = connection.scalars(text("SELECT name FROM notes")).all()
        assert names == ["commit", "release_savepoint", "commit"]


def test_an_error_listener_learns_the_execution(sqlite_engine: Engine) -> None:
    told: list[Any] = []

    def note(context: Any) -> None:
        told.append((context.execution_context, context.connection, context.parameters))

    event.listen(sqlite_engine, "handle_error", note)
    with sqlite_engine.connect() as connection:
        with pytest.raises(exc.OperationalError):
            connection.execute(text("SELECT * FROM missing WHERE 1 = :x"), {"x": 1})
        execution, given, parameters = told.pop()
        assert (execution.statement, execution.executemany) == (
            "SELECT * FROM missing WHERE 1 = ?",
            False,
        )
        assert given is connection
        assert parameters == (1,)


def test_an_error_listener_hears_of_values_that_cannot_be_converted(sqlite_engine: Engine) -> None:
    told: list[Any] = []

    def note(context: Any) -> Exception | None:
        told.append((context.original_exception, context.execution_context))
        return RuntimeError("ours") if len(told) == 2 else None

    event.listen(sqlite_engine, "handle_error", note, retval=True)

    class Refusing(TypeDecorator[int]):
        impl = Integer
        cache_ok = True

        def process_bind_param(self, value: Any, dialect: Any) -> Any:
            raise ValueError("bad value")

    statement = select(bindparam("q", 3, type_=Refusing()))
    with sqlite_engine.connect() as connection:
        with pytest.raises(exc.StatementError, match="bad value"):
            connection.execute(statement)
        with pytest.raises(RuntimeError, match="ours") as caught:
            connection.execute(statement)
    assert isinstance(caught.value.__cause__, ValueError)
    assert [(type(error), execution) for error, execution in told] == [(ValueError, None)] * 2


def test_an_error_listener_gets_no_connection_that_was_never_opened() -> None:
    engine = create_engine("sqlite:////nowhere/at/all.db")
    told: list[Any] = []
    event.listen(engine, "handle_error", lambda context: told.append(context.connection))
    with pytest.raises(exc.OperationalError):
        engine.connect()
    assert told == [None]
