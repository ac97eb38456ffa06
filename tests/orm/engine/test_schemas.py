"""schema_translate_map: one program, a schema per customer."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orm import (
    DeclarativeBase,
    Engine,
    Enum,
    ForeignKey,
    Mapped,
    Session,
    String,
    bindparam,
    create_engine,
    delete,
    event,
    exc,
    func,
    insert,
    joinedload,
    mapped_column,
    relationship,
    select,
    selectinload,
    text,
    union_all,
    update,
)


class Mood(enum.Enum):
    calm = "calm"
    cross = "cross"


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    __table_args__ = {"schema": "customer"}
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    mood: Mapped[Mood] = mapped_column(Enum(Mood, schema="customer"), default=Mood.calm)
    books: Mapped[list[Book]] = relationship(back_populates="author", cascade="all, delete-orphan")


class Book(Base):
    __tablename__ = "book"
    __table_args__ = {"schema": "customer"}
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(40))
    author_id: Mapped[int] = mapped_column(ForeignKey("customer.author.id"))
    author: Mapped[Author] = relationship(back_populates="books")


@pytest.fixture
def schemas(engine: Engine, db_kind: str, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Two schemas with the tables, in an empty database of each kind."""
    names = ("one", "two")
    if db_kind == "sqlite":

        @event.listens_for(engine, "connect")
        def attach(connection: Any, record: Any) -> None:
            for name in names:
                connection.execute(f"ATTACH '{tmp_path / name}.db' AS {name}")

    else:
        if db_kind == "mariadb":
            names = tuple(f"{engine.url.database}_{name}" for name in names)
        with engine.begin() as connection:
            for name in names:
                connection.execute(text(f"CREATE SCHEMA {name}"))
    for name in names:
        with engine.begin() as connection:
            connection.execution_options(schema_translate_map={"customer": name})
            Base.metadata.create_all(connection)
    yield names  # type: ignore[misc]
    engine.dispose()
    if db_kind != "sqlite":
        cascade = " CASCADE" if db_kind == "postgresql" else ""
        with engine.begin() as connection:
            for name in names:
                connection.execute(text(f"DROP SCHEMA {name}{cascade}"))


def of_customer(engine: Engine, name: str) -> Session:
    return Session(engine.execution_options(schema_translate_map={"customer": name}))


def counts(engine: Engine, schemas: tuple[str, str]) -> list[int]:
    with engine.connect() as connection:
        return [
            connection.scalar(text(f"SELECT count(*) FROM {name}.book")) or 0 for name in schemas
        ]


def test_a_session_works_in_the_schema_of_its_engine(
    engine: Engine, schemas: tuple[str, str]
) -> None:
    for name, titles in zip(schemas, (["a", "b"], ["c"]), strict=True):
        with of_customer(engine, name) as session:
            session.add(Author(name=name, books=[Book(title=title) for title in titles]))
            session.commit()
    assert counts(engine, schemas) == [2, 1]
    for name, titles in zip(schemas, (["a", "b"], ["c"]), strict=True):
        with of_customer(engine, name) as session:
            author = session.scalars(select(Author)).one()
            assert (author.name, author.mood) == (name, Mood.calm)
            assert [book.title for book in author.books] == titles  # a lazy load
            session.expire_all()
            assert author.name == name  # a refresh
            assert session.get(Author, author.id) is author
            session.expunge_all()
            assert session.get(Author, author.id).name == name  # type: ignore[union-attr]


