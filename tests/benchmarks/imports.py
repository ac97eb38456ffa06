"""The import case: what `import library` takes in a new interpreter."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile

from tests.benchmarks.cases import Steps
from tests.benchmarks.databases import Place

#: what a program imports to use the library with a mapped class
STATEMENTS = {
    "raw": {"sqlite": "import sqlite3", "postgresql": "import psycopg"},
    "orm": "import orm",
    "sqlalchemy": "import sqlalchemy, sqlalchemy.orm",
    "django": "import django.db.models",
    "peewee": "import peewee",
    "pony": "import pony.orm",
}


def import_steps(library: str, place: Place) -> Steps:
    """Measure CPU milliseconds beyond those of an empty program."""
    statement = STATEMENTS[library]
    if isinstance(statement, dict):
        statement = statement[place.kind]
    with tempfile.TemporaryDirectory() as compiled:
        _cpu_of(statement, compiled)
        yield
        empty = min(_cpu_of("pass", compiled) for _ in range(3))
        taken = min(_cpu_of(statement, compiled) for _ in range(3))
        yield (taken - empty) * 1000
    return "imported"


def _cpu_of(statement: str, compiled: str) -> float:
    """Return the CPU seconds of a program. compiled: where the byte code of modules is kept."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": compiled}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    subprocess.run([sys.executable, "-c", statement], check=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
