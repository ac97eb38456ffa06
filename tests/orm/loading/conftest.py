"""The blog of `support/blog.py` on SQLite in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from blog import open_blog

from orm import Session, create_engine


@pytest.fixture
def blog() -> Iterator[Any]:
    """An engine on a filled database in memory, the classes, and the log."""
    engine = create_engine("sqlite://")
    yield open_blog(engine)
    engine.dispose()


@pytest.fixture
def session(blog: Any) -> Iterator[Session]:
    with Session(blog.engine) as made:
        yield made
