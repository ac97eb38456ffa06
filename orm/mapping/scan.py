"""The scan of a class body: which attributes are mapped, and to what.

Attributes come from the class and from its unmapped bases (mixins, abstract bases), the
nearest first. Columns of mixins are copied; `declared_attr`s are computed for the class.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import FunctionType
from typing import TYPE_CHECKING, Any, ForwardRef, get_origin

from orm import exc
from orm.mapping import annotations as notes
from orm.mapping.annotations import Annotation
from orm.mapping.columns import MappedColumn
from orm.mapping.composite import CompositeProperty
from orm.mapping.declared import DECLARED, declared_attr
from orm.mapping.mapped import DynamicMapped, WriteOnlyMapped
from orm.mapping.options import BODY, NO_OPTIONS, MappedField
from orm.mapping.properties import ColumnProperty, MapperProperty
from orm.mapping.relationship import RelationshipProperty
from orm.schema.column import Column
from orm.state.class_manager import manager_of_class
from orm.util.introspection import own_annotations, parameters_of
from orm.util.suggest import tell_foreign

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
    here. fields: the annotated ones, if the class becomes a dataclass.
    """

    def __init__(self, registry: Registry, class_: type) -> None:
        self.registry = registry
        self.class_ = class_
        self.properties: dict[str, Any] = {}
        self.columns: list[tuple[int, Column[Any]]] = []
        self.copies: dict[Any, Any] = {}
        self.fields: dict[str, MappedField] = {}
        self.is_dataclass = getattr(class_, "_sa_dataclass_options", None) is not None
        self.allow_unmapped = bool(getattr(class_, "__allow_unmapped__", False))
        self._body = dict(class_.__dict__)
        self._placed: dict[str, Any] = {}

    def run(self) -> Scan:
        """Scan; returns self. Raises exc.ArgumentError naming the attribute."""
        type.__setattr__(self.class_, DECLARED, {})
        try:
            self._place_columns()
            seen: set[str] = set()
            for base in self.class_.__mro__:
                self._scan_base(base, seen)
        finally:
            type.__delattr__(self.class_, DECLARED)
            for name in self._placed:
                type.__delattr__(self.class_, name)
        # a dataclass counts the fields of its bases first
        self.fields = dict(
            sorted(self.fields.items(), key=lambda each: each[1].origin is self.class_)
        )
        return self

    def _place_columns(self) -> None:
        """Have `cls.some_id`, in a declared_attr, mean the class's copy of a mixin's column."""
        class_ = self.class_
        taken = set(self._body)
        for base in class_.__mro__[1:]:
            if not is_mapped(base):
                for name, value in vars(base).items():
                    if isinstance(value, (MappedColumn, Column)) and name not in taken:
                        self._placed[name] = self._copy(value)
                        type.__setattr__(class_, name, self._placed[name])
            taken.update(vars(base))

    def _copy(self, value: Any) -> Any:
        made = value.copy()
        if isinstance(value, MappedColumn):
            self.copies[value.column] = made.column
        else:
            self.copies[value] = made
        return made

    def _scan_base(self, base: type, seen: set[str]) -> None:
        if base is object or base.__module__ in ("typing", "abc"):
            return
        mapped = base is not self.class_ and is_mapped(base)
        hints = own_annotations(base)
        body = self._body if base is self.class_ else base.__dict__
        embedded = self._embedded_in_fields(base, hints)
        for name in _names_in_order(body, hints):
            value = body.get(name, _ABSENT)
            if name.startswith("__") or name in _DIRECTIVES or name in seen:
                continue
            cascades = isinstance(value, declared_attr) and value.is_cascading
            if mapped and not cascades:
                seen.add(name)
                continue
            if name not in ("registry", "metadata"):
                seen.add(name)
                if name in embedded:
                    self._take_embedded(base, name, embedded[name])
                else:
                    self._take(base, name, value, hints.get(name, _ABSENT))

    def _embedded_in_fields(self, base: type, hints: dict[str, Any]) -> dict[str, Any]:
        """Return what dataclass fields say in their metadata, `__sa_dataclass_metadata_key__`."""
        key = getattr(base, "__sa_dataclass_metadata_key__", None)
        if key is None:
            return {}
        if self.is_dataclass:
            raise exc.InvalidRequestError(
                f"{self.class_.__name__} is mapped as a dataclass, where columns stand in the body: "
                "name: Mapped[str] = mapped_column(). Metadata of dataclasses.field() is for classes "
                "decorated with @dataclass."
            )
        return {
            name: field.metadata[key]
            for name, field in getattr(base, "__dataclass_fields__", {}).items()
            if name in hints and key in field.metadata
        }

    def _take_embedded(self, base: type, name: str, value: Any) -> None:
        make = value.fget if isinstance(value, declared_attr) else value
        if isinstance(make, FunctionType):
            # made for this class
            value = make(self.class_) if parameters_of(make).names else make()
            base = self.class_
        self._take(base, name, value, _ABSENT)

    def _where(self, name: str) -> str:
        return f"{self.class_.__name__}.{name}"

    def _take(self, base: type, name: str, value: Any, hint: Any) -> None:
        origin = base
        if isinstance(value, declared_attr):
            hint = value.fget.__annotations__.get("return", _ABSENT)
            value = value.compute(self.class_)
            base = self.class_
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
        else:
            self._refuse_foreign(name, value, hint)
            if value is _ABSENT and base is self.class_:
                self._check_bare_hint(name, hint)
        if hint is not _ABSENT:
            self._note_field(name, value, hint, origin)

    def _note_field(self, name: str, value: Any, hint: Any, origin: type) -> None:
        """Remember an annotated attribute as a field of the dataclass; refuse options without one."""
        member = self.properties.get(name, value)
        options = getattr(member, "field_options", None)
        if options is None:
            return
        if self.is_dataclass:
            if isinstance(member, MappedColumn):
                options = member.for_dataclass().field_options
            self.fields[name] = MappedField(hint, options, member, origin)
        elif getattr(value, "field_options", NO_OPTIONS).given():
            raise exc.ArgumentError(
                f"{self._where(name)}: {', '.join(value.field_options.given())} are arguments for "
                f"dataclasses, and {self.class_.__name__} is none. Write class {self.class_.__name__}"
                "(MappedAsDataclass, Base), or leave them out."
            )

    def _names(self, base: type) -> dict[str, Any]:
        return {name: member for name, member in vars(base).items() if isinstance(member, type)}

    def _check_plain_hint(self, name: str, hint: Any, note: Any, value: Any) -> None:
        if hint is _ABSENT or note is not None or self.allow_unmapped:
            return
        if isinstance(value, Column) or "ClassVar" in str(hint):
            return
        raise exc.MappedAnnotationError(
            f"{self._where(name)}: the annotation of a mapped attribute is Mapped[...]. Write "
            f"{name}: Mapped[{_hint_text(hint)}] = ..., or, for a class that is not annotated so, "
            "__allow_unmapped__ = True."
        )

    def _refuse_foreign(self, name: str, value: Any, hint: Any) -> None:
        """Refuse columns, relationships and Mapped[...] of SQLAlchemy, which would be no attribute here."""
        if foreign := tell_foreign(value) or tell_foreign(get_origin(hint)):
            raise exc.ArgumentError(f"{self._where(name)} cannot be mapped.{foreign}")

    def _check_bare_hint(self, name: str, hint: Any) -> None:
        """Refuse `name: str`, which would silently be no column."""
        if self.allow_unmapped or self.is_dataclass or "ClassVar" in str(hint):
            return
        if name in self.class_.__dict__.get("__dataclass_fields__", ()):
            return
        text = _hint_text(hint)
        raise exc.MappedAnnotationError(
            f"{self._where(name)}: {text} would be no column. Write {name}: Mapped[{text}]; for an attribute that is "
            f"not mapped {name}: ClassVar[{text}] or a value beside it, or __allow_unmapped__ = True in the class."
        )

    # -- columns -------------------------------------------------------------------

    def _take_column(self, base: type, name: str, value: Any, note: Annotation | None) -> None:
        made = value if isinstance(value, MappedColumn) else None
        if base is not self.class_:
            value = self._placed[name] if name in self._placed else self._copy(value)
            made = value if made is not None else None
        column = value.column if made is not None else value
        if made is not None:
            if note is not None and note.column is not None:
                _merge_annotated(made, note.column)
            self._finish_type(name, made, note)
        if column.name is None:
            column.name = name
        if column.key is None:
            column.key = name if column.name == name else column.name
        self._add_column(name, value, made)

    def _add_column(self, name: str, value: Any, made: Any) -> None:
        column = made.column if made is not None else value
        if column.table is None:
            self.columns.append((made.sort_order if made is not None else 0, column))
        self.properties[name] = made if made is not None else value

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

    def _unknown_type(self, name: str, note: Annotation) -> exc.MappedAnnotationError:
        inner = note.inner
        text = inner.__forward_arg__ if isinstance(inner, ForwardRef) else inner
        text = getattr(text, "__name__", None) or str(text)
        where = self._where(name)
        is_class = isinstance(inner, ForwardRef) or (isinstance(inner, type) and is_mapped(inner))
        if is_class or note.container is not None:
            kind = f'Mapped[list["{text}"]]' if note.container else f'Mapped["{text}"]'
            return exc.MappedAnnotationError(
                f"{where}: no SQL type is known for {text}. If it is a mapped class, write {name}: "
                f"{kind} = relationship(); if it is a type, import it in {self.class_.__module__}."
            )
        return exc.MappedAnnotationError(
            f"{where}: no SQL type is known for {text}. Give it: {name}: Mapped[{text}] = "
            f"mapped_column(SomeType), or once for all in the base's type_annotation_map = "
            f"{{{text}: SomeType}}."
        )

    def _take_annotated(self, base: type, name: str, value: Any, note: Annotation) -> None:
        if value is not _ABSENT and not self.is_dataclass:
            if hasattr(value, "__get__") or hasattr(value, "extension_type"):
                return
            raise exc.MappedAnnotationError(
                f"{self._where(name)}: {value!r:.60} is not a mapped value. Write {name}: Mapped[...] "
                f"= mapped_column(default={value!r:.60})."
            )
        if value is not _ABSENT and hasattr(value, "extension_type"):
            return
        if note.inner is None and note.column is None and note.full is None:
            raise exc.MappedAnnotationError(
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
            value.use_annotation(note.inner, note.optional)
        if isinstance(value, CompositeProperty):
            self._take_composite(value, name)
        elif isinstance(value, ColumnProperty):
            self.columns += [(0, column) for column in name_new_columns(value, name)]
        self.properties[name] = value

    def _take_composite(self, value: CompositeProperty, name: str) -> None:
        """Columns may be written inside composite(): those without attribute get one."""
        hints = getattr(value.class_or_factory, "__annotations__", {})
        parts = list(hints)
        self._complete_composite(value, name, parts)
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

    def _complete_composite(self, value: CompositeProperty, name: str, parts: list[str]) -> None:
        """Make a column for each field of the class that has none."""
        template = value.column_template
        if template is not None and not hasattr(value.class_or_factory, "__dataclass_fields__"):
            raise exc.ArgumentError(
                f"{self._where(name)}: column_template names columns by the fields of a dataclass, which "
                f"{value.class_or_factory!r} is not. Write the columns: mapped_column('...'), ..."
            )
        if value.attrs and template is None:
            return
        for part in parts[len(value.attrs) :]:
            if template is not None:
                value.attrs.append(MappedColumn(template % part))
            elif part in self._body or part in own_annotations(self.class_):
                value.attrs.append(part)
            else:
                value.attrs.append(MappedColumn(part))

    def _is_written_elsewhere(self, attr: Any) -> bool:
        return any(member is attr for member in self.class_.__dict__.values())


def name_new_columns(prop: ColumnProperty, name: str) -> list[Column[Any]]:
    """Return the columns of a property which are in no table yet, with the attribute's name if they had none."""
    found = [each for each in prop.columns if isinstance(each, Column) and each.table is None]
    for column in found:
        if column.name is None:
            column.name = name
        if column.key is None:
            column.key = column.name
    return found


def _note_of_part(hint: Any, owner: Any) -> Annotation:
    if isinstance(hint, str):
        hint = notes.evaluate(hint, owner, {})
    inner, optional = notes.split_optional(hint)
    return Annotation(None, inner, optional, None, None, hint)


def _merge_annotated(made: MappedColumn, pattern: Any) -> None:
    """Fill what a mapped_column leaves open from that of an Annotated type."""
    source = pattern.column if isinstance(pattern, MappedColumn) else pattern
    own_default = made.column.default
    made.column._merge(source._copy())
    if made.has_default:
        made.column.default = own_default
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


def _names_in_order(body: Mapping[str, Any], hints: dict[str, Any]) -> list[str]:
    """Return the names of a class body: those only annotated before the next assigned one."""
    waiting = list(hints)
    found: list[str] = []
    for name in body.get(BODY, body):
        if name in hints and name in waiting:
            place = waiting.index(name)
            found += waiting[: place + 1]
            del waiting[: place + 1]
        elif name not in found:
            found.append(name)
    return found + waiting


def _hint_text(hint: Any) -> str:
    return hint if isinstance(hint, str) else getattr(hint, "__name__", str(hint))
