"""Random sequences of session operations, compared with a plain-Python model of the database.

The model knows nothing of sessions: dictionaries which are copied at every begin and
savepoint, and put back at every rollback. After each flush the tables must say the same.

The suite runs a modest number of sequences, the same every time. MACHINE_EXAMPLES=2000 in the
environment runs as many, other ones each time.
"""

from __future__ import annotations

import copy
import itertools
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from orm import (
    Column,
    DeclarativeBase,
    ForeignKey,
    Mapped,
    Session,
    Table,
    create_engine,
    inspect,
    mapped_column,
    relationship,
    select,
    update,
)

EXAMPLES = int(os.environ.get("MACHINE_EXAMPLES", "40"))


class Base(DeclarativeBase):
    pass


book_tags = Table(
    "book_tags",
    Base.metadata,
    Column("book_id", ForeignKey("books.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True),
)


class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str]
    name: Mapped[str | None]
    books: Mapped[list[Book]] = relationship(back_populates="author", cascade="all, delete-orphan")


class Book(Base):
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    author: Mapped[Author] = relationship(back_populates="books")
    tags: Mapped[list[Tag]] = relationship(secondary=book_tags, back_populates="books")


class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str]
    books: Mapped[list[Book]] = relationship(secondary=book_tags, back_populates="tags")


class Node(Base):
    __tablename__ = "nodes"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("nodes.id"))
    parent: Mapped[Node | None] = relationship(back_populates="children", remote_side=[id])
    children: Mapped[list[Node]] = relationship(back_populates="parent")


class Document(Base):
    __tablename__ = "documents"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str]
    text: Mapped[str | None]
    kind: Mapped[str] = mapped_column()
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {
        "version_id_col": version,
        "polymorphic_on": kind,
        "polymorphic_identity": "document",
    }


class Report(Document):
    """Joined to the table of documents; letters share it."""

    __tablename__ = "reports"
    id: Mapped[int] = mapped_column(ForeignKey("documents.id"), primary_key=True)
    pages: Mapped[int | None]
    shelf_uid: Mapped[str | None] = mapped_column(
        ForeignKey("shelves.uid", onupdate="CASCADE"), default=None
    )
    shelf: Mapped[Shelf | None] = relationship(back_populates="reports")
    __mapper_args__ = {"polymorphic_identity": "report"}


class Letter(Document):
    stamp: Mapped[str | None]
    __mapper_args__ = {"polymorphic_identity": "letter"}


class Shelf(Base):
    """Its key is natural, and changes."""

    __tablename__ = "shelves"
    uid: Mapped[str] = mapped_column(primary_key=True)
    reports: Mapped[list[Report]] = relationship(back_populates="shelf")


CLASSES: dict[str, type[Any]] = {
    "authors": Author,
    "books": Book,
    "tags": Tag,
    "nodes": Node,
    "documents": Document,
    "shelves": Shelf,
}

ROWS = {
    "authors": "SELECT uid, name FROM authors",
    "books": "SELECT b.uid, a.uid FROM books b JOIN authors a ON a.id = b.author_id",
    "tags": "SELECT uid, 0 FROM tags",
    "nodes": "SELECT n.uid, p.uid FROM nodes n LEFT JOIN nodes p ON p.id = n.parent_id",
    "documents": "SELECT d.uid, d.text, r.pages, d.stamp, r.shelf_uid FROM documents d "
    "LEFT JOIN reports r ON r.id = d.id",
    "shelves": "SELECT uid, 0 FROM shelves",
    "links": "SELECT b.uid, t.uid FROM book_tags l JOIN books b ON b.id = l.book_id "
    "JOIN tags t ON t.id = l.tag_id",
}

names = st.sampled_from(["a", "b", "c", None])
choices = st.integers(min_value=0, max_value=10_000)
numbers = st.one_of(st.none(), st.integers(0, 9))


