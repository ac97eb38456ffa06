"""Plans of parameters: one compiled form serves all statements of its structure."""

from __future__ import annotations

import pytest

from orm import exc
from orm.sql.cache_key import statement_key
from orm.sql.expression import bindparam, literal, tuple_
from orm.sql.select import select
from orm.sql.text import text


def compile_for(dialect, statement, **options):
    return dialect.statement_compiler(dialect).compile(
        statement, extracted=statement_key(statement)[1], **options
    )


@pytest.fixture
def sqlite(dialects):
    return dialects["sqlite"]


def test_another_statement_of_the_same_structure_brings_its_values(users, sqlite):
    def make(name, age):
        return select(users.c.id).where(users.c.age > age, users.c.name == name)

    compiled = compile_for(sqlite, make("a", 1))
    key, binds = statement_key(make("b", 2))
    assert key == statement_key(make("a", 1))[0]
    assert compiled.make_args() == (compiled.string, (1, "a"))
    assert compiled.make_args(binds)[1] == (2, "b")


def test_a_value_used_twice_is_one_parameter(users, sqlite):
    shared = literal("x")
    statement = select(users.c.id).where(users.c.name == shared, users.c.name != shared)
    compiled = compile_for(sqlite, statement)
    assert compiled.make_args()[1] == ("x", "x")
    assert len(set(compiled.bind_names)) == 1
    assert compiled.params == {"param_1": "x"}


def test_values_are_converted_for_the_driver(users, sqlite):
    compiled = compile_for(sqlite, select(users.c.id).where(users.c.doc == {"a": 1}))
    assert compiled.make_args()[1] == ('{"a": 1}',)


def test_functions_give_values_at_execution(users, sqlite):
    values = iter([1, 2])
    statement = select(users.c.id).where(
        users.c.id == bindparam("x", callable_=lambda: next(values))
    )
    compiled = compile_for(sqlite, statement)
    assert compiled.make_args()[1] == (1,)
    assert compiled.make_args()[1] == (2,)


def test_named_parameters(users, sqlite):
    statement = select(users.c.id).where(
        users.c.id == bindparam("x"), users.c.age == bindparam("y", 7)
    )
    compiled = compile_for(sqlite, statement)
    assert compiled.make_args(None, {"x": 1})[1] == (1, 7)
    assert compiled.make_args(None, {"x": 1, "y": None})[1] == (1, None)
    with pytest.raises(exc.StatementError, match="No value was given for the parameter 'x'"):
        compiled.make_args()


def test_text_parameters(sqlite):
    compiled = compile_for(sqlite, text("SELECT :b, :a, :b"))
    assert compiled.make_args(None, {"a": 1, "b": 2}) == ("SELECT ?, ?, ?", (2, 1, 2))
    assert compiled.kind == "text"


@pytest.mark.parametrize("count", [1, 2, 5])
def test_lists_are_written_out(users, sqlite, count):
    compiled = compile_for(sqlite, select(users.c.id).where(users.c.id.in_([9])))
    _key, binds = statement_key(select(users.c.id).where(users.c.id.in_(list(range(count)))))
    sql, args = compiled.make_args(binds)
    marks = ", ".join("?" * count)
    assert sql.endswith(f"WHERE users.id IN ({marks})")
    assert args == tuple(range(count))


def test_an_empty_list_is_false_and_its_negation_true(users, sqlite):
    compiled = compile_for(sqlite, select(users.c.id).where(users.c.id.in_([])))
    assert compiled.make_args()[0].endswith("WHERE users.id IN (NULL) AND (1 != 1)")
    negated = compile_for(sqlite, select(users.c.id).where(users.c.id.not_in([])))
    assert negated.make_args()[0].endswith("WHERE (users.id NOT IN (NULL) OR (1 = 1))")


def test_lists_of_rows(users, dialects):
    pairs = tuple_(users.c.id, users.c.name).in_([(1, "a"), (2, "b")])
    for name, expected in (
        ("sqlite", "(users.id, users.name) IN (VALUES (?, ?), (?, ?))"),
        ("postgresql", "(users.id, users.name) IN ((%s, %s), (%s, %s))"),
    ):
        sql, args = compile_for(dialects[name], select(users.c.id).where(pairs)).make_args()
        assert sql.endswith(f"WHERE {expected}")
        assert args == (1, "a", 2, "b")


