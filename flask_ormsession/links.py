"""Links from a page to its neighbours, as URLs and as the header `Link` (RFC 8288)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import Response, request

R = TypeVar("R", bound=Response)


class LinkedPage:
    """What pages of both kinds can do; they say which arguments a neighbour has."""

    __slots__ = ()

    def link_arguments(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the query arguments by relation; a value of None takes an argument away."""
        raise NotImplementedError

    def links(self) -> dict[str, str]:
        """Return the URLs of the neighbours that exist, by relation: first, prev, next, last.

        They are those of the present request, with its other arguments.
        """
        return {name: make_url(given) for name, given in self.link_arguments().items()}

    def add_links(self, response: R) -> R:
        """Add the header `Link` to a response, and `X-Total-Count` if the items were counted."""
        for relation, url in self.links().items():
            response.headers.add("Link", f'<{url}>; rel="{relation}"')
        total = getattr(self, "total", None)
        if total is not None:
            response.headers["X-Total-Count"] = str(total)
        return response


def make_url(arguments: Mapping[str, Any]) -> str:
    """Return the URL of the request with these query arguments in place of its own."""
    kept = [
        (name, value) for name, value in request.args.items(multi=True) if name not in arguments
    ]
    given = [(name, str(value)) for name, value in arguments.items() if value is not None]
    query = urlencode(kept + given)
    return f"{request.base_url}?{query}" if query else request.base_url
