"""Bulk work past the unit of work: rows and objects, also over several tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from orm import (
    DeclarativeBase,
    ForeignKey,
    Mapped,
    Session,
    create_engine,
    event,
    exc,
    insert,
    inspect,
    mapped_column,
    select,
    update,
)


class Base(DeclarativeBase):
    pass


class Person(Base):
    __tablename__ = "people"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]
    given: Mapped[str | None] = mapped_column(default="default")
    made: Mapped[str | None] = mapped_column(server_default="server")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}


class Tree(Base):
    __tablename__ = "trees"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    __mapper_args__ = {
        "polymorphic_on": "kind",
        "polymorphic_identity": "tree",
        "with_polymorphic": "*",
    }


class Oak(Tree):
    __tablename__ = "oaks"
    id: Mapped[int] = mapped_column(ForeignKey("trees.id"), primary_key=True)
    acorns: Mapped[int | None]
    __mapper_args__ = {"polymorphic_identity": "oak"}


class Boss(Person):
    __tablename__ = "bosses"
    id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    car: Mapped[str | None]
    __mapper_args__ = {"polymorphic_identity": "boss"}


class Sheet(Base):
    __tablename__ = "sheets"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    words: Mapped[str | None]
    version: Mapped[str] = mapped_column("v", nullable=False)
    __mapper_args__ = {
        "polymorphic_on": "kind",
        "polymorphic_identity": "sheet",
        "version_id_col": version,
        "version_id_generator": lambda before: (before or "") + "i",
    }


class Ruled(Sheet):
    __tablename__ = "ruled"
    id: Mapped[int] = mapped_column(ForeignKey("sheets.id"), primary_key=True)
    lines: Mapped[int | None]
    __mapper_args__ = {"polymorphic_identity": "ruled"}


@pytest.fixture
def db() -> Iterator[Session]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as made:
        yield made
    engine.dispose()


@pytest.fixture
def log(db: Session) -> list[str]:
    found: list[str] = []
    event.listen(db.get_bind(), "before_cursor_execute", lambda *args: found.append(args[2]))
    return found


def people(db: Session) -> list[tuple[Any, ...]]:
    query = (
        "SELECT p.id, name, kind, given, made, car FROM people p LEFT JOIN bosses b ON b.id = p.id"
    )
    return [tuple(row) for row in db.execute(query + " ORDER BY p.id")]  # type: ignore[arg-type]


def test_rows_are_inserted_in_one_statement(db: Session, log: list[str]) -> None:
    rows = [{"name": "a"}, {"name": "b", "made": "m"}, {"name": "c"}]
    db.bulk_insert_mappings(Person, rows)
    assert [each.split()[0] for each in log] == ["INSERT", "INSERT"]
    assert "RETURNING" not in log[0]
    assert rows[0] == {"name": "a"}
    assert sorted(row[1:5] for row in people(db)) == [
        ("a", "person", "default", "server"),
        ("b", "person", "default", "m"),
        ("c", "person", "default", "server"),
    ]


def test_rows_get_what_the_database_made(db: Session) -> None:
    rows: list[dict[str, Any]] = [{"name": "a", "car": "x"}]
    db.bulk_insert_mappings(Boss, rows, return_defaults=True)
    assert (rows[0]["id"], rows[0]["made"], rows[0]["kind"]) == (1, "server", "boss")
    assert people(db) == [(1, "a", "boss", "default", "server", "x")]


def test_nulls_are_written_if_wanted(db: Session) -> None:
    db.bulk_insert_mappings(Person, [{"name": "a", "made": None, "given": None}])
    db.bulk_insert_mappings(Person, [{"name": "b", "made": None, "given": None}], render_nulls=True)
    assert [row[3:5] for row in people(db)] == [("default", "server"), (None, None)]


def test_rows_are_updated_by_key(db: Session, log: list[str]) -> None:
    db.bulk_insert_mappings(Boss, [{"name": str(n), "car": "x"} for n in range(5)])
    boss = db.get(Boss, 1)
    assert boss is not None
    log.clear()
    db.bulk_update_mappings(Boss, [{"id": n, "name": "n", "car": "y"} for n in (1, 2, 3)])
    assert [each.split()[0] for each in log] == ["UPDATE", "UPDATE"]
    assert (boss.name, boss.car) == ("n", "y")
    with pytest.raises(exc.StaleDataError):
        db.bulk_update_mappings(Person, [{"id": 77, "name": "n"}])
    with pytest.raises(exc.PendingRollbackError):
        db.execute("SELECT 1")


def test_objects_are_saved(db: Session) -> None:
    new = [Person(name="a"), Boss(name="b", car="x"), Person(name="c")]
    db.bulk_save_objects(new)
    assert inspect(new[0]).transient
    assert not db.new
    assert [row[1:3] for row in people(db)] == [("a", "person"), ("b", "boss"), ("c", "person")]
    with_keys = [Person(name="d"), Boss(name="e")]
    db.bulk_save_objects(with_keys, return_defaults=True)
    assert [each.id for each in with_keys] == [4, 5]


def test_objects_with_a_row_are_updated(db: Session, log: list[str]) -> None:
    db.bulk_save_objects([Person(name=name) for name in "abc"])
    found = list(db.scalars(select(Person)))
    db.expunge_all()
    found[0].name = "x"
    found[1].name = "y"
    log.clear()
    db.bulk_save_objects(found)
    assert [each.split()[0] for each in log] == ["UPDATE"]
    assert [row[1] for row in people(db)] == ["x", "y", "c"]
    log.clear()
    db.bulk_save_objects(found, update_changed_only=False)
    assert "made=" in log[0].replace(" ", "")


def test_class_by_class_in_fewer_statements(db: Session, log: list[str]) -> None:
    db.bulk_save_objects([Person(name="a"), Boss(name="b"), Person(name="c")], preserve_order=False)
    assert len(log) == 3
    assert [row[1] for row in people(db)] == ["a", "c", "b"]


def test_insert_of_several_tables_returns_objects(db: Session) -> None:
    statement = insert(Boss).returning(Boss)
    found = db.scalars(statement, [{"name": str(n), "car": "x"} for n in range(1200)]).all()
    assert [boss.name for boss in found] == [str(n) for n in range(1200)]
    assert all(inspect(boss).persistent for boss in found)
    (row,) = db.execute(insert(Boss).values(name="v", car="c").returning(Boss.car, Person.name))
    assert tuple(row) == ("c", "v")
    (row,) = db.execute(insert(Boss).returning(Boss), [{"name": "w"}])
    assert row._mapping[Boss].name == "w"


def versions(db: Session) -> list[str]:
    return list(db.scalars("SELECT v FROM sheets ORDER BY id"))


@pytest.mark.parametrize("model", [Sheet, Ruled])
def test_inserted_rows_get_their_first_version(db: Session, model: type[Sheet]) -> None:
    db.execute(insert(model), [{"words": "a"}, {"words": "b", "version": "x"}])
    db.execute(insert(model), {"words": "c"})
    db.execute(insert(model).values(words="d"))
    db.execute(insert(model).values([{"words": "e"}]))
    (made,) = db.scalars(insert(model).returning(model), [{"words": "f"}])
    assert made.version == "i"
    assert versions(db) == ["i", "x", "i", "i", "i", "i"]
    assert set(db.scalars("SELECT kind FROM sheets")) == {made.kind} == {model.__tablename__[:5]}


@pytest.mark.parametrize("model", [Sheet, Ruled])
def test_updates_by_key_check_and_count_the_version(db: Session, model: type[Sheet]) -> None:
    sheets = [model(words="a"), model(words="b")]
    db.add_all(sheets)
    db.commit()
    assert [sheet.version for sheet in sheets] == ["i", "i"]
    db.execute(update(model), [{"id": 1, "version": "i", "words": "x"}])
    assert versions(db) == ["ii", "i"]
    assert (sheets[0].version, sheets[0].words) == ("ii", "x")
    sheets[0].words = "y"
    db.flush()
    assert versions(db) == ["iii", "i"]
    with pytest.raises(exc.StaleDataError, match="another version"):
        db.execute(update(model), [{"id": 2, "version": "i"}, {"id": 1, "version": "ii"}])
    with pytest.raises(exc.InvalidRequestError, match="lacks 'version'"):
        db.execute(update(model), [{"id": 1, "words": "z"}])
    db.rollback()
    db.bulk_update_mappings(model, [{"id": 2, "version": "i", "words": "w"}])
    assert versions(db) == ["i", "ii"]
    with db.no_autoflush:
        sheets[0].words = "saved"
        db.bulk_save_objects([sheets[0]])
    assert versions(db) == ["ii", "ii"]
    assert sheets[0].version == "ii"


def test_a_column_of_a_joined_class_counts_the_version_of_its_base(db: Session) -> None:
    db.add(Ruled(words="a"))
    db.flush()
    db.execute(update(Ruled), [{"id": 1, "version": "i", "lines": 7}])
    assert versions(db) == ["ii"]
    assert db.scalars("SELECT lines FROM ruled").all() == [7]


def test_insert_returns_objects_that_are_loaded_with_those_of_subclasses(db: Session) -> None:
    (tree,) = db.scalars(insert(Tree).returning(Tree), [{}])
    assert (tree.kind, type(tree)) == ("tree", Tree)
    (oak,) = db.scalars(insert(Oak).returning(Oak), [{"acorns": 3}])
    assert (oak.kind, oak.acorns) == ("oak", 3)
