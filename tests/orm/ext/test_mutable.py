"""Values that are changed in place mark their objects as changed."""

from __future__ import annotations

import dataclasses
import pickle
from typing import Any

import pytest

from orm import (
    JSON,
    DeclarativeBase,
    Mapped,
    PickleType,
    Session,
    composite,
    create_engine,
    mapped_column,
    select,
)
from orm.ext.mutable import MutableComposite, MutableDict, MutableList, MutableSet


class Base(DeclarativeBase):
    pass


@dataclasses.dataclass
class Point(MutableComposite):
    x: int
    y: int

    def __setattr__(self, key: str, value: Any) -> None:
        object.__setattr__(self, key, value)
        self.changed()


class Entry(Base):
    __tablename__ = "entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    data: Mapped[Any] = mapped_column(MutableDict.as_mutable(JSON), default=None, nullable=True)
    tags: Mapped[Any] = mapped_column(MutableList.as_mutable(JSON), default=None, nullable=True)
    flags: Mapped[Any] = mapped_column(
        MutableSet.as_mutable(PickleType), default=None, nullable=True
    )
    x: Mapped[int | None]
    y: Mapped[int | None]
    place: Mapped[Point] = composite("x", "y")


class Note(Entry):
    pass


@pytest.fixture
def session() -> Any:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session


def stored(session: Any, column: Any) -> Any:
    """What is in the database after the flush of what the session thinks has changed."""
    session.flush()
    return session.execute(select(column)).scalar_one()


def add(session: Any, **values: Any) -> Any:
    entry = Entry(**values)
    session.add(entry)
    session.commit()
    return entry


DICT_CHANGES = {
    "setitem": (lambda d: d.__setitem__("b", 2), {"a": 1, "b": 2}),
    "delitem": (lambda d: d.__delitem__("a"), {}),
    "update": (lambda d: d.update(b=2), {"a": 1, "b": 2}),
    "ior": (lambda d: d.__ior__({"b": 2}), {"a": 1, "b": 2}),
    "pop": (lambda d: d.pop("a"), {}),
    "popitem": (lambda d: d.popitem(), {}),
    "clear": (lambda d: d.clear(), {}),
    "setdefault": (lambda d: d.setdefault("b", 2), {"a": 1, "b": 2}),
}


@pytest.mark.parametrize("name", DICT_CHANGES)
def test_dict(session: Any, name: str) -> None:
    change, expected = DICT_CHANGES[name]
    entry = add(session, data={"a": 1})
    change(entry.data)
    assert entry in session.dirty
    assert stored(session, Entry.data) == expected


LIST_CHANGES = {
    "setitem": (lambda v: v.__setitem__(0, 9), [9, 1, 2]),
    "slice": (lambda v: v.__setitem__(slice(0, 2), [9]), [9, 2]),
    "delitem": (lambda v: v.__delitem__(0), [1, 2]),
    "append": (lambda v: v.append(4), [3, 1, 2, 4]),
    "insert": (lambda v: v.insert(0, 4), [4, 3, 1, 2]),
    "extend": (lambda v: v.extend([4]), [3, 1, 2, 4]),
    "iadd": (lambda v: v.__iadd__([4]), [3, 1, 2, 4]),
    "imul": (lambda v: v.__imul__(2), [3, 1, 2, 3, 1, 2]),
    "remove": (lambda v: v.remove(1), [3, 2]),
    "pop": (lambda v: v.pop(), [3, 1]),
    "clear": (lambda v: v.clear(), []),
    "sort": (lambda v: v.sort(), [1, 2, 3]),
    "reverse": (lambda v: v.reverse(), [2, 1, 3]),
}


@pytest.mark.parametrize("name", LIST_CHANGES)
def test_list(session: Any, name: str) -> None:
    change, expected = LIST_CHANGES[name]
    entry = add(session, tags=[3, 1, 2])
    change(entry.tags)
    assert entry in session.dirty
    assert stored(session, Entry.tags) == expected


