"""Echo: for one engine or pool at a time, whatever the application logs."""

from __future__ import annotations

import logging
import subprocess
import sys
from typing import Any

import pytest

from orm import create_engine
from orm.log import EchoLogger, make_logger, shorten_parameters, shorten_value


def lines_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    taken = [record.getMessage() for record in caplog.records]
    caplog.clear()
    return taken


def test_one_engine_echoes_while_the_others_are_silent(caplog: pytest.LogCaptureFixture) -> None:
    loud, silent = create_engine("sqlite://", echo=True), create_engine("sqlite://")
    for engine in (loud, silent):
        with engine.connect() as connection:
            connection.execute("SELECT 1")
    assert lines_of(caplog) == ["BEGIN (implicit)", "SELECT 1", "ROLLBACK"]
    loud.echo = False
    with loud.connect() as connection:
        connection.execute("SELECT 1")
    silent.echo = "debug"
    with silent.connect() as connection:
        connection.execute("SELECT 1").all()
    assert lines_of(caplog) == ["BEGIN (implicit)", "SELECT 1", "Row (1,)", "ROLLBACK"]
    assert logging.getLogger("orm.engine.engine.Engine").level == logging.NOTSET


def test_records_say_where_they_were_written(caplog: pytest.LogCaptureFixture) -> None:
    def speak(logger: Any) -> None:
        logger.info("here")

    logger = make_logger(dict, "mine", echo=True)
    assert isinstance(logger, EchoLogger)
    speak(logger)
    record = caplog.records[-1]
    assert (record.funcName, record.name, logger.name) == (
        "speak",
        "builtins.dict.mine",
        "builtins.dict.mine",
    )
    logger.debug("too low")
    assert lines_of(caplog) == ["here"]


def test_a_pool_shows_connections_and_with_debug_who_takes_them(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def words(engine: Any) -> list[str]:
        caplog.clear()
        with engine.connect():
            pass
        engine.dispose()
        return [line.partition("<")[0] for line in lines_of(caplog) if "onnection " in line]

    made, closed = "Created new connection ", "Closing connection "
    assert words(create_engine("sqlite://")) == []
    assert words(create_engine("sqlite://", echo_pool=True)) == [made, closed]
    assert words(create_engine("sqlite://", echo_pool="debug")) == [
        made,
        "Connection ",
        "Connection ",
        closed,
    ]


def test_values_are_shortened() -> None:
    class Broken:
        def __repr__(self) -> str:
            raise ValueError

    assert shorten_value("a") == "'a'"
    assert len(shorten_value("x" * 1_000_000)) < 200
    assert shorten_value(Broken()) == "<Broken, whose repr raised ValueError>"
    assert shorten_parameters([(1,), (2,)]) == "[(1,), (2,)]"
    assert "100 sets in all" in shorten_parameters([(1,)] * 100)
    assert "50 in all" in shorten_parameters(tuple(range(50)))
    assert "50 in all" in shorten_parameters({str(n): n for n in range(50)})


_WITHOUT_LOGGING = """
import sys
from orm import create_engine

engine = create_engine("sqlite://")
assert "logging" not in sys.modules
print(engine.logger.name, engine.logger.isEnabledFor(20), engine.logger.isEnabledFor(30))
{then}
with engine.connect() as connection:
    connection.exec_driver_sql("SELECT 1")
"""


def _run_without_logging(then: str) -> list[str]:
    code = _WITHOUT_LOGGING.format(then=then)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return (done.stdout + done.stderr).splitlines()


def test_an_engine_that_nobody_listens_to_loads_no_logging() -> None:
    assert _run_without_logging("") == ["orm.engine.engine.Engine False True"]


def test_logging_may_be_configured_after_the_engine_was_made() -> None:
    lines = _run_without_logging(
        "import logging; logging.basicConfig(level='INFO', stream=sys.stdout, format='%(message)s')"
    )
    assert "SELECT 1" in lines


def test_a_first_warning_is_written_without_any_configuration() -> None:
    lines = _run_without_logging("engine.pool.logger.warning('Reset failed: %s', 'lost')")
    assert lines[1:] == ["Reset failed: lost"]
    assert _run_without_logging("engine.pool.logger.info('quiet')")[1:] == []
