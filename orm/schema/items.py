"""What tables, columns and constraints have in common: a creation order and a dictionary of notes."""

from __future__ import annotations

import enum
import itertools
from collections.abc import Iterator
from operator import attrgetter
from typing import Any, ClassVar, Final, TypeVar

from orm import event
from orm.schema.events import SchemaDispatch

_creation_counter = itertools.count(1)
_by_creation = attrgetter("_creation_order")

_T = TypeVar("_T")


class SchemaArg(enum.Enum):
    """Values of `schema=` arguments which are no names."""

    #: no schema, even where the MetaData has one
    BLANK_SCHEMA = enum.auto()
    #: the schema as it is
    RETAIN_SCHEMA = enum.auto()


BLANK_SCHEMA: Final = SchemaArg.BLANK_SCHEMA
RETAIN_SCHEMA: Final = SchemaArg.RETAIN_SCHEMA


class conv(str):
    """A constraint name that is final: a naming convention is not applied to it again."""

    __slots__ = ()


class quoted_name(str):
    """A name that says itself whether it is quoted.

    quote: True always quotes, False never, None leaves it to the rule of the dialect.
    """

    quote: bool | None

    def __new__(cls, value: str, quote: bool | None) -> quoted_name:
        made = super().__new__(cls, value)
        made.quote = quote
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return quoted_name, (str(self), self.quote)


def make_name(value: str, quote: bool | None) -> str:
    """The name, carrying its own decision about quotes if there is one."""
    return value if quote is None else quoted_name(value, quote)


class SchemaItem:
    """Part of a schema: something that is attached to a parent and may carry notes.

    `_creation_order` makes generated DDL deterministic: items come in the order in which they were made.
    """

    _creation_order: int
    dialect_kwargs: dict[str, Any]
    _info: dict[Any, Any] | None = None
    #: functions of the application that render items of this class, by dialect name; see orm.ext.compiler
    _compile_with: ClassVar[Any] = None
    dispatch: Any = SchemaDispatch()

    def __getstate__(self) -> Any:
        # listeners are functions of the running application, and stay there
        return {name: value for name, value in self.__dict__.items() if name != "dispatch"}

    def _number(self) -> None:
        self._creation_order = next(_creation_counter)

    @property
    def info(self) -> dict[Any, Any]:
        """The user's own notes; an empty dictionary made at the first access."""
        if self._info is None:
            self._info = {}
        return self._info

    @info.setter
    def info(self, value: dict[Any, Any]) -> None:
        self._info = value

    @property
    def kwargs(self) -> dict[str, Any]:
        """The options of databases, by `<dialect>_<option>`; the same as `dialect_kwargs`."""
        return self.dialect_kwargs

    @property
    def dialect_options(self) -> dict[str, dict[str, Any]]:
        """The options that were given, by dialect and by their name there."""
        grouped: dict[str, dict[str, Any]] = {}
        for name, value in self.dialect_kwargs.items():
            dialect, _, option = name.partition("_")
            grouped.setdefault(dialect, {})[option] = value
        return grouped

    def _replace_column(self, old: Any, new: Any) -> None:
        """Be over another column of the table instead of one that left it."""

    def _join_parent(self, parent: Any, **options: Any) -> None:
        """Become part of a table or column, and tell who listens for that; options: for `_set_parent()`."""
        for listener in self.dispatch.before_parent_attach:
            listener(self, parent)
        self._set_parent(parent, **options)
        for listener in self.dispatch.after_parent_attach:
            listener(self, parent)

    def _set_parent(self, parent: Any) -> None:
        """Become part of a table or column; called by `_join_parent()`."""
        raise NotImplementedError


event.register_target(SchemaItem, SchemaDispatch)


class SchemaItems(set[_T]):
    """A set of schema items which iterates in the order of their creation."""

    def __iter__(self) -> Iterator[_T]:
        return iter(sorted(super().__iter__(), key=_by_creation))
