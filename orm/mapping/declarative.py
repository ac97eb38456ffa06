"""Declarative mapping: classes whose bodies say what they are mapped to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from orm import exc
from orm.mapping.columns import MappedColumn
from orm.mapping.concrete import is_waiting
from orm.mapping.constructors import declarative_constructor
from orm.mapping.mapper import Mapper
from orm.mapping.properties import ColumnProperty, MapperProperty
from orm.mapping.reflected import READ_FROM, wait_for_table
from orm.mapping.registry import registry as Registry
from orm.mapping.scan import Scan, find_directive, is_mapped, name_new_columns
from orm.schema.column import Column
from orm.schema.metadata import MetaData
from orm.schema.table import Table

if TYPE_CHECKING:
    from orm.sql.selectable import FromClause

_COLUMN_OPTIONS = ("version_id_col", "polymorphic_on")
_COLUMN_CHOICES = ("include_properties", "exclude_properties")
_COLUMN_LISTS = ("primary_key", *_COLUMN_CHOICES)


def map_class(registry: Registry, class_: type) -> Mapper | None:
    """Map a class by its body; returns the mapper, None for an abstract class.

    Raises exc.ArgumentError or exc.InvalidRequestError naming class and attribute, with the
    line to write; the class is then left unmapped.
    """
    if class_.__dict__.get("__abstract__"):
        return None
    if is_waiting(class_):
        registry.waiting.append(class_)
        type.__setattr__(class_, "_sa_waiting", registry)
        registry.has_new = True
        return None
    if wait_for_table(registry, class_):
        return None
    scan = Scan(registry, class_).run()
    if scan.is_dataclass:
        from orm.mapping import dataclasses as as_dataclass  # loads the standard library's

        as_dataclass.apply_dataclass(class_, scan.fields)
        if class_.__init__ in (object.__init__, registry.constructor):  # type: ignore[misc]
            made = as_dataclass.make_keyword_init(scan.fields, registry.constructor)
            type.__setattr__(class_, "__init__", made)
    parent = _find_parent(class_)
    options = _mapper_options(class_, scan)
    concrete = bool(options.get("concrete"))
    table = _make_table(registry, class_, scan, None if concrete else parent)
    if table is None and parent is not None and options.keys().isdisjoint(_COLUMN_CHOICES):
        options["exclude_properties"] = _columns_of_others(parent)
    properties = {
        name: value.make_property() if isinstance(value, MappedColumn) else value
        for name, value in scan.properties.items()
    }
    properties.update(options.pop("properties", {}))
    given = options.pop("inherits", None)
    mapper = registry.add_mapper(
        class_, table, properties=properties, inherits=given or parent, **options
    )
    type.__setattr__(class_, "__mapper__", mapper)
    type.__setattr__(class_, "__table__", mapper.local_table)
    return mapper


def _find_parent(class_: type) -> type | None:
    return next((base for base in class_.__mro__[1:] if is_mapped(base)), None)


def _mapper_options(class_: type, scan: Scan) -> dict[str, Any]:
    options = dict(find_directive(class_, "__mapper_args__") or {})
    for name in _COLUMN_OPTIONS:
        if name in options:
            options[name] = _column_of(options[name], scan)
    for name in _COLUMN_LISTS:
        if isinstance(options.get(name), (list, tuple, set)):
            options[name] = [_column_of(each, scan) for each in options[name]]
    return options


def _column_of(value: Any, scan: Scan) -> Any:
    if isinstance(value, MappedColumn):
        value = value.column
    if isinstance(value, Column):
        return scan.copies.get(value, value)
    return value


# -- tables -------------------------------------------------------------------------------


def _make_table(registry: Registry, class_: type, scan: Scan, parent: type | None) -> Any:
    given = find_directive(class_, "__table__")
    if given is not None:
        return _use_table(class_, given, scan)
    name = find_directive(class_, "__tablename__")
    if name is None:
        if parent is None:
            raise exc.InvalidRequestError(
                f"{class_.__name__} has neither __tablename__ nor __table__. Write __tablename__ = "
                f'"{class_.__name__.lower()}" in the class; for a base that is not mapped itself, '
                "write __abstract__ = True."
            )
        _add_to_parent(class_, parent, scan)
        return None
    if parent is not None and not scan.columns and name == parent.__mapper__.local_table.name:  # type: ignore[attr-defined]
        return None
    positional, keywords = _table_args(class_)
    ordered = [column for _, column in sorted(scan.columns, key=lambda each: each[0])]
    metadata = getattr(class_, "metadata", None)
    if not isinstance(metadata, MetaData):
        metadata = registry.metadata
    keywords.update(class_.__dict__.get(READ_FROM, {}))
    make: Callable[..., Any] = getattr(class_, "__table_cls__", Table)
    return make(str(name), metadata, *ordered, *positional, **keywords)


def _table_args(class_: type) -> tuple[tuple[Any, ...], dict[str, Any]]:
    found = find_directive(class_, "__table_args__")
    if found is None:
        return (), {}
    if isinstance(found, Mapping):
        return (), dict(found)
    if isinstance(found, tuple):
        if found and isinstance(found[-1], Mapping):
            return found[:-1], dict(found[-1])
        return found, {}
    raise exc.ArgumentError(
        f"{class_.__name__}.__table_args__ is a tuple or a dict, not {found!r:.60}. Write "
        "__table_args__ = (UniqueConstraint(...),), with the comma."
    )


def _use_table(class_: type, table: FromClause, scan: Scan) -> FromClause:
    for name, value in list(scan.properties.items()):
        column = value.column if isinstance(value, MappedColumn) else value
        if not isinstance(column, Column) or column.table is not None:
            continue
        present = table.c.get(column.key or name)
        if present is None:
            present = table.c.get(column.name or name)
        if present is None:
            raise exc.ArgumentError(
                f"{class_.__name__}.{name}: __table__ has no column {column.name!r}. Add it to the "
                "Table, or leave __table__ out and write __tablename__."
            )
        if isinstance(value, MappedColumn):
            value.column = present
        else:
            scan.properties[name] = present
    return table


def _add_to_parent(class_: type, parent: type, scan: Scan) -> None:
    """Add the columns of a class that is stored in its parent's table."""
    table = parent.__mapper__.local_table  # type: ignore[attr-defined]
    for name, value in list(scan.properties.items()):
        if isinstance(value, ColumnProperty):
            for column in name_new_columns(value, name):
                table.append_column(column)
        made = value if isinstance(value, MappedColumn) else None
        column = made.column if made is not None else value
        if not isinstance(column, Column) or column.table is not None:
            continue
        present = table.c.get(column.key)
        if present is None:
            if column.primary_key:
                raise exc.ArgumentError(
                    f"{class_.__name__}.{name}: a class stored in the table of {parent.__name__} cannot "
                    "add a primary key column. Give the class a __tablename__ of its own."
                )
            table.append_column(column)
        elif made is not None and made.use_existing_column:
            made.column = present
        else:
            raise exc.ArgumentError(
                f"{class_.__name__}.{name}: table {table.description!r} already has a column "
                f"{column.name!r}. To share it write mapped_column(use_existing_column=True)."
            )


