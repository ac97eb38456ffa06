"""The order of mappers and of rows."""

from __future__ import annotations

from typing import Any

import pytest

from orm import exc, inspect
from orm.flush.plan import sort_levels, sort_mappers


def test_mappers_by_dependency_then_first_use(m: Any) -> None:
    mappers = [inspect(cls) for cls in (m.Post, m.Tag, m.Note, m.User)]
    ordered = [mapper.class_.__name__ for group, _ in sort_mappers(mappers) for mapper in group]
    assert ordered.index("User") < ordered.index("Post")
    assert ordered.index("User") < ordered.index("Note")
    again = [mapper.class_.__name__ for group, _ in sort_mappers(mappers) for mapper in group]
    assert ordered == again == ["Tag", "User", "Post", "Note"]


def test_a_self_reference_is_a_cycle(m: Any) -> None:
    assert sort_mappers([inspect(m.Node)]) == [([inspect(m.Node)], True)]
    assert sort_mappers([inspect(m.User)]) == [([inspect(m.User)], False)]


def test_levels() -> None:
    states: dict[Any, Any] = dict.fromkeys("abcde")
    edges = [("a", "b"), ("b", "c"), ("a", "d")]
    assert sort_levels(states, edges) == [["a", "e"], ["b", "d"], ["c"]]
    assert sort_levels(states, []) == [list("abcde")]
    with pytest.raises(exc.CircularDependencyError, match="post_update"):
        sort_levels(states, [*edges, ("c", "a")])
