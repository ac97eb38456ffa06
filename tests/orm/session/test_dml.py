"""insert, update and delete of mapped classes through Session.execute()."""

from __future__ import annotations

from typing import Any

import pytest

from orm import (
    JSON,
    Bundle,
    DeclarativeBase,
    Engine,
    Mapped,
    Session,
    aliased,
    bindparam,
    delete,
    event,
    exc,
    func,
    insert,
    inspect,
    literal_column,
    mapped_column,
    merge_frozen_result,
    select,
    text,
    update,
)
from orm.dialects import sqlite


def test_returning_a_bundle(filled: Session, m: Any) -> None:
    pair = Bundle("pair", m.User.id, m.User.name)
    found = filled.execute(update(m.User).where(m.User.id == 1).values(name="x").returning(pair))
    assert [(row.pair.id, row.pair.name) for row in found] == [(1, "x")]


@pytest.mark.parametrize("star", ["*", text("*"), literal_column("*")])
def test_a_star_stands_alone(filled: Session, m: Any, star: Any) -> None:
    statement = update(m.User).where(m.User.id == 1).values(name="x").returning(star)
    assert filled.execute(statement).all() == [(1, "x")]
    for elements in ((star, m.User), (m.User.id, star), (star, star)):
        with pytest.raises(exc.CompileError, match="beside other columns"):
            filled.execute(delete(m.User).returning(*elements))
        with pytest.raises(exc.CompileError, match="beside other columns"):
            filled.execute(select(*elements).select_from(m.User))


def test_returned_objects_are_those_of_the_session(filled: Session, m: Any) -> None:
    user = filled.get(m.User, 1)
    statement = update(m.User).where(m.User.id < 3).values(name=m.User.name + "!")
    found = filled.scalars(statement.returning(m.User)).all()
    assert found[0] is user
    assert [each.name for each in found] == ["a!", "b!"]


def test_delete_takes_no_list_of_parameters(filled: Session, m: Any) -> None:
    with pytest.raises(exc.InvalidRequestError, match=r"User\.id\.in_"):
        filled.execute(delete(m.User), [{"id": 1}, {"id": 2}])
    assert len(filled.scalars(select(m.User)).all()) == 4


def test_update_by_criteria_many_times(filled: Session, m: Any) -> None:
    statement = update(m.User).where(m.User.name == bindparam("old")).values(name=bindparam("new"))
    rows = [{"old": "a", "new": "x"}, {"old": "b", "new": "y"}]
    with pytest.raises(exc.InvalidRequestError, match="synchronize_session=None"):
        filled.execute(statement, rows)
    filled.execute(statement, rows, execution_options={"synchronize_session": None})
    names = filled.scalars(select(m.User.name).order_by(m.User.id)).all()
    assert names == ["x", "y", "c", "d"]


def test_query_over_a_table(filled: Session, m: Any) -> None:
    users = m.User.__table__
    assert filled.query(users).filter(users.c.id == 1).update({"name": "x"}) == 1
    assert filled.query(users).filter(users.c.name == "x").count() == 1
    with pytest.raises(exc.ArgumentError, match="mapped class or a table"):
        filled.query(users.c.name == "x").delete()


def test_deleted_objects_of_a_returning_delete(filled: Session, m: Any) -> None:
    user = filled.get(m.User, 4)
    filled.execute(delete(m.Post))
    ids = filled.scalars(delete(m.User).where(m.User.id == 4).returning(m.User.id)).all()
    assert ids == [4]
    assert inspect(user).deleted


def test_bulk_events_have_their_context(filled: Session, m: Any) -> None:
    seen: list[Any] = []
    event.listen(filled, "after_bulk_update", seen.append)
    event.listen(filled, "after_bulk_delete", seen.append)
    filled.execute(update(m.User).where(m.User.id < 3).values(name=m.User.name + "!"))
    query = filled.query(m.User).filter(m.User.id == 3)
    query.update({"name": "x"})
    filled.query(m.Post).delete()
    first, second, third = seen
    assert (first.session, first.mapper, first.query) == (filled, inspect(m.User), None)
    assert (first.rowcount, list(first.values)) == (2, ["name"])
    assert (second.query, second.values, second.result.rowcount) == (query, {"name": "x"}, 1)
    assert (third.mapper, third.rowcount) == (inspect(m.Post), 4)


def test_an_upsert_returns_the_objects_of_the_session(filled: Session, m: Any) -> None:
    user = filled.get(m.User, 1)
    statement = sqlite.insert(m.User).values([{"id": 1, "name": "x"}, {"id": 9, "name": "y"}])
    statement = statement.on_conflict_do_update(
        index_elements=["id"], set_={"name": statement.excluded.name}
    ).returning(m.User)
    found = filled.scalars(statement, execution_options={"populate_existing": True}).all()
    assert found[0] is user
    assert [each.name for each in found] == ["x", "y"]
    assert filled.get(m.User, 9) is found[1]


def test_an_alias_may_be_written_to(filled: Session, m: Any) -> None:
    user, gone = filled.get_one(m.User, 1), filled.get_one(m.User, 4)
    other = aliased(m.User)
    filled.execute(update(other).where(other.id == 1).values(name="x"))
    assert user.name == "x"
    filled.execute(delete(m.Post))
    filled.execute(delete(other).where(other.name == "d"))
    assert inspect(gone).deleted


