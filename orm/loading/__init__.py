"""Rows to objects: plans, hydration, loader options, lazy loads over peers."""

from __future__ import annotations

from orm.loading.criteria import with_loader_criteria
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
from orm.loading.plan import get_load_plan

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
    "with_expression",
    "with_loader_criteria",
]
