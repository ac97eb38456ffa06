"""Values made by the database: fetched at once with eager_defaults, told by refresh_flush."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from orm import (
    Computed,
    DeclarativeBase,
    Mapped,
    Session,
    create_engine,
    event,
    func,
    mapped_column,
    text,
)


def make_model(eager: Any) -> Any:
    class Base(DeclarativeBase):
        pass

    class Item(Base):
        __tablename__ = "items"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        made: Mapped[str] = mapped_column(server_default=text("'server'"))
        given: Mapped[str] = mapped_column(default="default")
        edits: Mapped[str | None] = mapped_column(onupdate=lambda: "edited")
        upper: Mapped[str | None] = mapped_column(onupdate=func.upper("x") + "y")
        double: Mapped[str] = mapped_column(Computed("name || name"))
        __mapper_args__ = {"eager_defaults": eager}

    return Item


@pytest.fixture
def engine() -> Iterator[Any]:
    made = create_engine("sqlite://")
    yield made
    made.dispose()


def run(engine: Any, model: Any) -> tuple[Session, list[str]]:
    model.metadata.create_all(engine)
    log: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: log.append(args[2].split()[0]))
    return Session(engine), log


def test_an_update_is_followed_by_one_select(engine: Any) -> None:
    model = make_model(True)
    session, log = run(engine, model)
    items = [model(name=str(n)) for n in range(20)]
    session.add_all(items)
    session.flush()
    assert log == ["INSERT"]
    log.clear()
    for item in items:
        item.name += "!"
    session.flush()
    assert log == ["UPDATE", "SELECT"]
    assert [(item.upper, item.double) for item in items[:2]] == [("Xy", "0!0!"), ("Xy", "1!1!")]
    assert log == ["UPDATE", "SELECT"]
    session.close()


def test_an_insert_that_cannot_return_is_followed_by_one_select(engine: Any) -> None:
    model = make_model(True)
    session, log = run(engine, model)
    engine.dialect.insert_returning = False
    items = [model(id=n, name=str(n)) for n in range(20)]
    session.add_all(items)
    session.flush()
    assert log == ["INSERT", "SELECT"]
    assert [(item.made, item.double) for item in items[:2]] == [("server", "00"), ("server", "11")]
    assert log == ["INSERT", "SELECT"]
    session.close()


@pytest.mark.parametrize("eager", ["auto", False])
def test_otherwise_an_update_leaves_it_to_the_first_reading(engine: Any, eager: Any) -> None:
    model = make_model(eager)
    session, log = run(engine, model)
    item = model(name="a")
    session.add(item)
    session.flush()
    log.clear()
    item.name = "b"
    session.flush()
    assert log == ["UPDATE"]
    assert "double" not in item.__dict__
    assert item.double == "bb"
    assert log == ["UPDATE", "SELECT"]
    session.close()


def test_listeners_learn_of_values_which_were_not_given(engine: Any) -> None:
    model = make_model("auto")
    session, _log = run(engine, model)
    seen: list[tuple[Any, list[str]]] = []

    @event.listens_for(model, "refresh_flush")
    def told(item: Any, context: Any, names: Any) -> None:
        seen.append((item, sorted(names)))

    item, whole = model(name="a"), model(name="b", given="g", made="m")
    session.add_all([item, whole])
    session.flush()
    assert seen == [(item, ["double", "given", "made"]), (whole, ["double"])]
    seen.clear()
    item.name = "c"
    session.flush()
    assert seen == [(item, ["edits"])]
    session.close()
