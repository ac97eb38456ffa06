"""Engine: changing its pool."""

from __future__ import annotations

from pathlib import Path

from orm import StaticPool, create_engine, text


def test_another_pool_for_a_while(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'a.db'}")
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE t (id INTEGER)"))
        connection.commit()
    shared = engine.execution_options(logging_token="same pool")
    raw = engine.raw_connection()
    before = engine.swap_pool(StaticPool(lambda: raw.dbapi_connection, reset_on_return=None))
    for one in (engine, shared):
        with one.connect() as connection:
            assert connection.connection.dbapi_connection is raw.dbapi_connection
    assert engine.swap_pool(before) is not before
    assert engine.pool is before
    raw.close()
    engine.dispose()
