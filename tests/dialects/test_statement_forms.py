"""Each form of statement has its text on each database, and gives the same rows on all that have it.

The texts are recorded in statement_texts/<database>.sql. To record them anew after a deliberate change:
`ORM_WRITE_FORMS=1 python -m pytest tests/dialects/test_statement_forms.py`; then read the difference.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from orm import insert
from orm.dialects import mysql, postgresql, sqlite
from orm.engine import Engine
from orm.exc import CompileError, DBAPIError, UnsupportedCompilationError
from tests.dialects.statement_forms import FORMS, PEOPLE, TEAMS, Form, metadata, people, teams

TEXTS = Path(__file__).with_name("statement_texts")


def make_mariadb() -> Any:
    dialect = mysql.dialect()
    dialect.is_mariadb = dialect.insert_returning = dialect.delete_returning = True
    return dialect


DIALECTS = {"sqlite": sqlite.dialect(), "postgresql": postgresql.dialect(), "mysql": make_mariadb()}


def render(form: Form, dialect: Any) -> str:
    """The text of a form in one line, or that it is refused."""
    try:
        compiled = form.build().compile(dialect=dialect)
    except (CompileError, UnsupportedCompilationError):
        return "refused"
    return " ".join(str(compiled).split())


def recorded(name: str) -> dict[str, str]:
    """Form -> text, as recorded for a database."""
    blocks = (TEXTS / f"{name}.sql").read_text().strip().split("\n\n")
    pairs = [block.removeprefix("-- ").split("\n", 1) for block in blocks]
    return {form: text for form, text in pairs}  # noqa: C416 - says what the pairs are


@pytest.mark.parametrize("name", DIALECTS)
def test_texts(name: str) -> None:
    texts = {form: render(FORMS[form], DIALECTS[name]) for form in FORMS}
    if os.environ.get("ORM_WRITE_FORMS"):
        blocks = [f"-- {form}\n{text}\n" for form, text in texts.items()]
        (TEXTS / f"{name}.sql").write_text("\n".join(blocks))
    assert texts == recorded(name)


@pytest.mark.parametrize("name", FORMS)
def test_execution(filled: Engine, name: str) -> None:
    form = FORMS[name]
    statement = form.build()
    with filled.connect() as connection:
        if filled.dialect.name in form.lacking:
            with pytest.raises((CompileError, UnsupportedCompilationError, DBAPIError)):
                connection.execute(statement).all()
            return
        result = connection.execute(statement)
        found = result.all() if form.after is None else connection.execute(form.after).all()
    assert sorted(map(repr, map(tuple, found))) == sorted(map(repr, as_read(form.rows, found)))


def as_read(rows: list[tuple[Any, ...]], found: Any) -> list[tuple[Any, ...]]:
    """The expected rows with numbers of the kind that the database gave, where they are equal."""
    kinds: dict[Any, Any] = {value: value for row in found for value in row if value is not None}
    return [tuple(kinds.get(value, value) for value in row) for row in rows]


@pytest.fixture
def filled(engine: Engine) -> Engine:
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(teams), TEAMS)
        connection.execute(insert(people), PEOPLE)
    return engine
