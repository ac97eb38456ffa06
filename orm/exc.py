"""Every exception of the library.

The tree (names and shape are those of SQLAlchemy 2.x)::

    Exception
    +-- SQLAlchemyError
        +-- ArgumentError
        |   +-- NoSuchModuleError
        |   +-- NoForeignKeysError
        |   +-- AmbiguousForeignKeysError
        |   +-- DuplicateColumnError, ConstraintColumnNotFoundError, MappedAnnotationError
        |   +-- UnmappedError, UnmappedClassError, UnmappedInstanceError
        +-- ObjectNotExecutableError
        +-- CircularDependencyError
        +-- CompileError
        |   +-- UnsupportedCompilationError
        +-- IdentifierError
        +-- DisconnectionError
        |   +-- InvalidatePoolError
        +-- TimeoutError                     a connection was not free in time
        +-- InvalidRequestError
        |   +-- NoInspectionAvailable, NoSuchColumnError, NoSuchTableError
        |   +-- NoReferenceError: NoReferencedTableError, NoReferencedColumnError
        |   +-- NoResultFound, MultipleResultsFound, AmbiguousColumnError
        |   +-- PendingRollbackError, ResourceClosedError, IllegalStateChangeError
        |   +-- UnboundExecutionError, AwaitRequired, MissingGreenlet
        |   +-- UnmappedColumnError, ObjectDeletedError
        +-- DetachedInstanceError
        +-- StaleDataError, ConcurrentModificationError
        +-- FlushError
        +-- ObjectDereferencedError
        +-- StatementError                   a statement with its parameters failed
            +-- DBAPIError                   the driver refused; `.orig` is its exception
                +-- InterfaceError
                +-- DatabaseError
                    +-- DataError, IntegrityError, InternalError
                    +-- NotSupportedError, OperationalError, ProgrammingError
    Warning
    +-- SAWarning, SADeprecationWarning (MovedIn20Warning, LegacyAPIWarning)

Messages say what happened, what caused it and what to do. Values of parameters appear
shortened, and not at all with ``hide_parameters``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from orm.log import shorten_parameters
from orm.util.record import Record
from orm.util.suggest import tell_foreign


class SQLAlchemyError(Exception):
    """Base of every error of the library.

    code: the section of `docs/reference/errors.md` that explains the error, or None.
    """

    code: str | None = None

    def __init__(self, *args: object, code: str | None = None) -> None:
        super().__init__(*args)
        if code is not None:
            self.code = code


class ArgumentError(SQLAlchemyError):
    """An argument to a public function or a mapping cannot mean anything."""


class MappedAnnotationError(ArgumentError):
    """The annotation of a mapped class cannot be what an attribute is."""


class DuplicateColumnError(ArgumentError):
    """A column is added to a table which has one of that name."""


class ConstraintColumnNotFoundError(ArgumentError):
    """A constraint or index names a column that its table does not have."""


class ObjectNotExecutableError(ArgumentError):
    """An object that is no statement was passed to execute()."""

    def __init__(self, target: object) -> None:
        super().__init__(
            f"{target!r} is not a statement. Pass select(), insert(), update(), delete(), "
            f"text('...') or a plain SQL string.{tell_foreign(target)}"
        )
        self.target = target


class NoSuchModuleError(ArgumentError):
    """A URL names a dialect or driver that does not exist."""


class NoForeignKeysError(ArgumentError):
    """No foreign key links two tables that are to be joined."""


class AmbiguousForeignKeysError(ArgumentError):
    """More than one foreign key links two tables that are to be joined."""


class UnmappedError(ArgumentError):
    """Something that is not mapped was used where a mapping is needed."""


class UnmappedClassError(UnmappedError):
    """A class is not mapped."""

    def __init__(self, cls: object, msg: str | None = None) -> None:
        name = getattr(cls, "__qualname__", None) or repr(cls)
        super().__init__(
            msg
            or f"Class {name} is not mapped. Derive it from a declarative base and give it "
            "__tablename__, or call registry.map_imperatively() for it."
        )
        self.cls = cls


class UnmappedInstanceError(UnmappedError):
    """An object's class is not mapped."""

    def __init__(self, obj: object, msg: str | None = None) -> None:
        kind = type(obj)
        text = f"{kind.__module__}.{kind.__qualname__} is not mapped, so its instance {obj!r:.80}"
        if isinstance(obj, type):
            text = f"The class {obj.__qualname__} was given where an instance is needed; it"
        super().__init__(msg or f"{text} cannot be used with a Session.")
        self.obj = obj


class CircularDependencyError(SQLAlchemyError):
    """A sort by dependency met a cycle; `.cycles` and `.edges` say which."""

    def __init__(
        self, message: str, cycles: set[Any], edges: set[Any], msg: str | None = None
    ) -> None:
        super().__init__(msg or f"{message} ({', '.join(sorted(repr(c) for c in cycles))})")
        self.cycles = cycles
        self.edges = edges


class CompileError(SQLAlchemyError):
    """A statement cannot be turned into SQL text."""