def test_every_way_to_load_and_to_write(engine: Engine, schemas: tuple[str, str]) -> None:
    with of_customer(engine, schemas[1]) as session:
        found = session.scalars(
            insert(Author).returning(Author), [{"name": "x"}, {"name": "y"}]
        ).all()
        assert sorted(author.name for author in found) == ["x", "y"]
        found[0].books.append(Book(title="t"))
        found[1].mood = Mood.cross
        session.commit()
        for option in (joinedload(Author.books), selectinload(Author.books)):
            session.expunge_all()
            authors = session.scalars(select(Author).options(option).order_by(Author.name)).unique()
            assert [len(author.books) for author in authors] == [1, 0]
        both = union_all(select(Author.name).where(Author.mood == Mood.calm), select(Author.name))
        assert sorted(session.scalars(both)) == ["x", "x", "y"]
        found = session.scalars(select(Author)).all()
        session.execute(update(Author).where(Author.name == "x").values(name="z"))
        session.execute(
            update(Author), [{"id": author.id, "name": author.name + "!"} for author in found]
        )
        assert sorted(session.scalars(select(Author.name))) == ["y!", "z!"]
        rows = session.execute(
            select(Author).from_statement(select(Author).where(Author.name == bindparam("n"))),
            {"n": "z!"},
        )
        session.delete(rows.scalar_one())
        session.flush()
        session.execute(delete(Author).where(Author.name == "y!"))
        assert session.scalar(select(func.count()).select_from(Author)) == 0
        session.commit()
    assert counts(engine, schemas) == [0, 0]


def test_one_statement_of_another_schema(engine: Engine, schemas: tuple[str, str]) -> None:
    asked = {"schema_translate_map": {"customer": schemas[0]}}
    other = {"schema_translate_map": {"customer": schemas[1]}}
    with Session(engine) as session:
        session.execute(insert(Author).values(name="first").execution_options(**asked))
        session.execute(insert(Author).values(name="second"), execution_options=other)
        names = select(Author.name)
        assert session.scalars(names, execution_options=asked).all() == ["first"]
        assert session.scalars(names.execution_options(**other)).all() == ["second"]
        # what the execution asks for comes before what the statement does
        assert session.scalars(names.execution_options(**other), execution_options=asked).all() == [
            "first"
        ]
        session.commit()
    with engine.connect() as connection:
        table = Author.__table__
        assert connection.scalars(select(table.c.name), execution_options=other).all() == ["second"]
        connection.execute(insert(table), [{"name": "a"}, {"name": "b"}], execution_options=asked)
        assert connection.get_execution_options() == {}
        count = select(func.count()).select_from(table)
        assert connection.scalar(count.execution_options(**asked)) == 3


def test_the_connection_of_a_session(engine: Engine, schemas: tuple[str, str]) -> None:
    with Session(engine) as session:
        options = {"schema_translate_map": {"customer": schemas[1]}}
        session.connection(execution_options=options)
        session.add(Author(name="of the second", books=[Book(title="t")]))
        session.commit()
    assert counts(engine, schemas) == [0, 1]


def test_all_customers_share_one_plan(engine: Engine, schemas: tuple[str, str]) -> None:
    for name in schemas:
        with of_customer(engine, name) as session:
            session.scalars(select(Author).where(Author.name == "x")).all()
            plans = session.connection().plans
    assert len(plans) == 1
    assert plans.misses == 1
    assert len(engine.plans) == 0 or not any("\x03" in str(key) for key in engine.plans._items)


def test_listeners_see_the_text_that_is_sent(engine: Engine, schemas: tuple[str, str]) -> None:
    seen: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    with of_customer(engine, schemas[0]) as session:
        session.scalars(select(Author.name)).all()
    assert f"FROM {schemas[0]}.author" in seen[-1]
    assert "\x03" not in seen[-1]


def test_tables_without_a_schema_and_into_none(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'main.db'}")
    translated = engine.execution_options(schema_translate_map={"customer": None})
    Base.metadata.create_all(translated)
    with Session(translated) as session:
        session.add(Author(name="x"))
        session.commit()
        assert session.scalars(select(Author.name)).all() == ["x"]
        # the end of the translation
        session.connection().execution_options(schema_translate_map=None)
        with pytest.raises(exc.OperationalError, match="no such table: customer.author"):
            session.scalars(select(Author.name)).all()


def test_errors_show_the_schema(engine: Engine, schemas: tuple[str, str]) -> None:
    with of_customer(engine, schemas[0]) as session:
        with pytest.raises(exc.StatementError) as caught:
            session.execute(select(Author.id).where(Author.name == bindparam("missing")))
        assert "\x03" not in str(caught.value)
        assert f"{schemas[0]}.author" in str(caught.value)
        with pytest.raises(exc.ArgumentError, match="schema_translate_map is a dict"):
            session.connection().execution_options(schema_translate_map="one")
