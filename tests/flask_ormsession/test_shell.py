"""The names in `flask shell`."""

from __future__ import annotations

from typing import Any

import orm
from orm import Mapped, mapped_column


def test_the_names(small: Any) -> None:
    class select(small.db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)

    context = small.app.make_shell_context()
    assert context["db"] is small.db
    assert context["session"] is small.db.session
    assert context["Item"] is small.Item
    assert context["select"] is orm.select
    assert context["func"] is orm.func


def test_a_session_at_hand(small: Any) -> None:
    with small.app.app_context():
        names = small.app.make_shell_context()
        names["session"].add(names["Item"](name="a"))
        names["session"].commit()
    assert small.stored() == ["a"]
