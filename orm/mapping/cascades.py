"""CascadeOptions: what happens to related objects along with the one that refers to them."""

from __future__ import annotations

from collections.abc import Iterable

from orm import exc

ALL = frozenset({"save-update", "merge", "refresh-expire", "expunge", "delete"})
_KNOWN = ALL | {"all", "none", "delete-orphan"}


class CascadeOptions(frozenset[str]):
    """A set of cascade names: `"delete" in cascade`, or `cascade.delete`."""

    def __new__(cls, value: str | Iterable[str] | None) -> CascadeOptions:
        if isinstance(value, str):
            names = {part.strip() for part in value.split(",") if part.strip()}
        else:
            names = set(value or ())
        unknown = names - _KNOWN
        if unknown:
            raise exc.ArgumentError(
                f"Unknown cascade {', '.join(sorted(unknown))!r}; known are: "
                f"{', '.join(sorted(_KNOWN))}."
            )
        if "all" in names:
            names |= ALL
        if "none" in names:
            names.clear()
        return super().__new__(cls, names - {"all", "none"})

    @property
    def save_update(self) -> bool:
        """Objects put into the relationship come into the session."""
        return "save-update" in self

    @property
    def delete(self) -> bool:
        """Related objects are deleted with the parent."""
        return "delete" in self

    @property
    def delete_orphan(self) -> bool:
        """Objects without a parent are deleted."""
        return "delete-orphan" in self

    @property
    def merge(self) -> bool:
        """merge() goes on to related objects."""
        return "merge" in self

    @property
    def expunge(self) -> bool:
        """expunge() goes on to related objects."""
        return "expunge" in self

    @property
    def refresh_expire(self) -> bool:
        """refresh() and expire() go on to related objects."""
        return "refresh-expire" in self

    def __repr__(self) -> str:
        return f"CascadeOptions({', '.join(sorted(self))!r})"
