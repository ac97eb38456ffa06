"""Types that are created by themselves."""

from __future__ import annotations

import pytest

from orm import Engine, exc
from orm.dialects.postgresql import ENUM


@pytest.mark.parametrize("db_kind", ["postgresql"], indirect=True)
def test_an_enumeration_is_created_and_dropped_by_itself(engine: Engine) -> None:
    mood = ENUM("sad", "it's ok", name="mood")
    mood.create(engine)
    mood.create(engine, checkfirst=True)
    with pytest.raises(exc.ProgrammingError):
        mood.create(engine, checkfirst=False)
    with engine.connect() as connection:
        assert connection.scalar("SELECT 'it''s ok'::mood") == "it's ok"
        mood.drop(connection)
        mood.drop(connection)
        with pytest.raises(exc.ProgrammingError):
            mood.drop(connection, checkfirst=False)
