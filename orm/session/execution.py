"""Session.execute(): which room runs a statement, with the do_orm_execute event around it.

ORM selects go to `loading`, ORM insert/update/delete to `flush`, and everything else to the
connection as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from orm import exc
from orm.engine.schemas import OPTION, other_schemas
from orm.loading.compound import execute_compound
from orm.loading.plan import execute_select
from orm.loading.refresh import refresh_state
from orm.session.binds import choose_bind, entity_of, mappers_of
from orm.session.lifecycle import names_of
from orm.sql.template import is_template
from orm.sql.text import tstring
from orm.sql.text_clause import TextClause
from orm.util.collections import EMPTY_MAP

if TYPE_CHECKING:
    from orm.session.session import Session


def execute_statement(
    session: Session,
    statement: Any,
    params: Any,
    options: Mapping[str, Any],
    bind_arguments: Mapping[str, Any] | None,
) -> Any:
    """Return the Result of a statement; see Session.execute."""
    if isinstance(statement, str):
        statement = TextClause(statement)
    elif not getattr(statement, "_is_executable", False):
        made = getattr(statement, "__clause_element__", None)
        if made is not None:
            statement = made()
        elif is_template(statement):
            statement = tstring(statement)
        if not getattr(statement, "_is_executable", False):
            raise exc.ObjectNotExecutableError(statement)
    if session.execution_options:
        options = {**session.execution_options, **statement._execution_options, **options}
    listeners = session.dispatch.do_orm_execute
    if listeners:
        state = ORMExecuteState(session, statement, params, options, bind_arguments, listeners)
        return state.run()
    return run_statement(session, statement, params, options, bind_arguments)


def run_statement(
    session: Session,
    statement: Any,
    params: Any,
    options: Mapping[str, Any],
    bind_arguments: Mapping[str, Any] | None,
) -> Any:
    """Execute past the event. Autoflushes unless the option `autoflush=False` is set."""
    if session.identity_map.modified or session._new or session._deleted:
        if options.get("autoflush", True) and statement._execution_options.get("autoflush", True):
            session._autoflush()
    arguments = bind_arguments or EMPTY_MAP
    if options and "isolation_level" in options:
        options = begin_isolated(session, statement, options, arguments)
    if (options or statement._execution_options) and OPTION in (
        asked := {**statement._execution_options, **options}
    ):
        connection = session._connection_for(None, statement, arguments)
        with other_schemas(connection, asked[OPTION]):
            return run_here(session, statement, params, options, arguments)
    return run_here(session, statement, params, options, arguments)


def run_here(
    session: Session,
    statement: Any,
    params: Any,
    options: Mapping[str, Any],
    arguments: Mapping[str, Any],
) -> Any:
    """Execute in the room which knows the kind of statement."""
    if statement.is_orm:
        if statement.is_dml:
            from orm.session.dml import execute_dml  # with all of bulk work

            return execute_dml(session, statement, params, options, arguments)
        kind = statement.__visit_name__
        if kind == "compound_select":
            return execute_compound(session, statement, params, options, arguments)
        # text with declared columns gives their values, whatever they are mapped to
        if kind != "textual_select":
            return execute_select(session, statement, params, options, arguments)
    connection = session._connection_for(None, statement, arguments)
    return connection.execute(statement, params, execution_options=options or None)


def begin_isolated(
    session: Session, statement: Any, options: Mapping[str, Any], arguments: Mapping[str, Any]
) -> dict[str, Any]:
    """Begin the transaction which this statement opens at the level it asks for.

    Returns the options that are left. Raises exc.InvalidRequestError if the transaction runs.
    """
    left = dict(options)
    level = left.pop("isolation_level")
    if session._transaction is not None and session._transaction.bound_connections():
        raise exc.InvalidRequestError(
            f"isolation_level={level!r} was given with a statement, but the session's transaction has "
            "begun before. Give it with the first statement after commit() or rollback()."
        )
    bind = choose_bind(session, None, statement, arguments)
    session.connection({"bind": bind}, {"isolation_level": level})
    return left


def refresh_object(
    session: Session, instance: Any, names: Iterable[str] | None, with_for_update: Any
) -> None:
    """Load an object's attributes anew; see Session.refresh."""
    state = session._require_persistent(instance)
    names = names_of(state, names) if names is not None else None
    if names is None:
        session.expire(instance)
    else:
        state.expire(names)
    session._autoflush()  # of the others: what was changed in these attributes is given up
    if not refresh_state(session, state, names, with_for_update):
        raise exc.InvalidRequestError(
            f"{state!r} cannot be refreshed: its row is not in the database any more."
        )


