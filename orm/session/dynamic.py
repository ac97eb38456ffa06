"""Dynamic relationships: the room hears of mappers that have some, and loads what reads and writes them."""

from __future__ import annotations

from typing import Any

from orm.mapping.configure import on_configured


def _install(mapper: Any) -> None:
    if any(prop.lazy == "dynamic" for prop in mapper.relationships):
        from orm.session.appender import (
            install_views,
        )  # with Query, which new applications do without

        install_views(mapper)


on_configured(_install)
