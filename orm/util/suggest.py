"""What someone may have meant who wrote a name that there is not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

# What SQLAlchemy builds statements and mappings of. It has the same names, so an import that was left
# as it was is the likeliest mistake of all.
_FOREIGN = ("sqlalchemy.sql.", "sqlalchemy.orm.", "sqlalchemy.ext.", "sqlalchemy.dialects.")


def closest(name: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the known name that is most like `name`, None if none is.

    cutoff: how much alike, from 0.0 for anything to 1.0 for the same.
    """
    from difflib import get_close_matches  # only mistakes need it

    found = get_close_matches(name, list(known), 1, cutoff)
    return found[0] if found else None


def tell_foreign(value: Any) -> str:
    """Return a sentence about a value or class that comes from SQLAlchemy, to end a message with a
    space before it; "" for any other."""
    class_ = value if isinstance(value, type) else type(value)
    if not class_.__module__.startswith(_FOREIGN):
        return ""
    return (
        f" It comes from SQLAlchemy ({class_.__module__}.{class_.__name__}), whose objects do not mix "
        "with those of orm: import it from orm instead."
    )