class SessionMachine(RuleBasedStateMachine):
    """`rows`: table -> uid -> value; `links`: pairs. `objects`: uid -> the session's object."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = create_engine("sqlite://")
        Base.metadata.create_all(self.engine)
        self.session = Session(self.engine)
        self.serial = itertools.count(1)
        self.rows: dict[str, dict[str, Any]] = {name: {} for name in CLASSES}
        self.links: set[tuple[str, str]] = set()
        self.objects: dict[str, Any] = {}
        #: what to put back: the transaction's begin, and each savepoint within it
        self.saved: list[Any] = [self.snapshot()]
        self.savepoints: list[Any] = []

    def teardown(self) -> None:
        self.flush()
        self.session.close()
        self.engine.dispose()

    # -- the model's transactions

    def snapshot(self) -> Any:
        return copy.deepcopy(self.rows), set(self.links), dict(self.objects)

    def put_back(self, saved: Any) -> None:
        rows, links, objects = saved
        self.rows, self.links, self.objects = copy.deepcopy(rows), set(links), dict(objects)

    def pick(self, table: str, choice: int) -> str | None:
        uids = list(self.rows[table])
        return uids[choice % len(uids)] if uids else None

    def new(self, table: str, value: Any, obj: Any, add: bool = True) -> str:
        uid = f"{table}{next(self.serial)}"
        obj.uid = uid
        self.rows[table][uid] = value
        self.objects[uid] = obj
        if add:
            self.session.add(obj)
        return uid

    def forget(self, table: str, uid: str) -> None:
        del self.rows[table][uid]
        self.objects.pop(uid)
        self.links = {pair for pair in self.links if uid not in pair}

    # -- rules: objects

    @rule(name=names)
    def add_author(self, name: Any) -> None:
        self.new("authors", name, Author(name=name))

    @rule(choice=choices, by_append=st.booleans())
    def add_book(self, choice: int, by_append: bool) -> None:
        author = self.pick("authors", choice)
        if author is None:
            return
        book = Book()
        if by_append:
            self.objects[author].books.append(book)
        else:
            book.author = self.objects[author]
        self.new("books", author, book)

    @rule(a=choices, b=choices, by_append=st.booleans())
    def move_book(self, a: int, b: int, by_append: bool) -> None:
        book, author = self.pick("books", a), self.pick("authors", b)
        if book is None or author is None:
            return
        target = self.objects[author]
        if by_append and self.objects[book] not in target.books:
            target.books.append(self.objects[book])
        else:
            self.objects[book].author = target
        self.rows["books"][book] = author

    @rule(choice=choices)
    def orphan_book(self, choice: int) -> None:
        book = self.pick("books", choice)
        if book is None:
            return
        self.flush()
        found = self.objects[book]
        found.author.books.remove(found)
        self.forget("books", book)
        self.flush()
        self.session.expire_all()

    @rule(choice=choices, name=names)
    def rename(self, choice: int, name: Any) -> None:
        author = self.pick("authors", choice)
        if author is not None:
            self.objects[author].name = name
            self.rows["authors"][author] = name

    @rule(text=names, kind=st.sampled_from([Document, Report, Letter]), number=numbers)
    def add_document(self, text: Any, kind: type[Document], number: Any) -> None:
        pages = stamp = None
        made = kind(text=text)
        if isinstance(made, Report):
            pages = made.pages = number
        elif isinstance(made, Letter):
            stamp = made.stamp = text
        self.new("documents", (text, pages, stamp, None), made)

    @rule(choice=choices, text=names, number=numbers)
    def edit_document(self, choice: int, text: Any, number: Any) -> None:
        uid = self.pick("documents", choice)
        if uid is None:
            return
        found, (_, pages, stamp, shelf) = self.objects[uid], self.rows["documents"][uid]
        found.text = text
        if isinstance(found, Report):
            pages = found.pages = number
        self.rows["documents"][uid] = (text, pages, stamp, shelf)

    @rule()
    def add_shelf(self) -> None:
        self.new("shelves", 0, Shelf())

    @rule(a=choices, b=choices, by_append=st.booleans(), take_out=st.booleans())
    def shelve(self, a: int, b: int, by_append: bool, take_out: bool) -> None:
        uid, shelf = self.pick("documents", a), self.pick("shelves", b)
        found = self.objects.get(uid or "")
        if not isinstance(found, Report) or shelf is None or uid is None:
            return
        target = None if take_out else self.objects[shelf]
        if by_append and target is not None and found not in target.reports:
            target.reports.append(found)
        else:
            found.shelf = target
        text, pages, stamp, _ = self.rows["documents"][uid]
        self.rows["documents"][uid] = (text, pages, stamp, None if take_out else shelf)

    @rule(choice=choices)
    def rename_shelf(self, choice: int) -> None:
        """The key of a row changes, and with it what refers to the row."""
        shelf = self.pick("shelves", choice)
        if shelf is None:
            return
        self.flush()
        name = f"shelf{next(self.serial)}"
        found = self.objects.pop(shelf)
        self.objects[name] = found
        found.uid = name
        self.rows["shelves"] = {
            name if u == shelf else u: v for u, v in self.rows["shelves"].items()
        }
        for uid, (text, pages, stamp, on) in self.rows["documents"].items():
            if on == shelf:
                self.rows["documents"][uid] = (text, pages, stamp, name)
        self.flush()

    @rule()
    def add_tag(self) -> None:
        self.new("tags", 0, Tag())

    @rule(a=choices, b=choices, from_book=st.booleans())
    def toggle_tag(self, a: int, b: int, from_book: bool) -> None:
        book, tag = self.pick("books", a), self.pick("tags", b)
        if book is None or tag is None:
            return
        one, other = self.objects[book], self.objects[tag]
        collection, item = (one.tags, other) if from_book else (other.books, one)
        if (book, tag) in self.links:
            collection.remove(item)
            self.links.discard((book, tag))
        else:
            collection.append(item)
            self.links.add((book, tag))

    @rule(choice=choices, at_root=st.booleans())
    def add_node(self, choice: int, at_root: bool) -> None:
        parent = None if at_root else self.pick("nodes", choice)
        node = Node()
        if parent is not None:
            self.objects[parent].children.append(node)
        self.new("nodes", parent, node)

    @rule(a=choices, b=choices)
    def move_node(self, a: int, b: int) -> None:
        node, parent = self.pick("nodes", a), self.pick("nodes", b)
        if node is None or node in self.line_of(parent):
            parent = None
        if node is None:
            return
        self.objects[node].parent = None if parent is None else self.objects[parent]
        self.rows["nodes"][node] = parent

    def line_of(self, node: str | None) -> list[str]:
        line: list[str] = []
        while node is not None:
            line.append(node)
            node = self.rows["nodes"][node]
        return line

    @rule(choice=choices)
    def delete_node(self, choice: int) -> None:
        node = self.pick("nodes", choice)
        if node is None:
            return
        self.flush()
        self.session.delete(self.objects[node])
        for uid, parent in self.rows["nodes"].items():
            if parent == node:
                self.rows["nodes"][uid] = None
        self.forget("nodes", node)
        self.flush()
        self.session.expire_all()

    @rule(
        choice=choices, table=st.sampled_from(["authors", "books", "tags", "documents", "shelves"])
    )
    def delete(self, choice: int, table: str) -> None:
        uid = self.pick(table, choice)
        if uid is None:
            return
        self.flush()
        self.session.delete(self.objects[uid])
        if table == "authors":
            for book in [b for b, author in self.rows["books"].items() if author == uid]:
                self.forget("books", book)
        if table == "shelves":
            for document, (text, pages, stamp, on) in self.rows["documents"].items():
                if on == uid:
                    self.rows["documents"][document] = (text, pages, stamp, None)
        self.forget(table, uid)
        self.flush()
        self.session.expire_all()

    @rule(choice=choices, name=names)
    def merge_author(self, choice: int, name: Any) -> None:
        """A copy made elsewhere, without books, has its values taken over."""
        uid = self.pick("authors", choice)
        if uid is None:
            return
        self.flush()
        found = self.objects[uid]
        merged = self.session.merge(Author(id=found.id, uid=uid, name=name))
        assert merged is found
        self.rows["authors"][uid] = name

    @rule(choice=choices, text=names)
    def update_documents(self, choice: int, text: Any) -> None:
        """By a statement, which objects follow."""
        uid = self.pick("documents", choice)
        if uid is None:
            return
        self.flush()
        self.session.execute(update(Document).where(Document.uid == uid).values(text=text))
        assert self.objects[uid].text == text
        self.rows["documents"][uid] = (text, *self.rows["documents"][uid][1:])

    @rule(choice=choices)
    def take_out_and_in(self, choice: int) -> None:
        """An object leaves the session with what it has, and comes back."""
        uid = self.pick("authors", choice)
        if uid is None:
            return
        self.flush()
        found = self.objects[uid]
        self.session.expunge(found)
        assert inspect(found).detached
        found.name = self.rows["authors"][uid]
        self.session.add(found)

    @rule(choice=choices, table=st.sampled_from(["authors", "documents", "shelves"]))
    def refresh(self, choice: int, table: str) -> None:
        uid = self.pick(table, choice)
        if uid is not None:
            self.flush()
            self.session.refresh(self.objects[uid])

    @rule()
    def forget_a_new_object(self) -> None:
        """One that is expunged while pending leaves no trace."""
        made = Author(uid="never", name="never")
        self.session.add(made)
        self.session.expunge(made)

    # -- rules: the session

    @rule()
    def flush(self) -> None:
        self.session.flush()
        self.check()

    @rule()
    def expire(self) -> None:
        self.flush()
        self.session.expire_all()

    @rule()
    def commit(self) -> None:
        self.session.commit()
        self.savepoints = []
        self.saved = [self.snapshot()]
        self.check()

    @rule()
    def rollback(self) -> None:
        self.session.rollback()
        self.savepoints = []
        self.saved = self.saved[:1]
        self.put_back(self.saved[0])
        self.check()

    @precondition(lambda self: len(self.savepoints) < 3)
    @rule()
    def begin_savepoint(self) -> None:
        self.savepoints.append(self.session.begin_nested())
        self.saved.append(self.snapshot())

    @precondition(lambda self: self.savepoints)
    @rule()
    def rollback_savepoint(self) -> None:
        self.savepoints.pop().rollback()
        self.put_back(self.saved.pop())
        self.check()

    @precondition(lambda self: self.savepoints)
    @rule()
    def release_savepoint(self) -> None:
        self.savepoints.pop().commit()
        self.saved.pop()
        self.check()

    @rule()
    def another_session(self) -> None:
        self.commit()
        self.session.close()
        self.session = Session(self.engine)
        self.objects = {
            obj.uid: obj for kind in CLASSES.values() for obj in self.session.scalars(select(kind))
        }
        self.saved = [self.snapshot()]

    # -- the comparison

    def check(self) -> None:
        connection = self.session.connection()
        for table, expected in self.rows.items():
            rows = connection.exec_driver_sql(ROWS[table])
            found = {row[0]: row[1] if len(row) == 2 else tuple(row[1:]) for row in rows}
            if table == "tags":
                found = dict.fromkeys(found, 0)
            assert found == expected, table
        links = {(row[0], row[1]) for row in connection.exec_driver_sql(ROWS["links"])}
        assert links == self.links

    @invariant()
    def objects_say_what_they_were_told(self) -> None:
        for uid, name in self.rows["authors"].items():
            values = self.objects[uid].__dict__
            assert values.get("name", name) == name


@pytest.mark.timeout(max(120, EXAMPLES))
def test_random_sequences() -> None:
    run_state_machine_as_test(
        SessionMachine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=EXAMPLES <= 40,
        ),
    )
