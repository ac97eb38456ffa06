"""What operations do to tables in use on PostgreSQL (11 and newer).

From its manual on ALTER TABLE and CREATE INDEX; the tests of this module ask a server whether it is so.
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
    show_columns,
    sized,
    table_of,
)

# Their value is that of the transaction's begin, so one serves all rows.
_STABLE = {
    "now",
    "transaction_timestamp",
    "statement_timestamp",
    "timezone",
    "date_trunc",
    "to_char",
}


def judge(step: Step, around: Surroundings) -> Iterator[Verdict]:
    """Yield what is wrong with an operation on a table that is in use."""
    op = step.operation
    if isinstance(op, ops.CreateIndexOp):
        yield from _create_index(op, step)
    elif isinstance(op, ops.DropIndexOp):
        yield from _drop_index(op)
    elif isinstance(op, ops.AddColumnOp):
        yield from _add_column(op, around)
    elif isinstance(op, ops.AlterColumnOp):
        yield from _alter_column(op, around)
    elif isinstance(op, ops.AddConstraintOp):
        yield from _add_constraint(op)


def _create_index(op: Any, step: Step) -> Iterator[Verdict]:
    name, columns = op.index_name, show_columns(op.columns)
    unique = ", unique=True" if op.unique else ""
    safe = (
        "with op.get_context().autocommit_block():\n"
        f"    op.create_index({name!r}, {op.table_name!r}, {columns}{unique}, "
        "postgresql_concurrently=True, if_not_exists=True)"
    )
    if not op.kw.get("postgresql_concurrently"):
        yield Verdict(
            "create-index", LOCKS, f"Nobody can write to {op.table_name} while it is built.", safe
        )
    elif not step.autocommit:
        yield Verdict(
            "concurrently-in-transaction",
            FAILS,
            "CREATE INDEX CONCURRENTLY cannot run inside a transaction.",
            safe,
        )


def _drop_index(op: Any) -> Iterator[Verdict]:
    if not op.kw.get("postgresql_concurrently"):
        table = f", table_name={op.table_name!r}" if op.table_name else ""
        yield Verdict(
            "drop-index",
            LOCKS,
            "It waits for every transaction on the table, and everybody else waits behind it.",
            "with op.get_context().autocommit_block():\n"
            f"    op.drop_index({op.index_name!r}{table}, postgresql_concurrently=True, "
            "if_exists=True)",
        )


def _add_column(op: Any, around: Surroundings) -> Iterator[Verdict]:
    column, table = op.column, op.table_name
    name = f"{table}.{column.name}"
    default = default_text(column, around.dialect)
    computed = column.computed is not None and column.computed.persisted is not False
    if computed or column.identity is not None or (default is not None and is_volatile(default)):
        yield Verdict(
            "add-column-default",
            REWRITES,
            f"Each row gets a value of its own in {name}, so the whole table is written anew under an "
            "exclusive lock.",
            f"op.add_column({table!r}, sa.Column({column.name!r}, ..., nullable=True))\n"
            f"op.alter_column({table!r}, {column.name!r}, server_default=...)\n"
            "then fill the old rows in batches, and set NOT NULL in a later migration.",
        )
    elif not column.nullable and default is None:
        yield Verdict(
            "add-column-not-null",
            FAILS,
            f"The rows that {table} has would be NULL in {name}: unless it is empty, this fails.",
            f"op.add_column({table!r}, sa.Column({column.name!r}, ..., server_default=...))\n"
            "with a constant default, which rewrites nothing; or add it nullable, fill it, and set "
            "NOT NULL later.",
        )
    for key in column.foreign_keys:
        yield _foreign_key(table, [column.name], str(key.target_fullname).rpartition(".")[0])


def is_volatile(default: str) -> bool:
    """Whether a default may differ from row to row."""
    if is_literal(default):
        return False
    calls = re.findall(r"(\w+)\s*\(", default)
    return any(call.lower() not in _STABLE for call in calls)


def _alter_column(op: Any, around: Surroundings) -> Iterator[Verdict]:
    table, column = op.table_name, op.column_name
    if op.modify_type is not None and not is_free_change(
        op.existing_type, op.modify_type, around.dialect
    ):
        yield Verdict(
            "change-type",
            REWRITES,
            f"Changing the type of {table}.{column} writes the whole table and its indexes anew "
            "under an exclusive lock.",
            "Add a column of the new type, write to both from the app, copy the old values in "
            "batches, read from the new one, and drop the old one in a later migration.",
        )
    if op.modify_nullable is False and (table, column) not in around.proved:
        check = f"{column}_not_null"
        yield Verdict(
            "set-not-null",
            LOCKS,
            f"All rows of {table} are read under an exclusive lock, to see that none is NULL.",
            f"op.create_check_constraint(op.f({check!r}), {table!r}, '{column} IS NOT NULL', "
            "postgresql_not_valid=True)\n"
            "and then, in the next migration, which only reads and lets others write:\n"
            f"op.execute('ALTER TABLE {table} VALIDATE CONSTRAINT {check}')\n"
            f"op.alter_column({table!r}, {column!r}, nullable=False)\n"
            f"op.drop_constraint(op.f({check!r}), {table!r})",
        )


def is_free_change(old: Any, new: Any, dialect: Any) -> bool:
    """Whether a change of type leaves the stored rows as they are."""
    if old is None:
        return False
    (old_word, old_numbers), (new_word, new_numbers) = sized(old, dialect), sized(new, dialect)
    if (old_word, old_numbers) == (new_word, new_numbers):
        return True
    texts = ("VARCHAR", "CHARACTER VARYING", "TEXT")
    if old_word in texts and new_word in texts:
        return not new_numbers or bool(old_numbers and new_numbers[0] >= old_numbers[0])
    if old_word == new_word == "NUMERIC":
        if not new_numbers:
            return True
        scales = [(*numbers, 0)[1] for numbers in (old_numbers, new_numbers)]
        return bool(old_numbers) and scales[0] == scales[1] and new_numbers[0] >= old_numbers[0]
    return False


def _add_constraint(op: Any) -> Iterator[Verdict]:
    table, name = table_of(op), op.constraint_name
    if isinstance(op, ops.CreateForeignKeyOp):
        if not op.kw.get("postgresql_not_valid"):
            yield _foreign_key(table, op.local_cols, op.referent_table, name, op.remote_cols)
    elif isinstance(op, ops.CreateCheckConstraintOp):
        if not op.kw.get("postgresql_not_valid"):
            yield Verdict(
                "add-check",
                LOCKS,
                f"All rows of {table} are read under an exclusive lock.",
                f"op.create_check_constraint(op.f({str(name)!r}), {table!r}, ..., postgresql_not_valid=True)\n"
                f"{_validate(table, name)}",
            )
    elif isinstance(op, ops.CreateUniqueConstraintOp | ops.CreatePrimaryKeyOp):
        unique = isinstance(op, ops.CreateUniqueConstraintOp)
        words = "UNIQUE" if unique else "PRIMARY KEY"
        yield Verdict(
            "add-unique" if unique else "add-primary-key",
            LOCKS,
            f"Nobody can read or write {table} while its index is built.",
            "with op.get_context().autocommit_block():\n"
            f"    op.create_index({name!r}, {table!r}, {show_columns(op.columns)}, unique=True, "
            "postgresql_concurrently=True)\n"
            f"op.execute('ALTER TABLE {table} ADD CONSTRAINT {name} {words} USING INDEX {name}')",
        )


def _foreign_key(
    table: str, columns: Any, target: Any, name: Any = None, remote: Any = ("id",)
) -> Verdict:
    name = name or f"fk_{table}_{'_'.join(columns)}"
    return Verdict(
        "add-foreign-key",
        LOCKS,
        f"Nobody can write to {table} or {target} while the rows of {table} are checked.",
        f"op.create_foreign_key({name!r}, {table!r}, {target!r}, {list(columns)}, {list(remote)}, "
        f"postgresql_not_valid=True)\n{_validate(table, name)}",
    )


def _validate(table: str, name: Any) -> str:
    return (
        "and then, in the next migration, which lets others write:\n"
        f"op.execute('ALTER TABLE {table} VALIDATE CONSTRAINT {name}')"
    )


_TABLE = r"^ALTER TABLE (?:IF EXISTS )?(?:ONLY )?([\w.\"]+) .*?"
_TEXTS = (
    (
        re.compile(r"^CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY).*? ON (?:ONLY )?([\w.\"]+)", re.I),
        ("create-index", LOCKS, "Nobody can write to {0} while the index is built."),
        "CREATE INDEX CONCURRENTLY, inside `with op.get_context().autocommit_block():`.",
    ),
    (
        re.compile(_TABLE + r"\bALTER (?:COLUMN )?\S+ SET NOT NULL", re.I),
        ("set-not-null", LOCKS, "All rows of {0} are read under an exclusive lock."),
        "ADD CONSTRAINT ... CHECK (... IS NOT NULL) NOT VALID; VALIDATE CONSTRAINT in the next "
        "migration; then SET NOT NULL, which believes it.",
    ),
    (
        re.compile(_TABLE + r"\bALTER (?:COLUMN )?\S+ (?:SET DATA )?TYPE ", re.I),
        ("change-type", REWRITES, "Most changes of type write {0} anew under an exclusive lock."),
        "A new column, filled in batches; or an exemption, if this change rewrites nothing.",
    ),
    (
        re.compile(
            _TABLE + r"\bADD (?:CONSTRAINT \S+ )?(?:CHECK|FOREIGN KEY)\b(?!.*NOT VALID)", re.I
        ),
        ("add-check", LOCKS, "All rows of {0} are checked under a lock."),
        "The same with NOT VALID, and VALIDATE CONSTRAINT in the next migration.",
    ),
    (
        re.compile(
            r"^(?:VACUUM \(?FULL\)?|CLUSTER|REINDEX(?! .*CONCURRENTLY))\b.*?([\w.\"]*)$", re.I
        ),
        ("maintenance", LOCKS, "{0} is written anew under an exclusive lock."),
        "Do it by hand at a quiet time, or with pg_repack; REINDEX has CONCURRENTLY.",
    ),
)


def judge_text(text: str, step: Step, around: Surroundings) -> Iterator[Verdict]:
    """Yield what is wrong with a statement given as SQL."""
    for pattern, (rule, kind, what), safe in _TEXTS:
        found = pattern.search(text)
        if found is not None and found[1].replace('"', "").rpartition(".")[2] not in around.created:
            yield Verdict(rule, kind, what.format(found[1]), safe)
    if re.search(r"\bINDEX CONCURRENTLY\b", text, re.I) and not step.autocommit:
        yield Verdict(
            "concurrently-in-transaction",
            FAILS,
            "CONCURRENTLY cannot run inside a transaction.",
            "Put it into `with op.get_context().autocommit_block():`.",
        )


def learn(text: str, checks: dict[str, tuple[str, str]], around: Surroundings) -> None:
    """Note what a statement proves: a validated check that a column is not NULL.

    checks: constraint name -> (table, column) of the checks which are not validated yet.
    """
    found = re.search(r"\bVALIDATE CONSTRAINT \"?(\w+)", text, re.I)
    if found is None:
        return
    for name, column in checks.items():
        # A naming convention may have put words before the name.
        if found[1] == name or found[1].endswith(f"_{name}"):
            around.proved.add(column)


def find_unproved(op: Any, dialect: Any) -> tuple[str, str] | None:
    """Return (table, column) of a check that a column is not NULL; None for any other operation."""
    if not isinstance(op, ops.CreateCheckConstraintOp):
        return None
    condition = op.condition
    text = condition if isinstance(condition, str) else str(condition.compile(dialect=dialect))
    found = re.fullmatch(r"\s*\(?\s*(?:\w+\.)?\"?(\w+)\"? IS NOT NULL\s*\)?\s*", text, re.I)
    return None if found is None else (op.table_name, found[1])
