"""Dataclasses, composites, synonyms, validators, imperative mapping, events."""

from __future__ import annotations

import dataclasses
import inspect as python_inspect
import pickle
from typing import Optional

import pytest

import orm
from orm import event, exc
from orm.inspection import inspect
from orm.mapping import (
    DeclarativeBase,
    Mapped,
    MappedAsDataclass,
    Mapper,
    aliased,
    class_mapper,
    clear_mappers,
    column_property,
    composite,
    has_inherited_table,
    mapped_as_dataclass,
    mapped_column,
    object_mapper,
    reconstructor,
    registry,
    relationship,
    synonym,
    validates,
)
from orm.schema import Column, ForeignKey, MetaData, Table
from orm.types import Integer, String


@pytest.fixture
def Base():
    class Base(DeclarativeBase):
        pass

    return Base


def test_dataclasses():
    class Base(MappedAsDataclass, DeclarativeBase):
        pass

    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(init=False, primary_key=True)
        name: Mapped[str]
        nick: Mapped[Optional[str]] = mapped_column(default=None)
        level: Mapped[int] = mapped_column(default=3, repr=False)
        posts: Mapped[list["Post"]] = relationship(
            default_factory=list, back_populates="user", repr=False
        )

    class Post(Base):
        __tablename__ = "posts"
        id: Mapped[int] = mapped_column(init=False, primary_key=True)
        user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), init=False)
        user: Mapped[Optional[User]] = relationship(back_populates="posts", default=None)

    user = User("x", posts=[Post()])
    assert (user.name, user.nick, user.level) == ("x", None, 3)
    assert user.posts[0].user is user
    assert dataclasses.is_dataclass(User)
    assert repr(User("y")).endswith("User(id=None, name='y', nick=None)")
    with pytest.raises(TypeError):
        User()
    assert User.__table__.c.name.nullable is False


def test_dataclass_mixin_kw_only():
    class Base(DeclarativeBase):
        pass

    class Named(MappedAsDataclass):
        name: Mapped[str] = mapped_column(default="n")

    class User(Named, MappedAsDataclass, Base, kw_only=True):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)

    assert User(id=1).name == "n"
    with pytest.raises(TypeError):
        User(1)


def test_mapped_as_dataclass_decorator():
    reg = registry()

    @reg.mapped_as_dataclass(unsafe_hash=True)
    class User:
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True, init=False)
        name: Mapped[str] = mapped_column(default="z")

    assert User().name == "z"
    assert isinstance(hash(User("a")), int)


@dataclasses.dataclass
class Point:
    x: int
    y: int


def test_composite(Base):
    class Vertex(Base):
        __tablename__ = "vertices"
        id: Mapped[int] = mapped_column(primary_key=True)
        start: Mapped[Point] = composite(mapped_column("x1"), mapped_column("y1"))
        x2: Mapped[int]
        y2: Mapped[int]
        end = composite(Point, "x2", "y2")

    assert set(Vertex.__table__.c.keys()) == {"id", "x1", "y1", "x2", "y2"}
    vertex = Vertex(start=Point(1, 2), end=Point(3, 4))
    assert (vertex.x1, vertex.y1, vertex.x2, vertex.y2) == (1, 2, 3, 4)
    assert vertex.start == Point(1, 2)
    vertex.x2 = 9
    assert vertex.end == Point(9, 4)
    vertex.end = None
    assert vertex.y2 is None
    assert vertex.end is None
    assert len(list(Vertex.start == Point(1, 2))) == 2


def test_synonym(Base):
    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        label = synonym("name")

    user = User(label="x")
    assert user.name == "x"
    user.label = "y"
    assert user.name == "y"
    assert User.label is User.name
    assert inspect(User).synonyms.keys() == {"label"}


def test_validators(Base):
    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        posts: Mapped[list["Post"]] = relationship(back_populates="user")

        @validates("name")
        def check(self, key, value):
            if "@" not in value:
                raise ValueError(key)
            return value.lower()

        @validates("posts", include_removes=True)
        def check_post(self, key, post, is_remove):
            self.__dict__.setdefault("seen", []).append(is_remove)
            return post

    class Post(Base):
        __tablename__ = "posts"
        id: Mapped[int] = mapped_column(primary_key=True)
        user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
        user: Mapped[User] = relationship(back_populates="posts")

    assert User(name="A@B").name == "a@b"
    with pytest.raises(ValueError, match="name"):
        User(name="x")
    user, post = User(), Post()
    user.posts.append(post)
    user.posts.remove(post)
    assert user.seen == [False, True]


