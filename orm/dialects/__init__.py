"""Dialects, a package per database; engines find them by name.

`registry.register(name, module, class)` makes one of your own known.
"""

from __future__ import annotations

from orm.engine import registry

__all__ = ["registry"]
