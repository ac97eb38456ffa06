"""Warnings name the line of the application."""

from __future__ import annotations

import warnings

from orm import Enum, create_engine, event, exc, select, table
from orm.sql.expression import column
from orm.util.warn import find_caller


def test_the_line_of_the_caller():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Enum("a", name="e", inherit_schema=True)
    assert caught[0].filename == __file__
    assert caught[0].category is exc.SADeprecationWarning


def test_however_deep_within_the_library():
    engine = create_engine("sqlite://")
    with engine.begin() as connection, warnings.catch_warnings(record=True) as caught:
        connection.exec_driver_sql("CREATE TABLE a (x)")
        connection.exec_driver_sql("CREATE TABLE b (x)")
        warnings.simplefilter("always")
        connection.execute(select(table("a", column("x")), table("b", column("x"))))
    assert [warning.filename for warning in caught] == [__file__]


def test_the_line_that_causes_a_statement():
    engine = create_engine("sqlite://")
    found = []

    def note(conn, cursor, statement, parameters, context, executemany):
        found.append(context.code_line)

    event.listen(engine, "before_cursor_execute", note)
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
    assert found[0].startswith(f"{__file__}:")
    assert found[0].endswith("(test_the_line_that_causes_a_statement)")
    assert find_caller().startswith(f"{__file__}:")
