"""The unit of work on every database: keys, defaults, batches, order, versions, rollback."""

from __future__ import annotations

import datetime
import decimal
import enum
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from orm import (
    Column,
    DateTime,
    DeclarativeBase,
    Engine,
    ForeignKey,
    Mapped,
    Numeric,
    Session,
    String,
    Table,
    Uuid,
    delete,
    event,
    exc,
    func,
    insert,
    mapped_column,
    relationship,
    select,
    update,
)


class Base(DeclarativeBase):
    pass


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


order_labels = Table(
    "order_labels",
    Base.metadata,
    Column("order_id", ForeignKey("orders.id"), primary_key=True),
    Column("label_id", ForeignKey("labels.id"), primary_key=True),
)


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(50), unique=True)
    price: Mapped[decimal.Decimal | None] = mapped_column(Numeric(10, 2))
    colour: Mapped[Colour | None]
    token: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    status: Mapped[str] = mapped_column(String(10), server_default="open")
    made_at: Mapped[datetime.datetime | None] = mapped_column(DateTime, default=func.now())
    lines: Mapped[list[Line]] = relationship(
        back_populates="order", cascade="all, delete-orphan", order_by="Line.id"
    )
    labels: Mapped[list[Label]] = relationship(secondary=order_labels, back_populates="orders")


class Line(Base):
    __tablename__ = "order_lines"
    id: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str] = mapped_column(String(50))
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    order: Mapped[Order] = relationship(back_populates="lines")


class Label(Base):
    __tablename__ = "labels"
    id: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str] = mapped_column(String(50))
    orders: Mapped[list[Order]] = relationship(secondary=order_labels, back_populates="labels")


class Folder(Base):
    __tablename__ = "folders"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("folders.id"))
    parent: Mapped[Folder | None] = relationship(back_populates="folders", remote_side=[id])
    folders: Mapped[list[Folder]] = relationship(back_populates="parent", cascade="all")


class Sheet(Base):
    __tablename__ = "sheets"
    id: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str | None] = mapped_column(String(50))
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}


class Item(Base):
    __tablename__ = "items"
    key: Mapped[str] = mapped_column(String(20), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str] = mapped_column(String(20), server_default="w")


@pytest.fixture
def tables(engine: Engine) -> Engine:
    Base.metadata.create_all(engine)
    return engine


@pytest.fixture
def session(tables: Engine) -> Iterator[Session]:
    with Session(tables) as made:
        yield made


@pytest.fixture
def log(tables: Engine) -> list[str]:
    found: list[str] = []
    event.listen(
        tables,
        "before_cursor_execute",
        lambda conn, cursor, sql, *rest: found.append(sql.split()[0]),
    )
    return found


def test_generated_keys_and_values_of_every_type(session: Session) -> None:
    token = uuid.uuid4()
    orders = [
        Order(
            title=f"o{i}",
            price=decimal.Decimal("1.10") + i,
            colour=Colour.BLUE if i % 2 else None,
            token=token,
        )
        for i in range(1500)
    ]
    session.add_all(orders)
    session.commit()
    by_title = dict(session.execute(select(Order.title, Order.id)).all())
    assert {order.title: order.id for order in orders} == by_title
    assert orders[3].price == decimal.Decimal("4.10")
    assert orders[3].colour is Colour.BLUE
    assert orders[2].colour is None
    assert orders[3].token == token
    assert orders[3].status == "open"
    assert isinstance(orders[3].made_at, datetime.datetime)


def test_graph_in_few_statements(session: Session, log: list[str]) -> None:
    labels = [Label(word=str(i)) for i in range(5)]
    for i in range(40):
        lines = [Line(word=str(n)) for n in range(10)]
        session.add(Order(title=f"o{i}", lines=lines, labels=labels))
    session.flush()
    assert log.count("INSERT") == 4
    assert session.scalar(select(func.count()).select_from(Line)) == 400
    assert session.scalar(select(func.count()).select_from(order_labels)) == 200


def test_delete_with_children_and_links(session: Session, log: list[str]) -> None:
    order = Order(
        title="o", lines=[Line(word=str(n)) for n in range(100)], labels=[Label(word="l")]
    )
    session.add(order)
    session.commit()
    log.clear()
    session.delete(order)
    session.commit()
    assert log.count("DELETE") == 3
    assert session.scalar(select(func.count()).select_from(Line)) == 0
    assert session.scalar(select(func.count()).select_from(order_labels)) == 0
    assert session.scalar(select(func.count()).select_from(Label)) == 1


