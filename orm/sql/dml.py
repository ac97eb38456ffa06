"""INSERT, UPDATE and DELETE."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self, overload

from orm import exc
from orm.sql.annotations import plain
from orm.sql.coercions import (
    expect_column,
    expect_from,
    expect_where,
    has_orm_annotation,
    to_element,
)
from orm.sql.column_expression import Entity
from orm.sql.elements import (
    BindParameter,
    ColumnElement,
)
from orm.sql.extensions import HasSyntaxExtensions
from orm.sql.filter_by import filter_by_criteria
from orm.sql.lists import BooleanClauseList
from orm.sql.operators import and_
from orm.sql.select import describe_columns
from orm.sql.selectable import STATEMENTS
from orm.sql.subquery import ReturnsRows, SelectLabelStyle, TypedReturnsRows
from orm.sql.visitors import ClauseElement, Kind, Traverse
from orm.util.typevars import T0, T1, T2, T3, Ts


class FromDMLColumn(ColumnElement[Any]):
    """The value that a column gets in the UPDATE or INSERT around; the column itself if it is not written."""

    __visit_name__ = "from_dml_column"
    _traverse: ClassVar[Traverse] = (("column", Kind.CHILD),)

    def __init__(self, column: Any) -> None:
        self.column = plain(expect_column(column))
        self.type = self.column.type
        self.key = self.column.key

    @property
    def _from_objects(self) -> tuple[Any, ...]:
        return ()


def from_dml_column(column: Any) -> FromDMLColumn:
    """What the statement writes into `column`, for the values of other columns.

    `update(t).values(a=5, b=from_dml_column(t.c.a) + 1)` sets b to 6. Where the statement does not set the column, it is the
    column's value in the row, or its `onupdate`.
    """
    return FromDMLColumn(column)


class UpdateBase(ReturnsRows, HasSyntaxExtensions):
    """What INSERT, UPDATE and DELETE share: the table and RETURNING."""

    is_dml = True
    _is_from_clause = False
    _traverse: ClassVar[Traverse] = (
        ("table", Kind.CHILD),
        ("_entity", Kind.CHILD),
        ("_joined", Kind.CHILD),
        ("_returning", Kind.CHILDREN),
        ("_return_defaults", Kind.PLAIN),
        ("_return_defaults_columns", Kind.CHILDREN),
        ("_prefixes", Kind.TUPLES),
        ("_hints", Kind.TUPLES),
        ("_dialect_options", Kind.DICT),
        ("_sort_by_parameter_order", Kind.PLAIN),
    )
    table: Any
    _entity: Any = None
    _joined: Any = None
    _returning: tuple[Any, ...] = ()
    _return_defaults: bool = False
    _return_defaults_columns: tuple[Any, ...] = ()
    _prefixes: tuple[Any, ...] = ()
    _hints: tuple[Any, ...] = ()
    _dialect_options: Mapping[str, Any] | None = None
    _sort_by_parameter_order: bool = False

    def __init__(self, table: Any) -> None:
        element = expect_from(table)
        entity = element._annotations.get("parententity")
        # a class mapped over several joined tables stands for its own one
        own = getattr(entity, "local_table", element)
        if own._is_join and self.is_update:
            self._joined = plain(own)
            while own._is_join:
                own = own.left
        if own._is_join or own._is_text_clause or getattr(own, "_is_subquery", False):
            raise exc.ArgumentError(
                f"{type(self).__name__} takes a table or a mapped class, got {table!r:.100}"
            )
        self.table = plain(own)
        if entity is not None:
            self._entity = element
            self.is_orm = True

    @property
    def entity_description(self) -> dict[str, Any]:
        """The table or class written to: name and table; for a class type, expr and entity too."""
        if self._entity is None:
            return {"name": self.table.name, "table": self.table}
        entity = self._entity._annotations["parententity"].entity
        return {
            "name": entity.__name__,
            "type": entity,
            "expr": entity,
            "entity": entity,
            "table": self.table,
        }

    @property
    def returning_column_descriptions(self) -> list[dict[str, Any]]:
        """One dict per RETURNING member, as in Select.column_descriptions."""
        return describe_columns(self._returning, self.is_orm)

    @property
    def _selected_elements(self) -> tuple[Any, ...]:
        found: list[Any] = []
        for column in self._returning:
            found.extend(column._all_selected_columns if column._is_from_clause else (column,))
        return tuple(found)

    @property
    def _label_style(self) -> SelectLabelStyle:
        return SelectLabelStyle.LABEL_STYLE_DISAMBIGUATE_ONLY

    @property
    def _from_objects(self) -> tuple[Any, ...]:
        return (self.table,)

    @property
    def entity_namespace(self) -> Any:
        return self.table.c if self._entity is None else self._entity.entity_namespace

    def returning(self, *cols: Any, sort_by_parameter_order: bool = False) -> Self:
        """A copy with RETURNING these columns, tables or mapped classes.

        sort_by_parameter_order: rows of an INSERT of many come in the order of the parameters.
        """
        if self._return_defaults:
            raise exc.InvalidRequestError("return_defaults() is already set on this statement")
        new = self._generate()
        added = tuple(expect_column(column) for column in cols)
        new._returning = self._returning + added
        if sort_by_parameter_order:
            if not self.is_insert:
                raise exc.ArgumentError("sort_by_parameter_order is for INSERT only")
            new._sort_by_parameter_order = True
        if not new.is_orm and any(has_orm_annotation(column) for column in added):
            new.is_orm = True
        return new

    def return_defaults(self, *cols: Any, **kw: Any) -> Self:
        """A copy that fetches server-made values of these columns (all by default) into the result."""
        if self._returning:
            raise exc.InvalidRequestError("returning() is already set on this statement")
        new = self._generate()
        new._return_defaults = True
        new._return_defaults_columns = self._return_defaults_columns + tuple(
            expect_column(column) for column in cols
        )
        return new

    def prefix_with(self, *prefixes: Any, dialect: str = "*") -> Self:
        """A copy with text behind the first word of the statement."""
        new = self._generate()
        texts = (p if isinstance(p, ClauseElement) else STATEMENTS["text"](p) for p in prefixes)
        new._prefixes = (*self._prefixes, *((text, dialect) for text in texts))
        return new

    def with_hint(self, text: str, selectable: Any = None, dialect_name: str = "*") -> Self:
        """A copy with a hint for the table."""
        new = self._generate()
        target = self.table if selectable is None else expect_from(selectable)
        new._hints = (*self._hints, (target, dialect_name, text))
        return new

    def params(self, *args: Any, **kw: Any) -> Any:
        """Not for INSERT, UPDATE and DELETE: give values with values(), or pass them to execute()."""
        raise NotImplementedError("Use values(), or pass the parameters to execute()")

    def with_dialect_options(self, **options: Any) -> Self:
        """A copy with options that only some dialects read."""
        new = self._generate()
        new._dialect_options = {**(self._dialect_options or {}), **options}
        return new

    def _column_name(self, key: Any) -> Any:
        """The key under which a value for a column is kept: a column object of the table, or a name."""
        if isinstance(key, str):
            return key
        element = to_element(key)
        if element is None or not element._is_column_element:
            raise exc.ArgumentError(f"values() takes column names or columns as keys, got {key!r}")
        if "parententity" in element._annotations:
            self.is_orm = True
        return plain(element)


class ValuesBase(UpdateBase):
    """INSERT and UPDATE: `._values` (mapping from column or name to element), `._multi_values` (rows)."""

    _traverse: ClassVar[Traverse] = (
        ("_values", Kind.MAPPING),
        ("_multi_values", Kind.MAPPINGS),
    )
    _values: Mapping[Any, Any] | None = None
    _multi_values: tuple[Mapping[Any, Any], ...] = ()
    select: Any = None

    def values(self, *args: Any, **kwargs: Any) -> Self:
        """A copy with values for columns, by keyword, as a dict, a tuple in column order, or (INSERT) a list of these.

        A value may be an SQL expression. Raises exc.ArgumentError for anything else.
        """
        if self.select is not None:
            raise exc.InvalidRequestError(
                "This INSERT takes its rows from a SELECT; it has no values()"
            )
        if getattr(self, "_ordered", False):
            raise exc.InvalidRequestError(
                "This UPDATE has ordered_values() already; add the further columns there"
            )
        if len(args) > 1:
            raise exc.ArgumentError(
                "values() takes one dict, tuple or list of these, or keywords; several rows go into one list"
            )
        if args and kwargs:
            raise exc.ArgumentError("values() takes either one argument or keywords, not both")
        new = self._generate()
        if args and isinstance(args[0], list):
            new._add_rows(args[0])
            return new
        if self._multi_values:
            raise exc.InvalidRequestError(
                "This INSERT has a list of rows already; put all rows into one list"
            )
        row = new._as_row(args[0]) if args else new._as_row(kwargs)
        new._values = {**(self._values or {}), **row}
        return new

    def _add_rows(self, rows: Sequence[Any]) -> None:
        if not self.is_insert:
            raise exc.InvalidRequestError("UPDATE takes one set of values, not a list of rows")
        if self._values:
            raise exc.InvalidRequestError(
                "This INSERT has values already; put all rows into one list"
            )
        if not rows:
            return
        start = len(self._multi_values)
        added = tuple(self._as_row(row, f"_m{start + i}") for i, row in enumerate(rows))
        first = [_key_name(k) for k in (*self._multi_values, *added)[0]]
        for row in added:
            if sorted(map(_key_name, row)) != sorted(first):
                raise exc.ArgumentError(
                    "All rows of one values() list have the same columns; "
                    f"the first has {sorted(first)}, another {sorted(map(_key_name, row))}"
                )
        self._multi_values = self._multi_values + added

    def _as_row(self, row: Any, suffix: str = "") -> dict[Any, Any]:
        if isinstance(row, Mapping):
            pairs = self._expand(row)
            return {self._column_name(k): self._as_value(k, v, suffix) for k, v in pairs}
        if isinstance(row, tuple | list):
            columns = list(self.table.c)
            if len(row) > len(columns):
                raise exc.ArgumentError(
                    f"{len(row)} values for the {len(columns)} columns of {self.table.description!r}"
                )
            return {
                c.key: self._as_value(c.key, v, suffix) for c, v in zip(columns, row, strict=False)
            }
        raise exc.ArgumentError(f"values() takes a dict, a tuple or a list of these, got {row!r}")

    def _expand(self, row: Mapping[Any, Any]) -> Iterator[tuple[Any, Any]]:
        """Yield keys and values, an attribute that stands for several columns as these."""
        for key, value in row.items():
            attribute = key
            if isinstance(key, str) and self._entity is not None and key not in self.table.c:
                entity = self._entity._annotations["parententity"]
                attribute = getattr(entity.entity_namespace, key, None)
            expand = getattr(attribute, "_update_pairs", None)
            if expand is None:
                yield key, value
            else:
                yield from expand(value)

    def _as_value(self, key: Any, value: Any, suffix: str = "") -> Any:
        """An expression as an element; a plain value as a bind of the column's type."""
        element = to_element(value)
        if element is not None:
            return element.scalar_subquery() if element._is_select_base else element  # type: ignore[attr-defined]
        if isinstance(key, str):
            name, column = key, self.table.c.get(key)
        else:
            column = self._column_name(key)
            name = column.key
        if name is None:
            return BindParameter(None, value, column.type, unique=True)
        if column is None and self._entity is not None:
            # A mapped attribute may be named otherwise than its column.
            column = _mapped_column(self._entity, name)
        return BindParameter(name + suffix, value, None if column is None else column.type)


