"""select(User).from_statement(...): entities out of the rows of another statement.

Which column of the rows belongs to which attribute is known by the statement's own columns,
or by the names the driver gives. What the rows do not have is left out, and loads on access.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from orm import exc
from orm.engine.execution import Reason
from orm.engine.row import RowLayout
from orm.loading.builder import LoadPlan, PlanBuilder
from orm.loading.compound import compile_restricted
from orm.loading.criteria import Restricting, criteria_of
from orm.loading.path import PathNode, Relation, make_root
from orm.loading.row_plan import Composed, EntityRow, RowPlan, Slot, compose
from orm.loading.selectin import load_after
from orm.loading.sources import make_result
from orm.sql.cache_key import statement_key
from orm.sql.coercions import to_element
from orm.sql.executable import Executable
from orm.sql.selectable import STATEMENTS
from orm.sql.visitors import Kind, Traverse


class FromStatement(Executable):
    """Entities and columns (`_raw_columns`) whose rows come from `element`."""

    __visit_name__ = "from_statement"
    is_select = True
    is_orm = True
    _returns_rows = True
    _traverse: ClassVar[Traverse] = (
        ("_raw_columns", Kind.CHILDREN),
        ("element", Kind.CHILD),
    )

    def __init__(self, statement: Any, element: Any) -> None:
        self._raw_columns = statement._raw_columns
        self.element = (
            STATEMENTS["text"](element) if isinstance(element, str) else to_element(element)
        )
        if not getattr(self.element, "_returns_rows", False):
            raise exc.ArgumentError(
                f"from_statement() takes a statement that returns rows, or text(...), got {element!r:.100}"
            )
        self._with_options = statement._with_options
        self._execution_options = statement._execution_options

    def _executed_form(self, dialect: Any) -> tuple[Any, dict[str, Any]]:
        return self.element, {"restrict": Restricting(criteria_of(self), covers_top=True)}

    @property
    def column_descriptions(self) -> Any:
        """One dict per selected entity."""
        return STATEMENTS["select"](*self._raw_columns).column_descriptions


STATEMENTS["from_statement"] = FromStatement


def execute_from_statement(
    session: Any,
    connection: Any,
    statement: FromStatement,
    params: Any,
    options: Mapping[str, Any],
    reason: Reason,
    *,
    when_read: bool = False,
) -> Any:
    """Execute the inner statement, and return the Result of entities made from its rows.

    when_read: the entities are made when the first is read.
    params: values by name; for an INSERT also a list of them, for rows that go into one statement.
    """
    is_rows = isinstance(params, list)
    names_given = tuple(params[0]) if is_rows else None
    compiled, binds = compile_restricted(
        connection, statement.element, criteria_of(statement), names_given
    )
    execute = connection.execute_rows if is_rows else connection.execute_compiled
    cursor = execute(
        compiled, binds, params, reason=reason, owner=session, options=options, statement=statement
    )
    if cursor.description is None:
        cursor.close()
        raise exc.InvalidRequestError(
            "from_statement() was given a statement that returns no rows; add .returning(...) to "
            "an INSERT, UPDATE or DELETE."
        )
    names = tuple(each[0] for each in cursor.description)
    key = ("from_statement", statement_key(statement)[0], names)
    cache = connection.plans
    plan: LoadPlan | None = cache.get(key) if key[1] is not None else None
    if plan is None:
        plan = make_plan(cache.dialect, statement, compiled, names)
        if key[1] is not None:
            cache.put(key, plan)
    result = make_result(session, plan, cursor, options, connection, when_read=when_read)
    # how often each object comes is the statement's own affair
    result._stream.requires_unique = False
    return result


def make_plan(
    dialect: Any, statement: FromStatement, compiled: Any, names: Sequence[str]
) -> LoadPlan:
    """Match attributes with the columns of the rows."""
    builder = NamedColumns(dialect, compiled, names)
    directives = [each for option in statement._with_options for each in option.directives]
    outputs: list[EntityRow | Slot | Composed] = []
    keys: list[str] = []
    objects: list[tuple[Any, ...]] = []
    for element in statement._raw_columns:
        entity = element._annotations.get("parententity")
        if element._is_from_clause and entity is not None:
            node = make_root(directives, entity)
            contained = take_contained(node)
            made = builder.start_entity(entity.mapper, node)
            outputs.append(made)
            add_contained(builder, made, contained)
            builder.fill_entity(made, entity.adapt)
            keys.append(getattr(entity, "name", None) or entity.mapper.class_.__name__)
            objects.append((element, entity.mapper.class_ if entity.is_mapper else entity.entity))
        else:
            objects.append((element,))
            if "composed" in element._annotations:
                make, columns = compose(element)
                outputs.append(Composed(make, tuple(map(builder.add_slot, columns))))
            else:
                outputs.append(builder.add_slot(element))
            keys.append(element._annotations.get("proxy_key") or element._result_name or "")
    builder.finish()
    single = len(outputs) == 1 and isinstance(outputs[0], EntityRow)
    rows = RowPlan(builder.entities, outputs, "scalar" if single else "row", len(names))
    return LoadPlan(compiled, rows, RowLayout(keys, objects), load_after)


def take_contained(node: PathNode | None) -> dict[str, Relation]:
    """Return the relationships said to be contained in the statement's own columns."""
    if node is None:
        return {}
    return {key: said for key, said in node.relations.items() if said.strategy == "contains"}


