"""What someone may have meant who wrote a name that there is not."""

from __future__ import annotations

from collections.abc import Iterable


def closest(name: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the known name that is most like `name`, None if none is.

    cutoff: how much alike, from 0.0 for anything to 1.0 for the same.
    """
    from difflib import get_close_matches  # only mistakes need it

    found = get_close_matches(name, list(known), 1, cutoff)
    return found[0] if found else None