def _mapped_column(entity: Any, name: str) -> Any:
    attribute = getattr(entity.entity_namespace, name, None)
    return None if attribute is None else to_element(attribute)


def _key_name(key: Any) -> str:
    return key if isinstance(key, str) else key.key


class Insert(ValuesBase, TypedReturnsRows[*Ts]):
    """`INSERT INTO table`."""

    __visit_name__ = "insert"
    extension_points = ("post_values",)
    is_insert = True
    _traverse: ClassVar[Traverse] = (
        ("select", Kind.CHILD),
        ("_select_names", Kind.PLAIN),
        ("include_insert_from_select_defaults", Kind.PLAIN),
        ("_post_values_clause", Kind.CHILD),
        ("_inline", Kind.PLAIN),
    )
    _select_names: tuple[str, ...] | None = None
    include_insert_from_select_defaults: bool = False
    _post_values_clause: Any = None
    _inline: bool = False

    if TYPE_CHECKING:
        # fmt: off
        @overload
        def returning(self, e0: Entity[T0], /, sort_by_parameter_order: bool = ...) -> Insert[T0]: ...
        @overload
        def returning(self, e0: Entity[T0], e1: Entity[T1], /, sort_by_parameter_order: bool = ...) -> Insert[T0, T1]: ...
        @overload
        def returning(self, e0: Entity[T0], e1: Entity[T1], e2: Entity[T2], /, sort_by_parameter_order: bool = ...) -> Insert[T0, T1, T2]: ...
        @overload
        def returning(self, e0: Entity[T0], e1: Entity[T1], e2: Entity[T2], e3: Entity[T3], /, sort_by_parameter_order: bool = ...) -> Insert[T0, T1, T2, T3]: ...
        @overload
        def returning(self, *entities: Any, sort_by_parameter_order: bool = ...) -> Insert: ...
        def returning(self, *entities: Any, sort_by_parameter_order: bool = ...) -> Any: ...
        # fmt: on

    def inline(self) -> Self:
        """A copy that fetches no server-made values."""
        new = self._generate()
        new._inline = True
        return new

    def from_select(self, names: Sequence[Any], select: Any, include_defaults: bool = True) -> Self:
        """A copy that inserts the rows of a SELECT, or of all of a subquery or CTE, into the named columns."""
        if self._values or self._multi_values:
            raise exc.InvalidRequestError(
                "This INSERT has values already; it cannot take a SELECT too"
            )
        element = to_element(select)
        if element is not None and element._is_from_clause:
            element = STATEMENTS["select"](element)
        if element is None or not element._is_select_base:
            raise exc.ArgumentError(f"from_select() takes a SELECT, got {select!r}")
        new = self._generate()
        new._select_names = tuple(_key_name(new._column_name(name)) for name in names)
        new.select = element
        new._inline = True
        new.include_insert_from_select_defaults = include_defaults
        return new


