"""Protocols that more than one room uses, so that no room needs a type from above it."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class HasClauseElement(Protocol):
    """An object that stands for a SQL expression: a mapped class's attribute, an entity."""

    def __clause_element__(self) -> Any:
        """Return the SQL expression."""
        ...


class DBAPICursor(Protocol):
    """The part of PEP 249's cursor that we call."""

    description: Any
    rowcount: int
    arraysize: int

    def execute(self, operation: Any, parameters: Any = ..., /) -> Any: ...
    def executemany(self, operation: Any, seq_of_parameters: Any, /) -> Any: ...
    def fetchone(self) -> Any: ...
    def fetchmany(self, size: int = ..., /) -> Any: ...
    def fetchall(self) -> Any: ...
    def close(self) -> None: ...


class DBAPIConnection(Protocol):
    """The part of PEP 249's connection that we call."""

    def cursor(self) -> Any: ...
    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    def close(self) -> None: ...
