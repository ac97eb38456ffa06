"""What operations do to tables in use on MariaDB (10.6 and newer; MySQL 8 is alike in most).

From its manual on ALGORITHM and LOCK; the tests of this module ask a server whether it is so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from alembic.operations import ops

from flask_ormsession.migrate.recorder import Step
from flask_ormsession.migrate.rules import (
    FAILS,
    LOCKS,
    REWRITES,
    Surroundings,
    Verdict,
    default_text,
    is_literal,
    sized,
    table_of,
)

_BIG_TABLES = (
    "On a big table copy it in the background instead, with pt-online-schema-change or gh-ost; on a "
    "small one, an exemption that says how small."
)


def judge(step: Step, around: Surroundings) -> Iterator[Verdict]:
    """Yield what is wrong with an operation on a table that is in use."""
    op = step.operation
    if isinstance(op, ops.CreateIndexOp):
        yield from _create_index(op)
    elif isinstance(op, ops.AddColumnOp):
        yield from _add_column(op, around)
    elif isinstance(op, ops.AlterColumnOp):
        yield from _alter_column(op, around)
    elif isinstance(op, ops.AddConstraintOp):
        yield from _add_constraint(op, around)
    elif isinstance(op, ops.DropConstraintOp) and op.constraint_type == "primary":
        yield Verdict(
            "drop-primary-key",
            REWRITES,
            f"{op.table_name} is written anew, and nobody can write to it meanwhile.",
            "Drop the old key and add the new one in one statement, which lets others write:\n"
            f"op.execute('ALTER TABLE {op.table_name} DROP PRIMARY KEY, ADD PRIMARY KEY (...)')",
        )


def _create_index(op: Any) -> Iterator[Verdict]:
    prefix = str(op.kw.get("mysql_prefix") or op.kw.get("mariadb_prefix") or "").upper()
    if prefix in ("FULLTEXT", "SPATIAL"):
        yield Verdict(
            "create-index",
            LOCKS,
            f"A {prefix} index is the kind that keeps everybody from writing to {op.table_name} while "
            "it is built.",
            _BIG_TABLES,
        )


def _add_column(op: Any, around: Surroundings) -> Iterator[Verdict]:
    column, table = op.column, op.table_name
    name = f"{table}.{column.name}"
    default = default_text(column, around.dialect)
    stored = column.computed is not None and column.computed.persisted
    if stored or (default is not None and is_computed(default)):
        yield Verdict(
            "add-column-default",
            REWRITES,
            f"Each row gets a value of its own in {name}, so the whole table is copied, and nobody "
            "can write to it meanwhile.",
            f"op.add_column({table!r}, sa.Column({column.name!r}, ..., nullable=True))\n"
            "then fill the old rows in batches, and set the default in a later migration.",
        )
    elif not column.nullable and default is None and column.computed is None:
        yield Verdict(
            "add-column-not-null",
            FAILS,
            f"The rows that {table} has would silently get 0, '' or an impossible date in {name}.",
            f"op.add_column({table!r}, sa.Column({column.name!r}, ..., server_default=...))\n"
            "with a default that is meant.",
        )
    for key in () if around.unchecked else column.foreign_keys:
        yield _foreign_key(table, str(key.target_fullname).rpartition(".")[0])


def is_computed(default: str) -> bool:
    """Whether a default is evaluated for each row."""
    return not is_literal(default) and not re.match(
        r"^\(*\s*(?:CURRENT_TIMESTAMP|NOW|LOCALTIME)", default, re.I
    )


def _alter_column(op: Any, around: Surroundings) -> Iterator[Verdict]:
    table, column = op.table_name, op.column_name
    if op.modify_type is not None and not is_free_change(
        op.existing_type, op.modify_type, around.dialect
    ):
        yield Verdict(
            "change-type",
            REWRITES,
            f"Changing the type of {table}.{column} copies the table, and nobody can write to it "
            "meanwhile.",
            "Add a column of the new type, write to both from the app, copy the old values in "
            "batches, read from the new one, and drop the old one in a later migration.",
        )
    elif op.modify_nullable is False:
        yield Verdict(
            "set-not-null",
            REWRITES,
            f"{table} is built anew (others can write meanwhile), and it fails if a row is NULL.",
            "See to it that no row is NULL and that there is room for a second copy of the table; then "
            "an exemption that says so.",
        )


def is_free_change(old: Any, new: Any, dialect: Any) -> bool:
    """Whether a change of type leaves the stored rows as they are."""
    if old is None:
        return False
    (old_word, old_numbers), (new_word, new_numbers) = sized(old, dialect), sized(new, dialect)
    if (old_word, old_numbers) == (new_word, new_numbers):
        return True
    longer = bool(old_numbers and new_numbers) and new_numbers[0] >= old_numbers[0]
    return old_word == new_word == "VARCHAR" and longer


def _add_constraint(op: Any, around: Surroundings) -> Iterator[Verdict]:
    table = table_of(op)
    if isinstance(op, ops.CreateForeignKeyOp):
        if not around.unchecked:
            yield _foreign_key(table, op.referent_table)
    elif isinstance(op, ops.CreateCheckConstraintOp):
        yield Verdict(
            "add-check",
            REWRITES,
            f"{table} is copied to check its rows, and nobody can write to it meanwhile.",
            _BIG_TABLES,
        )
    elif isinstance(op, ops.CreatePrimaryKeyOp):
        yield Verdict(
            "add-primary-key",
            REWRITES,
            f"{table} is built anew in the order of the key.",
            _BIG_TABLES,
        )


def _foreign_key(table: str, target: str) -> Verdict:
    return Verdict(
        "add-foreign-key",
        REWRITES,
        f"{table} is copied to check its rows against {target}, and nobody can write to it meanwhile.",
        "See to it that every row has its counterpart, then add the key without the check:\n"
        "op.execute('SET SESSION foreign_key_checks = 0')\n"
        f"op.create_foreign_key(..., {table!r}, {target!r}, ...)\n"
        "op.execute('SET SESSION foreign_key_checks = 1')",
    )


_TABLE = r"^ALTER (?:ONLINE |IGNORE )*TABLE (?:IF EXISTS )?([\w.`]+) (?!.*ALGORITHM ?=).*?"
_TEXTS = (
    (
        re.compile(_TABLE + r"\b(?:MODIFY|CHANGE)\b", re.I),
        ("change-type", REWRITES, "Most changes of type copy {0}, and nobody can write meanwhile."),
    ),
    (
        re.compile(_TABLE + r"\bADD (?:CONSTRAINT \S+ )?(?:CHECK|FOREIGN KEY)\b", re.I),
        ("add-check", REWRITES, "{0} is copied to check its rows, and nobody can write meanwhile."),
    ),
    (
        re.compile(r"^OPTIMIZE TABLE ([\w.`]+)", re.I),
        ("maintenance", REWRITES, "{0} is built anew."),
    ),
)


def judge_text(text: str, step: Step, around: Surroundings) -> Iterator[Verdict]:
    """Yield what is wrong with a statement given as SQL."""
    if switch := re.search(r"\bforeign_key_checks\s*=\s*(\w+)", text, re.I):
        around.unchecked = switch[1].upper() in ("0", "OFF", "FALSE")
    for pattern, (rule, kind, what) in _TEXTS:
        found = pattern.search(text)
        if found is not None and found[1].replace("`", "").rpartition(".")[2] not in around.created:
            yield Verdict(
                rule,
                kind,
                what.format(found[1]),
                "Say ALGORITHM=INPLACE, LOCK=NONE in the statement, so that the server refuses it "
                "instead of locking.",
            )
