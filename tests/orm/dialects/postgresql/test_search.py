"""The functions of the full text search, on a real server."""

from __future__ import annotations

import pytest

from orm import func, select
from orm.dialects.postgresql import TSQUERY, TSVECTOR

pytestmark = pytest.mark.parametrize("db_kind", ["postgresql"], indirect=True)

VECTOR = func.to_tsvector("english", "The quick foxes jump")
CASES = [
    (VECTOR.match("fox", postgresql_regconfig="english"), True),
    (VECTOR.bool_op("@@")(func.to_tsquery("english", "fox & jumping")), True),
    (VECTOR.bool_op("@@")(func.to_tsquery("fox <-> quick")), False),
    (VECTOR.bool_op("@@")(func.plainto_tsquery("english", "jumps foxes")), True),
    (VECTOR.bool_op("@@")(func.phraseto_tsquery("english", "quick fox")), True),
    (VECTOR.bool_op("@@")(func.websearch_to_tsquery("english", "fox -cat")), True),
    (func.ts_headline("simple", "a b c", func.to_tsquery("simple", "b")), "a <b>b</b> c"),
    (func.ts_headline("a b c", func.to_tsquery("simple", "b")), "a <b>b</b> c"),
    (
        func.ts_headline("a b", func.to_tsquery("simple", "b"), "StartSel=[, StopSel=]"),
        "a [b]",
    ),
    (
        func.ts_headline("simple", "a b", func.to_tsquery("simple", "b"), "StartSel=[, StopSel=]"),
        "a [b]",
    ),
]


@pytest.mark.parametrize(("expression", "value"), CASES, ids=[str(i) for i in range(len(CASES))])
def test_functions(engine, expression, value):
    with engine.connect() as connection:
        assert connection.scalar(select(expression)) == value


def test_types(engine):
    assert isinstance(VECTOR.type, TSVECTOR)
    assert isinstance(func.websearch_to_tsquery("x").type, TSQUERY)
