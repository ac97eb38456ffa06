"""Whether DDL is executed: `execute_if()` of statements, `ddl_if()` of constraints and indexes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

from orm.schema.items import SchemaItem
from orm.util.record import Record


class DDLCondition(Record):
    """dialects: the names of dialects, None for all; callable_: decides where it is given."""

    dialects: tuple[str, ...] | None
    callable_: Callable[..., bool] | None
    state: Any

    @classmethod
    def make(
        cls,
        dialect: str | Sequence[str] | None,
        callable_: Callable[..., bool] | None,
        state: Any,
    ) -> DDLCondition:
        """Make it of what `execute_if()` and `ddl_if()` take."""
        if isinstance(dialect, str):
            dialect = (dialect,)
        return cls(None if dialect is None else tuple(dialect), callable_, state)

    def holds(self, ddl: Any, target: Any, bind: Any, dialect: Any, **options: Any) -> bool:
        """Whether the statement is executed, or the item a part of it."""
        if self.dialects is not None and dialect.name not in self.dialects:
            return False
        if self.callable_ is None:
            return True
        return self.callable_(ddl, target, bind, dialect=dialect, state=self.state, **options)


class ConditionalItem(SchemaItem):
    """What may be left out of a table on some databases: a constraint, an index."""

    _ddl_if: DDLCondition | None = None

    def ddl_if(
        self,
        dialect: str | Sequence[str] | None = None,
        callable_: Callable[..., bool] | None = None,
        state: Any = None,
    ) -> Self:
        """Be created only on these dialects and if the function says so; returns the item itself.

        callable_ is called as callable_(ddl, item, bind, dialect=..., state=...): ddl is the statement, bind the
        connection, or None where the statement is only compiled.
        """
        self._ddl_if = DDLCondition.make(dialect, callable_, state)
        return self

    def _is_wanted(self, ddl: Any, bind: Any, dialect: Any) -> bool:
        return self._ddl_if is None or self._ddl_if.holds(ddl, self, bind, dialect)
