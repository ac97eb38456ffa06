"""What a mapper says about its class, and what its SELECT brings."""

from __future__ import annotations

from typing import Any

import pytest

from orm import (
    DeclarativeBase,
    ForeignKey,
    Mapped,
    Session,
    aliased,
    column_property,
    create_engine,
    func,
    inspect,
    mapped_column,
    query_expression,
    relationship,
    select,
    union_all,
)


class Base(DeclarativeBase):
    pass


class Shelf(Base):
    __tablename__ = "shelf"

    id: Mapped[int] = mapped_column(primary_key=True)
    books: Mapped[list[Book]] = relationship(cascade="all, delete-orphan")


class Book(Base):
    """A book on a shelf."""

    __tablename__ = "book"

    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int | None] = mapped_column(ForeignKey("shelf.id"))
    title: Mapped[str] = mapped_column("name", doc="As on the cover.")
    blurb: Mapped[str | None] = mapped_column(deferred=True)
    shout = column_property(func.upper(title))
    late = column_property(func.lower(title), deferred=True)
    asked: Mapped[int | None] = query_expression()
    kind: Mapped[str]

    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "book"}


class Novel(Book):
    __mapper_args__ = {"polymorphic_identity": "novel"}


class Atlas(Book):
    __mapper_args__ = {"polymorphic_identity": "atlas"}


@pytest.fixture
def session() -> Any:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Shelf(books=[Novel(title="Emma"), Atlas(title="World")]))
        session.commit()
        yield session


def test_expressions_are_columns_of_a_subquery(session: Any) -> None:
    subquery = select(Book).subquery()
    assert subquery.c.keys() == ["id", "shelf_id", "name", "blurb", "kind", "shout"]
    again = aliased(Book, subquery)
    assert "upper(" not in str(select(again)).partition("FROM")[0]
    assert session.scalars(select(again).where(again.shout == "EMMA")).one().shout == "EMMA"
    rows = session.execute(union_all(select(Novel), select(Atlas))).all()
    assert [row[-1] for row in rows] == ["EMMA", "WORLD"]


def test_expressions_of_an_alias(session: Any) -> None:
    alias = aliased(Book)
    subquery = select(alias).subquery()
    assert session.scalars(select(subquery.c.shout).order_by(subquery.c.id)).all() == [
        "EMMA",
        "WORLD",
    ]


def test_cascade_iterator(session: Any) -> None:
    shelf = session.scalars(select(Shelf)).one()
    mapper, state = inspect(Shelf), inspect(shelf)
    assert list(mapper.cascade_iterator("save-update", state)) == []
    found = list(mapper.cascade_iterator("delete", state))
    assert [obj.title for obj, _, _, _ in found] == ["Emma", "World"]
    assert [(mapper, state.obj()) for obj, mapper, state, _ in found] == [
        (inspect(type(book)), book) for book in shelf.books
    ]
    kept = mapper.cascade_iterator("delete", state, lambda each: isinstance(each.obj(), Atlas))
    assert [type(obj) for obj, _, _, _ in kept] == [Novel]
    assert list(mapper.cascade_iterator("expunge", state)) != []


def test_siblings() -> None:
    assert inspect(Novel).is_sibling(inspect(Atlas))
    assert not inspect(Novel).is_sibling(inspect(Book))
    assert not inspect(Novel).is_sibling(inspect(Shelf))


def test_documentation_of_an_attribute() -> None:
    assert Book.title.__doc__ == "As on the cover."
    assert Book.id.__doc__ is None
    assert "mapped attribute" in (type(Book.title).__doc__ or "")
