"""CREATE VIEW and CREATE TABLE AS as statements, and in the life of a MetaData."""

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest

from orm import (
    Column,
    CreateTableAs,
    CreateView,
    DropView,
    Integer,
    MetaData,
    String,
    Table,
    exc,
    func,
    literal,
    select,
    text,
    union,
)


@pytest.fixture
def words():
    return Table(
        "words", MetaData(), Column("id", Integer, primary_key=True), Column("word", String(20))
    )


def shown(statement):
    return " ".join(str(statement).split())


def test_a_view(words):
    view = CreateView(select(words).where(words.c.id > 5, words.c.word != "it's"), "long_words")
    assert shown(view) == (
        "CREATE VIEW long_words AS SELECT words.id, words.word FROM words "
        "WHERE words.id > 5 AND words.word != 'it''s'"
    )
    assert view.table.is_view
    assert not words.is_view
    assert view.table.c.keys() == ["id", "word"]
    assert not view.table.c.id.primary_key
    assert view.table.metadata is not words.metadata


@pytest.mark.parametrize(
    ("options", "beginning"),
    [
        ({"or_replace": True}, "CREATE OR REPLACE VIEW v AS"),
        ({"temporary": True}, "CREATE TEMPORARY VIEW v AS"),
        ({"materialized": True}, "CREATE MATERIALIZED VIEW v AS"),
        ({"schema": "Other"}, 'CREATE VIEW "Other".v AS'),
    ],
)
def test_kinds_of_views(words, options, beginning):
    assert shown(CreateView(select(words.c.id), "v", **options)).startswith(beginning)


def test_dropping_a_view(words):
    view = CreateView(select(words.c.id), "v").table
    assert shown(DropView(view)) == "DROP VIEW v"
    assert shown(DropView(view, if_exists=True, materialized=True)) == (
        "DROP MATERIALIZED VIEW IF EXISTS v"
    )


def test_a_table_of_the_result(words):
    counted = select(words.c.word, func.count().label("n")).group_by(words.c.word)
    made = CreateTableAs(counted, "counts", temporary=True, if_not_exists=True)
    assert shown(made) == (
        "CREATE TEMPORARY TABLE IF NOT EXISTS counts AS SELECT words.word, count(*) AS n FROM words "
        "GROUP BY words.word"
    )
    assert isinstance(made.table.c.n.type, Integer)
    assert shown(counted.into("counts")) == shown(CreateTableAs(counted, "counts"))


def test_made_up_names_are_those_of_the_table(words):
    made = CreateTableAs(select(func.max(words.c.id), literal(3)), "t")
    for name in made.table.c.keys():
        assert f"AS {name}" in shown(made)


def test_unions_and_common_table_expressions(words):
    part = select(words.c.id).where(words.c.id < 3).cte("part")
    both = union(select(part.c.id), select(words.c.id))
    assert shown(CreateView(both, "v")).startswith(
        "CREATE VIEW v AS WITH part AS (SELECT words.id AS id FROM words WHERE words.id < 3) SELECT part.id"
    )


def test_what_cannot_be_made(words):
    with pytest.raises(exc.CompileError, match="text without a name"):
        CreateView(select(words.c.id, text("1 + 1")), "v")
    with pytest.raises(exc.ArgumentError, match="CreateView takes a SELECT"):
        CreateView(words, "v")


def test_as_part_of_a_metadata(words, sqlite_engine):
    metadata = words.metadata
    view = CreateView(select(words).where(words.c.id > 1), "a_view", metadata=metadata).table
    assert metadata.sorted_tables == [words, view]
    metadata.create_all(sqlite_engine)
    metadata.create_all(sqlite_engine)
    with sqlite_engine.begin() as connection:
        connection.execute(words.insert(), [{"id": 1, "word": "a"}, {"id": 2, "word": "b"}])
        assert connection.execute(select(view)).all() == [(2, "b")]
    metadata.drop_all(sqlite_engine)


def test_copies_and_pickles_stay_views(words):
    metadata = words.metadata
    view = CreateView(select(words.c.id), "a_view", metadata=metadata).table
    copied = view.to_metadata(MetaData(), schema="other")
    assert copied.is_view
    assert shown(copied._creator).startswith("CREATE VIEW other.a_view AS")
    assert pickle.loads(pickle.dumps(metadata)).tables["a_view"].is_view


def test_into_may_be_the_first_that_is_used() -> None:
    code = "from orm import column, select; print(select(column('a')).into('t', temporary=True))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert " ".join(done.stdout.split()) == "CREATE TEMPORARY TABLE t AS SELECT a"
