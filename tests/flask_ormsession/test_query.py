"""Model.query: the 1.x style with 404s and pages."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from werkzeug.exceptions import NotFound

from flask_ormsession import Database, NoContextError
from flask_ormsession.query import ModelQuery
from orm import exc


@pytest.fixture
def filled(world: Any) -> Any:
    """A world with the items a, b and c, in a context."""
    with world.app.app_context():
        for name in ("a", "b", "c"):
            world.add(name)
        world.db.session.commit()
        yield world


def test_the_query_of_a_model(filled: Any) -> None:
    item = filled.Item
    assert [one.name for one in item.query.order_by(item.name).all()] == ["a", "b", "c"]
    assert item.query.filter_by(name="b").one().name == "b"
    assert item.query.count() == 3
    assert item.query.filter_by(name="b").one() in filled.db.session


def test_it_is_of_the_present_session(filled: Any) -> None:
    with filled.db.session_scope() as other:
        assert filled.Item.query.first() in other


def test_lookups(filled: Any) -> None:
    item = filled.Item
    found = item.query.filter_by(name="c").first_or_404()
    assert item.query.get_or_404(found.id) is found
    assert item.query.filter_by(name="c").one_or_404() is found
    assert filled.db.session.query(item).get_or_404(str(found.id)) is found


@pytest.mark.parametrize("ident", ["abc", "1.5", 2**70, -1, None, "", "\x00", " 1"])
def test_lookups_that_find_nothing(filled: Any, ident: Any) -> None:
    item = filled.Item
    with pytest.raises(NotFound) as caught:
        item.query.get_or_404(ident, description="no such item")
    assert caught.value.description == "no such item"
    with pytest.raises(NotFound):
        item.query.filter_by(name="z").first_or_404()
    with pytest.raises(NotFound):
        item.query.one_or_404()


def test_pages(filled: Any) -> None:
    item = filled.Item
    page = item.query.order_by(item.name.desc()).paginate(page=2, per_page=2)
    assert [one.name for one in page.items] == ["a"]
    assert (page.total, page.pages, page.has_prev) == (3, 2, True)
    filtered = item.query.filter(item.name != "a").paginate()
    assert filtered.total == 2
    with pytest.raises(NotFound):
        item.query.paginate(page=9)


def test_without_a_context(small: Any) -> None:
    with pytest.raises(NoContextError, match="app_context"):
        _ = small.Item.query


def test_a_column_may_be_called_query(small: Any) -> None:
    from orm import Mapped, mapped_column

    class Search(small.db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)
        query: Mapped[str]

    assert Search(query="words").query == "words"


def test_other_errors_are_errors(filled: Any) -> None:
    with pytest.raises(exc.MultipleResultsFound):
        filled.Item.query.one()


# -- query classes, as Flask-SQLAlchemy has them


class Shouting(ModelQuery[Any]):
    def shout(self) -> list[str]:
        return [item.name.upper() for item in self]


def make_shop(tmp_path: Any, **options: Any) -> Any:
    db: Any = Database(**options)

    class Shelf(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        name = db.Column(db.String(20))
        boxes = db.relationship("Box", backref="shelf", lazy="dynamic")

    class Box(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        name = db.Column(db.String(20))
        shelf_id = db.Column(db.ForeignKey("shelf.id"))

    class Label(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        box_id = db.Column(db.ForeignKey("box.id"))
        box = db.relationship("Box", backref=db.backref("labels", lazy="dynamic"))

    db.Shelf, db.Box, db.Label = Shelf, Box, Label
    db.init_app(app := Flask("shop", instance_path=str(tmp_path)))
    with app.app_context():
        db.create_all()
        box = Box(name="a")
        db.session.add_all([Shelf(name="s", boxes=[box, Box(name="b"), Box(name="c")])])
        db.session.add(Label(box=box))
        db.session.commit()
    return app, db


def test_dynamic_relationships_have_pages_and_lookups(tmp_path: Any) -> None:
    app, db = make_shop(tmp_path)
    with app.test_request_context("/?page=2"):
        shelf = db.session.get(db.Shelf, 1)
        page = shelf.boxes.order_by(db.Box.name).paginate(per_page=2)
        assert [box.name for box in page] == ["c"]
        assert page.total == 3
        with pytest.raises(NotFound):
            shelf.boxes.filter_by(name="z").first_or_404()
        assert shelf.boxes.paginate(per_page=2, page=1).total == 3
        assert shelf.boxes.get_or_404(1).shelf is shelf
        assert shelf.boxes.first_or_404() in shelf.boxes
        box = db.session.get(db.Box, 1)
        assert [label.box for label in box.labels.paginate(page=1)] == [box]
        db.session.remove()
        db.engine.dispose()


def test_a_query_class_for_all(tmp_path: Any) -> None:
    app, db = make_shop(tmp_path, query_class=Shouting)
    assert db.Query is Shouting
    with app.app_context():
        assert db.Box.query.order_by("name").shout() == ["A", "B", "C"]
        assert db.session.query(db.Shelf).shout() == ["S"]
        assert db.session.get(db.Shelf, 1).boxes.order_by("name").limit(2).shout() == ["A", "B"]
        db.session.remove()
        db.engine.dispose()


def test_a_query_class_of_one_model(small: Any) -> None:
    small.Item.query_class = Shouting
    with small.app.app_context():
        small.add("a")
        assert small.Item.query.shout() == ["A"]
        assert not hasattr(small.db.session.query(small.Item), "shout")
