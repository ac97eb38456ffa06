"""What can be listened for on parts of a schema, e.g. `event.listen(table, "after_create", DDL("..."))`.

Before and after the creation and the drop of a MetaData, a table, a separate index, a sequence or a foreign key that is added
by ALTER, listeners are called as listener(target, connection, **options); options hold `tables` (those created or dropped) and
`checkfirst`. Before and after any item joins its parent they are called as listener(item, parent).
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
        "before_parent_attach": ("target", "parent"),
        "after_parent_attach": ("target", "parent"),
        "column_reflect": ("inspector", "table", "column_info"),
    },
)
