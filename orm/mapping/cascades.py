"""Cascades: what happens to related objects along with the one that refers to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from orm import exc
from orm.state.markers import PASSIVE_NO_INITIALIZE, PASSIVE_OFF

if TYPE_CHECKING:
    from orm.mapping.mapper import Mapper

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


def iterate_cascade(
    mapper: Mapper, type_: str, state: Any, halt_on: Callable[[Any], bool] | None = None
) -> Iterator[tuple[Any, Mapper, Any, dict[str, Any]]]:
    """Yield (object, mapper, state, dict) of what a cascade reaches from an object; see Mapper."""
    passive = PASSIVE_OFF if type_ == "delete" else PASSIVE_NO_INITIALIZE
    seen = {state}
    waiting = [state]
    while waiting:
        owner = waiting.pop(0)
        for prop in owner.mapper.relationships:
            if type_ not in prop.cascade:
                continue
            impl = owner.manager.impls[prop.key]
            for found, obj in impl.get_all_pending(owner, owner.dict, passive):
                if found in seen or (halt_on is not None and halt_on(found)):
                    continue
                seen.add(found)
                waiting.append(found)
                yield obj, found.mapper, found, found.dict
