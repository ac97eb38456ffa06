"""Executable: what a statement of any kind can be told about its execution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from orm import exc
from orm.sql.visitors import ClauseElement, Kind, Traverse
from orm.util.collections import EMPTY_MAP


class Executable(ClauseElement):
    """A statement that can be executed: its options and execution options."""

    _is_executable = True
    is_select: ClassVar[bool] = False
    is_insert: ClassVar[bool] = False
    is_update: ClassVar[bool] = False
    is_delete: ClassVar[bool] = False
    is_dml: ClassVar[bool] = False
    is_text: ClassVar[bool] = False
    is_ddl: ClassVar[bool] = False
    _returns_rows: ClassVar[bool] = False

    _traverse: ClassVar[Traverse] = (("_with_options", Kind.OPTIONS),)
    _with_options: tuple[Any, ...] = ()
    _execution_options: Mapping[str, Any] = EMPTY_MAP
    is_orm: bool = False

    def _generate(self) -> Self:
        """A copy to be changed by a generative method before anyone else sees it."""
        clone = object.__new__(self.__class__)
        attributes = clone.__dict__ = self.__dict__.copy()
        if "_key_memo" in attributes:
            del attributes["_key_memo"]
        # The memos of columns come together with this one.
        if "_named_memo" in attributes:
            for name in self._memos:
                attributes.pop(name, None)
        return clone

    def options(self, *options: Any) -> Self:
        """A copy with these options after the ones it has."""
        for option in options:
            if not hasattr(option, "cache_key") and not hasattr(option, "_is_core"):
                raise exc.ArgumentError(
                    f"options() takes loader options such as selectinload(User.posts), got {option!r}"
                )
        new = self._generate()
        new._with_options = self._with_options + options
        return new

    def execution_options(self, **options: Any) -> Self:
        """A copy with these execution options over the ones it has.

        Raises exc.ArgumentError for isolation_level, which belongs to a whole transaction.
        """
        if "isolation_level" in options:
            raise exc.ArgumentError(
                "isolation_level holds for a transaction, not for one statement. Write "
                "connection.execution_options(isolation_level=...) before it begins, or "
                "create_engine(url, isolation_level=...)."
            )
        new = self._generate()
        new._execution_options = {**self._execution_options, **options}
        return new

    def get_execution_options(self) -> Mapping[str, Any]:
        """The execution options of this statement."""
        return self._execution_options