@pytest.mark.parametrize("mode", [None, False])
def test_rows_by_key_without_the_objects(filled: Session, m: Any, mode: Any) -> None:
    user = filled.get_one(m.User, 1)
    options = {"synchronize_session": mode}
    filled.execute(update(m.User), [{"id": 1, "name": "x"}], execution_options=options)
    assert user.name == "a"
    filled.refresh(user)
    assert user.name == "x"
    filled.execute(update(m.User), [{"id": 1, "name": "y"}])
    assert user.name == "y"
    options = {"synchronize_session": "fetch"}
    with pytest.raises(exc.InvalidRequestError, match="'fetch'"):
        filled.execute(update(m.User), [{"id": 1, "name": "z"}], execution_options=options)


def test_many_rows_that_return_objects_go_together(filled: Session, m: Any) -> None:
    sent: list[str] = []
    event.listen(filled.get_bind(), "before_cursor_execute", lambda *args: sent.append(args[2]))
    told: list[Any] = []
    event.listen(filled.get_bind(), "before_execute", lambda *args: told.append(args[2]))
    rows = [{"id": 100 + n, "name": f"n{n}"} for n in range(1100)]
    statement = insert(m.User).returning(m.User)
    found = filled.scalars(statement, rows).all()
    assert sorted(user.name for user in found) == sorted(row["name"] for row in rows)
    assert [sql.count("(?, ?)") for sql in sent] == [500, 500, 100]
    assert [len(rows) for rows in told] == [500, 500, 100]
    # the plan is that of one row, whatever their number
    size = len(filled.connection().plans)
    filled.scalars(statement, [{"id": 3000 + n, "name": f"m{n}"} for n in range(7)]).all()
    assert len(filled.connection().plans) == size

    # a value may be SQL: such rows are written out
    mixed = [{"id": 5000, "name": func.upper("sql")}, {"id": 5001, "name": "plain"}]
    assert sorted(filled.scalars(insert(m.User).returning(m.User.name), mixed)) == ["SQL", "plain"]


def test_none_is_left_to_the_default_of_a_column(sqlite_engine: Engine) -> None:
    class Base(DeclarativeBase):
        pass

    class Item(Base):
        __tablename__ = "item"
        id: Mapped[int] = mapped_column(primary_key=True)
        state: Mapped[str | None] = mapped_column(default="new")
        place: Mapped[str | None] = mapped_column(server_default="shelf")
        data: Mapped[Any] = mapped_column(JSON, default=dict)
        note: Mapped[str | None]

    Base.metadata.create_all(sqlite_engine)
    columns = select(Item.state, Item.place, Item.data, Item.note).order_by(Item.id)
    nothing = {"state": None, "place": None, "data": None, "note": None}
    some = {**nothing, "state": "old"}
    with Session(sqlite_engine) as session:
        result = session.execute(insert(Item), [nothing, some])
        assert result.rowcount == 2
        # a JSON column has a value for None
        assert session.execute(columns).all() == [
            ("new", "shelf", None, None),
            ("old", "shelf", None, None),
        ]
        session.rollback()
        session.execute(insert(Item), [nothing], execution_options={"render_nulls": True})
        session.execute(insert(Item).values(**some))
        assert session.execute(columns).all() == [
            (None, None, None, None),
            ("old", None, None, None),
        ]


def test_a_frozen_result_in_another_session(filled: Session, m: Any) -> None:
    statement = select(m.User, m.User.name).order_by(m.User.id).limit(2)
    frozen = filled.execute(statement).freeze()
    with Session(filled.get_bind()) as other:
        for load in (True, False):
            found = merge_frozen_result(other, statement, frozen, load=load)().all()
            assert [(user.name, name) for user, name in found] == [("a", "a"), ("b", "b")]
            assert all(inspect(user).session is other for user, _name in found)
        whole = select(m.User).order_by(m.User.id).limit(2)
        users = filled.execute(whole).freeze()
        found = merge_frozen_result(other, whole, users)().scalars().all()
        assert found == [other.get(m.User, 1), other.get(m.User, 2)]


def test_an_update_fills_the_objects_it_returns_when_they_are_read(filled: Session, m: Any) -> None:
    user = filled.get(m.User, 1)
    filled.expire(user)
    statement = update(m.User).where(m.User.id == 1).values(name=m.User.name + "!")
    result = filled.execute(statement.returning(m.User))
    assert "name" not in user.__dict__
    sent: list[str] = []
    event.listen(filled.get_bind(), "before_cursor_execute", lambda *args: sent.append(args[2]))
    assert result.scalars().all() == [user]
    assert user.name == "a!"
    assert sent == []


def test_rows_in_the_order_of_their_parameters(filled: Session, m: Any) -> None:
    sent: list[str] = []
    event.listen(filled.get_bind(), "before_cursor_execute", lambda *args: sent.append(args[2]))
    names = [f"n{n}" for n in (3, 1, 2)]
    rows = [{"name": name} for name in names]
    objects = insert(m.User).returning(m.User, sort_by_parameter_order=True)
    assert [user.name for user in filled.scalars(objects, rows)] == names
    assert len(sent) == 3


def test_a_listener_may_change_rows_whose_objects_come_back(filled: Session, m: Any) -> None:
    @event.listens_for(filled.get_bind(), "before_execute", retval=True)
    def shout(connection: Any, statement: Any, rows: Any, values: Any, options: Any) -> Any:
        return statement, [{"name": row["name"].upper()} for row in rows], values

    statement = insert(m.User).returning(m.User)
    found = filled.scalars(statement, [{"name": "x"}, {"name": "y"}]).all()
    assert sorted(user.name for user in found) == ["X", "Y"]