def test_several_lists_and_other_values_keep_their_order(users, sqlite):
    statement = select(users.c.id).where(
        users.c.id.in_([1, 2]), users.c.age == 3, users.c.name.in_(["x"])
    )
    sql, args = compile_for(sqlite, statement).make_args()
    assert sql.count("?") == 4
    assert args == (1, 2, 3, "x")


def test_a_list_given_by_name(users, sqlite):
    statement = select(users.c.id).where(users.c.id.in_(bindparam("ids", expanding=True)))
    compiled = compile_for(sqlite, statement)
    assert compiled.make_args(None, {"ids": (4, 5)}) == (
        "SELECT users.id \nFROM users \nWHERE users.id IN (?, ?)",
        (4, 5),
    )
    with pytest.raises(exc.ArgumentError, match="stands for a list, but its value is 'ab'"):
        compiled.make_args(None, {"ids": "ab"})


def test_a_list_cannot_be_executed_for_many_rows(users, sqlite):
    compiled = compile_for(sqlite, select(users.c.id).where(users.c.id.in_([1])))
    with pytest.raises(exc.InvalidRequestError, match="depends on the length of the list"):
        compiled.make_many_args([{}])


HOSTILE = ["'; DROP TABLE users; --", "%s", ":x", "?", "\x01", "{}", "a\nb", '"']


@pytest.mark.parametrize("value", HOSTILE)
def test_values_are_never_part_of_the_text(users, dialects, value):
    statement = select(users.c.id).where(users.c.name == value, users.c.name.in_([value]))
    for dialect in dialects.values():
        sql, args = compile_for(dialect, statement).make_args()
        assert args == (value, value)
        if value not in ("%s", "?", '"'):
            assert value not in sql


def test_percent_signs_are_doubled_for_drivers_that_format(users, dialects):
    statement = select(users.c.age % 5, text("'100%'"))
    assert compile_for(dialects["postgresql"], statement).string == (
        "SELECT users.age %% %s AS anon_1, '100%%' \nFROM users"
    )
    assert "users.age % ?" in compile_for(dialects["sqlite"], statement).string


def test_literals_are_written_and_escaped(users, dialects):
    statement = select(users.c.id).where(users.c.name.in_(["it's", "b\\c"]), users.c.age == 5)
    text_ = str(
        statement.compile(dialect=dialects["sqlite"], compile_kwargs={"literal_binds": True})
    )
    assert text_.endswith("WHERE users.name IN ('it''s', 'b\\c') AND users.age = 5")
    maria = str(statement.compile(dialect=dialects["mysql"], literal_binds=True))
    assert "'b\\\\c'" in maria


def test_a_control_character_cannot_be_a_literal(users, sqlite):
    with pytest.raises(exc.CompileError, match="control character"):
        select(users.c.id).where(users.c.name == "\x01").compile(dialect=sqlite, literal_binds=True)


def test_literal_execute_is_written_at_execution(users, sqlite):
    statement = select(users.c.id).where(users.c.id == literal(5, literal_execute=True))
    compiled = compile_for(sqlite, statement)
    assert compiled.make_args() == ("SELECT users.id \nFROM users \nWHERE users.id = 5", ())


def test_schemas_can_be_translated(dialects):
    from orm.schema import Column, MetaData, Table
    from orm.types.scalar import Integer

    table = Table("t", MetaData(), Column("id", Integer), schema="one")
    compiled = compile_for(
        dialects["postgresql"], select(table.c.id), schema_translate_map={"one": "two"}
    )
    assert compiled.string == "SELECT two.t.id \nFROM two.t"


def test_display_names_are_unique(users):
    statement = select(users.c.id).where(
        users.c.id == bindparam("id_1", 1), users.c.id != 2, users.c.id < 3
    )
    compiled = statement.compile()
    assert sorted(compiled.params.values()) == [1, 2, 3]


def test_repr_shows_the_statement(users, sqlite):
    assert repr(compile_for(sqlite, select(users.c.id))) == (
        "<Compiled select for sqlite: 'SELECT users.id \\nFROM users'>"
    )


def test_values_have_the_names_that_the_text_shows(users, dialects):
    statement = select(users.c.id).where(users.c.name == bindparam("has [odd] name", "x"))
    compiled = statement.compile(dialect=dialects["default"])
    assert str(compiled).endswith("users.name = :has__odd__name")
    assert compiled.params == {"has__odd__name": "x"}
    assert compiled.construct_params({"has [odd] name": "y"}) == {"has__odd__name": "y"}
    positional = statement.compile(dialect=dialects["sqlite"])
    assert positional.construct_params() == {"has [odd] name": "x"}
