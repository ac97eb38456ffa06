"""What functions take and what classes annotate, for what is written in Python without `inspect`.

`inspect` with all that it imports takes as long to load as a tenth of `orm`, and little of it is needed: it is asked only
about what is no plain function.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FunctionType
from typing import Any

from orm.util.record import Record

_TAKES_KEYWORDS = 0x08  # CO_VARKEYWORDS, see the documentation of `inspect`


class Parameters(Record):
    """The parameters of a function, `self` included.

    positional: the names of those which may be given by position. keyword_only: the names of the others. defaults: by name.
    any_keyword: there is a `**kwargs`.
    """

    positional: tuple[str, ...]
    keyword_only: tuple[str, ...]
    defaults: dict[str, Any]
    any_keyword: bool

    @property
    def names(self) -> tuple[str, ...]:
        """All names, in order."""
        return self.positional + self.keyword_only

    @property
    def required(self) -> int:
        """How many arguments must be given, if all are given by position."""
        return sum(name not in self.defaults for name in self.positional)


def parameters_of(function: Callable[..., Any]) -> Parameters:
    """Return the parameters of a callable.

    Raises TypeError or ValueError for what does not tell them, as some classes and functions written in C.
    """
    if type(function) is not FunctionType or function.__dict__:
        # a decorated function may stand for another one, and only `inspect` knows how to find that
        return _inspected(function)
    code = function.__code__
    count = code.co_argcount
    names = code.co_varnames
    positional = names[:count]
    values = function.__defaults__ or ()
    defaults = dict(zip(positional[count - len(values) :], values, strict=True))
    return Parameters(
        positional,
        names[count : count + code.co_kwonlyargcount],
        {**defaults, **(function.__kwdefaults__ or {})},
        bool(code.co_flags & _TAKES_KEYWORDS),
    )


def _inspected(function: Callable[..., Any]) -> Parameters:
    from inspect import signature  # see the module's text

    found = signature(function).parameters.values()
    return Parameters(
        tuple(
            each.name
            for each in found
            if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)
        ),
        tuple(each.name for each in found if each.kind is each.KEYWORD_ONLY),
        {each.name: each.default for each in found if each.default is not each.empty},
        any(each.kind is each.VAR_KEYWORD for each in found),
    )


def own_annotations(class_: type) -> dict[str, Any]:
    """Return the annotations in the body of a class, as written there; those of its bases are not among them."""
    if sys.version_info >= (3, 14):
        from annotationlib import get_annotations  # reads what is only evaluated when asked for

        return get_annotations(class_)
    return dict(class_.__dict__.get("__annotations__", ()))  # noqa: RUF063 - see the module's text
