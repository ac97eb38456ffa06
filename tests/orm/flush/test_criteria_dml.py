"""update(Model) and delete(Model) with criteria: the session's objects follow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from orm import (
    DeclarativeBase,
    Mapped,
    Session,
    create_engine,
    delete as delete_,
    exc,
    func,
    inspect,
    mapped_column,
    select,
    synonym,
    update,
    with_loader_criteria,
)


class Base(DeclarativeBase):
    pass


class Person(Base):
    __tablename__ = "people"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    age: Mapped[int | None] = mapped_column("age_column")
    years = synonym("age")
    edits: Mapped[str | None] = mapped_column(onupdate=lambda: "called")
    seen: Mapped[str | None] = mapped_column(
        onupdate=lambda context: f"{context.get_current_parameters().get('name')}!"
    )


@pytest.fixture
def db() -> Iterator[Session]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine, autoflush=False) as made:
        made.add_all([Person(id=n, name=name, age=10 * n) for n, name in enumerate("abc", 1)])
        made.commit()
        yield made
    engine.dispose()


def everybody(db: Session) -> list[Person]:
    return list(db.scalars(select(Person).order_by(Person.id)))


def test_values_made_by_onupdate_are_on_the_objects(db: Session) -> None:
    people = everybody(db)
    db.execute(update(Person).where(Person.id == 1).values(name="x"))
    assert people[0].__dict__["edits"] == "called"
    assert people[0].__dict__["seen"] == "x!"
    db.expire_all()
    assert (people[0].edits, people[0].seen, people[1].edits) == ("called", "x!", None)


def test_loader_criteria_hold_in_the_session_too(db: Session) -> None:
    people = everybody(db)
    only_old = with_loader_criteria(Person, Person.age > 15)
    db.execute(delete_(Person).options(only_old))
    assert [person in db for person in people] == [True, False, False]
    assert db.scalars(select(Person.name)).all() == ["a"]


def test_a_change_that_was_not_flushed_is_lost(db: Session) -> None:
    people = everybody(db)
    people[1].age = 500
    db.execute(update(Person).where(Person.age > 15).values(age=Person.age + 1))
    assert not db.is_modified(people[1])
    assert [person.age for person in people] == [10, 21, 31]


def test_a_synonym_names_its_attribute(db: Session) -> None:
    people = everybody(db)
    db.execute(update(Person).values({"years": 7}))
    assert [person.__dict__["age"] for person in people] == [7, 7, 7]


@pytest.mark.parametrize("mode", [None, False])
def test_without_synchronization(db: Session, mode: Any) -> None:
    people = everybody(db)
    statement = update(Person).values(age=1).execution_options(synchronize_session=mode)
    db.execute(statement)
    assert [person.age for person in people] == [10, 20, 30]
    assert db.scalars(select(Person.age)).all() == [1, 1, 1]


def test_fetch_finds_what_python_cannot_tell(db: Session) -> None:
    people = everybody(db)
    db.execute(delete_(Person).where(Person.name.like("B%")))
    assert inspect(people[1]).deleted
    assert inspect(people[0]).persistent
    with pytest.raises(exc.InvalidRequestError, match="synchronize_session='fetch'"):
        db.execute(
            delete_(Person).where(Person.name.like("B%")),
            execution_options={"synchronize_session": "evaluate"},
        )


def test_an_unknown_mode_is_refused(db: Session) -> None:
    with pytest.raises(exc.ArgumentError, match="synchronize_session='all'"):
        db.execute(delete_(Person), execution_options={"synchronize_session": "all"})


@pytest.mark.parametrize("mode", ["auto", "evaluate", "fetch"])
@pytest.mark.parametrize("known", ["loaded", "expired", "age expired", "nothing"])
@pytest.mark.parametrize("over", [False, True])
def test_an_expression_is_not_applied_to_the_rows_that_came_back(
    db: Session, mode: str, known: str, over: bool
) -> None:
    person = everybody(db)[0]
    if known == "nothing":
        db.expunge_all()
    elif known != "loaded":
        db.expire(person, None if known == "expired" else ["age"])
    statement = update(Person).where(Person.id == 1).values(age=Person.age + 1).returning(Person)
    options = {"synchronize_session": mode, "populate_existing": over}
    (found,) = db.scalars(statement, execution_options=options)
    assert (found is person) == (known != "nothing")
    assert found.__dict__["age"] == found.age == 11
    assert not inspect(found).modified


def test_what_an_update_returns_is_loaded_no_second_time(db: Session) -> None:
    person = everybody(db)[0]
    db.connection().exec_driver_sql("UPDATE people SET seen = 'other' WHERE id = 1")
    statement = update(Person).where(Person.name == "a").values(age=func.abs(-7)).returning(Person)
    (found,) = db.scalars(statement)
    assert found is person
    assert (found.__dict__["age"], found.__dict__["seen"]) == (7, "None!")


def test_objects_are_loaded_anew_when_an_update_that_returns_them_fails(db: Session) -> None:
    people = everybody(db)
    with pytest.raises(exc.IntegrityError):
        db.scalars(update(Person).values(id=7, age=0).returning(Person))
    assert [person.age for person in people] == [10, 20, 30]
