"""What a column's default function is given: the parameters of the row that is being made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class DefaultContext:
    """The argument of default functions that take one.

    current_parameters: column keys to values of the row, with the defaults evaluated so far. connection: the
    one that executes, or None where the values are made ahead of it. compiled: the statement.
    """

    __slots__ = ("column", "compiled", "connection", "current_parameters")

    def __init__(
        self, compiled: Any, connection: Any, current_parameters: Mapping[str, Any], column: Any
    ) -> None:
        self.compiled = compiled
        self.connection = connection
        self.current_parameters = dict(current_parameters)
        self.column = column

    @property
    def isinsert(self) -> bool:
        """True while an INSERT is made."""
        return bool(self.compiled.kind == "insert")

    @property
    def isupdate(self) -> bool:
        """True while an UPDATE is made."""
        return bool(self.compiled.kind == "update")

    @property
    def dialect(self) -> Any:
        """The dialect of the statement."""
        return self.compiled.dialect

    @property
    def root_connection(self) -> Any:
        """The connection that executes, or None."""
        return self.connection

    def get_current_parameters(self, isolate_multiinsert_groups: bool = True) -> dict[str, Any]:
        """A copy of `current_parameters`."""
        return dict(self.current_parameters)

    def evaluate(self) -> Any:
        """The value of the column's default, or of its onupdate."""
        column = self.column
        default = column.onupdate if self.isupdate else column.default
        return default.arg(self) if default.is_callable else default.arg