class DMLWhereBase(UpdateBase):
    """UPDATE and DELETE: the condition."""

    _traverse: ClassVar[Traverse] = (("_where_criteria", Kind.CHILDREN),)
    _where_criteria: tuple[Any, ...] = ()

    def _executed_form(self, dialect: Any) -> tuple[Any, dict[str, Any]]:
        make = STATEMENTS.get("executed_dml") if self._entity is not None else None
        return (self, {}) if make is None else make(self, dialect)

    def where(self, *whereclause: Any) -> Self:
        """A copy with these conditions, AND-ed with the ones it has."""
        new = self._generate()
        criteria = tuple(expect_where(clause) for clause in whereclause)
        new._where_criteria = self._where_criteria + criteria
        if not new.is_orm and any(has_orm_annotation(clause) for clause in criteria):
            new.is_orm = True
        return new

    def filter(self, *criteria: Any) -> Self:
        """The same as where()."""
        return self.where(*criteria)

    def filter_by(self, **kwargs: Any) -> Self:
        """A copy with `attribute == value` conditions on the table or another that the statement mentions.

        Raises exc.AmbiguousColumnError for a name which several of them have, exc.InvalidRequestError for an unknown one.
        """
        others = [item.entity_namespace for item in self._extra_froms]
        return self.where(*filter_by_criteria([self.entity_namespace, *others], kwargs))

    @property
    def whereclause(self) -> Any:
        """The WHERE condition, None if there is none."""
        if not self._where_criteria:
            return None
        return BooleanClauseList.construct(and_, self._where_criteria)

    @property
    def _extra_froms(self) -> list[Any]:
        """Further tables that the condition or the values refer to."""
        found = dict.fromkeys(getattr(self, "_using", ()))
        for element in (*self._where_criteria, *(getattr(self, "_values", None) or {}).values()):
            found.update(dict.fromkeys(self._mentioned_by(element)))
        hidden = {inner for item in found for inner in item._hide_froms}
        if self._joined is not None:
            hidden.update((self._joined, *self._joined._hide_froms))
        return [f for f in found if plain(f) is not self.table and f not in hidden]

    def _mentioned_by(self, element: Any) -> Iterator[Any]:
        """What an expression has in FROM: of an entity over several tables, the written one among them, only the tables it names."""
        for item in element._from_objects:
            if item._is_join and any(plain(part) is self.table for part in item._hide_froms):
                yield from _tables_in(element, item)
            else:
                yield item


