"""Relationships to a LATERAL subquery, which refers to the parent's row."""

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
    exc,
    immediateload,
    joinedload,
    lazyload,
    mapped_column,
    relationship,
    select,
    selectinload,
)


class Base(DeclarativeBase):
    pass


class Player(Base):
    __tablename__ = "players"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class Score(Base):
    __tablename__ = "scores"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    player_id: Mapped[int] = mapped_column(ForeignKey("players.id"))
    points: Mapped[int]


best = (
    select(Score)
    .where(Score.player_id == Player.id)
    .order_by(Score.points.desc())
    .limit(2)
    .lateral()
)
Best = aliased(Score, best)
Player.best = relationship(
    Best, primaryjoin=and_(Player.id == Best.player_id), viewonly=True, order_by=Best.points.desc()
)


@pytest.fixture
def session(engine: Any) -> Any:
    if engine.dialect.name != "postgresql":
        pytest.skip("only PostgreSQL has LATERAL")
    Base.metadata.create_all(engine)
    with Session(engine) as made:
        made.add_all([Player(id=1), Player(id=2), Player(id=3)])
        made.flush()
        for place, (player, points) in enumerate([(1, 5), (1, 9), (1, 7), (2, 3)], 1):
            made.add(Score(id=place, player_id=player, points=points))
        made.commit()
        yield made


EXPECTED = [(1, [9, 7]), (2, [3]), (3, [])]


def points(session: Session, statement: Any) -> list[Any]:
    found = session.scalars(statement).unique()
    return [(player.id, [score.points for score in player.best]) for player in found]


@pytest.mark.parametrize("strategy", [joinedload, selectinload, immediateload, lazyload])
def test_every_strategy(session: Session, strategy: Any) -> None:
    statement = select(Player).options(strategy(Player.best)).order_by(Player.id)
    assert points(session, statement) == EXPECTED
    session.expunge_all()
    assert points(session, statement.limit(2)) == EXPECTED[:2]
    session.expunge_all()
    other = aliased(Player)
    statement = select(other).options(strategy(other.best)).order_by(other.id)
    assert points(session, statement) == EXPECTED


def test_what_else_selects_from_the_same_tables(session: Session) -> None:
    statement = (
        select(Player, Score)
        .join(Score, Score.player_id == Player.id)
        .order_by(Score.points)
        .limit(3)
        .options(joinedload(Player.best))
    )
    rows = session.execute(statement).unique().all()
    assert [(score.points, [each.points for each in player.best]) for player, score in rows] == [
        (3, [3]),
        (5, [9, 7]),
        (7, [9, 7]),
    ]


def test_limits_are_the_subquery_s(session: Session) -> None:
    with pytest.raises(exc.ArgumentError, match="LATERAL"):
        session.scalars(select(Player).options(selectinload(Player.best).limit(1))).all()
