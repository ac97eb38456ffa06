"""Query: the 1.x interface, a thin face over select() and Session.execute()."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from orm import exc
from orm.sql.dml import delete, update
from orm.sql.expression import exists
from orm.sql.functions import func
from orm.sql.select import select
from orm.sql.text import literal_column

if TYPE_CHECKING:
    from orm.session.session import Session

#: methods of Select that a Query has under the same name, and which give a new Query
_GENERATIVE = (
    "add_columns", "distinct", "execution_options", "filter", "filter_by", "group_by", "having",
    "join", "limit", "offset", "options", "order_by", "outerjoin", "params", "prefix_with",
    "select_from", "slice", "where", "with_for_update",
)  # fmt: skip


class Query:
    """A select of entities or columns, bound to a session.

    Each method that narrows it returns a new Query; what fetches executes it. With a single
    entity the items are objects, made unique; otherwise they are rows.
    """

    def __init__(self, entities: Any, session: Session | None = None) -> None:
        given = entities if isinstance(entities, (tuple, list)) else (entities,)
        self.session: Any = session
        self._entities = tuple(given)
        self._statement: Any = select(*given)

    def _with(self, statement: Any) -> Query:
        made = Query.__new__(type(self))
        made.session = self.session
        made._entities = self._entities
        made._statement = statement
        return made

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    @property
    def statement(self) -> Any:
        """The select()."""
        return self._statement

    def __str__(self) -> str:
        return str(self._statement)

    def __clause_element__(self) -> Any:
        return self._statement

    def with_session(self, session: Session) -> Query:
        """Return the query bound to another session."""
        made = self._with(self._statement)
        made.session = session
        return made

    def with_entities(self, *entities: Any) -> Query:
        """Return the query with other columns and the same rest."""
        made = self._with(self._statement.with_only_columns(*entities))
        made._entities = entities
        return made

    def add_entity(self, entity: Any) -> Query:
        """Return the query with one more entity."""
        made = self._with(self._statement.add_columns(entity))
        made._entities = (*self._entities, entity)
        return made

    def populate_existing(self) -> Query:
        """Return the query overwriting objects that are loaded already."""
        return self._with(self._statement.execution_options(populate_existing=True))

    def yield_per(self, count: int) -> Query:
        """Return the query fetching in portions."""
        return self._with(self._statement.execution_options(yield_per=count))

    def autoflush(self, setting: bool) -> Query:
        """Return the query which flushes first, or does not."""
        return self._with(self._statement.execution_options(autoflush=setting))

    def from_statement(self, statement: Any) -> Query:
        """Return the query taking its rows from another statement."""
        return self._with(select(*self._entities).from_statement(statement))

    def union(self, *others: Query) -> Query:
        """Return the query over the union with others."""
        return self._combined("union", others)

    def union_all(self, *others: Query) -> Query:
        """Return the query over the union with others, duplicates kept."""
        return self._combined("union_all", others)

    def _combined(self, name: str, others: Sequence[Query]) -> Query:
        combined = getattr(self._statement, name)(*[other._statement for other in others])
        return self._with(select(*self._entities).from_statement(combined))

    def subquery(self, name: str | None = None) -> Any:
        """Return the select as a subquery."""
        return self._statement.subquery(name)

    def cte(self, name: str | None = None, recursive: bool = False) -> Any:
        """Return the select as a common table expression."""
        return self._statement.cte(name, recursive=recursive)

    def scalar_subquery(self) -> Any:
        """Return the select as a value."""
        return self._statement.scalar_subquery()

    def exists(self) -> Any:
        """Return EXISTS over the select."""
        inner = self._statement.with_only_columns(literal_column("1"), maintain_column_froms=True)
        return exists(inner)

    # -- what executes

    @property
    def _gives_objects(self) -> bool:
        return len(self._statement._raw_columns) == 1 and bool(
            getattr(self._statement._raw_columns[0], "_is_from_clause", False)
        )

    def _execute(self) -> Any:
        result = self.session.execute(self._statement)
        if self._gives_objects:
            result = result.scalars()
            if not self._statement._execution_options.get("yield_per"):
                result = result.unique()
        return result

    def __iter__(self) -> Iterator[Any]:
        return iter(self._execute())

    def all(self) -> list[Any]:
        """Return all objects or rows."""
        return list(self._execute().all())

    def first(self) -> Any:
        """Return the first, or None; fetches one row only."""
        limited = self if self._statement._limit_clause is not None else self.limit(1)
        return limited._execute().first()

    def one(self) -> Any:
        """Return the only one; raises exc.NoResultFound or exc.MultipleResultsFound."""
        return self._execute().one()

    def one_or_none(self) -> Any:
        """Return the only one, or None; raises exc.MultipleResultsFound."""
        return self._execute().one_or_none()

    def scalar(self) -> Any:
        """Return the first element of the only row, or None."""
        row = self.session.execute(self._statement).one_or_none()
        return None if row is None else row[0]

    def get(self, ident: Any) -> Any:
        """Return the object with this primary key; see Session.get."""
        return self.session.get(self._entities[0], ident)

    def count(self) -> int:
        """Return the number of rows."""
        inner = self._statement.order_by(None).subquery()
        return int(self.session.scalar(select(func.count()).select_from(inner)))

    def __getitem__(self, item: int | slice) -> Any:
        if isinstance(item, slice):
            start, stop = item.start or 0, item.stop
            if start < 0 or (stop is not None and stop < 0):
                raise IndexError("A query takes no negative index: sort the other way round.")
            found = self.offset(start) if start else self
            if stop is not None:
                found = found.limit(max(0, stop - start))
            return found.all()[:: item.step or 1]
        if item < 0:
            raise IndexError("A query takes no negative index: sort the other way round.")
        return self.offset(item).limit(1).all()[0]

    def update(self, values: Mapping[Any, Any], synchronize_session: Any = "auto") -> int:
        """UPDATE the rows that match; returns how many."""
        statement = update(self._target()).where(*self._statement._where_criteria)
        return self._write(statement.values(dict(values)), synchronize_session)

    def delete(self, synchronize_session: Any = "auto") -> int:
        """DELETE the rows that match; returns how many."""
        statement = delete(self._target()).where(*self._statement._where_criteria)
        return self._write(statement, synchronize_session)

    def _target(self) -> Any:
        statement = self._statement
        if statement._limit_clause is not None or statement._setup_joins:
            raise exc.InvalidRequestError(
                "update() and delete() of a Query go by filter() only, without limit() or join()."
            )
        return self._entities[0]

    def _write(self, statement: Any, synchronize_session: Any) -> int:
        options = {"synchronize_session": synchronize_session}
        return int(self.session.execute(statement, execution_options=options).rowcount)

    def __repr__(self) -> str:
        return f"<Query {self._statement!s:.200}>"


def _add_generative(name: str) -> None:
    def method(self: Query, *args: Any, **kwargs: Any) -> Query:
        return self._with(getattr(self._statement, name)(*args, **kwargs))

    method.__name__ = name
    method.__doc__ = f"Return the query with select().{name}(...) applied."
    setattr(Query, name, method)


for _name in _GENERATIVE:
    _add_generative(_name)
