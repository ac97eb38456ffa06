"""CursorResult: the result of one execution on a DBAPI cursor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from orm import exc
from orm.engine.gen_rows import Convert, Step, make_convert
from orm.engine.parts import consume
from orm.engine.result import IteratorResult, Result
from orm.engine.row import RMKeyView, Row, RowLayout, make_row_class, row_class
from orm.engine.source import ListSource, RowStream
from orm.log import DEBUG, shorten_parameters
from orm.util.collections import EMPTY_MAP
from orm.util.typevars import Ts

if TYPE_CHECKING:
    from orm.compiler.compiled import Compiled
    from orm.engine.connection import Connection


class RowPlan:
    """How the rows of a compiled statement are read: names, Row class, conversion."""

    __slots__ = ("convert", "layout", "row_class")

    def __init__(self, layout: RowLayout, made: type[Row], convert: Convert | None) -> None:
        self.layout = layout
        self.row_class = made
        self.convert = convert


def plan_rows(compiled: Compiled | None, dialect: Any, description: Any) -> RowPlan:
    """Return the plan for the rows of a cursor, remembered on the compiled statement."""
    if compiled is not None:
        known = compiled.memo
        if known is not None and len(known.layout.keys) == len(description):
            plan: RowPlan = known
            return plan
        columns = compiled.result_columns
        if columns and len(columns) == len(description):
            plan = compiled.memo = _plan_columns(columns, dialect, description)
            return plan
    keys = tuple([str(entry[0]) for entry in description])
    made = row_class(keys)
    return RowPlan(made._layout, made, None)


def _plan_columns(columns: Sequence[Any], dialect: Any, description: Any) -> RowPlan:
    steps: list[Step] = []
    processors: list[Callable[[Any], Any] | None] = []
    for column, entry in zip(columns, description, strict=True):
        kind = column.type.dialect_impl(dialect)
        process = kind.result_processor(dialect, entry[1])
        processors.append(process)
        steps.append(kind.inline_result(dialect) or process if process is not None else None)
    layout = RowLayout([column.key for column in columns], [column.objects for column in columns])
    return RowPlan(layout, make_row_class(layout), make_convert(steps, processors))


class CursorSource:
    """Reads a DBAPI cursor, converting as planned."""

    __slots__ = ("_connection", "_convert", "_cursor")

    def __init__(self, connection: Connection, cursor: Any, convert: Convert | None) -> None:
        self._connection = connection
        self._cursor = cursor
        self._convert = convert

    def fetch_all(self) -> list[Any]:
        """Return the rows that are left."""
        try:
            rows = self._cursor.fetchall()
        except Exception as error:
            self._raise(error)
        rows = rows if type(rows) is list else list(rows)
        return rows if self._convert is None else self._convert(rows)

    def fetch_rows(self, make_row: Callable[[Any], Any]) -> list[Any]:
        """Return make_row(values) of each row that is left."""
        convert = self._convert

        def make(rows: Iterable[Any]) -> list[Any]:
            return list(map(make_row, rows if convert is None else convert(rows)))

        try:
            return consume(make, self._connection.dialect, self._cursor)
        except self._connection.dialect.driver_error as error:
            self._raise(error)

    def fetch_many(self, count: int) -> list[Any]:
        """Return the next rows."""
        try:
            rows = self._cursor.fetchmany(count)
        except Exception as error:
            self._raise(error)
        rows = rows if type(rows) is list else list(rows)
        return rows if self._convert is None else self._convert(rows)

    def _raise(self, error: Exception) -> NoReturn:
        from orm.engine.execution import raise_error

        raise_error(self._connection, error, None, None, False, self._cursor)
        raise AssertionError  # raise_error never returns

    def close(self) -> None:
        """Close the cursor."""
        cursor = self._cursor
        try:
            cursor.close()
        except Exception as error:
            dialect = self._connection.dialect
            if not isinstance(error, dialect.driver_error):
                raise


class LoggedCursorSource(CursorSource):
    """The same, writing each row to the engine's log; for echo="debug"."""

    __slots__ = ()

    def _log(self, rows: list[Any]) -> list[Any]:
        engine = self._connection.engine
        for row in rows:
            shown = "hidden" if engine.hide_parameters else shorten_parameters(row)
            engine.logger.debug("Row %s", shown)
        return rows

    def fetch_all(self) -> list[Any]:
        """Return the rows that are left."""
        return self._log(super().fetch_all())

    def fetch_many(self, count: int) -> list[Any]:
        """Return the next rows."""
        return self._log(super().fetch_many(count))


class _NoRows:
    """The source of a result that has no rows."""

    __slots__ = ()

    def fetch_all(self) -> list[Any]:
        """Refuse."""
        raise exc.ResourceClosedError(
            "The statement gave no rows (it was no SELECT and had no RETURNING), so there is "
            "nothing to fetch. Add .returning(...), or read result.rowcount."
        )

    def fetch_many(self, count: int) -> list[Any]:
        """Refuse."""
        return self.fetch_all()

    def close(self) -> None:
        """Do nothing."""


