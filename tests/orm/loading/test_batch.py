"""Peers: statements and values of lazy loads."""

from __future__ import annotations

import gc
import warnings
import weakref
from typing import Any

import pytest

from orm import Session, event, exc, insert, select
from orm.loading.batch import BATCH_SIZE, Peers
from orm.loading.options import lazyload, raiseload, selectinload


def test_two_relationships_of_a_page_cost_two_statements(blog: Any, session: Session) -> None:
    posts = session.scalars(select(blog.Post).where(blog.Post.user_id != None)).all()  # noqa: E711
    seen = [(p.title, p.author.name, [c.text for c in p.comments]) for p in posts]
    assert len(blog.log) == 3
    assert blog.log.reasons == [
        ("query", "", 0),
        ("lazy_load", "Post.author", 30),
        ("lazy_load", "Post.comments", 30),
    ]
    assert seen[0] == ("p10", "u1", [f"c{posts[0].id}{n}" for n in (0, 1)])
    assert all(name == "u" + title[1:-1] for title, name, _ in seen)


def test_one_hundred_objects_with_two_relationships_load_with_three_statements(
    blog: Any, session: Session
) -> None:
    session.execute(
        insert(blog.User.__table__), [{"id": 1000 + i, "name": f"x{i}"} for i in range(100)]
    )
    blog.log.clear()
    users = session.scalars(select(blog.User).where(blog.User.id >= 1000)).all()
    for user in users:
        assert user.posts == []
        assert user.profile is None
    assert len(users) == 100
    assert len(blog.log) == 3


def test_many_to_many_and_one_to_one(blog: Any, session: Session) -> None:
    posts = session.scalars(select(blog.Post).order_by(blog.Post.id)).all()
    assert [t.id for t in posts[1].tags] == [3, 4]
    assert [[t.id for t in p.tags] for p in posts[:3]] == [[], [3, 4], [1, 4]]
    users = session.scalars(select(blog.User).order_by(blog.User.id)).all()
    assert [u.profile.city if u.profile else None for u in users[:3]] == ["c1", None, "c3"]
    assert len(blog.log) == 4


def test_tags_of_all_posts_share_their_objects(blog: Any, session: Session) -> None:
    posts = session.scalars(select(blog.Post)).all()
    tags = {id(tag) for post in posts for tag in post.tags}
    assert len(tags) == 4


def test_self_referential_tree_costs_a_statement_per_level(blog: Any, session: Session) -> None:
    def walk(node: Any) -> list[int]:
        return [node.id] + [i for child in node.children for i in walk(child)]

    root = session.scalars(select(blog.Node).where(blog.Node.parent_id == None)).one()  # noqa: E711
    level: list[Any] = [root]
    while level:
        level = [child for node in level for child in node.children]
    assert len(blog.log) == 5
    assert sorted(walk(root)) == list(range(1, 16))
    assert len(blog.log) == 5


def test_many_to_one_uses_the_identity_map(blog: Any, session: Session) -> None:
    users = session.scalars(select(blog.User)).all()
    posts = session.scalars(select(blog.Post)).all()
    blog.log.clear()
    assert {p.author for p in posts if p.user_id} == set(users)
    assert blog.log == []


def test_a_null_foreign_key_needs_no_statement(blog: Any, session: Session) -> None:
    post = session.get(blog.Post, 1)
    blog.log.clear()
    assert post.author is None
    assert blog.log == []


def test_composite_keys(blog: Any, session: Session) -> None:
    orders = session.scalars(select(blog.Order).order_by(blog.Order.number)).all()
    assert [[line.item for line in o.lines] for o in orders] == [
        ["i10", "i11"],
        ["i20", "i21"],
        ["i30", "i31"],
    ]
    assert len(blog.log) == 2
    session.expunge_all()
    blog.log.clear()
    lines = session.scalars(select(blog.Line)).all()
    assert {line.order.note for line in lines} == {"o1", "o2", "o3"}
    assert len(blog.log) == 2


def test_conditions_beyond_equal_columns(blog: Any, session: Session) -> None:
    users = session.scalars(select(blog.User).order_by(blog.User.id)).all()
    assert [p.title for p in users[0].long_posts] == []
    assert [p.title for p in users[5].long_posts] == ["p62", "p61", "p60"]
    assert len(blog.log) == 2


def test_deferred_columns_load_for_all_peers(blog: Any, session: Session) -> None:
    users = session.scalars(select(blog.User).order_by(blog.User.id)).all()
    assert "bio" not in users[0].__dict__
    assert [u.bio for u in users] == [f"bio {u.id}" for u in users]
    assert blog.log.reasons[1:] == [("lazy_load", "User.bio", 10)]


def test_expired_objects_refresh_together(blog: Any, session: Session) -> None:
    users = session.scalars(select(blog.User).order_by(blog.User.id)).all()
    session.commit()
    blog.log.clear()
    assert [u.name for u in users] == [f"u{i}" for i in range(1, 11)]
    assert blog.log.reasons == [("refresh", "User", 10)]


