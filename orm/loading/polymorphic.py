"""Which class a row becomes: the table from discriminator values to classes."""

from __future__ import annotations

from typing import Any

from orm.loading.hydrate import unknown_identity
from orm.loading.row_plan import EntityRow, Kind


class Kinds(dict[Any, Kind]):
    """discriminator value -> Kind; a value that nobody mapped is an error that says so.

    A class that was mapped after the plan was made is found when its first row comes.
    """

    __slots__ = ("mapper",)

    def __init__(self, mapper: Any) -> None:
        super().__init__()
        self.mapper = mapper

    def __missing__(self, value: Any) -> Kind:
        found = self.mapper.polymorphic_map.get(value)
        if found is None or not found.isa(self.mapper):
            raise unknown_identity(self.mapper, value)
        kind = self[value] = Kind(found.class_, found.class_manager.state_class)
        return kind


def make_kinds(builder: Any, entity: EntityRow, adapt: Any) -> None:
    """Give an entity of a hierarchy its discriminator and the classes that rows may become.

    The columns which subclasses add are left out, as SQLAlchemy does without
    with_polymorphic; they load on access, for all peers of the class at once.
    """
    mapper = entity.mapper
    column = mapper.polymorphic_on
    if column is None:
        return
    subclasses = list(mapper.self_and_descendants)
    kinds = Kinds(mapper)
    for each in subclasses:
        if each.polymorphic_identity is not None:
            kinds[each.polymorphic_identity] = Kind(each.class_, each.class_manager.state_class)
    if kinds:
        entity.kinds = kinds
        entity.discriminator = builder.add_slot(adapt(column))


def single_criterion(mapper: Any) -> Any:
    """Return the condition for rows of a class that shares its table with others, or None."""
    if not mapper.single or mapper.polymorphic_on is None:
        return None
    kinds = [each.polymorphic_identity for each in mapper.self_and_descendants]
    return mapper.polymorphic_on.in_([kind for kind in kinds if kind is not None])
