"""SELECT."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Self, overload

from orm import exc
from orm.sql.annotations import plain
from orm.sql.coercions import (
    expect_by_list,
    expect_column,
    expect_columns,
    expect_count,
    expect_from,
    expect_join_target,
    expect_onclause,
    expect_where,
    has_orm_annotation,
)
from orm.sql.column_expression import Entity
from orm.sql.columns import ColumnCollection
from orm.sql.extensions import HasSyntaxExtensions
from orm.sql.filter_by import find_named
from orm.sql.froms import compute_froms
from orm.sql.lists import BooleanClauseList
from orm.sql.operators import and_
from orm.sql.reduce import reduce_columns
from orm.sql.selectable import STATEMENTS
from orm.sql.subquery import SelectBase, SelectLabelStyle, TypedReturnsRows
from orm.sql.visitors import ClauseElement, Kind, Traverse
from orm.types.base import NULLTYPE
from orm.types.resolve import INTEGERTYPE
from orm.util.record import Record
from orm.util.suggest import closest
from orm.util.typevars import T0, T1, T2, T3, T4, T5, T6, T7, Ts


class JoinEntry(Record):
    """One `.join()` of a SELECT, kept as it was written.

    target: FROM object or relationship element; onclause: condition, relationship element, or None;
    left: the FROM object to join from, or None.
    """

    target: Any
    onclause: Any
    isouter: bool
    full: bool
    left: Any


class ForUpdateArg(Record):
    """The locking clause of a SELECT."""

    nowait: bool = False
    read: bool = False
    of: tuple[Any, ...] | None = None
    skip_locked: bool = False
    key_share: bool = False


class GenerativeSelect(SelectBase):
    """What SELECT and unions share: order, limits, locks, label style."""

    _traverse: ClassVar[Traverse] = (
        ("_order_by", Kind.CHILDREN),
        ("_group_by", Kind.CHILDREN),
        ("_limit_clause", Kind.CHILD),
        ("_offset_clause", Kind.CHILD),
        ("_fetch_clause", Kind.CHILD),
        ("_fetch_clause_options", Kind.DICT),
        ("_for_update_key", Kind.TUPLES),
        ("_chosen_label_style", Kind.PLAIN),
    )
    _order_by: tuple[Any, ...] = ()
    _group_by: tuple[Any, ...] = ()
    _limit_clause: Any = None
    _offset_clause: Any = None
    _fetch_clause: Any = None
    _fetch_clause_options: dict[str, bool] | None = None
    _for_update_arg: ForUpdateArg | None = None
    # The same as tuples, of which keys and copies are made.
    _for_update_key: tuple[tuple[Any, ...], ...] | None = None
    _chosen_label_style: SelectLabelStyle | None = None

    @property
    def _label_style(self) -> SelectLabelStyle:
        chosen = self._chosen_label_style
        return SelectLabelStyle.LABEL_STYLE_DISAMBIGUATE_ONLY if chosen is None else chosen

    def set_label_style(self, style: SelectLabelStyle) -> Self:
        """A copy whose columns are named in this way."""
        new = self._generate()
        new._chosen_label_style = style
        return new

    def get_label_style(self) -> SelectLabelStyle:
        """How the columns are named."""
        return self._label_style

    def order_by(self, __first: Any = False, *clauses: Any) -> Self:
        """A copy with these ORDER BY members behind the ones it has; order_by(None) removes all.

        A string names a selected column or label.
        """
        new = self._generate()
        if __first is None and not clauses:
            new._order_by = ()
        elif __first is not False:
            new._order_by = self._order_by + expect_by_list((__first, *clauses))
        return new

    @property
    def order_by_clauses(self) -> tuple[Any, ...]:
        """The members of ORDER BY, in order."""
        return self._order_by

    def group_by(self, __first: Any = False, *clauses: Any) -> Self:
        """A copy with these GROUP BY members behind the ones it has; group_by(None) removes all.

        A table, subquery or mapped class stands for all its columns.
        """
        new = self._generate()
        if __first is None and not clauses:
            new._group_by = ()
        elif __first is not False:
            new._group_by = self._group_by + expect_by_list((__first, *clauses), tables=True)
        return new

    def limit(self, limit: Any) -> Self:
        """A copy that returns at most so many rows; None takes the limit away.

        Raises exc.ArgumentError for anything but a whole number from 0 up or an SQL expression.
        """
        clause = expect_count(limit, "limit", INTEGERTYPE)
        new = self._generate()
        new._limit_clause = clause
        if new._fetch_clause is not None:
            new._fetch_clause = None
        return new

    def offset(self, offset: Any) -> Self:
        """A copy that leaves out so many rows at the beginning; None takes that away."""
        clause = expect_count(offset, "offset", INTEGERTYPE)
        new = self._generate()
        new._offset_clause = clause
        return new

    def fetch(
        self, count: Any, with_ties: bool = False, percent: bool = False, **dialect_kw: Any
    ) -> Self:
        """A copy with `FETCH FIRST count ROWS`; with_ties: and those equal to the last in order."""
        clause = expect_count(count, "fetch", INTEGERTYPE)
        new = self._generate()
        new._limit_clause = None
        new._fetch_clause = clause
        new._fetch_clause_options = (
            None if clause is None else {"with_ties": with_ties, "percent": percent}
        )
        return new

    def slice(self, start: int | None, stop: int | None) -> Self:
        """A copy that returns the rows from `start` up to `stop`, as a Python slice does.

        `start` counts from the offset which the statement has already; None is no end.
        """
        new = self if stop is None else self.limit(max(stop - (start or 0), 0))
        return new.offset(start + (_plain_number(self._offset_clause) or 0)) if start else new

    def with_for_update(
        self,
        *,
        nowait: bool = False,
        read: bool = False,
        of: Any = None,
        skip_locked: bool = False,
        key_share: bool = False,
    ) -> Self:
        """A copy that locks the rows it returns: `FOR UPDATE`; read: `FOR SHARE`.

        nowait: fail instead of waiting; skip_locked: leave out locked rows; of: lock only these tables or columns.
        """
        targets = None
        if of is not None:
            items = of if isinstance(of, list | tuple) else (of,)
            targets = tuple(expect_column(item) for item in items)
        new = self._generate()
        new._for_update_arg = ForUpdateArg(nowait, read, targets, skip_locked, key_share)
        new._for_update_key = (
            (nowait, read, skip_locked, key_share),
            targets if targets is not None else (),
        )
        return new

    @property
    def _limit(self) -> int | None:
        """The limit if it is a plain number."""
        return _plain_number(self._limit_clause)

    @property
    def _offset(self) -> int | None:
        """The offset if it is a plain number."""
        return _plain_number(self._offset_clause)

    @property
    def _has_row_limiting_clause(self) -> bool:
        return (
            self._limit_clause is not None
            or self._offset_clause is not None
            or self._fetch_clause is not None
        )

    def union(self, *other: Any) -> Any:
        """`self UNION other ...`."""
        return STATEMENTS["union"](self, *other)

    def union_all(self, *other: Any) -> Any:
        """`self UNION ALL other ...`."""
        return STATEMENTS["union_all"](self, *other)

    def except_(self, *other: Any) -> Any:
        """`self EXCEPT other ...`."""
        return STATEMENTS["except"](self, *other)

    def except_all(self, *other: Any) -> Any:
        """`self EXCEPT ALL other ...`."""
        return STATEMENTS["except_all"](self, *other)

    def intersect(self, *other: Any) -> Any:
        """`self INTERSECT other ...`."""
        return STATEMENTS["intersect"](self, *other)

    def intersect_all(self, *other: Any) -> Any:
        """`self INTERSECT ALL other ...`."""
        return STATEMENTS["intersect_all"](self, *other)


def _plain_number(clause: Any) -> int | None:
    value = getattr(clause, "value", None)
    return value if isinstance(value, int) else None


class Select(GenerativeSelect, HasSyntaxExtensions, TypedReturnsRows[*Ts]):
    """A SELECT statement. Every method returns a copy with the change; the statement itself stays as it is."""

    __visit_name__ = "select"
    extension_points = ("post_select", "pre_columns", "post_criteria", "post_body")
    _traverse: ClassVar[Traverse] = (
        ("_raw_columns", Kind.CHILDREN),
        ("_from_obj", Kind.CHILDREN),
        ("_setup_joins", Kind.TUPLES),
        ("_join_roots", Kind.CHILDREN),
        ("_where_criteria", Kind.CHILDREN),
        ("_having", Kind.CHILDREN),
        ("_distinct", Kind.PLAIN),
        ("_distinct_on", Kind.CHILDREN),
        ("_correlate", Kind.CHILDREN),
        ("_correlate_except", Kind.CHILDREN),
        ("_auto_correlate", Kind.PLAIN),
        ("_prefixes", Kind.TUPLES),
        ("_suffixes", Kind.TUPLES),
        ("_hints", Kind.TUPLES),
        ("_statement_hints", Kind.TUPLES),
    )
    _raw_columns: tuple[Any, ...] = ()
    _from_obj: tuple[Any, ...] = ()
    _setup_joins: tuple[JoinEntry, ...] = ()
    #: where joins without a left side start, once the columns are no longer those they were written for
    _join_roots: tuple[Any, ...] = ()
    _where_criteria: tuple[Any, ...] = ()
    _having: tuple[Any, ...] = ()
    _distinct: bool = False
    _distinct_on: tuple[Any, ...] = ()
    _correlate: tuple[Any, ...] | None = None
    _correlate_except: tuple[Any, ...] | None = None
    _auto_correlate: bool = True
    _prefixes: tuple[Any, ...] = ()
    _suffixes: tuple[Any, ...] = ()
    _hints: tuple[Any, ...] = ()
    _statement_hints: tuple[Any, ...] = ()

    def __init__(self, *entities: Any) -> None:
        columns = expect_columns(entities)
        self._raw_columns = columns
        for column in columns:
            if has_orm_annotation(column):
                self.is_orm = True
                break

    def _mark_orm(self, element: ClauseElement) -> None:
        if not self.is_orm and has_orm_annotation(element):
            self.is_orm = True

    # -- what is selected ---------------------------------------------------------------------------

    def add_columns(self, *entities: Any) -> Self:
        """A copy with further columns behind the ones it has."""
        new = self._generate()
        new._raw_columns = self._raw_columns + expect_columns(entities)
        for column in new._raw_columns:
            new._mark_orm(column)
        return new

    # fmt: off
    @overload
    def with_only_columns(self, e0: Entity[T0], /, maintain_column_froms: bool = ...) -> Select[T0]: ...
    @overload
    def with_only_columns(self, e0: Entity[T0], e1: Entity[T1], /, maintain_column_froms: bool = ...) -> Select[T0, T1]: ...
    @overload
    def with_only_columns(self, e0: Entity[T0], e1: Entity[T1], e2: Entity[T2], /, maintain_column_froms: bool = ...) -> Select[T0, T1, T2]: ...
    @overload
    def with_only_columns(self, *entities: Any, maintain_column_froms: bool = ...) -> Select: ...
    # fmt: on
    def with_only_columns(self, *entities: Any, maintain_column_froms: bool = False) -> Any:
        """A copy with these columns instead; maintain_column_froms: keep the FROM objects of the old ones."""
        if len(entities) == 1 and isinstance(entities[0], list | tuple):
            raise exc.ArgumentError(
                "with_only_columns() takes its columns as separate arguments: with_only_columns(a, b)"
            )
        new = self._generate()
        if self._setup_joins and not self._join_roots:
            # the joins stay where they were
            new._join_roots = tuple(self.columns_clause_froms)
        if maintain_column_froms:
            new._from_obj = tuple(dict.fromkeys((*self._from_obj, *self.columns_clause_froms)))
        return new._set_columns(entities)

    def _set_columns(self, entities: Iterable[Any]) -> Self:
        self._raw_columns = expect_columns(entities)
        for column in self._raw_columns:
            self._mark_orm(column)
        return self

    def reduce_columns(self, only_synonyms: bool = True) -> Self:
        """A copy without columns that another one repeats, by foreign key or by an equality in WHERE or a join.

        only_synonyms: only where both have one name.
        """
        clauses = (*self._where_criteria, *compute_froms(self))
        columns = [c for c in self._selected_elements if c._is_column_element]
        kept = {id(c) for c in reduce_columns(columns, clauses, only_synonyms)}
        return self._generate()._set_columns(
            c for c in self._selected_elements if id(c) in kept or not c._is_column_element
        )

    def distinct(self, *expr: Any) -> Self:
        """A copy that returns no row twice; with expressions `DISTINCT ON` (PostgreSQL)."""
        new = self._generate()
        new._distinct = True
        if expr:
            new._distinct_on = self._distinct_on + expect_by_list(expr)
        return new

    @property
    def _selected_elements(self) -> tuple[Any, ...]:
        found: list[Any] = []
        for column in self._raw_columns:
            if column._is_from_clause:
                found.extend(column._all_selected_columns)
                entity = column._annotations.get("parententity")
                if entity is not None:
                    found.extend(entity.selected_expressions)
            else:
                found.append(column)
        return tuple(found)

    @property
    def inner_columns(self) -> tuple[Any, ...]:
        """The result columns, FROM objects expanded."""
        return self._selected_elements

    @property
    def column_descriptions(self) -> list[dict[str, Any]]:
        """One dict per selected column or entity: name, type, expr; with mapped classes entity and aliased too."""
        return describe_columns(self._raw_columns, self.is_orm, True)

    # -- conditions ---------------------------------------------------------------------------------

    def where(self, *whereclause: Any) -> Self:
        """A copy with these conditions, AND-ed with the ones it has."""
        criteria = tuple(map(expect_where, whereclause))
        new = self._generate()
        new._where_criteria = self._where_criteria + criteria
        if not new.is_orm:
            for clause in criteria:
                new._mark_orm(clause)
        return new

    def filter(self, *criteria: Any) -> Self:
        """The same as where()."""
        return self.where(*criteria)

    def filter_by(self, **kwargs: Any) -> Self:
        """A copy with `attribute == value` conditions on the entity joined or selected last.

        A name that this lacks is that of the other entity or table in FROM which has it; exc.AmbiguousColumnError if several
        have.
        """
        namespace = self._filter_by_zero()
        return self.where(
            *[self._find_attribute(namespace, key) == value for key, value in kwargs.items()]
        )

    def _find_attribute(self, namespace: Any, key: str) -> Any:
        found = getattr(namespace, key, None)
        if found is None:
            others = [each for each in self._namespaces() if hasattr(each, key)]
            return find_named(others, key) if others else _named_attribute(namespace, key)
        return found

    def _namespaces(self) -> list[Any]:
        """Where names may be looked up: the entities and tables of this SELECT, each once."""
        found: list[Any] = []
        for entry in self._setup_joins:
            relation = entry.target.__visit_name__ == "orm_relationship"
            target = entry.target
            found.append((target.of_type_entity or target.property.entity) if relation else target)
        for element in (*self._raw_columns, *self._join_roots, *self._from_obj):
            is_mapped = "parententity" in element._annotations
            found += (element,) if is_mapped else element._from_objects
        joined = (each for each in found if not getattr(each, "_is_join", False))
        return list({id(n := each.entity_namespace): n for each in joined}.values())

    def _filter_by_zero(self) -> Any:
        if self._setup_joins:
            target = self._setup_joins[-1].target
            if target.__visit_name__ == "orm_relationship":
                target = target.of_type_entity or target.property.entity
            return target.entity_namespace
        if self._from_obj:
            return self._from_obj[0].entity_namespace
        for column in self._raw_columns:
            if "parententity" in column._annotations or column._is_from_clause:
                return column.entity_namespace
            if column._from_objects:
                return column._from_objects[0].entity_namespace
        raise exc.InvalidRequestError(
            "filter_by() needs an entity to look names up in: use where()"
        )

    def having(self, *having: Any) -> Self:
        """A copy with these HAVING conditions, AND-ed with the ones it has."""
        new = self._generate()
        new._having = self._having + tuple(expect_where(clause) for clause in having)
        return new

    @property
    def whereclause(self) -> Any:
        """The WHERE condition, None if there is none."""
        if not self._where_criteria:
            return None
        return BooleanClauseList.construct(and_, self._where_criteria)

    # -- FROM ---------------------------------------------------------------------------------------

    def select_from(self, *froms: Any) -> Self:
        """A copy with these FROM objects, which come before those found in the columns."""
        new = self._generate()
        added = tuple(expect_from(item) for item in froms)
        new._from_obj = self._from_obj + added
        for item in added:
            new._mark_orm(item)
        return new

    def join(
        self, target: Any, onclause: Any = None, *, isouter: bool = False, full: bool = False
    ) -> Self:
        """A copy with `JOIN target ON onclause`.

        target: a table, mapped class, subquery or relationship attribute. Without a condition the foreign key
        between target and what is selected is used.
        """
        return self._add_join(None, target, onclause, isouter, full)

    def join_from(
        self,
        from_: Any,
        target: Any,
        onclause: Any = None,
        *,
        isouter: bool = False,
        full: bool = False,
    ) -> Self:
        """A copy with `from_ JOIN target ON onclause`."""
        return self._add_join(expect_from(from_), target, onclause, isouter, full)

    def outerjoin(self, target: Any, onclause: Any = None, *, full: bool = False) -> Self:
        """A copy with `LEFT OUTER JOIN target ON onclause`."""
        return self._add_join(None, target, onclause, True, full)

    def outerjoin_from(
        self, from_: Any, target: Any, onclause: Any = None, *, full: bool = False
    ) -> Self:
        """A copy with `from_ LEFT OUTER JOIN target ON onclause`."""
        return self._add_join(expect_from(from_), target, onclause, True, full)

    def _add_join(self, left: Any, target: Any, onclause: Any, isouter: bool, full: bool) -> Self:
        entry = JoinEntry(
            expect_join_target(target), expect_onclause(onclause), isouter, full, left
        )
        new = self._generate()
        new._setup_joins = (*self._setup_joins, entry)
        for part in (entry.target, entry.left):
            if part is not None:
                new._mark_orm(part)
        return new

    def correlate(self, *fromclauses: Any) -> Self:
        """A copy that, inside another statement, takes these FROM objects from that one.

        correlate(None) takes none.
        """
        new = self._generate()
        new._auto_correlate = False
        if not fromclauses or fromclauses[0] in (None, False):
            if len(fromclauses) > 1:
                raise exc.ArgumentError(
                    "correlate(None) stands alone: nothing can be named beside it"
                )
            new._correlate = ()
        else:
            new._correlate = (self._correlate or ()) + tuple(expect_from(f) for f in fromclauses)
        return new

    def correlate_except(self, *fromclauses: Any) -> Self:
        """A copy that, inside another statement, takes all FROM objects but these from that one."""
        new = self._generate()
        new._auto_correlate = False
        if not fromclauses or fromclauses[0] in (None, False):
            if len(fromclauses) > 1:
                raise exc.ArgumentError(
                    "correlate_except(None) stands alone: nothing can be named beside it"
                )
            new._correlate_except = ()
        else:
            new._correlate_except = (self._correlate_except or ()) + tuple(
                expect_from(f) for f in fromclauses
            )
        return new

    @property
    def columns_clause_froms(self) -> list[Any]:
        """The FROM objects of the selected columns; of mapped attributes their class, with the conditions that it has."""
        found: dict[Any, Any] = {}
        for column in self._raw_columns:
            entity = column._annotations.get("parententity")
            if entity is None or column._is_from_clause:
                found.update((plain(each), each) for each in column._from_objects)
            else:
                element = entity.__clause_element__()
                found[plain(element)] = element
        return list(found.values())

    def get_final_froms(self) -> list[Any]:
        """The FROM list as rendered, joins put together, nothing correlated."""
        return compute_froms(self)

    @property
    def froms(self) -> list[Any]:
        """The FROM list as rendered."""
        return compute_froms(self)

    @property
    def _from_objects(self) -> tuple[Any, ...]:
        return tuple(compute_froms(self))

    # -- text around --------------------------------------------------------------------------------

    def prefix_with(self, *prefixes: Any, dialect: str = "*") -> Self:
        """A copy with text behind the word SELECT."""
        new = self._generate()
        new._prefixes = (*self._prefixes, *((_text(p), dialect) for p in prefixes))
        return new

    def suffix_with(self, *suffixes: Any, dialect: str = "*") -> Self:
        """A copy with text at the end."""
        new = self._generate()
        new._suffixes = (*self._suffixes, *((_text(s), dialect) for s in suffixes))
        return new

    def with_hint(self, selectable: Any, text: str, dialect_name: str = "*") -> Self:
        """A copy with a hint for a FROM object."""
        new = self._generate()
        new._hints = (*self._hints, (expect_from(selectable), dialect_name, text))
        return new

    def with_statement_hint(self, text: str, dialect_name: str = "*") -> Self:
        """A copy with a hint for the statement."""
        new = self._generate()
        new._statement_hints = (*self._statement_hints, (dialect_name, text))
        return new

    def from_statement(self, statement: Any) -> Any:
        """A SELECT of the same entities whose rows come from `statement`."""
        return STATEMENTS["from_statement"](self, statement)


def _text(value: Any) -> ClauseElement:
    return value if isinstance(value, ClauseElement) else STATEMENTS["text"](value)


def _named_attribute(namespace: Any, key: str) -> Any:
    try:
        return getattr(namespace, key)
    except AttributeError:
        name = getattr(namespace, "__name__", None) or "the selected table"
        known = namespace.keys() if isinstance(namespace, ColumnCollection) else dir(namespace)
        near = closest(key, known)
        raise exc.InvalidRequestError(
            f"filter_by({key}=...): {name} has no attribute {key!r}."
            + (f" Did you mean {near!r}?" if near else "")
        ) from None


def describe_columns(
    columns: tuple[Any, ...], is_orm: bool, name_functions: bool = False
) -> list[dict[str, Any]]:
    """name, type and expr of each column; where the statement is about classes, entity and aliased too.

    name_functions: a function without a label has its own name, numbered from the second of that name on.
    """
    if is_orm:
        return [_describe_column(column) for column in columns]
    elements = [
        element
        for column in columns
        for element in (column._all_selected_columns if column._is_from_clause else (column,))
    ]
    described = []
    taken: dict[str, int] = {}
    for element in elements:
        name = getattr(element, "_result_name", None)
        if name is None and name_functions and element.__visit_name__ == "function":
            base = element.name
            number = taken[base] = taken.get(base, -1) + 1
            name = f"{base}_{number}" if number else base
        described.append(
            {"name": name, "type": getattr(element, "type", NULLTYPE), "expr": element}
        )
    return described


def _describe_column(column: Any) -> dict[str, Any]:
    entity = column._annotations.get("parententity")
    name = column._annotations.get("proxy_key")
    name = name or getattr(column, "name", None) or getattr(column, "key", None)
    expr = column
    if entity is not None and column._is_from_clause:
        expr = entity.entity
        name = getattr(entity, "name", None) or entity.class_.__name__
    return {
        "name": name,
        "type": getattr(column, "type", None) if not column._is_from_clause else expr,
        "aliased": bool(getattr(entity, "is_aliased_class", False)),
        "expr": expr,
        "entity": None if entity is None else entity.entity,
    }


# fmt: off
@overload
def select(e0: Entity[T0], /) -> Select[T0]: ...
@overload
def select(e0: Entity[T0], e1: Entity[T1], /) -> Select[T0, T1]: ...
@overload
def select(e0: Entity[T0], e1: Entity[T1], e2: Entity[T2], /) -> Select[T0, T1, T2]: ...
@overload
def select(e0: Entity[T0], e1: Entity[T1], e2: Entity[T2], e3: Entity[T3], /) -> Select[T0, T1, T2, T3]: ...
@overload
def select(e0: Entity[T0], e1: Entity[T1], e2: Entity[T2], e3: Entity[T3], e4: Entity[T4], /) -> Select[T0, T1, T2, T3, T4]: ...
@overload
def select(e0: Entity[T0], e1: Entity[T1], e2: Entity[T2], e3: Entity[T3], e4: Entity[T4], e5: Entity[T5], /) -> Select[T0, T1, T2, T3, T4, T5]: ...
@overload
def select(e0: Entity[T0], e1: Entity[T1], e2: Entity[T2], e3: Entity[T3], e4: Entity[T4], e5: Entity[T5], e6: Entity[T6], /) -> Select[T0, T1, T2, T3, T4, T5, T6]: ...
@overload
def select(e0: Entity[T0], e1: Entity[T1], e2: Entity[T2], e3: Entity[T3], e4: Entity[T4], e5: Entity[T5], e6: Entity[T6], e7: Entity[T7], /) -> Select[T0, T1, T2, T3, T4, T5, T6, T7]: ...
@overload
def select(*entities: Any) -> Select: ...
# fmt: on
def select(*entities: Any) -> Any:
    """`SELECT entities`: columns, tables, mapped classes and their attributes.

    Raises exc.ArgumentError for anything else, naming what to write instead.
    """
    return Select(*entities)


def _join_subquery(join: Any, name: str | None) -> Any:
    style = SelectLabelStyle.LABEL_STYLE_TABLENAME_PLUS_COL
    return join.select().set_label_style(style).subquery(name)


STATEMENTS.update({"select": Select, "join_subquery": _join_subquery})
