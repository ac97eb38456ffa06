"""Names in strings: `relationship("Post", primaryjoin="User.id == Post.author_id")`.

A registry knows its classes by name. A string is evaluated with those names, the tables of
its MetaData, and the few functions such expressions use.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from orm import exc
from orm.util.suggest import closest

if TYPE_CHECKING:
    from orm.mapping.registry import registry


class ClassRegistry:
    """The mapped classes of one registry by name, held weakly; a name may have several."""

    def __init__(self) -> None:
        self._by_name: dict[str, list[weakref.ref[type]]] = {}

    def add(self, class_: type) -> None:
        """Add a class under its name."""
        alive = [ref for ref in self._by_name.get(class_.__name__, ()) if ref() is not None]
        if not any(ref() is class_ for ref in alive):
            alive.append(weakref.ref(class_))
        self._by_name[class_.__name__] = alive

    def discard(self, class_: type) -> None:
        """Take a class out."""
        refs = self._by_name.get(class_.__name__, [])
        kept = [ref for ref in refs if ref() is not None and ref() is not class_]
        if kept:
            self._by_name[class_.__name__] = kept
        else:
            self._by_name.pop(class_.__name__, None)

    def find(self, name: str) -> list[type]:
        """Return the classes of a name, which may be qualified by (part of) its module."""
        module, _, short = name.rpartition(".")
        found = [class_ for ref in self._by_name.get(short, ()) if (class_ := ref()) is not None]
        if not module:
            return found
        return [
            class_
            for class_ in found
            if f".{class_.__module__}".endswith(f".{module}")
            or f".{class_.__module__}.".startswith(f".{module}.")
        ]

    def names(self) -> list[str]:
        """Return all names, sorted."""
        return sorted(name for name in self._by_name if self.find(name))

    def __iter__(self) -> Iterator[type]:
        for refs in list(self._by_name.values()):
            for ref in refs:
                class_ = ref()
                if class_ is not None:
                    yield class_

    def __contains__(self, name: str) -> bool:
        return bool(self.find(name))

    def __getitem__(self, name: str) -> type:
        found = self.find(name)
        if not found:
            raise KeyError(name)
        return found[-1]

    def get(self, name: str, default: Any = None) -> Any:
        """Return the class of a name, or the default."""
        found = self.find(name)
        return found[-1] if found else default

    def keys(self) -> list[str]:
        """Return all names."""
        return self.names()

    def values(self) -> list[type]:
        """Return all classes."""
        return list(self)

    def clear(self) -> None:
        """Forget all classes."""
        self._by_name.clear()


class _ModulePath:
    """The beginning of a dotted class name within an expression: `myapp.models.User`."""

    def __init__(self, names: _Names, path: str) -> None:
        self._names = names
        self._path = path

    def __getattr__(self, name: str) -> Any:
        path = f"{self._path}.{name}"
        found = self._names.registry.class_registry.find(path)
        if found:
            return found[-1]
        return _ModulePath(self._names, path)


class _Schema:
    """The tables of a schema within an expression: `myschema.mytable`."""

    def __init__(self, names: _Names, schema: str) -> None:
        self._names = names
        self._schema = schema

    def __getattr__(self, name: str) -> Any:
        table = self._names.registry.metadata.tables.get(f"{self._schema}.{name}")
        if table is None:
            raise AttributeError(f"{self._schema}.{name}")
        return table


class _Names(dict[str, Any]):
    """The namespace of an expression: classes, tables, functions."""

    def __init__(self, registry: registry, functions: dict[str, Any], where: str) -> None:
        super().__init__()
        self.registry = registry
        self.functions = functions
        self.where = where

    def __missing__(self, name: str) -> Any:
        classes = self.registry.class_registry.find(name)
        if len(classes) > 1:
            paths = ", ".join(repr(f"{each.__module__}.{name}") for each in classes)
            raise exc.InvalidRequestError(
                f"{self.where}: there are several classes named {name!r}; write one of {paths}."
            )
        if classes:
            return classes[0]
        tables = self.registry.metadata.tables
        if name in tables:
            return tables[name]
        if name in self.functions:
            return self.functions[name]
        if any(table.schema == name for table in tables.values()):
            return _Schema(self, name)
        modules = {each.__module__ for each in self.registry.class_registry}
        if any(name in module.split(".") for module in modules):
            return _ModulePath(self, name)
        raise KeyError(name)


def evaluate(registry: registry, text: str, where: str, functions: dict[str, Any]) -> Any:
    """Return what a string in a mapping means.

    where: the attribute, for messages. functions: names beside classes and tables.
    Raises exc.InvalidRequestError naming the attribute, with the nearest known name.
    """
    names = _Names(registry, functions, where)
    try:
        return eval(text, {"__builtins__": {}}, names)
    except (NameError, KeyError) as error:
        missing = str(error.args[0]) if isinstance(error, KeyError) else _name_of(error)
        raise _unknown(registry, text, where, missing) from None
    except (AttributeError, TypeError, SyntaxError) as error:
        raise exc.InvalidRequestError(
            f"{where}: the expression {text!r} cannot be evaluated: {error}."
        ) from error


def _name_of(error: NameError) -> str:
    return error.name or str(error)


def _unknown(registry: registry, text: str, where: str, missing: str) -> Exception:
    known = registry.class_registry.names()
    close = closest(missing, [*known, *registry.metadata.tables])
    hint = f"Did you mean {close!r}? " if close else ""
    return exc.InvalidRequestError(
        f"{where}: {text!r} cannot be resolved, since no mapped class or table is called "
        f"{missing!r}. {hint}Import the module which defines it before the mappers are configured; "
        f"mapped classes so far: {', '.join(known) or 'none'}."
    )
