"""The rules for PostgreSQL say what the server does: it rewrites a table or it does not."""

from __future__ import annotations

from typing import Any

import pytest

from orm import text
from tests.flask_ormsession.migrate.conftest import Project

only_here = pytest.mark.parametrize("db_kind", ["postgresql"], indirect=True)

TABLES = """
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE t (id int PRIMARY KEY, a int, b varchar(20), n numeric(8,2), p_id int, j json);
INSERT INTO p VALUES (1);
INSERT INTO t VALUES (1, 1, 'x', 1.5, 1, '{}');
"""


def column(name: str, type_: str, existing: str, **words: str) -> str:
    more = "".join(f", {key}={value}" for key, value in words.items())
    return f"op.alter_column('t', '{name}', type_={type_}, existing_type={existing}{more})"


def add(rest: str) -> str:
    return f"op.add_column('t', sa.Column('x', {rest}))"


REWRITES = {
    add("sa.Integer"): False,
    add("sa.Integer, server_default='5', nullable=False"): False,
    add("sa.DateTime, server_default=sa.func.now()"): False,
    add("sa.DateTime, server_default=sa.text('CURRENT_TIMESTAMP')"): False,
    add("sa.String(9), server_default=sa.text(\"'a'::text\")"): False,
    add("sa.Uuid, server_default=sa.func.gen_random_uuid()"): True,
    add("sa.Float, server_default=sa.text('random()')"): True,
    add("sa.DateTime, server_default=sa.text('clock_timestamp()')"): True,
    add("sa.Integer, sa.Identity()"): True,
    add("sa.Integer, sa.Computed('a + 1', persisted=True)"): True,
    column("b", "sa.String(60)", "sa.String(20)"): False,
    column("b", "sa.Text()", "sa.String(20)"): False,
    column("b", "sa.String()", "sa.String(20)"): False,
    column("b", "sa.String(10)", "sa.String(20)"): True,
    column("a", "sa.BigInteger()", "sa.Integer()"): True,
    column("n", "sa.Numeric(12, 2)", "sa.Numeric(8, 2)"): False,
    column("n", "sa.Numeric()", "sa.Numeric(8, 2)"): False,
    column("n", "sa.Numeric(12, 3)", "sa.Numeric(8, 2)"): True,
    column("j", "sa.dialects.postgresql.JSONB()", "sa.JSON()", postgresql_using="'j::jsonb'"): True,
    "op.alter_column('t', 'a', server_default='7')": False,
    "op.alter_column('t', 'a', nullable=True)": False,
}


@only_here
def test_what_rewrites_the_table(judge_rules: Any, bare: Project) -> None:
    """Each operation runs on a server, which tells whether the table has a new file."""
    bare.run("init")
    for number, (body, rewrites) in enumerate(REWRITES.items()):
        prepare = f"op.execute('DROP TABLE IF EXISTS t, p')\nop.execute('''{TABLES}''')\n"
        file_of = "op.get_bind().scalar(sa.text(\"SELECT pg_relation_filenode('t')\"))"
        note = f"import pathlib; pathlib.Path('rewrote').write_text(str(before != {file_of}))"
        body_alone = body.replace("sa.dialects.postgresql", "postgresql")
        imports = "from sqlalchemy.dialects import postgresql\n"
        bare.write(f"r{number}", f"{imports}{prepare}before = {file_of}\n{body_alone}\n{note}")
        bare.run("upgrade")
        assert (bare.folder / "rewrote").read_text() == str(rewrites), body
        found = judge_rules("postgresql", imports + body_alone)
        assert any(rule in ("add-column-default", "change-type") for rule in found) == rewrites, (
            body
        )


LOCKS = [
    ("op.create_index('ix', 't', ['a'])", "create-index"),
    (
        "op.create_index('ix', 't', ['a'], postgresql_concurrently=True)",
        "concurrently-in-transaction",
    ),
    ("op.drop_index('ix', 't')", "drop-index"),
    ("op.create_foreign_key('fk', 't', 'p', ['p_id'], ['id'])", "add-foreign-key"),
    ("op.create_check_constraint('ck', 't', 'a > 0')", "add-check"),
    ("op.create_unique_constraint('uq', 't', ['a'])", "add-unique"),
    ("op.create_primary_key('pk', 't', ['a'])", "add-primary-key"),
    ("op.alter_column('t', 'a', nullable=False)", "set-not-null"),
    (add("sa.Integer, nullable=False"), "add-column-not-null"),
    (add("sa.Integer, sa.ForeignKey('p.id')"), "add-foreign-key"),
    ("op.execute('CREATE UNIQUE INDEX ix ON t (a)')", "create-index"),
    ("op.execute('CREATE INDEX CONCURRENTLY ix ON t (a)')", "concurrently-in-transaction"),
    ("op.execute('ALTER TABLE t ALTER COLUMN a SET NOT NULL')", "set-not-null"),
    ("op.execute('ALTER TABLE t ALTER a TYPE bigint')", "change-type"),
    ("op.execute('ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)')", "add-check"),
    ("op.execute('VACUUM FULL t')", "maintenance"),
]


@pytest.mark.parametrize(("body", "rule"), LOCKS)
def test_what_locks(judge_rules: Any, body: str, rule: str) -> None:
    assert judge_rules("postgresql", body) == [rule]


FINE = [
    "op.create_foreign_key('fk', 't', 'p', ['p_id'], ['id'], postgresql_not_valid=True)\n"
    "op.execute('ALTER TABLE t VALIDATE CONSTRAINT fk')",
    "op.create_check_constraint('ck', 't', 'a > 0', postgresql_not_valid=True)",
    "op.execute('ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID')",
    "with op.get_context().autocommit_block():\n"
    "    op.create_index('ix', 't', ['a'], postgresql_concurrently=True, if_not_exists=True)\n"
    "    op.drop_index('ix', 't', postgresql_concurrently=True, if_exists=True)\n"
    "    op.execute('CREATE INDEX CONCURRENTLY ix ON t (a)')\n"
    "    op.execute('REINDEX INDEX CONCURRENTLY ix')",
    # NOT NULL that a validated check proves
    "op.create_check_constraint(op.f('c'), 't', 'a IS NOT NULL', postgresql_not_valid=True)\n"
    "op.execute('ALTER TABLE t VALIDATE CONSTRAINT c')\n"
    "op.alter_column('t', 'a', nullable=False)\nop.drop_constraint(op.f('c'), 't')",
    # the same with a name from the naming convention
    "op.create_check_constraint('c', 't', 'a IS NOT NULL', postgresql_not_valid=True)\n"
    "op.execute('ALTER TABLE t VALIDATE CONSTRAINT ck_t_c')\n"
    "op.alter_column('t', 'a', nullable=False)",
]


@pytest.mark.parametrize("body", FINE)
def test_safe_forms_are_no_findings(judge_rules: Any, body: str) -> None:
    assert judge_rules("postgresql", body) == []


@only_here
@pytest.mark.parametrize("body", FINE)
def test_safe_forms_run(bare: Project, body: str) -> None:
    bare.run("init")
    with bare.app.app_context(), bare.db.engine.begin() as connection:
        for statement in TABLES.strip().splitlines():
            connection.execute(text(statement.replace(":", "\\:")))
    bare.write("r1", body)
    bare.run("upgrade")


def test_a_check_that_is_not_validated_proves_nothing(judge_rules: Any) -> None:
    body = (
        "op.create_check_constraint('c', 't', 'a IS NOT NULL', postgresql_not_valid=True)\n"
        "op.alter_column('t', 'a', nullable=False)"
    )
    assert judge_rules("postgresql", body) == ["set-not-null"]
