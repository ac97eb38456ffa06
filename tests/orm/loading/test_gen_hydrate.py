"""The generated hydrator: its text, and that it does what its plain twin does.

ORM_WRITE_GOLDEN=1 in the environment records the texts as they are now.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from orm import Session, contains_eager, joinedload, select, selectinload
from orm.codegen import dump, is_enabled
from orm.loading.builder import LoadPlan
from orm.loading.hydrate import Run
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


@pytest.mark.parametrize("code", ["1", "0"])
def test_members_of_one_parent_may_lie_apart(
    blog: Any, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    monkeypatch.setenv("ORM_CODEGEN", code)
    User, Post = blog.User, blog.Post
    statement = (
        select(User)
        .outerjoin(User.posts)
        .options(contains_eager(User.posts))
        .order_by(Post.id % 7, Post.id)
    )
    expected: dict[int, list[int]] = {}
    with Session(blog.engine) as session:
        pairs = session.execute(
            select(User.id, Post.id).outerjoin(User.posts).order_by(Post.id % 7, Post.id)
        ).all()
        for user, post in pairs:
            expected.setdefault(user, []).extend([] if post is None else [post])
        found = session.scalars(statement).unique().all()
        assert [user.id for user in found] == list(expected)
        assert {user.id: [post.id for post in user.posts] for user in found} == expected


@pytest.mark.parametrize("code", ["1", "0"])
def test_a_parent_is_emitted_once_for_its_members_where_the_result_is_made_unique(
    blog: Any, session: Session, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    monkeypatch.setenv("ORM_CODEGEN", code)
    statement = select(blog.User).options(joinedload(blog.User.posts)).order_by(blog.User.id)
    plan = find_plan(blog, session, statement)
    assert plan.rows.emits_once
    rows = [(1, "u1", 10, 1, "p"), (1, "u1", 11, 1, "p"), (2, "u2", 20, 2, "p")]
    rows += [(1, "u1", 12, 1, "p"), (None,) * 5, (None,) * 5]
    width = plan.rows.width
    made = plan.hydrate([(*row, *[None] * width)[:width] for row in rows], Run(plan.rows, session))
    assert [None if user is None else user.id for user in made] == [1, 2, 1, None]


def test_a_statement_of_ones_own_gives_each_parent_as_often_as_it_says(blog: Any) -> None:
    text = (
        select(blog.User, blog.Post)
        .join(blog.User.posts)
        .where(blog.User.id < 3)
        .order_by(blog.Post.id)
    )
    statement = select(blog.User).from_statement(text).options(contains_eager(blog.User.posts))
    with Session(blog.engine) as session:
        found = session.scalars(statement).all()
        assert [user.id for user in found] == [1, 1, 1, 2, 2, 2]
