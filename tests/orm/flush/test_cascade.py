"""Which objects an operation reaches."""

from __future__ import annotations

from typing import Any

from orm import Session, inspect
from orm.flush.cascade import cascade_props, iterate_cascade


def test_relationships_by_cascade(m: Any) -> None:
    mapper = inspect(m.User)
    assert [prop.key for prop in cascade_props(mapper, "save-update")] == ["posts", "notes"]
    assert [prop.key for prop in cascade_props(mapper, "delete")] == ["notes"]
    assert cascade_props(mapper, "delete") is cascade_props(mapper, "delete")


def test_a_graph_is_walked_once(m: Any) -> None:
    tags = [m.Tag(label="t")]
    user = m.User(name="u", posts=[m.Post(title="1", tags=tags), m.Post(title="2", tags=tags)])
    reached = [obj for _state, obj in iterate_cascade("save-update", inspect(user))]
    assert reached == [*user.posts, *tags]


def test_only_delete_loads(session: Session, m: Any, log: list[str]) -> None:
    session.add(m.User(id=1, name="u", notes=[m.Note(text="n")]))
    session.commit()
    session.expunge_all()
    user = session.get_one(m.User, 1)
    log.clear()
    assert list(iterate_cascade("save-update", inspect(user))) == []
    assert log == []
    assert len(list(iterate_cascade("delete", inspect(user)))) == 1
    assert log == ["SELECT notes"]
