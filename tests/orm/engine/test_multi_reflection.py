"""Which tables a question about many is about, and in which order tables depend on each other."""

from __future__ import annotations

from typing import Any

import pytest

from orm import (
    Column,
    Engine,
    ForeignKey,
    Integer,
    MetaData,
    ObjectKind,
    ObjectScope,
    String,
    Table,
    UniqueConstraint,
    exc,
    inspect,
)
from orm.dialects.postgresql import PGInspector

metadata = MetaData()
Table("b", metadata, Column("id", Integer, primary_key=True), Column("a_id", ForeignKey("a.id")))
Table(
    "a",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(20), index=True),
    UniqueConstraint("name", name="uq_name"),
)
Table(
    "left",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("r", ForeignKey("right.id", name="fk_left", use_alter=True)),
)
Table(
    "right",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("l", ForeignKey("left.id", name="fk_right")),
    Column("me", ForeignKey("right.id", name="fk_me")),
)


@pytest.fixture
def inspector(engine: Engine) -> Any:
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute("CREATE VIEW v AS SELECT id FROM a")
    return inspect(engine)


def test_one_answer_per_table(inspector: Any) -> None:
    found = inspector.get_multi_columns()
    assert set(found) == {(None, name) for name in ("a", "b", "left", "right")}
    assert [column["name"] for column in found[None, "a"]] == ["id", "name"]
    assert found[None, "a"] == inspector.get_columns("a")
    for question in (
        "pk_constraint",
        "foreign_keys",
        "indexes",
        "unique_constraints",
        "check_constraints",
        "table_options",
    ):
        found = getattr(inspector, f"get_multi_{question}")(filter_names=["a", "missing"])
        assert found == {(None, "a"): getattr(inspector, f"get_{question}")("a")}, question


def test_kinds(inspector: Any) -> None:
    views = inspector.get_multi_columns(kind=ObjectKind.VIEW)
    assert list(views) == [(None, "v")]
    assert set(inspector.get_multi_columns(kind=ObjectKind.ANY)) > set(views)


def test_order_by_dependency(inspector: Any) -> None:
    order = inspector.get_sorted_table_and_fkc_names()
    names = [name for name, _ in order]
    assert names.index("a") < names.index("b")
    assert names[-1] is None
    assert {name for _, name in order[-1][1]} == {"fk_left", "fk_right"}
    assert inspector.sort_tables_on_foreign_key_dependency()[0][0][0] is None


def test_reflect_table(inspector: Any) -> None:
    table = Table("b", MetaData())
    inspector.reflect_table(table, None)
    assert table.c.keys() == ["id", "a_id"]
    assert "a" in table.metadata.tables
    table = Table("a", MetaData())
    inspector.reflect_table(table, None, exclude_columns=["name"])
    assert table.c.keys() == ["id"]
    with pytest.raises(exc.NoSuchTableError):
        inspector.reflect_table(Table("missing", MetaData()), None)


def test_options_of_a_missing_table(inspector: Any) -> None:
    with pytest.raises(exc.NoSuchTableError):
        inspector.get_table_options("missing")


def test_temporary_tables(engine: Engine, db_kind: str) -> None:
    with engine.connect() as connection:
        connection.execute("CREATE TEMPORARY TABLE temp_one (x INTEGER)")
        inspector = inspect(connection)
        if db_kind == "mariadb":
            with pytest.raises(NotImplementedError, match="temporary"):
                inspector.get_temp_table_names()
            return
        assert inspector.get_temp_table_names() == ["temp_one"]
        assert inspector.get_temp_view_names() == []
        found = inspector.get_multi_columns(scope=ObjectScope.TEMPORARY)
        assert [name for _, name in found] == ["temp_one"]


def test_options(engine: Engine, db_kind: str) -> None:
    options: dict[str, dict[str, Any]] = {
        "sqlite": {"sqlite_strict": True, "sqlite_with_rowid": False},
        "postgresql": {},
        "mariadb": {
            "mysql_engine": "InnoDB",
            "mysql_charset": "utf8mb4",
            "mysql_collate": "utf8mb4_bin",
        },
    }
    given = options[db_kind]
    table = Table("t", MetaData(), Column("id", Integer, primary_key=True), **given)
    table.create(engine)
    assert inspect(engine).get_table_options("t") == given
    again = Table("u", MetaData(), Column("id", Integer, primary_key=True), **given)
    again.create(engine)


@pytest.mark.parametrize("db_kind", ["postgresql"], indirect=True)
def test_what_only_postgresql_tells(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute("CREATE TYPE mood AS ENUM ('sad', 'it''s ok')")
        connection.execute("CREATE DOMAIN small AS integer DEFAULT 1 NOT NULL CHECK (VALUE < 10)")
        connection.execute("CREATE MATERIALIZED VIEW m AS SELECT 1 AS x")
        connection.execute("CREATE SEQUENCE s")
        connection.execute("CREATE TABLE t (id integer)")
    inspector = inspect(engine)
    assert isinstance(inspector, PGInspector)
    (mood,) = inspector.get_enums()
    assert (mood["name"], mood["labels"], mood["visible"]) == ("mood", ["sad", "it's ok"], True)
    (small,) = inspector.get_domains("*")
    assert (small["name"], small["type"], small["nullable"], small["default"]) == (
        "small",
        "integer",
        False,
        "1",
    )
    assert small["constraints"][0]["check"] == "(VALUE < 10)"
    assert inspector.get_materialized_view_names() == ["m"]
    assert inspector.get_sequence_names() == ["s"]
    assert inspector.get_foreign_table_names() == []
    assert inspector.get_table_oid("t") > 0
    with pytest.raises(exc.NoSuchTableError):
        inspector.get_table_oid("missing")
    assert inspector.has_type("mood")
    assert not inspector.has_type("missing")
