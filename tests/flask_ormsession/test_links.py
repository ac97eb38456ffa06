"""Links of numbered pages."""

from __future__ import annotations

from typing import Any

import pytest

from flask_ormsession.links import LinkedPage
from orm import select


@pytest.fixture
def listed(small: Any) -> Any:
    """A world whose view is a list of five items."""
    with small.app.app_context():
        for name in "abcde":
            small.add(name)
        small.db.session.commit()

    @small.route
    def view() -> Any:
        count = "uncounted" not in small.app.config
        page = small.db.paginate(select(small.Item).order_by(small.Item.id), count=count)
        return page.add_links(small.app.make_response(str(len(page))))

    return small


def test_a_page_in_the_middle(listed: Any) -> None:
    response = listed.client.get("/?q=a%26b&page=2&per_page=2")
    base = "http://localhost/?q=a%26b"
    assert listed.links(response) == {
        "first": f"{base}&page=1&per_page=2",
        "prev": f"{base}&page=1&per_page=2",
        "next": f"{base}&page=3&per_page=2",
        "last": f"{base}&page=3&per_page=2",
    }
    assert response.headers["X-Total-Count"] == "5"


def test_the_ends(listed: Any) -> None:
    assert set(listed.links(listed.client.get("/?per_page=2"))) == {"first", "next", "last"}
    assert set(listed.links(listed.client.get("/?per_page=2&page=3"))) == {"first", "prev", "last"}


def test_uncounted(listed: Any) -> None:
    listed.app.config["uncounted"] = True
    response = listed.client.get("/?per_page=2")
    assert set(listed.links(response)) == {"first", "next"}
    assert "X-Total-Count" not in response.headers


def test_a_page_has_to_say_where_its_neighbours_are() -> None:
    with pytest.raises(NotImplementedError):
        LinkedPage().link_arguments()