class UnsupportedCompilationError(CompileError):
    """The dialect has no form for this element."""

    def __init__(self, compiler: object, element_type: type, message: str | None = None) -> None:
        extra = f": {message}" if message else ""
        super().__init__(
            f"{type(compiler).__name__} cannot render an element of type "
            f"{element_type.__name__}{extra}"
        )
        self.compiler = compiler
        self.element_type = element_type


class IdentifierError(SQLAlchemyError):
    """A schema name is longer than the database allows."""


class DisconnectionError(SQLAlchemyError):
    """A pooled connection was found dead; raised inside pool events to ask for another."""

    invalidate_pool = False


class InvalidatePoolError(DisconnectionError):
    """All connections of the pool are to be treated as dead."""

    invalidate_pool = True


class TimeoutError(SQLAlchemyError):
    """The pool had no connection free within its timeout."""


class InvalidRequestError(SQLAlchemyError):
    """The call makes no sense in the state that the object is in."""


class AmbiguousColumnError(InvalidRequestError):
    """A name stands for columns of several tables."""


class IllegalStateChangeError(InvalidRequestError):
    """A session or transaction is already in the middle of another operation."""


class NoInspectionAvailable(InvalidRequestError):
    """inspect() knows nothing of this object."""


class PendingRollbackError(InvalidRequestError):
    """The transaction failed before and has to be rolled back first."""


class ResourceClosedError(InvalidRequestError):
    """A connection, transaction or result was closed before."""


