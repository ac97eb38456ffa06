"""The functions that class bodies use: mapped_column, relationship, column_property, ...

Arguments init, repr, default, default_factory, compare, kw_only, hash and dataclass_metadata are
for dataclass mappings, and mean what `dataclasses.field` says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from orm import exc
from orm.mapping.columns import MappedColumn
from orm.mapping.composite import CompositeProperty
from orm.mapping.options import NO_OPTIONS, NOT_GIVEN, FieldOptions
from orm.mapping.properties import ColumnProperty
from orm.mapping.relationship import RelationshipProperty
from orm.mapping.synonyms import SynonymProperty
from orm.schema.column import insert_sentinel
from orm.sql.expression import null

_FIELD_NAMES = FieldOptions._fields


def _split(options: dict[str, Any]) -> FieldOptions:
    """Take the dataclass options out of keyword arguments."""
    found = {name: options.pop(name) for name in _FIELD_NAMES if name in options}
    return FieldOptions(**found) if found else NO_OPTIONS


def mapped_column(*args: Any, **options: Any) -> Any:
    """Return a column for the body of a mapped class.

    Takes the arguments of Column (name, type and items by position), and deferred,
    deferred_group, deferred_raiseload, active_history, use_existing_column, sort_order,
    insert_default. Type and nullability come from `Mapped[...]` where they are not given.
    default: of the column, and in a dataclass that of the field, too.
    """
    default = options.pop("default", NOT_GIVEN)
    if default is not NOT_GIVEN and default is not None and "insert_default" in options:
        raise exc.ArgumentError(
            "mapped_column(default=..., insert_default=...): the value of new objects and that of "
            "their rows would differ. Give one of both; default=None goes with insert_default."
        )
    fields = _split(options)
    options = {name: value for name, value in options.items() if value is not NOT_GIVEN}
    return MappedColumn(*args, default=default, field_options=fields, **options)


def orm_insert_sentinel(
    name: str | None = None,
    type_: Any = None,
    *,
    default: Any = None,
    omit_from_statements: bool = True,
) -> Any:
    """Return a column that tells the rows of one INSERT apart, for the body of a class.

    Arguments as those of `insert_sentinel()`. It is neither selected with the class, nor a
    parameter of a dataclass's `__init__`.
    """
    column = insert_sentinel(
        name, type_, default=default, omit_from_statements=omit_from_statements
    )
    made = MappedColumn(field_options=FieldOptions(init=False, repr=False, compare=False))
    made.column = column
    return made


def relationship(argument: Any = None, secondary: Any = None, **options: Any) -> Any:
    """Return a relationship to another mapped class.

    argument: the class, its name, or a function returning it; left out, the annotation
    says it. secondary: the association table of a many-to-many. uselist, collection_class:
    one object, or which collection. primaryjoin, secondaryjoin, foreign_keys, remote_side:
    the condition where foreign keys do not say it all. back_populates, backref: the other
    side. cascade, passive_deletes, passive_updates, single_parent, post_update, viewonly,
    order_by, lazy, lazy_loads ("peers", "one", "raise", "warn"), innerjoin, join_depth,
    active_history, load_on_pending, info, doc, comparator_factory.
    """
    fields = _split(options)
    if fields.default is not NOT_GIVEN and fields.default is not None:
        raise exc.ArgumentError(
            f"relationship(default={fields.default!r:.60}): a dataclass field of a relationship has "
            "default=None, or for a collection default_factory=list."
        )
    return RelationshipProperty(argument, secondary, field_options=fields, **options)


def column_property(column: Any, *additional: Any, **options: Any) -> Any:
    """Return an attribute for a column or SQL expression.

    deferred, group, raiseload, active_history, expire_on_flush, info, doc,
    comparator_factory as for columns. An expression is read-only.
    """
    fields = _split(options)
    if isinstance(column, MappedColumn):
        column.deferred = options.get("deferred", column.deferred)
        column.deferred_group = options.get("group", column.deferred_group)
        column.active_history = options.get("active_history", column.active_history)
        if fields != NO_OPTIONS:
            column.field_options = fields
        return column
    return ColumnProperty(column, *additional, field_options=fields, **options)


def deferred(column: Any, *additional: Any, **options: Any) -> Any:
    """Return an attribute for a column that is loaded when it is read.

    group: deferred columns of the same group are loaded together.
    """
    options["deferred"] = True
    return column_property(column, *additional, **options)


def query_expression(default_expr: Any = None, **options: Any) -> Any:
    """Return an attribute for an expression that a query gives, `with_expression()`.

    default_expr: what it is where the query gives none; without it, None, and nothing is selected.
    """
    fields = _split(options)
    if default_expr is None:
        options["deferred"] = True
        default_expr = null()
    prop = ColumnProperty(default_expr, field_options=fields, **options)
    prop.is_query_expression = True
    return prop


def synonym(name: str, **options: Any) -> Any:
    """Return another name for the attribute `name`.

    descriptor: a property to use on objects in its place.
    """
    fields = _split(options)
    return SynonymProperty(name, field_options=fields, **options)


def synonym_for(name: str, map_column: bool = False) -> Callable[[Any], Any]:
    """Decorate a property which is shown on objects in the place of the attribute `name`.

    In statements it is that attribute: `@synonym_for("_job") @property def job(self): ...`.
    """

    def decorate(descriptor: Any) -> Any:
        return synonym(name, map_column=map_column, descriptor=descriptor)

    return decorate


def dynamic_loader(argument: Any = None, **options: Any) -> Any:
    """Return a relationship with `lazy="dynamic"`; see also WriteOnlyMapped."""
    return relationship(argument, lazy="dynamic", **options)


def composite(_class_or_attr: Any = None, *attrs: Any, **options: Any) -> Any:
    """Return an attribute that shows several columns as one value object.

    _class_or_attr: the class of the value (left out with `Mapped[Point]`); attrs: columns,
    or names of column attributes, in the order of the class's arguments. return_none_on:
    called with the column values, True has the attribute be None; by default it is None if all
    are, with None never. active_history: old values are loaded before new ones are set.
    """
    fields = _split(options)
    options.pop("raiseload", None)
    return CompositeProperty(_class_or_attr, *attrs, field_options=fields, **options)


def backref(name: str, **options: Any) -> tuple[str, dict[str, Any]]:
    """Return a value for `relationship(backref=...)`, with arguments for the other side."""
    return name, options
