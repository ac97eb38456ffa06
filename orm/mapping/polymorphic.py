"""with_polymorphic() and polymorphic_union(): a base class with the columns of its subclasses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orm import exc
from orm.inspection import inspect
from orm.mapping.aliased import AliasedClass, AliasedInsp
from orm.mapping.inheritance import join_subclasses
from orm.mapping.mapper import Mapper
from orm.sql.coercions import expect_from
from orm.sql.compound import union_all
from orm.sql.expression import cast, null
from orm.sql.select import select
from orm.sql.text import literal_column
from orm.types.base import TypeEngine


def with_polymorphic(
    base: Any,
    classes: Any,
    selectable: Any = None,
    flat: bool = False,
    polymorphic_on: Any = None,
    aliased: bool = False,
    innerjoin: bool = False,
    adapt_on_names: bool = False,
    name: str | None = None,
) -> Any:
    """Return an entity for a base class whose rows bring the columns of subclasses along.

    classes: subclasses, or "*" for all. The entity has the attributes of all of them, and
    each subclass as an entity of its own under its name: of `with_polymorphic(Person, [Manager])`
    the `.name` and the `.Manager.level`. selectable: what to select from in place of the outer join
    of the tables. aliased, flat: under an alias, of the join as a whole or of each of its tables.
    """
    insp = inspect(base)
    mapper = insp.mapper
    mapper.registry_configure()
    mappers = find_mappers(mapper, classes)
    if selectable is None:
        source = join_subclasses(mapper, mappers, isouter=not innerjoin)
    else:
        source = expect_from(selectable)
    if (aliased or flat) and source is not None:
        source = source.alias(name, flat=flat or source._is_join)
    made = _make_entity(mapper, source, name, adapt_on_names, mappers)
    if polymorphic_on is not None:
        made.__dict__["_aliased_insp"].polymorphic_on = polymorphic_on
    for each in mappers:
        if each is not mapper:
            below = tuple(other for other in mappers if other.isa(each))
            part = _make_entity(each, source, name, adapt_on_names, below)
            part.__dict__["_aliased_insp"].is_part = True
            part.__dict__["_aliased_insp"].whole = made.__dict__["_aliased_insp"]
            made.__dict__[each.class_.__name__] = part
    return made


def _make_entity(
    mapper: Mapper, source: Any, name: str | None, adapt_on_names: bool, mappers: tuple[Mapper, ...]
) -> AliasedClass:
    made = AliasedClass()
    made.__dict__["_aliased_insp"] = AliasedInsp(
        made, mapper, source, name, adapt_on_names, with_polymorphic_mappers=mappers
    )
    return made


def find_mappers(mapper: Mapper, classes: Any) -> tuple[Mapper, ...]:
    """Return the mappers for what with_polymorphic takes: "*", or classes of the hierarchy."""
    if classes == "*":
        return mapper.self_and_descendants
    found: list[Mapper] = []
    for each in classes or ():
        below: Mapper = inspect(each).mapper
        if not below.isa(mapper):
            raise exc.InvalidRequestError(
                f"{below.class_.__name__} does not inherit from {mapper.class_.__name__}, so it "
                "cannot be among its classes for with_polymorphic."
            )
        for step in reversed(list(below.iterate_to_root())):
            if step.isa(mapper) and step not in found:
                found.append(step)
    return tuple(found)


def polymorphic_union(
    table_map: Mapping[Any, Any],
    typecolname: str | None,
    aliasname: str = "p_union",
    cast_nulls: bool = True,
) -> Any:
    """Return a UNION ALL of tables as one selectable, for concrete inheritance.

    table_map: polymorphic identity -> table or select. typecolname: the name of the column that
    says which table a row is from, None for none. cast_nulls: columns which a table lacks are
    NULL cast to the type, rather than bare NULL.
    """
    sources = {identity: expect_from(each) for identity, each in table_map.items()}
    types: dict[str, TypeEngine] = {}
    for source in sources.values():
        for column in source.c:
            if column.key == typecolname:
                raise exc.InvalidRequestError(
                    f"polymorphic_union: {source.description!r} has a column {typecolname!r} itself; "
                    "choose another name for the type column."
                )
            types.setdefault(column.key, column.type)
    parts = []
    for identity, source in sources.items():
        columns = [_pick(source, key, type_, cast_nulls) for key, type_ in types.items()]
        if typecolname is not None:
            quoted = str(identity).replace("'", "''")
            columns.append(literal_column(f"'{quoted}'").label(typecolname))
        parts.append(select(*columns).select_from(source))
    return union_all(*parts).alias(aliasname)


def _pick(source: Any, key: str, type_: TypeEngine, cast_nulls: bool) -> Any:
    column = source.c.get(key)
    if column is not None:
        return column
    return cast(null(), type_).label(key) if cast_nulls else null().label(key)
