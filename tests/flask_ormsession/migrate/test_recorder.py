"""Scripts are recorded without a database, with the lines that they come from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flask_ormsession.migrate.recorder import Recording, record
from tests.flask_ormsession.migrate.conftest import Script


def record_body(folder: Path, body: str, kind: str = "postgresql") -> Recording:
    return record(Script(folder, body), "upgrade", kind, None)


def names(recording: Recording) -> list[str]:
    assert recording.error is None
    return [type(step.operation).__name__ for step in recording.steps]


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_operations_and_batches(tmp_path: Path, kind: str) -> None:
    body = """
    made = op.create_table("a", sa.Column("id", sa.Integer, primary_key=True))
    op.bulk_insert(made, [{"id": 1}])
    with op.batch_alter_table("b", recreate="always") as batch_op:
        batch_op.add_column(sa.Column("x", sa.Integer))
        batch_op.create_index("ix", ["x"])
        batch_op.drop_column("y")
    op.get_bind().execute(sa.text("DELETE FROM b"))
    """
    assert names(record_body(tmp_path, body, kind)) == [
        "CreateTableOp",
        "BulkInsertOp",
        "AddColumnOp",
        "CreateIndexOp",
        "DropColumnOp",
        "ExecuteSQLOp",
    ]


def test_lines_of_statements(tmp_path: Path) -> None:
    body = """
    op.drop_table("a")
    op.create_index(
        "ix",
        "b",
        ["c"],
    )
    for name in ("d", "e"):
        op.drop_column("b", name)
    """
    recording = record_body(tmp_path, body)
    first = recording.steps[0].lines[0]
    assert [(start - first, end - first) for start, end in (s.lines for s in recording.steps)] == [
        (0, 0),
        (1, 5),
        (7, 7),
        (7, 7),
    ]


def test_outside_of_a_transaction(tmp_path: Path) -> None:
    body = """
    op.execute("SELECT 1")
    with op.get_context().autocommit_block():
        op.execute("SELECT 2")
    op.execute("SELECT 3")
    """
    recording = record_body(tmp_path, body)
    assert [step.autocommit for step in recording.steps] == [False, True, False]


def test_queries_have_no_rows(tmp_path: Path) -> None:
    body = """
    rows = op.get_bind().execute(sa.text("SELECT id FROM a"))
    assert list(rows) == rows.all() == rows.fetchall() == list(rows.scalars()) == []
    assert rows.first() is rows.scalar() is rows.fetchone() is None
    assert list(rows.mappings()) == []
    op.drop_table("a")
    """
    assert names(record_body(tmp_path, body)) == ["ExecuteSQLOp", "DropTableOp"]


def test_a_script_that_needs_a_database(tmp_path: Path) -> None:
    body = """
    op.drop_table("a")
    sa.inspect(op.get_bind()).get_table_names()
    op.drop_table("b")
    """
    recording = record_body(tmp_path, body)
    assert len(recording.steps) == 1
    assert isinstance(recording.error, Exception)


def test_enum_types_can_be_dropped(tmp_path: Path) -> None:
    body = "sa.Enum('a', name='color').drop(op.get_bind(), checkfirst=True)"
    recording = record_body(tmp_path, body)
    assert recording.error is None
    assert len(recording.steps) == 1


def test_several_databases(tmp_path: Path) -> None:
    script: Any = Script(tmp_path, "pass")
    seen = []
    script.module.upgrade = seen.append
    record(script, "upgrade", "mariadb", "sensors")
    assert seen == ["sensors"]
