"""What can be listened for on tables and MetaData, e.g. `event.listen(table, "after_create", DDL("..."))`.

Listeners are called as listener(target, connection, **options); options hold `tables` (those created or
dropped) and `checkfirst`.
"""

from __future__ import annotations

from orm.event import make_dispatch

SchemaDispatch = make_dispatch(
    "SchemaDispatch",
    {
        "before_create": ("target", "connection"),
        "after_create": ("target", "connection"),
        "before_drop": ("target", "connection"),
        "after_drop": ("target", "connection"),
        "column_reflect": ("inspector", "table", "column_info"),
    },
)
