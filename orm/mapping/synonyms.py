"""Synonyms: another name for a mapped attribute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic

from orm import exc
from orm.mapping.properties import MapperProperty
from orm.state.class_manager import ClassManager
from orm.util.typevars import T

if TYPE_CHECKING:
    from orm.mapping.mapper import Mapper


class SynonymAttribute:
    """The descriptor of a synonym: reads, writes and expressions go to the other name.

    descriptor: an own property that the class defines for access on objects, or None.
    """

    is_attribute = True
    extension_type = "SYNONYM"

    def __init__(self, key: str, name: str, prop: Any, descriptor: Any = None) -> None:
        self.key = key
        self.name = name
        self.prop = prop
        self.descriptor = descriptor

    def __get__(self, obj: Any, owner: Any) -> Any:
        if obj is None:
            return getattr(owner, self.name)
        if self.descriptor is not None:
            return self.descriptor.__get__(obj, owner)
        return getattr(obj, self.name)

    def __set__(self, obj: Any, value: Any) -> None:
        if self.descriptor is not None:
            self.descriptor.__set__(obj, value)
        else:
            setattr(obj, self.name, value)

    def __delete__(self, obj: Any) -> None:
        delattr(obj, self.name)


class SynonymProperty(MapperProperty, Generic[T]):
    """Another name for an attribute; see `synonym()`."""

    is_attribute_only = True

    def __init__(
        self, name: str, map_column: bool | None = None, descriptor: Any = None, **common: Any
    ) -> None:
        super().__init__(**common)
        self.name = name
        self.map_column = map_column
        self.descriptor = descriptor

    def take_default(self, where: str, value: Any) -> bool:
        """Say that the other attribute shows the default of a field, which is its own."""
        return True

    def make_attribute(self, manager: ClassManager, mapper: Mapper) -> None:
        """Put the descriptor on the class."""
        own = self.descriptor or manager.class_.__dict__.get(self.key)
        descriptor = own if isinstance(own, property) else None
        manager.put(self.key, SynonymAttribute(self.key, self.name, self, descriptor))

    def configure(self) -> None:
        """Check that the other attribute is there."""
        if self.name not in self.parent.props and not hasattr(self.parent.class_, self.name):
            raise exc.ArgumentError(
                f"{self}: synonym({self.name!r}), but {self.parent.class_.__name__} has no attribute "
                f"{self.name!r}."
            )
        self.configured = True


#: the name under which annotations know it
Synonym = SynonymProperty
