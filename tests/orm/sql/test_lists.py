"""Lists of conditions: flat where they can be, walked without recursion where they are nested."""

from __future__ import annotations

from orm import and_, bindparam, column, or_, select, table
from orm.sql.adapt import cloned_traverse
from orm.sql.cache_key import statement_key
from orm.sql.lists import BooleanClauseList

words = table("words", column("id"), column("word"))


def nested(levels):
    condition = words.c.id == 0
    for number in range(levels):
        other = words.c.id == number
        condition = condition & other if number % 2 else condition | other
    return condition


def test_lists_of_one_operator_are_joined():
    joined = and_(words.c.id == 1, and_(words.c.id == 2, words.c.id == 3))
    assert isinstance(joined, BooleanClauseList)
    assert len(joined.clauses) == 3


def test_nested_lists_are_written_with_brackets():
    assert str(nested(3)) == (
        "(words.id = :id_1 OR words.id = :id_2) AND words.id = :id_3 OR words.id = :id_4"
    )
    assert str(and_(or_(words.c.id == 1, words.c.word == "x"), ~nested(1))) == (
        "(words.id = :id_1 OR words.word = :word_1) AND NOT (words.id = :id_2 OR words.id = :id_3)"
    )


def test_a_thousand_levels():
    statement = select(words.c.id).where(nested(1000))
    key, binds = statement_key(statement)
    assert len(binds) == 1001
    assert key == statement_key(select(words.c.id).where(nested(1000)))[0]
    assert key != statement_key(select(words.c.id).where(nested(998)))[0]
    assert statement.compile().params["id_1000"] == 998
    assert list(statement.get_final_froms()) == [words]


def test_structure_counts_in_keys():
    a, b, c = (words.c.id == bindparam(name) for name in "abc")
    grouped = [or_(a, and_(b, c)), and_(or_(a, b), c), or_(and_(a, b), c), and_(a, b, c)]
    keys = {statement_key(select(words.c.id).where(item))[0] for item in grouped}
    assert len(keys) == 4


def test_copying_with_changes_at_any_depth():
    def seven(bind):
        bind.value = 7

    for levels in (3, 100, 1000):
        condition = nested(levels)
        copied = cloned_traverse(condition, {}, {"bindparam": seven})
        assert set(copied.compile().params.values()) == {7}
        assert str(copied) == str(condition)
        assert 7 not in set(nested(3).compile().params.values())
