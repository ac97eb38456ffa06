"""DeferredReflection: classes whose tables are read from the database, once there is one to read from."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orm.mapping.registry import registry as Registry

#: the name under which a class that is being mapped keeps the connection to read its table from
READ_FROM = "_sa_read_from"

_waiting: weakref.WeakKeyDictionary[type, Registry] = weakref.WeakKeyDictionary()


class DeferredReflection:
    """Mixin for classes, or an abstract base of theirs, that are mapped by `prepare()`.

    `class Reflected(DeferredReflection): __abstract__ = True`, then `class User(Reflected, Base):
    __tablename__ = "user"`, and once the engine is known `Reflected.prepare(engine)`. Columns which the
    class writes itself are laid over those of the database.
    """

    @classmethod
    def prepare(cls, bind: Any, **reflect_kw: Any) -> None:
        """Read the tables of the classes below from the database, and map them.

        bind: an Engine or Connection. reflect_kw: for `Table`, as `autoload_replace` is.
        Cost: the statements of reflecting each table.
        """
        if hasattr(bind, "connect"):
            with bind.connect() as connection:
                cls._map_waiting(connection, reflect_kw)
        else:
            cls._map_waiting(bind, reflect_kw)

    @classmethod
    def _map_waiting(cls, connection: Any, reflect_kw: dict[str, Any]) -> None:
        from orm.mapping.declarative import map_class

        for class_ in [each for each in ordered(_waiting) if issubclass(each, cls)]:
            registry = _waiting.pop(class_)
            type.__setattr__(class_, READ_FROM, {"autoload_with": connection, **reflect_kw})
            try:
                map_class(registry, class_)
            finally:
                type.__delattr__(class_, READ_FROM)


def ordered(classes: Any) -> list[type]:
    """Return classes with those first that others inherit from, else as they are."""
    return sorted(classes, key=lambda each: len(each.__mro__))


def wait_for_table(registry: Registry, class_: type) -> bool:
    """Note a class which is to be mapped by `prepare()`; returns False for all others."""
    if not issubclass(class_, DeferredReflection) or READ_FROM in class_.__dict__:
        return False
    _waiting[class_] = registry
    return True
