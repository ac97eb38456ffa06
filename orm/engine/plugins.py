"""Plugins of create_engine(): objects named in its URL or arguments that take part in making the engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orm.engine.registry import Registry
from orm.engine.url import URL

_registry = Registry("plugin", "orm.plugins")
register = _registry.register


class CreateEnginePlugin:
    """Base of plugins, which change what create_engine() does and listen to what it makes.

    A plugin is named in the URL, `?plugin=a&plugin=b`, or by create_engine(plugins=["a"]), after its
    class was made known by `orm.dialects.plugins.register("a", "package.module", "Class")`, or by
    its distribution with an entry point of the group "orm.plugins". One object is made for each engine.

    url: with the plugins still in its query. kwargs: the arguments of create_engine(), from which the
    plugin takes its own with pop().
    """

    def __init__(self, url: URL, kwargs: dict[str, Any]) -> None:
        self.url = url

    def update_url(self, url: URL) -> URL:
        """Return the URL without what is the plugin's own."""
        return url

    def handle_dialect_kwargs(self, dialect_cls: type[Any], dialect_args: dict[str, Any]) -> None:
        """See and change the arguments of the dialect."""

    def handle_pool_kwargs(self, pool_cls: type[Any], pool_args: dict[str, Any]) -> None:
        """See and change the arguments of the pool."""

    def engine_created(self, engine: Any) -> None:
        """See the engine, to which the plugin may listen from now on."""


def make_plugins(url: URL, kwargs: dict[str, Any]) -> tuple[URL, Sequence[CreateEnginePlugin]]:
    """Return the URL without the plugins, and an object of each.

    kwargs: arguments of create_engine(), from which `plugins` is taken.
    Raises exc.NoSuchModuleError for a plugin that nobody made known.
    """
    named = url.query.get("plugin", ())
    names = [*((named,) if isinstance(named, str) else named), *(kwargs.pop("plugins", None) or ())]
    if not names:
        return url, ()
    plugins = [_registry.load(name)(url, kwargs) for name in names]
    url = url.difference_update_query(["plugin"])
    for plugin in plugins:
        url = plugin.update_url(url)
    return url, plugins