def _columns_of_others(parent: type) -> list[Any]:
    """Return the columns of a table that its own class does not map: of subclasses stored in it."""
    mapper: Mapper = parent.__mapper__  # type: ignore[attr-defined]
    return [column for column in mapper.local_table.c if column not in mapper.column_key]


def add_attribute(class_: Any, name: str, value: Any) -> bool:
    """Map an attribute that is set on a mapped class; returns False if it is nothing mapped."""
    mapper: Mapper = class_.__mapper__
    made = value if isinstance(value, MappedColumn) else None
    column = made.column if made is not None else value
    if isinstance(column, Column):
        if column.name is None:
            column.name = name
        if column.key is None:
            column.key = column.name
        if column.table is None:
            mapper.local_table.append_column(column)
        mapper.add_property(name, made.make_property() if made is not None else column)
        return True
    if isinstance(value, MapperProperty):
        if isinstance(value, ColumnProperty):
            for column in name_new_columns(value, name):
                mapper.local_table.append_column(column)
        mapper.add_property(name, value)
        return True
    return False


def add_mapped_attribute(target: Any, key: str, attr: Any) -> None:
    """Map an attribute of a class that is mapped already, with or without a declarative base.

    attr: a Column, mapped_column(), relationship() or another property. Raises exc.ArgumentError for
    anything else.
    """
    if not add_attribute(target, key, attr):
        raise exc.ArgumentError(
            f"{target.__name__}.{key}: {attr!r:.80} is neither a column nor a mapped property; set a "
            f"plain attribute by {target.__name__}.{key} = ..."
        )


# -- base classes ---------------------------------------------------------------------------


