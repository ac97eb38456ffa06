"""str() of statements and elements, whatever database they are for."""

from __future__ import annotations

import pytest

from orm import (
    Column,
    Integer,
    MetaData,
    Sequence,
    Table,
    TypeEngine,
    bindparam,
    cast,
    column,
    exc,
    select,
    table,
    text,
    try_cast,
    values,
)
from orm.dialects import mysql, postgresql
from orm.engine.dialect import DefaultDialect
from orm.sql.visitors import ClauseElement

words = table("words", column("id"), column("word"))
other = table("other", column("id"))


def shown(element) -> str:
    return str(element).replace("\n", "")


@pytest.mark.parametrize("form", ["cte", "subquery", "alias"])
def test_a_statement_to_select_from_is_shown_as_it_is(form):
    statement = select(words.c.id)
    assert shown(getattr(statement, form)()) == "SELECT words.id FROM words"


def test_from_objects_alone():
    assert shown(words) == "words"
    assert shown(words.alias("w")) == "words AS w"
    assert shown(words.join(other, words.c.id == other.c.id)) == (
        "words JOIN other ON words.id = other.id"
    )
    assert shown(values(column("a", Integer)).data([(1,)])) == "VALUES (:param_1)"


def test_what_databases_spell_differently_is_readable():
    assert shown(Sequence("numbers").next_value()) == "<next sequence value: numbers>"
    assert shown(try_cast(words.c.id, Integer)) == "TRY_CAST(words.id AS INTEGER)"
    assert shown(words.c.word.regexp_match("^a")) == "words.word <regexp> :word_1"
    assert shown(~words.c.word.regexp_match("^a")) == "words.word <not regexp> :word_1"
    assert shown(words.c.word.regexp_replace("a", "b")) == (
        "<regexp replace>(words.word, :word_1, :word_2)"
    )
    assert shown(select(words.c.id).distinct(words.c.word)) == (
        "SELECT DISTINCT ON (words.word) words.id FROM words"
    )


def test_statements_of_one_database():
    statement = postgresql.insert(words).values(id=1, word="a")
    assert shown(statement.on_conflict_do_update(index_elements=["id"], set_={"word": "b"})) == (
        "INSERT INTO words (id, word) VALUES (:id, :word) "
        "ON CONFLICT (id) DO UPDATE SET word = :word_1"
    )
    assert shown(statement.on_conflict_do_nothing()).endswith("ON CONFLICT DO NOTHING")
    duplicate = mysql.insert(words).values(id=1).on_duplicate_key_update(word="b")
    assert "ON DUPLICATE KEY UPDATE word = " in shown(duplicate)


def test_elements_and_types_of_an_application():
    class Widget(ClauseElement):
        __visit_name__ = "widget"

    class Colour(TypeEngine):
        __visit_name__ = "colour"

        def __repr__(self):
            return "Colour()"

    assert shown(Widget()) == "<Widget>"
    assert shown(cast(words.c.id, Colour())) == "CAST(words.id AS Colour())"


def test_a_column_without_a_name():
    assert shown(Column(Integer) == 5) == '"<name unknown>" = :param_1'


def test_a_dialect_still_refuses_what_it_lacks():
    with pytest.raises(exc.UnsupportedCompilationError, match="TRY_CAST"):
        try_cast(words.c.id, Integer).compile(dialect=DefaultDialect())


def test_hints():
    statement = select(words.c.id).select_from(words.join(other, words.c.id == other.c.id))
    assert "FROM words [careful] JOIN" in shown(statement.with_hint(words, "careful"))
    hinted = statement.with_hint(words, "USE INDEX (%(name)s_ix)", "mysql")
    assert "FROM words USE INDEX (words_ix) INNER JOIN" in str(
        hinted.compile(dialect=mysql.dialect())
    )
    assert "USE INDEX" not in str(hinted.compile(dialect=postgresql.dialect()))
    assert shown(select(words.c.id).with_statement_hint("OPTION (x)")) == (
        "SELECT words.id FROM words OPTION (x)"
    )


# -- lists written out -------------------------------------------------------------------------------


def test_lists_written_out_with_the_statements_own_values():
    statement = select(words.c.id).where(words.c.id.in_([3, 4]), words.c.word == "a")
    compiled = statement.compile(compile_kwargs={"render_postcompile": True})
    assert compiled.string.replace("\n", "") == (
        "SELECT words.id FROM words WHERE words.id IN (:id_1_1, :id_1_2) AND words.word = :word_1"
    )
    assert compiled.params == {"id_1_1": 3, "id_1_2": 4, "word_1": "a"}
    with pytest.raises(exc.InvalidRequestError, match="render_postcompile"):
        compiled.construct_params({"word_1": "b"})


def test_without_lists_nothing_changes():
    compiled = select(words.c.id).where(words.c.id == 1).compile(render_postcompile=True)
    assert compiled.params == {"id_1": 1}
    assert compiled.construct_params({"id_1": 2}) == {"id_1": 2}


# -- the generic dialect -----------------------------------------------------------------------------


def test_flags_of_a_dialect_can_be_given():
    statement = select(words.c.id).where(text("x")).where(select(words.c.id).exists().is_(True))
    plain = DefaultDialect(supports_native_boolean=False)
    assert "IS 1" in str(statement.compile(dialect=plain))
    assert "IS true" in str(statement.compile(dialect=DefaultDialect()))
    with pytest.raises(TypeError, match="no option 'supports_tea'"):
        DefaultDialect(supports_tea=True)


def test_a_table_with_schema_alone():
    assert shown(Table("t", MetaData(), Column("id", Integer), schema="s")) == "s.t"


def test_values_that_are_no_literals_of_their_type():
    statement = select(words.c.id).where(column("n", Integer) == bindparam("n", (1, 2), Integer))
    with pytest.raises(exc.CompileError, match=r"\(1, 2\) cannot be written as a literal"):
        statement.compile(compile_kwargs={"literal_binds": True})


def test_one_name_for_a_list_and_a_value():
    one = words.c.id.in_(bindparam("q"))
    other = words.c.word == bindparam("q")
    for statement in (select(words.c.id).where(one, other), select(words.c.id).where(other, one)):
        with pytest.raises(exc.CompileError, match="for a list in one place"):
            statement.compile()