def test_a_parent_which_has_the_value_is_left_alone(blog: Any, session: Session) -> None:
    users = session.scalars(select(blog.User).order_by(blog.User.id)).all()
    session.lazy_loads = "one"
    mine = users[1].posts
    session.lazy_loads = "peers"
    blog.log.clear()
    assert len(users[0].posts) == 3
    assert users[1].posts is mine
    assert blog.log.reasons[-1] == ("lazy_load", "User.posts", 9)


def test_changes_of_peers_that_are_not_flushed_survive(blog: Any) -> None:
    with Session(blog.engine, autoflush=False) as session:
        users = session.scalars(select(blog.User).order_by(blog.User.id)).all()
        extra = blog.Post(title="new", author=users[1])
        assert len(users[0].posts) == 3
        assert extra in users[1].posts
        assert len(users[1].posts) == 4


def test_expunged_peers_are_not_touched(blog: Any, session: Session) -> None:
    users = session.scalars(select(blog.User).order_by(blog.User.id)).all()
    session.expunge(users[3])
    assert len(users[0].posts) == 3
    assert "posts" not in users[3].__dict__
    with pytest.raises(exc.DetachedInstanceError, match="selectinload"):
        users[3].posts


def test_at_most_500_per_statement_starting_with_the_touched(blog: Any, session: Session) -> None:
    session.execute(
        insert(blog.User.__table__), [{"id": 1000 + i, "name": "x"} for i in range(1200)]
    )
    users = session.scalars(
        select(blog.User).where(blog.User.id >= 1000).order_by(blog.User.id)
    ).all()
    blog.log.clear()
    assert users[1000].posts == []
    assert "posts" in users[1199].__dict__
    assert "posts" in users[299].__dict__
    assert "posts" not in users[300].__dict__
    for user in users:
        assert user.posts == []
    assert [count for _, _, count in blog.log.reasons] == [500, 500, 200]


def test_peers_hold_nothing_alive(blog: Any, session: Session) -> None:
    users = session.scalars(select(blog.User).order_by(blog.User.id)).all()
    kept, gone = users[0], weakref.ref(users[5])
    gc.disable()
    try:
        del users
        assert gone() is None
        assert len(session.identity_map) == 1
    finally:
        gc.enable()
    blog.log.clear()
    assert len(kept.posts) == 3
    assert blog.log.reasons[-1] == ("lazy_load", "User.posts", 1)


def test_mode_one(blog: Any) -> None:
    with Session(blog.engine, lazy_loads="one") as session:
        users = session.scalars(select(blog.User)).all()
        blog.log.clear()
        assert [len(u.posts) for u in users] == [3] * 10
        assert blog.log.reasons == [("lazy_load", "User.posts", 1)] * 10


def test_mode_raise_per_query(blog: Any, session: Session) -> None:
    statement = select(blog.User).execution_options(lazy_loads="raise")
    users = session.scalars(statement).all()
    with pytest.raises(exc.InvalidRequestError, match=r"'User.posts' is not available"):
        users[0].posts
    with pytest.raises(exc.InvalidRequestError, match=r"undefer\(User.bio\)"):
        users[0].bio


