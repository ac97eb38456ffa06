"""Concrete inheritance with a base that selects all: ConcreteBase and AbstractConcreteBase."""

from __future__ import annotations

from orm.mapping.concrete import AbstractConcreteBase, ConcreteBase

__all__ = ["AbstractConcreteBase", "ConcreteBase"]
