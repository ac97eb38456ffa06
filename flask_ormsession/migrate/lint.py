"""`flask db lint`: what pending migrations would do to a database that is in use.

An operation that has to be is exempted on its own lines, or on the comment lines above it:

    # lint: allow create-index: settings has 40 rows
    op.create_index("ix_settings_key", "settings", ["key"])
"""

from __future__ import annotations

import inspect as python_inspect
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from alembic.operations import ops

from flask_ormsession.migrate import rules_mariadb, rules_postgresql
from flask_ormsession.migrate.environment import make_target, make_targets
from flask_ormsession.migrate.positions import find_scripts, make_script_directory, read_positions
from flask_ormsession.migrate.recorder import MOCK_URLS, Recording, Step, record
from flask_ormsession.migrate.rules import (
    ONE_WAY,
    Surroundings,
    Verdict,
    judge_both,
    judge_text,
    sql_of,
    table_of,
)
from flask_ormsession.state import get_app, get_state

LABELS = {"postgresql": "PostgreSQL", "mariadb": "MariaDB"}
_RULES: dict[str, Any] = {"postgresql": rules_postgresql, "mariadb": rules_mariadb}
_EXEMPTION = re.compile(r"#\s*lint:\s*allow\s+([\w-]+)\s*(?:[:,-]+\s*(.*))?$")
EMPTY_REASON = "exemption-without-reason"


@dataclass(frozen=True)
class Finding:
    """One verdict on one place of a script. databases: of which kinds it holds."""

    path: Path
    line: int
    verdict: Verdict
    databases: tuple[str, ...]


@dataclass(frozen=True)
class Pending:
    """A script to judge, for kinds of databases. engine_name: its argument, if it takes one."""

    script: Any
    kinds: tuple[str, ...]
    engine_name: str | None


def find_pending(config: Any, revisions: str | None, kinds: Sequence[str]) -> list[Pending]:
    """Return the scripts to judge.

    revisions: "START:END", or None for those that the databases have not seen. kinds: "postgresql",
    "mariadb"; empty for what the app runs on, or both if that is neither.
    """
    scripts = make_script_directory(config)
    if revisions is None:
        return [
            Pending(script, _choose_kinds(position.target, kinds), position.target.name)
            for position in read_positions(config)
            for script in find_scripts(scripts, "heads", position.revisions)
        ]
    lower, _, upper = revisions.rpartition(":")
    found = find_scripts(scripts, upper or "heads", lower or None)
    state = get_state(get_app())
    pending = []
    for script in found:
        several = bool(python_inspect.signature(script.module.upgrade).parameters)
        targets = make_targets(state, config) if several else [make_target(state)]
        pending += [
            Pending(script, _choose_kinds(target, kinds), target.name) for target in targets
        ]
    return pending


def _choose_kinds(target: Any, kinds: Sequence[str]) -> tuple[str, ...]:
    if kinds:
        return tuple(kinds)
    name = {"mysql": "mariadb"}.get(target.engine.dialect.name, target.engine.dialect.name)
    return (name,) if name in MOCK_URLS else tuple(MOCK_URLS)


def lint(config: Any, revisions: str | None, kinds: Sequence[str]) -> int:
    """Judge pending migrations and print what was found; returns the number of findings."""
    pending = find_pending(config, revisions, kinds)
    if not pending:
        click.echo("No migration is pending.")
        return 0
    found: dict[tuple[Path, int, Verdict], list[str]] = {}
    for kind in MOCK_URLS:
        judge = Judge(kind)
        for item in pending:
            if kind in item.kinds:
                for path, line, verdict in judge.judge_script(item):
                    places = found.setdefault((path, line, verdict), [])
                    places.extend([LABELS[kind]] if LABELS[kind] not in places else [])
    findings = [Finding(*key, tuple(labels)) for key, labels in found.items()]
    for finding in sorted(findings, key=lambda item: (str(item.path), item.line)):
        click.echo(show(finding) + "\n")
    scripts = {item.script.revision for item in pending}
    labels = " and ".join(
        LABELS[kind] for kind in MOCK_URLS if any(kind in p.kinds for p in pending)
    )
    click.echo(
        f"{len(findings) or 'No'} finding{'' if len(findings) == 1 else 's'} in {len(scripts)} "
        f"migration{'' if len(scripts) == 1 else 's'}, judged for {labels}."
    )
    return len(findings)


