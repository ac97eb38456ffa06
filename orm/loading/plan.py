"""From a user's statement to its plan, and from the plan to a Result.

The plan of a statement is found by its structural key in the engine's cache, so that a
statement built anew for every request is analysed and compiled once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from orm import exc
from orm.engine.execution import Reason
from orm.engine.result import Result
from orm.loading.builder import LoadPlan, PlanBuilder
from orm.loading.criteria import Restricting, criteria_of
from orm.loading.from_statement import (
    FromStatement,
    add_contained,
    execute_from_statement,
    take_contained,
)
from orm.loading.joined import add_joins
from orm.loading.overlaps import alias_overlaps
from orm.loading.path import Directive, PathNode, make_root
from orm.loading.polymorphic import on_own_tables
from orm.loading.row_plan import Composed, EntityRow, Slot, compose
from orm.loading.selectin import load_after
from orm.loading.sources import make_result
from orm.sql.cache_key import statement_key
from orm.sql.selectable import STATEMENTS
from orm.util.collections import EMPTY_MAP

QUERY = Reason("query")


def execute_select(
    session: Any,
    statement: Any,
    params: Any = None,
    execution_options: Mapping[str, Any] = EMPTY_MAP,
    bind_arguments: Mapping[str, Any] | None = None,
    reason: Reason = QUERY,
) -> Result:
    """Execute a select of entities, columns of entities, or both; return its Result.

    execution_options: those of the call, over the statement's own: populate_existing,
    yield_per, lazy_loads, and what the engine knows.
    The objects are made before this returns, with all that is loaded along, unless yield_per is
    given.
    """
    options = statement._execution_options
    if execution_options:
        options = {**options, **execution_options}
    connection = session._connection_for(None, statement, bind_arguments)
    if isinstance(statement, FromStatement):
        made: Result = execute_from_statement(
            session, connection, statement, params, options, reason
        )
        return made
    key, binds = statement_key(statement)
    plan = get_plan(connection, statement, key, binds)
    sent = options
    if options and options.get("yield_per") and not connection.dialect.supports_interleaved_cursors:
        # lazy and eager loads come between; only stream_results asks for the cursor itself
        sent = {name: value for name, value in options.items() if name != "yield_per"}
    cursor = connection.execute_compiled(
        plan.compiled,
        binds,
        params,
        reason=reason,
        owner=session,
        options=sent,
        statement=statement,
    )
    return make_result(session, plan, cursor, options, connection)


def get_plan(connection: Any, statement: Any, key: Any, binds: Sequence[Any]) -> LoadPlan:
    """Return the plan of a statement, from the engine's cache if it was made before."""
    cache = connection.plans
    if key is None:
        return make_plan(cache.dialect, statement, binds)
    plan: LoadPlan | None = cache.get(("orm", key))
    if plan is None:
        plan = make_plan(cache.dialect, statement, binds)
        cache.put(("orm", key), plan)
    return plan


def get_load_plan(statement: Any, bind: Any) -> LoadPlan:
    """Return how a select of mapped classes or their columns is loaded, to be read or stepped through.

    bind: the Engine, Connection or Session that would execute it; executions on that engine use the same plan.
    `print(plan)` shows the SQL and the function that turns its rows into objects, `plan.source` the text of that alone,
    `plan.hydrate` is the function itself.
    Raises exc.ArgumentError for a statement that needs no plan: text, a union, or a select without mapped classes.
    """
    if statement.__visit_name__ != "select" or not statement.is_orm:
        raise exc.ArgumentError(
            f"Only a select() of mapped classes or their attributes has a plan, which this is not: {statement!s:.100}"
        )
    find = getattr(bind, "get_bind", None)
    engine = (bind if find is None else find(clause=statement)).engine
    return get_plan(engine, statement, *statement_key(statement))


def is_star(element: Any) -> bool:
    """Return whether a member of a column list is `*`, as text or as a literal column."""
    return getattr(element, "text", None) == "*" or (
        getattr(element, "is_literal", False) and element.name == "*"
    )


def check_star(elements: Sequence[Any]) -> None:
    """Raise exc.CompileError if `*` stands beside other members of a column list.

    How many columns it brings is not known, so that no other could be found in the rows.
    """
    if len(elements) > 1 and any(is_star(each) for each in elements):
        raise exc.CompileError(
            "An ORM statement cannot have '*' beside other columns or entities. Select '*' alone, "
            "or name the entities: select(User, Address)."
        )


def make_plan(dialect: Any, statement: Any, binds: Sequence[Any]) -> LoadPlan:
    """Analyse and compile a select."""
    check_star(statement._raw_columns)
    return SelectPlanner(dialect, statement).make(binds)


def make_executed_form(statement: Any, dialect: Any) -> tuple[Any, dict[str, Any]]:
    """Return the core SELECT which is sent for a select of entities, with its eager joins; a union as it is.

    Beside it the options for the compiler.
    """
    if statement.__visit_name__ != "select":
        return statement, {"restrict": Restricting(criteria_of(statement))}
    planner = SelectPlanner(dialect, statement)
    builder = planner.builder
    return add_joins(builder, planner.analyse()), {"restrict": builder.restrict}


