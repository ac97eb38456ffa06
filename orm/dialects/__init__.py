"""Dialects, a package per database; engines find them by name.

`registry.register(name, module, class)` makes one of your own known, and
`plugins.register(name, module, class)` a plugin of create_engine().
"""

from __future__ import annotations

from orm.engine import plugins, registry

__all__ = ["plugins", "registry"]
