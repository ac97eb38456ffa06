"""Tables and views that are made from a SELECT."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from orm import exc
from orm.schema.column import Column
from orm.schema.ddl import DDLElement
from orm.schema.items import BLANK_SCHEMA
from orm.schema.metadata import MetaData
from orm.schema.table import Table
from orm.sql.selectable import STATEMENTS
from orm.sql.visitors import iterate

if TYPE_CHECKING:
    from orm.sql.subquery import SelectBase


class _CreateFromSelect(DDLElement):
    """What CREATE TABLE AS and CREATE VIEW share: `.selectable`, and `.table` with the columns of the result.

    The table is part of `metadata`, whose create_all() and drop_all() make and drop it, or of a MetaData of its own.
    """

    is_view = False
    materialized = False

    def __init__(
        self,
        selectable: SelectBase,
        name: str,
        *,
        metadata: MetaData | None,
        schema: str | None,
        temporary: bool,
    ) -> None:
        if not getattr(selectable, "_is_select_base", False):
            raise exc.ArgumentError(
                f"{type(self).__name__} takes a SELECT, got {selectable!r:.100}"
            )
        self.selectable = selectable
        self.temporary = temporary
        self.table = self._make_table(name, MetaData() if metadata is None else metadata, schema)

    def _make_table(self, name: str, metadata: MetaData, schema: str | None) -> Table:
        chosen = BLANK_SCHEMA if schema == "" else schema
        made: list[Column[Any]] = []
        for named in self.selectable._named_columns():
            if named.name is None:
                raise exc.CompileError(
                    f"{type(self).__name__}({name!r}): a column of the SELECT is text without a name; give it one, "
                    "literal_column('...').label('name')."
                )
            key = named.name if named.made_up else named.key
            made.append(Column(named.name, named.element.type, key=key))
        table = Table(name, metadata, *made, schema=chosen)
        table._adopt_creator(self)
        for part in iterate(self.selectable):
            for item in part._from_objects if hasattr(part, "_from_objects") else ():
                if isinstance(item, Table) and item is not table:
                    table.add_is_dependent_on(item)
        return table

    def _for_copy(self, table: Table) -> Self:
        """The same statement for a copy of its table."""
        made = self._clone()
        made.table = table
        return made

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.table.fullname!r})"


class CreateTableAs(_CreateFromSelect):
    """CREATE TABLE name AS SELECT: a table filled with the rows of a SELECT at this moment.

    Values are written into the statement as literals. schema: `""` for none. The database sees neither keys nor constraints.
    Raises exc.CompileError for a column without a name.
    """

    __visit_name__ = "create_table_as"

    def __init__(
        self,
        selectable: SelectBase,
        table_name: str,
        *,
        metadata: MetaData | None = None,
        schema: str | None = None,
        temporary: bool = False,
        if_not_exists: bool = False,
    ) -> None:
        self.if_not_exists = if_not_exists
        super().__init__(
            selectable, table_name, metadata=metadata, schema=schema, temporary=temporary
        )


class CreateView(_CreateFromSelect):
    """CREATE VIEW name AS SELECT.

    Values are written into the statement as literals. or_replace: takes the place of a view of this name. materialized: a
    stored result (PostgreSQL). schema: `""` for none. Raises exc.CompileError for a column without a name.
    """

    __visit_name__ = "create_view"
    is_view = True

    def __init__(
        self,
        selectable: SelectBase,
        view_name: str,
        *,
        metadata: MetaData | None = None,
        schema: str | None = None,
        temporary: bool = False,
        or_replace: bool = False,
        materialized: bool = False,
    ) -> None:
        self.or_replace = or_replace
        self.materialized = materialized
        super().__init__(
            selectable, view_name, metadata=metadata, schema=schema, temporary=temporary
        )


STATEMENTS["create_table_as"] = CreateTableAs
