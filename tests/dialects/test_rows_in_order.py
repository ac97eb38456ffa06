"""Rows which refer to others of their table by keys that the application sets."""

from __future__ import annotations

from typing import Any

import pytest

from orm import (
    DeclarativeBase,
    ForeignKey,
    Mapped,
    Session,
    String,
    mapped_column,
    relationship,
    select,
)


class Base(DeclarativeBase):
    pass


class Node(Base):
    __tablename__ = "nodes"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("nodes.id"))
    size: Mapped[int | None] = mapped_column(server_default="5")


class Part(Base):
    __tablename__ = "parts"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    within_id: Mapped[int | None] = mapped_column(ForeignKey("parts.id"))
    kind: Mapped[str] = mapped_column(String(10))
    within: Mapped[Part | None] = relationship(remote_side=[id])
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "part"}  # noqa: RUF012


class Wheel(Part):
    __mapper_args__ = {"polymorphic_identity": "wheel"}  # noqa: RUF012


class Engine(Part):
    __tablename__ = "engines"
    id: Mapped[int] = mapped_column(ForeignKey("parts.id"), primary_key=True, autoincrement=False)
    __mapper_args__ = {"polymorphic_identity": "engine"}  # noqa: RUF012


@pytest.fixture
def session(engine: Any) -> Any:
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session


def test_rows_with_and_without_server_defaults(session: Session) -> None:
    session.add_all(
        [
            Node(id=1, size=1),
            Node(id=2, parent_id=1),
            Node(id=3, parent_id=2, size=3),
            Node(id=4, parent_id=3),
        ]
    )
    session.commit()
    rows = session.execute(select(Node.parent_id, Node.size).order_by(Node.id)).all()
    assert rows == [(None, 1), (1, 5), (2, 3), (3, 5)]


@pytest.mark.parametrize("kind", [Wheel, Engine])
def test_rows_of_several_classes(session: Session, kind: Any) -> None:
    session.add_all(
        [Part(id=1), kind(id=2, within_id=1), Part(id=3, within_id=2), kind(id=4, within_id=3)]
    )
    session.commit()
    assert session.scalars(select(Part.within_id).order_by(Part.id)).all() == [None, 1, 2, 3]
    found = session.scalars(select(Part).order_by(Part.id)).all()
    assert [type(each) for each in found] == [Part, kind, Part, kind]
