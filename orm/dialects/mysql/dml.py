"""INSERT with ON DUPLICATE KEY UPDATE, and UPDATE and DELETE with LIMIT, for MySQL and MariaDB."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Self

from orm import exc
from orm.compiler.on_conflict import assignments_of
from orm.sql.coercions import expect_count
from orm.sql.columns import ColumnCollection
from orm.sql.dml import Insert as GenericInsert
from orm.sql.expression import and_, case
from orm.sql.extensions import SyntaxExtension
from orm.sql.selectable import Alias
from orm.sql.visitors import ClauseElement, Kind, Traverse
from orm.types.resolve import INTEGERTYPE


class Insert(GenericInsert[Any]):
    """`INSERT INTO table` with ON DUPLICATE KEY UPDATE.

    `.inserted` has the columns of the row that could not be inserted.
    """

    _memos = (*GenericInsert._memos, "_inserted")  # type: ignore[assignment]

    @property
    def inserted(self) -> ColumnCollection:
        """The row that was to be inserted, by column: written `VALUES(column)`."""
        alias = self.__dict__.get("_inserted")
        if alias is None:
            alias = self.__dict__["_inserted"] = InsertedRow(self.table, "inserted")
        columns: ColumnCollection = alias.c
        return columns

    def on_duplicate_key_update(self, *args: Any, **kw: Any) -> Self:
        """A copy that updates the row which is there already.

        Values are given by keyword, or as one dict or list of (column, value) pairs.
        Raises exc.ArgumentError for both, or none.
        """
        if args and kw:
            raise exc.ArgumentError(
                "on_duplicate_key_update() takes one dict, or keywords, not both."
            )
        if len(args) > 1:
            raise exc.ArgumentError("on_duplicate_key_update() takes one dict or list of pairs.")
        if self._post_values_clause is not None:
            raise exc.InvalidRequestError("This INSERT has an ON DUPLICATE KEY clause already.")
        made: Self = self._generate()
        made._post_values_clause = OnDuplicateKeyUpdate(args[0] if args else kw)
        return made


class InsertedRow(Alias):
    """The row that was to be inserted, as ON DUPLICATE KEY UPDATE sees it."""

    _is_inserted_row = True


class OnDuplicateKeyUpdate(ClauseElement):
    """ON DUPLICATE KEY UPDATE: `.assignments`, pairs of column or name, and value."""

    __visit_name__ = "on_duplicate_key_update"
    _traverse: ClassVar[Traverse] = (("assignments", Kind.TUPLES),)

    def __init__(self, values: Any) -> None:
        self.assignments = assignments_of(values, "on_duplicate_key_update()")


class DMLLimit(SyntaxExtension, ClauseElement):
    """LIMIT behind the condition of an UPDATE or DELETE: `.limit_clause`."""

    __visit_name__ = "dml_limit"
    _traverse: ClassVar[Traverse] = (("limit_clause", Kind.CHILD),)

    def __init__(self, limit: Any) -> None:
        self.limit_clause = expect_count(limit, "limit", INTEGERTYPE)

    def apply_to_update(self, update_stmt: Any) -> None:
        """Put this behind WHERE, in place of another limit."""
        update_stmt.apply_syntax_extension_point(self.append_replacing_same_type, "post_criteria")

    def apply_to_delete(self, delete_stmt: Any) -> None:
        """Put this behind WHERE, in place of another limit."""
        delete_stmt.apply_syntax_extension_point(self.append_replacing_same_type, "post_criteria")


def limit(limit: Any) -> DMLLimit:
    """LIMIT for UPDATE and DELETE of one table: `delete(t).where(...).ext(limit(100))`.

    limit: a number of rows from 0 up, or an SQL expression. Raises exc.ArgumentError for anything else.
    """
    if limit is None:
        raise exc.ArgumentError("limit() takes a number of rows, got None.")
    return DMLLimit(limit)


def insert(table: Any) -> Insert:
    """`INSERT INTO table`, with `.on_duplicate_key_update()`."""
    return Insert(table)


def make_upsert(
    table: Any, keys: Sequence[Any], assign: Callable[[Any], Mapping[Any, Any]]
) -> Insert:
    """Return an INSERT which updates the row with the same `keys`; see Dialect.make_upsert.

    The statement reacts to any unique key of the table; a row which has the conflict at another
    one is left as it is.
    """
    statement = Insert(table)
    proposed = statement.inserted
    same = and_(*[column == proposed[column.key] for column in keys])
    values = {
        column: value if value is column else case((same, value), else_=column)
        for column, value in assign(proposed).items()
    }
    return statement.on_duplicate_key_update(values)
