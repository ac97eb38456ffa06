"""What both databases have in common: findings, and how operations are read.

A rule is a function of a Step and what surrounds it, which yields findings. Rules of one database are
in `rules_postgresql` and `rules_mariadb`; those here hold on both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from alembic.operations import ops

from flask_ormsession.migrate.recorder import Step
from flask_ormsession.migrate.renames import compile_type

LOCKS = "locks the table"
REWRITES = "rewrites the table"
LOSES = "loses data"
BREAKS = "breaks the running version"
FAILS = "fails"
ONE_WAY = "not reversible"


@dataclass(frozen=True)
class Verdict:
    """What a rule found. rule: the name for exemptions. kind: one of the constants above.
    what: sentences. safe: code of the safe form, or words."""

    rule: str
    kind: str
    what: str
    safe: str


@dataclass
class Surroundings:
    """What a rule may know besides the operation.

    dialect: of SQLAlchemy. created: tables that pending migrations made, which are empty and
    which nobody uses. proved: columns, as (table, column), that a validated check keeps from being
    NULL. unchecked: whether MariaDB was told to add foreign keys without looking at the rows.
    """

    dialect: Any
    created: set[str] = field(default_factory=set)
    proved: set[tuple[str, str]] = field(default_factory=set)
    unchecked: bool = False


def table_of(op: Any) -> str:
    """Return the table that an operation changes."""
    name = getattr(op, "table_name", None) or getattr(op, "source_table", None) or ""
    return str(name)


def judge_both(step: Step, around: Surroundings) -> Iterator[Verdict]:
    """Yield what is wrong with an operation on any database."""
    op = step.operation
    if isinstance(op, ops.DropTableOp):
        yield Verdict(
            "drop-table",
            LOSES,
            f"Everything in {op.table_name} is gone, and a downgrade brings back an empty table. The "
            "version of the app that still runs may use it.",
            "First deploy an app that does not use the table; drop it in a later migration, after a "
            "backup, with an exemption that says so.",
        )
    elif isinstance(op, ops.DropColumnOp):
        yield _dropped_column(table_of(op), op.column_name)
    elif isinstance(op, ops.RenameTableOp):
        yield Verdict(
            "rename-table",
            BREAKS,
            f"The version of the app that still runs asks for {op.table_name}.",
            "Stop the app for the migration; or keep a view under the old name for a while:\n"
            f"op.rename_table({op.table_name!r}, {op.new_table_name!r})\n"
            f'op.execute("CREATE VIEW {op.table_name} AS SELECT * FROM {op.new_table_name}")',
        )
    elif isinstance(op, ops.AlterColumnOp) and op.modify_name is not None:
        yield Verdict(
            "rename-column",
            BREAKS,
            f"The version of the app that still runs asks for {table_of(op)}.{op.column_name}.",
            "Keep the column and rename only the attribute:\n"
            f"{op.modify_name}: Mapped[...] = mapped_column({op.column_name!r})",
        )


def _dropped_column(table: str, column: str) -> Verdict:
    return Verdict(
        "drop-column",
        LOSES,
        f"The values of {table}.{column} are gone, and a downgrade brings back an empty column. The "
        "version of the app that still runs selects it with every row.",
        "First deploy an app whose models are without the column; drop it in a later migration, with "
        "an exemption that says so.",
    )


# -- SQL as text


def sql_of(op: Any, dialect: Any) -> str:
    """Return the text of an executed statement in one line, comments left out."""
    text = op.sqltext
    if not isinstance(text, str):
        try:
            text = str(text.compile(dialect=dialect))
        except Exception:
            text = str(text)
    text = re.sub(r"--[^\n]*|/\*.*?\*/", " ", text, flags=re.DOTALL)
    return " ".join(text.split())


_DROP_TABLE = re.compile(
    r"^DROP TABLE (?:IF EXISTS )?([\w.\"`]+)|^TRUNCATE (?:TABLE )?([\w.\"`]+)", re.I
)
_DROP_COLUMN = re.compile(
    r"^ALTER TABLE ([\w.\"`]+).*?\bDROP (?:COLUMN )(?:IF EXISTS )?([\w\"`]+)", re.I
)
_WHOLE_TABLE = re.compile(r"^(UPDATE|DELETE FROM) ([\w.\"`]+)(?!.*\bWHERE\b)", re.I)


def judge_text(text: str, around: Surroundings) -> Iterator[Verdict]:
    """Yield what is wrong with a statement given as SQL, on any database."""
    if found := _DROP_TABLE.search(text):
        name = _plain(found[1] or found[2])
        if name not in around.created:
            yield Verdict(
                "drop-table",
                LOSES,
                f"Everything in {name} is gone.",
                "Do it in a later migration than the one that stops using the table, after a backup, "
                "with an exemption that says so.",
            )
    elif found := _DROP_COLUMN.search(text):
        yield _dropped_column(_plain(found[1]), _plain(found[2]))
    elif found := _WHOLE_TABLE.search(text):
        name = _plain(found[2])
        if name in around.created:
            return
        if found[1].upper() == "UPDATE":
            yield Verdict(
                "update-all",
                LOCKS,
                f"Every row of {name} is locked until the migration ends, and so is everybody who "
                "wants to write one.",
                f"Update in batches, each a transaction: UPDATE {name} SET ... WHERE id BETWEEN ... AND "
                "... in a loop inside `with op.get_context().autocommit_block():`, or by a command of "
                "the app after the migration.",
            )
        else:
            yield Verdict(
                "delete-all",
                LOSES,
                f"Every row of {name} is gone.",
                "Take a backup, and say in an exemption that the rows may go.",
            )


def _plain(name: str) -> str:
    """Return a name without quotes and schema."""
    return name.replace('"', "").replace("`", "").rpartition(".")[2]


# -- columns and types


def default_text(column: Any, dialect: Any) -> str | None:
    """Return the server default of a column as SQL; None if it has none. Text stays text."""
    default = column.server_default
    arg = getattr(default, "arg", None)
    if default is None or arg is None:
        return None
    if isinstance(arg, str):
        return repr(arg)
    return str(arg.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


_LITERAL = re.compile(
    r"^\(*\s*(?:'.*'|[-+]?[\d.]+|TRUE|FALSE|NULL)\s*(?:::[\w ]+)?\s*\)*$", re.I | re.S
)


def is_literal(text: str) -> bool:
    """Whether a default is a constant that needs no evaluation."""
    return _LITERAL.match(text) is not None


def sized(type_: Any, dialect: Any) -> tuple[str, tuple[int, ...]]:
    """Return a type's SQL as word and numbers: VARCHAR(20) is ("VARCHAR", (20,))."""
    text = compile_type(type_, dialect)
    numbers = tuple(int(number) for number in re.findall(r"\d+", text.partition("(")[2]))
    return text.partition("(")[0].strip(), numbers


def show_columns(columns: Any) -> str:
    """Return names of columns as Python source."""
    return repr([getattr(column, "name", None) or str(column) for column in columns])
