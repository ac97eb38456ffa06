"""Whatever options load a graph of objects along, it is the graph that lazy loads show."""

from __future__ import annotations

import os
from typing import Any

import pytest
from blog import open_blog
from hypothesis import HealthCheck, assume, given, settings, strategies as st

import orm
from orm import Session, create_engine, inspect, select

EXAMPLES = int(os.environ.get("STRATEGIES_EXAMPLES", "150"))
RELATIONSHIPS = {
    "User": ("posts", "profile"),
    "Post": ("author", "tags", "comments"),
    "Tag": ("posts",),
    "Comment": ("post",),
    "Profile": ("user",),
    "Node": ("children", "parent"),
    "Order": ("lines",),
    "Line": ("order",),
}
STRATEGIES = ("joinedload", "selectinload", "subqueryload", "immediateload", "lazyload")


@pytest.fixture(scope="module")
def shared() -> Any:
    made = open_blog(create_engine("sqlite://"))
    yield made
    made.engine.dispose()


def make_option(blog: Any, start: str, tree: Any) -> Any:
    """Return the loader option of a tree (number of a relationship, strategy, trees below)."""
    number, strategy, below = tree
    keys = RELATIONSHIPS[start]
    attribute = getattr(getattr(blog, start), keys[number % len(keys)])
    option = getattr(orm, strategy)(attribute)
    target = attribute.property.mapper.class_.__name__
    return option.options(*[make_option(blog, target, each) for each in below])


def show(obj: Any, depth: int) -> Any:
    """Return an object's identity and what its relationships hold, `depth` steps far."""
    if obj is None:
        return None
    name, identity = type(obj).__name__, inspect(obj).identity
    if depth == 0:
        return name, identity
    related = []
    for key in RELATIONSHIPS[name]:
        value = getattr(obj, key)
        is_list = isinstance(value, list)
        related.append([show(each, depth - 1) for each in (value if is_list else [value])])
    return name, identity, related


trees = st.recursive(
    st.tuples(st.integers(0, 2), st.sampled_from(STRATEGIES), st.just(())),
    lambda inner: st.tuples(
        st.integers(0, 2), st.sampled_from(STRATEGIES), st.lists(inner, max_size=2)
    ),
    max_leaves=5,
)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    start=st.sampled_from(sorted(RELATIONSHIPS)),
    options=st.lists(trees, min_size=1, max_size=3),
    limit=st.sampled_from([None, 2, 5]),
    mode=st.sampled_from(["peers", "one"]),
)
def test_every_strategy_shows_what_lazy_loads_show(
    shared: Any, start: str, options: Any, limit: Any, mode: Any
) -> None:
    cls = getattr(shared, start)
    statement = select(cls).order_by(*cls.__table__.primary_key).limit(limit)
    shown = []
    for loaded in (statement, statement.options(*[make_option(shared, start, t) for t in options])):
        with Session(shared.engine, lazy_loads=mode) as session:
            found = session.scalars(loaded).unique().all()
            shown.append([show(obj, 3) for obj in found])
    assume(shown[0])
    assert shown[1] == shown[0]
