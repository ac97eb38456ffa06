"""Functions over attributes of objects, for code that gets names at run time."""

from __future__ import annotations

from typing import Any

from orm import exc
from orm.state.instance_state import InstanceState, instance_state
from orm.state.instrumented import InstrumentedAttribute
from orm.state.markers import NO_VALUE


def _impl(state: InstanceState, key: str) -> Any:
    impl = state.manager.impl_of(key)
    if impl is None:
        raise exc.InvalidRequestError(f"{state.class_.__name__} has no mapped attribute {key!r}.")
    return impl


def set_attribute(instance: Any, key: str, value: Any, initiator: Any = None) -> None:
    """Set a mapped attribute, with history and events."""
    state = instance_state(instance)
    _impl(state, key).set(state, instance.__dict__, value, initiator)


def get_attribute(instance: Any, key: str) -> Any:
    """Return the value of a mapped attribute, loading it if need be."""
    state = instance_state(instance)
    return _impl(state, key).get(state, instance.__dict__)


def del_attribute(instance: Any, key: str) -> None:
    """Delete the value of a mapped attribute, with history and events."""
    state = instance_state(instance)
    _impl(state, key).delete(state, instance.__dict__)


def set_committed_value(instance: Any, key: str, value: Any) -> None:
    """Set a mapped attribute as if loaded from the database: no event, no history."""
    state = instance_state(instance)
    _impl(state, key).set_committed_value(state, instance.__dict__, value)


def init_collection(obj: Any, key: str) -> Any:
    """Set a new empty collection, as if loaded; returns it."""
    state = instance_state(obj)
    return _impl(state, key).set_committed_value(state, obj.__dict__, ())


def flag_modified(instance: Any, key: str) -> None:
    """Mark a value as changed, because it was changed in place.

    Raises exc.InvalidRequestError if the attribute has no value to write.
    """
    state = instance_state(instance)
    impl = _impl(state, key)
    if key not in instance.__dict__:
        raise exc.InvalidRequestError(
            f"Can't flag {impl!r} as modified: it is not loaded. Read it before."
        )
    state.first_change(instance)[impl.noted_as] = NO_VALUE
    for listener in impl.dispatch.modified:
        listener(state, impl)


def flag_dirty(instance: Any) -> None:
    """Put an object among the changed ones although no attribute has changed."""
    instance_state(instance).first_change(instance)


def is_instrumented(instance: Any, key: str) -> bool:
    """Return whether a name is a mapped attribute of the object's class."""
    return isinstance(getattr(type(instance), key, None), InstrumentedAttribute)


def object_state(instance: Any) -> InstanceState:
    """Return the state of a mapped object; raises exc.UnmappedInstanceError."""
    return instance_state(instance)
