"""Mapper: what a class and its table mean to each other."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic

from orm import exc
from orm.event.dispatch import Dispatch
from orm.event.targets import register_target
from orm.inspection import Inspected, inspect, inspects
from orm.mapping import inheritance
from orm.mapping.cascades import iterate_cascade
from orm.mapping.constructors import instrument_init
from orm.mapping.events import EVERY_MAPPER, MapperDispatch
from orm.mapping.options import options_of
from orm.mapping.properties import ColumnProperty, MapperProperty
from orm.mapping.validators import install_hooks
from orm.sql.adapt import ClauseAdapter
from orm.sql.annotations import plain
from orm.sql.columns import ColumnCollection
from orm.state.class_manager import ClassManager, manager_of_class
from orm.state.events import add_propagated
from orm.state.instance_state import instance_state
from orm.state.markers import MANAGER
from orm.util.collections import NamedCollection
from orm.util.proxies import memoized_property
from orm.util.typevars import T

if TYPE_CHECKING:
    from orm.mapping.registry import registry as Registry


class Mapper(Inspected, Generic[T]):
    """The mapping of one class. Read-only once configured.

    class_, local_table: what is mapped to what. persist_selectable: the own table, or in
    joined inheritance the join of all. tables: the tables it writes, base first.
    primary_key: the columns that identify an object. column_key: column -> attribute name.
    templates: a memo where other rooms keep what they compute once per mapper.
    """

    is_mapper = True
    is_aliased_class = False
    is_selectable = True

    def __init__(
        self,
        registry: Registry,
        class_: type,
        local_table: Any = None,
        *,
        properties: Mapping[str, Any] | None = None,
        primary_key: Iterable[Any] | None = None,
        inherits: Any = None,
        inherit_condition: Any = None,
        concrete: bool = False,
        polymorphic_on: Any = None,
        polymorphic_identity: Any = None,
        polymorphic_load: str | None = None,
        polymorphic_abstract: bool = False,
        with_polymorphic: Any = None,
        version_id_col: Any = None,
        version_id_generator: Any = None,
        include_properties: Iterable[Any] | None = None,
        exclude_properties: Iterable[Any] | None = None,
        column_prefix: str | None = None,
        eager_defaults: bool | str = "auto",
        confirm_deleted_rows: bool = True,
        passive_updates: bool = True,
        passive_deletes: bool = False,
        always_refresh: bool = False,
        allow_partial_pks: bool = True,
        batch: bool = True,
        legacy_is_orphan: bool = False,
    ) -> None:
        self.registry = registry
        self.class_ = class_
        self.class_manager = ClassManager(class_)
        self.inherits: Mapper | None = _find_parent(inherits)
        self.concrete = concrete
        self.props: dict[str, MapperProperty] = {}
        self.column_key: dict[Any, str] = {}
        self.templates: dict[str, Any] = {}
        self.configured = False
        self.validators: dict[str, Any] = {}
        self.eager_defaults = eager_defaults
        self.confirm_deleted_rows = confirm_deleted_rows
        self.passive_updates: bool = passive_updates and (
            self.inherits is None or concrete or self.inherits.passive_updates
        )
        self.passive_deletes = passive_deletes
        self.always_refresh = always_refresh
        self.allow_partial_pks = allow_partial_pks
        self.batch = batch
        self.legacy_is_orphan = legacy_is_orphan
        self.polymorphic_load = polymorphic_load
        self.polymorphic_abstract = polymorphic_abstract
        self.with_polymorphic = with_polymorphic
        self.column_prefix = column_prefix or ""
        self.dispatch = MapperDispatch(EVERY_MAPPER)
        self._inheriting: list[Mapper] = []
        self._include = None if include_properties is None else set(include_properties)
        self._exclude = set(exclude_properties or ())
        self._set_tables(local_table, inherit_condition)
        self._set_manager()
        self._set_primary_key(primary_key)
        self._set_properties(dict(properties or {}))
        self._set_polymorphic(polymorphic_on, polymorphic_identity)
        self._set_version(version_id_col, version_id_generator)
        self._finish()

    # -- construction ----------------------------------------------------------------

    def _set_tables(self, local_table: Any, condition: Any) -> None:
        parent = self.inherits
        self.inherit_condition = condition
        if parent is None or self.concrete:
            if local_table is None:
                raise exc.ArgumentError(
                    f"{self.class_.__name__} has no table to be mapped to. Write "
                    f'__tablename__ = "..." (or __table__ = Table(...)) in the class.'
                )
            self.local_table = self.persist_selectable = local_table
        elif local_table is None or local_table is parent.local_table:
            self.local_table = parent.local_table
            self.persist_selectable = parent.persist_selectable
        else:
            self.local_table = local_table
            self.persist_selectable, self.inherit_condition = inheritance.join_to_parent(
                self, parent, condition
            )
        self.single = parent is not None and not self.concrete
        self.single = self.single and parent is not None and self.local_table is parent.local_table
        self.base_mapper: Mapper = self if parent is None or self.concrete else parent.base_mapper
        if parent is not None:
            parent._inheriting.append(self)
            parent._forget_family()

    @memoized_property
    def loaded_along(self) -> tuple[Mapper, ...]:
        """The mappers below whose columns a SELECT of the class brings along."""
        return inheritance.loaded_along(self)

    with_polymorphic_mappers = loaded_along

    @memoized_property
    def selectable(self) -> Any:
        """What a SELECT of the class selects from."""
        return inheritance.selectable_of(self)

    mapped_table = selectable

    @property
    def joined_from(self) -> Any:
        """The join of its tables, None for a mapper of one table."""
        found = self.persist_selectable
        return found if found.__visit_name__ == "join" else None

    @memoized_property
    def tables(self) -> tuple[Any, ...]:
        """The tables the mapper writes, those of the base first."""
        above: tuple[Any, ...] = ()
        if self.inherits is not None and not self.concrete:
            above = self.inherits.tables
        own = _tables_of(self.local_table)
        return (*above, *(table for table in own if table not in above))

    def _set_manager(self) -> None:
        manager = self.class_manager
        manager.mapper = self
        manager.base_mapper = self.base_mapper
        manager.base_class = self.base_mapper.class_
        manager.configure = self.registry_configure
        manager.install(is_dataclass=options_of(self.class_) is not None)
        add_propagated(self.class_, self.dispatch)
        instrument_init(manager)

    def _set_primary_key(self, given: Iterable[Any] | None) -> None:
        if given is not None:
            columns = [self._column_of(each) for each in given]
        elif self.inherits is not None and not self.concrete:
            columns = list(self.inherits.primary_key)
        else:
            columns = inheritance.reduce_primary_key(list(self.local_table.primary_key))
        if not columns:
            name = self.class_.__name__
            raise exc.ArgumentError(
                f"{name} cannot be mapped: table {self.local_table.description!r} has no primary key, "
                f"and the ORM must be able to tell its rows apart. Write in {name}: "
                "id: Mapped[int] = mapped_column(primary_key=True), or, if some columns identify a "
                'row, name them: __mapper_args__ = {"primary_key": [column, ...]}.'
            )
        self.primary_key: tuple[Any, ...] = tuple(columns)
        self.class_manager.composite_ident = len(columns) > 1

    def _column_of(self, given: Any) -> Any:
        if isinstance(given, str):
            return self.local_table.c[given]
        column = getattr(given, "column", None)
        return given if column is None or hasattr(given, "table") else column

    def _set_properties(self, given: dict[str, Any]) -> None:
        self._inherit_properties(given)
        named: dict[Any, str] = {}
        for key, value in given.items():
            for column in _columns_in(value):
                named[column] = key
        for key, value in given.items():
            self._add(key, value)
        for column in self.local_table.c if hasattr(self.local_table, "c") else ():
            if column not in named and column not in self.column_key:
                self._add_column(column)

    def _inherit_properties(self, given: dict[str, Any]) -> None:
        if self.inherits is None:
            return
        for key, prop in self.inherits.props.items():
            if self.concrete and key not in given:
                continue
            if key in given or (prop.is_column and self._is_hidden(key)):
                continue
            if key in self.class_.__dict__ and not hasattr(self.class_.__dict__[key], "prop"):
                if not prop.is_relationship and not self.local_overrides(key):
                    continue
            self._use_inherited(key, prop)

    def local_overrides(self, key: str) -> bool:
        """Whether the own table has a column of this name beside the inherited one."""
        return not self.single and key in self.local_table.c

    def _is_hidden(self, key: str) -> bool:
        return False

    def _use_inherited(self, key: str, prop: MapperProperty) -> None:
        self.props[key] = prop
        for column in getattr(prop, "columns", ()):
            self.column_key.setdefault(column, key)
        prop.make_attribute(self.class_manager, self)
        above = self.inherits.class_manager.attributes.get(key) if self.inherits else None
        if above is not None and above.propagates:
            self.class_manager.attributes[key].listening().adopt_listeners(above.dispatch)

    def _add_column(self, column: Any) -> None:
        if self._exclude & {column, column.key, column.name}:
            return
        if self._include is not None and not self._include & {column, column.key, column.name}:
            return
        key = self.column_prefix + column.key
        inherited = self.props.get(key)
        if inherited is not None and inherited.is_column and inherited.parent is not self:
            # the own column first: it is the one that INSERTs into the own table name
            merged = ColumnProperty(column, *inherited.columns)  # type: ignore[attr-defined]
            self._add(key, merged)
        elif inherited is None:
            self._add(key, ColumnProperty(column))

    def _add(self, key: str, value: Any) -> MapperProperty:
        # what names an attribute in code is the same object: found in a dict without comparing
        key = sys.intern(str(key))
        prop = self._to_property(key, value)
        above = self.inherits.props.get(key) if self.inherits and not self.concrete else None
        if prop.is_column and isinstance(above, ColumnProperty):
            assert isinstance(prop, ColumnProperty)
            if not self.single:
                prop.columns += [each for each in above.columns if each not in prop.columns]
        prop.attach(self, key)
        self.props[key] = prop
        if isinstance(prop, ColumnProperty):
            for column in prop.columns:
                if self._owns(column):
                    self.column_key[column] = key
        prop.make_attribute(self.class_manager, self)
        self.templates.clear()
        self._forget_family()
        return prop

    def _owns(self, column: Any) -> bool:
        table = getattr(column, "table", None)
        return table is not None and any(
            column is known for each in self.all_tables for known in each.c
        )

    @memoized_property
    def all_tables(self) -> tuple[Any, ...]:
        """Tables and subqueries whose columns the mapper maps."""
        if self.local_table.__visit_name__ == "join":
            own: tuple[Any, ...] = _tables_of(self.local_table)
        else:
            own = (self.local_table,)
        if self.inherits is None or self.concrete:
            return own
        return (*self.inherits.all_tables, *own)

    def _to_property(self, key: str, value: Any) -> MapperProperty:
        if isinstance(value, MapperProperty):
            return value
        if isinstance(value, (list, tuple)):
            return ColumnProperty(*value)
        made = getattr(value, "make_property", None)
        if made is not None:
            found: MapperProperty = made(self, key)
            return found
        if not hasattr(value, "__visit_name__"):
            raise exc.ArgumentError(
                f"{self.class_.__name__}.{key}: {value!r:.80} is neither a column nor a mapped "
                "property; write relationship(...), column_property(...) or a Column."
            )
        return ColumnProperty(value)

    def _set_polymorphic(self, given: Any, identity: Any) -> None:
        if self.inherits is not None and not self.concrete:
            self.polymorphic_map: dict[Any, Mapper] = self.inherits.polymorphic_map
        else:
            self.polymorphic_map = {}
        self.polymorphic_on = inheritance.find_polymorphic_on(self, given)
        if self.concrete and given is None:
            self.polymorphic_on = None
        self.polymorphic_identity = identity
        inheritance.register_identity(self, identity)

    @property
    def polymorphic_key(self) -> str | None:
        """The name of the attribute that holds the discriminator, if it is a mapped column."""
        return None if self.polymorphic_on is None else self.column_key.get(self.polymorphic_on)

    def _set_version(self, column: Any, generator: Any) -> None:
        self.version_id_col: Any
        self.version_id_generator: Callable[[Any], Any] | bool
        parent = self.inherits if not self.concrete else None
        if column is None and parent is not None:
            self.version_id_col = parent.version_id_col
            self.version_id_generator = parent.version_id_generator
            return
        self.version_id_col = None if column is None else plain(self._column_of_attribute(column))
        if generator is None:
            generator = _next_version
        self.version_id_generator = generator

    def _column_of_attribute(self, given: Any) -> Any:
        if isinstance(given, str):
            return self.column_of(given)
        return self._column_of(given)

    def _finish(self) -> None:
        missing = [column for column in self.primary_key if column not in self.column_key]
        if missing:
            raise exc.ArgumentError(
                f"{self.class_.__name__}: the primary key column {missing[0].key!r} must be mapped to "
                "an attribute; take it out of exclude_properties."
            )
        self.pk_keys: tuple[str, ...] = tuple(self.column_key[each] for each in self.primary_key)
        install_hooks(self)
        inheritance.install_discriminator(self)
        if self.concrete and self.inherits is not None:
            inheritance.hide_inherited(self, self.inherits)
        if self.polymorphic_abstract:
            inheritance.install_abstract(self)
        for fn in self.dispatch.instrument_class:
            fn(self, self.class_)
        for fn in self.dispatch.after_mapper_constructed:
            fn(self, self.class_)

    # -- configuration ------------------------------------------------------------------

    def registry_configure(self) -> None:
        """Configure the mappers of the registry, if some are not."""
        self.registry.configure()

    def add_property(self, key: str, value: Any) -> None:
        """Map a further attribute, for this class and those below."""
        prop = self._add(key, value)
        self._pass_on(key, prop)
        if not prop.configured:
            self.configured = False
            self.registry.note_new()

    def _pass_on(self, key: str, prop: MapperProperty) -> None:
        """Have the classes below inherit an attribute, unless they have one of this name."""
        for below in self._inheriting:
            if not below.concrete and key not in below.props:
                below._use_inherited(key, prop)
                below._forget_family()
                below.configured = below.configured and prop.configured
                below._pass_on(key, prop)

    def add_properties(self, dict_of_properties: Mapping[str, Any]) -> None:
        """Map several further attributes."""
        for key, value in dict_of_properties.items():
            self.add_property(key, value)

    def _forget_family(self) -> None:
        for mapper in self.iterate_to_root():
            memo = mapper.__dict__
            for name in ("tables", "all_tables", "self_and_descendants", "relationships"):
                memo.pop(name, None)
            for name in ("column_attrs", "columns", "attrs", "all_orm_descriptors", "synonyms"):
                memo.pop(name, None)
            for name in (
                "composites",
                "loaded_along",
                "selectable",
                "_element",
                "_adapter",
                "selected_expressions",
                "row_discriminator",
            ):
                memo.pop(name, None)

    def set_polymorphic_source(self, classes: Any, source: Any, polymorphic_on: Any) -> None:
        """Select the class from `source`, a union of the tables of subclasses."""
        self.with_polymorphic = (classes, source)
        self.polymorphic_on = polymorphic_on
        self._forget_family()
        for prop in self.column_attrs:
            prop._elements.clear()

    def adopt(self, below: Mapper) -> None:
        """Become the base of a mapper which had none, and keeps its own table."""
        below.inherits = self
        self._inheriting.append(below)
        self._forget_family()
        self.polymorphic_map.update(below.polymorphic_map)

    # -- what is mapped -------------------------------------------------------------------

    @memoized_property
    def columns(self) -> ColumnCollection:
        """The mapped columns by attribute name."""
        return ColumnCollection((prop.key, prop.columns[0]) for prop in self.column_attrs)

    @property
    def c(self) -> ColumnCollection:
        """The mapped columns by attribute name."""
        return self.columns

    @memoized_property
    def column_attrs(self) -> NamedCollection[Any]:
        """The column properties."""
        return self._select(lambda prop: prop.is_column)

    @memoized_property
    def relationships(self) -> NamedCollection[Any]:
        """The relationships; configures the mappers."""
        self.registry_configure()
        return self._select(lambda prop: prop.is_relationship)

    @memoized_property
    def attrs(self) -> NamedCollection[Any]:
        """All properties; configures the mappers."""
        self.registry_configure()
        return self._select(lambda prop: True)

    @memoized_property
    def synonyms(self) -> NamedCollection[Any]:
        """The synonyms."""
        return self._select(lambda prop: type(prop).__name__ == "SynonymProperty")

    @memoized_property
    def composites(self) -> NamedCollection[Any]:
        """The composites."""
        return self._select(lambda prop: type(prop).__name__ == "CompositeProperty")

    def _select(self, wanted: Callable[[Any], bool]) -> NamedCollection[Any]:
        return NamedCollection(
            {key: prop for key, prop in self.props.items() if wanted(prop)}, self.class_.__name__
        )

    @property
    def iterate_properties(self) -> Iterator[MapperProperty]:
        """The properties, one after the other."""
        return iter(self.attrs)

    @memoized_property
    def all_orm_descriptors(self) -> NamedCollection[Any]:
        """Mapped attributes, hybrids and association proxies, by name."""
        self.registry_configure()
        found: dict[str, Any] = dict(self.class_manager.attributes)
        for base in reversed(self.class_.__mro__):
            for key, member in vars(base).items():
                if hasattr(member, "extension_type") and not key.startswith("__"):
                    found[key] = getattr(self.class_, key) if key in self.props else member
        return NamedCollection(found, self.class_.__name__)

    def has_property(self, key: str) -> bool:
        """Return whether an attribute of this name is mapped."""
        return key in self.props

    def get_property(self, key: str, _configure_mappers: bool = True) -> Any:
        """Return the property of a name; raises exc.InvalidRequestError if there is none."""
        if _configure_mappers:
            self.registry_configure()
        prop = self.props.get(key)
        if prop is None:
            raise exc.InvalidRequestError(
                f"{self.class_.__name__} has no mapped attribute {key!r}; it has: "
                f"{', '.join(self.props)}."
            )
        return prop

    def column_of(self, key: str) -> Any:
        """Return the column behind a column attribute."""
        return self.props[key].columns[0]  # type: ignore[attr-defined]

    def get_property_by_column(self, column: Any) -> Any:
        """Return the property of a column; raises exc.UnmappedColumnError."""
        key = self.column_key.get(plain(column))
        if key is None:
            raise exc.UnmappedColumnError(
                f"Column {column} is not mapped by {self.class_.__name__}."
            )
        return self.props[key]

    @property
    def entity_namespace(self) -> type:
        """Where `filter_by(name=...)` looks for names: the class."""
        return self.class_

    @property
    def entity(self) -> type:
        """The class."""
        return self.class_

    @property
    def mapper(self) -> Mapper:
        """Itself."""
        return self

    @property
    def name(self) -> str:
        """The name of the class."""
        return self.class_.__name__

    def adapt(self, expression: Any) -> Any:
        """Return an expression in terms of what is selected: as it is, unless that is a union."""
        adapter = self._adapter
        return expression if adapter is None else adapter.traverse(expression)

    @memoized_property
    def selected_expressions(self) -> tuple[Any, ...]:
        """The SQL expressions that a SELECT of the class brings, beside columns of its tables."""
        return tuple(
            prop.element_for(self)
            for prop in self.column_attrs
            if prop.is_expression and not prop.deferred and not prop.is_query_expression
        )

    @memoized_property
    def partial_keys(self) -> tuple[str, ...]:
        """Column attributes of a base over several concrete classes which some of these lack."""
        if not self.adapts or self.polymorphic_on is None:
            return ()
        below = [each for each in self.self_and_descendants[1:] if each.concrete]
        discriminator = self.polymorphic_key
        return tuple(
            prop.key
            for prop in self.column_attrs
            if prop.key not in self.pk_keys
            and prop.key != discriminator
            and any(prop.key not in each.props for each in below)
        )

    @memoized_property
    def row_discriminator(self) -> Any:
        """The column that tells the class of a row; None if a SELECT of the class does not have it.

        That is so below a base which finds its discriminator in a union of its own.
        """
        column = self.polymorphic_on
        table = getattr(column, "table", None)
        if self.inherits is None or self.adapts or table is None:
            return column
        sources = (*self.all_tables, self.selectable, *self.selectable._from_objects)
        return column if any(plain(each) is plain(table) for each in sources) else None

    @property
    def adapts(self) -> bool:
        """Whether a SELECT of the class takes its rows from elsewhere than its tables."""
        return self._adapter is not None

    @memoized_property
    def _adapter(self) -> ClauseAdapter | None:
        selectable = self.selectable
        if selectable._is_join or selectable.__visit_name__ == "table":
            return None
        return ClauseAdapter(selectable)

    def attribute(self, key: str) -> Any:
        """Return the mapped attribute of the class."""
        return self.class_manager.attributes[key]

    @memoized_property
    def _element(self) -> Any:
        return self.selectable._annotate({"parententity": self, "parentmapper": self})

    def __clause_element__(self) -> Any:
        if not self.configured:
            # the attributes which other mappers' backrefs put here are wanted from now on; a class
            # that is not there yet is an error when the statement is executed
            with contextlib.suppress(exc.InvalidRequestError):
                self.registry_configure()
        return self._element

    # -- family -----------------------------------------------------------------------------

    def iterate_to_root(self) -> Iterator[Mapper]:
        """Yield this mapper and those it inherits from, up to the base."""
        mapper: Mapper | None = self
        while mapper is not None:
            yield mapper
            mapper = mapper.inherits

    @memoized_property
    def self_and_descendants(self) -> tuple[Mapper, ...]:
        """This mapper and all below, parents first."""
        found = [self]
        for below in self._inheriting:
            found.extend(below.self_and_descendants)
        return tuple(found)

    def isa(self, other: Any) -> bool:
        """Return whether this mapper is `other` or inherits from it."""
        return any(mapper is other for mapper in self.iterate_to_root())

    def common_parent(self, other: Mapper) -> bool:
        """Return whether both belong to the same hierarchy."""
        return self.base_mapper is other.base_mapper

    def is_sibling(self, other: Mapper) -> bool:
        """Return whether both belong to one hierarchy, and neither inherits from the other."""
        return self.common_parent(other) and not self.isa(other) and not other.isa(self)

    def cascade_iterator(
        self, type_: str, state: Any, halt_on: Callable[[Any], bool] | None = None
    ) -> Iterator[tuple[Any, Mapper, Any, dict[str, Any]]]:
        """Yield (object, mapper, state, dict) of what an operation on an object reaches.

        type_: "save-update", "delete", "merge", ... as in the `cascade` of relationships. halt_on: called
        with a state; True leaves it, and what is behind it, out.
        """
        return iterate_cascade(self, type_, state, halt_on)

    @property
    def polymorphic_iterator(self) -> Callable[[], Iterator[Mapper]]:
        """Return an iterator over this mapper and all below."""
        return lambda: iter(self.self_and_descendants)

    def _is_orphan(self, state: Any) -> bool:
        from orm.state.backrefs import has_parent

        owners = self.__dict__.get("_orphan_owners", ())
        if not owners:
            return False
        found = [has_parent(prop, state, state.ident is not None) for prop in owners]
        return not all(found) if self.legacy_is_orphan is False else not any(found)

    # -- identity -----------------------------------------------------------------------------

    def ident_from_values(self, values: Sequence[Any]) -> Any:
        """Return the identity for primary key values: the value itself if there is one."""
        return tuple(values) if self.class_manager.composite_ident else values[0]

    def identity_key_from_primary_key(
        self, primary_key: Sequence[Any], identity_token: Any = None
    ) -> tuple[type, tuple[Any, ...], Any]:
        """Return the identity key for primary key values."""
        return self.base_mapper.class_, tuple(primary_key), identity_token

    def identity_key_from_instance(self, instance: Any) -> tuple[type, tuple[Any, ...], Any]:
        """Return the identity key by an object's present primary key."""
        token = instance_state(instance).identity_token
        return self.identity_key_from_primary_key(self.primary_key_from_instance(instance), token)

    def identity_key_from_row(
        self, row: Any, identity_token: Any = None, adapter: Any = None
    ) -> tuple[type, tuple[Any, ...], Any]:
        """Return the identity key for a row that has the primary key columns."""
        values = getattr(row, "_mapping", row)
        found = tuple(values[column] for column in self.primary_key)
        return self.base_mapper.class_, found, identity_token

    def primary_key_from_instance(self, instance: Any) -> list[Any]:
        """Return an object's present primary key values, None where there is none."""
        return [getattr(instance, key) for key in self.pk_keys]

    def dispose(self) -> None:
        """Undo the mapping: the class is a plain one afterwards."""
        self.class_manager.uninstall()
        if self.inherits is not None and self in self.inherits._inheriting:
            self.inherits._inheriting.remove(self)
            self.inherits._forget_family()

    def __str__(self) -> str:
        return f"Mapper[{self.class_.__name__}({self.local_table.description})]"

    def __repr__(self) -> str:
        return f"<Mapper of {self.class_.__name__} to {self.local_table.description}>"


