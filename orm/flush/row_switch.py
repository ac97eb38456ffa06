"""Row switch: a new object with the key of one that is deleted in the same flush.

Its INSERT would come before the DELETE and fail; the row is updated instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from orm.state.instance_state import instance_dict

if TYPE_CHECKING:
    from orm.flush.unit_of_work import UnitOfWork


def switch_rows(uow: UnitOfWork, mapper: Any, pairs: Sequence[tuple[Any, Any]]) -> None:
    """Find among new objects those which take over the row of a deleted one.

    They go into `uow.row_switches`, and the deleted ones into `uow.replaced`: deleted as
    objects, while their row stays.
    """
    identities = uow.session.identity_map.for_mapper(mapper.base_mapper)
    for state, obj in pairs:
        dict_ = instance_dict(obj)
        values = [dict_.get(key) for key in mapper.pk_keys]
        if any(value is None for value in values):
            continue
        old = identities.get(mapper.ident_from_values(values))
        if old is None or not uow.is_delete(old) or old.manager.mapper is not mapper:
            continue
        uow.row_switches[state] = old
        uow.replaced.append(old)
        uow.kept_alive.append(uow.deletes[mapper].pop(old))
