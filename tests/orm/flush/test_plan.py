"""The order of mappers and of rows."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from orm import (
    DeclarativeBase,
    ForeignKey,
    Mapped,
    Session,
    create_engine,
    exc,
    func,
    inspect,
    mapped_column,
)
from orm.flush.plan import sort_levels, sort_mappers


def test_mappers_by_dependency_then_first_use(m: Any) -> None:
    mappers = [inspect(cls) for cls in (m.Post, m.Tag, m.Note, m.User)]
    ordered = [mapper.class_.__name__ for group, _ in sort_mappers(mappers) for mapper in group]
    assert ordered.index("User") < ordered.index("Post")
    assert ordered.index("User") < ordered.index("Note")
    again = [mapper.class_.__name__ for group, _ in sort_mappers(mappers) for mapper in group]
    assert ordered == again == ["Tag", "User", "Post", "Note"]


def test_a_self_reference_is_a_cycle(m: Any) -> None:
    assert sort_mappers([inspect(m.Node)]) == [([inspect(m.Node)], True)]
    assert sort_mappers([inspect(m.User)]) == [([inspect(m.User)], False)]


def test_levels() -> None:
    states: dict[Any, Any] = dict.fromkeys("abcde")
    edges = [("a", "b"), ("b", "c"), ("a", "d")]
    assert sort_levels(states, edges) == [["a", "e"], ["b", "d"], ["c"]]
    assert sort_levels(states, []) == [list("abcde")]
    with pytest.raises(exc.CircularDependencyError, match="post_update"):
        sort_levels(states, [*edges, ("c", "a")])


class TestNumbersInOrderOfAddition:
    """Keys that the database numbers grow in the order in which objects were added."""

    @pytest.fixture
    def blocks(self) -> Iterator[Any]:
        class Base(DeclarativeBase):
            pass

        class Block(Base):
            __tablename__ = "blocks"
            id: Mapped[int] = mapped_column(primary_key=True)
            kind: Mapped[str]
            note: Mapped[str | None] = mapped_column(server_default="none")
            __mapper_args__: ClassVar = {"polymorphic_on": "kind", "polymorphic_identity": "b"}

        class Quote(Block):
            __mapper_args__: ClassVar = {"polymorphic_identity": "q"}

        class Image(Block):
            __tablename__ = "images"
            id: Mapped[int] = mapped_column(ForeignKey("blocks.id"), primary_key=True)
            __mapper_args__: ClassVar = {"polymorphic_identity": "i"}

        engine = create_engine("sqlite://")
        Base.metadata.create_all(engine)
        with Session(engine) as session:
            yield SimpleNamespace(Block=Block, Quote=Quote, Image=Image, session=session)
        engine.dispose()

    def test_of_several_classes(self, blocks: Any) -> None:
        classes = [blocks.Block, blocks.Image, blocks.Quote, blocks.Image, blocks.Block]
        made = [cls() for cls in classes]
        blocks.session.add_all(made)
        blocks.session.flush()
        assert [each.id for each in made] == [1, 2, 3, 4, 5]

    def test_with_and_without_values_that_the_database_makes(self, blocks: Any) -> None:
        notes = ({"note": "x"}, {}, {"note": func.lower("Y")}, {"note": "z"}, {})
        made = [blocks.Block(**each) for each in notes]
        blocks.session.add_all(made)
        blocks.session.flush()
        assert [each.id for each in made] == [1, 2, 3, 4, 5]
        assert [each.note for each in made] == ["x", "none", "y", "z", "none"]
