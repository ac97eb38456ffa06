"""Elements, types and DDL that an application renders by functions of its own."""

from __future__ import annotations

import pytest

from orm import Column, DateTime, Integer, MetaData, String, Table, exc, literal, select
from orm.dialects.mysql import dialect as mysql_dialect
from orm.dialects.sqlite import dialect as sqlite_dialect
from orm.ext.compiler import compiles, deregister
from orm.schema import CreateTable, DDLElement
from orm.sql.cache_key import statement_key
from orm.sql.elements import ColumnElement
from orm.sql.functions import FunctionElement


@pytest.fixture
def greatest():
    class greatest(FunctionElement):
        inherit_cache = True
        name = "greatest"
        type = Integer()

    @compiles(greatest)
    def standard(element, compiler, **options):
        return f"greatest({compiler.process(element.clauses, **options)})"

    @compiles(greatest, "sqlite")
    def sqlite(element, compiler, **options):
        return f"max({compiler.process(element.clauses, **options)})"

    return greatest


def test_a_function_per_dialect_and_one_for_the_rest(greatest):
    statement = select(greatest(1, 2).label("n"))
    assert str(statement.compile(dialect=sqlite_dialect())) == "SELECT max(?, ?) AS n"
    assert str(statement.compile(dialect=mysql_dialect())) == "SELECT greatest(%s, %s) AS n"


def test_values_stay_parameters_and_execute(greatest, sqlite_engine):
    with sqlite_engine.connect() as connection:
        assert connection.scalar(select(greatest(3, 7))) == 7
        assert connection.scalar(select(greatest(9, 7))) == 9


def test_subclasses_are_rendered_by_the_same_function(greatest):
    class largest(greatest):
        pass

    assert "max(?)" in str(select(largest(1)).compile(dialect=sqlite_dialect()))


def test_options_passed_on_to_process_write_literals(greatest):
    @compiles(greatest, "mysql")
    def literal_arguments(element, compiler, **options):
        return f"top({compiler.process(element.clauses, literal_binds=True)})"

    assert str(select(greatest(1, 2)).compile(dialect=mysql_dialect())).startswith(
        "SELECT top(1, 2)"
    )


def test_elements_without_a_declared_structure_are_not_cached():
    class Word(ColumnElement):
        type = String()

        def __init__(self, word):
            self.word = word

    @compiles(Word)
    def render(element, compiler, **options):
        return compiler.process(literal(element.word))

    assert statement_key(select(Word("a")))[0] is None
    assert select(Word("a").label("w")).compile().params == {"param_1": "a"}


def test_ddl_of_ones_own(sqlite_engine):
    class CreateView(DDLElement):
        def __init__(self, name, select):
            self.name, self.select = name, select

    @compiles(CreateView)
    def render(element, compiler, **options):
        return f"CREATE VIEW {element.name} AS {compiler.expression(element.select, True)}"

    with sqlite_engine.begin() as connection:
        connection.execute(CreateView("one", select(literal(1).label("n"))))
        assert connection.exec_driver_sql("SELECT n FROM one").scalar() == 1


def test_a_type_by_another_name():
    class Moment(DateTime):
        pass

    @compiles(Moment, "sqlite")
    def render(type_, compiler, **options):
        return "MOMENT"

    @compiles(Moment)
    def other(type_, compiler, **options):
        return compiler.visit_datetime(type_)

    table = Table("t", MetaData(), Column("at", Moment()))
    assert "at MOMENT" in str(CreateTable(table).compile(dialect=sqlite_dialect()))
    assert "at DATETIME" in str(CreateTable(table).compile(dialect=mysql_dialect()))


def test_no_function_for_the_dialect_says_which_there_are():
    class only_mysql(FunctionElement):
        name = "only_mysql"

    @compiles(only_mysql, "mysql")
    def render(element, compiler, **options):
        return "x"

    with pytest.raises(exc.UnsupportedCompilationError, match="for mysql, none for sqlite"):
        select(only_mysql()).compile(dialect=sqlite_dialect())


def test_deregister_goes_back_to_the_own_form():
    class lower_(FunctionElement):
        name = "lower_"

    @compiles(lower_)
    def render(element, compiler, **options):
        return "custom"

    deregister(lower_)
    assert lower_.__dict__.get("_compile_with") is None
    assert statement_key(lower_(1))[0] is not None


def test_a_function_of_the_application_needs_no_name():
    class moment(FunctionElement):
        type = DateTime()
        inherit_cache = True

    @compiles(moment)
    def render(element, compiler, **options):
        return "NOW()"

    assert str(select(moment())) == "SELECT NOW() AS anon_1"
