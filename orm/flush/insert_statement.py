"""InsertStatement: the compiled INSERT for one shape and mask on one engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from orm.flush import emit
from orm.flush.gen_params import row_processor
from orm.flush.insert_shape import InsertShape
from orm.sql.dml import insert
from orm.state.instance_state import instance_dict

if TYPE_CHECKING:
    from orm.flush.unit_of_work import UnitOfWork


class InsertStatement:
    """SQL, conversion of values, and what to do with returned rows.

    mode: "rows" (many rows in one statement, which returns `fetch`), "many" (executemany,
    nothing comes back) or "single". fetch: attributes of the returned columns, in order.
    expire: attributes to be loaded later. numbers_key: the database makes the key.
    reason: that of the statement with one row. numbered: the statement for one row whose key the
    driver tells by itself, which costs the database less than to return it, or None.
    """

    __slots__ = (
        "columns",
        "compiled",
        "convert",
        "descending",
        "expire",
        "fetch",
        "mode",
        "numbered",
        "numbers_key",
        "process_rows",
        "reason",
        "rows_per_statement",
        "shape",
        "texts",
    )

    def __init__(
        self, connection: Any, shape: InsertShape, mask: int, returns: bool = True
    ) -> None:
        dialect = connection.dialect
        self.shape = shape
        self.columns = shape.columns_of(mask)
        missing = shape.missing_of(mask) if returns else []
        mapper = shape.mapper
        self.numbers_key = shape.autokey in missing
        self.descending = self.numbers_key and _counts_down(shape.autokey)
        keys = [p for p in missing if p.column.primary_key]
        others = [p for p in missing if not p.column.primary_key]
        eager = mapper.eager_defaults in (True, "auto") and dialect.insert_returning
        fetch = [*keys, *(others if eager else ())] if dialect.insert_returning else []
        self.expire = [p.key for p in others if p not in fetch]
        self._choose_mode(dialect, keys, fetch)
        returned = list(fetch)
        if fetch and self.mode == "rows" and not self.numbers_key:
            # the objects' own keys come back first, to match rows with objects
            returned = [p for p in self.columns if p.column.primary_key] + fetch
        self.fetch = [p.key for p in returned]
        self.reason = emit.reason_for(mapper, 1)
        self._compile(connection, returned)

    def _choose_mode(self, dialect: Any, keys: Sequence[Any], fetch: Sequence[Any]) -> None:
        known_key = not keys or (len(keys) == 1 and self.numbers_key)
        if not keys and not fetch:
            self.mode = "many" if self.columns else "single"
        elif fetch and known_key and dialect.supports_multivalues_insert and self.columns:
            self.mode = "rows"
        else:
            self.mode = "single"

    def _compile(self, connection: Any, returned: Sequence[Any]) -> None:
        dialect = connection.dialect
        statement = insert(self.shape.table)
        if returned:
            statement = statement.returning(*[plan.column for plan in returned])
        names = [plan.column.key for plan in self.columns]
        self.compiled, _ = connection.compile(
            statement, column_keys=names, for_executemany=self.mode != "single"
        )
        if self.mode == "rows" and self.compiled.rows_text(1) is None:
            self.mode = "single"
        order, constants = emit.place_binds(self.compiled, names)
        width = len(names) + len(constants)
        process = row_processor(order, self.compiled.processors, width)
        self.process_rows = (
            (lambda rows: process([(*row, *constants) for row in rows])) if constants else process
        )
        width = max(1, len(order))
        self.rows_per_statement = max(
            1, min(emit.ROWS_PER_STATEMENT, dialect.max_parameters // width)
        )
        convert: list[Callable[[Any], Any] | None] = [
            column.type.result_processor(dialect, None) for column in self.compiled.result_columns
        ]
        self.convert = convert if any(convert) else None
        self.numbered = None
        if self._is_told(dialect):
            self.numbered, _ = connection.compile(
                insert(self.shape.table), column_keys=names, for_executemany=True
            )
        self.texts: dict[int, str] = {}

    def _is_told(self, dialect: Any) -> bool:
        """Return whether all that a row gives back is a number which the driver tells."""
        autokey = self.shape.autokey
        if self.mode != "rows" or not self.numbers_key or autokey is None or self.convert:
            return False
        return self.fetch == [autokey.key] and bool(dialect.tells_key(autokey.column))

    def text_for(self, count: int) -> str:
        """Return the SQL for this many rows; the last few texts are kept."""
        text = self.texts.get(count)
        if text is None:
            if len(self.texts) > 8:
                self.texts.clear()
            text = self.texts[count] = self.compiled.rows_text(count)
        return text

    def take(self, uow: UnitOfWork, pairs: Sequence[Any], fetched: Sequence[Any]) -> None:
        """Put returned rows into their objects."""
        convert = self.convert
        if convert is not None:
            fetched = [
                tuple(v if c is None else c(v) for v, c in zip(row, convert, strict=True))
                for row in fetched
            ]
        if len(pairs) == 1 and fetched:
            values = pairs[0][1].__dict__
            for key, value in zip(self.fetch, fetched[0], strict=True):
                values[key] = value
        elif self.numbers_key:
            self._take_numbered(pairs, fetched)
        else:
            self._take_matched(uow, pairs, fetched)
        if self.expire:
            for state, _obj in pairs:
                uow.stale.setdefault(state, []).extend(self.expire)

    def _take_numbered(self, pairs: Sequence[Any], fetched: Sequence[Any]) -> None:
        autokey = self.shape.autokey
        assert autokey is not None
        place = self.fetch.index(autokey.key)
        ordered = sorted(fetched, key=itemgetter(place), reverse=self.descending)
        if len(self.fetch) == 1:
            key = autokey.key
            for pair, row in zip(pairs, ordered, strict=True):
                pair[1].__dict__[key] = row[0]
            return
        for pair, row in zip(pairs, ordered, strict=True):
            pair[1].__dict__.update(zip(self.fetch, row, strict=True))

    def _take_matched(self, uow: UnitOfWork, pairs: Sequence[Any], fetched: Sequence[Any]) -> None:
        keys = [plan.key for plan in self.columns if plan.column.primary_key]
        width = len(keys)
        names = self.fetch[width:]
        by_key = {tuple(row[:width]): row[width:] for row in fetched}
        for state, obj in pairs:
            dict_ = instance_dict(obj)
            row = by_key.get(tuple(dict_[key] for key in keys))
            if row is not None:
                dict_.update(zip(names, row, strict=True))
            else:
                # the database wrote the key otherwise than it was given (padding, case)
                uow.stale.setdefault(state, []).extend(names)


def _counts_down(plan: Any) -> bool:
    for source in (plan.column.identity, plan.column.default):
        step = getattr(source, "increment", None)
        if step is not None and step < 0:
            return True
    return False


def statement_for(
    connection: Any, shape: InsertShape, mask: int, returns: bool = True
) -> InsertStatement:
    """Return the statement for a shape and mask, compiled once per engine.

    returns: whether what the database makes comes back.
    """
    key = ("flush insert", shape, mask, returns)
    cache = connection.plans
    found: InsertStatement | None = cache.get(key)
    if found is None:
        found = InsertStatement(connection, shape, mask, returns)
        cache.put(key, found)
    return found