def test_update_and_orphans(session: Session) -> None:
    order = Order(title="o", lines=[Line(word=str(n)) for n in range(3)])
    session.add(order)
    session.commit()
    order.lines[0].word = "changed"
    order.lines[1].word = "changed"
    del order.lines[2]
    session.commit()
    assert [line.word for line in order.lines] == ["changed", "changed"]


def test_tree(session: Session) -> None:
    root = Folder(folders=[Folder(folders=[Folder(), Folder()]), Folder()])
    session.add(root)
    session.commit()
    assert session.scalar(select(func.count()).select_from(Folder)) == 5
    session.delete(root)
    session.commit()
    assert session.scalar(select(func.count()).select_from(Folder)) == 0


def test_versions(session: Session, tables: Engine) -> None:
    sheets = [Sheet(word=str(i)) for i in range(3)]
    session.add_all(sheets)
    session.commit()
    for sheet in sheets:
        sheet.word = "same"
    session.commit()
    assert [sheet.version for sheet in sheets] == [2, 2, 2]
    session.expire_on_commit = False
    session.commit()
    with Session(tables) as other:
        other.get_one(Sheet, sheets[1].id).word = "elsewhere"
        other.commit()
    for sheet in sheets:
        sheet.word = "mine"
    with pytest.raises(exc.StaleDataError, match="found in version 3"):
        session.flush()
    session.rollback()
    assert [sheet.word for sheet in sheets] == ["same", "elsewhere", "same"]


def test_writing_an_unchanged_value_matches_its_row(session: Session) -> None:
    sheet = Sheet(word="a")
    session.add(sheet)
    session.commit()
    sheet.word = "b"
    session.flush()
    item = Item(key="k", place=1)
    session.add(item)
    session.flush()
    session.execute(update(Item).values(word="x").execution_options(synchronize_session=False))
    item.word = "x"
    session.flush()
    assert session.scalar(select(Item.word)) == "x"


def test_composite_keys_with_server_defaults(session: Session) -> None:
    items = [Item(key=f"k{i}", place=i) for i in range(30)]
    session.add_all(items)
    session.flush()
    assert {item.word for item in items} == {"w"}
    for item in items[:10]:
        session.delete(item)
    session.flush()
    assert session.scalar(select(func.count()).select_from(Item)) == 20
    assert session.get(Item, ("k12", 12)) is items[12]


def test_a_failure_is_rolled_back_whole(session: Session) -> None:
    session.add(Order(title="same"))
    session.commit()
    session.add_all([Label(word="l"), Order(title="same")])
    with pytest.raises(exc.IntegrityError) as caught:
        session.commit()
    assert caught.value.kind == "unique"
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Label)) == 0


def test_savepoints(session: Session) -> None:
    session.add(Order(title="a"))
    with session.begin_nested():
        session.add(Order(title="b"))
    with pytest.raises(exc.IntegrityError):
        with session.begin_nested():
            session.add(Order(title="a"))
    session.add(Order(title="c"))
    session.commit()
    assert session.scalars(select(Order.title).order_by(Order.id)).all() == ["a", "b", "c"]


def test_bulk_statements(session: Session) -> None:
    session.execute(insert(Label), [{"word": str(i)} for i in range(10)])
    made = session.scalars(insert(Label).returning(Label), [{"word": "x"}, {"word": "y"}]).all()
    assert sorted(label.word for label in made) == ["x", "y"]
    assert all(label in session for label in made)
    result = session.execute(update(Label).where(Label.word == "x").values(word="z"))
    assert result.rowcount == 1
    assert {label.word for label in made} == {"y", "z"}
    session.execute(update(Label), [{"id": label.id, "word": "w"} for label in made])
    assert {label.word for label in made} == {"w"}
    result = session.execute(delete(Label).where(Label.word == "w"))
    assert result.rowcount == 2
    assert not any(label in session for label in made)
    assert session.scalar(select(func.count()).select_from(Label)) == 10


def test_expressions_as_values(session: Session) -> None:
    order = Order(title=func.lower("ABC"), price=decimal.Decimal(1))
    session.add(order)
    session.flush()
    assert order.title == "abc"
    changes: Any = Order.price + 2
    order.price = changes
    session.commit()
    assert order.price == decimal.Decimal(3)
