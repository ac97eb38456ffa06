"""SQL of your own: functions that render a class of elements, for all databases or for one.

    class coalesce_text(FunctionElement):
        inherit_cache = True
        name = "coalesce_text"

    @compiles(coalesce_text)
    def standard(element, compiler, **options):
        return f"coalesce({compiler.process(element.clauses, **options)})"

    @compiles(coalesce_text, "mysql")
    def mysql(element, compiler, **options):
        return f"ifnull({compiler.process(element.clauses, **options)})"

Works for elements of statements, for types and for DDL. The compiler's own form of a class of ours stays within reach as
`compiler.visit_<its __visit_name__>(element)`. The text that a function returns goes into the statement as it is: values belong
into bind parameters, `compiler.process(literal(value))`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from orm.sql.cache_key import NotCacheable

_F = TypeVar("_F", bound=Callable[..., str])


def compiles(class_: type, *dialects: str) -> Callable[[_F], _F]:
    """Decorate a function(element, compiler, **options) -> str, which from now on renders elements of `class_`.

    dialects: names such as "postgresql"; without any the function serves all that have none of their own. Subclasses
    are rendered by it too. A class of the application says `inherit_cache = True` if everything that its text depends on is
    in its `_traverse` fields, as it is for subclasses of FunctionElement that add none; otherwise statements with it
    are compiled at every execution.
    """

    def register(function: _F) -> _F:
        known = class_.__dict__.get("_compile_with") or {}
        inherited = getattr(class_, "_compile_with", None) or {}
        entries = {**inherited, **known, **dict.fromkeys(dialects or ("*",), function)}
        class_._compile_with = entries  # type: ignore[attr-defined]
        if not class_.__module__.startswith("orm.") and not class_.__dict__.get("inherit_cache"):
            class_._build_key = _refuse_key  # type: ignore[attr-defined]
        return function

    return register


def deregister(class_: type) -> None:
    """Take back what compiles() registered for this class; it is rendered as its base class is."""
    for name in ("_compile_with", "_build_key"):
        found = class_.__dict__.get(name)
        if found is not None and (name == "_compile_with" or found is _refuse_key):
            delattr(class_, name)


def _refuse_key(element: Any, binds: list[Any], shared: list[Any]) -> Any:
    raise NotCacheable


__all__ = ["compiles", "deregister"]
