"""`INSERT ... ON CONFLICT`, as SQLite and PostgreSQL have it: the statement and its rendering."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Self

from orm import exc
from orm.compiler.crud import own_column
from orm.compiler.dml import DMLCompiler
from orm.sql.coercions import expect_where, to_element
from orm.sql.columns import ColumnCollection
from orm.sql.dml import Insert
from orm.sql.elements import BindParameter, ColumnClause
from orm.sql.selectable import Alias
from orm.sql.visitors import ClauseElement, Kind, Traverse


class ConflictInsert(Insert[Any]):
    """An INSERT that says what happens when a row is there already.

    `.excluded` has the columns of the row that could not be inserted.
    """

    _memos = (*Insert._memos, "_excluded")  # type: ignore[assignment]

    @property
    def excluded(self) -> ColumnCollection:
        """The row that was to be inserted, by column: for `set_` and `where`."""
        alias = self.__dict__.get("_excluded")
        if alias is None:
            alias = self.__dict__["_excluded"] = Alias(self.table, "excluded")
        columns: ColumnCollection = alias.c
        return columns

    def on_conflict_do_nothing(
        self, index_elements: Any = None, index_where: Any = None, constraint: Any = None
    ) -> Self:
        """A copy that leaves out rows which are there already.

        index_elements: the columns whose unique index decides; without them, any. index_where: the condition of a partial
        index. constraint: its name, or the constraint or index itself (PostgreSQL).
        """
        return self._with_conflict(OnConflictDoNothing(index_elements, index_where, constraint))

    def on_conflict_do_update(
        self,
        index_elements: Any = None,
        index_where: Any = None,
        constraint: Any = None,
        set_: Any = None,
        where: Any = None,
    ) -> Self:
        """A copy that updates the row which is there already.

        set_: column or name to value, often from `.excluded`. where: update only if so; the other arguments as
        for on_conflict_do_nothing(). Raises exc.ArgumentError without `set_`.
        """
        clause = OnConflictDoUpdate(index_elements, index_where, constraint, set_, where)
        return self._with_conflict(clause)

    def _with_conflict(self, clause: OnConflict) -> Self:
        if self._post_values_clause is not None:
            raise exc.InvalidRequestError("This INSERT has an ON CONFLICT clause already.")
        made: Self = self._generate()
        made._post_values_clause = clause
        return made


def make_upsert(
    table: Any, keys: Sequence[Any], assign: Callable[[Any], Mapping[Any, Any]]
) -> ConflictInsert:
    """Return an INSERT which updates the row with the same `keys`; see Dialect.make_upsert."""
    statement = ConflictInsert(table)
    return statement.on_conflict_do_update(
        index_elements=list(keys), set_=assign(statement.excluded)
    )


class OnConflict(ClauseElement):
    """The target of ON CONFLICT: `.elements` and `.target_where`, or the name `.constraint`."""

    _traverse: ClassVar[Traverse] = (
        ("elements", Kind.CHILDREN),
        ("target_where", Kind.CHILD),
        ("constraint", Kind.PLAIN),
    )

    def __init__(self, index_elements: Any, index_where: Any, constraint: Any) -> None:
        self.constraint: str | None = None
        self.elements: tuple[Any, ...] = ()
        self.target_where: Any = None
        if constraint is not None:
            if index_elements is not None:
                raise exc.ArgumentError("ON CONFLICT takes either index_elements or constraint.")
            self._take_constraint(constraint)
        elif index_elements is not None:
            self.elements = tuple([_index_element(item) for item in index_elements])
            if index_where is not None:
                self.target_where = expect_where(index_where)

    def _take_constraint(self, constraint: Any) -> None:
        if isinstance(constraint, str):
            self.constraint = constraint
        elif getattr(constraint, "name", None) is not None and constraint.__visit_name__ != "index":
            self.constraint = str(constraint.name)
        else:
            # an index, or a constraint without a name, is described by its columns
            items = getattr(constraint, "expressions", None) or list(constraint.columns)
            self.elements = tuple([_index_element(item) for item in items])
            for name in ("postgresql_where", "sqlite_where"):
                where = constraint.dialect_kwargs.get(name)
                if where is not None:
                    self.target_where = expect_where(where)


def _index_element(item: Any) -> Any:
    if isinstance(item, str):
        return ColumnClause(item)
    element = to_element(item)
    if element is None:
        raise exc.ArgumentError(f"index_elements holds names and columns, not {item!r}.")
    return element


class OnConflictDoNothing(OnConflict):
    """ON CONFLICT ... DO NOTHING."""

    __visit_name__ = "on_conflict_do_nothing"


class OnConflictDoUpdate(OnConflict):
    """ON CONFLICT ... DO UPDATE SET ...: `.assignments` (pairs of column or name, and value), `.where`."""

    __visit_name__ = "on_conflict_do_update"
    _traverse: ClassVar[Traverse] = (("assignments", Kind.TUPLES), ("where", Kind.CHILD))

    def __init__(
        self, index_elements: Any, index_where: Any, constraint: Any, set_: Any, where: Any
    ) -> None:
        super().__init__(index_elements, index_where, constraint)
        self.assignments = assignments_of(set_, "on_conflict_do_update(set_=...)")
        self.where = None if where is None else expect_where(where)


def assignments_of(values: Any, argument: str) -> tuple[tuple[Any, Any], ...]:
    """Pairs of column or name and element, from a mapping, a column collection or pairs.

    Raises exc.ArgumentError if there are none.
    """
    if isinstance(values, (Mapping, ColumnCollection)):
        pairs: Iterable[Any] = values.items()
    else:
        pairs = values or ()
    made = []
    for key, value in pairs:
        element = to_element(value)
        if element is None:
            name = key if isinstance(key, str) else str(getattr(key, "key", "param"))
            # the type is that of the column, which is known when the statement is compiled
            element = BindParameter(name, value, getattr(key, "type", None), unique=True)
        elif element._is_select_base:
            element = element.scalar_subquery()  # type: ignore[attr-defined]
        made.append((key if isinstance(key, str) else to_element(key), element))
    if not made:
        raise exc.ArgumentError(f"{argument} needs at least one column to set.")
    return tuple(made)


def conflict_target(compiler: DMLCompiler, clause: OnConflict) -> str:
    """`ON CONFLICT` with what it is about."""
    if clause.constraint is not None:
        return f"ON CONFLICT ON CONSTRAINT {compiler.preparer.quote(clause.constraint)}"
    if not clause.elements:
        return "ON CONFLICT"
    with compiler.without_tables():
        text = f"ON CONFLICT ({', '.join([_target_text(compiler, e) for e in clause.elements])})"
        if clause.target_where is not None:
            # the condition must be the index's own, so values stand in it as they do there
            with compiler.with_literals():
                text += f" WHERE {compiler.condition(clause.target_where)}"
    return text


def _target_text(compiler: DMLCompiler, element: Any) -> str:
    text = compiler.process(element)
    simple = element.__visit_name__ in ("column", "function", "unary", "textclause")
    return text if simple else f"({text})"


def do_update_text(compiler: DMLCompiler, clause: OnConflictDoUpdate) -> str:
    """`ON CONFLICT ... DO UPDATE SET ... [WHERE ...]`."""
    texts = [f"{name} = {value}" for name, value in assignment_texts(compiler, clause.assignments)]
    text = f"{conflict_target(compiler, clause)} DO UPDATE SET {', '.join(texts)}"
    if clause.where is not None:
        text += f" WHERE {compiler.condition(clause.where)}"
    return text


def assignment_texts(
    compiler: DMLCompiler, assignments: tuple[tuple[Any, Any], ...]
) -> list[tuple[str, str]]:
    """(quoted column, value) of each assignment, in the order of the table's columns.

    Raises exc.CompileError for a name that is no column of the table.
    """
    statement = compiler.scopes[-1].select
    table = statement.table
    places = {column.key: place for place, column in enumerate(table.c)}
    found: list[tuple[int, str, str]] = []
    for key, value in assignments:
        column = table.c.get(key) if isinstance(key, str) else own_column(statement, key)
        if column is None:
            known = ", ".join(table.c.keys())
            raise exc.CompileError(
                f"ON CONFLICT sets {key!s}, which is no column of table {table.description!r}. Its columns are: {known}."
            )
        if value._is_bind_parameter and value.type._isnull:
            typed = value._with_type(column.type)
            compiler.adopt_bind(typed, value)
            value = typed
        text = compiler.process(value.self_group())
        found.append((places[column.key], compiler.preparer.format_column(column), text))
    return [(name, text) for _place, name, text in sorted(found)]
