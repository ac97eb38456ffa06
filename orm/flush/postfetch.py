"""What the database made of a row, fetched right after the flush wrote it.

With `eager_defaults=True` all of it is there when the flush is over, also where the statement
could not return it. Listeners of `refresh_flush` learn which attributes got a value that the
application had not given.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from orm.flush import emit
from orm.sql.expression import tuple_
from orm.sql.select import select
from orm.state.instance_state import instance_dict

if TYPE_CHECKING:
    from orm.flush.unit_of_work import UnitOfWork

Pair = tuple[Any, Any]


def fetch_stale(uow: UnitOfWork, mapper: Any, pairs: Sequence[Pair]) -> None:
    """Load the column values which the flush would have expired, if the mapper wants them now.

    Cost: nothing unless `eager_defaults=True`; else one SELECT per 500 objects and set of columns.
    """
    if mapper.eager_defaults is not True or not uow.stale:
        return
    groups: dict[frozenset[str], list[Pair]] = {}
    for pair in pairs:
        names = uow.stale.pop(pair[0], None)
        if names:
            groups.setdefault(frozenset(names), []).append(pair)
    for wanted, own in groups.items():
        for part in emit.chunks(own, emit.KEYS_PER_STATEMENT):
            _fetch(uow, mapper, sorted(wanted), part)


def _fetch(uow: UnitOfWork, mapper: Any, names: Sequence[str], pairs: Sequence[Pair]) -> None:
    keys = [mapper.get_property(key).columns[0] for key in mapper.pk_keys]
    columns = [mapper.get_property(name).columns[0] for name in names]
    by_key = {
        tuple(instance_dict(obj).get(key) for key in mapper.pk_keys): (state, obj)
        for state, obj in pairs
    }
    statement = select(*keys, *columns).select_from(mapper.persist_selectable)
    if len(keys) == 1:
        statement = statement.where(keys[0].in_([key[0] for key in by_key]))
    else:
        statement = statement.where(tuple_(*keys).in_(list(by_key)))
    connection = uow.session._connection_for(mapper=mapper)
    width = len(keys)
    for row in connection.execute(statement):
        pair = by_key.pop(tuple(row[:width]), None)
        if pair is not None:
            instance_dict(pair[1]).update(zip(names, row[width:], strict=True))
    for state, _obj in by_key.values():
        # the database gives the key back otherwise than it was sent: loaded when it is asked for
        uow.stale[state] = list(names)


class Watch:
    """Which attributes objects lack before they are written, to tell `refresh_flush` afterwards."""

    def __init__(self, mapper: Any, pairs: Sequence[Pair], names: Iterable[str]) -> None:
        self.listeners = mapper.class_manager.dispatch.refresh_flush
        wanted = frozenset(names)
        self.before: list[tuple[Pair, dict[str, Any]]] = []
        if self.listeners:
            for pair in pairs:
                values = instance_dict(pair[1])
                self.before.append((pair, {name: values.get(name) for name in wanted}))

    def tell(self, uow: UnitOfWork) -> None:
        """Call the listeners for objects which have got values."""
        for (state, obj), before in self.before:
            values = instance_dict(obj)
            names = [n for n, old in before.items() if values.get(n) is not old]
            if names:
                for listener in self.listeners:
                    listener(state, uow, names)