class Judge:
    """Judges scripts for one kind of database, in their order, remembering what they made."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.rules = _RULES[kind]
        self.around: dict[str | None, Surroundings] = {}
        self.checks: dict[str, tuple[str, str]] = {}

    def judge_script(self, item: Pending) -> Iterator[tuple[Path, int, Verdict]]:
        """Yield path, line and verdict for what is not exempted."""
        path = Path(item.script.path)
        lines = path.read_text("utf-8").splitlines()
        upgrade = record(item.script, "upgrade", self.kind, item.engine_name)
        for step in upgrade.steps:
            for verdict in self.judge_step(step, item.engine_name):
                yield from _unless_exempted(path, lines, step.lines, verdict)
        if upgrade.error is not None:
            yield path, 1, _not_judged(upgrade)
        downgrade = record(item.script, "downgrade", self.kind, item.engine_name)
        if upgrade.steps and not downgrade.steps:
            span = _span_of(item.script.module.downgrade)
            yield from _unless_exempted(path, lines, span, _one_way(downgrade))

    def judge_step(self, step: Step, engine_name: str | None) -> list[Verdict]:
        """Return what is wrong with one operation, and remember what it made."""
        if engine_name not in self.around:
            dialect = record_dialect(self.kind)
            self.around[engine_name] = Surroundings(dialect)
        around = self.around[engine_name]
        op = step.operation
        if isinstance(op, ops.CreateTableOp):
            around.created.add(op.table_name)
            return []
        if isinstance(op, ops.ExecuteSQLOp):
            text = sql_of(op, around.dialect)
            rules_postgresql.learn(text, self.checks, around)
            if made := re.match(r"CREATE TABLE (?:IF NOT EXISTS )?[\"`]?(\w+)", text, re.I):
                around.created.add(made[1])
            return [*judge_text(text, around), *self.rules.judge_text(text, step, around)]
        if (unproved := rules_postgresql.find_unproved(op, around.dialect)) is not None:
            self.checks[str(op.constraint_name)] = unproved
        if table_of(op) in around.created:
            if isinstance(op, ops.RenameTableOp):
                around.created.add(op.new_table_name)
            return []
        return [*judge_both(step, around), *self.rules.judge(step, around)]


def record_dialect(kind: str) -> Any:
    """Return SQLAlchemy's dialect for a kind of database."""
    from flask_ormsession.migrate.bridge import make_mock_bind

    return make_mock_bind(MOCK_URLS[kind], print).dialect


def _span_of(function: Any) -> tuple[int, int]:
    lines, first = python_inspect.getsourcelines(function)
    return first, first + len(lines) - 1


def _one_way(downgrade: Recording) -> Verdict:
    why = "does nothing" if downgrade.error is None else f"raises {downgrade.error!r}"
    return Verdict(
        "irreversible",
        ONE_WAY,
        f"downgrade() {why}, while upgrade() changes the database: a deploy that goes wrong cannot be "
        "taken back.",
        "Write the way back, or say in an exemption inside downgrade() why there is none.",
    )


def _not_judged(upgrade: Recording) -> Verdict:
    return Verdict(
        "not-judged",
        "unknown",
        f"The script needs answers of a database to go on ({upgrade.error!r}); what follows in it was "
        "not judged.",
        "Split it: what changes tables in one migration, what moves data in another.",
    )


def _unless_exempted(
    path: Path, lines: list[str], span: tuple[int, int], verdict: Verdict
) -> Iterator[tuple[Path, int, Verdict]]:
    """Yield the verdict, or what is wrong with its exemption, or nothing."""
    for number, rule, reason in find_exemptions(lines, span):
        if rule != verdict.rule:
            continue
        if not reason:
            yield (
                path,
                number,
                Verdict(
                    EMPTY_REASON,
                    "unknown",
                    f"The exemption from {rule} gives no reason.",
                    f"# lint: allow {rule}: the reason, for whoever reads this next year",
                ),
            )
        return
    yield path, span[0], verdict


def find_exemptions(lines: list[str], span: tuple[int, int]) -> Iterator[tuple[int, str, str]]:
    """Yield line number, rule and reason of the exemptions on some lines and in the comment above."""
    first, last = span
    while first > 1 and lines[first - 2].lstrip().startswith("#"):
        first -= 1
    for number in range(first, last + 1):
        found = _EXEMPTION.search(lines[number - 1])
        if found is not None:
            yield number, found[1], (found[2] or "").strip()


def show(finding: Finding) -> str:
    """Return a finding as text for people."""
    verdict = finding.verdict
    try:
        path = finding.path.relative_to(Path.cwd())
    except ValueError:
        path = finding.path
    safe = "\n".join(f"        {line}" for line in verdict.safe.splitlines())
    return (
        f"{path}:{finding.line}: {verdict.rule} ({verdict.kind}; {', '.join(finding.databases)})\n"
        f"    {verdict.what}\n"
        f"    Safe:\n{safe}"
    )
