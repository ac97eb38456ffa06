"""A column (or table) that goes while a like one comes: was it renamed?

A comparison of two schemas cannot know. At a terminal the command asks; elsewhere it says so, and
`--rename old:new` or `--no-rename` answers. What was renamed becomes a rename in the script, with the
data kept.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import click

from flask_ormsession.errors import MigrationError

_TABLES_ALIKE = 0.5  # the share of column names that two tables have in common

# Words for one kind of values, which databases and drivers spell differently.
_KINDS = (
    {
        "VARCHAR",
        "CHAR",
        "TEXT",
        "LONGTEXT",
        "MEDIUMTEXT",
        "TINYTEXT",
        "NVARCHAR",
        "CHARACTER",
        "ENUM",
    },
    {"INTEGER", "INT", "BIGINT", "SMALLINT", "TINYINT", "MEDIUMINT", "BOOL", "BOOLEAN"},
    {"NUMERIC", "DECIMAL", "FLOAT", "REAL", "DOUBLE"},
    {"DATETIME", "TIMESTAMP", "DATE"},
    {"BLOB", "LONGBLOB", "BYTEA", "VARBINARY", "BINARY"},
    {"JSON", "JSONB"},
)


@dataclass(frozen=True)
class Pair:
    """Something that goes and something that comes. table: None where the two are tables."""

    table: str | None
    old: str
    new: str

    @property
    def spec(self) -> str:
        """What `--rename` says for it."""
        return (
            f"{self.old}:{self.new}"
            if self.table is None
            else f"{self.table}.{self.old}:{self.new}"
        )

    def is_meant_by(self, spec: str) -> bool:
        """Whether a `--rename` names this pair, with or without the table in front of columns."""
        old, _, new = spec.partition(":")
        return old in self._names(self.old) and new in self._names(self.new)

    def _names(self, name: str) -> set[str]:
        if self.table is None:
            return {name, name.rpartition(".")[2]}
        bare_table = self.table.rpartition(".")[2]
        return {name, f"{self.table}.{name}", f"{bare_table}.{name}"}

    def describe(self) -> str:
        """Return it as words for a question."""
        kind = "the table" if self.table is None else "the column"
        front = "" if self.table is None else f"{self.table}."
        return f"{kind} {front}{self.old} to {self.new}"


@dataclass
class Answers:
    """What the user says of renames: beforehand with options, or when asked.

    specs: of `--rename`. refuse_others: of `--no-rename`.
    """

    specs: tuple[str, ...] = ()
    refuse_others: bool = False
    used: set[str] = field(default_factory=set)
    unanswered: list[Pair] = field(default_factory=list)

    @classmethod
    def read(cls, specs: Sequence[str], *, refuse_others: bool) -> Answers:
        """Return the answers in options. Raises MigrationError for one without a colon."""
        for spec in specs:
            old, _, new = spec.partition(":")
            if not old or not new or ":" in new:
                raise MigrationError(
                    f"--rename {spec} has no old and new name. Write it as `--rename "
                    "item.titel:title` for a column, `--rename items:products` for a table."
                )
        return cls(tuple(specs), refuse_others)

    def is_told(self, pair: Pair) -> bool:
        """Whether an option names the pair."""
        found = [spec for spec in self.specs if pair.is_meant_by(spec)]
        self.used.update(found)
        return bool(found)

    def ask(self, pair: Pair) -> bool:
        """Ask for a pair that no option names; False, and noted, where nobody can be asked."""
        if self.refuse_others:
            return False
        if sys.stdin.isatty() and sys.stdout.isatty():
            return click.confirm(f"Did you rename {pair.describe()}?", default=False)
        self.unanswered.append(pair)
        return False

    def finish(self) -> None:
        """Give notice of what could not be asked. Raises MigrationError for an option that fits
        nothing."""
        for spec in self.specs:
            if spec not in self.used:
                raise MigrationError(
                    f"--rename {spec} fits nothing: the old name must be one that the database has "
                    "and the models have not, the new name the other way round, columns in the same "
                    "table."
                )
        for pair in self.unanswered:
            click.echo(
                f"Did you rename {pair.describe()}? The script drops the one and adds the other, and "
                f"with the old one its data goes. If it was a rename, delete the script and run "
                f"`flask db migrate --rename {pair.spec}`; `--no-rename` says that it was not.",
                err=True,
            )


def find_renamed(answers: Answers, every: Sequence[Pair], candidates: Sequence[Pair]) -> list[Pair]:
    """Return the pairs that are renames; each name is in one of them at most.

    every: all pairs, of which options may name any. candidates: those worth a question, likeliest
    first.
    """
    found: list[Pair] = []
    free_old, free_new = {pair.old for pair in every}, {pair.new for pair in every}
    for pairs, decide in ((every, answers.is_told), (candidates, answers.ask)):
        for pair in pairs:
            if pair.old in free_old and pair.new in free_new and decide(pair):
                found.append(pair)
                free_old.discard(pair.old)
                free_new.discard(pair.new)
    return found


def rank_columns(
    table: str, dropped: Sequence[Any], added: Sequence[Any], dialect: Any
) -> list[Pair]:
    """Return the pairs of columns that hold one kind of values, the most alike names first."""
    pairs = [
        Pair(table, old.name, new.name)
        for old in dropped
        for new in added
        if has_same_kind(old.type, new.type, dialect)
    ]
    return sorted(pairs, key=lambda pair: -similarity(pair.old, pair.new))


def rank_tables(dropped: Sequence[Any], added: Sequence[Any]) -> list[Pair]:
    """Return the pairs of tables that share half their column names, the most alike first."""
    scored = [
        (share_of_columns(old, new), Pair(None, full_name(old), full_name(new)))
        for old in dropped
        for new in added
        if old.schema == new.schema
    ]
    alike = [item for item in scored if item[0] >= _TABLES_ALIKE]
    return [pair for _, pair in sorted(alike, key=lambda item: -item[0])]


def full_name(item: Any) -> str:
    """Return the name of a table, or of the table of an operation, with its schema."""
    name = getattr(item, "table_name", None) or item.name
    return f"{item.schema}.{name}" if item.schema else str(name)


def similarity(old: str, new: str) -> float:
    """Return how alike two names are, 0 to 1."""
    return difflib.SequenceMatcher(None, old.lower(), new.lower()).ratio()


def share_of_columns(old: Any, new: Any) -> float:
    """Return the share of column names that two tables have in common, 0 to 1."""
    first, second = {c.name for c in old.columns}, {c.name for c in new.columns}
    return len(first & second) / max(len(first | second), 1)


def has_same_kind(old: Any, new: Any, dialect: Any) -> bool:
    """Whether two types hold one kind of values."""
    words = {compile_type(type_, dialect).split("(")[0].split()[0] for type_ in (old, new)}
    return len(words) == 1 or any(words <= kind for kind in _KINDS)


def compile_type(type_: Any, dialect: Any) -> str:
    """Return the SQL of a type; "?" for one that has none."""
    try:
        return str(type_.compile(dialect=dialect)).upper() or "?"
    except Exception:
        return "?"
