"""get_load_plan(): the plan of a statement, printed and stepped through."""

from __future__ import annotations

import io
import pdb
from typing import Any

import pytest

from orm import Session, codegen, exc, get_load_plan, joinedload, select, selectinload, text


def test_what_is_printed(blog: Any, session: Session) -> None:
    statement = select(blog.Tag).options(selectinload(blog.Tag.posts))
    shown = str(get_load_plan(statement, blog.engine))
    opening, _, source = shown.partition("\n\n")
    assert opening.splitlines()[0] == "# SELECT tags.id, tags.name"
    assert opening.splitlines()[-1] == "# then Tag.posts (selectin)"
    assert source == get_load_plan(statement, session).source
    assert source.startswith("def hydrate(rows, run")
    assert "for c0, c1 in rows:" in source
    assert not blog.log


def test_it_is_the_plan_that_is_executed(blog: Any, session: Session) -> None:
    plan = get_load_plan(select(blog.Tag).where(blog.Tag.id == 1), blog.engine)
    size = len(blog.engine._compiled_cache)
    assert session.scalars(select(blog.Tag).where(blog.Tag.id == 3)).one().name == "t3"
    assert len(blog.engine._compiled_cache) == size
    with blog.engine.connect() as connection:
        assert get_load_plan(select(blog.Tag).where(blog.Tag.id == 2), connection) is plan


def test_rows_that_need_no_function(blog: Any) -> None:
    shown = str(get_load_plan(select(blog.Tag.id, blog.Tag.name), blog.engine))
    assert shown.endswith("# the rows are handed on as the driver gives them\n")


@pytest.mark.parametrize("statement", [text("select 1"), select(text("1"))])
def test_statements_without_a_plan(blog: Any, statement: Any) -> None:
    with pytest.raises(exc.ArgumentError, match=r"Only a select\(\) of mapped classes"):
        get_load_plan(statement, blog.engine)


@pytest.mark.skipif(not codegen.is_enabled(), reason="generated code is switched off")
def test_its_function_is_stepped_through_in_pdb(
    blog: Any, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    statement = select(blog.Tag).options(joinedload(blog.Tag.posts)).order_by(blog.Tag.id)
    plan = get_load_plan(statement, blog.engine)
    lines = plan.source.splitlines()
    inside = next(place for place, line in enumerate(lines, 1) if " in rows:" in line) + 1
    said, shown = io.StringIO("p c0\nnext\nnext\nclear 1\ncontinue\n"), io.StringIO()
    debugger = pdb.Pdb(stdin=said, stdout=shown, nosigint=True, readrc=False)
    debugger.use_rawinput = False
    assert debugger.set_break(plan.hydrate.__code__.co_filename, inside) is None
    tags = debugger.runcall(lambda: session.scalars(statement).unique().all())
    assert [tag.id for tag in tags] == [1, 2, 3, 4]
    seen = shown.getvalue()
    assert "<orm generated" in seen
    for line in lines[inside - 1 : inside + 1]:
        assert f"-> {line.strip()}" in seen
