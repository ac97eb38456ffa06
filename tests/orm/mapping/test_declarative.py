"""Declarative mapping: what class bodies become."""

from __future__ import annotations

import datetime
import decimal
import enum
import uuid
from typing import Annotated, ClassVar, Literal, Optional

import pytest

import orm
from orm import exc
from orm.inspection import inspect
from orm.mapping import (
    DeclarativeBase,
    DeclarativeBaseNoMeta,
    Mapped,
    column_property,
    declarative_base,
    declared_attr,
    deferred,
    mapped_column,
    registry,
    relationship,
)
from orm.schema import Column, ForeignKey, MetaData, Table, UniqueConstraint
from orm.types import BigInteger, Enum, Integer, Numeric, String, Text

intpk = Annotated[int, mapped_column(primary_key=True)]
str50 = Annotated[str, 50]
named = Annotated[str, mapped_column(String(30), nullable=False)]


class Color(enum.Enum):
    RED = 1
    BLUE = 2


@pytest.fixture
def Base():
    class Base(DeclarativeBase):
        type_annotation_map = {str50: String(50), int: BigInteger}

    return Base


def test_types_and_nullability_come_from_annotations(Base):
    class User(Base):
        __tablename__ = "users"
        id: Mapped[intpk]
        name: Mapped[named]
        short: Mapped[str50]
        nick: Mapped[Optional[str]]
        email: Mapped[str | None]
        number: Mapped[int]
        price: Mapped[decimal.Decimal]
        at: Mapped[datetime.datetime]
        key: Mapped[uuid.UUID]
        color: Mapped[Color]
        kind: Mapped[Literal["a", "b"]]
        note: Mapped[str] = mapped_column(Text, nullable=True)
        plain: ClassVar[int] = 3

    c = User.__table__.c
    assert c.keys() == [
        "id", "name", "short", "nick", "email", "number", "price", "at", "key", "color", "kind",
        "note",
    ]  # fmt: skip
    assert c.id.primary_key
    assert not c.id.nullable
    assert (c.name.type.length, c.name.nullable) == (30, False)
    assert c.short.type.length == 50
    assert (c.nick.nullable, c.email.nullable, c.note.nullable) == (True, True, True)
    assert isinstance(c.number.type, BigInteger)
    assert isinstance(c.price.type, Numeric)
    assert isinstance(c.color.type, Enum)
    assert c.color.type.enum_class is Color
    assert c.kind.type.enums == ["a", "b"]
    assert isinstance(c.note.type, Text)
    assert User.plain == 3


def test_classic_columns_and_renamed_attributes(Base):
    class User(Base):
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)
        name = Column("user_name", String(20))
        mail: Mapped[str] = mapped_column("user_mail")

    assert User.__table__.c.keys() == ["id", "user_name", "user_mail"]
    mapper = inspect(User)
    assert list(mapper.column_attrs.keys()) == ["id", "name", "mail"]
    assert mapper.column_key[User.__table__.c.user_mail] == "mail"
    assert User(name="a", mail="b").mail == "b"


def test_declarative_base_function_and_no_meta_base():
    Base = declarative_base(metadata=MetaData(schema="s"))

    class A(Base):
        __tablename__ = "a"
        id = Column(Integer, primary_key=True)

    assert A.__table__.fullname == "s.a"

    class Plain(DeclarativeBaseNoMeta):
        pass

    class B(Plain):
        __tablename__ = "b"
        id: Mapped[int] = mapped_column(primary_key=True)

    assert inspect(B).local_table is B.__table__


