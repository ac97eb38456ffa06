"""Query: the 1.x interface, a thin face over select() and Session.execute().

The clauses are in `query_clauses.py`, unions in `query_source.py`, update() and delete() in
`query_dml.py`; here is what executes, and what makes a query part of another statement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, overload

from orm import exc
from orm.event.targets import register_target
from orm.inspection import inspect
from orm.loading.criteria import criteria_of
from orm.loading.options import without_eager_loads
from orm.session import query_dml
from orm.session.merge import merge_rows
from orm.session.query_clauses import QueryClauses
from orm.session.query_events import QueryDispatch, tell_bulk, tell_compile
from orm.sql.expression import exists
from orm.sql.functions import func
from orm.sql.select import select
from orm.sql.subquery import SelectLabelStyle
from orm.sql.text import literal_column

if TYPE_CHECKING:
    from orm.session.session import Session

_T = TypeVar("_T")


class Query(QueryClauses[_T]):
    """A select of entities or columns, bound to a session.

    Each method that narrows it returns a new Query; what fetches executes it. With a single
    entity the items are objects, none of them twice; otherwise they are rows.
    """

    dispatch: ClassVar[Any] = QueryDispatch()
    _told = False  # whether before_compile listeners have seen it

    def __init__(self, entities: Any, session: Session | None = None) -> None:
        given = entities if isinstance(entities, (tuple, list)) else (entities,)
        self.session = session
        self._entities = tuple(given)
        self._statement = select(*given)
        self._tuples = False

    # -- what it is

    @property
    def statement(self) -> Any:
        """The select() that this query stands for."""
        if self.dispatch.before_compile and not self._told:
            return tell_compile(self).statement
        statement = self._statement
        if self._eager:
            return statement
        statement = statement._clone()
        statement._with_options = without_eager_loads(statement._with_options)
        return statement

    @property
    def _part(self) -> Any:
        """The select() without eager loads, for use within another statement; not for from_statement()."""
        statement = tell_compile(self)._select._clone()
        statement._with_options = without_eager_loads(statement._with_options)
        return statement

    @property
    def selectable(self) -> Any:
        """The same as `statement`."""
        return self.statement

    def __clause_element__(self) -> Any:
        return self.statement

    @property
    def whereclause(self) -> Any:
        """The condition, None if there is none."""
        return getattr(self._statement, "whereclause", None)

    @property
    def column_descriptions(self) -> list[dict[str, Any]]:
        """One dict per entity or column: name, type, aliased, expr, entity."""
        found: list[dict[str, Any]] = select(*self._entities).column_descriptions
        return found

    @property
    def is_single_entity(self) -> bool:
        """Whether the items are objects, and not rows."""
        columns = self._statement._raw_columns
        if self._tuples or len(columns) != 1:
            return False
        return bool(columns[0]._is_from_clause and "parententity" in columns[0]._annotations)

    def _labelled(self) -> Any:
        """Return the select as it is executed: columns are labelled with the names of their tables."""
        statement = self.statement
        if getattr(statement, "_chosen_label_style", True) is None:
            statement = statement.set_label_style(SelectLabelStyle.LABEL_STYLE_LEGACY_ORM)
        return statement

    def __str__(self) -> str:
        statement = self._labelled()
        bind = None if self.session is None else self.session.bind
        return str(statement) if bind is None else str(statement.compile(bind))

    def __repr__(self) -> str:
        return f"<Query {self._statement!s:.200}>"

    def with_session(self, session: Session) -> Self:
        """Return the query bound to another session."""
        made = self._copy()
        made.session = session
        return made

    def only_return_tuples(self, value: bool) -> Self:
        """Return the query whose items are rows, even of a single entity."""
        made = self._copy()
        made._tuples = value
        return made

    def tuples(self) -> Self:
        """Return the query itself, for type checkers: its rows are tuples."""
        return self

    # -- as a part of other statements

    def subquery(
        self, name: str | None = None, with_labels: bool = False, reduce_columns: bool = False
    ) -> Any:
        """Return the select as a subquery, its columns in `.c`.

        with_labels: name the columns table_column. reduce_columns: leave out columns which are
        equal to another because of a join over them.
        """
        statement = self._part
        if with_labels:
            statement = statement.set_label_style(SelectLabelStyle.LABEL_STYLE_TABLENAME_PLUS_COL)
        if reduce_columns:
            statement = statement.reduce_columns()
        return statement.subquery(name)

    def cte(self, name: str | None = None, recursive: bool = False, nesting: bool = False) -> Any:
        """Return the select as a common table expression."""
        statement = self._part
        return statement.cte(name, recursive=recursive, nesting=nesting)

    def scalar_subquery(self) -> Any:
        """Return the select as a value in another statement."""
        return self._part.scalar_subquery()

    def label(self, name: str | None) -> Any:
        """Return the select as a value under a name."""
        return self.scalar_subquery().label(name)

    def exists(self) -> Any:
        """Return EXISTS over the select, to be used in a condition or a query of its own."""
        inner = self._part
        if not inner._from_obj and not inner._setup_joins:
            inner = inner.select_from(*inner.columns_clause_froms)
        one = literal_column("1")
        return exists(inner.with_only_columns(one, maintain_column_froms=bool(inner._setup_joins)))

    # -- what executes

    def _execute(self) -> Any:
        """Return the result, made unique as the 1.x interface always did."""
        statement = self._labelled()
        if not statement._raw_columns:
            raise exc.InvalidRequestError(
                "This query selects nothing: name a mapped class or columns, session.query(User)."
            )
        result = self.session.execute(statement)
        if self.is_single_entity:
            result = result.scalars()
        if not statement._execution_options.get("yield_per") and self._has_entities():
            result = result.unique()
        return result

    def _has_entities(self) -> bool:
        return any(
            each._is_from_clause and "parententity" in each._annotations
            for each in self._statement._raw_columns
        )

    def __iter__(self) -> Iterator[_T]:
        return iter(self._execute())

    def all(self) -> list[_T]:
        """Return all objects or rows."""
        return list(self._execute().all())

    def first(self) -> _T | None:
        """Return the first, or None; asks for one row only."""
        limited = tell_compile(self)
        if limited._statement.__visit_name__ == "select" and limited._statement._limit != 0:
            limited = limited.limit(1)
        found: _T | None = limited._execute().first()
        return found

    def one(self) -> _T:
        """Return the only one. Raises exc.NoResultFound, exc.MultipleResultsFound."""
        found: _T = self._execute().one()
        return found

    def one_or_none(self) -> _T | None:
        """Return the only one, or None. Raises exc.MultipleResultsFound."""
        found: _T | None = self._execute().one_or_none()
        return found

    def scalar(self) -> Any:
        """Return the first element of the only row, or None without a row.

        Raises exc.MultipleResultsFound if there are more.
        """
        found: Any = self.one_or_none()
        if found is None or self.is_single_entity:
            return found
        return found[0]

    def values(self, *columns: Any) -> Iterator[Any]:
        """Return an iterator over rows of these columns, in place of what the query selects."""
        return iter(self.with_entities(*columns))

    def value(self, column: Any) -> Any:
        """Return the value of this column in the first row, None without a row."""
        found: Any = self.with_entities(column).first()
        return None if found is None else found[0]

    def get(self, ident: Any) -> _T | None:
        """Return the object with this primary key, or None; see Session.get.

        Raises exc.InvalidRequestError for a query that has criteria, and for one of columns.
        """
        statement = self._select
        if len(statement._raw_columns) != 1 or not self._has_entities():
            raise exc.InvalidRequestError(
                "Query.get() is for queries of one mapped class, which the key belongs to: "
                "session.query(User).get(1), or session.get(User, 1)."
            )
        query_dml.check_plain(statement, "get", ("order_by", "distinct"))
        options = statement._execution_options
        lock = statement._for_update_arg
        found: _T | None = self.session.get(
            inspect(self._first_entity()).entity,
            ident,
            options=statement._with_options,
            populate_existing=options.get("populate_existing", False),
            with_for_update=None if lock is None else lock._asdict(),
        )
        return found

    def count(self) -> int:
        """Return how many rows the query has, by SELECT count(*) over it as a subquery."""
        inner = self._part
        inner = inner.set_label_style(SelectLabelStyle.LABEL_STYLE_TABLENAME_PLUS_COL)
        if not inner._has_row_limiting_clause and not inner._distinct_on:
            inner = inner.order_by(None)
        counted = select(func.count(literal_column("*"))).select_from(inner.subquery())
        counted = counted.options(*criteria_of(inner))
        options = {**inner._execution_options}
        return int(self.session.scalar(counted.execution_options(**options)))

    @overload
    def __getitem__(self, item: int) -> _T: ...
    @overload
    def __getitem__(self, item: slice) -> list[_T]: ...
    def __getitem__(self, item: int | slice) -> Any:
        if not isinstance(item, slice):
            _refuse_negative(item)
            return self.slice(item, item + 1).all()[0]
        start, stop = item.start, item.stop
        _refuse_negative(start, stop)
        if stop is not None and stop <= (start or 0):
            return []
        found = self if start is None and stop is None else self.slice(start, stop)
        return found.all()[:: item.step]

    def update(
        self,
        values: Mapping[Any, Any] | Sequence[tuple[Any, Any]],
        synchronize_session: Any = "auto",
        update_args: Mapping[str, Any] | None = None,
    ) -> int:
        """UPDATE the rows that the conditions of this query match; returns how many.

        values: attribute or its name -> value or expression. synchronize_session: how objects
        in the session follow, as in an ORM update(). update_args: `preserve_parameter_order`,
        and options of the dialect.
        """
        query, values = tell_bulk(self, "before_compile_update", values)
        statement = query_dml.make_update(query, values, update_args or {})
        return query_dml.execute(query, statement, synchronize_session)

    def delete(
        self, synchronize_session: Any = "auto", delete_args: Mapping[str, Any] | None = None
    ) -> int:
        """DELETE the rows that the conditions of this query match; returns how many."""
        query, _ = tell_bulk(self, "before_compile_delete")
        statement = query_dml.make_delete(query, delete_args or {})
        return query_dml.execute(query, statement, synchronize_session)

    def merge_result(self, iterator: Any, load: bool = True) -> list[Any]:
        """Return rows or objects of another session (a cache) with this session's objects."""
        merge = self.session.merge
        if self.is_single_entity:
            return [merge(each, load=load) for each in iterator]
        return merge_rows(self.session, self._statement._raw_columns, iterator, load)


def _refuse_negative(*positions: int | None) -> None:
    if any(each is not None and each < 0 for each in positions):
        raise IndexError("A query takes no negative index: sort the other way round.")


register_target(Query, QueryDispatch)
