"""UPDATE: changed columns only, versions, row counts, keys, expressions."""

from __future__ import annotations

from typing import Any

import pytest

from orm import (
    DeclarativeBase,
    ForeignKey,
    Mapped,
    Session,
    create_engine,
    exc,
    inspect,
    mapped_column,
    query_expression,
    relationship,
    select,
    text,
    update,
)


def test_onupdate_is_applied_and_known(session: Session, m: Any, rows: Any) -> None:
    user = m.User(name="u")
    session.add(user)
    session.commit()
    user.name = "v"
    session.flush()
    assert user.edits == 99
    assert rows("SELECT name, edits FROM users") == [("v", 99)]


def test_an_expression_is_computed_by_the_database(session: Session, m: Any) -> None:
    user = m.User(name="u", rank=1)
    session.add(user)
    session.flush()
    user.rank = m.User.rank + 5
    session.flush()
    assert user.rank == 6


def test_a_version_counts_up(session: Session, m: Any) -> None:
    paper = m.Paper(title="a")
    session.add(paper)
    session.commit()
    assert paper.version == 1
    paper.title = "b"
    session.commit()
    assert paper.version == 2


def test_a_stale_version_names_object_and_versions(session: Session, m: Any) -> None:
    papers = [m.Paper(title=str(i)) for i in range(3)]
    session.add_all(papers)
    session.commit()
    for paper in papers:
        paper.title += "!"
    with session.no_autoflush:
        session.execute("UPDATE papers SET version = 9 WHERE id = 2")
    assert len(session.dirty) == 3
    with pytest.raises(exc.StaleDataError) as caught:
        session.flush()
    message = str(caught.value)
    assert "An UPDATE of 3 row(s) of 'papers' found 2" in message
    assert "(2,)" in message
    assert "version 1" in message
    assert "version 9" in message


def test_a_row_that_is_gone_is_noticed(session: Session, m: Any) -> None:
    post = m.Post(title="p")
    session.add(post)
    session.commit()
    post.title = "q"
    with session.no_autoflush:
        session.execute("DELETE FROM posts")
    with pytest.raises(exc.StaleDataError, match="no longer there"):
        session.flush()


def test_a_natural_key_changes_the_identity(session: Session, m: Any) -> None:
    country = m.Country(code="a")
    session.add(country)
    session.commit()
    country.code = "b"
    session.flush()
    assert inspect(country).identity == ("b",)
    assert session.get(m.Country, "b") is country
    session.rollback()
    assert inspect(country).identity == ("a",)
    assert country.code == "a"


def test_a_deleted_row_is_switched_to_the_new_object(
    session: Session, m: Any, log: list[str], rows: Any
) -> None:
    old = m.Country(code="a", name="old")
    session.add(old)
    session.commit()
    session.delete(old)
    new = m.Country(code="a", name="new")
    session.add(new)
    log.clear()
    session.flush()
    assert "INSERT countries" not in log
    assert "DELETE countries" not in log
    assert "UPDATE countries" in log
    assert inspect(old).deleted
    assert inspect(new).persistent
    session.commit()
    assert rows("SELECT code, name FROM countries") == [("a", "new")]


def test_a_deleted_attribute_becomes_null(session: Session, m: Any, rows: Any) -> None:
    post = m.Post(title="p")
    session.add(post)
    session.commit()
    assert post.title == "p"
    del post.title
    session.flush()
    assert rows("SELECT title FROM posts") == [(None,)]


def test_post_update_follows_onupdate_and_counts_versions() -> None:
    class Base(DeclarativeBase):
        pass

    class Team(Base):
        __tablename__ = "teams"
        id: Mapped[int] = mapped_column(primary_key=True)
        head_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", use_alter=True))
        called: Mapped[int | None] = mapped_column(onupdate=lambda: 5)
        computed: Mapped[int | None] = mapped_column(onupdate=text("3 + 4"))
        name: Mapped[str | None]
        version: Mapped[int] = mapped_column()
        __mapper_args__ = {"version_id_col": version}
        head: Mapped[Member | None] = relationship(
            foreign_keys=[head_id], post_update=True, primaryjoin="Team.head_id == Member.id"
        )
        members: Mapped[list[Member]] = relationship(
            primaryjoin="Team.id == Member.team_id", cascade="all, delete-orphan"
        )

    class Member(Base):
        __tablename__ = "members"
        id: Mapped[int] = mapped_column(primary_key=True)
        team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        first = Member()
        team = Team(head=first, members=[first])
        session.add(team)
        session.flush()
        assert (team.version, team.called, team.computed, team.head_id) == (1, 5, 7, first.id)
        team.members.append(second := Member())
        team.head = second
        session.flush()
        assert (team.version, team.head_id) == (2, second.id)
        team.head, team.name = first, "named"
        session.flush()
        assert (team.version, team.head_id) == (3, first.id)
        session.connection().exec_driver_sql("UPDATE teams SET version = 9")
        team.head = second
        with pytest.raises(exc.StaleDataError, match="version 3"):
            session.flush()
        session.rollback()
    engine.dispose()


def test_attributes_that_queries_fill_are_written_nowhere() -> None:
    class Own(DeclarativeBase):
        pass

    class Thing(Own):
        __tablename__ = "things"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        total: Mapped[int | None] = query_expression()

    class Tool(Thing):
        __tablename__ = "tools"
        id: Mapped[int] = mapped_column(ForeignKey("things.id"), primary_key=True)
        size: Mapped[int]

    engine = create_engine("sqlite://")
    Own.metadata.create_all(engine)
    with Session(engine) as session:
        tool = Tool(id=1, name="a", size=1)
        session.add(tool)
        session.commit()
        tool.name, tool.size = "b", 2
        session.commit()
        session.execute(update(Tool), [{"id": 1, "name": "c", "size": 3}])
        session.commit()
        assert session.execute(select(Tool.name, Tool.size)).one() == ("c", 3)
    engine.dispose()
