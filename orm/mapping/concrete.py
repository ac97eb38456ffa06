"""ConcreteBase and AbstractConcreteBase: a table per class, and the base selects from all of them.

What a base selects from is the union of its subclasses' tables, so it is known only when
these are: it is made when the mappers are configured.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from orm.mapping.inheritance import hide_inherited
from orm.mapping.scan import Scan
from orm.state.class_manager import manager_of_class

if TYPE_CHECKING:
    from orm.mapping.mapper import Mapper
    from orm.mapping.registry import registry as Registry


class ConcreteBase:
    """Mixin for a mapped base class: a SELECT of it brings the objects of all subclasses.

    `class Employee(ConcreteBase, Base)` with a table of its own; the subclasses say
    `__mapper_args__ = {"polymorphic_identity": ..., "concrete": True}`. The column of the union
    which tells them apart is named by `_concrete_discriminator_name`, "type" by default.
    """

    _concrete_discriminator_name: str


class AbstractConcreteBase(ConcreteBase):
    """Mixin for a base class without a table: it is mapped to the union of its subclasses' tables.

    It has the attributes of all of them, or with `strict_attrs = True` only those of its own body. It
    is mapped when the mappers are configured, which a statement that names it sees to.
    """

    strict_attrs = False

    __no_table__ = True


def is_waiting(class_: type) -> bool:
    """Return whether a class is an AbstractConcreteBase itself, to be mapped later."""
    return AbstractConcreteBase in class_.__bases__


def finish_concrete(registry: Registry) -> None:
    """Give the concrete bases of a registry the unions they select from."""
    for mapper in list(registry.ordered_mappers):
        if ConcreteBase in mapper.class_.__bases__ and mapper.with_polymorphic is None:
            _select_from_union(mapper)
    waiting, registry.waiting = registry.waiting, []
    for class_ in waiting:
        below = list(_mapped_below(class_))
        if below:
            _map_to_union(registry, class_, below)
        else:
            registry.waiting.append(class_)


def written_in(registry: Registry, class_: type) -> dict[str, Any]:
    """Return the attributes that the body of an abstract concrete base maps, by name."""
    return Scan(registry, class_).run().properties


def _discriminator(class_: type) -> str:
    return getattr(class_, "_concrete_discriminator_name", "type")


def _make_union(class_: type, mappers: list[Mapper]) -> Any:
    from orm.mapping.polymorphic import (
        polymorphic_union,  # with UNION, for the few such hierarchies
    )

    tables = {each.polymorphic_identity: each.local_table for each in mappers}
    return polymorphic_union(tables, _discriminator(class_), "pjoin")


def _select_from_union(mapper: Mapper) -> None:
    if len(mapper.self_and_descendants) == 1:
        return
    union = _make_union(mapper.class_, list(mapper.self_and_descendants))
    mapper.set_polymorphic_source("*", union, union.c[_discriminator(mapper.class_)])


def _map_to_union(registry: Registry, class_: type, below: list[Mapper]) -> None:
    union = _make_union(class_, below)
    discriminator = union.c[_discriminator(class_)]
    strict = bool(getattr(class_, "strict_attrs", False))
    written = written_in(registry, class_)
    columns = {
        getattr(value, "column", value).key: name
        for name, value in written.items()
        if hasattr(getattr(value, "column", value), "foreign_keys")
    }
    keys = {discriminator.key, *(column.key for column in below[0].primary_key), *columns}
    properties: dict[str, Any] = {
        columns.get(column.key, column.key): column
        for column in union.c
        if not strict or column.key in keys
    }
    properties |= {name: each for name, each in written.items() if name not in columns.values()}
    options = {"include_properties": keys} if strict else {}
    mapper = registry.add_mapper(
        class_,
        union,
        primary_key=[union.c[column.key] for column in below[0].primary_key],
        polymorphic_on=discriminator,
        concrete=True,
        properties=properties,
        with_polymorphic=("*", union),
        **options,
    )
    type.__setattr__(class_, "__mapper__", mapper)
    for each in below:
        if each.inherits is None:
            mapper.adopt(each)
            hide_inherited(each, mapper)


def _mapped_below(class_: type) -> Iterator[Mapper]:
    below: type
    for below in type.__subclasses__(class_):
        manager = manager_of_class(below)
        if manager is not None and manager.mapper is not None:
            yield manager.mapper
        yield from _mapped_below(below)
