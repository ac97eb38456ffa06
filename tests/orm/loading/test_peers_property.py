"""Peers show the same objects, values and order as single loads, with no more statements."""

from __future__ import annotations

from typing import Any

import pytest
from blog import open_blog
from hypothesis import HealthCheck, given, settings, strategies as st

from orm import Session, create_engine, select

STEPS = {
    "User": ("posts", "profile", "bio", "long_posts", "name"),
    "Post": ("author", "tags", "comments", "title"),
    "Tag": ("posts", "name"),
    "Comment": ("post", "text"),
    "Profile": ("user", "city"),
    "Node": ("children", "parent", "name"),
    "Order": ("lines", "note"),
    "Line": ("order", "item"),
}


@pytest.fixture(scope="module")
def shared() -> Any:
    made = open_blog(create_engine("sqlite://"))
    yield made
    made.engine.dispose()


def show(value: Any) -> Any:
    if isinstance(value, list):
        return [show(each) for each in value]
    state = getattr(value, "__dict__", {}).get("_sa_instance_state")
    return value if state is None else (type(value).__name__, state.ident)


def walk(session: Session, blog: Any, start: str, choices: list[tuple[int, int, str]]) -> list[Any]:
    """Read attributes in the chosen order; returns what each read showed."""
    cls = getattr(blog, start)
    found = list(session.scalars(select(cls).order_by(*cls.__table__.primary_key)))
    shown = []
    for which, attribute, action in choices:
        obj = found[which % len(found)]
        keys = STEPS[type(obj).__name__]
        value = getattr(obj, keys[attribute % len(keys)])
        shown.append(show(value))
        if action == "expire":
            session.expire(obj)
        elif action == "commit":
            session.commit()
        elif action == "follow":
            items = value if isinstance(value, list) else [value]
            found += [each for each in items if hasattr(each, "__table__")]
    return shown


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    start=st.sampled_from(sorted(STEPS)),
    choices=st.lists(
        st.tuples(
            st.integers(0, 60),
            st.integers(0, 4),
            st.sampled_from(["follow", "follow", "follow", "expire", "commit"]),
        ),
        max_size=25,
    ),
)
def test_peers_show_what_single_loads_show(shared: Any, start: str, choices: Any) -> None:
    counts = []
    results = []
    for mode in ("peers", "one"):
        shared.log.clear()
        with Session(shared.engine, lazy_loads=mode) as session:
            results.append(walk(session, shared, start, choices))
        counts.append(len(shared.log))
    assert results[0] == results[1]
    assert counts[0] <= counts[1]
