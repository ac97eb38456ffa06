"""registry: a set of mapped classes that know each other, with their MetaData."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from orm import exc
from orm.mapping.class_registry import ClassRegistry
from orm.mapping.configure import configure_registry, registries
from orm.mapping.constructors import declarative_constructor
from orm.mapping.mapper import Mapper
from orm.mapping.options import note_options, options_of
from orm.schema.metadata import MetaData
from orm.state.class_manager import manager_of_class

_C = TypeVar("_C", bound=type)
_order = itertools.count(1)


class registry:
    """Mapped classes that find each other by name, and share a MetaData.

    metadata: where their tables go. class_registry: unused but accepted. constructor: the
    `__init__` of classes mapped by `generate_base()`. type_annotation_map: Python type ->
    SQL type, over the defaults, for `Mapped[...]`.
    """

    def __init__(
        self,
        *,
        metadata: MetaData | None = None,
        class_registry: Any = None,
        type_annotation_map: Mapping[Any, Any] | None = None,
        constructor: Callable[..., None] = declarative_constructor,
    ) -> None:
        self.metadata = MetaData() if metadata is None else metadata
        self.class_registry = (
            class_registry if isinstance(class_registry, ClassRegistry) else ClassRegistry()
        )
        self.constructor = constructor
        self.type_annotation_map: dict[Any, Any] = {}
        if type_annotation_map:
            self.update_type_annotation_map(type_annotation_map)
        self.ordered_mappers: list[Mapper] = []
        #: abstract concrete bases, which are mapped when their subclasses are known
        self.waiting: list[type] = []
        self.has_new = False
        self.configuring = False
        self.order = next(_order)
        registries.add(self)

    @property
    def _class_registry(self) -> ClassRegistry:
        return self.class_registry

    @property
    def mappers(self) -> frozenset[Mapper]:
        """All mappers."""
        return frozenset(self.ordered_mappers)

    def update_type_annotation_map(self, type_annotation_map: Mapping[Any, Any]) -> None:
        """Add to the map from Python types to SQL types."""
        from orm.mapping.annotations import flatten_union

        for python_type, sql_type in type_annotation_map.items():
            self.type_annotation_map[python_type] = sql_type
            flat = flatten_union(python_type)
            if flat is not python_type:
                self.type_annotation_map.setdefault(flat, sql_type)

    # -- configuration -----------------------------------------------------------

    def configure(self, cascade: bool = False) -> None:
        """Configure the mappers that are not. Cost: one test when there is none."""
        if self.has_new:
            configure_registry(self)

    def note_new(self) -> None:
        """Remember that there is something to configure."""
        self.has_new = True
        for mapper in self.ordered_mappers:
            if not mapper.configured:
                mapper.class_manager.configure = self.configure

    def dispose(self, cascade: bool = False) -> None:
        """Undo the mapping of all classes."""
        for mapper in reversed(self.ordered_mappers):
            mapper.dispose()
        self.ordered_mappers.clear()
        self.class_registry.clear()
        self.has_new = False

    # -- mapping -------------------------------------------------------------------

    def add_mapper(self, class_: type, table: Any, **options: Any) -> Mapper:
        """Map a class; arguments as those of Mapper. Raises exc.ArgumentError if it is mapped."""
        known = manager_of_class(class_)
        if known is not None and known.is_mapped:
            raise exc.ArgumentError(
                f"{class_.__name__} is mapped already, to {known.mapper.local_table.description!r}. "
                "A class is mapped once; map a subclass, or use aliased() in queries."
            )
        self.has_new = True
        try:
            mapper = Mapper(self, class_, table, **options)
        except Exception:
            half = manager_of_class(class_)
            if half is not None:
                half.mapper.dispose() if half.mapper is not None else half.uninstall()
            raise
        self.ordered_mappers.append(mapper)
        self.class_registry.add(class_)
        return mapper

    def map_imperatively(self, class_: type, local_table: Any = None, **kw: Any) -> Mapper:
        """Map a class to a table, join or subquery; keywords are those of Mapper.

        `properties` is a dict from attribute names to columns and properties.
        """
        from orm.mapping.imperative import make_inheriting

        mapper = self.add_mapper(class_, local_table, **make_inheriting(class_, kw))
        mapper.class_manager.put("__table__", mapper.local_table)
        return mapper

    def map_declaratively(self, cls: type) -> Mapper:
        """Map a class by what its body says, as a declarative base does; returns the mapper."""
        from orm.mapping.declarative import map_class

        mapper = map_class(self, cls)
        if mapper is None:
            raise exc.InvalidRequestError(f"{cls.__name__} is abstract; it cannot be mapped.")
        return mapper

    def mapped(self, cls: _C) -> _C:
        """Decorate a class that is to be mapped by what its body says."""
        from orm.mapping.declarative import map_class

        cls.registry = self  # type: ignore[attr-defined]
        cls.metadata = self.metadata  # type: ignore[attr-defined]
        is_plain = cls.__init__ is object.__init__  # type: ignore[misc]
        if is_plain and options_of(cls) is None:
            cls.__init__ = self.constructor  # type: ignore[misc]
        map_class(self, cls)
        return cls

    def mapped_as_dataclass(self, cls: Any = None, /, **options: Any) -> Any:
        """Decorate a class that is to become a dataclass, and mapped."""

        def decorate(class_: _C) -> _C:
            note_options(class_, options)
            return self.mapped(class_)

        return decorate if cls is None else decorate(cls)

    def as_declarative_base(self, **kw: Any) -> Callable[[_C], Any]:
        """Decorate a class that becomes a declarative base."""

        def decorate(cls: _C) -> Any:
            return self.generate_base(cls=cls, name=cls.__name__, **kw)

        return decorate

    def generate_base(
        self,
        mapper: Any = None,
        cls: Any = object,
        name: str = "Base",
        metaclass: type | None = None,
    ) -> Any:
        """Return a declarative base class of this registry."""
        from orm.mapping.declarative import DeclarativeMeta

        bases = cls if isinstance(cls, tuple) else (cls,)
        body: dict[str, Any] = {"registry": self, "metadata": self.metadata, "__abstract__": True}
        if isinstance(cls, type):
            body["__doc__"] = cls.__doc__
        if not any(base.__init__ is not object.__init__ for base in bases):
            body["__init__"] = self.constructor
        return (metaclass or DeclarativeMeta)(name, bases, body)

    def resolve_type(self, python_type: Any) -> Any:
        """Return the SQL type that an annotation's Python type has here, or None."""
        from orm.mapping.annotations import resolve_type

        return resolve_type(self.type_annotation_map, python_type)

    def __repr__(self) -> str:
        return f"<registry of {len(self.ordered_mappers)} mapped classes>"