def test_imperative():
    reg = registry(metadata=MetaData())
    users = Table(
        "users", reg.metadata, Column("id", Integer, primary_key=True), Column("name", String)
    )
    posts = Table(
        "posts",
        reg.metadata,
        Column("id", Integer, primary_key=True),
        Column("user_id", ForeignKey("users.id")),
    )

    class User:
        def __init__(self, name):
            self.name = name

        def shout(self):
            return self.name.upper()

    class Post:
        pass

    mapper = reg.map_imperatively(
        User,
        users,
        properties={"label": users.c.name, "posts": relationship(Post, backref="user")},
    )
    reg.map_imperatively(Post, posts)
    with pytest.raises(exc.ArgumentError, match="mapped already"):
        reg.map_imperatively(Post, posts)
    user, post = User("x"), Post()
    user.posts.append(post)
    assert post.user is user
    assert user.shout() == "X"
    assert list(mapper.column_attrs.keys()) == ["label", "id"]
    reg.dispose()
    assert inspect(User, raiseerr=False) is None
    assert User("y").__dict__ == {"name": "y"}


def test_mapping_over_a_join():
    reg = registry()
    a = Table("a", reg.metadata, Column("id", Integer, primary_key=True), Column("x", Integer))
    b = Table(
        "b", reg.metadata, Column("bid", ForeignKey("a.id"), primary_key=True), Column("y", Integer)
    )

    class AB:
        pass

    mapper = reg.map_imperatively(AB, a.join(b), properties={"id": [a.c.id, b.c.bid]})
    assert mapper.tables == (a, b)
    assert mapper.primary_key == (a.c.id,)
    assert list(mapper.column_attrs.keys()) == ["id", "x", "y"]


def test_mapping_over_a_subquery(Base):
    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)

    from orm.sql import select

    class Wrapped(Base):
        __table__ = select(User.__table__.c.id).subquery("wrapped")
        __mapper_args__ = {"primary_key": [__table__.c.id]}

    assert inspect(Wrapped).tables == ()
    assert inspect(Wrapped).pk_keys == ("id",)


def test_mapper_functions(Base):
    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        upper: Mapped[str] = column_property(Column("other", String) + "!")

    assert class_mapper(User) is inspect(User) is object_mapper(User())
    with pytest.raises(exc.UnmappedClassError):
        class_mapper(int)
    with pytest.raises(exc.UnmappedInstanceError):
        object_mapper(3)
    mapper = inspect(User)
    with pytest.raises(exc.InvalidRequestError, match="no mapped attribute 'x'"):
        mapper.get_property("x")
    assert mapper.get_property_by_column(User.__table__.c.name).key == "name"
    assert mapper.identity_key_from_instance(User(id=3)) == (User, (3,), None)
    assert mapper.identity_key_from_primary_key([4]) == (User, (4,), None)
    assert mapper.ident_from_values([4]) == 4
    assert str(User.name) == "User.name"


def test_aliased_is_no_class(Base):
    with pytest.raises(exc.ArgumentError, match="takes a mapped class"):
        aliased(int)


def test_events(Base):
    heard = []

    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]

    def on_set(target, value, old, initiator):
        heard.append((value, old))
        return value + "!"

    event.listen(User.name, "set", on_set, retval=True)
    event.listen(User, "init", lambda target, args, kwargs: heard.append(kwargs.copy()))
    event.listen(Mapper, "mapper_configured", lambda m, c: heard.append(c.__name__), once=True)
    user = User(name="x")
    assert user.name == "x!"
    assert heard[-1][0] == "x"
    assert {"name": "x"} in heard
    event.remove(User.name, "set", on_set)
    user.name = "plain"
    assert user.name == "plain"


def test_events_propagate_to_classes_mapped_later(Base):
    heard = []
    event.listen(Base, "init", lambda t, a, k: heard.append(type(t).__name__), propagate=True)
    event.listen(Base, "before_insert", lambda m, c, t: heard.append("insert"), propagate=True)

    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)

    User()
    assert heard == ["User"]
    assert len(inspect(User).dispatch.before_insert) == 1


