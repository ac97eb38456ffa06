"""Loading on every kind of server: eager, lazy over peers, expired, composite keys, types."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from blog import open_blog

from orm import Session, aliased, joinedload, select, selectinload


@pytest.fixture
def blog(engine: Any) -> Iterator[Any]:
    return open_blog(engine)


@pytest.fixture
def session(blog: Any) -> Iterator[Session]:
    with Session(blog.engine) as made:
        yield made


def test_a_page_of_posts_costs_a_statement_per_relationship(blog: Any, session: Session) -> None:
    statement = select(blog.Post).where(blog.Post.user_id != None).order_by(blog.Post.id)  # noqa: E711
    posts = session.scalars(statement.limit(20)).all()
    seen = [(p.author.name, [t.id for t in p.tags], [c.text for c in p.comments]) for p in posts]
    assert seen[0] == ("u1", [3, 4], ["c100", "c101"])
    assert len(seen) == 20
    assert len(blog.log) == 4


def test_eager_loads(blog: Any, session: Session) -> None:
    statement = (
        select(blog.User)
        .options(joinedload(blog.User.posts).selectinload(blog.Post.tags))
        .order_by(blog.User.id.desc())
        .limit(3)
    )
    users = session.scalars(statement).unique().all()
    assert [u.id for u in users] == [10, 9, 8]
    assert [[p.title for p in u.posts] for u in users][0] == ["p100", "p101", "p102"]
    assert sum(len(p.tags) for u in users for p in u.posts) == 18
    assert len(blog.log) == 2


def test_composite_keys(blog: Any, session: Session) -> None:
    orders = session.scalars(
        select(blog.Order).order_by(blog.Order.number).options(selectinload(blog.Order.lines))
    ).all()
    assert [[line.item for line in o.lines] for o in orders][2] == ["i30", "i31"]
    session.expire_all()
    blog.log.clear()
    assert [o.note for o in orders] == ["o1", "o2", "o3"]
    # the lines come along again, as the query had asked
    assert len(blog.log) == 2
    assert [len(o.lines) for o in orders] == [2, 2, 2]
    assert len(blog.log) == 2


def test_expired_objects_and_get(blog: Any, session: Session) -> None:
    users = session.scalars(select(blog.User).order_by(blog.User.id)).all()
    session.commit()
    blog.log.clear()
    assert [u.name for u in users] == [f"u{i}" for i in range(1, 11)]
    assert len(blog.log) == 1
    assert session.get(blog.User, 3) is users[2]
    assert session.get(blog.User, 3, with_for_update=True) is users[2]


def test_types(blog: Any, session: Session) -> None:
    one, two = session.scalars(select(blog.Kinds).order_by(blog.Kinds.id)).all()
    assert (one.id, two.id) == (uuid.UUID(int=1), uuid.UUID(int=2))
    assert one.price == Decimal("9.90")
    assert (one.active, two.active, one.ratio) == (True, False, 0.5)
    assert one.born == datetime.date(2020, 2, 29)
    assert one.seen.replace(microsecond=0) == datetime.datetime(2021, 1, 2, 3, 4, 5)
    assert one.color is blog.Color.blue
    assert one.data == {"a": [1, None]}
    assert (one.blob, two.blob) == (b"\x00\xff", None)


def test_yield_per(blog: Any, session: Session) -> None:
    statement = select(blog.Post).order_by(blog.Post.id).execution_options(yield_per=7)
    sizes = []
    for part in session.scalars(statement).partitions():
        sizes.append(len(part))
        assert all(len(post.comments) in (0, 2) for post in part)
    assert sizes == [7, 7, 7, 7, 3]


def test_rows_of_columns_have_names_and_one_class_per_statement(
    blog: Any, session: Session
) -> None:
    """The driver may make them; the class is not made again at the next execution."""
    statement = select(blog.User.id, blog.User.name).order_by(blog.User.id)
    first, second = session.execute(statement).all(), session.execute(statement).all()
    assert (first[0].id, first[0].name) == tuple(first[0]) == (1, "u1")
    assert first == second
    assert type(first[0]) is type(second[0])


def test_the_first_members_of_each_parent(blog: Any, session: Session) -> None:
    option = selectinload(blog.User.posts).limit(2).selectinload(blog.Post.tags).limit(1)
    users = session.scalars(select(blog.User).options(option).order_by(blog.User.id)).all()
    assert [[post.id for post in user.posts] for user in users[:2]] == [[10, 11], [20, 21]]
    assert all(len(post.tags) == 1 for user in users for post in user.posts)
    orders = session.scalars(select(blog.Order).options(selectinload(blog.Order.lines).limit(1)))
    assert [len(order.lines) for order in orders] == [1, 1, 1]


def test_inner_joins_within_outer_joins(blog: Any, session: Session) -> None:
    option = joinedload(blog.User.posts).joinedload(blog.Post.tags, innerjoin=True)
    users = session.scalars(select(blog.User).options(option)).unique().all()
    assert len(users) == 10
    assert sum(len(post.tags) for user in users for post in user.posts) == 60


def test_labels_of_queries_over_aliases(blog: Any, session: Session) -> None:
    other = aliased(blog.User)
    query = session.query(blog.User.id, other.name).filter(blog.User.id == other.id)
    inner = query.subquery(with_labels=True)
    assert len(query.all()) == len(session.query(inner).all()) == 10
