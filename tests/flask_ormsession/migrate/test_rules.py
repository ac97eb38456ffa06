"""What loses data or breaks the running version, on every database."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from flask_ormsession.migrate.rules import default_text, is_literal, sized


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ("op.drop_table('a')", "drop-table"),
        ("op.drop_column('a', 'b')", "drop-column"),
        ("op.rename_table('a', 'b')", "rename-table"),
        (
            "op.alter_column('a', 'b', new_column_name='c', existing_type=sa.Integer())",
            "rename-column",
        ),
        ("op.execute('DROP TABLE IF EXISTS a')", "drop-table"),
        ("op.execute('TRUNCATE a')", "drop-table"),
        ("op.execute('ALTER TABLE a DROP COLUMN b')", "drop-column"),
        ("op.execute('UPDATE a SET b = 1')", "update-all"),
        ("op.execute('delete from a -- where x')", "delete-all"),
        ("op.execute(sa.table('a', sa.column('b')).update().values(b=1))", "update-all"),
        ("op.get_bind().execute(sa.text('DELETE FROM a'))", "delete-all"),
        ("with op.batch_alter_table('a') as batch:\n    batch.drop_column('b')", "drop-column"),
    ],
)
def test_what_is_found(judge_rules: Any, kind: str, body: str, rule: str) -> None:
    assert judge_rules(kind, body) == [rule]


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
@pytest.mark.parametrize(
    "body",
    [
        "op.create_table('a', sa.Column('id', sa.Integer))",
        "op.add_column('a', sa.Column('b', sa.Integer))",
        "op.add_column('a', sa.Column('b', sa.Integer, server_default='5', nullable=False))",
        "op.add_column('a', sa.Column('b', sa.DateTime, server_default=sa.func.now()))",
        "op.add_column('a', sa.Column('b', sa.Boolean, server_default=sa.false()))",
        "op.alter_column('a', 'b', server_default='7', existing_type=sa.Integer())",
        "op.drop_constraint('uq', 'a', type_='unique')",
        "op.execute('UPDATE a SET b = 1 WHERE id < 5')",
        "op.execute('DELETE FROM a WHERE id < 5')",
        "op.execute('INSERT INTO a (b) VALUES (1)')",
        # on tables of these migrations, which nobody uses yet
        "op.create_table('a', sa.Column('id', sa.Integer))\nop.create_index('ix', 'a', ['id'])\n"
        "op.execute('UPDATE a SET id = 1')\nop.execute('DELETE FROM a')\nop.drop_table('a')",
        "op.execute('CREATE TABLE a (id int)')\nop.create_check_constraint('ck', 'a', 'id > 0')",
        "op.create_table('a', sa.Column('id', sa.Integer))\nop.rename_table('a', 'b')\n"
        "op.drop_column('b', 'id')",
    ],
)
def test_what_is_fine(judge_rules: Any, kind: str, body: str) -> None:
    assert judge_rules(kind, body) == []


def test_defaults_as_text() -> None:
    dialect = sa.create_mock_engine("postgresql://", print).dialect
    assert default_text(sa.Column("a", sa.Integer, server_default="5"), dialect) == "'5'"
    assert default_text(sa.Column("a", sa.Integer, server_default=sa.text("1+1")), dialect) == "1+1"
    assert default_text(sa.Column("a", sa.Integer), dialect) is None


@pytest.mark.parametrize("text", ["'x'", "5", "-1.5", "(5)", "true", "NULL", "'a'::text", "''"])
def test_literals(text: str) -> None:
    assert is_literal(text)


@pytest.mark.parametrize("text", ["random()", "now()", "1+1", "CURRENT_TIMESTAMP"])
def test_no_literals(text: str) -> None:
    assert not is_literal(text)


def test_sizes() -> None:
    dialect = sa.create_mock_engine("postgresql://", print).dialect
    assert sized(sa.Numeric(8, 2), dialect) == ("NUMERIC", (8, 2))
    assert sized(sa.Text(), dialect) == ("TEXT", ())
