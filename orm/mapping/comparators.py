"""Relationships in statements: `==`, `any`, `has`, `contains`, `of_type`, and as join targets."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, ClassVar

from orm import exc
from orm.inspection import inspect
from orm.mapping.aliased import aliased
from orm.mapping.join_condition import MANYTOONE
from orm.mapping.join_entries import adapt_all, is_remote, resolve_entry
from orm.mapping.properties import PropComparator
from orm.sql.adapt import replacement_traverse
from orm.sql.annotations import plain
from orm.sql.coercions import to_element
from orm.sql.elements import BindParameter
from orm.sql.expression import and_, or_
from orm.sql.select import JoinEntry, Select
from orm.sql.visitors import ClauseElement
from orm.state.instance_state import InstanceState
from orm.state.instrumented import QueryableAttribute
from orm.state.markers import NO_VALUE


def all_of(*criteria: Any) -> Any:
    """Return the conjunction of conditions."""
    return and_(*criteria)


class RelationshipElement(ClauseElement):
    """A relationship within a statement, where a join takes it.

    property: the relationship. parententity: the mapper or alias it starts from. _of_type:
    the subclass or alias it is narrowed to, inspected. _extra_criteria: for the ON clause. secondary: the alias under which
    this join has the association table, so that it does not meet another join's; None without one.
    """

    __visit_name__: ClassVar[str] = "orm_relationship"
    _is_column_element: ClassVar[bool] = True

    def __init__(
        self, prop: Any, parententity: Any, of_type: Any, criteria: tuple[Any, ...]
    ) -> None:
        self.property = prop
        self.parententity = parententity
        self._of_type = self.of_type_entity = of_type
        self._extra_criteria = criteria
        self.secondary = None if prop.secondary is None else prop.secondary.alias()
        self._annotations = {"parententity": parententity, "proxy_key": prop.key}

    def _build_key(self, binds: list[Any], shared: list[Any]) -> Hashable:
        parts = [self.property, self.parententity, self._of_type]
        for each in (self.parententity, self._of_type):
            if each is not None:
                each.__clause_element__()._build_key(binds, shared)
        criteria = tuple(each._build_key(binds, shared) for each in self._extra_criteria)
        return ("relationship", *parts, criteria)

    def self_group(self, against: Any = None) -> Any:
        """Stay as it is."""
        return self

    def with_criteria(self, *criteria: Any) -> RelationshipElement:
        """Return the element with further conditions for the ON clause."""
        made = RelationshipElement(
            self.property, self.parententity, self._of_type, (*self._extra_criteria, *criteria)
        )
        made.secondary = self.secondary
        return made

    def resolve_join(self, entry: Any) -> list[Any]:
        """Return the joins between tables which a join over this relationship stands for."""
        return resolve_entry(self, entry)

    def join_edge(self, entry: Any) -> Hashable:
        """Return what is the same for joins that say the same; further conditions make each its own."""
        if self._extra_criteria:
            return id(entry)
        target = entry.target
        if target is self:
            target = (self._of_type or self.property.entity).__clause_element__()
        return (self.property, self.parententity, plain(target))

    def join_sides(self, left: Any, right: Any, isouter: bool) -> tuple[Any, Any, Any]:
        """Return left, right and condition of a join of two FROM objects over this relationship."""
        entries = self.resolve_join(JoinEntry(right, self, isouter, False, left))
        for entry in entries[:-1]:
            left = left.join(entry.target, entry.onclause)
        return left, entries[-1].target, entries[-1].onclause

    def __repr__(self) -> str:
        return f"<relationship {self.property} in a statement>"


class RelationshipComparator(PropComparator):
    """What a relationship's attribute on the class can do in a statement."""

    def __init__(
        self, prop: Any, parententity: Any, of_type: Any = None, criteria: tuple[Any, ...] = ()
    ) -> None:
        super().__init__(prop, parententity)
        self._of_type = of_type
        self._extra_criteria = criteria

    def __clause_element__(self) -> Any:
        return RelationshipElement(
            self.prop, self.parententity, self._of_type, self._extra_criteria
        )

    @property
    def mapper(self) -> Any:
        """The mapper of the related class."""
        return self.prop.mapper

    @property
    def entity(self) -> Any:
        """The mapper or alias of the related class."""
        return self._of_type or self.prop.entity

    # -- narrowing -----------------------------------------------------------------

    def _attribute(self, of_type: Any, criteria: tuple[Any, ...]) -> QueryableAttribute[Any]:
        prop = self.prop
        made: QueryableAttribute[Any] = QueryableAttribute(
            prop.key, prop.parent.class_, self.parententity, prop
        )
        made._comparator = type(self)(prop, self.parententity, of_type, criteria)
        return made

    def of_type(self, entity: Any) -> QueryableAttribute[Any]:
        """Return the relationship narrowed to a subclass or an alias of the target."""
        return self._attribute(inspect(entity), self._extra_criteria)

    def and_(self, *criteria: Any) -> QueryableAttribute[Any]:
        """Return the relationship with further conditions in its ON clause."""
        added = tuple(to_element(each) for each in criteria)
        return self._attribute(self._of_type, self._extra_criteria + added)

    # -- comparison with an object ---------------------------------------------------

    def __eq__(self, other: Any) -> Any:
        if other is None or _is_null(other):
            return self._is_empty()
        if self.prop.uselist:
            raise exc.InvalidRequestError(
                f"{self.prop} is a collection; a collection is not equal to an object. Write "
                f"{self.prop}.contains(obj)."
            )
        return self._equals(other)

    def __ne__(self, other: Any) -> Any:
        if other is None or _is_null(other):
            return ~self._is_empty()
        if self.prop.uselist:
            raise exc.InvalidRequestError(
                f"{self.prop} is a collection; write ~{self.prop}.contains(obj)."
            )
        if self.prop.direction is not MANYTOONE or not self.prop.is_plain:
            return ~self._exists(self._matches(other))
        columns = [self._near(local) for local, _ in self.prop.local_remote_pairs]
        nothing = [column.is_(None) for column in columns]
        different = [
            column != self._value(other, far)
            for column, (_, far) in zip(columns, self.prop.local_remote_pairs, strict=True)
        ]
        return or_(*different, *nothing)

    def __hash__(self) -> int:
        return object.__hash__(self)

    def is_(self, other: Any) -> Any:
        """Return whether there is no related object; only None makes sense."""
        return self == other

    def is_not(self, other: Any) -> Any:
        """Return whether there is a related object; only None makes sense."""
        return self != other

    isnot = is_not

    def in_(self, other: Any) -> Any:
        """Raise: an object is no value that SQL knows."""
        prop = self.prop
        if prop.direction is MANYTOONE:
            key = prop.parent.column_key.get(prop.local_remote_pairs[0][0], "...")
            hint = f"{prop.parent.class_.__name__}.{key}.in_([...])"
        else:
            hint = f"{prop}.any({prop.mapper.class_.__name__}.id.in_([...]))"
        raise NotImplementedError(f"in_() is not for relationships. Write {hint}.")

    def not_in(self, other: Any) -> Any:
        """Raise, as `in_` does."""
        return self.in_(other)

    def _is_empty(self) -> Any:
        if self.prop.direction is MANYTOONE and not self.prop.uselist:
            locals_ = self._locals()
            # a part of the key that cannot be NULL, such as the tenant in (tenant, parent), says nothing
            locals_ = [each for each in locals_ if getattr(each, "nullable", True)] or locals_
            return all_of(*(self._near(local).is_(None) for local in locals_))
        return ~self._exists(None)

    def _locals(self) -> list[Any]:
        return [local for local, _ in self.prop.local_remote_pairs]

    def _equals(self, other: Any) -> Any:
        if self.prop.direction is not MANYTOONE:
            return self._exists(self._matches(other))
        return self._related_to(other)

    def contains(self, other: Any, **kwargs: Any) -> Any:
        """Return whether a collection has this object as a member."""
        prop = self.prop
        if not prop.uselist:
            raise exc.InvalidRequestError(
                f"{prop} is not a collection; write {prop} == obj instead of contains()."
            )
        if prop.secondary is not None:
            return self._exists(self._matches(other))
        return self._related_to(other)

    def _related_to(self, other: Any) -> Any:
        """Return the condition with the values of an object in place of the related side's columns."""
        prop = self.prop
        if prop.is_plain:
            return all_of(
                *(
                    self._near(local) == self._value(other, far)
                    for local, far in prop.local_remote_pairs
                )
            )

        def find(column: Any) -> Any:
            if is_remote(prop, column) and plain(column) in prop.mapper.column_key:
                return self._value(other, column)
            return self._near(column)

        return adapt_all(prop.primaryjoin, find)

    def _near(self, column: Any) -> Any:
        return self.parententity.adapt(column)

    def _value(self, other: Any, column: Any) -> Any:
        """Return a bind with the value that `other` has in a column, read at execution."""
        state = inspect(other, raiseerr=False)
        if not isinstance(state, InstanceState):
            raise exc.ArgumentError(
                f"{self.prop} is compared with mapped objects or None, not with {other!r:.80}."
            )
        if not state.mapper.isa(self.prop.mapper):
            raise exc.ArgumentError(
                f"{self.prop} leads to {self.prop.mapper.class_.__name__}, it cannot be compared with "
                f"{state.class_.__name__} object."
            )
        key = state.mapper.column_key[plain(column)]
        known = state.dict.get(key, NO_VALUE)
        if known is NO_VALUE and state.ident is not None and key in state.mapper.pk_keys:
            identity = state.identity_tuple or ()
            known = identity[state.mapper.pk_keys.index(key)]
        bind = BindParameter(
            column.key, None if known is NO_VALUE else known, column.type, unique=True
        )
        if known is NO_VALUE or known is None:
            bind.callable = lambda: getattr(other, key)
        return bind

    def _matches(self, other: Any) -> Any:
        mapper = self.prop.mapper
        return lambda find: all_of(
            *(find(column) == self._value(other, column) for column in mapper.primary_key)
        )

    # -- EXISTS -----------------------------------------------------------------------

    def any(self, criterion: Any = None, **kwargs: Any) -> Any:
        """Return EXISTS a member for which the condition holds; keywords are equalities."""
        if not self.prop.uselist:
            raise exc.InvalidRequestError(f"{self.prop} is not a collection; use has().")
        return self._exists(criterion, kwargs)

    def has(self, criterion: Any = None, **kwargs: Any) -> Any:
        """Return EXISTS a related object for which the condition holds."""
        if self.prop.uselist:
            raise exc.InvalidRequestError(f"{self.prop} is a collection; use any().")
        return self._exists(criterion, kwargs)

    def _exists(self, criterion: Any, values: dict[str, Any] | None = None) -> Any:
        prop = self.prop
        target = self.entity
        aliased_ = target.is_aliased_class
        selectable = target.selectable
        if not aliased_ and self._needs_alias():
            selectable = prop.mapper.persist_selectable.alias()
        far = _make_finder(selectable, prop.mapper)
        joined = self._join_conditions(far)
        where = list(joined)
        if criterion is not None:
            if (
                callable(criterion)
                and not hasattr(criterion, "__visit_name__")
                and not hasattr(criterion, "__clause_element__")
            ):
                where.append(criterion(far))
            else:
                found = to_element(criterion)
                where.append(found if aliased_ else _adapt_criterion(found, far, prop.mapper))
        for key, value in (values or {}).items():
            column = prop.mapper.get_property(key).columns[0]
            where.append(far(column) == value)
        where += [
            each if aliased_ else _adapt_criterion(each, far, prop.mapper)
            for each in self._extra_criteria
        ]
        return self._select_exists(selectable, where)

    def _select_exists(self, selectable: Any, where: list[Any]) -> Any:
        query: Any = Select(1).select_from(self._far_element(selectable))
        hidden = [selectable]
        if self.prop.secondary is not None:
            query = query.select_from(self.prop.secondary)
            hidden.append(self.prop.secondary)
        return query.where(all_of(*where)).correlate_except(*hidden).exists()

    def _far_element(self, selectable: Any) -> Any:
        """Return what is selected from, marked as the entity it is."""
        target = self.entity
        if selectable is target.selectable:
            return target.__clause_element__()
        return inspect(aliased(self.prop.mapper.class_, selectable)).__clause_element__()

    def _needs_alias(self) -> bool:
        prop = self.prop
        mine = set(prop.parent.tables)
        return bool(mine & set(prop.mapper.tables))

    def _join_conditions(self, far: Callable[[Any], Any]) -> list[Any]:
        prop = self.prop
        if prop.secondary is not None:
            near = adapt_all(prop.primaryjoin, self._side(lambda column: None, secondary=True))
            return [near, adapt_all(prop.secondaryjoin, self._far_side(far))]
        return [adapt_all(prop.primaryjoin, self._side(far, secondary=False))]

    def _side(self, far: Callable[[Any], Any], *, secondary: bool) -> Callable[[Any], Any]:
        prop, adapt = self.prop, self.parententity.adapt
        remote_columns = prop.remote_side

        def find(part: Any) -> Any:
            if not hasattr(part, "table") or getattr(part, "table", None) is None:
                return None
            column = plain(part)
            if secondary and any(column is each for each in prop.secondary.c):
                return part
            if not secondary and "local" not in part._annotations:
                if column in remote_columns or not _owned(prop.parent, column):
                    return far(column)
            return adapt(column)

        return find

    def _far_side(self, far: Callable[[Any], Any]) -> Callable[[Any], Any]:
        prop = self.prop

        def find(part: Any) -> Any:
            if not hasattr(part, "table") or getattr(part, "table", None) is None:
                return None
            column = plain(part)
            if any(column is each for each in prop.secondary.c):
                return part
            return far(column)

        return find


def _owned(mapper: Any, column: Any) -> bool:
    return column in mapper.column_key


def _is_null(value: Any) -> bool:
    return getattr(value, "__visit_name__", None) == "null"


def _make_finder(selectable: Any, mapper: Any) -> Callable[[Any], Any]:
    if plain(selectable) is plain(mapper.persist_selectable):
        return lambda column: column

    def find(column: Any) -> Any:
        found = selectable.corresponding_column(column)
        return column if found is None else found

    return find


def _adapt_criterion(criterion: Any, far: Callable[[Any], Any], mapper: Any) -> Any:
    """Return a condition on the related class in terms of what EXISTS selects it from.

    Aliases and subqueries within it, and their columns, stay what they are.
    """

    def find(part: Any) -> Any:
        if part._is_from_clause:
            return part if part._is_derived and not part._is_lateral else None
        table = getattr(part, "table", None)
        if table is None or not part._is_column_element:
            return None
        if table._is_derived and plain(table) is not plain(mapper.persist_selectable):
            return part
        column = plain(part)
        found = far(column)
        return found if found is not column else None

    return replacement_traverse(criterion, find)
