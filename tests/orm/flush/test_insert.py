"""INSERT: keys, defaults, expressions, shapes of rows."""

from __future__ import annotations

from typing import Any

import pytest

from orm import (
    BigInteger,
    ForeignKey,
    Integer,
    Session,
    String,
    create_engine,
    event,
    exc,
    func,
    mapped_column,
    select,
)


def test_generated_keys_go_to_the_right_objects(session: Session, m: Any, rows: Any) -> None:
    users = [m.User(name=f"u{i}") for i in range(300)]
    session.add_all(users)
    session.flush()
    found = dict(rows("SELECT name, id FROM users"))
    assert {user.name: user.id for user in users} == found


def test_defaults_of_client_and_server(session: Session, m: Any, log: list[str]) -> None:
    user = m.User(name="u")
    session.add(user)
    session.flush()
    assert (user.rank, user.state, user.edits) == (7, "fresh", None)
    assert log == ["INSERT users"]


def test_an_explicit_none_takes_the_default(session: Session, m: Any) -> None:
    user = m.User(name="u", rank=None, state=None)
    session.add(user)
    session.flush()
    assert (user.rank, user.state) == (7, "fresh")


def test_shapes_of_rows_are_batches_of_their_own(
    session: Session, m: Any, log: list[str], rows: Any
) -> None:
    session.add_all([m.User(name=f"a{i}") for i in range(5)])
    session.add_all([m.User(name=f"b{i}", state="given") for i in range(5)])
    session.add_all([m.User(id=100 + i, name=f"c{i}") for i in range(5)])
    session.flush()
    assert log == ["INSERT users"] * 3
    assert rows("SELECT count(*) FROM users WHERE state = 'given'") == [(5,)]
    assert rows("SELECT count(*) FROM users WHERE id >= 100") == [(5,)]


def test_a_default_function_sees_the_row(session: Session, m: Any) -> None:
    class Line(m.Base):
        __tablename__ = "line_items"
        id = mapped_column(Integer, primary_key=True)
        price = mapped_column(Integer)
        double = mapped_column(
            Integer, default=lambda context: context.get_current_parameters()["price"] * 2
        )

    m.Base.metadata.create_all(session.bind)
    line = Line(price=4)
    session.add(line)
    session.flush()
    assert line.double == 8


def test_sql_expressions_as_values(session: Session, m: Any, log: list[str]) -> None:
    users = [m.User(name="a"), m.User(name=m.func.lower("XX")), m.User(name="b")]
    session.add_all(users)
    session.flush()
    assert log == ["INSERT users"] * 3
    assert [user.name for user in users] == ["a", "xx", "b"]
    assert users[1].id is not None


def test_server_defaults_beside_keys_of_our_own(session: Session, m: Any, log: list[str]) -> None:
    pairs = [m.Pair(left=i, right=-i) for i in range(20)]
    session.add_all(pairs)
    session.flush()
    assert log == ["INSERT pairs"]
    assert {pair.word for pair in pairs} == {"w"}
    assert log == ["INSERT pairs"]


def test_a_missing_key_names_the_object(session: Session, m: Any) -> None:
    session.add(m.Country(name="x"))
    with pytest.warns(exc.SAWarning, match="primary key"):
        with pytest.raises((exc.FlushError, exc.IntegrityError)):
            session.flush()


def test_a_row_of_defaults_only(session: Session, m: Any) -> None:
    class Bare(m.Base):
        __tablename__ = "bare"
        id = mapped_column(Integer, primary_key=True)

    m.Base.metadata.create_all(session.bind)
    made = [Bare(), Bare()]
    session.add_all(made)
    session.flush()
    assert [bare.id for bare in made] == [1, 2]


def test_keys_of_subclasses_under_names_of_their_own(session: Session, m: Any) -> None:
    class Person(m.Base):
        __tablename__ = "person"
        person_id = mapped_column(Integer, primary_key=True)
        kind = mapped_column(String(10))
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "p"}

    class Manager(Person):
        __tablename__ = "manager"
        manager_id = mapped_column(ForeignKey("person.person_id"), primary_key=True)
        __mapper_args__ = {"polymorphic_identity": "m"}

    class Boss(Manager):
        __tablename__ = "boss"
        boss_id = mapped_column(ForeignKey("manager.manager_id"), primary_key=True)
        __mapper_args__ = {"polymorphic_identity": "b"}

    m.Base.metadata.create_all(session.bind)
    bosses = [Boss(), Boss()]
    session.add_all(bosses)
    session.commit()
    assert [(b.person_id, b.manager_id, b.boss_id) for b in bosses] == [(1, 1, 1), (2, 2, 2)]


def test_an_expression_for_a_column_with_a_default(session: Session, m: Any) -> None:
    session.add_all([m.User(name="a", rank=func.abs(-3)), m.User(name="b", rank=None)])
    session.commit()
    assert session.scalars(select(m.User.rank).order_by(m.User.id)).all() == [3, 7]


@pytest.mark.parametrize("flag", [True, False])
def test_an_engine_without_insertmanyvalues_writes_row_by_row(m: Any, flag: bool) -> None:
    engine = create_engine("sqlite://", use_insertmanyvalues=flag)
    m.Base.metadata.create_all(engine)
    sent: list[str] = []
    with Session(engine) as session:
        users = [m.User(name=f"u{i}") for i in range(3)]
        session.add_all(users)
        event.listen(engine, "before_cursor_execute", lambda *args: sent.append(args[2]))
        session.flush()
        assert [user.id for user in users] == [1, 2, 3]
    assert len(sent) == (1 if flag else 3)
    engine.dispose()


def test_one_key_is_told_by_the_driver_and_many_are_returned(session: Session, m: Any) -> None:
    sent: list[str] = []
    event.listen(session.bind, "before_cursor_execute", lambda *args: sent.append(args[2]))
    note = m.Note(text="a")
    session.add(note)
    session.flush()
    session.add_all([m.Note(text="b"), m.Note(text="c")])
    session.flush()
    inserts = [sql for sql in sent if sql.startswith("INSERT")]
    assert ["RETURNING" in sql for sql in inserts] == [False, True]
    assert session.scalars(select(m.Note.text).where(m.Note.id == note.id)).all() == ["a"]


def test_a_row_that_the_database_skips_has_no_key(session: Session, m: Any) -> None:
    session.connection().exec_driver_sql("INSERT INTO notes (text) VALUES ('before')")
    session.connection().exec_driver_sql(
        "CREATE TRIGGER skip BEFORE INSERT ON notes BEGIN SELECT RAISE(IGNORE); END"
    )
    session.add(m.Note(text="a"))
    with pytest.raises(exc.FlushError, match="without a primary key"):
        session.flush()


def test_a_key_which_is_not_the_number_of_the_row_is_returned(session: Session, m: Any) -> None:
    class Big(m.Base):
        __tablename__ = "bigs"
        id = mapped_column(BigInteger, primary_key=True)
        name = mapped_column(String(30))

    session.connection().exec_driver_sql("CREATE TABLE bigs (id BIGINT PRIMARY KEY, name TEXT)")
    session.add(Big(name="a"))
    with pytest.raises(exc.FlushError, match="without a primary key"):
        session.flush()
