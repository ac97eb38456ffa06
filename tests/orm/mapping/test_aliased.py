"""aliased(): aliases of aliases, and of subqueries of several of them."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from orm import (
    DeclarativeBase,
    ForeignKey,
    Mapped,
    Session,
    aliased,
    create_engine,
    mapped_column,
    relationship,
    select,
)


@pytest.fixture
def w() -> Iterator[SimpleNamespace]:
    class Base(DeclarativeBase):
        pass

    class Node(Base):
        __tablename__ = "nodes"
        id: Mapped[int] = mapped_column(primary_key=True)
        parent_id: Mapped[int | None] = mapped_column(ForeignKey("nodes.id"))
        parent: Mapped[Node] = relationship(remote_side="Node.id")

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Node(id=1), Node(id=2, parent_id=1), Node(id=3, parent_id=2)])
        session.commit()
        yield SimpleNamespace(Node=Node, session=session)
    engine.dispose()


def test_aliases_of_what_a_subquery_selects(w: Any) -> None:
    parent = aliased(w.Node)
    pairs = select(w.Node, parent).join(parent, w.Node.parent).subquery()
    child, above = aliased(w.Node, pairs), aliased(parent, pairs)
    rows = w.session.execute(select(child, above).order_by(child.id)).all()
    assert [(a.id, b.id) for a, b in rows] == [(2, 1), (3, 2)]


def test_an_alias_of_an_alias_keeps_its_rows(w: Any) -> None:
    some = aliased(w.Node, select(w.Node).where(w.Node.id > 1).subquery())
    again = aliased(some)
    assert w.session.scalars(select(again.id).order_by(again.id)).all() == [2, 3]
    both = select(some.id, again.id).where(some.id < again.id)
    assert w.session.execute(both).all() == [(2, 3)]


def test_an_alias_of_an_alias_of_a_table(w: Any) -> None:
    first = aliased(w.Node)
    second = aliased(first)
    rows = w.session.execute(select(first.id, second.id).join(second, first.parent)).all()
    assert rows == [(2, 1), (3, 2)]
    assert [node.id for node in w.session.scalars(select(second).order_by(second.id))] == [1, 2, 3]
