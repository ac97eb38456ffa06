"""do_orm_execute of what an application does not execute itself: lazy loads, eager loads by key, refreshes.

Their statements are compiled once for all sessions. A listener sees the SELECT of columns that is sent; what it adds to
it is compiled once for each shape.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from orm import exc
from orm.engine.execution import Reason
from orm.engine.result import IteratorResult
from orm.loading.builder import LoadPlan
from orm.loading.criteria import Restricting, conditions_for, criteria_of
from orm.loading.execution import hydrate_cursor
from orm.loading.hydrate import Run
from orm.session.execution import ORMExecuteState
from orm.sql.cache_key import statement_key

if TYPE_CHECKING:
    from orm.session.session import Session

#: options of results, which a load does not have
_OF_RESULTS = ("yield_per", "stream_results")


def tell_load(session: Session, plan: LoadPlan, run: Run, *rest: Any) -> Any:
    """Execute a plan as loading.execution.fetch() does, with the listeners around it.

    Raises exc.InvalidRequestError if a listener answers with a result of its own.
    """
    state = LoadExecuteState(session, plan, run, *rest)
    state.run()
    if not state.is_done:
        raise exc.InvalidRequestError(
            f"A do_orm_execute listener answered {state.describe()} with a result of its own, which cannot be "
            "put into objects. Leave such loads alone: `if not (state.is_relationship_load or "
            "state.is_column_load): ...`, or return state.invoke_statement()."
        )
    return state.made


class LoadExecuteState(ORMExecuteState):
    """What a listener sees of a load: `is_relationship_load` or `is_column_load` is true.

    invoke_statement() loads now, and returns a Result of the objects.
    """

    is_orm_statement = True
    user_defined_options = ()

    def __init__(
        self,
        session: Session,
        plan: LoadPlan,
        run: Run,
        connection: Any,
        params: Mapping[str, Any] | None,
        reason: Reason,
        extracted: Sequence[Any] | None,
        options: Mapping[str, Any],
    ) -> None:
        statement = plan.compiled.statement
        listeners = session.dispatch.do_orm_execute
        super().__init__(session, statement, params, options, None, listeners)
        self.is_relationship_load = plan.rows.emit == "group"
        self.is_column_load = not self.is_relationship_load
        self.is_done = False
        self.made: Any = None
        self._plan = plan
        self._run = run
        self._connection = connection
        self._reason = reason
        self._extracted = extracted

    @property
    def mapper(self) -> Any:
        """The mapper of the objects that are loaded."""
        return self._plan.rows.entities[0].mapper

    @property
    def bind_mapper(self) -> Any:
        """The same as `mapper`."""
        return self.mapper

    @property
    def all_mappers(self) -> list[Any]:
        """`mapper` alone."""
        return [self.mapper]

    def describe(self) -> str:
        """Return what is loaded, for messages."""
        return f"the load of {self._reason.subject or self.mapper.class_.__name__}"

    def _execute(self) -> Any:
        session, connection = self.session, self._connection
        if self.bind_arguments:
            connection = session._connection_for(self.mapper, None, self.bind_arguments)
        plan, extracted = self._plan, self._extracted
        if self.statement is not plan.compiled.statement:
            plan, extracted = self._change_plan(connection)
        options = {
            name: value
            for name, value in self.local_execution_options.items()
            if name not in _OF_RESULTS
        }
        cursor = connection.execute_compiled(
            plan.compiled,
            extracted,
            self.parameters,
            reason=self._reason,
            owner=session,
            options=options,
        )
        self.made = hydrate_cursor(plan, cursor, self._run, connection)
        self.is_done = True
        found = [(obj,) for obj in self._run.objects_of(0)]
        return IteratorResult([self.mapper.class_.__name__], found)

    def _change_plan(self, connection: Any) -> tuple[LoadPlan, Sequence[Any] | None]:
        """Return the plan of what a listener made of the statement, and the values for its binds."""
        plan = self._plan
        statement, criteria = self._apply_criteria()
        key, binds = statement_key(statement)
        if key is not None and key == statement_key(plan.compiled.statement)[0]:
            return plan, self._extracted
        cache = connection.plans
        name = ("changed load", plan, key)
        made: LoadPlan | None = None if key is None else cache.get(name)
        if made is None:
            compiled = cache.dialect.statement_compiler(cache.dialect).compile(
                statement, extracted=binds, restrict=Restricting(criteria)
            )
            if len(compiled.result_columns) != len(plan.compiled.result_columns):
                raise exc.InvalidRequestError(
                    f"A do_orm_execute listener changed the columns of {self.describe()}: conditions, options "
                    "and hints may be added to it, columns may not."
                )
            made = copy.copy(plan)
            made.compiled = compiled
            if key is not None:
                cache.put(name, made)
        given = dict(zip(map(id, plan.compiled.extracted), self._extracted or (), strict=False))
        return made, [given.get(id(bind), bind) for bind in binds]

    def _apply_criteria(self) -> tuple[Any, tuple[Any, ...]]:
        """Return the statement with what with_loader_criteria() says in place of the options, and all criteria.

        Columns of an object that is there are loaded whatever the criteria.
        """
        statement = self.statement
        entity = self._plan.rows.entities[0]
        known = () if entity.options is None else tuple(entity.options.criteria)
        added: tuple[Any, ...] = ()
        if self.is_relationship_load:
            keys = {each.cache_key() for each in known}
            added = tuple(each for each in criteria_of(statement) if each.cache_key() not in keys)
        if statement._with_options:
            statement = statement._clone()
            statement._with_options = ()
        for condition in conditions_for(added, entity.mapper):
            statement = statement.where(entity.adapt(condition))
        return statement, (*known, *added)
