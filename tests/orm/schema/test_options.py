"""Options of databases on schema items: misspelt ones are refused where they are written."""

from __future__ import annotations

import warnings

import pytest

from orm import exc
from orm.schema import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)
from orm.types.scalar import Integer


@pytest.mark.parametrize(
    ("make", "suggestion"),
    [
        (lambda: Table("t", MetaData(), mysql_engin="InnoDB"), "mysql_engine"),
        (lambda: Table("t", MetaData(), sqlite_autoincremnt=True), "sqlite_autoincrement"),
        (lambda: Index("ix", "a", postgresql_were="a > 1"), "postgresql_where"),
        (lambda: UniqueConstraint("a", postgresql_includes=["b"]), "postgresql_include"),
        (lambda: Column("a", Integer, sqlite_on_conflict_uniq="IGNORE"), "on_conflict_unique"),
        (lambda: ForeignKey("t.id", postgresql_notvalid=True), "postgresql_not_valid"),
    ],
)
def test_a_misspelt_option_is_refused_with_the_nearest(make, suggestion):
    with pytest.raises(exc.ArgumentError, match=f"Did you mean .*{suggestion}"):
        make()


def test_an_option_of_another_kind_of_item_is_refused_with_what_there_is():
    with pytest.raises(exc.ArgumentError, match="Known are postgresql_not_valid"):
        CheckConstraint("a > 1", postgresql_tablespace="x")
    with pytest.raises(exc.ArgumentError, match="none for this database"):
        Column("a", Integer, mysql_engine="InnoDB")


def test_a_name_without_a_dialect_is_no_argument():
    with pytest.raises(TypeError, match="no argument 'nullabel'"):
        Column("a", Integer, nullabel=True)
    with pytest.raises(TypeError, match="<dialect>_<option>"):
        PrimaryKeyConstraint("a", clustered=True)


def test_a_misspelt_dialect_is_warned_of():
    with pytest.warns(exc.SAWarning, match="no dialect 'mysq'. Did you mean mysql"):
        Table("t", MetaData(), mysq_engine="InnoDB")


def test_options_of_dialects_from_elsewhere_are_kept():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        index = Index("ix", "a", mssql_clustered=True)
    assert index.kwargs == {"mssql_clustered": True}


def test_options_by_dialect():
    table = Table(
        "t", MetaData(), mysql_engine="InnoDB", mysql_charset="utf8mb4", sqlite_strict=True
    )
    assert table.dialect_options == {
        "mysql": {"engine": "InnoDB", "charset": "utf8mb4"},
        "sqlite": {"strict": True},
    }
    assert table.to_metadata(MetaData()).kwargs == table.dialect_kwargs
