"""Inheritance: which tables a mapper spans, how they are joined, which class a row becomes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orm import exc
from orm.sql.coercions import to_element
from orm.sql.join_condition import join_condition
from orm.sql.selectable import Join

if TYPE_CHECKING:
    from orm.mapping.mapper import Mapper


def join_to_parent(mapper: Mapper, parent: Mapper, condition: Any) -> tuple[Any, Any]:
    """Return (the join of the parent's tables with the mapper's own, its condition).

    condition: given by `inherit_condition`, or None to find it by foreign keys.
    Raises exc.NoForeignKeysError / exc.AmbiguousForeignKeysError with the line to write.
    """
    if condition is None:
        try:
            condition = join_condition(parent.local_table, mapper.local_table)
        except exc.AmbiguousForeignKeysError as error:
            raise exc.AmbiguousForeignKeysError(
                f"{mapper.class_.__name__} inherits from {parent.class_.__name__}, and several "
                f"foreign keys lead from table {mapper.local_table.description!r} to the parent's: "
                f"say which in __mapper_args__ = {{'inherit_condition': ...}}. {error}"
            ) from None
        except exc.NoForeignKeysError:
            condition = _join_to_any(mapper, parent)
    return Join(parent.persist_selectable, mapper.local_table, condition), condition


def _join_to_any(mapper: Mapper, parent: Mapper) -> Any:
    try:
        return join_condition(parent.persist_selectable, mapper.local_table)
    except exc.NoForeignKeysError:
        table, key = mapper.local_table.description, parent.primary_key[0]
        raise exc.NoForeignKeysError(
            f"{mapper.class_.__name__} inherits from {parent.class_.__name__}, but no foreign key "
            f"leads from its table {table!r} to {parent.local_table.description!r}. Write in "
            f"{mapper.class_.__name__}: "
            f'id = mapped_column(ForeignKey("{parent.local_table.description}.{key.key}"), '
            "primary_key=True); for a class stored in the parent's table leave __tablename__ out."
        ) from None


def join_subclasses(mapper: Mapper, mappers: tuple[Mapper, ...], *, isouter: bool = True) -> Any:
    """Return the join of a mapper's tables with those which `mappers` add to them."""
    source = mapper.persist_selectable
    joined = set(mapper.tables)
    for each in mappers:
        for step in reversed(list(each.iterate_to_root())):
            if step.single or step.concrete or step.local_table in joined or step.inherits is None:
                continue
            joined.add(step.local_table)
            source = Join(source, step.local_table, step.inherit_condition, isouter=isouter)
    return source


def loaded_along(mapper: Mapper) -> tuple[Mapper, ...]:
    """Return the mappers whose columns every SELECT of a class brings, as its mapping says.

    That is `with_polymorphic` of the class, and `polymorphic_load="inline"` of those below.
    """
    given = mapper.with_polymorphic
    classes = given[0] if _is_pair(given) else given
    family = mapper.self_and_descendants
    if classes == "*":
        source = given[1] if _is_pair(given) else None
        return tuple(each for each in family if source is None or _covers(source, mapper, each))
    named = [_mapper_of(each) for each in classes or ()]
    found = []
    for each in family[1:]:
        inline = each.polymorphic_load == "inline" or any(other.isa(each) for other in named)
        if inline:
            found.append(each)
    return tuple(found)


def _is_pair(given: Any) -> bool:
    """Whether this is (classes, selectable), not a list of classes."""
    if not isinstance(given, (tuple, list)) or len(given) != 2:
        return False
    return given[1] is None or hasattr(given[1], "c")


def _covers(source: Any, mapper: Mapper, below: Mapper) -> bool:
    """Whether the selectable of a mapper has the table of one below it."""
    if below is mapper or below.concrete or below.local_table is mapper.local_table:
        return True
    return any(source.corresponding_column(each) is not None for each in below.local_table.c)


def _mapper_of(class_: Any) -> Mapper:
    found: Mapper = getattr(class_, "__mapper__", None) or class_._sa_class_manager.mapper
    return found


def selectable_of(mapper: Mapper) -> Any:
    """Return what a SELECT of a class selects from, with what is loaded along."""
    given = mapper.with_polymorphic
    if _is_pair(given) and given[1] is not None:
        return given[1]
    return join_subclasses(mapper, mapper.loaded_along)


