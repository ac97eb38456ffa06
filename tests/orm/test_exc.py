"""Exceptions: the wrapping of driver errors, and what their text shows."""

from __future__ import annotations

import pickle
import sqlite3

from orm import exc


def _integrity_error(**kwargs: object) -> exc.DBAPIError:
    return exc.DBAPIError.instance(
        "INSERT INTO t VALUES (?)",
        ("secret",),
        sqlite3.IntegrityError("UNIQUE constraint failed: t.a"),
        **kwargs,  # type: ignore[arg-type]
    )


def test_the_wrapper_is_found_by_the_pep_249_name() -> None:
    assert type(_integrity_error()) is exc.IntegrityError
    other = exc.DBAPIError.instance("x", (), sqlite3.OperationalError("no such table: t"))
    assert type(other) is exc.OperationalError
    assert exc.DBAPIError.class_for(ValueError("x")) is exc.DBAPIError


def test_the_text_names_driver_error_statement_and_parameters() -> None:
    text = str(_integrity_error())
    assert "sqlite3.IntegrityError" in text
    assert "[SQL: INSERT INTO t VALUES (?)]" in text
    assert "'secret'" in text


def test_hidden_parameters_do_not_appear() -> None:
    error = _integrity_error(hide_parameters=True)
    assert "secret" not in str(error)
    assert "hide_parameters" in str(error)


def test_long_values_are_shortened() -> None:
    error = exc.DBAPIError.instance("x", ("a" * 100_000,), sqlite3.DataError("x"))
    assert len(str(error)) < 1_000


def test_integrity_errors_carry_what_the_dialect_read() -> None:
    info = exc.IntegrityInfo("unique", "t", ("a",), None)
    error = _integrity_error(classify=lambda orig: info)
    assert isinstance(error, exc.IntegrityError)
    assert (error.kind, error.table, error.columns) == ("unique", "t", ("a",))


def test_errors_survive_pickling() -> None:
    error = _integrity_error()
    error.add_detail("raised by autoflush")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is exc.IntegrityError
    assert str(again) == str(error)


def test_statement_errors_are_caught_by_every_base() -> None:
    for base in (exc.DatabaseError, exc.DBAPIError, exc.StatementError, exc.SQLAlchemyError):
        assert isinstance(_integrity_error(), base)
