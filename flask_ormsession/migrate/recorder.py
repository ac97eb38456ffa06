"""What a migration script would do, recorded without a database.

The script runs as for `--sql`; each operation is kept with the lines of the script that it comes from.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

from alembic.operations import BatchOperations, Operations, ops
from alembic.runtime.migration import MigrationContext

from flask_ormsession.migrate.bridge import make_mock_bind

MOCK_URLS = {"postgresql": "postgresql+psycopg://", "mariadb": "mariadb+pymysql://"}


@dataclass(frozen=True)
class Step:
    """One operation of a script. operation: of Alembic. lines: first and last line in the file.
    autocommit: whether it runs outside of a transaction."""

    operation: Any
    lines: tuple[int, int]
    autocommit: bool


@dataclass(frozen=True)
class Recording:
    """The steps of one function of a script. error: what ended it early."""

    steps: list[Step]
    error: Exception | None


class EmptyResult:
    """The answer to a query that was not made: no rows."""

    rowcount = 0

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def all(self) -> list[Any]:
        """Return no rows."""
        return []

    fetchall = all

    def first(self) -> None:
        """Return no row."""

    fetchone = scalar = one_or_none = scalar_one_or_none = first

    def scalars(self, index: int = 0) -> EmptyResult:
        """Return itself."""
        return self

    mappings = scalars


class Recorder(Operations):
    """`op` of a script that is recorded."""

    def invoke(self, operation: Any) -> Any:
        """Keep an operation; nothing is sent anywhere."""
        return _tape(self).keep(operation)

    def get_bind(self) -> Any:
        """Return a connection whose statements are kept, and have no rows."""
        return _tape(self).bind

    @contextmanager
    def batch_alter_table(  # type: ignore[override]  # what it leaves out needs a database
        self, table_name: str, schema: str | None = None, **options: Any
    ) -> Iterator[Any]:
        """Record what is done in batch mode like everything else."""
        with super().batch_alter_table(table_name, schema, recreate="never") as batch:
            batch.__class__ = BatchRecorder
            yield batch


class BatchRecorder(BatchOperations):
    """`batch_op` of a script that is recorded."""

    def invoke(self, operation: Any) -> Any:
        """Keep an operation; nothing is sent anywhere."""
        return _tape(self).keep(operation)

    def get_bind(self) -> Any:
        """Return a connection whose statements are kept, and have no rows."""
        return _tape(self).bind


def _tape(operations: Any) -> Tape:
    tape: Tape = operations.get_context().opts[Tape]
    return tape


class Tape:
    """Keeps the operations of one function of one script."""

    def __init__(self, kind: str, path: str) -> None:
        self.steps: list[Step] = []
        self.path = path
        self.autocommit = False
        self.bind = make_mock_bind(MOCK_URLS[kind], self._keep_statement)

    def keep(self, operation: Any) -> Any:
        """Add an operation; returns what a script expects of it."""
        self.steps.append(Step(operation, find_lines(self.path), self.autocommit))
        return operation.to_table() if isinstance(operation, ops.CreateTableOp) else None

    def _keep_statement(self, statement: Any) -> EmptyResult:
        self.keep(ops.ExecuteSQLOp(statement))
        return EmptyResult()

    @contextmanager
    def autocommit_block(self) -> Iterator[None]:
        """What `op.get_context().autocommit_block()` is in a recorded script."""
        self.autocommit = True
        try:
            yield
        finally:
            self.autocommit = False


def record(script: Any, function: str, kind: str, engine_name: str | None) -> Recording:
    """Run `upgrade` or `downgrade` of a script and return what it would do.

    kind: "postgresql" or "mariadb". engine_name: the argument in a folder of several databases.
    """
    tape = Tape(kind, script.module.__file__)
    context = MigrationContext.configure(
        dialect=tape.bind.dialect, opts={"as_sql": True, "output_buffer": io.StringIO(), Tape: tape}
    )
    context.autocommit_block = tape.autocommit_block  # type: ignore[method-assign]
    arguments = () if engine_name is None else (engine_name,)
    with Operations.context(context) as operations:
        operations.__class__ = Recorder
        try:
            getattr(script.module, function)(*arguments)
        except Exception as error:
            return Recording(tape.steps, error)
    return Recording(tape.steps, None)


def find_lines(path: str) -> tuple[int, int]:
    """Return the first and last line of the statement in a file that is being run; (1, 1) if none."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_code.co_filename == path:
            positions = list(frame.f_code.co_positions())[frame.f_lasti // 2]
            first = positions[0] or frame.f_lineno
            return first, positions[1] or first
        frame = frame.f_back
    return 1, 1
