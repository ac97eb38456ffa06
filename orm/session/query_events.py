"""The events of Query, by which an application changes all queries of the 1.x interface.

Targets: the class Query, or a subclass. A listener with `retval=True` returns the query to go on with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orm.event.dispatch import Dispatch, Listener, make_dispatch


def _adapt(name: str, listener: Listener, options: Mapping[str, Any]) -> Listener:
    if options.get("retval"):
        return listener

    def call(*args: Any) -> None:
        listener(*args)

    return call


QueryDispatch: type[Dispatch] = make_dispatch(
    "QueryDispatch",
    {
        "before_compile": ("query",),
        "before_compile_update": ("query", "update_context"),
        "before_compile_delete": ("query", "delete_context"),
    },
    adapt=_adapt,
)


class BulkContext:
    """What `before_compile_update` and `before_compile_delete` are told.

    values: what update() was given, a dict that listeners may change; None of a delete().
    """

    def __init__(self, query: Any, values: dict[Any, Any] | None = None) -> None:
        self.query = query
        self.session = query.session
        self.values = values

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.query!r}>"


def tell_compile(query: Any) -> Any:
    """Return the query that listeners make of this one, which they see once."""
    listeners = query.dispatch.before_compile
    if not listeners or query._told:
        return query
    query = query._copy()
    query._told = True
    for listener in listeners:
        query = _chosen(listener(query), query)
    return query


def tell_bulk(query: Any, name: str, values: Any = None) -> tuple[Any, Any]:
    """Return the query for an UPDATE or DELETE, and its values, after the listeners of `name`.

    values: a mapping, or pairs that keep their order.
    """
    listeners = getattr(query.dispatch, name)
    if not listeners:
        return query, values
    context = BulkContext(query, None if values is None else dict(values))
    for listener in listeners:
        query = _chosen(listener(query, context), query)
    if values is None or isinstance(values, Mapping):
        return query, context.values
    return query, list((context.values or {}).items())


def _chosen(returned: Any, query: Any) -> Any:
    return query if returned is None else returned
