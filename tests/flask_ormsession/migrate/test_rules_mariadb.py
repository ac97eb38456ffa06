"""The rules for MariaDB say what the server does: asked for an online change, it refuses or not."""

from __future__ import annotations

from typing import Any

import pytest

from orm import exc, text
from tests.flask_ormsession.migrate.conftest import Project

TABLES = (
    "CREATE TABLE p (id int PRIMARY KEY)",
    "CREATE TABLE t (id int PRIMARY KEY, a int, b varchar(20), n decimal(8,2), p_id int, body text)",
    "INSERT INTO p VALUES (1)",
    "INSERT INTO t VALUES (1, 1, 'x', 1.5, 1, 'y')",
)
ONLINE = "ALGORITHM=NOCOPY, LOCK=NONE"


def column(name: str, type_: str, existing: str, more: str = "") -> str:
    return f"op.alter_column('t', '{name}', type_={type_}, existing_type={existing}{more})"


def add(rest: str) -> str:
    return f"op.add_column('t', sa.Column('x', {rest}))"


# the operation, the same as SQL, and the rule that it meets, if any
CASES: list[tuple[str, str, str | None]] = [
    (add("sa.Integer"), "ADD x int", None),
    (add("sa.Integer, server_default='5', nullable=False"), "ADD x int NOT NULL DEFAULT 5", None),
    (add("sa.DateTime, server_default=sa.func.now()"), "ADD x datetime DEFAULT now()", None),
    (
        add("sa.String(36), server_default=sa.text('(uuid())')"),
        "ADD x varchar(36) DEFAULT (uuid())",
        "add-column-default",
    ),
    (add("sa.Integer, sa.Computed('a + 1')"), "ADD x int AS (a + 1)", None),
    (
        add("sa.Integer, sa.Computed('a + 1', persisted=True)"),
        "ADD x int AS (a + 1) STORED",
        "add-column-default",
    ),
    (column("b", "sa.String(60)", "sa.String(20)"), "MODIFY b varchar(60)", None),
    (column("b", "sa.String(300)", "sa.String(20)"), "MODIFY b varchar(300)", None),
    (column("b", "sa.String(10)", "sa.String(20)"), "MODIFY b varchar(10)", "change-type"),
    (column("b", "sa.Text()", "sa.String(20)"), "MODIFY b text", "change-type"),
    (column("a", "sa.BigInteger()", "sa.Integer()"), "MODIFY a bigint", "change-type"),
    (
        column("n", "sa.Numeric(10, 2)", "sa.Numeric(8, 2)"),
        "MODIFY n decimal(10,2)",
        "change-type",
    ),
    (
        "op.alter_column('t', 'a', nullable=False, existing_type=sa.Integer())",
        "MODIFY a int NOT NULL",
        "set-not-null",
    ),
    (
        "op.alter_column('t', 'a', server_default='7', existing_type=sa.Integer())",
        "MODIFY a int DEFAULT 7",
        None,
    ),
    ("op.create_index('ix', 't', ['a'])", "ADD INDEX ix (a)", None),
    ("op.create_index('ix', 't', ['a'], unique=True)", "ADD UNIQUE INDEX ix (a)", None),
    ("op.create_unique_constraint('uq', 't', ['a'])", "ADD UNIQUE uq (a)", None),
    (
        "op.create_index('ix', 't', ['body'], mysql_prefix='FULLTEXT')",
        "ADD FULLTEXT INDEX ix (body)",
        "create-index",
    ),
    (
        "op.create_foreign_key('fk', 't', 'p', ['p_id'], ['id'])",
        "ADD CONSTRAINT fk FOREIGN KEY (p_id) REFERENCES p (id)",
        "add-foreign-key",
    ),
    (
        "op.create_check_constraint('ck', 't', 'a > 0')",
        "ADD CONSTRAINT ck CHECK (a > 0)",
        "add-check",
    ),
    (
        "op.drop_constraint('PRIMARY', 't', type_='primary')",
        "DROP PRIMARY KEY",
        "drop-primary-key",
    ),
]


def is_refused(connection: Any, statement: str) -> bool:
    """Whether the server says that it cannot do this online."""
    try:
        connection.execute(text(statement))
    except exc.DBAPIError as error:
        if "is not supported" not in str(error.orig):
            raise
        return True
    return False


@pytest.mark.parametrize("db_kind", ["mariadb"], indirect=True)
def test_what_the_server_does_online(judge_rules: Any, bare: Project) -> None:
    with bare.app.app_context():
        engine = bare.db.engine
    for body, change, rule in CASES:
        with engine.begin() as connection:
            connection.execute(text("DROP TABLE IF EXISTS t, p"))
            for statement in TABLES:
                connection.execute(text(statement))
            refused = is_refused(connection, f"ALTER TABLE t {change}, {ONLINE}")
        assert refused == (rule is not None), change
        assert judge_rules("mariadb", body) == ([] if rule is None else [rule])


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (add("sa.Integer, nullable=False"), "add-column-not-null"),
        (add("sa.Integer, sa.ForeignKey('p.id')"), "add-foreign-key"),
        ("op.create_primary_key('pk', 't', ['a'])", "add-primary-key"),
        ("op.execute('ALTER TABLE t MODIFY a bigint')", "change-type"),
        ("op.execute('ALTER TABLE `t` ADD CONSTRAINT c CHECK (a > 0)')", "add-check"),
        ("op.execute('OPTIMIZE TABLE t')", "maintenance"),
    ],
)
def test_what_is_found(judge_rules: Any, body: str, rule: str) -> None:
    assert judge_rules("mariadb", body) == [rule]


@pytest.mark.parametrize(
    "body",
    [
        "op.execute('SET SESSION foreign_key_checks = 0')\n"
        "op.create_foreign_key('fk', 't', 'p', ['p_id'], ['id'])\n"
        "op.execute('SET SESSION foreign_key_checks = 1')",
        "op.execute('ALTER TABLE t MODIFY a int DEFAULT 5, ALGORITHM=INPLACE, LOCK=NONE')",
    ],
)
def test_what_is_fine(judge_rules: Any, body: str) -> None:
    assert judge_rules("mariadb", body) == []


def test_the_checks_come_back(judge_rules: Any) -> None:
    body = (
        "op.execute('SET foreign_key_checks=0')\nop.execute('SET foreign_key_checks=1')\n"
        "op.create_foreign_key('fk', 't', 'p', ['p_id'], ['id'])"
    )
    assert judge_rules("mariadb", body) == ["add-foreign-key"]
