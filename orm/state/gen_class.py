"""The `__setattr__` and `__delattr__` of a mapped class: where its writes are tracked.

    fast      set of the names of scalar attributes without listeners; shrinks in place
    find      attribute name -> the object behind it, or None
    set_other what sets a name that is not mapped

A name found in the state's `committed` is that of a column whose change is noted already: in
most classes nothing else has to be known for the second write. Where a column has listeners,
or its old value has to be loaded, the class is *careful*: `fast` is asked before.

Of a dataclass, what `__init__` was not given arrives as DONT_SET, and is not set.

The plain twins below do the same, and are the oracle in tests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from orm import codegen
from orm.codegen import Source
from orm.state.markers import DONT_SET, NO_VALUE, STATE, UNCHANGED

if TYPE_CHECKING:
    from orm.state.class_manager import ClassManager


def gen_setattr(*, careful: bool = False, is_dataclass: bool = False) -> Source:
    """Return the source of `__setattr__`: a scalar without listeners is done on the spot."""
    source = Source("__setattr__")
    known = "name in values['_sa_instance_state'].committed"
    with source.block("def __setattr__(self, name, value):"):
        if is_dataclass:
            with source.block("if value is DONT_SET:"):
                source.line("return")
        if careful:
            known = f"name in fast and {known}"
        with source.block("try:"):
            # within the block: one instruction less than before it
            source.line("values = self.__dict__")
            with source.block(f"if {known}:"):
                source.line("values[name] = value")
                source.line("return")
        with source.block("except KeyError:"):
            source.line("pass")
        with source.block("if name in fast:"):
            source.line("state = values.get('_sa_instance_state') or setup(self)")
            source.line("committed = state.committed")
            with source.block("if committed is UNCHANGED:"):
                source.line("committed = state.first_change(self)")
            source.line("committed[name] = values.get(name, NO_VALUE)")
            with source.block("if state.extra is not None and name in (state.expired or ()):"):
                source.line("state.expired = state.expired - {name}")
            source.line("values[name] = value")
            source.line("return")
        source.line("impl = find(name)")
        with source.block("if impl is None:"):
            source.line("set_other(self, name, value)")
        with source.block("else:"):
            source.line("state = values.get('_sa_instance_state') or setup(self)")
            source.line("impl.set(state, values, value)")
    return source


def gen_delattr() -> Source:
    """Return the source of `__delattr__`."""
    source = Source("__delattr__")
    with source.block("def __delattr__(self, name):"):
        source.line("impl = find(name)")
        with source.block("if impl is None:"):
            source.line("delete_other(self, name)")
        with source.block("else:"):
            source.line("state = self.__dict__.get(STATE)")
            with source.block("if state is None:"):
                source.line("state = setup(self)")
            source.line("impl.delete(state, self.__dict__)")
    return source


def make_plain_setattr(
    manager: ClassManager, set_other: Callable[[Any, str, Any], None]
) -> Callable[[Any, str, Any], None]:
    """Return the twin of the generated `__setattr__`."""

    def __setattr__(self: Any, name: str, value: Any) -> None:
        if value is DONT_SET:
            return
        impl = manager.impls.get(name)
        if impl is None:
            set_other(self, name, value)
            return
        state = self.__dict__.get(STATE) or manager.setup_instance(self)
        impl.set(state, self.__dict__, value)

    return __setattr__


def make_plain_delattr(
    manager: ClassManager, delete_other: Callable[[Any, str], None]
) -> Callable[[Any, str], None]:
    """Return the twin of the generated `__delattr__`."""

    def __delattr__(self: Any, name: str) -> None:
        impl = manager.impls.get(name)
        if impl is None:
            delete_other(self, name)
            return
        state = self.__dict__.get(STATE) or manager.setup_instance(self)
        impl.delete(state, self.__dict__)

    return __delattr__


def make_tracking(
    manager: ClassManager,
    set_other: Callable[[Any, str, Any], None],
    delete_other: Callable[[Any, str], None],
    *,
    careful: bool = False,
    is_dataclass: bool = False,
) -> tuple[Callable[[Any, str, Any], None], Callable[[Any, str], None]]:
    """Return `__setattr__` and `__delattr__` for the class of a manager.

    set_other, delete_other: what the class would do without mapping. careful: whether it has a
    column with listeners, or with `active_history`. is_dataclass: whether it is mapped as a
    dataclass, whose `__init__` may pass DONT_SET.
    """
    if not codegen.is_enabled():
        return make_plain_setattr(manager, set_other), make_plain_delattr(manager, delete_other)
    writing = gen_setattr(careful=careful, is_dataclass=is_dataclass)
    deleting = gen_delattr()
    common = {"find": manager.impls.get, "setup": manager.setup_instance}
    writing.constants.update(common, fast=manager.fast, set_other=set_other)
    writing.constants.update(NO_VALUE=NO_VALUE, UNCHANGED=UNCHANGED, DONT_SET=DONT_SET)
    deleting.constants.update(common, delete_other=delete_other, STATE=STATE)
    label = f"writes of {manager.class_.__name__}"
    return writing.build(label), deleting.build(label)
