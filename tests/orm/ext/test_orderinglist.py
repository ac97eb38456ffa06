"""ordering_list: members carry their positions."""

from __future__ import annotations

import pickle
from typing import Any

from orm import (
    DeclarativeBase,
    ForeignKey,
    Mapped,
    Session,
    create_engine,
    mapped_column,
    relationship,
    select,
)
from orm.ext.orderinglist import OrderingList, count_from_n_factory, ordering_list


class Base(DeclarativeBase):
    pass


class Slide(Base):
    __tablename__ = "slide"

    id: Mapped[int] = mapped_column(primary_key=True)
    bullets: Mapped[list[Bullet]] = relationship(
        order_by="Bullet.position", collection_class=ordering_list("position", count_from=1)
    )


class Bullet(Base):
    __tablename__ = "bullet"

    id: Mapped[int] = mapped_column(primary_key=True)
    slide_id: Mapped[int | None] = mapped_column(ForeignKey("slide.id"))
    position: Mapped[int | None]
    text: Mapped[str]


def texts(slide: Any) -> list[Any]:
    return [(bullet.position, bullet.text) for bullet in slide.bullets]


def make(*names: str) -> Slide:
    return Slide(bullets=[Bullet(text=name) for name in names])


def test_append_insert_remove_and_replace() -> None:
    slide = make("a", "b")
    slide.bullets.append(Bullet(text="c"))
    slide.bullets.insert(0, Bullet(text="z"))
    assert texts(slide) == [(1, "z"), (2, "a"), (3, "b"), (4, "c")]
    slide.bullets.remove(slide.bullets[1])
    del slide.bullets[0]
    assert texts(slide) == [(1, "b"), (2, "c")]
    slide.bullets[0] = Bullet(text="n")
    assert texts(slide) == [(1, "n"), (2, "c")]
    slide.bullets.pop(0)
    assert texts(slide) == [(1, "c")]


def test_the_order_is_stored() -> None:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        slide = make("a", "b", "c")
        session.add(slide)
        session.commit()
        slide.bullets.insert(0, slide.bullets.pop(2))
        session.commit()
        stored = select(Bullet.text).order_by(Bullet.position)
        assert session.scalars(stored).all() == ["c", "a", "b"]
        assert texts(slide) == [(1, "c"), (2, "a"), (3, "b")]


def test_a_position_which_is_there_stays_on_append() -> None:
    kept = OrderingList[Any]("position")
    kept.append(Bullet(text="a", position=7))
    moved = OrderingList[Any]("position", reorder_on_append=True)
    moved.append(Bullet(text="a", position=7))
    assert (kept[0].position, moved[0].position) == (7, 0)
    kept.reorder()
    assert kept[0].position == 0


def test_own_numbering() -> None:
    made = OrderingList[Any]("position", count_from_n_factory(10))
    made.extend([Bullet(text="a"), Bullet(text="b")])
    assert [each.position for each in made] == [10, 11]


def test_pickling_keeps_the_settings() -> None:
    copy = pickle.loads(pickle.dumps(OrderingList[Any]("place", reorder_on_append=True)))
    assert (copy.ordering_attr, copy.reorder_on_append) == ("place", True)
