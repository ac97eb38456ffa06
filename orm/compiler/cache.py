"""The bounded memory of compiled statements: one per engine, shared by its threads."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from orm.util.collections import LRUCache


class CompiledCache(LRUCache[Hashable, Any]):
    """Statement keys to what was made of them, the least recently used dropped first.

    size: number of entries; 0 keeps nothing. Values are `Compiled` objects, or loading plans around one.
    dialect: what they are compiled for.
    `hits` and `misses` count the calls of `get`; under threads they are approximate.
    """

    __slots__ = ("dialect",)

    def __init__(self, size: int = 500, dialect: Any = None) -> None:
        super().__init__(size)
        self.dialect = dialect

    def __repr__(self) -> str:
        return (
            f"<CompiledCache {len(self)}/{self.size} entries, "
            f"{self.hits} hits, {self.misses} misses>"
        )