def _tables_in(element: Any, join: Any) -> Iterator[Any]:
    """The tables of the columns in an expression whose entity is selected from a join."""
    if element.__visit_name__ == "column":
        yield element.table
        return
    for child in element.get_children():
        if join in child._from_objects:
            yield from _tables_in(child, join)


class Update(DMLWhereBase, ValuesBase, TypedReturnsRows[*Ts]):
    """`UPDATE table SET ...`."""

    __visit_name__ = "update"
    extension_points = ("post_criteria",)
    is_update = True
    _traverse: ClassVar[Traverse] = (
        ("_ordered", Kind.PLAIN),
        ("_inline", Kind.PLAIN),
    )
    _ordered: bool = False
    _inline: bool = False

    if TYPE_CHECKING:
        # fmt: off
        @overload
        def returning(self, e0: Entity[T0], /, sort_by_parameter_order: bool = ...) -> Update[T0]: ...
        @overload
        def returning(self, e0: Entity[T0], e1: Entity[T1], /, sort_by_parameter_order: bool = ...) -> Update[T0, T1]: ...
        @overload
        def returning(self, e0: Entity[T0], e1: Entity[T1], e2: Entity[T2], /, sort_by_parameter_order: bool = ...) -> Update[T0, T1, T2]: ...
        @overload
        def returning(self, e0: Entity[T0], e1: Entity[T1], e2: Entity[T2], e3: Entity[T3], /, sort_by_parameter_order: bool = ...) -> Update[T0, T1, T2, T3]: ...
        @overload
        def returning(self, *entities: Any, sort_by_parameter_order: bool = ...) -> Update: ...
        def returning(self, *entities: Any, sort_by_parameter_order: bool = ...) -> Any: ...
        # fmt: on

    def ordered_values(self, *args: tuple[Any, Any]) -> Self:
        """A copy that sets columns in the order given, as (column, value) pairs."""
        if self._values:
            raise exc.ArgumentError("This UPDATE has values already")
        new = self._generate()
        new._values = {new._column_name(k): new._as_value(k, v) for k, v in args}
        new._ordered = True
        return new

    def inline(self) -> Self:
        """A copy that fetches no server-made values."""
        new = self._generate()
        new._inline = True
        return new


