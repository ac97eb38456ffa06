"""Named types within the type of a column: an Enum itself, in an ARRAY, a TypeDecorator or a variant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orm.types.base import TypeEngine
from orm.types.scalar import SchemaType


def schema_types(type_: Any) -> Iterator[SchemaType]:
    """The types with a name in the database that a column's type is or is made of."""
    if isinstance(type_, SchemaType):
        yield type_
    inner = [type_.__dict__.get("impl"), type_.__dict__.get("item_type")]
    for part in (*inner, *type_._variant_mapping.values()):
        if isinstance(part, TypeEngine):
            yield from schema_types(part)
