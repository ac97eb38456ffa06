"""The importable Model: mapped by itself, adopted by `Database()`, and still a part of other bases.

What is declared on it stays declared for the whole process, hence names that no other test has.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_ormsession import Database, Model
from flask_ormsession.shell import find_models
from orm import (
    Column,
    DeclarativeBase,
    DeclarativeBaseNoMeta,
    ForeignKey,
    Mapped,
    MappedAsDataclass,
    MetaData,
    column_property,
    declarative_base,
    exc,
    inspect,
    mapped_column,
    registry,
    relationship,
    select,
)


class ImpAuthor(Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    books: Mapped[list[ImpBook]] = relationship(back_populates="author")


class ImpBook(Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(unique=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("imp_author.id"))
    author: Mapped[ImpAuthor] = relationship(back_populates="books")


class ImpReading(Model):
    __bind_key__ = "sensors"
    id: Mapped[int] = mapped_column(primary_key=True)


class ImpKeyed(Model):
    __abstract__ = True
    id: Mapped[int] = mapped_column(primary_key=True)


class ImpTag(ImpKeyed):
    name: Mapped[str]


class ImpPoint(MappedAsDataclass, Model):
    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    x: Mapped[int]
    y: Mapped[int] = mapped_column(default=0)


def make_app(db: Any, tmp_path: Path) -> Flask:
    app = Flask("importable", instance_path=str(tmp_path), root_path=str(tmp_path))
    app.config["ORM_BINDS"] = {"sensors": "sqlite:///sensors.db"}
    app.config["ORM_ENGINE_OPTIONS"] = {"connect_args": {"timeout": 1}}
    db.init_app(app)
    return app


@pytest.fixture(params=[{}, {"model_class": Model}], ids=["adopted", "given"])
def db(request: Any, tmp_path: Path) -> Iterator[Any]:
    """A Database with the models of this module, within an app context, its tables made."""
    db = Database(**request.param)
    with make_app(db, tmp_path).app_context():
        db.create_all()
        yield db
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


def test_a_model_is_mapped() -> None:
    assert ImpAuthor.__table__.name == "imp_author"
    assert ImpTag.__table__.name == "imp_tag"
    assert not hasattr(ImpKeyed, "__table__")
    assert ImpAuthor(name="ada").name == "ada"
    assert {str(c.name) for c in ImpBook.__table__.constraints} == {
        "pk_imp_book",
        "uq_imp_book_title",
        "fk_imp_book_author_id_imp_author",
    }


def test_it_is_stored_and_found(db: Any) -> None:
    db.session.add(ImpAuthor(name="ada", books=[ImpBook(title="notes")]))
    db.session.add_all([ImpReading(id=1), ImpTag(name="t"), ImpPoint(3)])
    db.session.commit()
    assert db.session.scalars(select(ImpBook.title)).all() == ["notes"]
    assert ImpAuthor.query.filter_by(name="ada").first_or_404().books[0].title == "notes"
    assert "imp_reading" in inspect(db.engines["sensors"]).get_table_names()
    assert "imp_reading" not in inspect(db.engine).get_table_names()


def test_integrity_errors_know_its_attributes(db: Any) -> None:
    author = ImpAuthor(name="ada", books=[ImpBook(title="notes"), ImpBook(title="notes")])
    db.session.add(author)
    with pytest.raises(exc.IntegrityError) as caught:
        db.session.flush()
    assert caught.value.entity is ImpBook
    assert caught.value.attributes == ("title",)


def test_the_shell_and_migrations_see_it(db: Any) -> None:
    assert {ImpAuthor, ImpBook} <= {*find_models(db)}
    assert "imp_author" in db.metadata.tables
    assert "imp_reading" in db.metadatas["sensors"].tables
    assert db.get_metadata("sensors") is db.metadatas["sensors"]


def test_attributes_set_later_are_mapped() -> None:
    class ImpLate(Model):
        id: Mapped[int] = mapped_column(primary_key=True)

    ImpLate.double = column_property(ImpLate.id * 2)  # type: ignore[attr-defined]
    assert "double" in inspect(ImpLate).attrs


def test_db_model_can_be_it(tmp_path: Path) -> None:
    db: Any = Database(model_class=Model)
    assert db.Model is Model
    pairs = db.Table(
        "imp_pair", Column("a", ForeignKey("imp_author.id")), Column("t", ForeignKey("imp_tag.id"))
    )

    class ImpMixed(db.Model):
        id: Mapped[int] = mapped_column(ForeignKey("imp_author.id"), primary_key=True)
        author: Mapped[ImpAuthor] = relationship()

    assert pairs.metadata is ImpMixed.metadata is Model.metadata


def test_several_databases_have_models_of_their_own(tmp_path: Path) -> None:
    tables: list[Any] = []
    for _ in range(2):
        db: Any = Database()

        class Same(db.Model):
            id: Mapped[int] = mapped_column(primary_key=True)

        assert issubclass(db.Model, Model)
        assert list(db.metadata.tables) == ["same"]
        assert find_models(db) == [Same]
        tables.append(Same.__table__)
    assert tables[0] is not tables[1]


def test_a_metadata_of_ones_own_does_not_adopt() -> None:
    metadata = MetaData()
    assert Database(metadata=metadata).metadata is metadata


def test_models_of_both_kinds_are_told_apart(tmp_path: Path) -> None:
    db: Any = Database()

    class Reader(db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)

    with make_app(db, tmp_path).app_context():
        db.create_all()
        with pytest.raises(exc.OperationalError) as caught:
            db.session.scalars(select(ImpAuthor)).all()
        db.session.remove()
        db.engine.dispose()
    assert any("Database(model_class=Model)" in note for note in caught.value.__notes__)


def test_a_foreign_key_from_one_to_the_other_is_explained(tmp_path: Path) -> None:
    db: Any = Database()

    class Review(db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)
        book_id: Mapped[int] = mapped_column(ForeignKey("imp_book.id"))

    with make_app(db, tmp_path).app_context():
        with pytest.raises(exc.NoReferencedTableError) as caught:
            db.create_all()
        db.engine.dispose()
    assert any("Database(model_class=Model)" in note for note in caught.value.__notes__)


# -- it is still a part of other bases, which share nothing with it


def make_with_metaclass() -> Any:
    class Base(Model, DeclarativeBase):
        pass

    return Base


def make_without_metaclass() -> Any:
    class Base(Model, DeclarativeBaseNoMeta):
        pass

    return Base


def make_dataclasses() -> Any:
    class Base(Model, MappedAsDataclass, DeclarativeBase):
        pass

    return Base


def make_dataclasses_first() -> Any:
    class Base(MappedAsDataclass, Model, DeclarativeBase):
        pass

    return Base


def make_classic() -> Any:
    return declarative_base(cls=Model)


def make_generated() -> Any:
    return registry().generate_base(cls=Model)


OTHER_BASES = [
    make_with_metaclass,
    make_without_metaclass,
    make_dataclasses,
    make_dataclasses_first,
    make_classic,
    make_generated,
]


@pytest.mark.parametrize("make", OTHER_BASES)
def test_other_bases_are_separate(make: Any) -> None:
    base = make()

    class ImpAuthor(base):  # a name that Model knows, too
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str] = mapped_column(default="")

    assert ImpAuthor.__table__.name == "imp_author"
    assert base.metadata is not Model.metadata
    assert base.registry is not Model.registry
    assert list(base.metadata.tables) == ["imp_author"]
    assert ImpAuthor(id=1, name="a").name == "a"
    db = Database(model_class=base)
    assert db.Model is base
    assert find_models(db) == [ImpAuthor]


def test_a_base_keeps_its_metadata_and_registry() -> None:
    class Convention:
        metadata = MetaData(schema="shop")

    class Base(Model, Convention, DeclarativeBase):
        pass

    assert Base.metadata is Convention.metadata

    def construct(self: Any, **values: Any) -> None:
        self.__dict__["built"] = values

    class Other(Model, DeclarativeBase):
        registry = registry(constructor=construct)

    class Thing(Other):
        id: Mapped[int] = mapped_column(primary_key=True)

    assert Thing(id=2).built == {"id": 2}  # type: ignore[attr-defined]


def test_a_base_with_another_metaclass() -> None:
    class Meta(type):
        pass

    class Base(DeclarativeBaseNoMeta, metaclass=Meta):
        pass

    db: Any = Database(model_class=Base)

    class Thing(db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)

    assert Thing.__table__.name == "thing"
    assert isinstance(Thing, Meta)
    assert "thing" in Base.metadata.tables


@pytest.mark.parametrize("bases", [(), (Model,)], ids=["plain", "model"])
def test_a_mixin_as_model_class(bases: tuple[type, ...]) -> None:
    class Keyed(*bases):  # type: ignore[misc]
        __abstract__ = True
        id: Mapped[int] = mapped_column(primary_key=True)

    db: Any = Database(model_class=Keyed)

    class ImpMade(db.Model):
        pass

    assert ImpMade.__table__.name == "imp_made"
    assert list(ImpMade.__table__.c.keys()) == ["id"]
    assert issubclass(db.Model, Keyed)
    assert "imp_made" in db.metadata.tables


def test_a_class_without_a_key_says_what_to_write() -> None:
    with pytest.raises(exc.ArgumentError, match="ImpKeyless") as caught:

        class ImpKeyless(Model):
            name: Mapped[str]

    assert "primary_key=True" in str(caught.value)
