"""with_parent(): what is related to an object."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from orm import (
    Column,
    DeclarativeBase,
    ForeignKey,
    Integer,
    Mapped,
    Session,
    Table,
    aliased,
    create_engine,
    exc,
    mapped_column,
    relationship,
    select,
    with_parent,
)


@pytest.fixture
def w() -> Iterator[SimpleNamespace]:
    class Base(DeclarativeBase):
        pass

    tagged = Table(
        "tagged",
        Base.metadata,
        Column("node_id", ForeignKey("node.id")),
        Column("tag_id", ForeignKey("tag.id")),
    )

    class Tag(Base):
        __tablename__ = "tag"
        id = mapped_column(Integer, primary_key=True)

    class Node(Base):
        __tablename__ = "node"
        id = mapped_column(Integer, primary_key=True)
        parent_id = mapped_column(ForeignKey("node.id"))
        children: Mapped[list[Node]] = relationship("Node", back_populates="parent")
        parent: Mapped[Node] = relationship(
            "Node", back_populates="children", remote_side="Node.id"
        )
        tags: Mapped[list[Tag]] = relationship(Tag, secondary=tagged)

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        root = Node(id=1, children=[Node(id=2), Node(id=3)], tags=[Tag(id=7)])
        session.add_all([root, Tag(id=8)])
        session.commit()
        yield SimpleNamespace(Node=Node, Tag=Tag, session=session, root=root)
    engine.dispose()


def ids(w: Any, entity: Any, condition: Any) -> list[int]:
    return sorted(w.session.scalars(select(entity.id).where(condition)))


def test_collections_and_references(w: Any) -> None:
    assert ids(w, w.Node, with_parent(w.root, w.Node.children)) == [2, 3]
    child = w.session.get(w.Node, 2)
    assert ids(w, w.Node, with_parent(child, w.Node.parent)) == [1]


def test_many_to_many(w: Any) -> None:
    assert ids(w, w.Tag, with_parent(w.root, w.Node.tags)) == [7]


def test_of_an_alias(w: Any) -> None:
    other = aliased(w.Node)
    assert ids(w, other, with_parent(w.root, w.Node.children.of_type(other))) == [2, 3]


def test_the_key_is_read_at_execution(w: Any) -> None:
    made = w.Node()
    condition = with_parent(made, w.Node.children)
    w.session.add_all([made, w.Node(id=9, parent=made)])
    w.session.flush()
    assert ids(w, w.Node, condition) == [9]


def test_what_it_refuses(w: Any) -> None:
    with pytest.raises(exc.ArgumentError, match="takes a relationship"):
        with_parent(w.root, w.Node.id)
    with pytest.raises(exc.ArgumentError, match="belongs to Node"):
        with_parent(w.session.get(w.Tag, 7), w.Node.children)
