"""What is where in a driver row: plain data between a statement's plan and its hydrator.

A `RowPlan` says which columns make which entity, which entities hang on which by joined
eager loading, and what is emitted per row. `gen_hydrate` writes it down as a function; the
twin in `hydrate_plain` walks over it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

from orm.util.record import Record

#: an expression over `{v}` and its constants, as types give it for inlining
Inline = tuple[str, dict[str, object]]


class Slot(Record):
    """One value of a row.

    key: the attribute's key ("" for a plain column).
    place: where it is in the driver row, from 0.
    convert: the type's result function, None if the driver's value is right as it is.
    inline: the same as an expression, or None; `{v}` in it is never None.
    """

    key: str
    place: int
    convert: Callable[[Any], Any] | None = None
    inline: Inline | None = None


class Composed(Record):
    """One value made of several of a row: `make(*values)`, for composites and bundles."""

    make: Callable[..., Any]
    slots: tuple[Slot, ...]


def compose(element: Any) -> tuple[Callable[..., Any], list[Any]]:
    """Return the function and the columns of a composite or bundle, whose parts may be such themselves."""
    make: Callable[..., Any] = element._annotations["composed"]
    columns: list[Any] = []
    # per part None for a column, else its function and how many columns it takes
    parts: list[tuple[Callable[..., Any], int] | None] = []
    for part in element.clauses:
        if "composed" in part._annotations:
            inner, inner_columns = compose(part)
            parts.append((inner, len(inner_columns)))
            columns += inner_columns
        else:
            parts.append(None)
            columns.append(part)
    if not any(parts):
        return make, columns

    def make_nested(*values: Any) -> Any:
        left = iter(values)
        return make(*[next(left) if p is None else p[0](*islice(left, p[1])) for p in parts])

    return make_nested, columns


class Kind(Record):
    """What a discriminator value stands for: the class to make, and its own columns.

    base: the base mapper, which differs from the entity's in concrete inheritance.
    """

    class_: type
    state_class: Any
    extra: tuple[Slot, ...] = ()
    base: Any = None


class JoinedRow(Record):
    """An entity in the same row which fills relationship `key` of the entity it hangs on."""

    key: str
    entity: EntityRow
    uselist: bool
    prop: Any

    def is_of_subclass(self, owner: EntityRow) -> bool:
        """Whether only some of the entity's objects have the relationship."""
        return not owner.mapper.isa(self.prop.parent)


class EntityRow:
    """One entity of a row.

    number: its place in `RowPlan.entities`. base: the base mapper.
    ident: the slots of the primary key, in the order of `mapper.primary_key`.
    slots: the column attributes, primary key included. keys: their names.
    kinds: discriminator value -> Kind, None where there is but one class;
        `discriminator` is the slot it is read from.
    options: what the statement's options say from here on (a PathNode or None).
    path: the relationships from the objects that were asked for to these.
    after: what is loaded after the rows, as (relationship, strategy) pairs.
    raises: keys of columns left out whose access is an error.
    adapt: puts a condition on the mapper's columns in terms of what is selected from.
    """

    __slots__ = (
        "adapt",
        "after",
        "base",
        "discriminator",
        "ident",
        "joined",
        "keys",
        "kinds",
        "mapper",
        "number",
        "options",
        "path",
        "slots",
    )

    def __init__(self, mapper: Any, number: int) -> None:
        self.mapper = mapper
        self.base = mapper.base_mapper
        self.number = number
        self.ident: tuple[Slot, ...] = ()
        self.slots: tuple[Slot, ...] = ()
        self.keys: frozenset[str] = frozenset()
        self.discriminator: Slot | None = None
        self.kinds: dict[Any, Kind] | None = None
        self.joined: list[JoinedRow] = []
        self.after: list[tuple[Any, str]] = []
        self.options: Any = None
        self.path: tuple[Any, ...] = ()
        self.adapt: Any = mapper.adapt

    @property
    def is_concrete(self) -> bool:
        """Whether rows become objects of classes which do not share their identities."""
        return self.kinds is not None and any(
            kind.base is not self.base for kind in self.kinds.values()
        )

    @property
    def may_stay(self) -> bool:
        """Whether its object is likely that of the row before: it comes with each of its members."""
        return not self.is_concrete and any(link.uselist for link in self.joined)

    def __repr__(self) -> str:
        keys = ", ".join(f"{slot.key}={slot.place}" for slot in self.slots)
        return f"<EntityRow {self.number} {self.mapper.class_.__name__}({keys})>"


class RowPlan:
    """The layout of a statement's rows.

    outputs: what one row emits: EntityRow, Slot or Composed, in the order of the select.
    emit: "scalar" (the one output itself), "row" (a tuple of the outputs) or "group"
        (lists of the one output under the key which `group` makes).
    width: number of columns in a driver row. repeats: one object may come in several rows even
    without the joins that fill collections. is_unique: whoever reads the result has it made unique.
    emits_once: what the row before emitted is not emitted again. collections: how many collections are filled from
    the rows; with any, the parents repeat.
    """

    __slots__ = (
        "collections",
        "emit",
        "emits_once",
        "entities",
        "group",
        "managers",
        "nobody",
        "outputs",
        "repeats",
        "width",
    )

    def __init__(
        self,
        entities: Sequence[EntityRow],
        outputs: Sequence[EntityRow | Slot | Composed],
        emit: str,
        width: int,
        group: Sequence[Slot] = (),
        *,
        repeats: bool = True,
        is_unique: bool = False,
    ) -> None:
        self.repeats = repeats
        self.entities = tuple(entities)
        self.outputs = tuple(outputs)
        self.emit = emit
        self.width = width
        self.group = tuple(group)

        self.collections = sum(link.uselist for entity in entities for link in entity.joined)
        self.managers = tuple(
            each.class_manager for entity in entities for each in entity.mapper.self_and_descendants
        )
        for entity in self.entities:
            entity.keys = frozenset([slot.key for slot in entity.slots])
        self.nobody = (None,) * len(self.entities)
        first = self.outputs[0] if self.outputs else None
        self.emits_once = (
            is_unique and emit == "scalar" and isinstance(first, EntityRow) and first.may_stay
        )

    def has_listeners(self) -> bool:
        """Return whether somebody listens for the loading of objects of these classes."""
        for manager in self.managers:  # noqa: SIM110 - a generator costs more than the loop
            if manager.dispatch.load:
                return True
        return False

    @property
    def is_plain(self) -> bool:
        """Whether driver rows can be handed on as they are."""
        return (
            self.emit == "row"
            and not self.entities
            and len(self.outputs) == self.width
            and all(
                isinstance(slot, Slot) and slot.convert is None and slot.place == number
                for number, slot in enumerate(self.outputs)
            )
        )

    def needs_pairs(self, link: JoinedRow) -> bool:
        """Whether a child can come twice for one parent, so that pairs must be remembered."""
        return (
            self.repeats
            or self.collections > 1
            or link.prop.secondary is not None
            # what is joined itself may belong to several rows, as the author of several posts
            or any(link in above.entity.joined for each in self.entities for above in each.joined)
        )

    def __repr__(self) -> str:
        return f"<RowPlan {self.emit} {list(self.outputs)!r} of {self.width} columns>"
