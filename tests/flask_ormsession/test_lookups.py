"""One object or 404, whatever stands in the URL."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from werkzeug.exceptions import NotFound

from orm import Mapped, String, Uuid, exc, mapped_column, select


@pytest.fixture
def filled(world: Any) -> Any:
    with world.app.app_context():
        world.db.session.add_all([world.Item(name="a"), world.Item(name="b")])
        world.db.session.commit()
    return world


def test_get_or_404(filled: Any) -> None:
    with filled.app.app_context():
        key = filled.db.session.scalar(select(filled.Item.id).where(filled.Item.name == "a"))
        assert filled.db.get_or_404(filled.Item, key).name == "a"
        assert filled.db.get_or_404(filled.Item, str(key)).name == "a"
        assert filled.db.get_or_404(filled.Item, (key,)).name == "a"
        assert filled.db.get_or_404(filled.Item, {"id": key}).name == "a"


@pytest.mark.parametrize(
    "ident",
    [
        0,
        -1,
        99999,
        "abc",
        "1abc",
        "",
        "1.0",
        None,
        2**63,
        2**70,
        str(2**70),
        "9" * 5000,
        1.5,
        "٣",
    ],
)
def test_what_no_row_has_is_a_404(filled: Any, ident: Any) -> None:
    with filled.app.app_context():
        with pytest.raises(NotFound):
            filled.db.get_or_404(filled.Item, ident)
        # The transaction is not broken by it.
        assert len(filled.db.session.scalars(select(filled.Item)).all()) == 2


def test_the_description(filled: Any) -> None:
    with filled.app.app_context(), pytest.raises(NotFound) as caught:
        filled.db.get_or_404(filled.Item, 99, description="No such item.")
    assert caught.value.description == "No such item."


def test_keys_of_other_types(small: Any) -> None:
    class Token(small.db.Model):
        id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
        name: Mapped[str] = mapped_column(String(10))

    class Country(small.db.Model):
        code: Mapped[str] = mapped_column(String(2), primary_key=True)

    class Line(small.db.Model):
        order: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
        number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)

    key = uuid.uuid4()
    with small.app.app_context():
        small.db.create_all()
        small.db.session.add_all(
            [Token(id=key, name="t"), Country(code="NZ"), Line(order=1, number=2)]
        )
        small.db.session.commit()
        db = small.db
        assert db.get_or_404(Token, str(key)).name == "t"
        assert db.get_or_404(Country, "NZ").code == "NZ"
        assert db.get_or_404(Line, ("1", "2")).number == 2
        for entity, ident in (
            (Token, "x"),
            (Country, 3),
            (Country, "a\x00"),
        ):
            with pytest.raises(NotFound):
                db.get_or_404(entity, ident)
        with pytest.raises(exc.InvalidRequestError):
            db.get_or_404(Line, "1")


def test_first_or_404(filled: Any) -> None:
    statement = select(filled.Item).order_by(filled.Item.name)
    with filled.app.app_context():
        assert filled.db.first_or_404(statement).name == "a"
        with pytest.raises(NotFound):
            filled.db.first_or_404(statement.where(filled.Item.name == "x"))


def test_one_or_404(filled: Any) -> None:
    with filled.app.app_context():
        found = filled.db.one_or_404(select(filled.Item).where(filled.Item.name == "a"))
        assert found.name == "a"
        for statement in (select(filled.Item), select(filled.Item).where(filled.Item.id < 0)):
            with pytest.raises(NotFound):
                filled.db.one_or_404(statement)
