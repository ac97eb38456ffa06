"""What the shop does, free of Flask: every function takes the session it works in.

A service never commits. It changes objects or raises one of `example_app.services.errors`; whoever
owns the session (a request, a command, a test) decides about the transaction.
"""

from __future__ import annotations
