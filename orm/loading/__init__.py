"""Rows to objects: plans, hydration, loader options, lazy loads over peers; what runs is loaded with the first statement."""

from __future__ import annotations

import typing as _typing

from orm.loading.install import install as _install  # noqa: F401 - registers itself
from orm.loading.options import (
    Load,
    contains_eager,
    defaultload,
    defer,
    immediateload,
    joinedload,
    lazyload,
    load_only,
    noload,
    raiseload,
    selectin_polymorphic,
    selectinload,
    subqueryload,
    undefer,
    undefer_group,
    with_expression,
)
from orm.util.late import late_names as _late_names

if _typing.TYPE_CHECKING:
    from orm.loading.criteria import with_loader_criteria
    from orm.loading.plan import get_load_plan
    from orm.loading.user_option import UserDefinedOption
else:
    __getattr__, __dir__ = _late_names(
        globals(),
        {
            "orm.loading.criteria": "with_loader_criteria",
            "orm.loading.plan": "get_load_plan",
            "orm.loading.user_option": "UserDefinedOption",
        },
    )

__all__ = [
    "Load",
    "contains_eager",
    "defaultload",
    "defer",
    "get_load_plan",
    "immediateload",
    "joinedload",
    "lazyload",
    "load_only",
    "noload",
    "raiseload",
    "selectin_polymorphic",
    "selectinload",
    "subqueryload",
    "undefer",
    "undefer_group",
    "UserDefinedOption",
    "with_expression",
    "with_loader_criteria",
]