def explain_autoflush(error: exc.SQLAlchemyError) -> None:
    """Tell within an error that no flush was asked for, but a query."""
    add_detail = getattr(error, "add_detail", None)
    if add_detail is not None:
        add_detail(
            "raised by the autoflush before a query; if the objects are not complete yet, run the "
            "query in a `with session.no_autoflush:` block"
        )


class ORMExecuteState:
    """What a do_orm_execute listener sees, and may change, of one execution.

    A listener which returns a Result replaces the execution; invoke_statement() runs it
    from within.
    """

    def __init__(
        self,
        session: Session,
        statement: Any,
        parameters: Any,
        execution_options: Mapping[str, Any],
        bind_arguments: Mapping[str, Any] | None,
        listeners: Sequence[Any],
    ) -> None:
        self.session = session
        self.statement = statement
        self.parameters = parameters
        self.local_execution_options: Mapping[str, Any] = execution_options
        self.bind_arguments: dict[str, Any] = dict(bind_arguments or {})
        self._listeners = list(listeners)

    def run(self) -> Any:
        """Call the remaining listeners, then execute unless one returned a result."""
        while self._listeners:
            result = self._listeners.pop(0)(self)
            if result is not None:
                return result
        return self._execute()

    def _execute(self) -> Any:
        return run_statement(
            self.session,
            self.statement,
            self.parameters,
            self.local_execution_options,
            self.bind_arguments,
        )

    def invoke_statement(
        self,
        statement: Any = None,
        params: Any = None,
        execution_options: Mapping[str, Any] | None = None,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> Any:
        """Execute now, with these replacements, and return the Result."""
        if statement is not None:
            self.statement = statement
        if params is not None:
            self.parameters = params
        if bind_arguments:
            self.bind_arguments.update(bind_arguments)
        if execution_options:
            self.update_execution_options(**execution_options)
        return self.run()

    def update_execution_options(self, **options: Any) -> None:
        """Set execution options for this execution."""
        self.local_execution_options = {**self.local_execution_options, **options}

    @property
    def execution_options(self) -> dict[str, Any]:
        """The statement's options with those of this execution over them."""
        return {**self.statement._execution_options, **self.local_execution_options}

    @property
    def user_defined_options(self) -> tuple[Any, ...]:
        """The options given to the statement's .options()."""
        return tuple(self.statement._with_options)

    @property
    def bind_mapper(self) -> Any:
        """The mapper of the statement's first entity, or None."""
        return self.bind_arguments.get("mapper") or entity_of(self.statement)

    @property
    def all_mappers(self) -> list[Any]:
        """The mappers of all entities that the statement names, in its order."""
        return mappers_of(self.statement)

    @property
    def is_from_statement(self) -> bool:
        """Whether entities are taken from the rows of another statement."""
        return bool(self.statement.__visit_name__ == "from_statement")

    @property
    def is_orm_statement(self) -> bool:
        """Whether mapped classes take part in it."""
        return bool(self.statement.is_orm)

    is_select = property(lambda self: bool(self.statement.is_select))
    is_insert = property(lambda self: bool(self.statement.is_insert))
    is_update = property(lambda self: bool(self.statement.is_update))
    is_delete = property(lambda self: bool(self.statement.is_delete))
    is_executemany = property(lambda self: isinstance(self.parameters, (list, tuple)))
    #: whether this is the load of a relationship, or of columns of objects that are there
    is_relationship_load = False
    is_column_load = False
    #: None: a lazy load is for several objects
    lazy_loaded_from = None

    def __repr__(self) -> str:
        return f"<ORMExecuteState of {self.statement!s:.100}>"