class NoSuchColumnError(InvalidRequestError, KeyError):
    """A row has no such column."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class NoResultFound(InvalidRequestError):
    """A result that must have a row has none."""


class MultipleResultsFound(InvalidRequestError):
    """A result that must have one row has more."""


class NoReferenceError(InvalidRequestError):
    """A foreign key cannot be resolved."""

    table_name: str


class AwaitRequired(InvalidRequestError):
    """An asynchronous driver was used outside its greenlet."""


class MissingGreenlet(InvalidRequestError):
    """I/O of an asynchronous driver was attempted outside a greenlet."""


class NoReferencedTableError(NoReferenceError):
    """A foreign key names a table which its MetaData does not have."""

    def __init__(self, message: str, tname: str) -> None:
        super().__init__(message)
        self.table_name = tname


class NoReferencedColumnError(NoReferenceError):
    """A foreign key names a column which its table does not have."""

    def __init__(self, message: str, tname: str, cname: str) -> None:
        super().__init__(message)
        self.table_name = tname
        self.column_name = cname


class NoSuchTableError(InvalidRequestError):
    """The database has no such table."""


class UnreflectableTableError(InvalidRequestError):
    """A table exists but cannot be read from the catalogue."""


class UnboundExecutionError(InvalidRequestError):
    """No engine is known for what is to be executed."""


class UnmappedColumnError(InvalidRequestError):
    """A mapper has no attribute for a column."""


class ObjectDeletedError(InvalidRequestError):
    """The row of an object is no longer in the database."""

    def __init__(self, state: Any, msg: str | None = None) -> None:
        super().__init__(
            msg
            or f"The row of {state!r} is no longer there, so its attributes cannot be loaded. "
            "Somebody deleted it, or its key changed; session.expunge(obj) keeps what it has."
        )


class DetachedInstanceError(SQLAlchemyError):
    """An object outside of any session was asked for something that needs the database."""


class StaleDataError(SQLAlchemyError):
    """An UPDATE or DELETE matched another number of rows than the objects it was for."""


ConcurrentModificationError = StaleDataError


class FlushError(SQLAlchemyError):
    """The unit of work met objects which it cannot bring into the database."""


class ObjectDereferencedError(SQLAlchemyError):
    """An object was garbage collected before the operation that needs it."""


class StatementError(SQLAlchemyError):
    """A statement failed.

    orig: the exception behind it. statement: the SQL text. params: the parameters (a
    sequence, a mapping, or a list of them). ismulti: whether params is a list of sets.
    """

    def __init__(
        self,
        message: str,
        statement: str | None,
        params: Any,
        orig: BaseException | None,
        hide_parameters: bool = False,
        code: str | None = None,
        ismulti: bool | None = None,
    ) -> None:
        super().__init__(message, code=code)
        self.statement = statement
        self.params = params
        self.orig = orig
        self.ismulti = ismulti
        self.hide_parameters = hide_parameters
        self.detail: list[str] = []

    def add_detail(self, text: str) -> None:
        """Append a sentence which str() shows after the message."""
        self.detail.append(text)

    def __str__(self) -> str:
        lines = [f"({text})" for text in self.detail]
        lines.append(str(self.args[0]) if self.args else "")
        if self.statement:
            lines.append(f"[SQL: {self.statement}]")
            if self.params:
                shown = (
                    "hidden, hide_parameters=True"
                    if self.hide_parameters
                    else shorten_parameters(self.params)
                )
                lines.append(f"[parameters: {shown}]")
        return "\n".join(lines)

    def __reduce__(self) -> tuple[Any, ...]:
        args = (*self.args[:1], self.statement, self.params, self.orig, self.hide_parameters)
        return self.__class__, args, {"detail": self.detail}


class IntegrityInfo(Record):
    """What a refused row violated, the same on every dialect.

    kind: "unique", "foreign_key", "not_null", "check" or "exclusion"; None when the driver
    does not tell. columns: names in the database, possibly empty.
    """

    kind: str | None = None
    table: str | None = None
    columns: tuple[str, ...] = ()
    constraint: str | None = None


class DBAPIError(StatementError):
    """The driver raised; `.orig` is its exception.

    connection_invalidated: the connection is dead and has been thrown away.
    """

    def __init__(
        self,
        statement: str | None,
        params: Any,
        orig: BaseException,
        hide_parameters: bool = False,
        connection_invalidated: bool = False,
        code: str | None = None,
        ismulti: bool | None = None,
    ) -> None:
        kind = type(orig)
        super().__init__(
            f"({kind.__module__}.{kind.__name__}) {orig}",
            statement,
            params,
            orig,
            hide_parameters,
            code,
            ismulti,
        )
        self.connection_invalidated = connection_invalidated

    def __reduce__(self) -> tuple[Any, ...]:
        args = (
            self.statement,
            self.params,
            self.orig,
            self.hide_parameters,
            self.connection_invalidated,
        )
        return self.__class__, args, {"detail": self.detail}

    @staticmethod
    def class_for(orig: BaseException) -> type[DBAPIError]:
        """Return our class for a driver's exception, found by PEP 249's names in its MRO."""
        for base in type(orig).__mro__:
            found = _BY_DBAPI_NAME.get(base.__name__)
            if found is not None:
                return found
        return DBAPIError

    @classmethod
    def instance(
        cls,
        statement: str | None,
        params: Any,
        orig: BaseException,
        *,
        hide_parameters: bool = False,
        connection_invalidated: bool = False,
        ismulti: bool | None = None,
        classify: Callable[[BaseException], IntegrityInfo] | None = None,
    ) -> DBAPIError:
        """Return the wrapper for a driver's exception.

        classify: a dialect's reading of integrity errors, called only for those.
        """
        kind = cls.class_for(orig)
        error = kind(
            statement,
            params,
            orig,
            hide_parameters,
            connection_invalidated=connection_invalidated,
            ismulti=ismulti,
        )
        if isinstance(error, IntegrityError) and classify is not None:
            error.info = classify(orig)
        return error


class InterfaceError(DBAPIError):
    """PEP 249 InterfaceError: the driver was misused, or lost its connection."""


class DatabaseError(DBAPIError):
    """PEP 249 DatabaseError: base of what the database itself reports."""


class DataError(DatabaseError):
    """PEP 249 DataError: a value does not fit."""


class OperationalError(DatabaseError):
    """PEP 249 OperationalError: the database cannot do it now (disconnects, locks, no table)."""


class IntegrityError(DatabaseError):
    """PEP 249 IntegrityError: a constraint refused the row; `.kind` and friends say which."""

    info: IntegrityInfo = IntegrityInfo()
    #: the mapped class and the names of its attributes, where somebody who knows the mapping
    #: (flask_ormsession) has set them
    entity: type[Any] | None = None
    attributes: tuple[str, ...] = ()

    @property
    def attribute(self) -> str | None:
        """The name of the attribute, if it is known and the only one."""
        return self.attributes[0] if len(self.attributes) == 1 else None

    @property
    def kind(self) -> str | None:
        """ "unique", "foreign_key", "not_null", "check", "exclusion", or None."""
        return self.info.kind

    @property
    def table(self) -> str | None:
        """The table's name in the database, or None."""
        return self.info.table

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns' names in the database; empty when unknown."""
        return self.info.columns

    @property
    def constraint(self) -> str | None:
        """The constraint's name in the database, or None."""
        return self.info.constraint


class InternalError(DatabaseError):
    """PEP 249 InternalError."""


class ProgrammingError(DatabaseError):
    """PEP 249 ProgrammingError: wrong SQL, missing table, wrong number of parameters."""


class NotSupportedError(DatabaseError):
    """PEP 249 NotSupportedError."""


_BY_DBAPI_NAME: Mapping[str, type[DBAPIError]] = {
    kind.__name__: kind
    for kind in (
        InterfaceError,
        DatabaseError,
        DataError,
        OperationalError,
        IntegrityError,
        InternalError,
        ProgrammingError,
        NotSupportedError,
    )
}


class SAWarning(RuntimeWarning):
    """Something is probably not what was meant."""


class SADeprecationWarning(DeprecationWarning):
    """A name or a way of calling will go away."""


class LegacyAPIWarning(SADeprecationWarning):
    """A name of the 1.x interface."""


class MovedIn20Warning(SADeprecationWarning):
    """A name which stands elsewhere since 2.0."""


def join_names(names: Sequence[str]) -> str:
    """Return names as prose for messages: "a, b and c"."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