def add_contained(
    builder: PlanBuilder,
    owner: EntityRow,
    contained: Mapping[str, Relation],
) -> None:
    """Fill relationships from the statement's own joins (contains_eager)."""
    for key, said in contained.items():
        prop = _find_property(owner.mapper, key)
        alias = said.args.get("alias") or said.of_type
        own = alias is None or alias.is_mapper
        adapt = _same if own else alias.adapt
        child = builder.add_contained(owner, prop, said.node)
        add_contained(builder, child, take_contained(said.node))
        builder.fill_entity(child, adapt, (prop,))


def _find_property(mapper: Any, key: str) -> Any:
    """Return a property of a class, or of one derived from it. Raises exc.InvalidRequestError."""
    owners = (each for each in mapper.self_and_descendants if key in each.props)
    return next(owners, mapper).get_property(key)


def _same(column: Any) -> Any:
    return column


class NamedColumns(PlanBuilder):
    """A builder which finds columns in rows that are there, instead of selecting them."""

    def __init__(self, dialect: Any, compiled: Any, names: Sequence[str]) -> None:
        super().__init__(dialect, load_after)
        self.names = list(names)
        self.objects = [
            {hash(obj) for obj in each.objects if not isinstance(obj, str)}
            for each in compiled.result_columns
        ]

    def find_place(self, column: Any) -> int | None:
        """Return the place of a column in the rows: by the column itself, else by its name."""
        for place, objects in enumerate(self.objects):
            if hash(column) in objects:
                return place
        name = getattr(column, "name", None)
        return self.names.index(name) if name in self.names else None

    def add_slot(self, column: Any, key: str = "") -> Slot:
        """Return where a column's value is. Raises exc.NoSuchColumnError if it is not there."""
        place = self.find_place(column)
        if place is None:
            raise exc.NoSuchColumnError(
                f"The statement given to from_statement() has no column for {column}; it has "
                f"{', '.join(self.names)}. The primary key must be among them."
            )
        self._places.setdefault(column, place)
        return self.make_slot(column, key, place)

    def is_wanted(self, prop: Any, node: PathNode | None, extra: Sequence[str] | None) -> bool:
        """Take what is there."""
        return self.find_place(prop.expression) is not None

    def _add_joined(self, entity: EntityRow, prop: Any, *rest: Any) -> None:
        """Eager joins cannot be added to a finished statement: select the related objects."""
        entity.after.append((prop, "selectin"))
