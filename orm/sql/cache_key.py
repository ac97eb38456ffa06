"""Structural keys of statements: equal keys mean that one compiled form serves both.

A key is a nested tuple of classes, names, type keys and schema objects; it never holds a bound value. Three things are gathered while
the tree is walked: the key, the bind parameters in order, and the objects whose *identity* within the statement matters
(aliases, subqueries, CTEs: two references to one alias are not references to two). Such an object adds only its position in the list
of those seen; its own structure is keyed once, after the main tree. In the same way the sharing of bind objects is a part of
the key: a bind that occurs twice must stay one parameter.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

StatementKey = tuple[Hashable | None, tuple[Any, ...]]

NO_KEY: StatementKey = (None, ())


class NotCacheable(Exception):
    """Raised while a key is built of an element that has none."""


def statement_key(element: Any) -> StatementKey:
    """Return (key, binds) of a statement or any element, computed once and remembered on it.

    key: None if the element cannot be cached; binds: the BindParameter objects in the order in which
    `Compiled.make_args` expects them.
    """
    memo = element.__dict__.get("_key_memo")
    if memo is None:
        memo = element._key_memo = make_key(element)
    return memo  # type: ignore[no-any-return]


def make_key(element: Any) -> StatementKey:
    """Compute (key, binds) of an element; see `statement_key`."""
    binds: list[Any] = []
    shared: list[Any] = []
    try:
        key = element._build_key(binds, shared)
        if shared:
            key = _add_shared(key, binds, shared)
    except NotCacheable:
        return NO_KEY
    if len(set(binds)) != len(binds):
        key = (key, _sharing_pattern(binds))
    return key, tuple(binds)


def _add_shared(key: Hashable, binds: list[Any], shared: list[Any]) -> Hashable:
    """Add the structure of each shared object, once, and where each is referred to."""
    parts: list[Hashable] = [key]
    seen: dict[int, int] = {}
    pattern: list[int] = []
    # The list grows while it is read: a subquery's structure refers to further aliases.
    for item in shared:
        number = seen.get(id(item))
        if number is None:
            number = seen[id(item)] = len(seen)
            parts.append(item._build_shared_key(binds, shared))
        pattern.append(number)
    return (*parts, tuple(pattern))


def _sharing_pattern(binds: list[Any]) -> tuple[int, ...]:
    first: dict[int, int] = {}
    return tuple(first.setdefault(id(bind), index) for index, bind in enumerate(binds))


def option_key(option: Any, binds: list[Any], shared: list[Any]) -> Hashable:
    """The part of a statement's key that an option (`stmt.options(...)`) adds.

    An option has `cache_key()` returning (key, binds), or (key, binds, shared objects); key None or no such method means that the
    statement cannot be cached.
    """
    method = getattr(option, "cache_key", None)
    parts: tuple[Any, ...] = method() if method is not None else NO_KEY
    if parts[0] is None:
        raise NotCacheable
    binds.extend(parts[1])
    if len(parts) > 2:
        shared.extend(parts[2])
    return parts[0]  # type: ignore[no-any-return]
