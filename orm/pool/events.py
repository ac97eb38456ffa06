"""The events of a pool."""

from __future__ import annotations

from orm.event.dispatch import make_dispatch

_RECORD = ("dbapi_connection", "connection_record")

PoolDispatch = make_dispatch(
    "PoolDispatch",
    {
        "connect": _RECORD,
        "first_connect": _RECORD,
        "checkout": (*_RECORD, "connection_proxy"),
        "checkin": _RECORD,
        "reset": (*_RECORD, "reset_state"),
        "invalidate": (*_RECORD, "exception"),
        "soft_invalidate": (*_RECORD, "exception"),
        "close": _RECORD,
        "detach": _RECORD,
        "close_detached": ("dbapi_connection",),
        "exhausted": ("pool", "error"),
    },
)
