"""Events: call a function when something happens to an engine, a session or a mapped class."""

from orm.event.api import contains, listen, listens_for, remove
from orm.event.dispatch import Dispatch, make_dispatch, own_dispatch
from orm.event.targets import register_target

__all__ = [
    "contains",
    "listen",
    "listens_for",
    "remove",
    "Dispatch",
    "make_dispatch",
    "own_dispatch",
    "register_target",
]
