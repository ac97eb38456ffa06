"""Query.update() and Query.delete(): the conditions of a query as those of an UPDATE or DELETE."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from orm import exc
from orm.sql.dml import delete, update

#: what a query may have had called -> what that leaves on its statement
_TRACES = {
    "limit": "_limit_clause",
    "offset": "_offset_clause",
    "order_by": "_order_by",
    "group_by": "_group_by",
    "distinct": "_distinct",
    "select_from": "_from_obj",
    "join": "_setup_joins",
    "filter": "_where_criteria",
    "having": "_having",
}


def check_plain(statement: Any, method: str, allowed: Iterable[str]) -> None:
    """Raise exc.InvalidRequestError if the query has clauses which `method` cannot take over."""
    for called, attribute in _TRACES.items():
        if called in allowed:
            continue
        found = getattr(statement, attribute, None)
        is_set = bool(found) if isinstance(found, (tuple, bool)) else found is not None
        if is_set:
            raise exc.InvalidRequestError(
                f"Query.{method}() cannot be called on a query that had {called}() called: "
                f"{_REMEDIES.get(method, 'it goes by filter() only.')}"
            )


#: the execution option which tells the bulk events of the Query
QUERY_OPTION = "_query"

_REMEDIES = {
    "get": "it looks a primary key up. Use filter(...).one_or_none().",
    "from_statement": "it would not apply to the rows of that statement. Add it there.",
}


def _target(query: Any, method: str) -> Any:
    statement = query._select
    check_plain(statement, method, ("filter",))
    element = statement._raw_columns[0]
    if element._is_from_clause and "parententity" not in element._annotations:
        return element
    try:
        entity = query._first_entity()
    except exc.InvalidRequestError:
        raise exc.ArgumentError(
            f"Query.{method}() needs a mapped class or a table to write to, not {element!s:.80}."
        ) from None
    return getattr(entity, "entity", entity)


def make_update(query: Any, values: Any, args: Mapping[str, Any]) -> Any:
    """Return the UPDATE for a query."""
    statement: Any = update(_target(query, "update")).where(*query._statement._where_criteria)
    pairs: Sequence[tuple[Any, Any]] = list(
        values.items() if isinstance(values, Mapping) else values
    )
    others = {key: value for key, value in args.items() if key != "preserve_parameter_order"}
    if args.get("preserve_parameter_order"):
        statement = statement.ordered_values(*pairs)
    else:
        statement = statement.values(dict(pairs))
    return statement.with_dialect_options(**others) if others else statement


def make_delete(query: Any, args: Mapping[str, Any]) -> Any:
    """Return the DELETE for a query."""
    statement: Any = delete(_target(query, "delete")).where(*query._statement._where_criteria)
    return statement.with_dialect_options(**args) if args else statement


def execute(query: Any, statement: Any, synchronize_session: Any) -> int:
    """Execute with the execution options of the query; return the number of rows matched."""
    options = {
        **query._statement._execution_options,
        "synchronize_session": synchronize_session,
        QUERY_OPTION: query,
    }
    return int(query.session.execute(statement, execution_options=options).rowcount)
