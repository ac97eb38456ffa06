"""Values of the type Uuid, between `uuid.UUID` and what drivers take."""

from __future__ import annotations

from typing import Any
from uuid import UUID

__all__ = ["UUID", "to_hex", "to_text", "to_uuid"]


def to_uuid(value: Any) -> UUID | None:
    """Return the UUID of one, or of its text; None of None. Raises ValueError for anything else."""
    if value is None or isinstance(value, UUID):
        return value
    try:
        return UUID(value)
    except (ValueError, AttributeError, TypeError):
        raise ValueError(f"Not a UUID: {value!r}. Pass a uuid.UUID or its text") from None


def to_hex(value: Any) -> str | None:
    """Return the 32 hex characters of a UUID or its text, for databases without the type."""
    found = to_uuid(value)
    return None if found is None else found.hex


def to_text(value: Any) -> str | None:
    """Return the text of a UUID, with hyphens."""
    found = to_uuid(value)
    return None if found is None else str(found)
