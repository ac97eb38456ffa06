"""Sets, dicts and own collection classes as relationships."""

from __future__ import annotations

import pickle

import pytest

from orm import exc
from orm.mapping import DeclarativeBase, Mapped, mapped_column, relationship
from orm.schema import ForeignKey
from orm.state import (
    attribute_keyed_dict,
    collection,
    get_history,
    keyfunc_mapping,
)


class Base(DeclarativeBase):
    pass


class Loud(list):
    def append(self, item):
        self.noise = True
        super().append(item)


class Bag:
    def __init__(self):
        self.inside = {}

    @collection.appender
    def put(self, item):
        self.inside[id(item)] = item

    @collection.remover
    def take(self, item):
        del self.inside[id(item)]

    @collection.iterator
    def __iter__(self):
        return iter(self.inside.values())


class Owner(Base):
    __tablename__ = "owners"
    id: Mapped[int] = mapped_column(primary_key=True)
    things: Mapped[set["Thing"]] = relationship(back_populates="owner", foreign_keys="Thing.a")
    named: Mapped[dict[str, "Thing"]] = relationship(
        collection_class=attribute_keyed_dict("name"),
        back_populates="keeper",
        foreign_keys="Thing.b",
    )
    loud = relationship("Thing", collection_class=Loud, foreign_keys="Thing.c")
    bag = relationship("Thing", collection_class=Bag, foreign_keys="Thing.d")


class Thing(Base):
    __tablename__ = "things"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    a: Mapped[int] = mapped_column(ForeignKey("owners.id"))
    b: Mapped[int] = mapped_column(ForeignKey("owners.id"))
    c: Mapped[int] = mapped_column(ForeignKey("owners.id"))
    d: Mapped[int] = mapped_column(ForeignKey("owners.id"))
    owner: Mapped[Owner] = relationship(back_populates="things", foreign_keys=[a])
    keeper: Mapped[Owner] = relationship(back_populates="named", foreign_keys=[b])


def test_set():
    owner, a, b, c = Owner(), Thing(), Thing(), Thing()
    owner.things.add(a)
    owner.things |= {b}
    owner.things.update([c])
    assert {t.owner for t in (a, b, c)} == {owner}
    owner.things.discard(a)
    owner.things.remove(b)
    with pytest.raises(KeyError):
        owner.things.remove(b)
    assert owner.things == {c}
    owner.things ^= {a, c}
    assert owner.things == {a}
    assert c.owner is None
    owner.things &= set()
    owner.things = {b, c}
    owner.things -= {b}
    assert owner.things.pop() is c
    assert get_history(owner, "things").added == []


def test_dict():
    owner, a, b = Owner(), Thing(name="a"), Thing(name="b")
    owner.named["a"] = a
    b.keeper = owner
    assert owner.named == {"a": a, "b": b}
    other = Thing(name="a")
    owner.named["a"] = other
    assert a.keeper is None
    assert owner.named.pop("a") is other
    assert owner.named.setdefault("b", a) is b
    owner.named.set(a)
    owner.named.update({"z": Thing(name="z")})
    owner.named.remove(a)
    assert sorted(owner.named) == ["b", "z"]
    owner.named = {"a": a}
    assert b.keeper is None
    with pytest.raises(exc.ArgumentError, match="the key of"):
        owner.named = {"wrong": a}
    with pytest.raises(exc.ArgumentError, match="takes a dict"):
        owner.named = [a]
    owner.named.clear()
    assert a.keeper is None


def test_own_list_class_keeps_its_ways():
    owner = Owner()
    owner.loud.append(Thing())
    assert owner.loud.noise
    assert isinstance(owner.loud, Loud)
    assert len(get_history(owner, "loud").added) == 1


def test_own_class_by_decorators():
    owner, thing = Owner(), Thing()
    owner.bag.put(thing)
    assert list(owner.bag) == [thing]
    assert get_history(owner, "bag").added == [thing]
    owner.bag.take(thing)
    assert list(owner.bag) == []
    owner.bag = [thing]
    assert list(owner.bag) == [thing]


def test_class_without_needed_methods():
    class Wrong(Base):
        __tablename__ = "wrong"
        id: Mapped[int] = mapped_column(primary_key=True)
        thing_id: Mapped[int] = mapped_column(ForeignKey("things.id"))
        things = relationship("Thing", uselist=True, collection_class=object)

    with pytest.raises(exc.ArgumentError, match=r"@collection\.appender"):
        Base.registry.configure()
    Base.registry.ordered_mappers.pop().dispose()
    Base.registry.class_registry.discard(Wrong)


def test_keyfunc_mapping_and_plain_dict():
    made = keyfunc_mapping(lambda item: item.upper())()
    assert made == {}
    assert made.keyfunc("a") == "A"


def test_pickle_of_a_collection_alone():
    owner = Owner(things={Thing()})
    copy = pickle.loads(pickle.dumps(owner.things))
    assert len(copy) == 1


def test_members_of_a_keyed_dictionary_come_and_go_without_their_key():
    made = keyfunc_mapping(lambda item: item[0])()
    first, other = ["a", 1], ["a", 2]
    made.set(first)
    assert made == {"a": first}
    with pytest.raises(exc.InvalidRequestError, match="its key is 'a' now"):
        made.remove(other)
    made.remove(first)
    assert made == {}
