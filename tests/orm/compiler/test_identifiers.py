"""Which names are quoted, and that none can end its own quotes."""

from __future__ import annotations

import pytest

from orm import exc
from orm.schema import Column, MetaData, Table, quoted_name
from orm.sql.select import select
from orm.types.scalar import Integer


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("plain", "plain"),
        ("with_1", "with_1"),
        ("order", '"order"'),
        ("Mixed", '"Mixed"'),
        ("two words", '"two words"'),
        ("1st", '"1st"'),
        ('a"b', '"a""b"'),
        ("a;b", '"a;b"'),
        ("line\nbreak", '"line\nbreak"'),
        ("größe", '"größe"'),
        ("x%y", '"x%y"'),
    ],
)
def test_quoting(dialects, name, written):
    assert dialects["default"].identifier_preparer.quote(name) == written


def test_backticks(dialects):
    quote = dialects["mysql"].identifier_preparer.quote
    assert quote("a`b") == "`a``b`"
    assert quote("key") == "`key`"
    assert quote("plain") == "plain"


def test_a_name_may_decide_for_itself(dialects):
    quote = dialects["default"].identifier_preparer.quote
    assert quote(quoted_name("plain", True)) == '"plain"'
    assert quote(quoted_name("Mixed", False)) == "Mixed"
    assert quote(quoted_name("Mixed", None)) == '"Mixed"'


@pytest.mark.parametrize("name", ["", "a\x01b", "a\x00b", "\x02"])
def test_impossible_names_are_refused(dialects, name):
    with pytest.raises(exc.IdentifierError):
        dialects["default"].identifier_preparer.quote(name)


def test_columns_of_any_name(dialects):
    table = Table("t", MetaData(), Column('a%:b\n"c', Integer, key="x"))
    statement = select(table.c.x).where(table.c.x == 1)
    sql, args = statement.compile(dialect=dialects["postgresql"]).make_args()
    assert sql == 'SELECT t."a%%:b\n""c" \nFROM t \nWHERE t."a%%:b\n""c" = %s'
    assert args == (1,)