def test_mode_warn(blog: Any, session: Session) -> None:
    users = session.scalars(select(blog.User), execution_options={"lazy_loads": "warn"}).all()
    with pytest.warns(exc.SAWarning, match="'User.posts' is lazily loaded") as told:
        assert len(users[0].posts) == 3
    assert told[0].filename == __file__
    with pytest.warns(exc.SAWarning, match=r"undefer\(User.bio\)") as told:
        assert users[0].bio == "bio 1"
    assert told[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(users[1].posts) == 3


def test_an_unknown_mode_is_refused(blog: Any, session: Session) -> None:
    with pytest.raises(exc.ArgumentError, match="peers"):
        session.execute(select(blog.User).execution_options(lazy_loads="all"))


def test_options_travel_with_the_objects(blog: Any, session: Session) -> None:
    option = lazyload(blog.User.posts).joinedload(blog.Post.comments)
    users = session.scalars(select(blog.User).options(option)).all()
    assert [c.text for c in users[0].posts[0].comments]
    assert len(blog.log) == 2


def test_raiseload_holds_for_a_lazily_loaded_path(blog: Any, session: Session) -> None:
    option = lazyload(blog.User.posts).options(raiseload(blog.Post.comments))
    users = session.scalars(select(blog.User).options(option)).all()
    with pytest.raises(exc.InvalidRequestError, match=r"Post\.comments"):
        users[0].posts[0].comments


def test_objects_keep_their_options_until_they_are_refreshed(blog: Any, session: Session) -> None:
    users = session.scalars(select(blog.User).options(raiseload(blog.User.posts))).all()
    session.scalars(select(blog.User)).all()
    session.scalars(select(blog.User).options(lazyload(blog.User.posts))).all()
    assert [post.author for post in session.scalars(select(blog.Post)).all()]
    for user in users[:2]:
        with pytest.raises(exc.InvalidRequestError, match=r"User\.posts"):
            user.posts
    again = select(blog.User).execution_options(populate_existing=True)
    assert len(session.scalars(again).first().posts) == 3
    session.expire(users[1])
    session.scalars(select(blog.User)).all()
    assert len(users[1].posts) == 3


def test_options_come_to_objects_which_had_none(blog: Any, session: Session) -> None:
    user = session.get(blog.User, 1)
    session.scalars(select(blog.User).options(raiseload(blog.User.posts))).all()
    with pytest.raises(exc.InvalidRequestError, match=r"User\.posts"):
        user.posts


def test_peers_with_other_options_are_left_alone(blog: Any, session: Session) -> None:
    users = session.scalars(select(blog.User).order_by(blog.User.id).limit(4)).all()
    only_first = lazyload(blog.User.posts.and_(blog.Post.title.like("%0")))
    session.scalars(select(blog.User).where(blog.User.id == 2).options(only_first)).all()
    session.scalars(
        select(blog.User).where(blog.User.id == 3).options(raiseload(blog.User.posts))
    ).all()
    blog.log.clear()
    assert len(users[0].posts) == 3
    assert [len(users[n].posts) for n in (1, 3)] == [1, 3]
    with pytest.raises(exc.InvalidRequestError, match=r"User\.posts"):
        users[2].posts
    assert len(blog.log) == 2


def test_objects_that_keep_their_options_are_peers_of_each_other(
    blog: Any, session: Session
) -> None:
    option = lazyload(blog.User.posts.and_(blog.Post.title.like("%0")))
    users = session.scalars(select(blog.User).options(option).order_by(blog.User.id)).all()
    again = select(blog.User).order_by(blog.User.id).options(selectinload(blog.User.profile))
    assert session.scalars(again).all() == users
    blog.log.clear()
    assert [len(user.posts) for user in users] == [1] * 10
    assert len(blog.log) == 1


def test_yield_per_makes_peers_of_a_partition(blog: Any, session: Session) -> None:
    counts = []
    statement = select(blog.User).order_by(blog.User.id).execution_options(yield_per=4)
    for part in session.scalars(statement).partitions():
        counts.append(len(part))
        assert all(len(user.posts) == 3 for user in part)
    assert counts == [4, 4, 2]
    assert [r for r in blog.log.reasons if r[0] == "lazy_load"] == [
        ("lazy_load", "User.posts", 4),
        ("lazy_load", "User.posts", 4),
        ("lazy_load", "User.posts", 2),
    ]


def test_following_goes_on_and_comes_round() -> None:
    peers = Peers(None)
    peers.idents += [5, 6, 7, 8]
    assert list(peers.following(7)) == [8, 5, 6]
    assert list(peers.following(99)) == [5, 6, 7, 8]
    assert BATCH_SIZE == 500


def test_a_detached_object_names_the_attribute_that_was_read(blog: Any, session: Session) -> None:
    user = session.scalars(select(blog.User).order_by(blog.User.id)).first()
    session.expire(user)
    session.expunge(user)
    with pytest.raises(exc.DetachedInstanceError, match=r"^User\.name of User"):
        user.name


def test_a_batch_knows_the_line_that_read_the_attribute(blog: Any, session: Session) -> None:
    found = []

    def note(*args: Any) -> None:
        found.append((args[4].reason, args[4].code_line))

    users = session.scalars(select(blog.User)).all()
    event.listen(blog.engine, "before_cursor_execute", note)
    _ = users[0].posts
    reason, line = found[-1]
    assert (reason.kind, reason.subject, reason.count) == ("lazy_load", "User.posts", 10)
    assert line.startswith(f"{__file__}:")
    assert line.endswith("(test_a_batch_knows_the_line_that_read_the_attribute)")


def test_what_the_session_has_is_found_without_a_connection(blog: Any) -> None:
    with Session(blog.engine, expire_on_commit=False) as session:
        post = session.scalars(select(blog.Post).where(blog.Post.user_id != None)).first()  # noqa: E711
        assert post is not None
        author = session.get(blog.User, post.user_id)
        session.commit()
        blog.log.clear()
        assert post.author is author
        assert not session.in_transaction()
        assert blog.log == []


def test_the_first_statement_of_a_transaction_may_be_a_lazy_load_in_another_schema(
    blog: Any,
) -> None:
    engine = blog.engine.execution_options(schema_translate_map={None: "main"})
    with Session(engine, expire_on_commit=False) as session:
        post = session.scalars(select(blog.Post).where(blog.Post.user_id != None)).first()  # noqa: E711
        assert post is not None
        session.commit()
        blog.log.clear()
        assert post.author is not None
        assert ["main." in sql for sql, _ in blog.log] == [True]
