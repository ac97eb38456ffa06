"""Joins over relationships."""

from __future__ import annotations

import pytest

from orm import (
    DeclarativeBase,
    ForeignKey,
    Mapped,
    aliased,
    exc,
    mapped_column,
    relationship,
    select,
)


class Base(DeclarativeBase):
    pass


class Node(Base):
    __tablename__ = "node"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("node.id"))
    children: Mapped[list[Node]] = relationship()


def test_a_table_is_not_joined_to_itself_under_one_name():
    with pytest.raises(exc.InvalidRequestError, match="other = aliased\\(Node\\)"):
        str(select(Node).join(Node.children))


def test_the_advice_of_that_error_works():
    other = aliased(Node)
    text = str(select(Node.id).join(Node.children.of_type(other)))
    assert text.split("\n")[1] == "FROM node JOIN node AS node_1 ON node.id = node_1.parent_id"