class DeclarativeAttributeIntercept(type):
    """The metaclass of declarative bases: attributes set on a mapped class are mapped."""

    def __setattr__(cls, name: str, value: Any) -> None:
        if "__mapper__" in cls.__dict__ and add_attribute(cls, name, value):
            return
        type.__setattr__(cls, name, value)


class DeclarativeMeta(DeclarativeAttributeIntercept):
    """The metaclass of bases made by `declarative_base()`."""

    def __init__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any], **kw: Any) -> None:
        type.__init__(cls, name, bases, body)
        found = getattr(cls, "registry", None)
        if isinstance(found, Registry) and "__abstract__" not in body and not _is_base(cls):
            map_class(found, cls)


def _is_base(class_: type) -> bool:
    return isinstance(class_.__dict__.get("registry"), Registry)


def _set_up_base(class_: Any) -> None:
    """Give a declarative base its registry and metadata, of its own or as written."""
    body = class_.__dict__
    type_map = body.get("type_annotation_map")
    found = body.get("registry")
    if isinstance(found, Registry):
        if "metadata" in body and body["metadata"] is not found.metadata:
            raise exc.InvalidRequestError(
                f"{class_.__name__} has a metadata and a registry with another one; give one of both."
            )
        if type_map:
            found.update_type_annotation_map(type_map)
    else:
        metadata = getattr(class_, "metadata", None)
        if metadata is not None and not isinstance(metadata, MetaData):
            raise exc.ArgumentError(
                f"{class_.__name__}.metadata is a MetaData object, not {metadata!r:.60}."
            )
        found = Registry(metadata=metadata, type_annotation_map=type_map)
        type.__setattr__(class_, "registry", found)
    type.__setattr__(class_, "_sa_registry", found)
    type.__setattr__(class_, "metadata", found.metadata)
    if class_.__init__ is object.__init__:
        type.__setattr__(class_, "__init__", found.constructor)


class _Typed:
    """What type checkers know of declarative classes."""

    if TYPE_CHECKING:
        metadata: ClassVar[MetaData]
        registry: ClassVar[Registry]
        _sa_registry: ClassVar[Registry]
        __mapper__: ClassVar[Mapper]
        __table__: ClassVar[Any]
        __tablename__: Any
        __mapper_args__: Any
        __table_args__: Any

        def __init__(self, **kw: Any) -> None: ...


def _init_subclass(base: type, class_: Any) -> None:
    if base in class_.__bases__:
        _set_up_base(class_)
    elif "__abstract__" not in class_.__dict__ or not class_.__dict__["__abstract__"]:
        map_class(class_.registry, class_)


class DeclarativeBase(_Typed, metaclass=DeclarativeAttributeIntercept):
    """Subclass it once for your base; subclasses of that are mapped.

    On the base: `metadata`, `registry`, `type_annotation_map` as you like.
    """

    def __init_subclass__(cls, **kw: Any) -> None:
        super().__init_subclass__(**kw)
        _init_subclass(DeclarativeBase, cls)


class DeclarativeBaseNoMeta(_Typed):
    """As DeclarativeBase, without a metaclass: for classes that have another one."""

    def __init_subclass__(cls, **kw: Any) -> None:
        super().__init_subclass__(**kw)
        _init_subclass(DeclarativeBaseNoMeta, cls)


def declarative_base(
    *,
    metadata: MetaData | None = None,
    mapper: Any = None,
    cls: Any = object,
    name: str = "Base",
    class_registry: Any = None,
    type_annotation_map: Mapping[Any, Any] | None = None,
    constructor: Callable[..., None] = declarative_constructor,
    metaclass: type | None = None,
) -> Any:
    """Return a new base class; subclasses of it are mapped. See also DeclarativeBase."""
    made = Registry(
        metadata=metadata,
        class_registry=class_registry,
        type_annotation_map=type_annotation_map,
        constructor=constructor,
    )
    return made.generate_base(cls=cls, name=name, metaclass=metaclass)


def as_declarative(**kw: Any) -> Callable[[type], Any]:
    """Decorate a class that becomes a declarative base."""
    metadata = kw.pop("metadata", None)
    return Registry(metadata=metadata).as_declarative_base(**kw)


def has_inherited_table(cls: type) -> bool:
    """Return whether a base of the class is mapped; for a `declared_attr` of a mixin."""
    return any(is_mapped(base) for base in cls.__mro__[1:])
