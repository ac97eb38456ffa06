"""Declarative mapping: bases over concrete tables and reflected ones, and names by which older code imports the rest."""

from __future__ import annotations

from orm.mapping import (
    DeclarativeMeta,
    as_declarative,
    declarative_base,
    declared_attr,
    has_inherited_table,
    synonym_for,
)
from orm.mapping.concrete import AbstractConcreteBase, ConcreteBase
from orm.mapping.reflected import DeferredReflection

__all__ = [
    "AbstractConcreteBase",
    "ConcreteBase",
    "DeclarativeMeta",
    "DeferredReflection",
    "as_declarative",
    "declarative_base",
    "declared_attr",
    "has_inherited_table",
    "synonym_for",
]
