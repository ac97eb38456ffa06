"""One expression with values in it, in several clauses of a statement."""

from __future__ import annotations

from typing import Any

import pytest

from orm import (
    Column,
    DeclarativeBase,
    Integer,
    Mapped,
    Session,
    String,
    Text,
    bindparam,
    case,
    delete,
    func,
    insert,
    mapped_column,
    select,
    update,
)


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int | None]
    name: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(Text)


class Total(Base):
    __tablename__ = "totals"
    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]


TABLE = Item.__table__
EXPRESSIONS = {
    "modulo": lambda of: of.size % 2,
    "coalesce": lambda of: func.coalesce(of.size, 0),
    "concatenation": lambda of: of.name + "!",
    "case": lambda of: case((of.size > 2, "big"), else_="small"),
}


@pytest.fixture
def session(engine: Any) -> Any:
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.execute(
            insert(Item),
            [{"id": n, "size": n % 4, "name": f"n{n % 2}", "note": "x"} for n in range(1, 7)],
        )
        session.commit()
        yield session


@pytest.mark.parametrize("make", EXPRESSIONS.values(), ids=EXPRESSIONS)
@pytest.mark.parametrize("source", [Item, TABLE.c], ids=["class", "table"])
def test_groups_by_what_is_selected(session: Session, make: Any, source: Any) -> None:
    value = make(source)
    plain = session.execute(select(value).order_by(source.id)).scalars().all()
    expected = sorted((each, plain.count(each)) for each in set(plain))
    count = func.count(source.id)
    for statement in (
        select(value, count).group_by(value),
        select(value.label("v"), count).group_by(value),
        select(value, count).group_by(value).having(func.min(value) == func.max(value)),
        select(value, count)
        .where(source.id.in_([1, 2, 3, 4, 5, 6]))
        .group_by(value)
        .order_by(value),
        select(value, count).where(source.id < bindparam("most")).group_by(value).limit(9),
    ):
        rows = session.execute(statement, {"most": 7})
        assert sorted(map(tuple, rows)) == expected
    distinct = session.execute(select(value).distinct().order_by(value)).scalars().all()
    assert distinct == [each for each, _ in expected]


def test_groups_within_statements_that_write(session: Session) -> None:
    value = func.coalesce(Item.size, 5) * 2
    chosen = select(value, func.count()).where(Item.id.in_([1, 2, 3])).group_by(value)
    session.execute(insert(Total).from_select(["size", "number"], chosen))
    assert session.execute(select(Total.size).order_by(Total.size)).scalars().all() == [2, 4, 6]
    few = select(value).group_by(value).having(func.count() < 2)
    options = {"synchronize_session": False}
    session.execute(delete(Total).where(Total.size.in_(few)), execution_options=options)
    assert session.execute(select(Total.size).order_by(Total.size)).scalars().all() == [2, 4]


def test_a_named_parameter_may_be_of_several_types_where_it_is_written(session: Session) -> None:
    text = bindparam("text")
    statement = update(TABLE).where(TABLE.c.note == text).values(name=text)
    assert session.connection().execute(statement, {"text": "x"}).rowcount == 6
    both = select(Item.id).where((Item.name == text) | (Item.note == text))
    assert len(session.execute(both, {"text": "x"}).all()) == 6


def test_many_sets_of_parameters(session: Session) -> None:
    value = func.coalesce(TABLE.c.size, 0) + 1
    statement = update(TABLE).where(TABLE.c.id == bindparam("which")).values(size=value + value - 1)
    connection = session.connection()
    connection.execute(statement, [{"which": 1}, {"which": 2}])
    rows = connection.execute(select(TABLE.c.size).where(TABLE.c.id < 4).order_by(TABLE.c.id))
    assert rows.scalars().all() == [3, 5, 3]


def test_placeholders_have_names_only_where_a_value_comes_twice() -> None:
    from orm.dialects import postgresql

    def text_of(statement: Any) -> str:
        return " ".join(str(statement.compile(dialect=postgresql.dialect())).split())

    column = Column("size", Integer)
    value = column + 1
    assert text_of(select(value).where(column == 3)) == "SELECT size + %s AS anon_1 WHERE size = %s"
    assert text_of(select(value).where(column == 3, column.in_([1])).group_by(value)) == (
        "SELECT size + %(size_1)s AS anon_1 WHERE size = %(size_2)s AND size IN (__[POSTCOMPILE_size_3]) "
        "GROUP BY size + %(size_1)s"
    )
