"""`__init__`: the keyword constructor, and what happens around any constructor.

The keyword constructor accepts mapped attributes and properties of the class, nothing else:
`metadata`, `registry` or a method cannot be overwritten by a keyword from a request.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from typing import Any

from orm.codegen import Source, is_enabled
from orm.state.class_manager import ClassManager
from orm.state.markers import NO_VALUE, STATE, UNCHANGED
from orm.util.introspection import own_annotations
from orm.util.suggest import closest


def find_manager(obj: Any) -> ClassManager:
    """Return the class manager of an object."""
    manager: ClassManager = type(obj)._sa_class_manager
    return manager


def declarative_constructor(self: Any, **kwargs: Any) -> None:
    """Set the given mapped attributes.

    Raises TypeError for a keyword which is no mapped attribute, nor a property (synonym,
    hybrid, association proxy) that can be set.
    """
    fast = type(self)._sa_class_manager.fast if kwargs else ()
    for name, value in kwargs.items():
        if name not in fast and not is_settable(type(self), name):
            raise make_keyword_error(type(self), name)
        setattr(self, name, value)


def is_settable(class_: type, name: str) -> bool:
    """Return whether a constructor keyword may set the class attribute of this name."""
    manager = getattr(class_, "_sa_class_manager", None)
    if manager is not None and name in manager.attributes:
        return True
    for base in class_.__mro__:
        member = base.__dict__.get(name)
        if member is not None:
            return hasattr(type(member), "__set__") and not name.startswith("__")
    return _is_plain_annotation(class_, name)


def _is_plain_annotation(class_: type, name: str) -> bool:
    # an attribute declared without being mapped: `cache: ClassVar` excluded by its text
    for base in class_.__mro__:
        text = own_annotations(base).get(name)
        if text is not None:
            return "ClassVar" not in str(text) and not hasattr(class_, name)
    return False


def make_keyword_error(class_: type, name: str) -> TypeError:
    """Return the error for a keyword that the constructor does not take."""
    known = list(class_._sa_class_manager.attributes)  # type: ignore[attr-defined]
    close = closest(name, known)
    hint = f" Did you mean {close!r}?" if close else f" It takes: {', '.join(known)}."
    return TypeError(f"{name!r} is an invalid keyword argument for {class_.__name__}.{hint}")


def gen_init() -> Source:
    """Return the source of the keyword constructor of one class.

    Scalars without listeners go into the object's dict at once, with the record that they
    had no value; everything else passes by `set_other`. A new object that gets nothing but
    such scalars takes them in all together.
    """
    source = Source("__init__")
    with source.block("def __init__(self, **kwargs):"):
        with source.block("if type(self) is not class_:"):
            # super().__init__() of a subclass, which takes its own keywords
            source.line("inherited(self, **kwargs)")
            source.line("return")
        source.line("values = self.__dict__")
        source.line("state = values.get(STATE)")
        with source.block("if state is None:"):
            source.line("state = setup(self)")
        with source.block("for listener in manager.dispatch.init:"):
            source.line("listener(state, (), kwargs)")
        with source.block("if not kwargs:"):
            source.line("return")
        with source.block(
            "if len(values) == 1 and state.committed is UNCHANGED and plain(kwargs):"
        ):
            source.line("values.update(kwargs)")
            source.line("state.committed = fromkeys(kwargs, NO_VALUE)")
            source.line("return")
        source.line("committed = state.committed")
        with source.block("if committed is UNCHANGED:"):
            source.line("committed = state.first_change(self)")
        with source.block("try:"), source.block("for name, value in kwargs.items():"):
            with source.block("if name in fast:"):
                with source.block("if name not in committed:"):
                    source.line("committed[name] = values.get(name, NO_VALUE)")
                source.line("values[name] = value")
            with source.block("else:"):
                source.line("set_other(self, name, value)")
        with source.block("except Exception:"):
            with source.block("for listener in manager.dispatch.init_failure:"):
                source.line("listener(state, (), kwargs)")
            source.line("raise")
    return source


def _set_other(self: Any, name: str, value: Any) -> None:
    if not is_settable(type(self), name):
        raise make_keyword_error(type(self), name)
    setattr(self, name, value)


def instrument_init(manager: ClassManager) -> None:
    """Give the class an `__init__` which makes the state before anything is set."""
    class_ = manager.class_
    original = class_.__init__  # type: ignore[misc]
    plain = getattr(original, "_sa_original", original)
    if plain is declarative_constructor and is_enabled():
        source = gen_init()
        source.constants.update(
            STATE=STATE,
            NO_VALUE=NO_VALUE,
            UNCHANGED=UNCHANGED,
            manager=manager,
            setup=manager.setup_instance,
            fast=manager.fast,
            fromkeys=dict.fromkeys,
            set_other=_set_other,
            class_=class_,
            plain=manager.fast.issuperset,
            inherited=_wrap(manager, declarative_constructor),
        )
        made = source.build(f"constructor of {class_.__name__}")
        made.__doc__ = declarative_constructor.__doc__
    else:
        made = _wrap(manager, plain)
    made._sa_original = plain
    manager.put("__init__", made)


def _wrap(manager: ClassManager, original: Callable[..., Any]) -> Any:
    class_ = manager.class_

    @functools.wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        if STATE in self.__dict__:
            original(self, *args, **kwargs)
            return
        own = manager if type(self) is class_ else find_manager(self)
        state = own.setup_instance(self)
        for listener in own.dispatch.init:
            listener(state, args, kwargs)
        try:
            original(self, *args, **kwargs)
        except Exception:
            for listener in own.dispatch.init_failure:
                listener(state, args, kwargs)
            raise

    if original is not declarative_constructor:
        from inspect import signature  # few classes have a constructor of their own

        with contextlib.suppress(TypeError, ValueError):
            # for those who ask without following __wrapped__, as inspect.getfullargspec() does
            __init__.__signature__ = signature(original)  # type: ignore[attr-defined]
    return __init__
