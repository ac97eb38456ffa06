"""Relationships to subqueries: aliased classes, and classes mapped to subqueries and CTEs."""

from __future__ import annotations

from typing import Any

import pytest

from orm import (
    DeclarativeBase,
    ForeignKey,
    Mapped,
    Session,
    aliased,
    and_,
    create_engine,
    foreign,
    func,
    immediateload,
    joinedload,
    lazyload,
    mapped_column,
    relationship,
    select,
    selectinload,
    subqueryload,
)


class Base(DeclarativeBase):
    pass


class Player(Base):
    __tablename__ = "player"

    id: Mapped[int] = mapped_column(primary_key=True)


class Score(Base):
    __tablename__ = "score"

    id: Mapped[int] = mapped_column(primary_key=True)
    player_id: Mapped[int] = mapped_column(ForeignKey("player.id"))
    points: Mapped[int]


ranked = select(
    Score,
    func.row_number()
    .over(partition_by=Score.player_id, order_by=Score.points.desc())
    .label("rank"),
).subquery()
Best = aliased(Score, ranked)
totals = (
    select(Score.player_id, func.sum(Score.points).label("total"))
    .group_by(Score.player_id)
    .cte("totals")
)


class Total(Base):
    __table__ = totals
    __mapper_args__ = {"primary_key": [totals.c.player_id]}


Player.best = relationship(  # type: ignore[attr-defined]
    Best, primaryjoin=and_(ranked.c.rank < 3, ranked.c.player_id == Player.id), viewonly=True
)
Player.total = relationship(  # type: ignore[attr-defined]
    Total,
    primaryjoin=Player.id == foreign(totals.c.player_id),
    viewonly=True,
    uselist=False,
)

LOADS = [lazyload, selectinload, joinedload, subqueryload, immediateload]


@pytest.fixture
def session() -> Any:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Player(id=1), Player(id=2)])
        session.flush()
        session.add_all(Score(player_id=who, points=n * who) for who in (1, 2) for n in range(5))
        session.commit()
        session.expunge_all()
        yield session


@pytest.mark.parametrize("load", LOADS)
def test_an_aliased_class_over_a_subquery(session: Any, load: Any) -> None:
    statement = select(Player).options(load(Player.best)).order_by(Player.id)  # type: ignore[attr-defined]
    found = session.scalars(statement).unique().all()
    points = [sorted(score.points for score in player.best) for player in found]
    assert points == [[3, 4], [6, 8]]


@pytest.mark.parametrize("load", LOADS)
def test_a_class_mapped_to_a_cte(session: Any, load: Any) -> None:
    statement = select(Player).options(load(Player.total)).order_by(Player.id)  # type: ignore[attr-defined]
    assert [player.total.total for player in session.scalars(statement).unique()] == [10, 20]


def test_joins(session: Any) -> None:
    best: Any = Player.best  # type: ignore[attr-defined]
    joined = select(Player.id, Best.points).join(best).where(Best.points > 3)
    assert session.execute(joined.order_by(Best.points)).all() == [(1, 4), (2, 6), (2, 8)]
    assert str(joined).count("row_number") == 1
    high = select(Player.id).where(Player.total.has(Total.total > 15))  # type: ignore[attr-defined]
    assert session.scalars(high).all() == [2]


def test_what_is_added_to_an_alias_is_written_to_the_tables(session: Any) -> None:
    other = aliased(Score)

    class Club(Base):
        __tablename__ = "club"

        id: Mapped[int] = mapped_column(primary_key=True)
        player_id: Mapped[int] = mapped_column(ForeignKey("player.id"))
        scores = relationship(
            other, primaryjoin=foreign(other.player_id) == player_id, overlaps="best"
        )

    Base.metadata.create_all(session.connection())
    club = Club(player_id=1, scores=[Score(points=7)])
    session.add(club)
    session.flush()
    assert session.scalars(select(Score.player_id).where(Score.points == 7)).one() == 1
    Base.metadata.remove(Club.__table__)