class Delete(DMLWhereBase, TypedReturnsRows[*Ts]):
    """`DELETE FROM table`."""

    __visit_name__ = "delete"
    extension_points = ("post_criteria",)
    is_delete = True
    _traverse: ClassVar[Traverse] = (("_using", Kind.CHILDREN),)
    _using: tuple[Any, ...] = ()

    if TYPE_CHECKING:
        # fmt: off
        @overload
        def returning(self, e0: Entity[T0], /, sort_by_parameter_order: bool = ...) -> Delete[T0]: ...
        @overload
        def returning(self, e0: Entity[T0], e1: Entity[T1], /, sort_by_parameter_order: bool = ...) -> Delete[T0, T1]: ...
        @overload
        def returning(self, e0: Entity[T0], e1: Entity[T1], e2: Entity[T2], /, sort_by_parameter_order: bool = ...) -> Delete[T0, T1, T2]: ...
        @overload
        def returning(self, e0: Entity[T0], e1: Entity[T1], e2: Entity[T2], e3: Entity[T3], /, sort_by_parameter_order: bool = ...) -> Delete[T0, T1, T2, T3]: ...
        @overload
        def returning(self, *entities: Any, sort_by_parameter_order: bool = ...) -> Delete: ...
        def returning(self, *entities: Any, sort_by_parameter_order: bool = ...) -> Any: ...
        # fmt: on

    def using(self, *froms: Any) -> Self:
        """A copy which also reads these tables or joins, for the condition to refer to: `DELETE FROM a USING b`."""
        new = self._generate()
        new._using = self._using + tuple(expect_from(item) for item in froms)
        return new


def insert(table: Any) -> Insert:
    """`INSERT INTO table`."""
    return Insert(table)


def update(table: Any) -> Update:
    """`UPDATE table`."""
    return Update(table)


def delete(table: Any) -> Delete:
    """`DELETE FROM table`."""
    return Delete(table)


STATEMENTS.update({"insert": Insert, "update": Update, "delete": Delete})
