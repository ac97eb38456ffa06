"""What to say when a lazy load cannot or must not be done."""

from __future__ import annotations

from typing import Any

from orm import exc
from orm.util.warn import warn


def make_detached_error(state: Any, key: str) -> exc.DetachedInstanceError:
    """Return the error for a load on an object that is in no session, with the ways out."""
    name = state.class_.__name__
    reason = state.detached_reason
    why = f" ({reason})" if reason else ""
    attr = f"{name}.{key}"
    is_column = key in state.manager.column_names
    fix = f"undefer({attr})" if is_column else f"selectinload({attr})"
    return exc.DetachedInstanceError(
        f"{attr} of {name} {state.identity} is not loaded, and the object is in no session"
        f"{why}, so it cannot be loaded now. Read the attribute while the session is open, load it "
        f"along with select({name}).options({fix}), put the object into a session with "
        "session.add(obj) or session.merge(obj), or keep values after commit with "
        "Session(..., expire_on_commit=False).",
        code="bhk3",
    )


def make_raised_error(state: Any, name: str, strategy: str) -> exc.InvalidRequestError:
    """Return the error for a lazy load where mode or options forbid it."""
    why = {
        "raise": "lazy loads raise here",
        "raise_on_sql": "lazy loads which need SQL raise here",
    }.get(strategy, "lazy loads raise here")
    return exc.InvalidRequestError(
        f"'{name}' is not available due to lazy='{strategy}': {why}, and it is not loaded for "
        f"{state.class_.__name__} {state.identity}. Load it along, with "
        f"select(...).options({_option_for(state, name)})."
    )


def _option_for(state: Any, name: str) -> str:
    """Return the option which loads an attribute along, as code."""
    is_column = name.rpartition(".")[2] in state.manager.column_names
    return f"undefer({name})" if is_column else f"selectinload({name})"


def warn_of_load(state: Any, name: str) -> None:
    """Warn that an attribute is lazily loaded (mode "warn")."""
    warn(
        f"'{name}' is lazily loaded for {state.class_.__name__} {state.identity}; "
        f"load it along with select(...).options({_option_for(state, name)}).",
        exc.SAWarning,
    )


def warn_of_many(name: str, count: int) -> None:
    """Warn that a to-one relationship found several rows, of which the first is used."""
    warn(
        f"{count} rows were found for {name}, which is mapped with uselist=False; the first is "
        "used. Make the foreign key unique, or the relationship a list.",
        exc.SAWarning,
    )


def make_unloadable_error(prop: Any) -> exc.InvalidRequestError:
    """Return the error for eager loading of a collection that is never loaded whole."""
    return exc.InvalidRequestError(
        f"{prop} is mapped with lazy={prop.lazy!r}: it is never loaded into its object, eager "
        "loading does not apply to it. Select its members by a statement of their own."
    )