def test_mixins_copy_columns_and_compute_declared_attrs(Base):
    class Stamped:
        created: Mapped[Optional[datetime.datetime]] = mapped_column(sort_order=10)

        @declared_attr.directive
        def __tablename__(cls) -> str:
            return cls.__name__.lower()

        @declared_attr
        def owner_id(cls) -> Mapped[int]:
            return mapped_column(ForeignKey("owner.id"))

        @declared_attr
        def owner(cls) -> Mapped[Owner]:
            return relationship("Owner", foreign_keys=cls.owner_id)

    class Owner(Base):
        __tablename__ = "owner"
        id: Mapped[int] = mapped_column(primary_key=True)

    class One(Stamped, Base):
        id: Mapped[int] = mapped_column(primary_key=True)

    class Two(Stamped, Base):
        id: Mapped[int] = mapped_column(primary_key=True)
        created: Mapped[str]

    Base.registry.configure()
    assert One.__table__.name == "one"
    assert One.__table__.c.keys() == ["id", "owner_id", "created"]
    assert One.__table__.c.created is not Two.__table__.c.created
    assert isinstance(Two.__table__.c.created.type, String)
    assert inspect(One).relationships.owner.mapper is inspect(Owner)
    assert Two(owner=Owner()).owner is not None


def test_relationship_on_a_mixin_says_how_to_write_it(Base):
    class Mixin:
        other = relationship("Other")

    with pytest.raises(exc.InvalidRequestError, match="@declared_attr"):

        class A(Mixin, Base):
            __tablename__ = "a"
            id: Mapped[int] = mapped_column(primary_key=True)


def test_abstract_bases(Base):
    class Middle(Base):
        __abstract__ = True
        id: Mapped[int] = mapped_column(primary_key=True)

    class A(Middle):
        __tablename__ = "a"

    class B(Middle):
        __tablename__ = "b"

    assert A.__table__.c.keys() == B.__table__.c.keys() == ["id"]
    assert inspect(Middle, raiseerr=False) is None


def test_table_given_whole(Base):
    class User(Base):
        __table__ = Table(
            "users", Base.metadata, Column("id", Integer, primary_key=True), Column("name", String)
        )
        label: Mapped[str] = column_property(__table__.c.name + "!")

    assert list(inspect(User).column_attrs.keys()) == ["name", "label", "id"] or set(
        inspect(User).column_attrs.keys()
    ) == {"id", "name", "label"}


def test_table_args_and_mapper_args(Base):
    class User(Base):
        __tablename__ = "users"
        __table_args__ = (UniqueConstraint("a", "b"), {"schema": "x", "comment": "c"})
        id: Mapped[int] = mapped_column(primary_key=True)
        a: Mapped[int]
        b: Mapped[int]
        version: Mapped[int] = mapped_column()
        __mapper_args__ = {"version_id_col": version, "eager_defaults": True}

    assert User.__table__.schema == "x"
    assert any(isinstance(each, UniqueConstraint) for each in User.__table__.constraints)
    assert inspect(User).version_id_col is User.__table__.c.version
    assert inspect(User).eager_defaults is True


def test_attributes_added_to_a_mapped_class(Base):
    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)

    User.name = mapped_column(String(5))
    User.twice = column_property(User.__table__.c.id * 2)
    assert "name" in User.__table__.c
    user = User(name="x")
    assert inspect(user).committed == {"name": orm.state.NO_VALUE}
    assert "twice" in inspect(User).column_attrs


def test_deferred_columns_are_not_expired_but_loaded_on_access(Base):
    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        a: Mapped[str] = mapped_column(deferred=True)
        b: Mapped[str] = mapped_column(deferred_group="g")
        c = deferred(Column(String), group="g")

    manager = User._sa_class_manager
    assert manager.expirable == {"id"}
    assert manager.names_of_group(manager.impls["b"]) == {"b", "c"}
    assert manager.names_of_group(manager.impls["a"]) == {"a"}


def test_registry_mapped_decorator():
    reg = registry()

    @reg.mapped
    class User:
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]

    assert User(name="x").name == "x"
    assert inspect(User).registry is reg


# -- errors: class, attribute, the line to write ---------------------------------------------


def test_no_primary_key(Base):
    with pytest.raises(
        exc.ArgumentError, match=r"User.*id: Mapped\[int\] = mapped_column\(primary"
    ):

        class User(Base):
            __tablename__ = "users"
            name: Mapped[str]


