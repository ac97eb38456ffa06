"""Lost updates: a client may only change the version of an object that it has seen.

Needs a model with `version_id_col`. The version is the object's ETag; the client sends it back as
`If-Match`, or as a value of the form or document:

    @app.get("/products/<int:id>")
    def show(id):
        product = db.get_or_404(Product, id)
        return db.set_etag(jsonify(as_document(product)), product)

    @app.patch("/products/<int:id>")
    def change(id):
        product = db.get_or_404(Product, id)
        db.require_version(product)             # 428 without If-Match, 412 for another version
        ...

Two requests that have both seen the present version pass here; the UPDATE of the second then finds no
row of its version, which is a StaleDataError.
"""

from __future__ import annotations

from typing import Any, TypeVar

from flask import Response, request
from werkzeug.exceptions import Conflict, HTTPException, PreconditionFailed, PreconditionRequired

from flask_ormsession.errors import OrmSessionError
from orm import inspect

R = TypeVar("R", bound=Response)


class VersionError(HTTPException):
    """The client has seen another version than there is now.

    seen: the versions that it named. current: that of the object.
    """

    def __init__(self, what: str, seen: tuple[Any, ...], current: Any) -> None:
        named = ", ".join(str(version) for version in seen)
        super().__init__(
            f"{what} was changed by somebody else in the meantime: you have seen version {named}, it "
            f"is at {current} now. Nothing was stored; look at the new values first."
        )
        self.seen = seen
        self.current = current


class VersionMismatch(VersionError, PreconditionFailed):
    """412: the version in `If-Match` is not the present one."""


class VersionConflict(VersionError, Conflict):
    """409: the version in the form or document is not the present one."""


def get_version(obj: Any) -> Any:
    """Return the version of an object. Raises OrmSessionError if its class has none."""
    mapper = inspect(obj).mapper
    if mapper.version_id_col is None:
        name = mapper.class_.__name__
        raise OrmSessionError(
            f"{name} keeps no versions. Give it a column for them: version: Mapped[int], and "
            f'__mapper_args__ = {{"version_id_col": version}} in the class body.'
        )
    return getattr(obj, mapper.get_property_by_column(mapper.version_id_col).key)


def set_etag(response: R, obj: Any) -> R:
    """Set the ETag of a response to the version of an object."""
    response.set_etag(str(get_version(obj)))
    return response


def require_version(obj: Any, seen: Any = None) -> None:
    """Go on only if the client has seen the present version of an object.

    seen: the version from the form or document; by default the header If-Match counts.
    Raises VersionConflict (409) or VersionMismatch (412) with both versions, and
    PreconditionRequired (428) if the client names none.
    """
    current = get_version(obj)
    if seen is not None:
        if str(seen) != str(current):
            raise VersionConflict(type(obj).__name__, (seen,), current)
        return
    tags = request.if_match
    if not tags and not tags.star_tag:
        raise PreconditionRequired(
            "Send the version that you have seen: its ETag in the header If-Match."
        )
    if not tags.contains(str(current)):
        raise VersionMismatch(type(obj).__name__, tuple(sorted(tags.as_set())), current)
