"""DELETE: IN lists, composite keys, versions, rows that were gone."""

from __future__ import annotations

from typing import Any

import pytest

from orm import ForeignKey, Integer, Session, String, exc, mapped_column, select


def test_many_rows_go_by_lists(session: Session, m: Any, log: list[str]) -> None:
    session.add_all([m.Tag(label=str(i)) for i in range(1200)])
    session.commit()
    tags = session.scalars(select(m.Tag)).all()
    log.clear()
    for tag in tags:
        session.delete(tag)
    session.flush()
    assert log.count("DELETE tags") == 3
    assert session.scalar("SELECT count(*) FROM tags") == 0


def test_composite_keys(session: Session, m: Any, log: list[str]) -> None:
    pairs = [m.Pair(left=i, right=i) for i in range(10)]
    session.add_all(pairs)
    session.flush()
    log.clear()
    for pair in pairs[:5]:
        session.delete(pair)
    session.flush()
    assert log == ["DELETE pairs"]
    assert session.scalar("SELECT count(*) FROM pairs") == 5


def test_a_stale_version_is_refused(session: Session, m: Any) -> None:
    paper = m.Paper(title="a")
    session.add(paper)
    session.commit()
    assert paper.version == 1
    session.delete(paper)
    with session.no_autoflush:
        session.execute("UPDATE papers SET version = 5")
    with pytest.raises(exc.StaleDataError, match="expected in version 1 and found in version 5"):
        session.flush()


def test_rows_that_were_gone_are_warned_of(session: Session, m: Any) -> None:
    post = m.Post(title="p")
    session.add(post)
    session.commit()
    session.delete(post)
    with session.no_autoflush:
        session.execute("DELETE FROM posts")
    with pytest.warns(exc.SAWarning, match="A DELETE of 1 row"):
        session.flush()


def test_a_version_in_the_table_of_the_parent_class(session: Session, m: Any) -> None:
    class Sheet(m.Base):
        __tablename__ = "versioned"
        id = mapped_column(Integer, primary_key=True)
        kind = mapped_column(String(10))
        version = mapped_column(Integer, nullable=False)
        __mapper_args__ = {
            "version_id_col": version,
            "polymorphic_on": kind,
            "polymorphic_identity": "sheet",
        }

    class Memo(Sheet):
        __tablename__ = "memos"
        id = mapped_column(ForeignKey("versioned.id"), primary_key=True)
        __mapper_args__ = {"polymorphic_identity": "memo"}

    m.Base.metadata.create_all(session.connection())
    memo = Memo()
    session.add(memo)
    session.commit()
    session.delete(memo)
    session.commit()
    assert session.execute("SELECT * FROM versioned").all() == []


def test_changes_after_the_delete_are_not_written(session: Session, m: Any) -> None:
    user = m.User(name="u", posts=[m.Post(title="p")])
    session.add(user)
    session.commit()
    post = user.posts[0]
    session.delete(post)
    session.flush()
    post.title = "changed"
    post.user = None
    session.flush()
    assert not session.dirty
    session.rollback()
    assert post.title == "p"
    assert post.user is user


def test_the_database_deletes_the_rows_of_joined_tables(
    session: Session, m: Any, log: list[str]
) -> None:
    class Thing(m.Base):
        __tablename__ = "things"
        id = mapped_column(Integer, primary_key=True)
        kind = mapped_column(String(10))
        __mapper_args__ = {"polymorphic_on": kind, "passive_deletes": True}

    class Part(Thing):
        __tablename__ = "parts"
        id = mapped_column(ForeignKey("things.id", ondelete="CASCADE"), primary_key=True)
        __mapper_args__ = {"polymorphic_identity": "part"}

    m.Base.metadata.create_all(session.connection())
    parts = [Part(), Part()]
    session.add_all(parts)
    session.flush()
    log.clear()
    for part in parts:
        session.delete(part)
    session.flush()
    assert log == ["DELETE things"]
    assert session.scalar("SELECT count(*) FROM parts") == 0