STATEMENTS["executed_form"] = make_executed_form


class SelectPlanner:
    """One select on its way to a plan: what it selects, and which options apply where."""

    def __init__(self, dialect: Any, statement: Any) -> None:
        statement = alias_overlaps(statement)
        criteria = criteria_of(statement)
        self.builder = PlanBuilder(dialect, load_after, criteria)
        self.criteria = tuple(each for each in criteria if each.propagate_to_loaders)
        self.statement = statement
        self.directives: list[Directive] = [
            directive
            for option in statement._with_options
            for directive in getattr(option, "directives", ())
        ]
        self.outputs: list[EntityRow | Slot | Composed] = []
        self.keys: list[str | None] = []
        self.objects: list[tuple[Any, ...]] = []
        self.roots: list[Any] = []
        self.nodes: list[PathNode | None] = []

    def make(self, binds: Sequence[Any]) -> LoadPlan:
        """Return the plan."""
        base = self.analyse()
        single = len(self.outputs) == 1 and (
            isinstance(self.outputs[0], EntityRow)
            or bool(self.statement._raw_columns[0]._annotations.get("single_entity"))
        )
        return self.builder.make_plan(
            base,
            self.outputs,
            "scalar" if single else "row",
            self.keys,
            objects=self.objects,
            extracted=binds,
        )

    def analyse(self) -> Any:
        """Gather what is selected; return the statement without options, its criteria added."""
        for element in self.statement._raw_columns:
            self._add(element)
        self._check_directives()
        self.builder.finish()
        base = self.statement
        for root in {id(each): each for each in self.roots}.values():
            base = select_whole(base, root)
        base = on_own_tables(base, self.roots)
        base = self.builder.restrict(base, is_top=True)
        if base._with_options:
            base = base._clone()
            base._with_options = ()
        return base

    def _add(self, element: Any) -> None:
        """Add one member of the column list. Raises exc.ArgumentError for a relationship."""
        if element.__visit_name__ == "orm_relationship":
            target = element.property.mapper.class_.__name__
            raise exc.ArgumentError(
                f"{element.property} is a relationship, which select() cannot take for a column: "
                f"select({target}).join_from({element.property.parent.class_.__name__}, {element.property}), or load it along "
                "with the object."
            )
        entity = element._annotations.get("parententity")
        if element._is_from_clause:
            if entity is None:
                for column in element.c:
                    self._add_column(column)
            else:
                self._add_entity(entity, element)
        else:
            self._add_column(element)

    def _add_column(self, element: Any) -> None:
        if "composed" in element._annotations:
            make, columns = compose(element)
            self.outputs.append(Composed(make, tuple(map(self.builder.add_slot, columns))))
        else:
            self.outputs.append(self.builder.add_slot(element))
        self.keys.append(element._annotations.get("proxy_key") or _own_name(element))
        self.objects.append((element,))

    def _add_entity(self, entity: Any, element: Any) -> None:
        """Add an entity with its options; the columns of an alias are found by correspondence."""
        mapper = entity.mapper
        node = make_root(self.directives, entity, self.criteria)
        self.roots.append(entity)
        adapt = entity.adapt
        builder = self.builder
        contained = take_contained(node)
        made = builder.start_entity(mapper, node)
        add_contained(builder, made, contained)
        lacks = None if entity.is_mapper else entity.lacks
        kind = None if entity.is_mapper else entity.polymorphic_on
        along = entity.with_polymorphic_mappers
        builder.fill_entity(made, adapt, along=along, lacks=lacks, discriminator=kind)
        self.outputs.append(made)
        name = mapper.class_.__name__ if entity.is_mapper else entity.name
        self.keys.append(name or mapper.class_.__name__)
        self.objects.append((element, mapper.class_ if entity.is_mapper else entity.entity))

    def _check_directives(self) -> None:
        """Refuse an option which starts at an entity that the statement does not select."""
        for directive in self.directives:
            if directive.root is None or not self.roots:
                continue
            if not any(make_root([directive], root) for root in self.roots):
                selected = ", ".join(root.class_.__name__ for root in self.roots)
                raise exc.ArgumentError(
                    f"A loader option starts at {directive.root.class_.__name__}, which this "
                    f"statement does not select (it selects {selected}). Let the path start "
                    f"at one of these, as in selectinload({selected.split(',')[0]}.…)."
                )


def _same(column: Any) -> Any:
    return column


def _own_name(element: Any) -> str | None:
    """Return the name of a label, or of the function that is called: what rows of the ORM know it by."""
    if element.__visit_name__ == "withingroup":
        element = element.element
    named: str | None = element.name if element.__visit_name__ in ("label", "function") else None
    return named


def select_whole(statement: Any, entity: Any) -> Any:
    """Return the statement selecting from the join of all tables of an entity, if it has several."""
    selectable = entity.selectable
    if not selectable._is_join:
        return statement
    present = [part for each in statement._from_obj for part in (each, *each._from_objects)]
    if any(hash(part) == hash(selectable) for part in present):
        return statement
    return statement.select_from(entity)