def _next_version(version: Any) -> int:
    return (version or 0) + 1


def _find_parent(inherits: Any) -> Mapper | None:
    if inherits is None or isinstance(inherits, Mapper):
        return inherits
    manager = manager_of_class(inherits)
    if manager is None:
        raise exc.ArgumentError(f"inherits={inherits!r} is not a mapped class.")
    found: Mapper = manager.mapper
    return found


def _tables_of(selectable: Any) -> tuple[Any, ...]:
    kind = selectable.__visit_name__
    if kind == "join":
        return (*_tables_of(selectable.left), *_tables_of(selectable.right))
    if kind in ("grouping", "from_grouping") and hasattr(selectable, "element"):
        return _tables_of(selectable.element)
    return (selectable,) if kind == "table" else ()


def _columns_in(value: Any) -> list[Any]:
    columns = getattr(value, "columns", None)
    if isinstance(value, (list, tuple)):
        return list(value)
    if isinstance(columns, list):
        return columns
    return [value] if hasattr(value, "table") and hasattr(value, "key") else []


def _resolve_events(target: Any, name: str, options: dict[str, Any]) -> Dispatch:
    found: Dispatch = EVERY_MAPPER if isinstance(target, type) else target.dispatch
    return found


register_target(Mapper, MapperDispatch, _resolve_events)


@inspects(type)
def _inspect_class(class_: type) -> Mapper | None:
    manager: ClassManager | None = class_.__dict__.get(MANAGER)
    if manager is None and class_.__dict__.get("_sa_waiting") is not None:
        # an abstract concrete base, which is mapped once its subclasses are there
        class_._sa_waiting.configure()  # type: ignore[attr-defined]
        manager = class_.__dict__.get(MANAGER)
    return None if manager is None else manager.mapper


@inspects(Mapper)
def _inspect_mapper(mapper: Mapper) -> Mapper:
    return mapper


def class_mapper(class_: Any, configure: bool = True) -> Mapper:
    """Return the mapper of a class; raises exc.UnmappedClassError."""
    found = inspect(class_, raiseerr=False) if isinstance(class_, type) else None
    if not isinstance(found, Mapper):
        raise exc.UnmappedClassError(class_)
    if configure:
        found.registry_configure()
    return found


def object_mapper(instance: Any) -> Mapper:
    """Return the mapper of an object; raises exc.UnmappedInstanceError."""
    found: Mapper = instance_state(instance).mapper
    return found
