"""Association proxies: an attribute of related objects as if it were one's own.

    kw: Mapped[list[Keyword]] = relationship(secondary=user_keywords)
    keywords: AssociationProxy[list[str]] = association_proxy("kw", "keyword")

`user.keywords` shows the `keyword` of each object in `user.kw`; a value that is appended
becomes an object by the creator. In statements, `User.keywords.any()`, `.contains()` and `==`
become EXISTS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from typing import Any, ClassVar, Generic, TypeVar

from orm import exc
from orm.ext.association_collections import (
    AssociationCollection,
    AssociationDict,
    AssociationExtensionType,
    AssociationList,
    AssociationSet,
)
from orm.inspection import inspect
from orm.mapping.options import NO_OPTIONS, NOT_GIVEN, FieldOptions
from orm.sql.expression import or_
from orm.sql.operators import ColumnOperators

__all__ = ["ASSOCIATION_PROXY", "AssociationProxy", "AssociationProxyInstance", "association_proxy"]

_T = TypeVar("_T")

ASSOCIATION_PROXY = AssociationExtensionType.ASSOCIATION_PROXY


def association_proxy(
    target_collection: str,
    attr: str,
    *,
    creator: Callable[..., Any] | None = None,
    getset_factory: Callable[[Any, Any], tuple[Any, Any]] | None = None,
    proxy_factory: Callable[..., Any] | None = None,
    proxy_bulk_set: Callable[[Any, Any], None] | None = None,
    info: Any = None,
    cascade_scalar_deletes: bool = False,
    create_on_none_assignment: bool = False,
    init: Any = NOT_GIVEN,
    repr: Any = NOT_GIVEN,
    default: Any = NOT_GIVEN,
    default_factory: Any = NOT_GIVEN,
    compare: Any = NOT_GIVEN,
    kw_only: Any = NOT_GIVEN,
    hash: Any = NOT_GIVEN,
    dataclass_metadata: Any = NOT_GIVEN,
) -> AssociationProxy[Any]:
    """Return a proxy for the attribute `attr` of what the relationship `target_collection` leads to.

    creator: makes the related object from a value (from key and value for a dict); by
    default its class is called. cascade_scalar_deletes: deleting a to-one proxy deletes the related
    object's place, too. create_on_none_assignment: assigning None makes an object as well.
    """
    return AssociationProxy(
        target_collection,
        attr,
        creator=creator,
        getset_factory=getset_factory,
        proxy_factory=proxy_factory,
        proxy_bulk_set=proxy_bulk_set,
        info=info,
        cascade_scalar_deletes=cascade_scalar_deletes,
        create_on_none_assignment=create_on_none_assignment,
        field_options=FieldOptions(
            init, repr, default, default_factory, compare, kw_only, hash, dataclass_metadata
        ),
    )


class AssociationProxy(Generic[_T]):
    """The descriptor; see `association_proxy()`."""

    is_attribute = True
    extension_type: ClassVar[AssociationExtensionType] = ASSOCIATION_PROXY

    def __init__(
        self,
        target_collection: str,
        attr: str,
        *,
        creator: Callable[..., Any] | None = None,
        getset_factory: Any = None,
        proxy_factory: Any = None,
        proxy_bulk_set: Any = None,
        info: Any = None,
        cascade_scalar_deletes: bool = False,
        create_on_none_assignment: bool = False,
        field_options: FieldOptions = NO_OPTIONS,
    ) -> None:
        self.target_collection = target_collection
        self.value_attr = attr
        self.creator = creator
        self.getset_factory = getset_factory
        self.proxy_factory = proxy_factory
        self.proxy_bulk_set = proxy_bulk_set
        self.info = info if info is not None else {}
        self.cascade_scalar_deletes = cascade_scalar_deletes
        self.create_on_none_assignment = create_on_none_assignment
        self.field_options = field_options
        self.key = f"_proxy_of_{target_collection}_{attr}"

    def __set_name__(self, owner: type, name: str) -> None:
        self.key = name

    def take_default(self, where: str, value: Any) -> bool:
        """Say whether a dataclass field needs not set its default: it shows None by itself."""
        return value is None

    def take_default_factory(self, where: str, factory: Any) -> bool:
        """Say whether a dataclass field needs not call its factory: it is empty by itself."""
        return factory in (list, set, dict)

    def __get__(self, obj: Any, owner: Any = None) -> Any:
        if obj is None:
            if owner is None or inspect(owner, raiseerr=False) is None:
                return self
            return self.for_class(owner)
        return self.for_class(type(obj)).get(obj)

    def __set__(self, obj: Any, value: Any) -> None:
        self.for_class(type(obj)).set(obj, value)

    def __delete__(self, obj: Any) -> None:
        self.for_class(type(obj)).delete(obj)

    def for_class(self, class_: Any, obj: Any = None) -> AssociationProxyInstance:
        """Return the proxy as an attribute of a mapped class, or of an alias."""
        return AssociationProxyInstance(self, class_)

    def __repr__(self) -> str:
        return f"<association proxy {self.target_collection}.{self.value_attr}>"


class AssociationProxyInstance(ColumnOperators):
    """An association proxy of one mapped class (or alias): access on objects, and SQL."""

    is_attribute = True
    extension_type = ASSOCIATION_PROXY

    def __init__(self, parent: AssociationProxy[Any], owner: Any) -> None:
        self.parent = parent
        self.owning_class = owner
        self.target_collection = parent.target_collection
        self.value_attr = parent.value_attr
        self.key = parent.key

    # -- what it leads over ------------------------------------------------------------

    @property
    def local_attr(self) -> Any:
        """The relationship's attribute."""
        return getattr(self.owning_class, self.target_collection)

    @property
    def _prop(self) -> Any:
        found = getattr(self.local_attr, "property", None)
        if not getattr(found, "is_relationship", False):
            raise NotImplementedError(
                f"{self}: {self.target_collection!r} is no relationship of "
                f"{getattr(self.owning_class, '__name__', self.owning_class)}; the association proxy "
                "needs one."
            )
        return found

    @property
    def target_class(self) -> type:
        """The class in the middle, which the relationship leads to."""
        found: type = self._prop.mapper.class_
        return found

    @property
    def remote_attr(self) -> Any:
        """The attribute of the class in the middle."""
        return getattr(self.target_class, self.value_attr)

    @property
    def attr(self) -> tuple[Any, Any]:
        """(local_attr, remote_attr), for joins."""
        return self.local_attr, self.remote_attr

    @property
    def info(self) -> Any:
        """The application's dictionary."""
        return self.parent.info

    @property
    def scalar(self) -> bool:
        """Whether the relationship is to-one, so that the proxy shows one value."""
        return not self._prop.uselist

    @property
    def collection_class(self) -> Any:
        """What kind of collection the relationship has."""
        return self._prop.collection_class

    def _remote_kind(self) -> str:
        """What the remote attribute is: "proxy", "relationship", or "column"."""
        found = self.remote_attr
        if isinstance(found, AssociationProxyInstance):
            return "proxy"
        prop = getattr(found, "prop", None)
        return "relationship" if getattr(prop, "is_relationship", False) else "column"

    # -- objects -----------------------------------------------------------------------

    def _creator(self) -> Callable[..., Any]:
        return self.parent.creator or self.target_class

    def _make_access(self, collection_class: Any) -> tuple[Any, Any]:
        factory = self.parent.getset_factory
        if factory is not None:
            found: tuple[Any, Any] = factory(collection_class, self)
            return found
        name = self.value_attr

        def getter(target: Any) -> Any:
            return None if target is None else getattr(target, name)

        if collection_class is dict:
            return getter, lambda target, key, value: setattr(target, name, value)
        return getter, lambda target, value: setattr(target, name, value)

    def get(self, obj: Any) -> Any:
        """Return the proxy of an object: a value, or a collection of values."""
        if self.scalar:
            getter, _ = self._make_access(None)
            return getter(getattr(obj, self.target_collection))
        return self._collection(obj)

    def _collection(self, obj: Any) -> Any:
        collection = getattr(obj, self.target_collection)
        kind, class_ = _kind_of(collection)
        getter, setter = self._make_access(kind)
        factory = self.parent.proxy_factory
        if factory is not None:
            return factory(
                lambda: getattr(obj, self.target_collection), self._creator(), self.value_attr, self
            )
        return class_(obj, self.target_collection, self._creator(), getter, setter)

    def set(self, obj: Any, value: Any) -> None:
        """Set the value of a to-one proxy, or replace the members of a collection."""
        if not self.scalar:
            self._replace(obj, value)
            return
        target = getattr(obj, self.target_collection)
        if target is not None:
            self._make_access(None)[1](target, value)
        elif value is not None or self.parent.create_on_none_assignment:
            setattr(obj, self.target_collection, self._creator()(value))

    def _replace(self, obj: Any, value: Any) -> None:
        proxy = self._collection(obj)
        if isinstance(value, AssociationCollection) and value.col is proxy.col:
            return
        if self.parent.proxy_bulk_set is not None:
            proxy.clear()
            self.parent.proxy_bulk_set(proxy, value)
        else:
            proxy.replace_with(value)

    def delete(self, obj: Any) -> None:
        """Delete a to-one proxy's value, or empty a collection."""
        if not self.scalar:
            self._collection(obj).clear()
            return
        target = getattr(obj, self.target_collection)
        if target is not None:
            delattr(target, self.value_attr)
        if self.parent.cascade_scalar_deletes:
            delattr(obj, self.target_collection)

    # -- statements ---------------------------------------------------------------------

    def _exists(self, criterion: Any = None, **kwargs: Any) -> Any:
        """Return EXISTS a member in the middle for which a condition on it holds."""
        local = self.local_attr
        made = local.any if self._prop.uselist else local.has
        return made(criterion, **kwargs)

    def _criterion(self, criterion: Any, kwargs: dict[str, Any]) -> Any:
        kind = self._remote_kind()
        remote = self.remote_attr
        if kind == "proxy":
            return self._exists(
                (remote.has if remote.scalar_throughout else remote.any)(criterion, **kwargs)
            )
        if kind == "relationship":
            made = remote.any if remote.property.uselist else remote.has
            return self._exists(made(criterion, **kwargs))
        if kwargs:
            raise exc.ArgumentError(
                f"{self} leads to a column: any() and has() take a condition, not keywords."
            )
        return self._exists(criterion)

    @property
    def scalar_throughout(self) -> bool:
        """Whether no step on the way is to-many."""
        if not self.scalar:
            return False
        kind, remote = self._remote_kind(), self.remote_attr
        if kind == "proxy":
            return bool(remote.scalar_throughout)
        return kind == "column" or not remote.property.uselist

    def any(self, criterion: Any = None, **kwargs: Any) -> Any:
        """Return EXISTS a related object for which the condition holds."""
        if self.scalar_throughout:
            raise exc.InvalidRequestError(
                f"{self} leads to one object; use has() instead of any()."
            )
        return self._criterion(criterion, kwargs)

    def has(self, criterion: Any = None, **kwargs: Any) -> Any:
        """Return EXISTS the related object for which the condition holds."""
        if not self.scalar_throughout:
            raise exc.InvalidRequestError(
                f"{self} leads to many objects; use any() instead of has()."
            )
        return self._criterion(criterion, kwargs)

    def contains(self, other: Any, **kwargs: Any) -> Any:
        """Return whether `other` is among the values; for a to-one proxy, LIKE."""
        kind, remote = self._remote_kind(), self.remote_attr
        if kind == "column":
            if self.scalar:
                return self._exists(remote.contains(other, **kwargs))
            return self._exists(remote == other)
        if kind == "relationship" and not remote.property.uselist:
            return self._exists(remote == other)
        return self._exists(remote.contains(other, **kwargs))

    def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
        """Apply an operator to the remote attribute, within EXISTS."""
        if self._remote_kind() == "relationship" and not _is_equality(op):
            raise exc.InvalidRequestError(
                f"{self} leads to objects: compare it with ==, contains(), any() or has()."
            )
        return self._exists(op(self.remote_attr, *other, **kwargs))

    def __eq__(self, other: Any) -> Any:
        found = self._exists(self.remote_attr == other)
        if other is None and self.scalar:
            return or_(found, self.local_attr == None)  # noqa: E711
        return found

    def __ne__(self, other: Any) -> Any:
        return self._exists(self.remote_attr != other)

    def __hash__(self) -> int:
        return object.__hash__(self)

    def __str__(self) -> str:
        owner = getattr(self.owning_class, "__name__", self.owning_class)
        return f"{owner}.{self.key}"

    def __repr__(self) -> str:
        return f"<association proxy {self}: {self.target_collection}.{self.value_attr}>"


def _is_equality(op: Any) -> bool:
    return getattr(op, "__name__", "") in ("eq", "ne")


def _kind_of(collection: Any) -> tuple[type, type[AssociationCollection]]:
    if isinstance(collection, Mapping):
        return dict, AssociationDict
    if isinstance(collection, Set):
        return set, AssociationSet
    return list, AssociationList
