"""RelationshipProperty: an attribute that leads to other mapped objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic

from orm import exc
from orm.inspection import inspect
from orm.mapping.cascades import CascadeOptions
from orm.mapping.class_registry import evaluate
from orm.mapping.comparators import RelationshipComparator
from orm.mapping.join_condition import (
    MANYTOONE,
    ONETOMANY,
    JoinCondition,
    column_pairs,
    compares_only,
    foreign,
    remote,
)
from orm.mapping.mapper import Mapper
from orm.mapping.properties import MapperProperty
from orm.sql import expression
from orm.sql.coercions import to_element
from orm.sql.functions import func
from orm.state.attributes import ObjectAttribute, RelatedAttribute
from orm.state.collection_attribute import CollectionAttribute
from orm.state.instrumented import QueryableAttribute
from orm.util.typevars import T

if TYPE_CHECKING:
    from orm.mapping.join_condition import RelationshipDirection

_LAZY_WORDS = {True: "select", False: "joined", None: "noload"}
_KNOWN_LAZY = frozenset(
    ("select", "joined", "selectin", "subquery", "immediate", "raise", "raise_on_sql")
    + ("noload", "write_only", "dynamic")
)


def expression_names() -> dict[str, Any]:
    """Return the functions that strings in relationships may use."""
    return {
        "foreign": foreign,
        "remote": remote,
        "and_": expression.and_,
        "or_": expression.or_,
        "not_": expression.not_,
        "desc": expression.desc,
        "asc": expression.asc,
        "case": expression.case,
        "cast": expression.cast,
        "literal": expression.literal,
        "func": func,
        "True": True,
        "False": False,
        "None": None,
    }


class RelationshipProperty(MapperProperty, Generic[T]):
    """A relationship; see `relationship()` for the arguments.

    Once configured: `mapper` and `entity` (the target), `direction`, `uselist`,
    `primaryjoin`, `secondaryjoin`, `secondary`, `local_columns`, `remote_side`,
    `local_remote_pairs`, `synchronize_pairs`, `secondary_synchronize_pairs`, `use_get`
    (a many-to-one onto the target's primary key: the identity map may have it).
    """

    is_relationship = True
    strategy_wildcard_key = "relationship"
    Comparator = RelationshipComparator
    has_default = False

    def __init__(
        self,
        argument: Any = None,
        secondary: Any = None,
        *,
        uselist: bool | None = None,
        collection_class: Any = None,
        primaryjoin: Any = None,
        secondaryjoin: Any = None,
        back_populates: str | None = None,
        order_by: Any = False,
        backref: Any = None,
        overlaps: str | None = None,
        post_update: bool = False,
        cascade: Any = False,
        viewonly: bool = False,
        lazy: Any = "select",
        passive_deletes: Any = False,
        passive_updates: bool = True,
        active_history: bool = False,
        enable_typechecks: bool = True,
        foreign_keys: Any = None,
        remote_side: Any = None,
        join_depth: int | None = None,
        single_parent: bool = False,
        innerjoin: Any = False,
        distinct_target_key: bool | None = None,
        load_on_pending: bool = False,
        query_class: Any = None,
        omit_join: bool | None = None,
        sync_backref: bool | None = None,
        lazy_loads: str | None = None,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        self.argument = argument
        self.secondary = secondary
        self.uselist: Any = uselist
        self.collection_class = collection_class
        self._given = {
            "primaryjoin": primaryjoin,
            "secondaryjoin": secondaryjoin,
            "order_by": order_by,
            "foreign_keys": foreign_keys,
            "remote_side": remote_side,
        }
        self.back_populates = back_populates
        self.backref = backref
        self.overlaps = overlaps
        self.post_update = post_update
        self.viewonly = viewonly
        self.sync_backref = sync_backref
        self.lazy = _LAZY_WORDS.get(lazy, lazy) if not isinstance(lazy, str) else lazy
        self.passive_deletes = passive_deletes
        self.passive_updates = passive_updates
        self.active_history = active_history
        self.enable_typechecks = enable_typechecks
        self.join_depth = join_depth
        self.single_parent = single_parent
        self.innerjoin = innerjoin
        self.distinct_target_key = distinct_target_key
        self.load_on_pending = load_on_pending
        self.query_class = query_class
        self.omit_join = omit_join
        self.lazy_loads = lazy_loads
        self._reverse_property: set[RelationshipProperty] = set()
        #: loader options about this relationship as it stands, which are the same for every statement
        self.options_made: dict[tuple[Any, ...], Any] = {}
        self._cascade_given = cascade is not False
        given = cascade if self._cascade_given else self._usual_cascade()
        self.cascade = CascadeOptions(given or "")
        self._check_arguments()
        self._linked = False

    @property
    def cascade(self) -> CascadeOptions:
        """What happens to related objects along with their owner; may be set, as a string or a set of names."""
        return self._cascade

    @cascade.setter
    def cascade(self, value: Any) -> None:
        self._cascade = CascadeOptions(value)
        if self.configured:
            self._check_cascade()
            for below in self.parent.self_and_descendants:
                impl: Any = below.class_manager.impls.get(self.key)
                if impl is not None and impl.prop is self:
                    self._set_cascades(impl)

    def _set_cascades(self, impl: RelatedAttribute) -> None:
        impl.cascades = self.cascade.save_update
        impl.delete_orphan = self.cascade.delete_orphan
        impl.track_parent = self.cascade.delete_orphan or self.single_parent

    def _usual_cascade(self) -> str:
        return "merge" if self.viewonly else "save-update, merge"

    def _check_arguments(self) -> None:
        if self.lazy not in _KNOWN_LAZY:
            raise exc.ArgumentError(
                f"relationship(lazy={self.lazy!r}): known are {', '.join(sorted(_KNOWN_LAZY))}."
            )
        if self.back_populates and self.backref:
            raise exc.ArgumentError(
                "relationship() takes back_populates or backref, not both: with back_populates both "
                "sides are written, backref makes the other one."
            )
        if self.viewonly:
            wrong = self.cascade & {"save-update", "delete", "delete-orphan"}
            if wrong and self._cascade_given:
                raise exc.ArgumentError(
                    f"relationship(viewonly=True) writes nothing, so that the cascades "
                    f"{', '.join(sorted(wrong))} make no sense; leave them out."
                )
        if self.passive_deletes == "all" and self.cascade & {"delete", "delete-orphan"}:
            raise exc.ArgumentError(
                "relationship(passive_deletes='all') leaves all deletes to the database; it goes "
                "with no 'delete' cascade."
            )
        if "delete-orphan" in self.cascade and "delete" not in self.cascade:
            import warnings

            warnings.warn(
                "relationship(cascade='delete-orphan') normally goes with 'delete': write "
                "cascade='all, delete-orphan'.",
                exc.SAWarning,
                stacklevel=4,
            )

    # -- configuration ---------------------------------------------------------------

    def take_default(self, where: str, value: Any) -> bool:
        """Take the default of a dataclass field: None, for a relationship to one object."""
        self.has_default = True
        return True

    def take_default_factory(self, where: str, factory: Any) -> bool:
        """Say that a collection is empty without being set; refuse a factory of another kind."""
        if self.uselist is False and self.collection_class is None:
            return False
        made = self.collection_class or list
        kind = made if isinstance(made, type) else type(made())
        plain_kind = next((each for each in (list, set, dict) if issubclass(kind, each)), kind)
        if factory in (made, plain_kind):
            return True
        allowed = " or ".join(dict.fromkeys(each.__name__ for each in (kind, plain_kind)))
        raise exc.ArgumentError(
            f"{where}: a new object starts with an empty collection, so that default_factory can only "
            f"be {allowed}, not {factory!r:.80}. Fill the collection in __post_init__."
        )

    def configure(self) -> None:
        """Resolve the target and the join, and meet the other side."""
        if self.configured:
            return
        self._find_target()
        self._find_secondary()
        self._find_joins()
        self._check_cascade()
        self._check_default()
        self._find_order()
        self.configured = True

    def _find_target(self) -> None:
        argument = self.argument
        if argument is None:
            raise exc.ArgumentError(
                f"{self}: the related class is not given. Write {self.key}: "
                f'Mapped[list["Other"]] = relationship(), or relationship("Other").'
            )
        if callable(argument) and not isinstance(argument, (type, Mapper)):
            if not hasattr(argument, "_sa_aliased"):
                argument = argument()
        if isinstance(argument, str):
            argument = self.evaluate(argument)
        found = inspect(argument, raiseerr=False)
        if found is None or not hasattr(found, "mapper"):
            raise exc.ArgumentError(
                f"{self}: the target {argument!r:.80} is no mapped class. Give a mapped class, its "
                "name as a string, or an aliased() class."
            )
        self.entity: Any = found
        self.mapper: Mapper = found.mapper
        if self.mapper.registry is not self.parent.registry:
            self.mapper.registry.configure()

    @property
    def target(self) -> Any:
        """The table or join of the related class."""
        return self.mapper.persist_selectable

    def evaluate(self, text: str) -> Any:
        """Return what a string given to this relationship means."""
        return evaluate(self.parent.registry, text, str(self), expression_names())

    def _resolve(self, value: Any) -> Any:
        if isinstance(value, str):
            value = self.evaluate(value)
        elif callable(value) and not hasattr(value, "__clause_element__"):
            if not isinstance(value, type):
                value = value()
        return value

    def _resolve_columns(self, name: str) -> list[Any]:
        value = self._resolve(self._given[name])
        if value is None or value is False:
            return []
        many = value if isinstance(value, (list, tuple, set, frozenset)) else [value]
        found = []
        for each in many:
            each = self._resolve(each)
            column = getattr(each, "column", None)
            if column is not None and not hasattr(each, "__clause_element__"):
                each = column
            element = to_element(each)
            if element is None:
                raise exc.ArgumentError(f"{self}: {name} takes columns, not {each!r:.80}.")
            found.append(element)
        return found

    def _find_secondary(self) -> None:
        secondary = self.secondary
        if secondary is None:
            return
        if isinstance(secondary, str):
            table = self.parent.registry.metadata.tables.get(secondary)
            if table is None:
                table = self.mapper.local_table.metadata.tables.get(secondary)
            secondary = self.evaluate(secondary) if table is None else table
        elif callable(secondary) and not hasattr(secondary, "__visit_name__"):
            secondary = secondary()
        if isinstance(secondary, type):
            if inspect(secondary, raiseerr=False) is None:
                raise exc.ArgumentError(f"{self}: secondary={secondary!r} is no table.")
            raise exc.ArgumentError(
                f"{self}: secondary takes a Table, not the class {secondary.__name__}; write "
                f"secondary={secondary.__name__}.__table__."
            )
        self.secondary = secondary

    def _find_joins(self) -> None:
        found = JoinCondition(
            str(self),
            parent=self.parent,
            child=self.mapper,
            secondary=self.secondary,
            primaryjoin=self._condition("primaryjoin"),
            secondaryjoin=self._condition("secondaryjoin"),
            foreign_keys=self._resolve_columns("foreign_keys"),
            remote_side=self._resolve_columns("remote_side"),
            viewonly=self.viewonly,
            alias=self.entity.selectable if self.entity.is_aliased_class else None,
        )
        self.primaryjoin = found.primaryjoin
        self.secondaryjoin = found.secondaryjoin
        self.direction: RelationshipDirection = found.direction
        self.local_columns = found.local_columns
        self.remote_side = found.remote_columns
        self.foreign_columns = found.foreign_columns
        self.local_remote_pairs = found.local_remote_pairs
        self.synchronize_pairs = found.synchronize_pairs
        self.secondary_synchronize_pairs = found.secondary_synchronize_pairs
        if self.uselist is None:
            self.uselist = self.direction is not MANYTOONE
        pairs = self.local_remote_pairs if self.secondary is None else self.synchronize_pairs
        #: whether the condition says no more than that columns are equal
        self.is_plain = compares_only(self.primaryjoin, pairs)
        self.use_get = self._can_use_get()

    def _condition(self, name: str) -> Any:
        value = self._resolve(self._given[name])
        return None if value is None else to_element(value)

    def _can_use_get(self) -> bool:
        if self.direction is not MANYTOONE or self.uselist:
            return False
        if self.mapper.concrete or self.entity.is_aliased_class:
            return False
        remote_columns = {pair[1] for pair in self.local_remote_pairs}
        if remote_columns != set(self.mapper.primary_key):
            return False
        count = len(list(column_pairs(self.primaryjoin)))
        return count == len(self.local_remote_pairs) == _count_comparisons(self.primaryjoin)

    def _check_cascade(self) -> None:
        if "delete-orphan" not in self.cascade:
            return
        if self.direction is not ONETOMANY and not self.single_parent:
            raise exc.ArgumentError(
                f"{self}: 'delete-orphan' deletes an object as soon as one parent lets go of it, which "
                f"a {self.direction.name.lower()} relationship allows only if each has a single "
                "parent. Put the cascade on the other side, or write single_parent=True."
            )
        owners = self.mapper.__dict__.setdefault("_orphan_owners", [])
        for mapper in self.mapper.self_and_descendants:
            owners = mapper.__dict__.setdefault("_orphan_owners", [])
            if self not in owners:
                owners.append(self)

    def _check_default(self) -> None:
        if self.has_default and self.uselist:
            raise exc.ArgumentError(
                f"{self}: default=None is for a relationship to one object, and this is a collection. "
                "Write default_factory=list, or whatever its collection is."
            )

    def _find_order(self) -> None:
        value = self._given["order_by"]
        if value is False or value is None:
            self.order_by: Any = False
            return
        self.order_by = self._resolve_columns("order_by")

    # -- the other side -----------------------------------------------------------------

    def link(self) -> None:
        """Connect with the relationship of the other side; makes it for a backref."""
        if self._linked or "parent" not in self.__dict__:
            return
        self._linked = True
        if self.backref is not None:
            self._make_backref()
        elif self.back_populates is not None:
            self._meet(self.back_populates)

    def _meet(self, name: str) -> None:
        other = self.mapper.props.get(name)
        if other is None or not other.is_relationship:
            raise exc.InvalidRequestError(
                f"{self}: back_populates={name!r}, but {self.mapper.class_.__name__} has no "
                f"relationship {name!r}. Write in {self.mapper.class_.__name__}: "
                f'{name} = relationship("{self.parent.class_.__name__}", back_populates="{self.key}").'
            )
        assert isinstance(other, RelationshipProperty)
        other.configure()
        if not other.mapper.common_parent(self.parent):
            raise exc.ArgumentError(
                f"{self}: back_populates={name!r} leads to {other}, which is a relationship to "
                f"{other.mapper.class_.__name__}, not to {self.parent.class_.__name__}."
            )
        one_way = self.direction in (ONETOMANY, MANYTOONE)
        if one_way and self.direction is other.direction:
            raise exc.ArgumentError(
                f"{self} and {other} are both {self.direction.name.lower()}. In a self-referential "
                f"relationship one of both needs remote_side: write on the many-to-one side "
                f"remote_side=[{self.parent.class_.__name__}.{self.parent.pk_keys[0]}]."
            )
        self._add_reverse(other)

    def _add_reverse(self, other: RelationshipProperty) -> None:
        self._reverse_property.add(other)
        other._reverse_property.add(self)
        for prop in (self, other):
            for mapper in prop.parent.self_and_descendants:
                impl = mapper.class_manager.impls.get(prop.key)
                if impl is not None and impl.prop is prop:
                    impl.backrefs = prop.reverse_keys(mapper)

    def reverse_keys(self, mapper: Mapper) -> tuple[str, ...]:
        """Return the names on the other side that are to be kept in step with objects of a mapper.

        mapper: ours or one below. What is on the other side may take objects of some classes only.
        """
        if self.sync_backref is False or self.viewonly:
            return ()
        found = [
            each for each in self._reverse_property if not each.viewonly and mapper.isa(each.mapper)
        ]
        return tuple(sorted(each.key for each in found))

    def _make_backref(self) -> None:
        name, options = (
            (self.backref, {})
            if isinstance(self.backref, str)
            else (self.backref[0], self.backref[1])
        )
        target = self.mapper
        if name in target.props and not self._is_own_backref(target.props[name]):
            raise exc.ArgumentError(
                f"{self}: backref={name!r}, but {target.class_.__name__} has an attribute {name!r} "
                "already. Give another name, or use back_populates on both sides."
            )
        options = dict(options)
        if self.secondary is not None:
            options.setdefault("primaryjoin", self.secondaryjoin)
            options.setdefault("secondaryjoin", self.primaryjoin)
        else:
            options.setdefault("primaryjoin", self.primaryjoin)
            options.setdefault("foreign_keys", list(self.foreign_columns))
            if self.parent.local_table is target.local_table and "remote_side" not in options:
                options["remote_side"] = list(self.local_columns)
        options.setdefault("viewonly", self.viewonly)
        options.setdefault("post_update", self.post_update)
        options.setdefault("passive_updates", self.passive_updates)
        made = RelationshipProperty(
            self.parent.class_, self.secondary, back_populates=self.key, **options
        )
        target.add_property(name, made)
        made.configure()
        made._linked = True
        self.back_populates = name
        self._add_reverse(made)

    def _is_own_backref(self, prop: Any) -> bool:
        return prop in self._reverse_property

    # -- the attribute -------------------------------------------------------------------

    @property
    def writes_only(self) -> bool:
        """Whether the collection is never held in the object (write_only, dynamic)."""
        return self.lazy in ("write_only", "dynamic")

    def make_impl(self, mapper: Mapper) -> None:
        """Make what does the attribute's work on the class of a mapper: ours or one below."""
        manager = mapper.class_manager
        if self.key in manager.impls or self.key not in manager.attributes:
            return
        attribute = manager.attributes[self.key]
        impl: RelatedAttribute
        if self.writes_only:
            from orm.mapping.write_only import make_attribute  # few relationships are

            impl = make_attribute(self, attribute, manager)
        elif self.uselist:
            impl = CollectionAttribute(
                self.key, manager, attribute.dispatch, self, self.collection_class
            )
        else:
            impl = ObjectAttribute(self.key, manager, attribute.dispatch, self)
            impl.active_history = self.active_history or self.direction is ONETOMANY
        impl.backrefs = self.reverse_keys(mapper)
        self._set_cascades(impl)
        impl.single_parent = self.single_parent
        impl.is_orphan = self.mapper._is_orphan
        manager.add_impl(impl)
        attribute._doc = self.doc

    def make_comparator(self, attribute: QueryableAttribute[Any]) -> Any:
        """Return the comparator; configures the mappers."""
        self.ensure_configured()
        factory: Callable[..., Any] = self.comparator_factory or RelationshipComparator
        return factory(self, attribute.parent)

    def element_for(self, entity: Any) -> Any:
        """Return the element a join takes for this relationship."""
        return RelationshipComparator(self, entity).__clause_element__()

    def __getattr__(self, name: str) -> Any:
        # what only configuration gives
        if name in _CONFIGURED and "parent" in self.__dict__ and not self.configured:
            self.parent.registry_configure()
            if name in self.__dict__:
                return self.__dict__[name]
        raise AttributeError(name)


_CONFIGURED = frozenset(
    ("mapper", "entity", "direction", "primaryjoin", "secondaryjoin", "local_columns", "order_by")
    + (
        "remote_side",
        "foreign_columns",
        "local_remote_pairs",
        "synchronize_pairs",
        "use_get",
        "is_plain",
    )
    + ("secondary_synchronize_pairs",)
)


def _count_comparisons(condition: Any) -> int:
    from orm.sql.visitors import iterate

    return sum(1 for part in iterate(condition) if part.__visit_name__ == "binary")


#: the name under which annotations know it
Relationship = RelationshipProperty
