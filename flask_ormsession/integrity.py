"""Integrity errors in the words of the application: which attributes, which field of a form, and a
sentence for the person who filled it in.

The database has the last word on what is unique; a check before the INSERT only makes the error
rarer. So the view writes, and turns what the database refuses into the form's own errors:

    try:
        db.session.flush()
    except IntegrityError as error:
        db.session.rollback()
        db.form_errors(form, error)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from flask_ormsession.state import EXTENSION_KEY
from orm import exc, inspect

if TYPE_CHECKING:
    from flask import Flask

MESSAGES: Mapping[str, str] = {
    "unique": "This value is taken already.",
    "foreign_key": "This refers to something that does not exist, or is still referred to.",
    "not_null": "This field is required.",
    "check": "This value is not allowed.",
    "exclusion": "This overlaps with something that is stored already.",
}
UNIQUE_TOGETHER = "This combination of values is taken already."
UNKNOWN = "This contradicts what is stored already."


def name_attributes(app: Flask, error: exc.IntegrityError) -> None:
    """Set `entity` and `attributes` of an error from the mapping of the app's models."""
    state = app.extensions.get(EXTENSION_KEY)
    if state is None or error.table is None:
        return
    mapper = find_mapper(state.db.base, error.table)
    if mapper is None:
        return
    error.entity = mapper.class_
    columns = {column.name: column for column in mapper.local_table.columns}
    error.attributes = tuple(
        mapper.get_property_by_column(columns[name]).key
        for name in error.columns
        if name in columns and columns[name] in mapper.columns.values()
    )


def explain_lost_owner(error: exc.IntegrityError) -> str | None:
    """What to do about members that a flush wanted to leave without their owner, whose key must
    not be NULL: what becomes of them was not said. None for any other error."""
    statement = error.statement or ""
    if error.kind != "not_null" or error.entity is None or not statement.startswith("UPDATE"):
        return None
    member = inspect(error.entity)
    lost = {member.get_property(name).columns[0] for name in error.attributes}
    for owner in member.registry.mappers:
        for relation in owner.relationships:
            far = {there for _, there in relation.local_remote_pairs}
            if relation.mapper is member and relation.direction.name == "ONETOMANY" and far & lost:
                return _explain_cascade(owner.class_.__name__, relation.key, member, error)
    return None


def _explain_cascade(owner: str, name: str, member: Any, error: exc.IntegrityError) -> str:
    return (
        f"A {member.class_.__name__} lost its {owner}, which was deleted, or which it was taken from "
        f"({owner}.{name}), and cannot be without ({error.attribute} is not nullable). To have such "
        f'objects deleted along, write {name} = relationship(cascade="all, delete-orphan", ...) in '
        f"{owner}."
    )


def find_mapper(base: Any, table: str) -> Any:
    """Return the mapper of a table by its name in the database, the one highest up; or None."""
    found = None
    for mapper in base.registry.mappers:
        if getattr(mapper.local_table, "name", None) == table:
            if found is None or issubclass(found.class_, mapper.class_):
                found = mapper
    return found


def find_fields(error: exc.IntegrityError) -> tuple[str, ...]:
    """Return the names under which a form may have the attributes of an error: the attributes,
    and the relationships that set them (`customer` beside `customer_id`)."""
    if error.entity is None:
        return error.columns
    mapper = inspect(error.entity)
    concerned = {mapper.get_property(name).columns[0] for name in error.attributes}
    relations = [
        relation.key
        for relation in mapper.relationships
        if concerned
        and concerned & {*getattr(relation, "local_columns", ())}
        and relation.direction.name == "MANYTOONE"
    ]
    return (*error.attributes, *relations)


def describe(error: exc.IntegrityError, messages: Mapping[str, str] | None = None) -> str:
    """Return a sentence for the person who entered the values.

    messages: constraint name, attribute or kind -> another sentence.
    """
    given = messages or {}
    for key in (error.constraint, error.attribute, error.kind):
        if key is not None and key in given:
            return given[key]
    if error.kind == "unique" and len(error.columns) > 1:
        return UNIQUE_TOGETHER
    return MESSAGES.get(error.kind or "", UNKNOWN)


def add_form_errors(
    form: Any, error: exc.IntegrityError, messages: Mapping[str, str] | None = None
) -> bool:
    """Add the error to the fields of a WTForms form that it concerns, or to the form itself.

    Returns whether a field was found.
    """
    text = describe(error, messages)
    fields = [name for name in find_fields(error) if name in form]
    for name in fields:
        form[name].errors = [*form[name].errors, text]
    if not fields:
        form.form_errors = [*form.form_errors, text]
    return bool(fields)


def list_errors(error: exc.IntegrityError, messages: Mapping[str, str] | None = None) -> list[Any]:
    """Return the error as values of JSON: one {"field", "message"} per attribute."""
    text = describe(error, messages)
    names: Iterable[str] = error.attributes or error.columns
    return [{"field": name, "message": text} for name in names]
