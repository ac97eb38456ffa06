"""Errors of the asynchronous interface."""

from __future__ import annotations

from orm import exc


class AsyncMethodRequired(exc.InvalidRequestError):
    """A result that has to be awaited was asked for by a method that gives an ordinary one."""


class AsyncContextNotStarted(exc.InvalidRequestError):
    """A connection or transaction is used before it was awaited or entered."""


class AsyncContextAlreadyStarted(exc.InvalidRequestError):
    """A connection or transaction is awaited a second time."""