def test_reconstructor_runs_on_load_only(Base):
    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)

        @reconstructor
        def rebuild(self):
            self.ready = True

    assert not hasattr(User(), "ready")
    obj, state = User._sa_class_manager.new_instance()
    for listener in User._sa_class_manager.dispatch.load:
        listener(state, None)
    assert obj.ready


class PickleBase(DeclarativeBase):
    pass


class Parent(PickleBase):
    __tablename__ = "parents"
    id: Mapped[int] = mapped_column(primary_key=True)
    children: Mapped[list["Child"]] = relationship(back_populates="parent")


class Child(PickleBase):
    __tablename__ = "children"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int] = mapped_column(ForeignKey("parents.id"))
    parent: Mapped[Parent] = relationship(back_populates="children")


def test_pickling_keeps_the_graph():
    parent = Parent(id=1, children=[Child(id=2)])
    copy = pickle.loads(pickle.dumps(parent))
    assert copy is not parent
    assert copy.children[0].parent is copy
    copy.children.append(Child())
    assert copy.children[1].parent is copy
    assert inspect(copy).transient


def test_clear_mappers():
    reg = registry()

    @reg.mapped
    class User:
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)

    reg.dispose()
    assert inspect(User, raiseerr=False) is None
    assert callable(clear_mappers)


def test_decorator_function_and_has_inherited_table(Base):
    reg = registry()

    @mapped_as_dataclass(reg, kw_only=True)
    class User:
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True, init=False)
        name: Mapped[str]

    assert User(name="x").name == "x"
    with pytest.raises(TypeError):
        User("x")

    class Above(Base):
        __tablename__ = "above"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Below(Above):
        pass

    assert has_inherited_table(Below)
    assert not has_inherited_table(Above)


def test_unmapped_dataclass_gives_its_fields_to_the_classes_below() -> None:
    registry_ = orm.registry()

    @orm.unmapped_dataclass(kw_only=True)
    class Stamped:
        made_by: orm.Mapped[str] = orm.mapped_column(default="me")

    @orm.mapped_as_dataclass(registry_)
    class Page(Stamped):
        __tablename__ = "page"

        id: orm.Mapped[int] = orm.mapped_column(primary_key=True, init=False)
        title: orm.Mapped[str]

    page = Page(title="x")
    assert (page.title, page.made_by) == ("x", "me")
    assert set(Page.__table__.c.keys()) == {"id", "title", "made_by"}
    assert Stamped(made_by="you").made_by == "you"
    assert list(python_inspect.signature(Page.__init__).parameters) == ["self", "made_by", "title"]


def test_a_dataclass_without_init_takes_keywords() -> None:
    registry_ = orm.registry()

    @registry_.mapped_as_dataclass(init=False)
    class Plain:
        __tablename__ = "plain"

        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        text: orm.Mapped[str | None]
        count: orm.Mapped[int] = orm.mapped_column(default=7)
        tags: orm.Mapped[list[str]] = orm.mapped_column(orm.JSON, default_factory=list)

    made = Plain(text="x")
    assert (made.text, made.count, made.tags) == ("x", 7, [])
    assert Plain(count=1).count == 1
    assert repr(Plain(id=1, text="x")).endswith("Plain(id=1, text='x', count=7, tags=[])")


def test_attributes_without_annotation_are_no_fields() -> None:
    registry_ = orm.registry()

    @registry_.mapped_as_dataclass
    class Partly:
        __tablename__ = "partly"

        id: orm.Mapped[int] = orm.mapped_column(primary_key=True, init=False)
        _: dataclasses.KW_ONLY
        name: orm.Mapped[str]
        hidden = orm.mapped_column(orm.Integer)

    assert [field.name for field in dataclasses.fields(Partly)] == ["id", "name"]
    with pytest.raises(TypeError):
        Partly("x")
    assert Partly(name="x").hidden is None


def test_a_base_with_init_false_sets_defaults_too() -> None:
    class Base(MappedAsDataclass, DeclarativeBase, init=False):
        pass

    class Leaf(Base):
        __tablename__ = "leaf"

        id: Mapped[int] = mapped_column(primary_key=True)
        count: Mapped[int] = mapped_column(default=7)

    assert Leaf(id=1).count == 7
