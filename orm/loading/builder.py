"""LoadPlan: a statement over entities, compiled, with the layout and the hydrator of its rows.

`PlanBuilder` collects columns, entities and eager joins, and makes the core SELECT out of
them. What is asked for is the same for every source of a plan: a user's statement
(`statement.py`), a batch of related objects (`selectin.py`), one object (`refresh.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from orm import codegen, exc
from orm.engine.row import RowLayout
from orm.loading.criteria import LoaderCriteria, Restricting
from orm.loading.gen_hydrate import gen_hydrate
from orm.loading.hydrate import Hydrator, make_plain
from orm.loading.joined import JoinedLoad, add_joins, repeats_rows
from orm.loading.path import PathNode
from orm.loading.polymorphic import make_kinds
from orm.loading.raising import make_unloadable_error
from orm.loading.row_plan import Composed, EntityRow, JoinedRow, RowPlan, Slot
from orm.sql.subquery import SelectLabelStyle

Adapt = Callable[[Any], Any]
LoadAfter = Callable[[Any, EntityRow, Any, str], None]

#: strategies which run after the rows of the statement are there
AFTER = frozenset({"selectin", "subquery", "immediate"})

#: all values of lazy= and strategies under which a relationship comes along
EAGER = AFTER | {"joined", False}


class LoadPlan:
    """What execution needs of a statement; immutable, shared by threads.

    compiled: the SQL. rows: what is where. hydrate: the function over driver rows. layout: the
    names of what a row of the result has. scalar: the result's items are the values
    themselves. unique_filters: per output what unique() compares. has_collections: parents repeat, so that the result has to be made unique.
    has_after: something is loaded after the rows, by load_after(run, entity, prop, strategy).
    """

    __slots__ = (
        "compiled",
        "has_after",
        "has_collections",
        "hydrate",
        "layout",
        "load_after",
        "rows",
        "scalar",
        "unique_filters",
    )

    def __init__(
        self, compiled: Any, rows: RowPlan, layout: RowLayout, load_after: LoadAfter
    ) -> None:
        self.compiled = compiled
        self.rows = rows
        self.layout = layout
        self.load_after = load_after
        self.scalar = rows.emit == "scalar"
        self.unique_filters = tuple(
            id if isinstance(each, EntityRow) else None for each in rows.outputs
        )
        self.has_collections = rows.collections > 0
        self.has_after = any(entity.after for entity in rows.entities)
        self.hydrate: Hydrator | None = None if rows.is_plain else make_hydrator(rows)

    @property
    def source(self) -> str:
        """The text of the hydrator, for reading."""
        return gen_hydrate(self.rows).text

    def __str__(self) -> str:
        """The SQL, what is loaded after its rows, and the function that makes objects of them."""
        lines = [f"# {line}".rstrip() for line in self.compiled.string.splitlines()]
        for entity in self.rows.entities:
            lines += [f"# then {prop} ({strategy})" for prop, strategy in entity.after]
        if self.hydrate is None:
            return "\n".join([*lines, "# the rows are handed on as the driver gives them", ""])
        return "\n".join([*lines, "", self.source])

    def __repr__(self) -> str:
        return f"<LoadPlan {self.rows!r}: {self.compiled.string!r}>"


def make_hydrator(rows: RowPlan) -> Hydrator:
    """Return the function for a layout: generated, or the twin where code is switched off."""
    if not codegen.is_enabled():
        return make_plain(rows)
    names = "_".join(entity.mapper.class_.__name__ for entity in rows.entities)
    made: Hydrator = gen_hydrate(rows).build(f"hydrate {names or 'rows'}")
    return made


class PlanBuilder:
    """Columns, entities and eager joins of one statement under construction.

    dialect: for which types convert values. load_after: what loads further relationships once
    the rows are there (`selectin.load_after`). criteria: with_loader_criteria() of the statement,
    which `restrict` puts into the SELECTs. columns: what the core SELECT selects.
    """

    def __init__(
        self, dialect: Any, load_after: LoadAfter, criteria: Sequence[LoaderCriteria] = ()
    ) -> None:
        self.dialect = dialect
        self.load_after = load_after
        self.restrict = Restricting(criteria)
        self.columns: list[Any] = []
        self.entities: list[EntityRow] = []
        self.joins: list[JoinedLoad] = []
        self._places: dict[Any, int] = {}
        #: number of an entity -> the join that brings it
        self._load_of: dict[int, JoinedLoad] = {}
        #: entities whose eager joins come when all that the statement selects is in its place
        self._waiting: list[tuple[EntityRow, Adapt, PathNode | None, tuple[Any, ...]]] = []

    def add_slot(self, column: Any, key: str = "") -> Slot:
        """Select a column, once however often it is asked for; returns where its value is."""
        place = self._places.get(column)
        if place is None:
            place = self._places[column] = len(self.columns)
            self.columns.append(column)
        return self.make_slot(column, key, place)

    def make_slot(self, column: Any, key: str, place: int) -> Slot:
        """Return the slot for a column's value at a place of the row."""
        impl = column.type.dialect_impl(self.dialect)
        convert = impl.result_processor(self.dialect, None)
        inline = None if convert is None else impl.inline_result(self.dialect)
        return Slot(key, place, convert, inline)

    def add_entity(
        self,
        mapper: Any,
        adapt: Adapt,
        node: PathNode | None,
        path: tuple[Any, ...] = (),
        extra: Sequence[str] | None = None,
        along: Sequence[Any] = (),
    ) -> EntityRow:
        """Select the columns of an entity, and what its options and relationships load along.

        adapt: from a mapped column to the column of the alias or subquery that is selected.
        path: the relationships followed so far, for the end of recursions.
        along: mappers below whose columns come along beside what the mapping says.
        extra: load these column attributes beside the primary key, and no relationship.
        """
        entity = self.start_entity(mapper, node)
        self.fill_entity(entity, adapt, path, extra, along)
        return entity

    def start_entity(self, mapper: Any, node: PathNode | None) -> EntityRow:
        """Return an entity which has no columns yet."""
        entity = EntityRow(mapper, len(self.entities))
        self.entities.append(entity)
        entity.options = node
        return entity

    def fill_entity(
        self,
        entity: EntityRow,
        adapt: Adapt,
        path: tuple[Any, ...] = (),
        extra: Sequence[str] | None = None,
        along: Sequence[Any] = (),
        lacks: Callable[[Any], bool] | None = None,
        discriminator: Any = None,
    ) -> None:
        """Select the columns of an entity; see add_entity.

        lacks: whether the source of an alias has no column for an attribute, which is left out then.
        discriminator: what says of which class a row is, in place of the mapping's.
        """
        entity.adapt = adapt
        mapper, node = entity.mapper, entity.options
        pk_keys = mapper.pk_keys
        by_key: dict[str, Slot] = {}
        given = {} if node is None or extra is not None else node.expressions
        for prop in mapper.column_attrs:
            key = prop.key
            if key in given:
                by_key[key] = self.add_slot(adapt(given[key]), key)
            elif lacks is not None and key not in pk_keys and lacks(prop):
                continue
            elif key in mapper.partial_keys:
                continue  # make_kinds gives it to those which have it
            elif key in pk_keys or self.is_wanted(prop, node, extra):
                by_key[key] = self.add_slot(adapt(prop.expression), key)
        entity.slots = tuple(by_key.values())
        entity.ident = tuple(by_key[key] for key in pk_keys)
        make_kinds(self, entity, adapt, along if extra is None else None, discriminator)
        if extra is None and entity.number not in self._load_of:
            self._waiting.append((entity, adapt, node, path))

    def finish(self) -> None:
        """Add the eager joins; nothing further is selected after this."""
        while self._waiting:
            self._add_relations(*self._waiting.pop(0))

    def is_wanted(self, prop: Any, node: PathNode | None, extra: Sequence[str] | None) -> bool:
        """Return whether a column attribute is loaded along."""
        if extra is not None:
            return prop.key in extra
        is_deferred = bool(getattr(prop, "deferred", False))
        if node is None:
            return not is_deferred
        return node.wants_column(prop.key, is_deferred, getattr(prop, "group", None))

    def _add_relations(
        self, entity: EntityRow, adapt: Adapt, node: PathNode | None, path: tuple[Any, ...]
    ) -> None:
        """Arrange for the relationships which load along with the entity."""
        entity.path = path
        for prop in entity.mapper.relationships:
            said = None if node is None else node.relations.get(prop.key)
            strategy = prop.lazy if node is None else node.strategy_for(prop.key, prop.lazy)
            asked = said is not None and said.strategy is not None
            if prop.writes_only:
                if asked and (strategy in AFTER or strategy == "joined"):
                    raise make_unloadable_error(prop)
                continue
            if not asked and _repeats(prop, path):
                continue
            if strategy in ("joined", False):
                self._add_joined(entity, prop, adapt, node, path)
            elif strategy in AFTER or strategy == "noload":
                entity.after.append((prop, strategy))

    def _add_joined(
        self,
        entity: EntityRow,
        prop: Any,
        adapt: Adapt,
        node: PathNode | None,
        path: tuple[Any, ...],
    ) -> None:
        """Select the entity behind a relationship over a join of its own alias."""
        said = None if node is None else node.relations.get(prop.key)
        child_node = None if node is None else node.node_for(prop.key)
        parent = self._load_of.get(entity.number)
        load = JoinedLoad.make(prop, adapt, said, child_node, parent)
        self.joins.append(load)
        child = self.start_entity(load.mapper, child_node)
        self._load_of[child.number] = load
        way = (*path, prop)
        self._add_relations(child, load.adapt, child_node, way)
        self.fill_entity(child, load.adapt, way, along=load.along)
        entity.joined.append(JoinedRow(prop.key, child, prop.uselist, prop))

    def add_contained(self, entity: EntityRow, prop: Any, node: PathNode | None) -> EntityRow:
        """Fill a relationship from columns that the statement's own joins bring (contains_eager).

        Returns the related entity, which is to be filled.
        """
        child = self.start_entity(prop.mapper, node)
        entity.joined.append(JoinedRow(prop.key, child, prop.uselist, prop))
        return child

    def make_plan(
        self,
        base: Any,
        outputs: Sequence[EntityRow | Slot | Composed],
        emit: str,
        keys: Sequence[str | None],
        *,
        objects: Sequence[Sequence[Any]] = (),
        group: Sequence[Slot] = (),
        extracted: Sequence[Any] = (),
    ) -> LoadPlan:
        """Return the plan of `base`, a core Select whose columns are replaced.

        keys: the names of the outputs; None takes the name of the compiled column. objects: per
        output what a row may be asked by.
        """
        self.finish()
        statement = add_joins(self, base)
        compiled = self.dialect.statement_compiler(self.dialect).compile(
            statement, extracted=tuple(extracted), restrict=self.restrict
        )
        width = len(self.columns)
        if len(compiled.result_columns) != width:
            raise exc.CompileError(
                f"The statement was compiled to {len(compiled.result_columns)} columns where "
                f"{width} were planned: {compiled.string}"
            )
        has_joined = any(entity.joined for entity in self.entities)
        repeats = has_joined and repeats_rows(base, self.entities)
        rows = RowPlan(self.entities, outputs, emit, width, group, repeats=repeats, is_unique=True)
        names = [
            compiled.result_columns[output.place].key
            if key is None and isinstance(output, Slot)
            else str(key)
            for key, output in zip(keys, outputs, strict=True)
        ]
        if base._label_style != SelectLabelStyle.LABEL_STYLE_LEGACY_ORM:
            names = name_apart(names)
        return LoadPlan(compiled, rows, RowLayout(names, objects), self.load_after)


def name_apart(wanted: list[str]) -> list[str]:
    """Return the names of a row's elements, repeated ones numbered: `id`, `id_1`."""
    taken = set(wanted)
    if len(taken) == len(wanted):
        return wanted
    found: dict[str, None] = {}
    for name in wanted:
        unused, number = name, 0
        while unused in found or (number and unused in taken):
            number += 1
            unused = f"{name}_{number}"
        found[unused] = None
    return list(found)


def _repeats(prop: Any, path: tuple[Any, ...]) -> bool:
    """Whether eager loading as mapped would go round: the target was on the way already."""
    depth = getattr(prop, "join_depth", None)
    if depth is not None:
        return bool(sum(each is prop for each in path) >= depth)
    target = prop.mapper
    return target is prop.parent or any(target in (each.parent, each.mapper) for each in path)
