"""Random graphs, read in random orders: batches over peers show what single loads show.

`PEERS_GRAPHS=1000 pytest tests/scenarios/test_peers_graphs.py` tries as many graphs; the suite tries a few.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from orm import (
    Column,
    DeclarativeBase,
    Engine,
    ForeignKey,
    ForeignKeyConstraint,
    Mapped,
    Session,
    Table,
    create_engine,
    event,
    insert,
    inspect,
    mapped_column,
    relationship,
    select,
)

GRAPHS = int(os.environ.get("PEERS_GRAPHS", "60"))


class Base(DeclarativeBase):
    pass


marks = Table(
    "marks",
    Base.metadata,
    Column("post_id", ForeignKey("posts.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True),
)


class Person(Base):
    __tablename__ = "people"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    about: Mapped[str] = mapped_column(deferred=True, deferred_group="long")
    photo: Mapped[str] = mapped_column(deferred=True, deferred_group="long")
    boss: Mapped[Person | None] = relationship(back_populates="staff", remote_side=[id])
    staff: Mapped[list[Person]] = relationship(back_populates="boss", order_by="Person.id.desc()")
    posts: Mapped[list[Post]] = relationship(back_populates="author", order_by="Post.id")
    badge: Mapped[Badge | None] = relationship(back_populates="person")


class Editor(Person):
    __tablename__ = "editors"
    __mapper_args__ = {"polymorphic_identity": "editor"}
    id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    desk: Mapped[str]


class Guest(Person):
    __mapper_args__ = {"polymorphic_identity": "guest"}
    visits: Mapped[int | None]


class Badge(Base):
    __tablename__ = "badges"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), unique=True)
    person: Mapped[Person] = relationship(back_populates="badge")


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    title: Mapped[str]
    author: Mapped[Person | None] = relationship(back_populates="posts")
    tags: Mapped[list[Tag]] = relationship(secondary=marks, order_by="Tag.id")
    rooms: Mapped[list[Room]] = relationship(back_populates="post", order_by="Room.number")


class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    posts: Mapped[list[Post]] = relationship(
        secondary=marks, order_by="Post.id.desc()", viewonly=True
    )


class Room(Base):
    __tablename__ = "rooms"
    house: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))
    post: Mapped[Post | None] = relationship(back_populates="rooms")
    chairs: Mapped[list[Chair]] = relationship(back_populates="room", order_by="Chair.id")


class Chair(Base):
    __tablename__ = "chairs"
    __table_args__ = (ForeignKeyConstraint(["house", "number"], ["rooms.house", "rooms.number"]),)
    id: Mapped[int] = mapped_column(primary_key=True)
    house: Mapped[int | None]
    number: Mapped[int | None]
    room: Mapped[Room | None] = relationship(back_populates="chairs")


CLASSES = (Person, Editor, Badge, Post, Tag, Room, Chair)

#: what is read, by class
READS = {
    Person: ("boss", "staff", "posts", "badge", "about", "photo", "kind"),
    Badge: ("person",),
    Post: ("author", "tags", "rooms", "title"),
    Tag: ("posts",),
    Room: ("post", "chairs"),
    Chair: ("room",),
}

link = st.one_of(st.none(), st.integers(1, 6))


@st.composite
def graphs(draw: Any) -> dict[str, list[dict[str, Any]]]:
    """Rows by table: up to 6 people, posts, tags, rooms and chairs, joined at random."""
    kinds = draw(st.lists(st.sampled_from(["person", "editor", "guest"]), max_size=6))

    def below(count: int) -> int | None:
        found: int | None = draw(link)
        return found if found is not None and found <= count else None

    people = [
        {
            "id": n,
            "kind": kind,
            "boss_id": below(n - 1),
            "about": f"a{n}",
            "photo": f"p{n}",
            "visits": n if kind == "guest" else None,
        }
        for n, kind in enumerate(kinds, 1)
    ]
    posts = [
        {"id": n, "author_id": below(len(people)), "title": f"t{n}"}
        for n in range(1, draw(st.integers(0, 6)) + 1)
    ]
    tags = [{"id": n} for n in range(1, draw(st.integers(0, 4)) + 1)]
    pairs = draw(st.sets(st.tuples(st.integers(1, 6), st.integers(1, 4)), max_size=12))
    rooms = [
        {"house": n % 2, "number": n, "post_id": below(len(posts))}
        for n in range(1, draw(st.integers(0, 5)) + 1)
    ]
    chairs = []
    for n in range(1, draw(st.integers(0, 6)) + 1):
        number = below(len(rooms))
        house = None if number is None else number % 2
        chairs.append({"id": n, "house": house, "number": number})
    owners = draw(st.sets(st.integers(1, 6), max_size=4))
    return {
        "people": people,
        "editors": [{"id": p["id"], "desk": "d"} for p in people if p["kind"] == "editor"],
        "badges": [{"id": n, "person_id": n} for n in sorted(owners) if n <= len(people)],
        "posts": posts,
        "tags": tags,
        "marks": [
            {"post_id": a, "tag_id": b}
            for a, b in sorted(pairs)
            if a <= len(posts) and b <= len(tags)
        ],
        "rooms": rooms,
        "chairs": chairs,
    }


class Walker:
    """Reads attributes of what one session has found, and disturbs it in between."""

    def __init__(self, session: Session, start: type) -> None:
        self.session = session
        self.shown: list[Any] = []
        self.made = 0
        keys = inspect(start).primary_key
        self.found = list(session.scalars(select(start).order_by(*keys)))

    def step(self, which: int, what: int, action: str) -> None:
        """Read attribute number `what` of object number `which`; then do what the action says."""
        if not self.found:
            return
        obj = self.found[which % len(self.found)]
        keys = next(keys for cls, keys in READS.items() if isinstance(obj, cls))
        value = getattr(obj, keys[what % len(keys)])
        self.shown.append(show(value))
        items = value if isinstance(value, list) else [value]
        items = [each for each in items if isinstance(each, Base) and each in self.session]
        self.found += [each for each in items if each not in self.found]
        getattr(self, action)(obj)

    def go_on(self, obj: Any) -> None:
        """Only read."""

    def expire(self, obj: Any) -> None:
        """Forget one object's values."""
        if obj not in self.session.new:
            self.session.expire(obj)

    def expunge(self, obj: Any) -> None:
        """Take one object out; it is no longer read."""
        self.session.expunge(obj)
        self.found = [each for each in self.found if each is not obj]

    def commit(self, obj: Any) -> None:
        """Expire everything."""
        self.session.commit()

    def roll_back(self, obj: Any) -> None:
        """Change a post, and take that back."""
        if isinstance(obj, Post):
            obj.title, obj.author_id = "changed", None
        self.session.rollback()
        self.found = [each for each in self.found if each in self.session]

    def merge(self, obj: Any) -> None:
        """Merge a post of the same identity."""
        if isinstance(obj, Post) and obj not in self.session.new:
            self.session.merge(Post(id=obj.id, title=obj.title))

    def add(self, obj: Any) -> None:
        """Put a new post beside the others."""
        self.made += 1
        new = Post(id=100 + self.made, title="new")
        self.session.add(new)
        self.found.append(new)


