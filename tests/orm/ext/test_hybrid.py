"""Hybrids: one function for objects and for statements."""

from __future__ import annotations

from typing import Any

import pytest

from orm import (
    DeclarativeBase,
    Mapped,
    Session,
    aliased,
    create_engine,
    exc,
    func,
    inspect,
    literal,
    mapped_column,
    select,
    update,
)
from orm.ext.hybrid import HYBRID_PROPERTY, Comparator, hybrid_method, hybrid_property


class Base(DeclarativeBase):
    pass


class CaseInsensitive(Comparator):
    def __eq__(self, other: Any) -> Any:
        return func.lower(self.__clause_element__()) == func.lower(other)


class Span(Base):
    __tablename__ = "span"

    id: Mapped[int] = mapped_column(primary_key=True)
    low: Mapped[int]
    high: Mapped[int]
    name: Mapped[str] = mapped_column(default="")

    @hybrid_property
    def length(self) -> Any:
        """How long it is."""
        return self.high - self.low

    @length.inplace.setter
    def _length_set(self, value: int) -> None:
        self.high = self.low + value

    @hybrid_property
    def size(self) -> str:
        return "long" if self.length > 5 else "short"

    @size.inplace.expression
    @classmethod
    def _size_of_class(cls) -> Any:
        return func.size_of(cls.high, cls.low)

    @hybrid_property
    def label(self) -> Any:
        return self.name.lower()

    @label.inplace.comparator
    @classmethod
    def _label_comparator(cls) -> Any:
        return CaseInsensitive(cls.name)

    @hybrid_property
    def upper(self) -> Any:
        return self.high

    @hybrid_property
    def ends(self) -> Any:
        return self.low + self.high

    @ends.inplace.update_expression
    @classmethod
    def _set_ends(cls, value: tuple[int, int]) -> Any:
        return [(cls.low, value[0]), (cls.high, value[1])]

    @hybrid_method
    def covers(self, point: int) -> Any:
        return (self.low <= point) & (self.high >= point)


@pytest.fixture
def session() -> Any:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Span(low=1, high=9, name="A"), Span(low=3, high=4, name="b")])
        session.commit()
        yield session


def test_one_function_serves_objects_and_statements(session: Any) -> None:
    found = session.scalars(select(Span).where(Span.length > 5)).one()
    assert found.length == 8
    assert session.scalars(select(Span.length).order_by(Span.length)).all() == [1, 8]


def test_rows_name_it_by_the_hybrid(session: Any) -> None:
    assert session.execute(select(Span.length)).keys() == ["length"]


def test_statements_label_it_by_the_hybrid(session: Any) -> None:
    other = aliased(Span)
    assert str(select(Span.length)) == "SELECT span.high - span.low AS length \nFROM span"
    assert str(select(Span.length, other.length, Span.length.label("n"))).startswith(
        "SELECT span.high - span.low AS length, span_1.high - span_1.low AS anon_1, span.high - span.low AS n"
    )
    inner = select(Span.id, Span.length).subquery("s")
    assert str(select(inner.c.length)).startswith("SELECT s.length \nFROM (SELECT span.id AS id, ")
    assert session.execute(select(inner.c.length).order_by("length")).scalars().all() == [1, 8]
    assert [each["name"] for each in select(Span.length, Span.upper).column_descriptions] == [
        "length",
        "upper",
    ]


def test_a_label_that_a_column_has_is_not_given_twice(session: Any) -> None:
    statement = select(Span.length, literal(3).label("length")).order_by(Span.low)
    assert "AS anon_1" in str(statement)
    assert session.execute(statement).all() == [(8, 3), (1, 3)]


def test_the_setter_takes_part_in_the_constructor(session: Any) -> None:
    made = Span(low=2, length=5)
    assert made.high == 7


def test_an_expression_of_its_own() -> None:
    assert "size_of(span.high, span.low)" in str(select(Span.size))
    assert Span(low=1, high=2).size == "short"


def test_a_comparator_of_its_own(session: Any) -> None:
    assert session.scalars(select(Span.name).where(Span.label == "B")).all() == ["b"]


def test_methods(session: Any) -> None:
    assert session.scalars(select(Span.id).where(Span.covers(8))).all() == [1]
    assert session.get(Span, 2).covers(8) is False


def test_aliases(session: Any) -> None:
    other = aliased(Span)
    statement = select(Span.id, other.id).where(Span.length > other.length)
    assert session.execute(statement).all() == [(1, 2)]
    assert session.scalars(select(other.id).where(other.covers(8))).all() == [1]


def test_filter_by(session: Any) -> None:
    assert session.scalars(select(Span).filter_by(length=1)).one().id == 2


def test_without_setter_or_deleter() -> None:
    span = Span(low=1, high=2)
    with pytest.raises(AttributeError, match="no setter"):
        span.size = "long"
    with pytest.raises(AttributeError, match="no deleter"):
        del span.length


def test_inspection_lists_hybrids() -> None:
    found = inspect(Span).all_orm_descriptors
    assert found["length"].extension_type is HYBRID_PROPERTY
    assert found["length"].__doc__ == "How long it is."
    assert "covers" in found


def test_a_subclass_overrides_a_part() -> None:
    class Wide(Span):
        @Span.length.hybrid.overrides.setter
        def length(self, value: int) -> None:
            self.low = self.high - value

    assert Wide(high=10, length=4).low == 6
    assert Span(low=1, length=4).high == 5


def test_updates(session: Any) -> None:
    session.execute(update(Span).where(Span.id == 1).values({Span.upper: 50}))
    session.execute(update(Span).where(Span.id == 2).values(upper=60))
    assert session.scalars(select(Span.high).order_by(Span.id)).all() == [50, 60]
    session.execute(update(Span).where(Span.id == 1).values({Span.ends: (1, 2)}))
    assert session.execute(select(Span.low, Span.high).where(Span.id == 1)).one() == (1, 2)
    with pytest.raises(exc.InvalidRequestError, match="update_expression"):
        update(Span).values({Span.length: 3})
