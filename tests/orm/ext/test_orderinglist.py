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


class Album(Base):
    __tablename__ = "album"

    id: Mapped[int] = mapped_column(primary_key=True)
    tracks: Mapped[list[Track]] = relationship(
        order_by="Track.position", collection_class=ordering_list("position", count_from=1)
    )


class Track(Base):
    __tablename__ = "track"

    id: Mapped[int] = mapped_column(primary_key=True)
    album_id: Mapped[int | None] = mapped_column(ForeignKey("album.id"))
    position: Mapped[int | None]
    text: Mapped[str]


def texts(album: Any) -> list[Any]:
    return [(track.position, track.text) for track in album.tracks]


def make(*names: str) -> Album:
    return Album(tracks=[Track(text=name) for name in names])


def test_append_insert_remove_and_replace() -> None:
    album = make("a", "b")
    album.tracks.append(Track(text="c"))
    album.tracks.insert(0, Track(text="z"))
    assert texts(album) == [(1, "z"), (2, "a"), (3, "b"), (4, "c")]
    album.tracks.remove(album.tracks[1])
    del album.tracks[0]
    assert texts(album) == [(1, "b"), (2, "c")]
    album.tracks[0] = Track(text="n")
    assert texts(album) == [(1, "n"), (2, "c")]
    album.tracks.pop(0)
    assert texts(album) == [(1, "c")]


def test_the_order_is_stored() -> None:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        album = make("a", "b", "c")
        session.add(album)
        session.commit()
        album.tracks.insert(0, album.tracks.pop(2))
        session.commit()
        stored = select(Track.text).order_by(Track.position)
        assert session.scalars(stored).all() == ["c", "a", "b"]
        assert texts(album) == [(1, "c"), (2, "a"), (3, "b")]


def test_a_position_which_is_there_stays_on_append() -> None:
    kept = OrderingList[Any]("position")
    kept.append(Track(text="a", position=7))
    moved = OrderingList[Any]("position", reorder_on_append=True)
    moved.append(Track(text="a", position=7))
    assert (kept[0].position, moved[0].position) == (7, 0)
    kept.reorder()
    assert kept[0].position == 0


def test_own_numbering() -> None:
    made = OrderingList[Any]("position", count_from_n_factory(10))
    made.extend([Track(text="a"), Track(text="b")])
    assert [each.position for each in made] == [10, 11]


def test_pickling_keeps_the_settings() -> None:
    copy = pickle.loads(pickle.dumps(OrderingList[Any]("place", reorder_on_append=True)))
    assert (copy.ordering_attr, copy.reorder_on_append) == ("place", True)