def find_polymorphic_on(mapper: Mapper, given: Any) -> Any:
    """Return the column or expression that tells the classes of rows apart, or None.

    given: a column, an attribute's name, a property, or an SQL expression.
    """
    if given is None:
        return mapper.inherits.polymorphic_on if mapper.inherits is not None else None
    if isinstance(given, str):
        prop = mapper.props.get(given)
        if prop is None or not prop.is_column:
            raise exc.ArgumentError(
                f"{mapper.class_.__name__}: polymorphic_on names {given!r}, which is no mapped column "
                f"of the class. Write {given}: Mapped[str] = mapped_column() in it."
            )
        return mapper.column_of(given)
    columns = getattr(given, "columns", None)
    if getattr(given, "is_column", False) and columns:
        return columns[0]
    column = getattr(given, "column", None)
    element = to_element(column if column is not None and not hasattr(given, "type") else given)
    if element is None:
        raise exc.ArgumentError(
            f"{mapper.class_.__name__}: polymorphic_on is a column, an attribute's name or an SQL "
            f"expression, not {given!r}."
        )
    return element


def register_identity(mapper: Mapper, identity: Any) -> None:
    """Enter the mapper under its polymorphic identity; two classes cannot share one."""
    if identity is None:
        return
    if mapper.concrete and mapper.inherits is not None:
        for above in mapper.inherits.iterate_to_root():
            above.polymorphic_map.setdefault(identity, mapper)
    known = mapper.polymorphic_map.get(identity)
    if known is not None and known is not mapper:
        import warnings

        warnings.warn(
            f"{mapper.class_.__name__} and {known.class_.__name__} have the same "
            f"polymorphic_identity {identity!r}; rows with it become {mapper.class_.__name__}.",
            exc.SAWarning,
            stacklevel=4,
        )
    mapper.polymorphic_map[identity] = mapper


def install_discriminator(mapper: Mapper) -> None:
    """Have new objects get the polymorphic identity of their class."""
    identity, key = mapper.polymorphic_identity, mapper.polymorphic_key
    if identity is None or key is None:
        return

    def set_identity(state: Any, args: Any, kwargs: Any) -> None:
        if key not in state.dict:
            state.manager.impls[key].set(state, state.dict, identity)

    mapper.class_manager.dispatch.add_listener("init", set_identity, {"raw": True})


def hide_inherited(mapper: Mapper, above: Mapper) -> None:
    """Have the objects of a concrete class refuse what only its base's table has."""
    own = mapper.class_.__dict__
    for key in above.props:
        if key not in mapper.props and key not in own:
            mapper.class_manager.put(key, NotHere(key, above))


class NotHere:
    """Stands on a concrete class for an attribute of its base which its own table lacks."""

    def __init__(self, key: str, above: Mapper) -> None:
        self.key = key
        self.above = above

    def __get__(self, obj: Any, owner: Any) -> Any:
        if obj is None:
            return getattr(self.above.class_, self.key)
        raise self._error(obj)

    def __set__(self, obj: Any, value: Any) -> None:
        raise self._error(obj)

    def __delete__(self, obj: Any) -> None:
        raise self._error(obj)

    def _error(self, obj: Any) -> AttributeError:
        name, above = type(obj).__name__, self.above.class_.__name__
        return AttributeError(
            f"{name} is mapped with concrete=True, and has none of the columns of {above} but those "
            f"which it names itself; {self.key!r} is not among them. Write it in {name}, too."
        )


def install_abstract(mapper: Mapper) -> None:
    """Refuse objects of a class which only groups those below it (`polymorphic_abstract`)."""
    name = mapper.class_.__name__
    if mapper.polymorphic_on is None:
        raise exc.InvalidRequestError(
            f"{name}: polymorphic_abstract=True is for hierarchies with a discriminator. Write "
            "polymorphic_on in __mapper_args__ of the base class; for a class that is not mapped "
            "at all, write __abstract__ = True."
        )

    def refuse(state: Any, args: Any, kwargs: Any) -> None:
        if type(state.obj()) is mapper.class_:
            raise exc.InvalidRequestError(
                f"{name} cannot be instantiated: it is mapped with polymorphic_abstract=True. Make an "
                f"object of one of its subclasses: "
                f"{', '.join(each.class_.__name__ for each in mapper.self_and_descendants[1:])}."
            )

    mapper.class_manager.dispatch.add_listener("init", refuse, {"raw": True})


def reduce_primary_key(columns: list[Any]) -> list[Any]:
    """Drop columns which only repeat another of the list, by a foreign key to it."""
    kept = []
    for column in columns:
        if not any(_repeats(column, other) for other in columns if other is not column):
            kept.append(column)
    return kept or columns


def _repeats(column: Any, other: Any) -> bool:
    # within one table there is nothing to find, and the tables that its keys refer to may
    # be described later
    if column.table is other.table:
        return False
    return any(key.column is other for key in column.foreign_keys)
