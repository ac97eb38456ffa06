"""Association proxies: on objects, and in statements."""

from __future__ import annotations

from typing import Any

import pytest

from orm import (
    Column,
    DeclarativeBase,
    ForeignKey,
    Mapped,
    Session,
    Table,
    attribute_keyed_dict,
    create_engine,
    exc,
    mapped_column,
    relationship,
    select,
)
from orm.ext.associationproxy import AssociationProxy, association_proxy


class Base(DeclarativeBase):
    pass


user_tag = Table(
    "user_tag",
    Base.metadata,
    Column("user_id", ForeignKey("users.id"), primary_key=True),
    Column("tag_id", ForeignKey("tag.id"), primary_key=True),
)


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="")
    kw: Mapped[list[Tag]] = relationship(secondary=user_tag)
    tags: AssociationProxy[list[str]] = association_proxy(
        "kw", "word", creator=lambda w: Tag(word=w)
    )
    settings: Mapped[dict[str, Setting]] = relationship(
        collection_class=attribute_keyed_dict("key"), cascade="all, delete-orphan"
    )
    options: AssociationProxy[dict[str, str]] = association_proxy(
        "settings", "value", creator=lambda key, value: Setting(key=key, value=value)
    )
    marks: Mapped[set[Mark]] = relationship(back_populates="user", cascade="all, delete-orphan")
    numbers: AssociationProxy[set[int]] = association_proxy(
        "marks", "number", creator=lambda number: Mark(number=number)
    )


class Tag(Base):
    __tablename__ = "tag"

    id: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str]


class Setting(Base):
    __tablename__ = "setting"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    key: Mapped[str]
    value: Mapped[str]


class Mark(Base):
    __tablename__ = "mark"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    number: Mapped[int]
    user: Mapped[User | None] = relationship(back_populates="marks")
    user_name: AssociationProxy[str] = association_proxy(
        "user", "name", creator=lambda name: User(name=name)
    )
    user_tags: AssociationProxy[Any] = association_proxy("user", "tags")


@pytest.fixture
def session() -> Any:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session


def test_list_behaves_as_a_list_of_values() -> None:
    user = User(tags=["a", "b"])
    user.tags.append("c")
    user.tags.insert(0, "z")
    user.tags += ["d"]
    assert user.tags == ["z", "a", "b", "c", "d"]
    assert [tag.word for tag in user.kw] == list(user.tags)
    user.tags.remove("a")
    assert user.tags.pop() == "d"
    user.tags[0] = "y"
    user.tags[1:] = ["k", "l"]
    assert (user.tags[:2], "k" in user.tags, len(user.tags)) == (["y", "k"], True, 3)
    del user.tags[0]
    assert user.tags + ["x"] == ["k", "l", "x"]
    assert user.tags < ["m"]
    user.tags.clear()
    assert not user.tags
    with pytest.raises(ValueError, match="not in list"):
        user.tags.remove("a")


def test_set_keeps_the_objects_which_stay() -> None:
    user = User(numbers={1, 2})
    kept = next(mark for mark in user.marks if mark.number == 2)
    user.numbers = {2, 3}
    assert kept in user.marks
    user.numbers.add(3)
    user.numbers |= {4}
    user.numbers -= {2}
    assert user.numbers == {3, 4}
    user.numbers.discard(9)
    with pytest.raises(KeyError):
        user.numbers.remove(9)
    assert user.numbers.union({5}) == {3, 4, 5}


def test_dict_goes_by_the_keys_of_the_collection() -> None:
    user = User(options={"color": "red"})
    user.options["size"] = "xl"
    former = user.settings["color"]
    user.options["color"] = "blue"
    assert user.settings["color"] is former
    assert user.options == {"color": "blue", "size": "xl"}
    assert user.options.pop("size") == "xl"
    assert user.options.get("size") is None
    user.options = {"weight": "1"}
    assert dict(user.options) == {"weight": "1"}


def test_scalar_creates_changes_and_deletes() -> None:
    mark = Mark(number=1)
    assert mark.user_name is None
    mark.user_name = "ann"
    made = mark.user
    mark.user_name = "bob"
    assert mark.user is made
    assert made is not None
    assert made.name == "bob"
    assert Mark(number=2, user_name=None).user is None


def test_storage(session: Any) -> None:
    session.add(User(tags=["a"], options={"k": "v"}, numbers={1}))
    session.commit()
    user = session.scalars(select(User)).one()
    assert (list(user.tags), dict(user.options), set(user.numbers)) == (["a"], {"k": "v"}, {1})


def test_statements(session: Any) -> None:
    session.add_all([User(name="ann", tags=["a", "b"], numbers={1}), User(name="bob", tags=["b"])])
    session.commit()

    def names(condition: Any) -> list[str]:
        return list(session.scalars(select(User.name).where(condition).order_by(User.name)))

    assert names(User.tags.contains("b")) == ["ann", "bob"]
    assert names(User.tags == "a") == ["ann"]
    assert names(User.tags.any(Tag.word.like("a%"))) == ["ann"]
    assert names(~User.tags.any()) == []
    assert names(User.numbers > 0) == ["ann"]
    marks = select(Mark.number)
    assert session.scalars(marks.where(Mark.user_name == "ann")).all() == [1]
    assert session.scalars(marks.where(Mark.user_name.has())).all() == [1]
    assert session.scalars(marks.where(Mark.user_tags.contains("a"))).all() == [1]
    assert session.scalars(marks.where(Mark.user_name == None)).all() == []  # noqa: E711


def test_wrong_question() -> None:
    with pytest.raises(exc.InvalidRequestError, match="use any"):
        User.tags.has()
    with pytest.raises(exc.InvalidRequestError, match="use has"):
        Mark.user_name.any()


def test_a_proxy_of_no_relationship_says_so() -> None:
    class Other(Base):
        __tablename__ = "other"

        id: Mapped[int] = mapped_column(primary_key=True)
        wrong: AssociationProxy[Any] = association_proxy("id", "x")

    with pytest.raises(NotImplementedError, match="'id' is no relationship of Other"):
        _ = Other().wrong
