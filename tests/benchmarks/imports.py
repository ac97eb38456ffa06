"""The cases `import` and `start`: what a new interpreter spends until a library can be used, and has been used.

Modules that are loaded late make an import cheaper, and the first program dearer; hence both.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile

from tests.benchmarks.cases import Steps
from tests.benchmarks.databases import Place

#: the names that applications use, from where they import them
STATEMENTS = {
    "raw": {"sqlite": "import sqlite3", "postgresql": "import psycopg"},
    "orm": "from orm import DateTime, DeclarativeBase, ForeignKey, Mapped, Numeric, Session, String, "
    "create_engine, func, mapped_column, relationship, select, selectinload, sessionmaker",
    "sqlalchemy": "from sqlalchemy import DateTime, ForeignKey, Numeric, String, create_engine, func, select; "
    "from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, "
    "selectinload, sessionmaker",
    "django": "from django.db import models, transaction",
    "peewee": "from peewee import CharField, DateTimeField, DecimalField, ForeignKeyField, Model, "
    "SqliteDatabase, fn, prefetch",
    "pony": "from pony.orm import Database, Optional, PrimaryKey, Required, Set, commit, db_session, select",
}


def import_steps(library: str, place: Place) -> Steps:
    """Measure CPU milliseconds beyond those of an empty program."""
    statement = STATEMENTS[library]
    if isinstance(statement, dict):
        statement = statement[place.kind]
    return _program_steps("-c", statement)


def start_steps(library: str) -> Steps:
    """Measure CPU milliseconds of a whole first program beyond those of an empty one."""
    return _program_steps("-m", f"tests.benchmarks.starts.{library}")


def _program_steps(*program: str) -> Steps:
    with tempfile.TemporaryDirectory() as compiled:
        _run(compiled, *program)
        yield
        runs = [(_run(compiled, "-c", "pass"), _run(compiled, *program)) for _ in range(8)]
        empty = min(cpu for (cpu, _), _ in runs)
        taken = min(cpu for _, (cpu, _) in runs)
        yield (taken - empty) * 1000
    return runs[0][1][1]


def _run(compiled: str, *program: str) -> tuple[float, str]:
    """Return the CPU seconds of a program, and what it printed. compiled: where the byte code of modules is kept."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": compiled}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [sys.executable, *program], check=True, env=environment, capture_output=True, text=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout
