"""The generated hydrator: its text, and that it does what its plain twin does.

ORM_WRITE_GOLDEN=1 in the environment records the texts as they are now.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from orm import Session, joinedload, select, selectinload
from orm.codegen import dump, is_enabled
from orm.loading.builder import LoadPlan
from orm.sql.cache_key import statement_key

GOLDEN = Path(__file__).parents[2] / "golden" / "hydrate"

NAMES = ["entity", "composite", "mixture", "joined_one", "joined_many", "converted"]


def find_plan(blog: Any, session: Session, statement: Any) -> LoadPlan:
    from orm.loading.plan import get_plan

    key, binds = statement_key(statement)
    return get_plan(session.connection(), statement, key, binds)


def statements(blog: Any) -> dict[str, Any]:
    return {
        "entity": select(blog.Post),
        "composite": select(blog.Order),
        "mixture": select(blog.User, blog.Post.title).join(blog.User.posts),
        "joined_one": select(blog.Post).options(joinedload(blog.Post.author)),
        "joined_many": select(blog.User).options(joinedload(blog.User.posts)),
        "converted": select(blog.Kinds),
    }


@pytest.mark.parametrize("name", NAMES)
def test_the_source_is_as_recorded(blog: Any, session: Session, name: str) -> None:
    plan = find_plan(blog, session, statements(blog)[name])
    path = GOLDEN / f"{name}.py.txt"
    if os.environ.get("ORM_WRITE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(plan.source)
    if is_enabled():
        assert dump(plan.hydrate) == plan.source
    assert plan.source == path.read_text()


@pytest.mark.parametrize("name", NAMES)
def test_the_twin_makes_the_same(blog: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def run() -> Any:
        blog.engine._compiled_cache.clear()
        with Session(blog.engine) as session:
            rows = session.execute(statements(blog)[name]).unique().all()
            return [[show(value) for value in row] for row in rows]

    def show(value: Any) -> Any:
        if not hasattr(value, "__table__"):
            return value
        known = {k: v for k, v in value.__dict__.items() if k != "_sa_instance_state"}
        related = {k: v for k, v in known.items() if k in ("author", "posts")}
        plain = {k: v for k, v in known.items() if k not in related}
        shown = {
            k: [p.id for p in v] if isinstance(v, list) else getattr(v, "id", None)
            for k, v in related.items()
        }
        return type(value).__name__, plain, shown

    generated = run()
    monkeypatch.setenv("ORM_CODEGEN", "0")
    assert run() == generated
    assert generated


def test_twin_with_selectin(blog: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORM_CODEGEN", "0")
    with Session(blog.engine) as session:
        statement = select(blog.User).options(selectinload(blog.User.posts))
        users = session.scalars(statement).all()
        assert [len(u.posts) for u in users] == [3] * 10