_EMPTY_LAYOUT = RowLayout(())
_NO_ROWS = _NoRows()


class CursorResult(Result[*Ts]):
    """The result of Connection.execute(): rows, or the facts of an INSERT, UPDATE or DELETE.

    rowcount: rows matched by an UPDATE or DELETE, inserted by an INSERT; -1 where unknown.
    """

    __slots__ = (
        "_compiled",
        "_defaults",
        "_extracted",
        "_inserted_keys",
        "_lastrowid",
        "_params",
        "connection",
        "cursor",
        "options",
        "rowcount",
    )

    def __init__(
        self,
        connection: Connection,
        cursor: Any,
        compiled: Compiled | None,
        *,
        options: Mapping[str, Any] = EMPTY_MAP,
        params: Any = None,
        extracted: Sequence[Any] | None = None,
        implicit: bool = False,
    ) -> None:
        """implicit: the rows are those which the statement was made to return for itself."""
        self.connection = connection
        self.cursor = cursor
        self.options = options
        self.rowcount: int = cursor.rowcount
        self._compiled = compiled
        self._params = params
        self._extracted = extracted
        self._inserted_keys: list[Any] | None = None
        self._defaults: list[Any] | None = None
        self._lastrowid: Any = None
        plan = compiled.memo if compiled is not None and compiled.kind == "select" else None
        # reading the description costs some drivers microseconds; a SELECT's is known
        description = cursor.description if plan is None else ()
        if description is None and compiled is not None and compiled.returning and not implicit:
            # MariaDB gives no rows at all, not even none, for a condition that it sees to be false
            columns = compiled.result_columns
            nothing = [(column.name, None) for column in columns]
            plan = _plan_columns(columns, connection.dialect, nothing)
            cursor.close()
            super().__init__(RowStream(plan.layout, ListSource([]), False, None, plan.row_class))
            return
        if description is None or implicit:
            rows = cursor.fetchall() if implicit and description is not None else []
            if implicit and compiled is not None:
                rows = [self._convert_implicit(compiled, row) for row in rows]
                self._note_defaults(compiled, rows)
            self._note_insert(rows)
            cursor.close()
            super().__init__(RowStream(_EMPTY_LAYOUT, _NO_ROWS))
            return
        if plan is None:
            plan = plan_rows(compiled, connection.dialect, description)
        debug = connection._echo and connection.engine.logger.isEnabledFor(DEBUG)
        kind = LoggedCursorSource if debug else CursorSource
        source: Any = kind(connection, cursor, plan.convert)
        if compiled is not None and compiled.kind != "select" and compiled.returning:
            # the statement must have run to its end before anything else happens
            items = source.fetch_all()
            self.rowcount = cursor.rowcount if cursor.rowcount >= 0 else len(items)
            source.close()
            source = ListSource(items)
        stream = RowStream(plan.layout, source, False, None, plan.row_class)
        stream.yield_per = options.get("yield_per") if options else None
        super().__init__(stream)

    def _all(self) -> list[Any]:
        stream = self._stream
        source = stream.source
        untouched = not (stream.buffer or stream.exhausted or stream.closed)
        if untouched and self._seen is None and type(source) is CursorSource:
            made = source.fetch_rows(self._row_class())
            stream.finish()
            return made
        return super()._all()

    def _note_insert(self, rows: Sequence[Any]) -> None:
        compiled = self._compiled
        if compiled is None or compiled.kind != "insert" or compiled.dml is None:
            self._lastrowid = getattr(self.cursor, "lastrowid", None)
            return
        self._lastrowid = getattr(self.cursor, "lastrowid", None)
        if isinstance(self._params, list):
            return
        usable = self._lastrowid if self.connection.dialect.postfetch_lastrowid else None
        row = rows[0] if rows else None
        key = compiled.inserted_primary_key(self._params, self._extracted, usable or None, row)
        self._inserted_keys = [key]

    def _note_defaults(self, compiled: Compiled, rows: list[Any]) -> None:
        if getattr(compiled.statement, "_return_defaults", False):
            self.rowcount = max(self.rowcount, len(rows))
            columns = compiled.implicit_returning
            made = make_row_class(RowLayout([c.key for c in columns], [(c,) for c in columns]))
            self._defaults = [made(row) for row in rows]

    def _convert_implicit(self, compiled: Compiled, row: Any) -> Any:
        dialect = self.connection.dialect
        made = []
        for column, value in zip(compiled.implicit_returning, row, strict=False):
            process = column.type.dialect_impl(dialect).result_processor(dialect, None)
            made.append(value if process is None else process(value))
        return tuple(made)

    @property
    def returns_rows(self) -> bool:
        """Whether there are rows to fetch, if only none."""
        return self._stream.source is not _NO_ROWS

    @property
    def is_insert(self) -> bool:
        """Whether the statement was an INSERT."""
        return self._compiled is not None and self._compiled.kind == "insert"

    @property
    def lastrowid(self) -> Any:
        """The driver's `cursor.lastrowid`."""
        return self._lastrowid if not self.returns_rows else getattr(self.cursor, "lastrowid", None)

    @property
    def inserted_primary_key(self) -> Any:
        """The primary key of the inserted row, as a Row; None for a part not known.

        Raises exc.InvalidRequestError after anything but the INSERT of one row.
        """
        rows = self.inserted_primary_key_rows
        return rows[0] if rows else None

    @property
    def inserted_primary_key_rows(self) -> list[Any]:
        """The primary keys of the inserted rows. Raises as inserted_primary_key."""
        compiled = self._compiled
        if compiled is None or compiled.kind != "insert" or compiled.dml is None:
            raise exc.InvalidRequestError("Only an insert() has inserted primary keys.")
        if self._inserted_keys is None:
            raise exc.InvalidRequestError(
                "The keys of inserted rows are known for one row at a time only. "
                "Use insert(...).returning(...) to have them of many rows, or of rows you read."
            )
        keys = tuple(column.key for column in compiled.dml.table.primary_key)
        kind = row_class(keys)
        return [kind(key) for key in self._inserted_keys]

    @property
    def returned_defaults(self) -> Any:
        """What return_defaults() brought, as a Row: the columns which only the server knew.

        None after other statements, and where nothing was left to the server.
        """
        rows = self.returned_defaults_rows
        return rows[0] if rows else None

    @property
    def returned_defaults_rows(self) -> list[Any] | None:
        """The same of all rows that an UPDATE changed."""
        return self._defaults

    def prefetch_cols(self) -> list[Any]:
        """Return the columns whose default was computed in Python before the statement was sent."""
        return list(self._require_dml().prefetch)

    def postfetch_cols(self) -> list[Any]:
        """Return the columns whose value the server made; read them with a SELECT."""
        return list(self._require_dml().postfetch)

    def lastrow_has_defaults(self) -> bool:
        """Return whether there are postfetch_cols()."""
        return bool(self.postfetch_cols())

    def _require_dml(self) -> Compiled:
        if self._compiled is None or self._compiled.dml is None:
            raise exc.InvalidRequestError("Only an insert() or update() has columns with defaults.")
        return self._compiled

    def splice_horizontally(self, other: CursorResult[Any]) -> IteratorResult[Any]:
        """Return a result whose rows have the columns of this one and then those of the other.

        Both are read to their end; the rows belong together by their order.
        """
        mine, theirs = self._stream.layout, other._stream.layout
        objects = (*mine.objects, *theirs.objects) if mine.objects and theirs.objects else ()
        layout = RowLayout((*mine.keys, *theirs.keys), objects)
        pairs = zip(self._stream.fetch_all(), other._stream.fetch_all(), strict=True)
        return IteratorResult(layout, [(*left, *right) for left, right in pairs])

    def splice_vertically(self, other: CursorResult[Any]) -> IteratorResult[Any]:
        """Return a result with the rows of this one and then those of the other."""
        rows = [*self._stream.fetch_all(), *other._stream.fetch_all()]
        return IteratorResult(self._stream.layout, rows)

    def keys(self) -> RMKeyView:
        """Return the names of the columns. Raises exc.ResourceClosedError without rows."""
        if not self.returns_rows:
            self._stream.source.fetch_all()
        return super().keys()

    def last_inserted_params(self) -> Any:
        """Return the parameters of the INSERT, defaults included."""
        return self._construct_params("insert")

    def last_updated_params(self) -> Any:
        """Return the parameters of the UPDATE, defaults included."""
        return self._construct_params("update")

    def _construct_params(self, kind: str) -> Any:
        if self._compiled is None or self._compiled.kind != kind:
            raise exc.InvalidRequestError(f"The statement was no {kind}().")
        if isinstance(self._params, list):
            return self._params
        return self._compiled.construct_params(self._params, self._extracted)

    def supports_sane_rowcount(self) -> bool:
        """Return whether the driver's rowcount can be trusted."""
        return bool(self.connection.dialect.supports_sane_rowcount)

    def supports_sane_multi_rowcount(self) -> bool:
        """Return whether it can be trusted after executemany."""
        return bool(self.connection.dialect.supports_sane_multi_rowcount)

    def _detach_rows(self) -> CursorResult:
        """Read all rows now, so that the connection can be closed."""
        if self.returns_rows:
            stream = self._stream
            stream.buffer.extend(stream.source.fetch_all())
            stream.finish()
        return self
