"""The list of what is measured: name, title, and the ratio to raw code that we want to reach.

A case is a method of the same name on each library (tests/benchmarks/libraries). It is a
generator: what runs between its first and its second `yield` is timed, and what it returns must
be equal for all libraries. A value given to the second `yield` is the measurement itself, in
place of seconds. A library without the method does not take part in the case.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

Steps = Generator[Any, None, object]


@dataclass(frozen=True)
class Case:
    """One line of the table.

    goal: ours / raw, at most. method, argument: the method of the library, and what it is given.
    unit: "s", "bytes" or "ms". rounds: at most so many, for cases which take long.
    """

    name: str
    title: str
    goal: float | None = None
    method: str = ""
    argument: int | None = None
    unit: str = "s"
    rounds: int = 99
    only: tuple[str, ...] = ()


MAIN = (
    Case("load", "load 10,000 entities of 8 columns", 1.7),
    Case("wide", "load 5,000 with Decimal, datetime, Enum, JSON, UUID", 1.3),
    Case("rows", "10,000 rows of 5 columns", 1.2),
    Case("get", "get by key in a fresh session, 300 times", 2.5),
    Case("identity", "get from the identity map, 3,000 times"),
    Case("filter", "fresh session, filter, 20 entities, 100 times", 1.8),
    Case("selectin", "1,000 parents x 10 children, selectin", 2.3),
    Case("joined", "1,000 parents x 10 children, joined", 2.5),
    Case("lazy", "plain access over 200 parents", 0.5),
    Case("m2m", "1,000 articles x 5 tags, many-to-many", 2.5),
    Case("insert", "insert flush of 10,000, generated keys", 2.5),
    Case("commit", "insert + commit, 100 times", 2.0),
    Case("bulk", "bulk insert of 10,000", 1.6),
    Case("update", "update flush of 2,000", 4.0),
    Case("delete", "delete flush of 2,000", 3.5),
    Case("expire", "change, commit, read again, 100 times", 2.5),
    Case("savepoint", "savepoint, 300 times", 10.0),
    Case("execute", "build + execute with new values, 200 times", 2.5),
    Case("core_rows", "core: 10,000 rows of 5 columns", 1.3),
    Case("core_execute", "core: one statement, new parameters, 300 times"),
    Case("core_insert", "core: executemany of 10,000"),
    Case("read", "1,000,000 attribute reads", 4.0, rounds=3),
    Case("write", "1,000,000 attribute writes", 25.0, rounds=3),
    Case("memory", "memory per entity, 100,000 alive", 1.6, unit="bytes", rounds=1),
)

WEB = (
    Case("web_read", "Flask: read one", 1.5),
    Case("web_list", "Flask: list 20 with a relationship", 1.8),
    Case("web_create", "Flask: create one", 1.6),
)

ALONE = (
    Case("compile", "build + compile, not cached, 100 times"),
    Case("import", "import", unit="ms", rounds=3),
    Case("start", "first program, on SQLite", unit="ms", rounds=3),
)

GROWTH = tuple(
    Case(
        f"{verb}_{count}",
        f"{verb} {count:,}",
        method={"load": "load", "flush": "insert"}[verb],
        argument=count,
        rounds=1 if count == 100_000 else 4,
        only=("raw", "orm", "sqlalchemy"),
    )
    for verb in ("load", "flush")
    for count in (1_000, 10_000, 100_000)
)

CASES = {case.name: case for case in (*MAIN, *WEB, *ALONE, *GROWTH)}
