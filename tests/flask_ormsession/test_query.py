"""Model.query: the 1.x style with 404s and pages."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.exceptions import NotFound

from flask_ormsession import NoContextError
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
