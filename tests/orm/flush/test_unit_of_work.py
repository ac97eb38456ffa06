"""The flush as a whole: what is written, in which order, in how many statements."""

from __future__ import annotations

from typing import Any

import pytest

from orm import Session, event, exc, inspect


def test_objects_of_one_class_are_one_batch(session: Session, m: Any, log: list[str]) -> None:
    users = [m.User(name=f"u{i}") for i in range(1000)]
    session.add_all(users)
    session.flush()
    assert log == ["INSERT users"]
    assert [user.id for user in users] == list(range(1, 1001))
    assert [user.name for user in users] == [f"u{i}" for i in range(1000)]


def test_2500_objects_are_three_batches(session: Session, m: Any, log: list[str]) -> None:
    session.add_all([m.Tag(label=str(i)) for i in range(2500)])
    session.flush()
    assert log == ["INSERT tags"] * 3


def test_a_flush_without_changes_sends_nothing(session: Session, m: Any, log: list[str]) -> None:
    user = m.User(name="a")
    session.add(user)
    session.flush()
    log.clear()
    session.flush()
    user.name = "b"
    user.name = "a"
    assert user in session.dirty
    session.flush()
    assert log == []
    assert user not in session.dirty


def test_parents_come_first_whatever_the_order_of_add(
    session: Session, m: Any, log: list[str]
) -> None:
    post = m.Post(title="p")
    note = m.Note(text="n")
    session.add_all([post, note])
    user = m.User(name="u")
    post.user = user
    user.notes.append(note)
    session.flush()
    assert log == ["INSERT users", "INSERT posts", "INSERT notes"]
    assert post.user_id == note.user_id == user.id


def test_deleting_a_parent_with_100_children_is_bounded(
    session: Session, m: Any, log: list[str]
) -> None:
    user = m.User(name="u", notes=[m.Note(text=str(i)) for i in range(100)])
    session.add(user)
    session.commit()
    log.clear()
    session.delete(user)
    session.commit()
    assert [line for line in log if line.startswith("DELETE")] == ["DELETE notes", "DELETE users"]
    assert len(log) <= 5


def test_updates_share_a_statement_by_changed_columns(
    session: Session, m: Any, log: list[str]
) -> None:
    posts = [m.Post(title=str(i)) for i in range(50)]
    session.add_all(posts)
    session.flush()
    log.clear()
    for post in posts:
        post.title += "!"
    session.flush()
    assert log == ["UPDATE posts"]


def test_a_failed_flush_leaves_nothing_half_done(session: Session, m: Any) -> None:
    kept = m.User(name="kept")
    session.add(kept)
    session.commit()
    session.add_all([m.Tag(label="t"), m.User(name="kept")])
    with pytest.raises(exc.IntegrityError) as caught:
        session.flush()
    assert caught.value.kind == "unique"
    with pytest.raises(exc.PendingRollbackError, match="UNIQUE"):
        session.execute("SELECT 1")
    session.rollback()
    assert not session.new
    assert session.scalar("SELECT count(*) FROM tags") == 0
    assert kept.name == "kept"


def test_flush_events_in_their_order(session: Session, m: Any) -> None:
    seen: list[str] = []
    for name in ("before_flush", "after_flush", "after_flush_postexec"):
        event.listen(session, name, lambda *args, name=name: seen.append(name))
    event.listen(m.User, "before_insert", lambda mapper, conn, user: seen.append(user.name))
    event.listen(m.User, "after_insert", lambda mapper, conn, user: seen.append(str(user.id)))
    session.add(m.User(name="u"))
    session.flush()
    assert seen == ["before_flush", "u", "1", "after_flush", "after_flush_postexec"]


def test_before_flush_may_add_objects(session: Session, m: Any) -> None:
    def add_note(session: Any, context: Any, instances: Any) -> None:
        for obj in session.new:
            if isinstance(obj, m.User):
                obj.notes.append(m.Note(text="made"))

    event.listen(session, "before_flush", add_note)
    session.add(m.User(name="u"))
    session.commit()
    assert session.scalar("SELECT count(*) FROM notes WHERE user_id = 1") == 1


def test_flush_within_a_flush_is_refused(session: Session, m: Any) -> None:
    event.listen(session, "before_flush", lambda session, *rest: session.flush())
    session.add(m.User(name="u"))
    with pytest.raises(exc.InvalidRequestError, match="while a flush runs"):
        session.flush()


def test_only_the_objects_asked_for_are_flushed(session: Session, m: Any) -> None:
    one, other = m.User(name="1"), m.User(name="2")
    session.add_all([one, other])
    session.flush([one])
    assert inspect(one).persistent
    assert inspect(other).pending


def test_an_object_outside_the_session_is_warned_of(session: Session, m: Any) -> None:
    user = m.User(name="u")
    session.add(user)
    session.flush()
    post = m.Post(title="p")
    post.user = user
    assert post not in session
    with pytest.warns(exc.SAWarning, match="not in the session"):
        session.flush()


@pytest.mark.parametrize("side", ["posts", "user", "new"])
def test_an_object_put_into_another_after_delete_is_kept(
    session: Session, m: Any, rows: Any, side: str
) -> None:
    one, two = m.User(name="1"), m.User(name="2")
    post = m.Post(title="p", user=one)
    session.add_all([one, two, post])
    session.flush()
    session.delete(post)
    with session.no_autoflush:
        if side == "posts":
            two.posts.append(post)
        elif side == "user":
            post.user = two
        else:
            two = m.User(name="3", posts=[post])
            session.add(two)
        session.flush()
    assert inspect(post).persistent
    assert not session.deleted
    assert rows("SELECT title, user_id FROM posts") == [("p", two.id)]


def test_what_the_delete_had_reached_is_kept_too(session: Session, m: Any, rows: Any) -> None:
    root, other = m.Node(name="root"), m.Node(name="other")
    branch = m.Node(name="branch", parent=root, children=[m.Node(name="leaf")])
    session.add_all([root, other])
    session.flush()
    session.delete(root)
    assert len(session.deleted) == 3
    with session.no_autoflush:
        other.children.append(branch)
        session.flush()
    assert inspect(root).deleted
    assert rows("SELECT name, parent_id FROM nodes ORDER BY id") == [
        ("other", None),
        ("branch", other.id),
        ("leaf", branch.id),
    ]


def test_an_empty_collection_read_before_the_insert_is_loaded_afterwards(
    session: Session, m: Any
) -> None:
    read, given = m.User(name="read"), m.User(name="given", posts=[])
    session.add_all([read, given])
    assert read.posts == []
    session.flush()
    session.add_all([m.Post(title="r", user_id=read.id), m.Post(title="g", user_id=given.id)])
    session.flush()
    assert [post.title for post in read.posts] == ["r"]
    assert given.posts == []


def test_an_empty_collection_taken_before_the_insert_can_be_filled(
    session: Session, m: Any, rows: Any
) -> None:
    post = m.Post(title="p")
    session.add(post)
    tags = post.tags
    session.flush()
    tags.append(m.Tag(label="t"))
    session.flush()
    assert post.tags is tags
    assert rows("SELECT count(*) FROM links") == [(1,)]
    session.expire(post)
    assert [tag.label for tag in post.tags] == ["t"]


def test_a_new_object_takes_along_only_who_would_delete_it(session: Session, m: Any) -> None:
    post, note = m.Post(user=m.User(name="a")), m.Note(user=m.User(name="a"))
    session.add_all([post, note])
    user, owner = m.User(name="b"), m.User(name="c")
    user.posts.append(post)
    owner.notes.append(note)
    assert user not in session
    assert owner in session