def test_no_table(Base):
    with pytest.raises(exc.InvalidRequestError, match=r'User.*__tablename__ = "user"'):

        class User(Base):
            id: Mapped[int] = mapped_column(primary_key=True)


def test_unknown_type(Base):
    class Thing:
        pass

    with pytest.raises(exc.ArgumentError, match=r"User\.thing: no SQL type is known for Thing"):

        class User(Base):
            __tablename__ = "users"
            id: Mapped[int] = mapped_column(primary_key=True)
            thing: Mapped[Thing] = mapped_column()


def test_forgotten_relationship(Base):
    with pytest.raises(exc.ArgumentError, match=r'posts: Mapped\[list\["Post"\]\] = relationship'):

        class User(Base):
            __tablename__ = "users"
            id: Mapped[int] = mapped_column(primary_key=True)
            posts: Mapped[list[Post]]  # noqa: F821


def test_annotation_without_mapped(Base):
    with pytest.raises(exc.ArgumentError, match=r"Write id: Mapped\[int\]"):

        class User(Base):
            __tablename__ = "users"
            id: int = mapped_column(primary_key=True)


def test_a_failed_class_is_left_unmapped(Base):
    with pytest.raises(exc.ArgumentError):

        class User(Base):
            __tablename__ = "users"
            name: Mapped[str]

    assert inspect(Base).registry.mappers == frozenset() if inspect(Base, False) else True
    assert Base.registry.mappers == frozenset()


def test_table_args_without_comma(Base):
    with pytest.raises(exc.ArgumentError, match="with the comma"):

        class User(Base):
            __tablename__ = "users"
            __table_args__ = UniqueConstraint("id")
            id: Mapped[int] = mapped_column(primary_key=True)


def test_columns_within_properties_get_their_names(Base) -> None:
    class Post(Base):
        __tablename__ = "post"
        id = Column(Integer, primary_key=True)
        text = deferred(Column(String(10)))
        title = column_property(Column(String(20)), active_history=True)
        other = deferred(Column("renamed", String(30)))

    class Draft(Post):
        note = deferred(Column(String(40)))

    Post.late = deferred(Column(String(50)))
    assert Post.__table__.c.keys() == ["id", "text", "title", "renamed", "note", "late"]
    names = {"id", "text", "title", "other", "late"}
    assert set(inspect(Post).column_attrs.keys()) == names
    assert set(inspect(Draft).column_attrs.keys()) == names | {"note"}
    assert Post.text.property.deferred
    assert str(orm.select(Post)) == "SELECT post.id, post.title \nFROM post"


class TestAnnotationsWithoutMapped:
    def test_a_bare_annotation_would_silently_be_no_column(self, Base):
        with pytest.raises(exc.MappedAnnotationError, match=r"Write name: Mapped\[str\]"):

            class Thing(Base):
                __tablename__ = "thing"
                id: Mapped[int] = mapped_column(primary_key=True)
                name: str

    def test_what_is_meant_to_be_no_column(self, Base):
        class Mixin:
            noted: str

        class Thing(Mixin, Base):
            __tablename__ = "thing"
            id: Mapped[int] = mapped_column(primary_key=True)
            shared: ClassVar[str]
            plain: str = "value"

        class Loose(Base):
            __tablename__ = "loose"
            __allow_unmapped__ = True
            id: Mapped[int] = mapped_column(primary_key=True)
            name: str

        assert Thing.__table__.c.keys() == Loose.__table__.c.keys() == ["id"]


def test_a_class_may_have_the_name_of_something_in_typing(Base):
    class Shelf(Base):
        __tablename__ = "shelf"
        id: Mapped[int] = mapped_column(primary_key=True)
        collections: Mapped[list["Collection"]] = relationship()  # noqa: F821

    class Collection(Base):
        __tablename__ = "collection"
        id: Mapped[int] = mapped_column(primary_key=True)
        shelf_id: Mapped[int] = mapped_column(ForeignKey("shelf.id"))

    assert Shelf.collections.property.mapper.class_ is Collection
