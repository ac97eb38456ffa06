"""Random sequences of session operations, compared with a plain-Python model of the database.

The model knows nothing of sessions: dictionaries which are copied at every begin and
savepoint, and put back at every rollback. After each flush the tables must say the same.
"""

from __future__ import annotations

import copy
import itertools
import os
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
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
    mapped_column,
    relationship,
    select,
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
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}


CLASSES: dict[str, type[Any]] = {
    "authors": Author,
    "books": Book,
    "tags": Tag,
    "nodes": Node,
    "documents": Document,
}

ROWS = {
    "authors": "SELECT uid, name FROM authors",
    "books": "SELECT b.uid, a.uid FROM books b JOIN authors a ON a.id = b.author_id",
    "tags": "SELECT uid, 0 FROM tags",
    "nodes": "SELECT n.uid, p.uid FROM nodes n LEFT JOIN nodes p ON p.id = n.parent_id",
    "documents": "SELECT uid, text FROM documents",
    "links": "SELECT b.uid, t.uid FROM book_tags l JOIN books b ON b.id = l.book_id "
    "JOIN tags t ON t.id = l.tag_id",
}

names = st.sampled_from(["a", "b", "c", None])
choices = st.integers(min_value=0, max_value=10_000)


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

    def new(self, table: str, value: Any, obj: Any) -> str:
        uid = f"{table}{next(self.serial)}"
        obj.uid = uid
        self.rows[table][uid] = value
        self.objects[uid] = obj
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
        # a pending object that leaves an owner with delete-orphan leaves the session too
        self.flush()
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

    @rule(text=names)
    def add_document(self, text: Any) -> None:
        self.new("documents", text, Document(text=text))

    @rule(choice=choices, text=names)
    def edit_document(self, choice: int, text: Any) -> None:
        uid = self.pick("documents", choice)
        if uid is not None:
            self.objects[uid].text = text
            self.rows["documents"][uid] = text

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

    @rule(choice=choices, table=st.sampled_from(["authors", "books", "tags", "documents"]))
    def delete(self, choice: int, table: str) -> None:
        uid = self.pick(table, choice)
        if uid is None:
            return
        self.flush()
        self.session.delete(self.objects[uid])
        if table == "authors":
            for book in [b for b, author in self.rows["books"].items() if author == uid]:
                self.forget("books", book)
        self.forget(table, uid)
        self.flush()
        self.session.expire_all()

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
            found = {row[0]: row[1] for row in connection.exec_driver_sql(ROWS[table])}
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
