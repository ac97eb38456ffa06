"""Where a column's value comes from when the statement gives none.

On the client: `ColumnDefault`, a value, a function or a SQL expression. On the server: `DefaultClause`,
`FetchedValue` (a trigger), `Identity`, `Computed`, `Sequence`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from orm import exc
from orm.schema.items import SchemaItem, make_name
from orm.sql.functions import next_value
from orm.sql.text_clause import TextClause
from orm.sql.visitors import ClauseElement
from orm.util.introspection import parameters_of
from orm.util.suggest import tell_foreign

if TYPE_CHECKING:
    from orm.schema.column import Column
    from orm.schema.metadata import MetaData


class DefaultGenerator(SchemaItem):
    """Base of what can stand in `Column(default=..., onupdate=...)`.

    for_update: True for `onupdate`.
    """

    __visit_name__ = "default_generator"

    column: Column[Any] | None = None
    for_update: bool
    is_sequence = False
    is_callable = False
    is_scalar = False
    is_clause_element = False
    is_server_default = False

    def _set_parent(self, parent: Any) -> None:
        self.column = parent
        if self.for_update:
            parent.onupdate = self
        else:
            parent.default = self


class ColumnDefault(DefaultGenerator):
    """A value made by the client at INSERT or UPDATE.

    arg: a plain value, a function of no argument or of one (the execution's context, which has
    `current_parameters` and `connection`), or a SQL expression that is written into the statement.
    `.arg` of a function always takes one argument, the context.
    """

    __visit_name__ = "column_default"

    def __init__(self, arg: Any, for_update: bool = False) -> None:
        if isinstance(arg, FetchedValue):
            raise exc.ArgumentError(
                f"{arg!r} is a value made by the server: pass it as server_default= or "
                "server_onupdate=, not as default= or onupdate=."
            )
        if hasattr(arg, "__clause_element__"):
            arg = arg.__clause_element__()
        self.for_update = for_update
        self.is_clause_element = isinstance(arg, ClauseElement)
        self.is_callable = not self.is_clause_element and callable(arg)
        self.is_scalar = not (self.is_clause_element or self.is_callable)
        self.arg: Any = accept_context(arg) if self.is_callable else arg
        self._number()

    def __repr__(self) -> str:
        return f"ColumnDefault({self.arg!r})"

    def _copy(self) -> ColumnDefault:
        """The same default for another column."""
        return ColumnDefault(self.arg, self.for_update)


class ContextFunction:
    """A default function as one of exactly one argument, the context, which it may ignore."""

    def __init__(self, function: Callable[..., Any], takes_context: bool) -> None:
        self.function = function
        self.takes_context = takes_context
        self.__name__ = getattr(function, "__name__", type(function).__name__)
        self.__doc__ = function.__doc__

    @property
    def __wrapped__(self) -> Callable[..., Any]:
        return self.function

    def __call__(self, context: Any) -> Any:
        return self.function(context) if self.takes_context else self.function()

    def __repr__(self) -> str:
        return f"<default function {self.__name__}>"


def accept_context(function: Callable[..., Any]) -> ContextFunction:
    """The function as a ContextFunction.

    Raises exc.ArgumentError for a function that requires more than one argument.
    """
    if isinstance(function, ContextFunction):
        return function
    try:
        required = parameters_of(function).required
    except (ValueError, TypeError):
        # classes and functions written in C may tell nothing of themselves: no argument
        return ContextFunction(function, False)
    if required > 1:
        raise exc.ArgumentError(
            f"The default {function!r} requires {required} arguments; a column's default function takes "
            "none, or one: the context."
        )
    return ContextFunction(function, required == 1)


class FetchedValue(SchemaItem):
    """A value that the database makes in a way we need not know, such as a trigger.

    for_update: True when made at UPDATE. After a flush, such a column is fetched or read again.
    """

    is_server_default = True
    reflected = False
    has_argument = False
    is_clause_element = False
    is_identity = False
    column: Column[Any] | None = None

    def __init__(self, for_update: bool = False) -> None:
        self.for_update = for_update
        self._number()

    def _set_parent(self, parent: Any) -> None:
        self.column = parent
        if self.for_update:
            parent.server_onupdate = self
        else:
            parent.server_default = self

    def _as_for_update(self, for_update: bool) -> FetchedValue:
        if for_update == self.for_update:
            return self
        made = self._copy()
        made.for_update = for_update
        return made

    def _copy(self) -> FetchedValue:
        """The same for another column."""
        made = type(self).__new__(type(self))
        made.__dict__.update(self.__dict__)
        made.__dict__.pop("column", None)
        made._number()
        return made


class DefaultClause(FetchedValue):
    """A `DEFAULT` in the table's definition.

    arg: a string, which is written as a quoted literal, or a SQL expression (`text("now()")`).
    """

    has_argument = True

    def __init__(self, arg: Any, for_update: bool = False, _reflected: bool = False) -> None:
        if not isinstance(arg, (str, ClauseElement)):
            raise exc.ArgumentError(
                f"server_default={arg!r} must be a string or a SQL expression: write "
                f"server_default={str(arg)!r} or server_default=text({str(arg)!r}).{tell_foreign(arg)}"
            )
        super().__init__(for_update)
        self.arg = arg
        self.reflected = _reflected

    def __repr__(self) -> str:
        return f"DefaultClause({self.arg!r}, for_update={self.for_update!r})"


class Computed(FetchedValue):
    """A generated column: `GENERATED ALWAYS AS (expression)`.

    sqltext: the expression, a string of SQL or an element.
    persisted: True stores it, False computes it on read, None leaves it to the database.
    """

    __visit_name__ = "computed_column"

    def __init__(self, sqltext: Any, persisted: bool | None = None) -> None:
        super().__init__()
        self.sqltext = TextClause(sqltext) if isinstance(sqltext, str) else sqltext
        self.persisted = persisted

    def _set_parent(self, parent: Any) -> None:
        if parent.server_default is not None or parent.server_onupdate is not None:
            raise exc.ArgumentError(
                f"Column {parent.name!r} has Computed() and a server default as well; a generated column "
                "can have no default."
            )
        self.column = parent
        parent.computed = parent.server_default = parent.server_onupdate = self


class IdentityOptions:
    """The options that identities and sequences share; None leaves one to the database."""

    def __init__(
        self,
        start: int | None = None,
        increment: int | None = None,
        minvalue: int | None = None,
        maxvalue: int | None = None,
        nominvalue: bool | None = None,
        nomaxvalue: bool | None = None,
        cycle: bool | None = None,
        cache: int | None = None,
    ) -> None:
        self.start = start
        self.increment = increment
        self.minvalue = minvalue
        self.maxvalue = maxvalue
        self.nominvalue = nominvalue
        self.nomaxvalue = nomaxvalue
        self.cycle = cycle
        self.cache = cache


class Identity(FetchedValue, IdentityOptions):
    """An integer column numbered by the database: `GENERATED {ALWAYS | BY DEFAULT} AS IDENTITY`.

    Where a database has no identity columns, its own way of numbering is used.
    """

    __visit_name__ = "identity_column"
    is_identity = True

    def __init__(
        self, always: bool | None = False, on_null: bool | None = None, **options: Any
    ) -> None:
        FetchedValue.__init__(self)
        IdentityOptions.__init__(self, **options)
        self.always = always
        self.on_null = on_null

    def _set_parent(self, parent: Any) -> None:
        if parent.server_default is not None:
            raise exc.ArgumentError(
                f"Column {parent.name!r} has Identity() and a server default as well; keep one of them."
            )
        if parent.default is not None and parent.default.is_sequence:
            raise exc.ArgumentError(
                f"Column {parent.name!r} has Identity() and a Sequence as well; keep one of them."
            )
        if parent.server_onupdate is not None:
            raise exc.ArgumentError(
                f"Column {parent.name!r} has Identity() and a server_onupdate as well; keep one of them."
            )
        if parent.autoincrement is False:
            raise exc.ArgumentError(
                f"Column {parent.name!r} has Identity() and autoincrement=False; keep one of them."
            )
        self.column = parent
        parent.identity = self
        parent.server_default = self
        if parent._user_nullable is None:
            parent.nullable = False


class Sequence(IdentityOptions, DefaultGenerator):
    """A named sequence of the database, usable as a column's default and by `.next_value()`.

    Where a database has no sequences (SQLite) it is ignored; MariaDB and PostgreSQL have them.
    """

    __visit_name__ = "sequence"
    is_sequence = True

    def __init__(
        self,
        name: str,
        start: int | None = None,
        increment: int | None = None,
        minvalue: int | None = None,
        maxvalue: int | None = None,
        nominvalue: bool | None = None,
        nomaxvalue: bool | None = None,
        cycle: bool | None = None,
        schema: str | None = None,
        cache: int | None = None,
        data_type: Any = None,
        optional: bool = False,
        quote: bool | None = None,
        metadata: MetaData | None = None,
        for_update: bool = False,
    ) -> None:
        super().__init__(start, increment, minvalue, maxvalue, nominvalue, nomaxvalue, cycle, cache)
        self.for_update = for_update
        self.name = make_name(name, quote)
        self.optional = optional
        self.schema = schema if schema is not None or metadata is None else metadata.schema
        self.data_type = data_type
        self.metadata: MetaData | None = None
        self._number()
        if metadata is not None:
            self._set_metadata(metadata)

    def __repr__(self) -> str:
        return f"Sequence({self.name!r})"

    @property
    def fullname(self) -> str:
        """`schema.name`, or the name alone."""
        return f"{self.schema}.{self.name}" if self.schema else str(self.name)

    def _set_metadata(self, metadata: MetaData) -> None:
        self.metadata = metadata
        metadata._sequences[self.fullname] = self

    def _set_parent(self, parent: Any) -> None:
        if parent.identity is not None:
            raise exc.ArgumentError(
                f"Column {parent.name!r} has Identity() and a Sequence as well; keep one of them."
            )
        super()._set_parent(parent)
        if parent.table is not None:
            self._set_table(parent.table)

    def _set_table(self, table: Any) -> None:
        if self.metadata is None:
            self._set_metadata(table.metadata)

    def _copy(self) -> Sequence:
        """The same sequence for a copied column."""
        made = type(self).__new__(type(self))
        made.__dict__.update(self.__dict__)
        made.__dict__.pop("column", None)
        made.metadata = None
        return made

    def next_value(self) -> Any:
        """The SQL expression for the next number."""
        return next_value(self)

    def create(self, bind: Any, checkfirst: bool = True) -> None:
        """Create the sequence; with `checkfirst`, only if it is not there."""
        from orm.schema.create import create_sequence

        create_sequence(bind, self, checkfirst)

    def drop(self, bind: Any, checkfirst: bool = True) -> None:
        """Drop the sequence; with `checkfirst`, only if it is there."""
        from orm.schema.create import drop_sequence

        drop_sequence(bind, self, checkfirst)
