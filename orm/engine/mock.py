"""create_mock_engine(): an engine that hands statements to a function instead of a database.

For printing the DDL of a MetaData: `metadata.create_all(mock, checkfirst=False)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from orm.engine.registry import load_dialect
from orm.engine.url import URL, make_url
from orm.util.collections import EMPTY_MAP


class MockConnection:
    """Stands for engine and connection alike; what it is to execute goes to the function."""

    def __init__(self, dialect: Any, executor: Callable[..., Any]) -> None:
        self.dialect = dialect
        self._executor = executor

    @property
    def engine(self) -> MockConnection:
        """Itself."""
        return self

    @property
    def name(self) -> str:
        """The dialect's name."""
        return str(self.dialect.name)

    @property
    def dispatch(self) -> Any:
        """The events of engines, which nobody hears here."""
        from orm.engine.events import EngineDispatch

        return EngineDispatch()

    def connect(self, **kwargs: Any) -> MockConnection:
        """Return itself."""
        return self

    @contextmanager
    def begin(self) -> Iterator[MockConnection]:
        """Give itself; there is nothing to commit."""
        yield self

    def execution_options(self, **options: Any) -> MockConnection:
        """Return itself."""
        return self

    def get_execution_options(self) -> Mapping[str, Any]:
        """Return no options."""
        return EMPTY_MAP

    def execute(self, statement: Any, parameters: Any = None, **options: Any) -> Any:
        """Call the function with the statement and its parameters; returns what it returns."""
        return self._executor(statement, parameters)


def create_mock_engine(url: str | URL, executor: Callable[..., Any], **kw: Any) -> MockConnection:
    """Return an engine for a URL's dialect that calls `executor(statement, parameters)`.

    kw: options of the dialect. Neither a driver nor a server is needed.
    Raises exc.NoSuchModuleError for an unknown dialect.
    """
    dialect = load_dialect(make_url(url))(**kw)
    return MockConnection(dialect, executor)
