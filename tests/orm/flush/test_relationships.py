"""One-to-many, many-to-one, many-to-many, self-reference and post_update in a flush."""

from __future__ import annotations

from typing import Any

import pytest

from orm import (
    Column,
    DeclarativeBase,
    ForeignKey,
    Mapped,
    Session,
    Table,
    exc,
    inspect,
    mapped_column,
    relationship,
)


def _user(m: Any, session: Session, *titles: str) -> Any:
    user = m.User(name="u", posts=[m.Post(title=title) for title in titles])
    session.add(user)
    session.commit()
    return user


def test_a_removed_child_loses_its_foreign_key(session: Session, m: Any, log: list[str]) -> None:
    user = _user(m, session, "a", "b")
    post = user.posts[0]
    user.posts.remove(post)
    log.clear()
    session.commit()
    assert log == ["UPDATE posts"]
    assert post.user_id is None
    assert post.user is None


def test_a_moved_child_gets_the_new_parent(session: Session, m: Any) -> None:
    user = _user(m, session, "a")
    other = m.User(name="v")
    session.add(other)
    other.posts.append(user.posts[0])
    session.commit()
    assert user.posts == []
    assert [post.title for post in other.posts] == ["a"]


def test_many_to_one_alone(session: Session, m: Any) -> None:
    user = _user(m, session)
    post = m.Post(title="p", user=user)
    session.add(post)
    session.flush()
    assert post.user_id == user.id
    post.user = None
    session.flush()
    assert post.user_id is None


def test_a_deleted_parent_blanks_its_children(session: Session, m: Any, rows: Any) -> None:
    user = _user(m, session, "a", "b")
    session.delete(user)
    session.commit()
    assert rows("SELECT title, user_id FROM posts ORDER BY id") == [("a", None), ("b", None)]


def test_orphans_are_deleted(session: Session, m: Any, rows: Any) -> None:
    user = m.User(name="u", notes=[m.Note(text="1"), m.Note(text="2")])
    session.add(user)
    session.commit()
    gone = user.notes.pop(0)
    session.flush()
    assert inspect(gone).deleted
    assert rows("SELECT text FROM notes") == [("2",)]
    user.notes = []
    session.commit()
    assert rows("SELECT text FROM notes") == []


def test_a_pending_orphan_is_taken_back(session: Session, m: Any, rows: Any) -> None:
    user = m.User(name="u")
    session.add(user)
    note = m.Note(text="n")
    user.notes.append(note)
    assert note in session
    user.notes.remove(note)
    assert note not in session
    session.commit()
    assert rows("SELECT * FROM notes") == []


def test_an_orphan_that_moves_to_another_owner_stays(session: Session, m: Any, rows: Any) -> None:
    one = m.User(name="1", notes=[m.Note(text="n")])
    other = m.User(name="2")
    session.add_all([one, other])
    session.commit()
    note = one.notes[0]
    assert other.notes == []
    one.notes.remove(note)
    other.notes.append(note)
    session.commit()
    assert rows("SELECT text, user_id FROM notes") == [("n", other.id)]


def test_many_to_many_rows_are_written_once(
    session: Session, m: Any, log: list[str], rows: Any
) -> None:
    post, tags = m.Post(title="p"), [m.Tag(label=str(i)) for i in range(20)]
    post.tags.extend(tags)
    assert tags[0].posts == [post]
    session.add(post)
    session.flush()
    assert log == ["INSERT posts", "INSERT tags", "INSERT links"]
    assert rows("SELECT count(*) FROM links") == [(20,)]
    log.clear()
    tags[3].posts.remove(post)
    post.tags.remove(tags[4])
    session.flush()
    assert log == ["DELETE links", "DELETE links"] or log == ["DELETE links"]
    assert rows("SELECT count(*) FROM links") == [(18,)]


def test_deleting_one_side_deletes_its_links(session: Session, m: Any, rows: Any) -> None:
    tag = m.Tag(label="t")
    session.add_all([m.Post(title=str(i), tags=[tag]) for i in range(3)])
    session.commit()
    session.delete(tag)
    session.commit()
    assert rows("SELECT * FROM links") == []
    assert rows("SELECT count(*) FROM posts") == [(3,)]


def test_a_link_row_that_is_gone_is_noticed(session: Session, m: Any) -> None:
    post = m.Post(title="p", tags=[m.Tag(label="t")])
    session.add(post)
    session.commit()
    post.tags.clear()
    with session.no_autoflush:
        session.execute("DELETE FROM links")
    with pytest.raises(exc.StaleDataError, match="A DELETE of 1 row"):
        session.flush()


