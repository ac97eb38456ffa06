"""Outcomes of streamed responses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Response, send_file, stream_with_context

from orm import select


class Boom(Exception):
    pass


def raise_boom() -> Any:
    raise Boom


# -- streams


def stream_names(world: Any, then: Any = None) -> Iterator[str]:
    for item in world.db.session.scalars(select(world.Item).order_by(world.Item.name)):
        yield item.name + ";"
    world.add("end")
    if then is not None:
        then()


def test_the_commit_precedes_the_stream(world: Any) -> None:
    @world.route
    def view() -> Any:
        world.add("new")

        def chunks() -> Iterator[str]:
            yield ",".join(world.stored())

        return Response(chunks())

    assert world.client.post("/").text == "new"


def test_a_stream_that_ends_is_committed(world: Any) -> None:
    @world.route
    def view() -> Any:
        world.add("new")
        return Response(stream_with_context(stream_names(world)))

    response = world.client.post("/")
    assert response.text == "new;"
    response.close()
    assert world.stored() == ["end", "new"]
    assert world.checked_out() == 0


def test_a_stream_can_use_the_objects_of_its_view(world: Any) -> None:
    @world.route
    def view() -> Any:
        item = world.add("new")

        @stream_with_context
        def chunks() -> Iterator[str]:
            yield item.name

        return Response(chunks())

    response = world.client.post("/")
    assert response.text == "new"
    response.close()
    assert world.checked_out() == 0


def test_a_stream_that_breaks_is_rolled_back(world: Any) -> None:
    @world.route
    def view() -> Any:
        world.add("new")
        return Response(stream_with_context(stream_names(world, raise_boom)))

    response = world.client.post("/")
    with pytest.raises(Boom):
        response.get_data()
    response.close()
    assert world.stored() == ["new"]
    assert world.checked_out() == 0


def test_a_stream_whose_client_goes_away_is_rolled_back(world: Any) -> None:
    @world.route
    def view() -> Any:
        world.add("new")

        @stream_with_context
        def chunks() -> Iterator[str]:
            world.add("lost")
            world.db.session.flush()
            yield "a"
            yield "b"

        return Response(chunks())

    response = world.client.post("/")
    assert next(response.iter_encoded()) == b"a"
    response.close()
    assert world.stored() == ["new"]
    assert world.checked_out() == 0


def test_a_stream_of_a_failed_request_is_rolled_back(world: Any) -> None:
    @world.route
    def view() -> Any:
        return Response(stream_with_context(stream_names(world)), status=400)

    response = world.client.post("/")
    assert response.text == ""
    response.close()
    assert world.stored() == []


# -- where the context of the request does not end with its stream


def stream_view(world: Any, end: Any = None) -> None:
    @world.route
    def view() -> Any:
        world.add("new")
        return Response(stream_with_context(stream_names(world, end)))


def test_a_stream_in_a_preserved_context(world: Any) -> None:
    """As pytest-flask's `client` is used."""
    stream_view(world)
    with world.client as client:
        response = client.post("/")
        assert response.text == "new;"
        response.close()
    assert world.stored() == ["end", "new"]
    assert world.checked_out() == 0


def test_a_stream_that_fails_in_a_preserved_context(world: Any) -> None:
    stream_view(world, raise_boom)
    with world.client as client:
        response = client.post("/")
        with pytest.raises(Boom):
            response.get_data()
    assert world.stored() == ["new"]
    assert world.checked_out() == 0


def test_a_stream_that_is_left_in_a_preserved_context(world: Any) -> None:
    @world.route
    def view() -> Any:
        @stream_with_context
        def chunks() -> Iterator[str]:
            world.add("lost")
            world.db.session.flush()
            yield "a"
            yield "b"

        return Response(chunks())

    with world.client as client:
        response = client.post("/")
        assert next(response.iter_encoded()) == b"a"
        response.close()
    assert world.stored() == []
    assert world.checked_out() == 0


def test_a_stream_leaves_the_session_of_an_outer_context(world: Any) -> None:
    stream_view(world)
    with world.app.app_context():
        mine = world.add("mine")
        world.db.session.commit()
        response = world.client.post("/")
        assert response.text == "mine;new;"
        response.close()
        assert mine in world.db.session
    assert world.stored() == ["end", "mine", "new"]


def test_a_file_is_sent_as_it_is(world: Any, tmp_path: Any) -> None:
    (tmp_path / "file.txt").write_text("content")

    @world.route
    def view() -> Any:
        world.add("new")
        return send_file(tmp_path / "file.txt")

    response = world.client.post("/")
    assert response.data == b"content"
    response.close()
    assert world.stored() == ["new"]
