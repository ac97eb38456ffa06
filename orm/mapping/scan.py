"""The scan of a class body: which attributes are mapped, and to what.

Attributes come from the class and from its unmapped bases (mixins, abstract bases), the
nearest first. Columns of mixins are copied; `declared_attr`s are computed for the class.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ForwardRef

from orm import exc
from orm.mapping import annotations as notes
from orm.mapping.annotations import Annotation
from orm.mapping.columns import MappedColumn
from orm.mapping.composite import CompositeProperty
from orm.mapping.declared import DECLARED, declared_attr
from orm.mapping.mapped import DynamicMapped, WriteOnlyMapped
from orm.mapping.options import NO_OPTIONS, FieldOptions
from orm.mapping.properties import MapperProperty
from orm.mapping.relationship import RelationshipProperty
from orm.schema.column import Column
from orm.state.class_manager import manager_of_class

if TYPE_CHECKING:
    from orm.mapping.registry import registry as Registry

_DIRECTIVES = frozenset(("__tablename__", "__table_args__", "__mapper_args__", "__table__"))
_ABSENT: Any = object()


def is_mapped(class_: type) -> bool:
    """Return whether the class itself, not only a base, is mapped."""
    manager = manager_of_class(class_)
    return manager is not None and manager.is_mapped


def find_directive(class_: type, name: str) -> Any:
    """Return `__tablename__` or its like for a class: from it or a mixin, not a mapped base."""
    for base in class_.__mro__:
        if name not in base.__dict__:
            continue
        member = base.__dict__[name]
        inherited = base is not class_ and is_mapped(base)
        if isinstance(member, declared_attr):
            if inherited and not member.is_cascading:
                continue
            return member.compute(class_)
        if inherited:
            continue
        if isinstance(member, classmethod):
            return member.__get__(None, class_)()
        return member
    return None


class Scan:
    """The mapped attributes of one class.

    properties: name -> what is given to the mapper, in the order of the classes' bodies.
    columns: (sort order, Column) in that order. copies: columns of mixins -> their copies
    here. fields: name -> (type, FieldOptions), for dataclasses.
    """

    def __init__(self, registry: Registry, class_: type) -> None:
        self.registry = registry
        self.class_ = class_
        self.properties: dict[str, Any] = {}
        self.columns: list[tuple[int, Column[Any]]] = []
        self.copies: dict[Any, Any] = {}
        self.fields: dict[str, tuple[Any, FieldOptions]] = {}
        self.is_dataclass = getattr(class_, "_sa_dataclass_options", None) is not None
        self.allow_unmapped = bool(getattr(class_, "__allow_unmapped__", False))
        self._body = dict(class_.__dict__)

    def run(self) -> Scan:
        """Scan; returns self. Raises exc.ArgumentError naming the attribute."""
        type.__setattr__(self.class_, DECLARED, {})
        try:
            seen: set[str] = set()
            for base in self.class_.__mro__:
                self._scan_base(base, seen)
        finally:
            type.__delattr__(self.class_, DECLARED)
        self.fields = dict(self._fields_in_order())
        return self

    def _fields_in_order(self) -> Iterator[tuple[str, tuple[Any, FieldOptions]]]:
        # a dataclass counts the fields of its bases first
        mine = [name for name in self.fields if self._is_own(name)]
        for name in [name for name in self.fields if not self._is_own(name)] + mine:
            yield name, self.fields[name]

    def _is_own(self, name: str) -> bool:
        own = self.class_.__dict__
        return name in own or name in inspect.get_annotations(self.class_)

    def _scan_base(self, base: type, seen: set[str]) -> None:
        if base is object or base.__module__ in ("typing", "abc"):
            return
        mapped = base is not self.class_ and is_mapped(base)
        hints = inspect.get_annotations(base)
        for name in _names_in_order(base, hints):
            value = base.__dict__.get(name, _ABSENT)
            if name.startswith("__") or name in _DIRECTIVES or name in seen:
                continue
            cascades = isinstance(value, declared_attr) and value.is_cascading
            if mapped and not cascades:
                seen.add(name)
                continue
            if name not in ("registry", "metadata"):
                seen.add(name)
                self._take(base, name, value, hints.get(name, _ABSENT))

    def _where(self, name: str) -> str:
        return f"{self.class_.__name__}.{name}"

    def _take(self, base: type, name: str, value: Any, hint: Any) -> None:
        if isinstance(value, declared_attr):
            hint = value.fget.__annotations__.get("return", _ABSENT)
            value = value.compute(self.class_)
            base = self.class_
            if isinstance(value, (MappedColumn, Column)) and name in self._names_of(value):
                value = value.copy()
        note = None
        if hint is not _ABSENT:
            note = notes.read(hint, base, self._names(base), self._where(name))
        if isinstance(value, tuple) and len(value) == 1 and isinstance(value[0], MapperProperty):
            raise exc.ArgumentError(
                f"{self._where(name)} is a tuple of one property: take away the comma at the end."
            )
        if isinstance(value, (MappedColumn, Column)):
            self._check_plain_hint(name, hint, note, value)
            self._take_column(base, name, value, note)
        elif isinstance(value, MapperProperty):
            self._check_plain_hint(name, hint, note, value)
            self._take_property(base, name, value, note)
        elif note is not None:
            self._take_annotated(base, name, value, note)
        elif hint is not _ABSENT and self.is_dataclass and base is not self.class_:
            pass

    def _names(self, base: type) -> dict[str, Any]:
        return {name: member for name, member in vars(base).items() if isinstance(member, type)}

    def _names_of(self, value: Any) -> tuple[str, ...]:
        return ()

    def _check_plain_hint(self, name: str, hint: Any, note: Any, value: Any) -> None:
        if hint is _ABSENT or note is not None or self.allow_unmapped:
            return
        if isinstance(value, Column) or "ClassVar" in str(hint):
            return
        text = hint if isinstance(hint, str) else getattr(hint, "__name__", str(hint))
        raise exc.ArgumentError(
            f"{self._where(name)}: the annotation of a mapped attribute is Mapped[...]. Write "
            f"{name}: Mapped[{text}] = ..., or, for a class that is not annotated so, __allow_unmapped__ = True."
        )

    # -- columns -------------------------------------------------------------------

    def _take_column(self, base: type, name: str, value: Any, note: Annotation | None) -> None:
        made = value if isinstance(value, MappedColumn) else None
        if base is not self.class_:
            original = value.column if made is not None else value
            value = value.copy()
            made = value if made is not None else None
            self.copies[original] = value.column if made is not None else value
        column = value.column if made is not None else value
        if made is not None:
            if note is not None and note.column is not None:
                _merge_annotated(made, note.column)
            self._finish_type(name, made, note)
        if column.name is None:
            column.name = name
        if column.key is None:
            column.key = name if column.name == name else column.name
        self._add_column(name, value, made, note)

    def _add_column(self, name: str, value: Any, made: Any, note: Annotation | None) -> None:
        column = made.column if made is not None else value
        if column.table is None:
            self.columns.append((made.sort_order if made is not None else 0, column))
        self.properties[name] = made if made is not None else value
        if self.is_dataclass:
            if made is None or note is None:
                return
            made.for_dataclass()
            self.fields[name] = (_field_type(note), made.field_options)
        elif note is not None or made is not None:
            options = NO_OPTIONS if made is None else made.field_options
            self.fields[name] = (_field_type(note), options)

    def _finish_type(self, name: str, made: MappedColumn, note: Annotation | None) -> None:
        column = made.column
        if note is None:
            return
        given = column._user_nullable is not None
        if not given and column.primary_key:
            column.nullable = False
        elif not given:
            column.nullable = column._user_nullable = note.optional
        if not column.type._isnull or column.foreign_keys:
            return
        found = self.registry.resolve_type(note.full)
        if found is None and note.container is not None:
            found = None
        elif found is None:
            found = self.registry.resolve_type(note.inner)
        if found is None:
            raise self._unknown_type(name, note)
        column.type = found

    def _unknown_type(self, name: str, note: Annotation) -> exc.ArgumentError:
        inner = note.inner
        text = inner.__forward_arg__ if isinstance(inner, ForwardRef) else inner
        text = getattr(text, "__name__", None) or str(text)
        where = self._where(name)
        is_class = isinstance(inner, ForwardRef) or (isinstance(inner, type) and is_mapped(inner))
        if is_class or note.container is not None:
            kind = f'Mapped[list["{text}"]]' if note.container else f'Mapped["{text}"]'
            return exc.ArgumentError(
                f"{where}: no SQL type is known for {text}. If it is a mapped class, write {name}: "
                f"{kind} = relationship(); if it is a type, import it in {self.class_.__module__}."
            )
        return exc.ArgumentError(
            f"{where}: no SQL type is known for {text}. Give it: {name}: Mapped[{text}] = "
            f"mapped_column(SomeType), or once for all in the base's type_annotation_map = "
            f"{{{text}: SomeType}}."
        )

    def _take_annotated(self, base: type, name: str, value: Any, note: Annotation) -> None:
        if value is not _ABSENT and not self.is_dataclass:
            if hasattr(value, "__get__") or hasattr(value, "extension_type"):
                return
            raise exc.ArgumentError(
                f"{self._where(name)}: {value!r:.60} is not a mapped value. Write {name}: Mapped[...] "
                f"= mapped_column(default={value!r:.60})."
            )
        if value is not _ABSENT and hasattr(value, "extension_type"):
            return
        if note.inner is None and note.column is None and note.full is None:
            raise exc.ArgumentError(
                f"{self._where(name)}: Mapped needs a type: Mapped[str] for example."
            )
        made = MappedColumn() if value is _ABSENT else MappedColumn(default=value)
        self._take_column(self.class_, name, made, note)

    # -- other properties --------------------------------------------------------------

    def _take_property(self, base: type, name: str, value: Any, note: Annotation | None) -> None:
        if base is not self.class_:
            raise exc.InvalidRequestError(
                f"{self._where(name)} comes from the mixin {base.__name__}: a {type(value).__name__} "
                f"belongs to one class. Write in {base.__name__}: @declared_attr, then def {name}(cls): "
                "return relationship(...)."
            )
        if note is not None and isinstance(value, RelationshipProperty):
            _annotate_relationship(value, note)
        elif note is not None and isinstance(value, CompositeProperty):
            inner = note.inner
            value.use_annotation(inner)
        if isinstance(value, CompositeProperty):
            self._take_composite(value, name)
        self.properties[name] = value
        if note is not None or not self.is_dataclass:
            self.fields[name] = (_field_type(note), value.field_options)

    def _take_composite(self, value: CompositeProperty, name: str) -> None:
        """Columns may be written inside composite(): those without attribute get one."""
        hints = getattr(value.class_or_factory, "__annotations__", {})
        parts = list(hints)
        if not value.attrs:
            value.attrs = list(parts)
        for place, attr in enumerate(value.attrs):
            if not isinstance(attr, (MappedColumn, Column)):
                continue
            column = attr.column if isinstance(attr, MappedColumn) else attr
            if any(column is known for _, known in self.columns) or column.table is not None:
                continue
            if self._is_written_elsewhere(attr):
                continue
            key = column.name or (parts[place] if place < len(parts) else f"{name}_{place}")
            note = None
            if place < len(parts):
                hint = hints[parts[place]]
                note = _note_of_part(hint, value.class_or_factory)
            self._take_column(self.class_, key, attr, note)
            self.fields.pop(key, None)

    def _is_written_elsewhere(self, attr: Any) -> bool:
        return any(member is attr for member in self.class_.__dict__.values())


def _note_of_part(hint: Any, owner: Any) -> Annotation:
    if isinstance(hint, str):
        hint = notes.evaluate(hint, owner, {})
    inner, optional = notes.split_optional(hint)
    return Annotation(None, inner, optional, None, None, hint)


def _field_type(note: Annotation | None) -> Any:
    return Any if note is None or note.full is None else note.full


def _merge_annotated(made: MappedColumn, pattern: Any) -> None:
    """Fill what a mapped_column leaves open from that of an Annotated type."""
    source = pattern.column if isinstance(pattern, MappedColumn) else pattern
    made.column._merge(source._copy())
    if isinstance(pattern, MappedColumn):
        if made.field_options is NO_OPTIONS:
            made.field_options = pattern.field_options
        if not made.has_sort_order:
            made.sort_order = pattern.sort_order
        made.deferred = made.deferred or pattern.deferred
        made.deferred_group = made.deferred_group or pattern.deferred_group
        made.active_history = made.active_history or pattern.active_history


def _annotate_relationship(prop: RelationshipProperty, note: Annotation) -> None:
    inner = note.inner
    if isinstance(inner, ForwardRef):
        inner = inner.__forward_arg__
    if prop.argument is None:
        prop.argument = inner
    if note.wrapper is WriteOnlyMapped or note.wrapper is DynamicMapped:
        prop.lazy = "write_only" if note.wrapper is WriteOnlyMapped else "dynamic"
        prop.uselist = True
    elif note.container is not None:
        if prop.collection_class is None and note.container is not list:
            prop.collection_class = note.container
        if prop.uselist is None:
            prop.uselist = True
    elif prop.uselist is None and note.full is not None and prop.collection_class is None:
        prop.uselist = False


def _names_in_order(base: type, hints: dict[str, Any]) -> list[str]:
    """Return the names of a class body: those only annotated before the next assigned one."""
    waiting = list(hints)
    found: list[str] = []
    for name in base.__dict__:
        if name in hints and name in waiting:
            place = waiting.index(name)
            found += waiting[: place + 1]
            del waiting[: place + 1]
        elif name not in found:
            found.append(name)
    return found + waiting