SET_CHANGES = {
    "add": (lambda v: v.add(4), {1, 2, 4}),
    "discard": (lambda v: v.discard(1), {2}),
    "remove": (lambda v: v.remove(1), {2}),
    "clear": (lambda v: v.clear(), set()),
    "update": (lambda v: v.update([4]), {1, 2, 4}),
    "ior": (lambda v: v.__ior__({4}), {1, 2, 4}),
    "iand": (lambda v: v.__iand__({1}), {1}),
    "isub": (lambda v: v.__isub__({1}), {2}),
    "ixor": (lambda v: v.__ixor__({1, 4}), {2, 4}),
}


@pytest.mark.parametrize("name", SET_CHANGES)
def test_set(session: Any, name: str) -> None:
    change, expected = SET_CHANGES[name]
    entry = add(session, flags={1, 2})
    change(entry.flags)
    assert entry in session.dirty
    assert stored(session, Entry.flags) == expected


def test_values_are_bound_however_they_come(session: Any) -> None:
    add(session, data={"a": 1})
    session.expunge_all()
    loaded = session.scalars(select(Entry)).one()
    loaded.data["loaded"] = True
    session.commit()
    loaded.data["refreshed"] = True
    session.commit()
    session.refresh(loaded, ["data"])
    loaded.data["by name"] = True
    assert stored(session, Entry.data) == {
        "a": 1,
        "loaded": True,
        "refreshed": True,
        "by name": True,
    }


def test_a_value_that_was_replaced_is_free(session: Any) -> None:
    entry = add(session, data={"a": 1})
    former, entry.data = entry.data, {"b": 1}
    session.commit()
    former["a"] = 2
    assert entry not in session.dirty


def test_pickling(session: Any) -> None:
    entry = add(session, data={"a": 1}, tags=[1])
    assert entry.data
    assert entry.tags
    session.expunge_all()
    copy = pickle.loads(pickle.dumps(entry))
    session.add(copy)
    copy.data["b"] = 2
    copy.tags.append(2)
    assert stored(session, Entry.data) == {"a": 1, "b": 2}
    assert stored(session, Entry.tags) == [1, 2]


def test_other_values_are_refused() -> None:
    with pytest.raises(ValueError, match="'data' does not accept objects of type list"):
        Entry(data=[1])
    assert Entry(data=None).data is None


def test_subclasses(session: Any) -> None:
    note = Note(data={"a": 1})
    session.add(note)
    session.commit()
    note.data["b"] = 2
    assert note in session.dirty
    assert len(Note.data.dispatch.set) == 1


def test_composites(session: Any) -> None:
    entry = add(session, place=Point(1, 2))
    entry.place.y = 5
    assert entry in session.dirty
    session.commit()
    assert entry.place == Point(1, 5)
    entry.place.x = 7
    assert stored(session, Entry.x) == 7


def test_associate_with_an_attribute(session: Any) -> None:
    class Doc(Base):
        __tablename__ = "doc"

        id: Mapped[int] = mapped_column(primary_key=True)
        body: Mapped[Any] = mapped_column(PickleType)

    MutableDict.associate_with_attribute(Doc.body)
    Base.metadata.create_all(session.get_bind())
    doc = Doc(body={"a": 1})
    session.add(doc)
    session.commit()
    doc.body["b"] = 2
    assert stored(session, Doc.body) == {"a": 1, "b": 2}


@pytest.mark.parametrize("present", [True, False])
@pytest.mark.parametrize("load", [True, False])
def test_values_that_a_merge_brings_are_bound(session: Any, present: bool, load: bool) -> None:
    session.add(Entry(id=1, data={"a": 1}))
    session.commit()
    with Session(session.get_bind()) as other:
        detached = other.get(Entry, 1)
    session.expunge_all()
    kept = session.get(Entry, 1) if present else None
    merged = session.merge(detached, load=load)
    merged.data["a"] = 2
    assert merged in session.dirty
    assert kept is None or merged is kept
