"""Conditions of classes in the SELECTs within statements that write, and in those of a connection."""

from __future__ import annotations

from typing import Any

import pytest

from orm import (
    DeclarativeBase,
    Mapped,
    Session,
    String,
    delete,
    func,
    insert,
    mapped_column,
    select,
    update,
    with_loader_criteria,
)


class Base(DeclarativeBase):
    pass


class Person(Base):
    __tablename__ = "persons_of_kinds"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(20))
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}


class Boss(Person):
    __mapper_args__ = {"polymorphic_identity": "boss"}


class Note(Base):
    __tablename__ = "notes_of_persons"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    person_id: Mapped[int]
    text: Mapped[str | None] = mapped_column(String(20))


@pytest.fixture
def session(engine: Any) -> Any:
    Base.metadata.create_all(engine)
    with Session(engine) as made:
        made.add_all([Person(id=1), Boss(id=2), Boss(id=3)])
        made.add_all(Note(id=i, person_id=i) for i in (1, 2, 3))
        made.commit()
        yield made


def texts(session: Session) -> list[Any]:
    return list(session.execute(select(Note.id, Note.text).order_by(Note.id)).all())


@pytest.mark.parametrize("mode", ["auto", "fetch", False])
def test_updates_and_deletes_by_subclasses_that_share_a_table(session: Session, mode: Any) -> None:
    how = {"synchronize_session": mode}
    bosses = select(Boss.id)
    condition = Note.person_id.in_(bosses)
    notes = session.scalars(select(Note).order_by(Note.id)).all()
    session.execute(update(Note).where(condition).values(text="b"), execution_options=how)
    if mode:
        assert [note.text for note in notes] == [None, "b", "b"]
    assert texts(session) == [(1, None), (2, "b"), (3, "b")]
    session.execute(delete(Note).where(condition), execution_options=how)
    assert texts(session) == [(1, None)]


def test_statements_over_tables_that_select_from_subclasses(session: Session) -> None:
    notes = Note.__table__
    session.execute(update(notes).where(notes.c.person_id.in_(select(Boss.id))).values(text="b"))
    assert texts(session) == [(1, None), (2, "b"), (3, "b")]
    number = select(func.count(Boss.id)).scalar_subquery()
    connection = session.connection()
    connection.execute(insert(notes).from_select(["id", "person_id"], select(Boss.id + 10, number)))
    rows = connection.execute(select(notes.c.id, notes.c.person_id).where(notes.c.id > 10))
    assert sorted(rows) == [(12, 2), (13, 2)]
    assert sorted(connection.execute(select(Boss.id))) == [(2,), (3,)]


def test_options_reach_the_selects_within(session: Session) -> None:
    only = with_loader_criteria(Person, Person.id != 3)
    picked = select(Boss.id).subquery()
    change = update(Note).where(Note.person_id.in_(select(picked.c.id))).values(text="x")
    session.execute(change.options(only), execution_options={"synchronize_session": False})
    assert texts(session) == [(1, None), (2, "x"), (3, None)]
    copied = insert(Note).from_select(["id", "person_id"], select(Person.id + 10, Person.id))
    session.execute(copied.options(only))
    assert [row.id for row in texts(session)] == [1, 2, 3, 11, 12]
    removed = delete(Note).where(Note.person_id.in_(select(Person.id)))
    session.execute(removed.options(only), execution_options={"synchronize_session": "fetch"})
    assert texts(session) == [(3, None)]


def test_the_option_of_the_class_written_to(session: Session) -> None:
    only = with_loader_criteria(Note, Note.id > 1)
    result = session.execute(update(Note).values(text="y").options(only))
    assert result.rowcount == 2
    assert session.execute(delete(Note).options(only)).rowcount == 2


def test_columns_that_are_replaced_leave_the_conditions_of_their_class(session: Session) -> None:
    number = select(Boss.id).with_only_columns(func.count(), maintain_column_froms=True)
    assert session.scalar(number) == 2
    froms = select(Boss.id).columns_clause_froms
    assert session.scalar(select(func.count()).select_from(*froms)) == 2
    assert not session.query(session.query(Boss.id).filter(Boss.id == 1).exists()).scalar()
    only = with_loader_criteria(Boss, Boss.id == 3)
    assert session.scalar(number.options(only)) == 1
