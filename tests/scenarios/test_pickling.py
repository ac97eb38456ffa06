"""Objects on their way through a cache or to another process: pickled, and taken up again."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import pytest

from orm import (
    DeclarativeBase,
    ForeignKey,
    Mapped,
    Session,
    attribute_keyed_dict,
    create_engine,
    exc,
    inspect,
    mapped_column,
    raiseload,
    relationship,
    select,
)


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "pickled_authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    notes: Mapped[str | None] = mapped_column(deferred=True)
    books: Mapped[list[Book]] = relationship(back_populates="author", order_by="Book.id")
    by_title: Mapped[dict[str, Book]] = relationship(
        collection_class=attribute_keyed_dict("title"), viewonly=True
    )


class Book(Base):
    __tablename__ = "pickled_books"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("pickled_authors.id"))
    author: Mapped[Author | None] = relationship(back_populates="books")


@pytest.fixture
def session() -> Iterator[Session]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as made:
        books = [Book(title="one"), Book(title="two")]
        made.add(Author(id=1, name="a", notes="n", books=books))
        made.commit()
        yield made
    engine.dispose()


def copied(obj: Any) -> Any:
    return pickle.loads(pickle.dumps(obj))


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_graph_comes_back_detached(session: Session, protocol: int) -> None:
    author = session.get_one(Author, 1)
    assert [book.author for book in author.books] == [author, author]
    assert list(author.by_title) == ["one", "two"]
    other = pickle.loads(pickle.dumps(author, protocol))
    assert inspect(other).detached
    assert inspect(other).key == inspect(author).key
    assert [book.title for book in other.books] == ["one", "two"]
    assert other.books[0].author is other
    assert other.by_title["two"] is other.books[1]
    assert "notes" not in other.__dict__


def test_it_goes_on_in_another_session(session: Session) -> None:
    author = session.get_one(Author, 1)
    assert len(author.books) == 2
    other = copied(author)
    session.expunge_all()
    session.add(other)
    assert other.notes == "n"
    other.books.append(Book(title="three"))
    other.name = "b"
    session.commit()
    titles = session.scalars(select(Book.title).order_by(Book.id)).all()
    assert (titles, other.name) == (["one", "two", "three"], "b")


def test_changes_are_kept(session: Session) -> None:
    author = session.get_one(Author, 1)
    author.name = "changed"
    other = copied(author)
    session.rollback()
    session.expunge_all()
    session.add(other)
    assert other in session.dirty
    session.commit()
    assert session.scalar(select(Author.name)) == "changed"


def test_a_new_object_stays_new(session: Session) -> None:
    other = copied(Author(name="n", books=[Book(title="t")]))
    assert inspect(other).transient
    session.add(other)
    session.commit()
    assert other.books[0].author_id == other.id


def test_expired_values_are_loaded_again(session: Session) -> None:
    author = session.get_one(Author, 1)
    session.expire(author)
    other = copied(author)
    with pytest.raises(exc.DetachedInstanceError):
        _ = other.name
    session.expunge_all()
    session.add(other)
    assert other.name == "a"


def test_loader_options_are_kept(session: Session) -> None:
    author = session.scalars(select(Author).options(raiseload(Author.books))).one()
    other = copied(author)
    session.expunge_all()
    session.add(other)
    with pytest.raises(exc.InvalidRequestError, match=r"Author\.books"):
        _ = other.books


def test_merge_of_a_cached_object(session: Session) -> None:
    author = session.get_one(Author, 1)
    cached = copied(author)
    assert session.merge(cached, load=False) is author
    cached.name = "newer"
    assert session.merge(cached) is author
    session.commit()
    assert author.name == "newer"


def test_rows(session: Session) -> None:
    row = copied(session.execute(select(Author, Author.name)).one())
    assert (row.name, row.Author.name) == ("a", "a")
