"""What went wrong when a row was not matched: the objects, with expected and found version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from orm import exc
from orm.flush.update_statement import UpdateTable, former
from orm.sql.select import select
from orm.state.instance_state import instance_dict

if TYPE_CHECKING:
    from orm.flush.unit_of_work import UnitOfWork

_SHOWN = 5


def explain_stale(
    uow: UnitOfWork, connection: Any, table: UpdateTable, pairs: Sequence[tuple[Any, Any]]
) -> str:
    """Return sentences which name the objects whose rows are gone or have changed.

    Cost: one SELECT per object, for the first 50, on the way to an error.
    """
    found: list[str] = []
    for state, obj in pairs[:50]:
        if len(found) >= _SHOWN:
            break
        try:
            text = _explain(uow, connection, table, state, obj)
        except exc.SQLAlchemyError:
            break
        if text:
            found.append(text)
    if not found:
        found = [f"{state!r}" for state, _ in pairs[:_SHOWN]]
        return f"Objects: {', '.join(found)}."
    remedy = "Another transaction has been there first: roll back, load again, and repeat."
    return f"{' '.join(found)} {remedy}"


def _explain(uow: UnitOfWork, connection: Any, table: UpdateTable, state: Any, obj: Any) -> str:
    dict_ = instance_dict(obj)
    keys = table.key_values(uow, state, dict_)
    columns = [column for _key, column in table.key_columns]
    version = table.columns.get(table.version_key) if table.version_key else None
    wanted = columns[0] if version is None else version
    criteria = [column == value for column, value in zip(columns, keys, strict=True)]
    row = connection.execute(select(wanted).where(*criteria)).first()
    if row is None:
        return f"The row of {state!r} is no longer there."
    if version is None or table.version_key is None:
        return ""
    expected = former(state, dict_, table.version_key)
    if row[0] == expected:
        return ""
    return f"{state!r} was expected in version {expected!r} and found in version {row[0]!r}."