def test_a_tree_is_written_level_by_level(
    session: Session, m: Any, log: list[str], rows: Any
) -> None:
    leaves = [m.Node(name=f"leaf{i}") for i in range(10)]
    branch = m.Node(name="branch", children=leaves)
    root = m.Node(name="root", children=[branch])
    session.add_all([*leaves, branch, root])
    session.flush()
    assert log == ["INSERT nodes"] * 3
    assert leaves[0].parent_id == branch.id
    assert branch.parent_id == root.id
    session.commit()
    log.clear()
    session.delete(root)
    session.commit()
    assert [line for line in log if line.startswith("DELETE")] == ["DELETE nodes"] * 3
    assert rows("SELECT * FROM nodes") == []


def test_post_update_breaks_a_circle(session: Session, m: Any, rows: Any) -> None:
    one, other = m.Node(name="1"), m.Node(name="2")
    one.favourite, other.favourite = other, one
    session.add_all([one, other])
    session.commit()
    assert rows("SELECT name, favourite_id FROM nodes ORDER BY id") == [("1", 2), ("2", 1)]
    with session.no_autoflush:
        session.delete(one)
        session.delete(other)
    session.commit()
    assert rows("SELECT * FROM nodes") == []


def test_rows_in_a_circle_are_named(session: Session, m: Any) -> None:
    one, other = m.Node(name="1"), m.Node(name="2")
    one.parent, other.parent = other, one
    session.add_all([one, other])
    with pytest.raises(exc.CircularDependencyError, match="post_update=True"):
        session.flush()


def test_a_changed_key_reaches_the_children(memory: Any, session: Session, m: Any) -> None:
    country = m.Country(code="uk", cities=[m.City(), m.City()])
    session.add(country)
    session.commit()
    session.execute("PRAGMA defer_foreign_keys = ON")
    country.code = "gb"
    session.commit()
    assert {city.country_code for city in country.cities} == {"gb"}
    assert session.get(m.Country, "gb") is country
    assert session.get(m.Country, "uk") is None


def test_children_taken_out_before_the_delete_are_let_go(session: Session, m: Any) -> None:
    root = m.Node(name="root", children=[m.Node(name="a"), m.Node(name="b")])
    session.add(root)
    session.commit()
    del root.children[0]
    session.delete(root)
    session.commit()
    assert session.scalars("SELECT name FROM nodes").all() == ["a"]


def test_none_in_a_collection_is_refused(session: Session, m: Any) -> None:
    user = m.User(name="u")
    user.posts.append(None)
    session.add(user)
    with pytest.raises(exc.FlushError, match="User.posts contains None"):
        session.flush()


@pytest.mark.parametrize("name", ["many_to_one", "one_to_many", "many_to_many"])
def test_an_object_of_another_class_is_refused(session: Session, name: str) -> None:
    class Base(DeclarativeBase):
        pass

    Table(
        "link",
        Base.metadata,
        Column("left_id", ForeignKey("left.id")),
        Column("right_id", ForeignKey("right.id")),
    )

    class Left(Base):
        __tablename__ = "left"
        id: Mapped[int] = mapped_column(primary_key=True)
        right_id: Mapped[int | None] = mapped_column(ForeignKey("right.id"))
        many_to_one: Mapped[Right | None] = relationship("Right", foreign_keys=[right_id])
        one_to_many: Mapped[list[Right]] = relationship("Right", foreign_keys="Right.left_id")
        many_to_many: Mapped[list[Right]] = relationship("Right", secondary="link")

    class Right(Base):
        __tablename__ = "right"
        id: Mapped[int] = mapped_column(primary_key=True)
        left_id: Mapped[int | None] = mapped_column(ForeignKey("left.id"))

    Base.metadata.create_all(session.connection())
    wrong = Left()
    session.add(Left(**{name: wrong if name == "many_to_one" else [wrong]}))
    with pytest.raises(exc.FlushError, match=f"Left.{name} leads to Right, but a Left"):
        session.flush()


def test_an_object_that_refers_to_itself_before_it_has_a_key(session: Session, m: Any) -> None:
    node = m.Node(name="alone")
    node.parent = node
    session.add(node)
    with pytest.raises(exc.CircularDependencyError, match="refers to the object itself"):
        session.flush()


def test_an_object_with_a_key_may_refer_to_itself(session: Session, m: Any) -> None:
    node = m.Node(id=7, name="alone")
    node.parent = node
    session.add(node)
    session.commit()
    assert session.execute("SELECT id, parent_id FROM nodes").all() == [(7, 7)]
