"""HTTP basic authentication of the staff."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec

from flask import request
from flask.typing import ResponseReturnValue

from example_app.api.problems import problem
from example_app.extensions import db
from example_app.models import User
from example_app.services import people

P = ParamSpec("P")


def for_staff(
    view: Callable[Concatenate[User, P], ResponseReturnValue],
) -> Callable[P, ResponseReturnValue]:
    """Make a view of one that takes the authenticated user first; 401 without valid credentials."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        given = request.authorization
        user = None
        if given is not None and given.type == "basic":
            user = people.authenticate(db.session, given.username or "", given.password or "")
        if user is None:
            response = problem(
                HTTPStatus.UNAUTHORIZED, "Send the e-mail address and password of a staff user."
            )
            response.headers["WWW-Authenticate"] = 'Basic realm="Shop", charset="UTF-8"'
            return response
        return view(user, *args, **kwargs)

    return guarded
