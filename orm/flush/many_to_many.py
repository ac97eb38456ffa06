"""Many-to-many: rows of the association table follow the collections of both sides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from orm import exc
from orm.flush import emit
from orm.flush.processor import Pair, Processor, ident_parts, pairs_of, read_key
from orm.sql.dml import delete, insert, update
from orm.sql.elements import BindParameter
from orm.state.backrefs import has_parent
from orm.state.instance_state import instance_dict

if TYPE_CHECKING:
    from orm.flush.unit_of_work import UnitOfWork


class ManyToMany(Processor):
    """The objects handed in are linked to others by rows of `prop.secondary`.

    near, far: (attribute on our side or theirs, column of the association table).
    """

    def __init__(self, mapper: Any, prop: Any) -> None:
        super().__init__(mapper, prop)
        self.table = prop.secondary
        self.near = [(mapper.column_key[a], b) for a, b in prop.synchronize_pairs]
        far = prop.secondary_synchronize_pairs
        self.far = [(prop.mapper.column_key[a], b) for a, b in far]

    def prepare_saves(self, uow: UnitOfWork, pairs: Sequence[Pair]) -> None:
        """Objects which nobody holds any more are deleted, if they are owned by this side."""
        if not self.deletes_orphans:
            return
        for state, obj in pairs:
            if state.ident is not None and self.has_change(state):
                for child_state, child in pairs_of(self.history(state, obj).deleted):
                    if child_state.ident is not None and not has_parent(self.prop, child_state):
                        uow.add_delete(child_state, child)

    def insert_links(self, uow: UnitOfWork) -> None:
        """Insert the rows of added members, each once though both sides know of it."""
        rows: list[dict[str, Any]] = []
        for state, obj in list(uow.saves.get(self.mapper, {}).items()):
            for child_state, child in self._added(state, obj):
                self.refuse_other(child)
                if not self.belongs(uow, child_state) or uow.is_delete(child_state):
                    continue
                if self._is_first(uow, "insert", state, child_state):
                    rows.append(self._row(state, obj, child_state, child))
        if rows:
            connection = uow.session._connection_for(mapper=self.mapper)
            emit.run_many(uow, connection, insert(self.table), rows)

    def _added(self, state: Any, obj: Any) -> list[Pair]:
        if not self.has_change(state) and not (
            state.ident is None and self.key in instance_dict(obj)
        ):
            return []
        history = self.history(state, obj)
        if self.prop.uselist:
            self.refuse_none(history.added)
        return pairs_of(history.non_deleted() if state.ident is None else history.added)

    def _is_first(self, uow: UnitOfWork, what: str, state: Any, child_state: Any) -> bool:
        linked = uow.linked
        for other in self.prop._reverse_property:
            if (what, other, child_state, state) in linked:
                return False
        entry = (what, self.prop, state, child_state)
        if entry in linked:
            return False
        linked.add(entry)
        return True

    def _row(self, state: Any, obj: Any, child_state: Any, child: Any) -> dict[str, Any]:
        row = {column.key: read_key(state, obj, key) for key, column in self.near}
        row.update({column.key: read_key(child_state, child, key) for key, column in self.far})
        return row

    def switch_links(self, uow: UnitOfWork) -> None:
        """Write the keys which have changed into the association rows, unless the database does."""
        if self.prop.passive_updates:
            return
        rows: list[dict[str, Any]] = []
        for state, obj in list(uow.saves.get(self.mapper, {}).items()):
            if state not in uow.new_idents:
                continue
            former = ident_parts(state)
            row = {"link_" + column.key: former.get(key) for key, column in self.near}
            row.update(
                {"new_" + column.key: read_key(state, obj, key) for key, column in self.near}
            )
            rows.append(row)
        if not rows:
            return
        columns = [column for _key, column in self.near]
        values = {c: BindParameter("new_" + c.key, type_=c.type, required=True) for c in columns}
        statement = update(self.table).where(*_criteria(columns)).values(values)
        emit.run_many(uow, uow.session._connection_for(mapper=self.mapper), statement, rows)

    def delete_links(self, uow: UnitOfWork) -> None:
        """Delete the rows of removed members, and all rows of deleted objects."""
        rows: list[dict[str, Any]] = []
        for state, obj in list(uow.saves.get(self.mapper, {}).items()):
            if state.ident is None or not self.has_change(state):
                continue
            for child_state, child in pairs_of(self.history(state, obj).deleted):
                if child_state.ident is None and not uow.is_save(child_state):
                    continue
                if self._is_first(uow, "delete", state, child_state):
                    rows.append(self._row(state, obj, child_state, child))
        if rows:
            self._delete_rows(uow, rows)
        gone = list(uow.deletes.get(self.mapper, {}).items())
        if gone and not self.prop.passive_deletes:
            self._delete_all_of(uow, gone)

    def _delete_rows(self, uow: UnitOfWork, rows: list[dict[str, Any]]) -> None:
        columns = [column for _key, column in (*self.near, *self.far)]
        criteria = _criteria(columns)
        params = [{"link_" + key: value for key, value in row.items()} for row in rows]
        connection = uow.session._connection_for(mapper=self.mapper)
        matched = emit.run_many(uow, connection, delete(self.table).where(*criteria), params)
        if matched not in (-1, len(rows)):
            raise exc.StaleDataError(
                f"A DELETE of {len(rows)} row(s) of {self.table.description!r} found "
                f"{matched}. Another transaction has "
                f"changed {self.prop}, or the rows were there twice."
            )

    def _delete_all_of(self, uow: UnitOfWork, pairs: Sequence[Pair]) -> None:
        """Delete the rows of deleted objects: by one IN where the key has one column."""
        connection = uow.session._connection_for(mapper=self.mapper)
        if len(self.near) == 1:
            key, column = self.near[0]
            values = [read_key(state, obj, key) for state, obj in pairs]
            for chunk in emit.chunks(values, 500):
                emit.run_one(uow, connection, delete(self.table).where(column.in_(chunk)))
            return
        criteria = _criteria([column for _key, column in self.near])
        rows = [
            {"link_" + column.key: read_key(state, obj, key) for key, column in self.near}
            for state, obj in pairs
        ]
        emit.run_many(uow, connection, delete(self.table).where(*criteria), rows)


def _criteria(columns: Sequence[Any]) -> list[Any]:
    return [
        column == BindParameter("link_" + column.key, type_=column.type, required=True)
        for column in columns
    ]
