"""Model: table names with their inheritance rules, and reprs."""

from __future__ import annotations

from typing import Annotated, Any

import pytest

from flask_ormsession import Database, Model
from flask_ormsession.model import make_table_name
from orm import (
    DeclarativeBase,
    DeclarativeBaseNoMeta,
    ForeignKey,
    Mapped,
    MappedAsDataclass,
    MetaData,
    String,
    declarative_base,
    declared_attr,
    mapped_column,
)

intpk = Annotated[int, mapped_column(primary_key=True)]


@pytest.fixture
def base() -> Any:
    db: Any = Database()
    return db.Model


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("User", "user"),
        ("OrderLine", "order_line"),
        ("HTTPServer", "http_server"),
        ("User2Log", "user2_log"),
        ("FOO", "foo"),
        ("FooBAR", "foo_bar"),
        ("My_Model", "my_model"),
        ("already_snake", "already_snake"),
    ],
)
def test_snake_case(name: str, table: str) -> None:
    assert make_table_name(name) == table


def test_a_given_name_stays(base: Any) -> None:
    class Order(base):
        __tablename__ = "orders"
        id: Mapped[int] = mapped_column(primary_key=True)

    assert Order.__table__.name == "orders"


def test_an_abstract_base_has_no_table(base: Any) -> None:
    class Stamped(base):
        __abstract__ = True
        id: Mapped[int] = mapped_column(primary_key=True)

    class Post(Stamped):
        pass

    assert not hasattr(Stamped, "__table__")
    assert Post.__table__.name == "post"


def test_a_mixin_can_name_tables(base: Any) -> None:
    class Named:
        @declared_attr.directive
        def __tablename__(cls) -> str:  # noqa: N805
            return "t_" + cls.__name__.lower()

    class Post(Named, base):
        id: Mapped[int] = mapped_column(primary_key=True)

    assert Post.__table__.name == "t_post"


def test_a_mixin_can_bring_the_key(base: Any) -> None:
    class Keyed:
        id: Mapped[int] = mapped_column(primary_key=True)

    class Post(Keyed, base):
        pass

    assert Post.__table__.name == "post"


def test_single_table_inheritance_shares_the_table(base: Any) -> None:
    class Person(base):
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str] = mapped_column(String(10))
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}

    class Engineer(Person):
        __mapper_args__ = {"polymorphic_identity": "engineer"}

    assert Engineer.__table__ is Person.__table__


def test_joined_inheritance_has_its_own_table(base: Any) -> None:
    class Person(base):
        id: Mapped[intpk]
        kind: Mapped[str] = mapped_column(String(10))
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}

    class Engineer(Person):
        id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
        __mapper_args__ = {"polymorphic_identity": "engineer"}

    assert Engineer.__table__.name == "engineer"


def test_autonaming_can_be_switched_off() -> None:
    db: Any = Database(disable_autonaming=True)

    class Order(db.Model):
        __tablename__ = "orders"
        id: Mapped[int] = mapped_column(primary_key=True)

    assert Order.__table__.name == "orders"


def test_a_base_of_ones_own() -> None:
    class Base(Model, DeclarativeBase):
        pass

    class User(Base):
        id: Mapped[int] = mapped_column(primary_key=True)

    db = Database(model_class=Base)
    assert db.Model is Base
    assert list(db.metadata.tables) == ["user"]
    assert User(id=3).id == 3


def test_unnamed_constraints_get_names(base: Any) -> None:
    class Parent(base):
        id: Mapped[int] = mapped_column(primary_key=True)

    class Child(base):
        id: Mapped[int] = mapped_column(primary_key=True)
        parent_id: Mapped[int] = mapped_column(ForeignKey("parent.id"), unique=True)

    names = {str(constraint.name) for constraint in Child.__table__.constraints}
    assert names == {"pk_child", "fk_child_parent_id_parent", "uq_child_parent_id"}


def test_repr(small: Any) -> None:
    with small.app.app_context():
        item = small.Item(name="a")
        assert repr(item) == f"<Item (transient {id(item)})>"
        small.db.session.add(item)
        assert repr(item) == f"<Item (pending {id(item)})>"
        small.db.session.flush()
        assert repr(item) == "<Item 1>"
        small.db.session.rollback()


# -- bases of other kinds


def make_declarative() -> Any:
    class Base(DeclarativeBase):
        pass

    return Base


def make_without_metaclass() -> Any:
    class Base(DeclarativeBaseNoMeta):
        pass

    return Base


def make_dataclass() -> Any:
    class Base(MappedAsDataclass, DeclarativeBase):
        pass

    return Base


def make_dataclass_without_metaclass() -> Any:
    class Base(MappedAsDataclass, DeclarativeBaseNoMeta):
        pass

    return Base


def make_model_without_metaclass() -> Any:
    class Base(Model, DeclarativeBaseNoMeta):
        pass

    return Base


BASES = [
    make_declarative,
    make_without_metaclass,
    make_dataclass,
    make_dataclass_without_metaclass,
    make_model_without_metaclass,
    declarative_base,
]


@pytest.mark.parametrize("make", BASES)
def test_bases_of_every_kind(make: Any) -> None:
    base = make()
    db: Any = Database(model_class=base)

    class UserAccount(db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str] = mapped_column(default="ada")

    assert issubclass(UserAccount, base)
    assert UserAccount.__table__.name == "user_account"
    assert "user_account" in db.metadata.tables
    assert db.metadata is base.metadata
    assert UserAccount(id=1, name="b").name == "b"


@pytest.mark.parametrize("make", [make_declarative, make_dataclass])
def test_bind_keys_with_a_base_of_ones_own(make: Any) -> None:
    db: Any = Database(model_class=make())

    class Reading(db.Model):
        __bind_key__ = "sensors"
        id: Mapped[int] = mapped_column(primary_key=True)

    assert list(db.metadatas["sensors"].tables) == ["reading"]


def test_a_base_of_ones_own_with_other_metadata() -> None:
    metadata = MetaData(schema="shop")
    db: Any = Database(model_class=make_declarative(), metadata=metadata)

    class User(db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)

    assert db.metadata is metadata
    assert User.__table__.fullname == "shop.user"


def test_a_base_of_ones_own_without_autonaming() -> None:
    db: Any = Database(model_class=make_declarative(), disable_autonaming=True)

    class User(db.Model):
        __tablename__ = "people"
        id: Mapped[int] = mapped_column(primary_key=True)

    assert User.__table__.name == "people"
    assert "__tablename__" not in db.Model.__dict__
