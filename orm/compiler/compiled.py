"""Compiled: SQL text with the plan that turns bound values into the driver's arguments.

A statement is compiled once per structure; `make_args()` then serves every execution of a statement of the same structure. It
reads the values from the binds of the statement being executed, so that no value is ever part of the text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final

from orm import exc
from orm.compiler.defaults import DefaultContext
from orm.compiler.parameters import (
    MARK,
    ROW_MARK,
    Processor,
    Slot,
    Template,
    as_list,
    expand_list,
    list_args,
    make_named_holes,
    make_placeholder,
    name_in_text,
    shown_params,
)
from orm.util.collections import EMPTY_MAP
from orm.util.record import Record

# how many texts with differing lengths of IN lists one statement remembers
_MAX_TEXTS: Final = 64

Args = tuple[Any, ...] | dict[str, Any]


class ResultColumn(Record):
    """One column of the rows that a statement returns.

    name: as the database names it. key: the attribute of the row. objects: the expressions by which the row may be asked
    for it. type: its SQL type, for the conversion of values.
    """

    name: str
    key: str
    objects: tuple[Any, ...]
    type: Any


class InsertPlan(Record):
    """What an INSERT knows of its columns.

    table: the target. slots: column key to the slot which holds the inserted value. prefetch: columns whose client-side
    default is evaluated per row. postfetch: columns whose value only the server knows. implicit_returning: columns that were
    added to RETURNING to learn the primary key. columns: the keys of the columns written, in order.
    """

    table: Any
    slots: Mapping[str, int]
    prefetch: tuple[Any, ...]
    postfetch: tuple[Any, ...]
    implicit_returning: tuple[Any, ...]
    columns: tuple[str, ...]


class ExpandedState(Record):
    """A statement whose lists are written out. statement: the text. parameters: value by name. positiontup: the name of each
    placeholder in the order of the text, None where placeholders have names."""

    statement: str
    parameters: dict[str, Any]
    positiontup: list[str] | None

    @property
    def positional_parameters(self) -> tuple[Any, ...]:
        """The values in the order of the text; raises exc.InvalidRequestError where placeholders have names."""
        if self.positiontup is None:
            raise exc.InvalidRequestError(
                "This dialect's placeholders have names: read the values from .parameters"
            )
        return tuple([self.parameters[name] for name in self.positiontup])

    @property
    def additional_parameters(self) -> dict[str, Any]:
        """The values by name."""
        return self.parameters


class Compiled:
    """A statement as SQL text for one dialect. Immutable; shared by threads.

    statement: what was compiled. string: the SQL text; where a list is expanded, it shows `__[POSTCOMPILE_name]`.
    binds: the BindParameter behind each placeholder, in the order of the text. kind: "select", "insert", "update",
    "delete", "text" or "ddl". returning: rows come back from a DML statement. dml: the plan of an INSERT or UPDATE.
    """

    __slots__ = (
        "_all_own",
        "_fast",
        "_head",
        "_hole_names",
        "_many",
        "_placeholder",
        "_row",
        "_row_texts",
        "_shown_params",
        "_slots",
        "_tail",
        "_template",
        "_texts",
        "binds",
        "dialect",
        "dml",
        "extracted",
        "has_expanding",
        "kind",
        "memo",
        "result_columns",
        "returning",
        "schema_translate_map",
        "statement",
        "string",
    )

    def __init__(
        self,
        statement: Any,
        dialect: Any,
        text: str,
        slots: Sequence[Slot],
        *,
        kind: str,
        result_columns: tuple[ResultColumn, ...] = (),
        returning: bool = False,
        dml: InsertPlan | None = None,
        extracted: tuple[Any, ...] = (),
        schema_translate_map: Mapping[str | None, str | None] | None = None,
    ) -> None:
        """text: as the compiler wrote it, with marks for the placeholders."""
        self.statement = statement
        self.dialect = dialect
        self.kind = kind
        self._shown_params: dict[str, Any] | None = None
        # how the rows of this statement are read; kept here by the engine
        self.memo: Any = None
        self.result_columns = result_columns
        self.returning = returning
        self.dml = dml
        self.extracted = extracted
        self.schema_translate_map = schema_translate_map
        self._slots = tuple(slots)
        self._placeholder = make_placeholder(dialect.paramstyle)
        if dialect.paramstyle in ("format", "pyformat"):
            text = text.replace("%", "%%")
        self._head, self._row, self._tail = _split_row(text)
        template = self._template = Template.parse(text.replace(ROW_MARK, ""))
        self.has_expanding = any(slot.expand is not None for slot in self._slots)
        self._hole_names = self._name_holes()
        if self._hole_names is not None:
            self._placeholder = make_named_holes(self._hole_names)
        placed = [self._slots[hole] for hole in template.holes]
        self.binds = tuple([slot.bind for slot in placed])
        self.string = self._render({})
        self._texts: dict[tuple[int, ...], str] = {}
        self._row_texts: dict[int, str] = {}
        self._many: dict[tuple[str, ...], Callable[[Mapping[str, Any]], Args]] = {}
        # True when every value is known without parameters and defaults. Whether a named parameter lacks its
        # value is no part of the statement's structure, so those take the slower way.
        self._all_own = not (self.has_expanding or self._hole_names) and not any(
            slot.required or slot.default is not None or (slot.place >= 0 and not slot.bind.unique)
            for slot in self._slots
        )
        self._fast = tuple([(slot.place, slot.process, slot.bind) for slot in placed])

    def _name_holes(self) -> tuple[str, ...] | None:
        """Names for the placeholders if the same value stands in several places, and the database must see that it is the same.

        `SELECT a + $1 ... GROUP BY a + $2` is refused, whatever the values are. A parameter which the application named may
        stand for values of several types in a statement that writes, so that it is not put together there.
        """
        holes = self._template.holes
        if len(set(holes)) == len(holes) or self.dialect.paramstyle != "pyformat":
            return None
        if not getattr(self.dialect, "distinguishes_parameters", False):
            return None
        slots, is_select = self._slots, self.kind == "select"
        shared = {
            hole
            for hole in set(holes)
            if slots[hole].expand is None and (is_select or slots[hole].bind.unique)
        }
        if self._row is not None or not any(holes.count(hole) > 1 for hole in shared):
            return None
        found: dict[int, str] = {}
        for hole in sorted(set(holes)):
            name = name_in_text(slots[hole].name)
            found[hole] = f"{name}.{hole}" if name in found.values() else name
        return tuple(
            [
                found[hole] if hole in shared else f"{found[hole]}.at{place}"
                for place, hole in enumerate(holes)
            ]
        )

    # -- facts -----------------------------------------------------------------------------------

    def __str__(self) -> str:
        return self.string

    def __repr__(self) -> str:
        return f"<Compiled {self.kind} for {self.dialect.name}: {self.string!r}>"

    @property
    def bind_names(self) -> tuple[str, ...]:
        """The name of each placeholder, in the order of the text."""
        return tuple([self._slots[hole].name for hole in self._template.holes])

    @property
    def execution_options(self) -> Mapping[str, Any]:
        """The statement's own execution options."""
        found: Mapping[str, Any] = getattr(self.statement, "_execution_options", EMPTY_MAP)
        return found

    @property
    def isinsert(self) -> bool:
        """True for an INSERT."""
        return self.kind == "insert"

    @property
    def isupdate(self) -> bool:
        """True for an UPDATE."""
        return self.kind == "update"

    @property
    def isdelete(self) -> bool:
        """True for a DELETE."""
        return self.kind == "delete"

    @property
    def prefetch(self) -> tuple[Any, ...]:
        """Columns whose client-side default is evaluated at each execution."""
        return self.dml.prefetch if self.dml is not None else ()

    @property
    def postfetch(self) -> tuple[Any, ...]:
        """Columns whose new value only the server knows."""
        return self.dml.postfetch if self.dml is not None else ()

    @property
    def implicit_returning(self) -> tuple[Any, ...]:
        """Columns of the one row that an INSERT returns beside what was asked for: its primary key."""
        return self.dml.implicit_returning if self.dml is not None else ()

    @property
    def params(self) -> dict[str, Any]:
        """The statement's own values by parameter name; for display."""
        return self.construct_params()

    def construct_params(
        self,
        params: Mapping[str, Any] | None = None,
        extracted: Sequence[Any] | None = None,
        **_options: Any,
    ) -> dict[str, Any]:
        """Values by parameter name, `params` before the statement's own; None where there is none."""
        given = params or EMPTY_MAP
        if self._shown_params is not None:
            if given:
                raise exc.InvalidRequestError(
                    "The lists of this statement are written out for its own values: compile it without "
                    "render_postcompile to give it others."
                )
            return dict(self._shown_params)
        binds = self.extracted if extracted is None else extracted
        # where placeholders have names, the values have those that the text shows
        as_shown = name_in_text if self.dialect.paramstyle == "named" else str
        made: dict[str, Any] = {}
        for slot in self._slots:
            if slot.name in given:
                made[as_shown(slot.name)] = given[slot.name]
            elif slot.bind.key in given and not slot.bind.unique:
                made[as_shown(slot.name)] = given[slot.bind.key]
            else:
                bind = binds[slot.place] if slot.place >= 0 else slot.bind
                made[as_shown(slot.name)] = bind.effective_value
        return made

    @property
    def positiontup(self) -> list[str] | None:
        """The name of each placeholder, in the order of the text; None where placeholders have names."""
        return list(self.bind_names) if self._is_positional else None

    @property
    def _is_positional(self) -> bool:
        return self.dialect.paramstyle not in ("named", "pyformat")

    def construct_expanded_state(
        self, params: Mapping[str, Any] | None = None, **_options: Any
    ) -> ExpandedState:
        """The text and its values with lists written out, as one execution would send them.

        Raises exc.StatementError if a required value is missing.
        """
        values = self._values(None, params or EMPTY_MAP, None)
        text = self._expand(values)[0] if self.has_expanding else self.string
        places: list[str] = []
        for hole in self._template.holes:
            places += shown_params((self._slots[hole],), (values[hole],))
        return ExpandedState(
            text, shown_params(self._slots, values), places if self._is_positional else None
        )

    def write_lists_out(self) -> None:
        """Show lists with as many placeholders as they have values now: for a statement that is displayed, not cached."""
        if not self.has_expanding:
            return
        values = self._values(None, EMPTY_MAP, None)
        self.string = self._expand(values)[0]
        self._shown_params = shown_params(self._slots, values)

    # -- execution -------------------------------------------------------------------------------

    def make_args(
        self,
        extracted: Sequence[Any] | None = None,
        params: Mapping[str, Any] | None = None,
        connection: Any = None,
    ) -> tuple[str, Args]:
        """(SQL, arguments for the driver) of one execution.

        extracted: the binds of the statement being executed, `statement_key(stmt)[1]`; None stands for those
        of the statement that was compiled. params: values by name, before the statement's own. connection: handed to
        default functions which take the context.
        Raises exc.StatementError if a required value is missing.
        """
        if self._all_own and not params:
            binds = self.extracted if extracted is None else extracted
            args = []
            for index, process, bind in self._fast:
                if index >= 0:
                    bind = binds[index]
                value = bind.value if bind.callable is None else bind.callable()
                args.append(value if process is None else process(value))
            return self.string, tuple(args)
        values = self._values(extracted, params or EMPTY_MAP, connection)
        if self.has_expanding:
            return self._expand(values)
        slots = self._slots
        if self._hole_names is not None:
            return self.string, self._named_args(values, {})
        processed = [
            value if slot.process is None else slot.process(value)
            for slot, value in zip(slots, values, strict=True)
        ]
        return self.string, tuple([processed[hole] for hole in self._template.holes])

    def fill_defaults(
        self,
        params: Mapping[str, Any] | None,
        extracted: Sequence[Any] | None = None,
        connection: Any = None,
    ) -> dict[str, Any]:
        """The parameters with the values of client-side defaults added, each called once.

        Give the result to make_args() when the values must be known afterwards.
        """
        given = dict(params or EMPTY_MAP)
        if self.prefetch:
            values = self._values(extracted, given, connection)
            for slot, value in zip(self._slots, values, strict=True):
                if slot.default is not None:
                    given[slot.name] = value
        return given

    def make_many_args(
        self,
        rows: Sequence[Mapping[str, Any]],
        extracted: Sequence[Any] | None = None,
        connection: Any = None,
    ) -> tuple[str, list[Args]]:
        """(SQL, one tuple of arguments per row) for executemany; all rows have the keys of the first.

        Raises exc.StatementError naming the parameter that a row lacks, and exc.InvalidRequestError for a statement with a
        list to expand, whose text would differ from row to row.
        """
        if self.has_expanding:
            raise exc.InvalidRequestError(
                "A statement with an IN list cannot be executed for many sets of parameters at once: its "
                f"text depends on the length of the list. The statement: {self.string}"
            )
        if not rows:
            return self.string, []
        reader = None if self._hole_names else self._row_reader(rows[0], extracted)
        if reader is not None:
            try:
                return self.string, list(map(reader, rows))
            except KeyError as error:
                raise self._missing(str(error.args[0]), rows) from None
        return self.string, [self.make_args(extracted, row, connection)[1] for row in rows]

    @property
    def processors(self) -> tuple[Processor | None, ...]:
        """From Python value to driver value for each placeholder, in the order of the text."""
        return tuple([self._slots[hole].process for hole in self._template.holes])

    def rows_text(self, count: int) -> str | None:
        """The SQL of one `INSERT ... VALUES (...), (...)` of so many rows.

        None if the statement is no INSERT of one VALUES row, or has parameters outside of that row.
        """
        if self._row is None or MARK in self._head or MARK in self._tail or MARK not in self._row:
            return None
        return self._repeated(count)

    def _repeated(self, count: int) -> str:
        text = self._row_texts.get(count)
        if text is None:
            parts = [Template.parse(part) for part in (self._head, self._row or "", self._tail)]
            head, row, tail = [self._placeholder(part, self._slots) for part in parts]
            text = head + ", ".join([row] * count) + tail
            if len(self._row_texts) >= _MAX_TEXTS:
                self._row_texts.clear()
            self._row_texts[count] = text
        return text

    def make_rows_args(
        self,
        rows: Sequence[Mapping[str, Any]],
        extracted: Sequence[Any] | None = None,
        connection: Any = None,
    ) -> tuple[str, Args]:
        """(SQL, arguments) of one `INSERT ... VALUES (...), (...)` over all rows, from the plan for one row.

        Only for an INSERT of a single VALUES row. Raises as make_many_args().
        """
        if self._row is None or not rows:
            raise exc.InvalidRequestError(
                f"Not an INSERT of one VALUES row, so it cannot be repeated: {self.string}"
            )
        text = self._repeated(len(rows))
        many: list[Any] = self.make_many_args(rows, extracted, connection)[1]
        start = len(Template.parse(self._head).holes)
        stop = start + len(Template.parse(self._row).holes)
        if start == 0 and stop == len(self._template.holes):
            return text, tuple([value for args in many for value in args])
        first = many[0]
        middle = [value for args in many for value in args[start:stop]]
        return text, (*first[:start], *middle, *first[stop:])

    # -- parts -----------------------------------------------------------------------------------

    def _values(
        self, extracted: Sequence[Any] | None, params: Mapping[str, Any], connection: Any
    ) -> list[Any]:
        """The Python value of each slot, in order of slots."""
        binds = self.extracted if extracted is None else extracted
        values: list[Any] = []
        deferred: list[int] = []
        for slot in self._slots:
            bind = binds[slot.place] if slot.place >= 0 else slot.bind
            if slot.name in params:
                value = params[slot.name]
            elif bind.key in params and not bind.unique:
                value = params[bind.key]
            elif slot.default is not None:
                deferred.append(len(values))
                value = None
            elif slot.required or (bind.required and bind.callable is None):
                raise self._missing(slot.name, params)
            else:
                value = bind.effective_value
            values.append(value)
        if deferred:
            self._call_defaults(values, deferred, params, connection)
        return values

    def _call_defaults(
        self, values: list[Any], deferred: list[int], params: Mapping[str, Any], connection: Any
    ) -> None:
        waiting = set(deferred)
        current = {
            slot.name: value
            for place, (slot, value) in enumerate(zip(self._slots, values, strict=True))
            if place not in waiting
        }
        for place in deferred:
            slot = self._slots[place]
            context = DefaultContext(self, connection, {**params, **current}, slot.default)
            values[place] = current[slot.name] = context.evaluate()

    def _missing(self, name: str, params: Any) -> exc.StatementError:
        return exc.StatementError(
            f"No value was given for the parameter {name!r}. Pass it with the statement: "
            f"execute(statement, {{{name!r}: ...}}).",
            self.string,
            params,
            None,
        )

    def _render(self, expansions: Mapping[int, str]) -> str:
        """The text, with the given texts in place of expanding slots."""
        return self._placeholder(self._template, self._slots, expansions)

    def _expand(self, values: list[Any]) -> tuple[str, Args]:
        """Text and arguments where lists are written out; texts are remembered by the lengths."""
        slots = self._slots
        lists = {
            place: values[place : place + 1]
            if slot.expand.width < 0
            else as_list(values[place], slot)
            for place, slot in enumerate(slots)
            if slot.expand is not None
        }
        key = tuple([len(items) for items in lists.values()])
        literal = any(slot.expand is not None and slot.expand.literal for slot in slots)
        text = None if literal else self._texts.get(key)
        if text is None:
            expansions = {
                place: expand_list(self.dialect, slots[place], items)
                for place, items in lists.items()
            }
            text = self._render(expansions)
            if not literal:
                if len(self._texts) >= _MAX_TEXTS:
                    self._texts.clear()
                self._texts[key] = text
        if self._hole_names is not None:
            return text, self._named_args(values, lists)
        args: list[Any] = []
        for hole in self._template.holes:
            slot = slots[hole]
            if slot.expand is not None:
                args.extend(list_args(slot, lists[hole]))
            else:
                value = values[hole]
                args.append(value if slot.process is None else slot.process(value))
        return text, tuple(args)

    def _named_args(self, values: list[Any], lists: Mapping[int, list[Any]]) -> dict[str, Any]:
        """The arguments where placeholders have names; see make_named_holes()."""
        made: dict[str, Any] = {}
        for name, hole in zip(self._hole_names or (), self._template.holes, strict=True):
            slot = self._slots[hole]
            if slot.expand is not None:
                items = list_args(slot, lists[hole])
                made.update({f"{name}.{number}": item for number, item in enumerate(items)})
            else:
                made[name] = values[hole] if slot.process is None else slot.process(values[hole])
        return made

    def _row_reader(
        self, first: Mapping[str, Any], extracted: Sequence[Any] | None
    ) -> Callable[[Mapping[str, Any]], Args] | None:
        """A function from a row to its arguments, if all values are in the rows or the same for all."""
        slots = [self._slots[hole] for hole in self._template.holes]
        binds = self.extracted if extracted is None else extracted
        getters: list[tuple[str | None, Processor | None, Any]] = []
        for slot in slots:
            bind = binds[slot.place] if slot.place >= 0 else slot.bind
            if slot.name in first:
                getters.append((slot.name, slot.process, None))
            elif slot.required or bind.required:
                raise self._missing(slot.name, first)
            elif slot.default is not None or (bind.key in first and not bind.unique):
                return None
            else:
                value = bind.effective_value
                value = value if slot.process is None else slot.process(value)
                getters.append((None, None, value))
        names = [name for name, process, _ in getters if name is not None and process is None]
        if len(names) == len(getters) and len(names) > 1:
            return itemgetter(*names)

        def read(row: Mapping[str, Any]) -> Args:
            return tuple(
                [
                    constant
                    if name is None
                    else row[name]
                    if process is None
                    else process(row[name])
                    for name, process, constant in getters
                ]
            )

        return read

    # -- inserted rows ---------------------------------------------------------------------------

    def inserted_primary_key(
        self,
        params: Mapping[str, Any] | None,
        extracted: Sequence[Any] | None = None,
        lastrowid: int | None = None,
        row: Sequence[Any] | None = None,
    ) -> tuple[Any, ...]:
        """The primary key of the one row that an INSERT made; None for a part which is not known.

        params: what fill_defaults() returned. row: the row that the statement returned, in the order of
        `implicit_returning`. lastrowid: the driver's.
        """
        plan = self.dml
        if plan is None:
            raise exc.InvalidRequestError(f"Not an INSERT: {self.string}")
        values = self.construct_params(params, extracted)
        returned = dict(zip(map(id, plan.implicit_returning), row or (), strict=False))
        numbered = plan.table.autoincrement_column
        key: list[Any] = []
        for column in plan.table.primary_key:
            place = plan.slots.get(column.key)
            value = values[self._slots[place].name] if place is not None else None
            if value is None:
                value = returned.get(id(column), lastrowid if column is numbered else None)
            key.append(value)
        return tuple(key)


def _split_row(text: str) -> tuple[str, str | None, str]:
    parts = text.split(ROW_MARK)
    return (parts[0], parts[1], parts[2]) if len(parts) == 3 else (text, None, "")
