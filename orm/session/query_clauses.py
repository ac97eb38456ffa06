"""What narrows a Query: the clauses of its SELECT, each method a copy with one more.

`QueryClauses` holds the statement and, over a union, the adapter which turns attributes of
the mapped classes into columns of that union.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, Self, TypeVar

from orm import exc
from orm.inspection import inspect
from orm.mapping.aliased import aliased
from orm.mapping.ownership import with_parent
from orm.session.query_dml import check_plain
from orm.session.query_source import Combined
from orm.sql.extensions import SyntaxExtension
from orm.sql.select import select
from orm.sql.subquery import SelectLabelStyle

_T = TypeVar("_T")


class QueryClauses(Generic[_T]):
    """The clauses of a Query. Every method returns a new Query; the old one stays as it is."""

    session: Any
    _entities: tuple[Any, ...]
    _statement: Any
    _combined: Combined | None = None
    _eager = True
    _from_first = False
    _asserts = True

    @property
    def _select(self) -> Any:
        if self._statement.__visit_name__ != "select":
            raise exc.InvalidRequestError(
                "This query takes its rows from a statement of its own (from_statement()), which stays as it is. Add "
                "clauses to that statement; count it, change rows by it and make it a part of others there too."
            )
        return self._statement

    @property
    def _unlimited(self) -> Any:
        """The SELECT, for a clause that would take effect before the limit it has already."""
        select_ = self._select
        if select_._has_row_limiting_clause and self._asserts:
            raise exc.InvalidRequestError(
                "This query has a limit() or offset() already; in SQL, what is added now would apply before it. "
                "Call limit() and offset() last, or select from the limited rows: "
                "query.session.query(aliased(Model, query.subquery()))."
            )
        return select_

    def enable_assertions(self, value: bool) -> Self:
        """Return the query that, with False, takes conditions and order after limit() too.

        They go into the same SELECT, and so apply before the limit; for `before_compile` listeners.
        """
        made = self._copy()
        made._asserts = value
        return made

    def _with(self, statement: Any) -> Self:
        made = self._copy()
        made._statement = statement
        return made

    def _copy(self) -> Self:
        made = type(self).__new__(type(self))
        made.__dict__.update(self.__dict__)
        return made

    def _adapt(self, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
        combined = self._combined
        if combined is None:
            return arguments
        return tuple(combined.adapt(each) for each in arguments)

    # -- what is selected

    def add_columns(self, *column: Any) -> Self:
        """Return the query with further columns in its rows."""
        made = self._with(self._select.add_columns(*self._adapt(column)))
        made._entities = (*self._entities, *column)
        return made

    def add_entity(self, entity: Any, alias: Any = None) -> Self:
        """Return the query with one more entity in its rows; alias: the selectable that it is taken from."""
        return self.add_columns(entity if alias is None else aliased(entity, alias))

    def with_entities(self, *entities: Any) -> Self:
        """Return the query selecting these instead, everything else unchanged."""
        made = self._with(self._select.with_only_columns(*self._adapt(entities)))
        made._entities = entities
        return made

    def distinct(self, *expr: Any) -> Self:
        """Return the query whose rows are all different; with expressions `DISTINCT ON`."""
        return self._with(self._select.distinct(*self._adapt(expr)))

    def set_label_style(self, style: SelectLabelStyle) -> Self:
        """Return the query whose columns are named in this way."""
        return self._with(self._select.set_label_style(style))

    def get_label_style(self) -> Any:
        """Return how the columns are named."""
        return self._statement.get_label_style()

    # -- conditions

    def filter(self, *criterion: Any) -> Self:
        """Return the query with these conditions, all of which must hold."""
        return self._with(self._unlimited.where(*self._adapt(criterion)))

    where = filter

    def filter_by(self, **kwargs: Any) -> Self:
        """Return the query with `attribute == value` on what was joined last, else on the first entity."""
        if not (self._from_first and kwargs):
            return self._with(self._unlimited.filter_by(**kwargs))
        first = inspect(self._first_entity()).entity
        return self.filter(*[getattr(first, key) == value for key, value in kwargs.items()])

    def having(self, *having: Any) -> Self:
        """Return the query with conditions on its groups."""
        return self._with(self._unlimited.having(*self._adapt(having)))

    def with_parent(self, instance: Any, property: Any = None, from_entity: Any = None) -> Self:
        """Return the query for what is related to an object, over one of its relationships.

        property: the relationship's attribute, as User.posts; without it, the one relationship
        of the object's class to what this query selects.
        """
        if property is None:
            property = self._relationship_from(inspect(instance).mapper)
        return self.filter(with_parent(instance, property, from_entity))

    def _relationship_from(self, mapper: Any) -> Any:
        target = inspect(self._first_entity()).mapper
        for prop in mapper.relationships:
            if prop.mapper is target:
                return getattr(mapper.class_, prop.key)
        raise exc.InvalidRequestError(
            f"with_parent(): {mapper.class_.__name__} has no relationship to "
            f"{target.class_.__name__}; give the relationship: with_parent(obj, User.posts)."
        )

    def _first_entity(self) -> Any:
        for entity in self._entities:
            found = inspect(entity, raiseerr=False)
            if getattr(found, "mapper", None) is not None:
                return found
            parent = getattr(entity, "parent", None)
            if parent is not None:
                return parent
        raise exc.InvalidRequestError("This query selects no mapped class or attribute of one.")

    # -- FROM

    def select_from(self, *from_obj: Any) -> Self:
        """Return the query with these at the left of its FROM."""
        return self._with(self._unlimited.select_from(*self._adapt(from_obj)))

    def join(
        self, target: Any, onclause: Any = None, *, isouter: bool = False, full: bool = False
    ) -> Self:
        """Return the query with a join to a relationship, class, alias, table or subquery.

        onclause: the condition, or the relationship that leads to `target`.
        """
        target, onclause = self._adapt((target, onclause))
        joined = self._unlimited.join(target, onclause, isouter=isouter, full=full)
        made = self._with(joined)
        made._from_first = False
        return made

    def outerjoin(self, target: Any, onclause: Any = None, *, full: bool = False) -> Self:
        """As join(), with a LEFT OUTER JOIN."""
        return self.join(target, onclause, isouter=True, full=full)

    def reset_joinpoint(self) -> Self:
        """Return the query whose next filter_by() is about its first entity again."""
        made = self._copy()
        made._from_first = True
        return made

    def correlate(self, *fromclauses: Any) -> Self:
        """Return the query which, inside another statement, takes these from that one."""
        return self._with(self._select.correlate(*fromclauses))

    # -- order, groups, limits

    def order_by(self, *clauses: Any) -> Self:
        """Return the query with further sort criteria; order_by(None) takes all away."""
        return self._with(self._unlimited.order_by(*_none_for_false(self._adapt(clauses))))

    def group_by(self, *clauses: Any) -> Self:
        """Return the query with further groups; group_by(None) takes all away."""
        return self._with(self._unlimited.group_by(*_none_for_false(self._adapt(clauses))))

    def limit(self, limit: Any) -> Self:
        """Return the query for at most so many rows."""
        return self._with(self._select.limit(limit))

    def offset(self, offset: Any) -> Self:
        """Return the query without the first rows."""
        return self._with(self._select.offset(offset))

    def slice(self, start: int | None, stop: int | None) -> Self:
        """Return the query for the rows from `start` up to `stop`, as a Python slice counts."""
        return self._with(self._select.slice(start, stop))

    # -- how it is executed

    def options(self, *args: Any) -> Self:
        """Return the query with loader options, such as selectinload(User.posts)."""
        return self._with(self._statement.options(*args))

    def execution_options(self, **kwargs: Any) -> Self:
        """Return the query with execution options."""
        return self._with(self._statement.execution_options(**kwargs))

    def get_execution_options(self) -> Mapping[str, Any]:
        """Return the execution options."""
        options: Mapping[str, Any] = self._statement._execution_options
        return options

    def populate_existing(self) -> Self:
        """Return the query which overwrites objects that are loaded already."""
        return self.execution_options(populate_existing=True)

    def yield_per(self, count: int) -> Self:
        """Return the query which fetches so many rows at a time while it is iterated."""
        return self.execution_options(yield_per=count)

    def autoflush(self, setting: bool) -> Self:
        """Return the query which flushes first, or does not."""
        return self.execution_options(autoflush=setting)

    def enable_eagerloads(self, value: bool) -> Self:
        """Return the query which loads no relationship along, if `value` is false."""
        made = self._copy()
        made._eager = value
        return made

    def params(self, *args: Any, **kwargs: Any) -> Self:
        """Return the query with values for its named parameters."""
        return self._with(self._statement.params(*args, **kwargs))

    def with_for_update(
        self,
        *,
        nowait: bool = False,
        read: bool = False,
        of: Any = None,
        skip_locked: bool = False,
        key_share: bool = False,
    ) -> Self:
        """Return the query which locks its rows; see Select.with_for_update."""
        locked = self._select.with_for_update(
            nowait=nowait, read=read, of=of, skip_locked=skip_locked, key_share=key_share
        )
        return self._with(locked)

    def prefix_with(self, *prefixes: Any, dialect: str = "*") -> Self:
        """Return the query with text behind the word SELECT."""
        return self._with(self._select.prefix_with(*prefixes, dialect=dialect))

    def suffix_with(self, *suffixes: Any, dialect: str = "*") -> Self:
        """Return the query with text at its end."""
        return self._with(self._select.suffix_with(*suffixes, dialect=dialect))

    def ext(self, extension: SyntaxExtension) -> Self:
        """Return the query with a clause of a database's own; see Select.ext."""
        return self._with(self._select.ext(extension))

    def with_hint(self, selectable: Any, text: str, dialect_name: str = "*") -> Self:
        """Return the query with a hint for one of its tables."""
        return self._with(self._select.with_hint(selectable, text, dialect_name))

    def with_statement_hint(self, text: str, dialect_name: str = "*") -> Self:
        """Return the query with a hint for the whole statement."""
        return self._with(self._select.with_statement_hint(text, dialect_name))

    # -- other sources of rows

    def from_statement(self, statement: Any) -> Self:
        """Return the query of the same entities, whose rows come from another statement.

        Raises exc.InvalidRequestError for a query with clauses, which would not apply to those rows.
        """
        check_plain(self._statement, "from_statement", ())
        element = statement._statement if isinstance(statement, QueryClauses) else statement
        return self._with(self._statement.from_statement(element))

    def union(self, *q: Any) -> Self:
        """Return the query over the UNION with other queries."""
        return self._over("union", q)

    def union_all(self, *q: Any) -> Self:
        """Return the query over the UNION ALL with other queries."""
        return self._over("union_all", q)

    def intersect(self, *q: Any) -> Self:
        """Return the query over the INTERSECT with other queries."""
        return self._over("intersect", q)

    def intersect_all(self, *q: Any) -> Self:
        """Return the query over the INTERSECT ALL with other queries."""
        return self._over("intersect_all", q)

    def except_(self, *q: Any) -> Self:
        """Return the query over the EXCEPT with other queries."""
        return self._over("except_", q)

    def except_all(self, *q: Any) -> Self:
        """Return the query over the EXCEPT ALL with other queries."""
        return self._over("except_all", q)

    def _over(self, name: str, others: tuple[Any, ...]) -> Self:
        """Return the query whose entities come from this combination; options stay on it."""
        style = SelectLabelStyle.LABEL_STYLE_TABLENAME_PLUS_COL
        first = self._select.set_label_style(style)
        members = [each.set_label_style(style)._statement for each in others]
        combined = Combined(first, getattr(first, name)(*members).subquery())
        statement = select(*combined.entities)
        statement._with_options = self._statement._with_options
        statement._execution_options = self._statement._execution_options
        made = self._with(statement)
        made._combined = combined
        return made


def _none_for_false(clauses: tuple[Any, ...]) -> tuple[Any, ...]:
    """A first argument False takes all clauses away, as None does."""
    return (None,) if len(clauses) == 1 and clauses[0] is False else clauses