ACTIONS = ("go_on", "go_on", "go_on", "expire", "expunge", "commit", "roll_back", "merge", "add")


def show(value: Any) -> Any:
    """A value without its identity as a Python object."""
    if isinstance(value, list):
        return [show(each) for each in value]
    return (type(value).__name__, *inspect(value).identity) if isinstance(value, Base) else value


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    made = create_engine("sqlite://")
    Base.metadata.create_all(made)
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def log(engine: Engine) -> list[str]:
    found: list[str] = []

    def note(*args: Any) -> None:
        if args[2].lstrip().startswith("SELECT"):
            found.append(args[2])

    event.listen(engine, "before_cursor_execute", note)
    return found


@pytest.mark.timeout(120 + GRAPHS)
@settings(max_examples=GRAPHS, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    graph=graphs(),
    start=st.sampled_from(CLASSES),
    steps=st.lists(
        st.tuples(st.integers(0, 30), st.integers(0, 6), st.sampled_from(ACTIONS)), max_size=20
    ),
)
def test_batches_show_what_single_loads_show(
    engine: Engine, log: list[str], graph: Any, start: type, steps: Any
) -> None:
    with engine.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())
        for table in Base.metadata.sorted_tables:
            if graph.get(table.name):
                connection.execute(insert(table), graph[table.name])
    shown, counts = [], []
    for mode in ("peers", "one"):
        log.clear()
        with Session(engine, lazy_loads=mode) as session:
            walker = Walker(session, start)
            for each in steps:
                walker.step(*each)
            shown.append(walker.shown)
            counts.append(len(log))
            session.rollback()
        with engine.begin() as connection:
            connection.execute(Post.__table__.delete().where(Post.__table__.c.id >= 100))
    assert shown[0] == shown[1]
    assert counts[0] <= counts[1]
