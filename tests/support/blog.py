"""A small blog with every kind of relationship, and a record of what reaches the driver."""

from __future__ import annotations

import datetime
import enum
import uuid
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from orm import (
    JSON,
    Column,
    DeclarativeBase,
    ForeignKey,
    ForeignKeyConstraint,
    Mapped,
    Numeric,
    String,
    Table,
    event,
    mapped_column,
    relationship,
)


class Base(DeclarativeBase):
    pass


post_tags = Table(
    "post_tags",
    Base.metadata,
    Column("post_id", ForeignKey("posts.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True),
)


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    bio: Mapped[str | None] = mapped_column(String(200), deferred=True)
    posts: Mapped[list[Post]] = relationship(back_populates="author", order_by="Post.id")
    profile: Mapped[Profile | None] = relationship(back_populates="user")
    long_posts: Mapped[list[Post]] = relationship(
        primaryjoin="and_(User.id == Post.user_id, Post.title > 'p5')",
        viewonly=True,
        order_by="Post.id.desc()",
    )


class Profile(Base):
    __tablename__ = "profiles"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    city: Mapped[str] = mapped_column(String(50))
    user: Mapped[User] = relationship(back_populates="profile")


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    title: Mapped[str] = mapped_column(String(50))
    author: Mapped[User | None] = relationship(back_populates="posts")
    tags: Mapped[list[Tag]] = relationship(
        secondary=post_tags, back_populates="posts", order_by="Tag.id"
    )
    comments: Mapped[list[Comment]] = relationship(back_populates="post", order_by="Comment.id")


class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    posts: Mapped[list[Post]] = relationship(
        secondary=post_tags, back_populates="tags", order_by="Post.id"
    )


class Comment(Base):
    __tablename__ = "comments"
    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    text: Mapped[str] = mapped_column(String(50))
    post: Mapped[Post] = relationship(back_populates="comments")


class Node(Base):
    __tablename__ = "nodes"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("nodes.id"))
    name: Mapped[str] = mapped_column(String(50))
    children: Mapped[list[Node]] = relationship(back_populates="parent", order_by="Node.id")
    parent: Mapped[Node | None] = relationship(back_populates="children", remote_side=[id])


class Order(Base):
    __tablename__ = "orders"
    shop: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    note: Mapped[str | None] = mapped_column(String(50))
    lines: Mapped[list[Line]] = relationship(back_populates="order", order_by="Line.id")


class Line(Base):
    __tablename__ = "lines"
    __table_args__ = (ForeignKeyConstraint(["shop", "number"], ["orders.shop", "orders.number"]),)
    id: Mapped[int] = mapped_column(primary_key=True)
    shop: Mapped[int] = mapped_column()
    number: Mapped[int] = mapped_column()
    item: Mapped[str] = mapped_column(String(50))
    order: Mapped[Order] = relationship(back_populates="lines")


class Color(enum.Enum):
    red = 1
    blue = 2


class Kinds(Base):
    __tablename__ = "kinds"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    price: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    ratio: Mapped[float]
    active: Mapped[bool]
    born: Mapped[datetime.date]
    seen: Mapped[datetime.datetime | None]
    color: Mapped[Color]
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    blob: Mapped[bytes | None]


class Log(list[Any]):
    """(SQL, reason) of each statement; BEGIN and the like do not come here."""

    @property
    def reasons(self) -> list[tuple[str, str, int]]:
        return [(r.kind, r.subject, r.count) for _, r in self]

    @property
    def sql(self) -> list[str]:
        return [" ".join(text.split()) for text, _ in self]


def fill(connection: Any, users: int = 10) -> None:
    """users x 3 posts, each post with 2 tags of 4 and 2 comments; a tree; 3 orders of 2 lines."""
    from orm import insert

    t = Base.metadata.tables
    ids = range(1, users + 1)
    connection.execute(
        insert(t["users"]), [{"id": i, "name": f"u{i}", "bio": f"bio {i}"} for i in ids]
    )
    connection.execute(
        insert(t["profiles"]),
        [{"id": 100 + i, "user_id": i, "city": f"c{i}"} for i in ids if i % 2],
    )
    posts = [{"id": i * 10 + k, "user_id": i, "title": f"p{i}{k}"} for i in ids for k in range(3)]
    connection.execute(insert(t["posts"]), posts)
    connection.execute(insert(t["posts"]), [{"id": 1, "user_id": None, "title": "alone"}])
    connection.execute(insert(t["tags"]), [{"id": i, "name": f"t{i}"} for i in range(1, 5)])
    pairs = [{"post_id": p["id"], "tag_id": 1 + (p["id"] + n) % 4} for p in posts for n in (0, 1)]
    connection.execute(insert(t["post_tags"]), pairs)
    comments = [
        {"id": p["id"] * 10 + n, "post_id": p["id"], "text": f"c{p['id']}{n}"}
        for p in posts
        for n in range(2)
    ]
    connection.execute(insert(t["comments"]), comments)
    connection.execute(
        insert(t["nodes"]),
        [{"id": i, "parent_id": None if i == 1 else i // 2, "name": f"n{i}"} for i in range(1, 16)],
    )
    connection.execute(
        insert(t["orders"]), [{"shop": 1, "number": n, "note": f"o{n}"} for n in (1, 2, 3)]
    )
    connection.execute(
        insert(t["lines"]),
        [
            {"id": n * 10 + k, "shop": 1, "number": n, "item": f"i{n}{k}"}
            for n in (1, 2, 3)
            for k in range(2)
        ],
    )


def fill_kinds(connection: Any) -> None:
    """Two rows of every type, one with as much NULL as possible."""
    from orm import insert

    first = {
        "id": uuid.UUID(int=1),
        "price": Decimal("9.90"),
        "ratio": 0.5,
        "active": True,
        "born": datetime.date(2020, 2, 29),
        "seen": datetime.datetime(2021, 1, 2, 3, 4, 5, 6),
        "color": Color.blue,
        "data": {"a": [1, None]},
        "blob": b"\x00\xff",
    }
    second = {**first, "id": uuid.UUID(int=2), "active": False, "seen": None, "blob": None}
    connection.execute(insert(Kinds.__table__), [first, second])


def open_blog(engine: Any) -> Any:
    """Create and fill the tables; returns the engine, the classes, and the log of statements."""
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        fill(connection)
        fill_kinds(connection)
    log = Log()

    def note(conn: Any, cursor: Any, sql: str, args: Any, context: Any, many: bool) -> None:
        log.append((sql, context.reason))

    event.listen(engine, "before_cursor_execute", note)
    names = "User Post Tag Comment Profile Node Order Line Kinds Color post_tags"
    known = {name: globals()[name] for name in names.split()}
    return SimpleNamespace(engine=engine, log=log, **known)
