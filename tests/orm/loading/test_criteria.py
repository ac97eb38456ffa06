"""with_loader_criteria(): conditions wherever a class is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from orm import (
    DeclarativeBase,
    ForeignKey,
    Mapped,
    Session,
    aliased,
    create_engine,
    delete,
    event,
    exc,
    func,
    joinedload,
    mapped_column,
    relationship,
    select,
    selectinload,
    update,
    with_loader_criteria,
)


@pytest.fixture
def w() -> Iterator[SimpleNamespace]:
    class Base(DeclarativeBase):
        pass

    class Kept:
        gone: Mapped[bool] = mapped_column(default=False)

    class User(Kept, Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        notes: Mapped[list[Note]] = relationship(back_populates="user", order_by="Note.id")

    class Note(Kept, Base):
        __tablename__ = "notes"
        id: Mapped[int] = mapped_column(primary_key=True)
        user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
        user: Mapped[User] = relationship(back_populates="notes")

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(
            [
                User(id=1, notes=[Note(id=1), Note(id=2, gone=True)]),
                User(id=2, gone=True, notes=[Note(id=3)]),
                User(id=3, notes=[Note(id=4, gone=True)]),
            ]
        )
        session.commit()
        kept = with_loader_criteria(Kept, lambda cls: cls.gone.is_(False))
        yield SimpleNamespace(User=User, Note=Note, Kept=Kept, session=session, kept=kept)
    engine.dispose()


def ids(w: Any, statement: Any) -> list[int]:
    return [each.id for each in w.session.scalars(statement.options(w.kept)).unique()]


def test_what_is_selected(w: Any) -> None:
    assert ids(w, select(w.User)) == [1, 3]
    assert w.session.scalars(select(w.User.id).options(w.kept)).all() == [1, 3]
    counted = select(func.count(w.Note.id)).options(w.kept)
    assert w.session.scalar(counted) == 2
    both = select(w.User.id, w.Note.id).where(w.Note.user_id == w.User.id).options(w.kept)
    assert w.session.execute(both).all() == [(1, 1)]


def test_joins_are_restricted_in_their_condition(w: Any) -> None:
    assert ids(w, select(w.User).join(w.User.notes)) == [1]
    assert ids(w, select(w.User).join(w.Note)) == [1]
    outer = select(w.User.id, w.Note.id).outerjoin(w.User.notes).options(w.kept)
    assert w.session.execute(outer.order_by(w.User.id)).all() == [(1, 1), (3, None)]
    by_key = select(w.User.id, w.Note.id).outerjoin(w.Note).options(w.kept)
    assert w.session.execute(by_key.order_by(w.User.id)).all() == [(1, 1), (3, None)]
    condition = w.Note.user_id == w.User.id
    by_condition = select(w.User.id, w.Note.id).outerjoin(w.Note, condition).options(w.kept)
    assert w.session.execute(by_condition.order_by(w.User.id)).all() == [(1, 1), (3, None)]


def test_statements_within(w: Any) -> None:
    assert ids(w, select(w.User).where(w.User.notes.any())) == [1]
    inner = select(w.Note.user_id).where(w.Note.id > 0)
    assert ids(w, select(w.User).where(w.User.id.in_(inner))) == [1]
    notes = select(w.Note.user_id).subquery()
    assert ids(w, select(w.User).join(notes, notes.c.user_id == w.User.id)) == [1]
    count = select(func.count(w.Note.id)).where(w.Note.user_id == w.User.id).scalar_subquery()
    rows = w.session.execute(select(w.User.id, count).options(w.kept)).all()
    assert rows == [(1, 1), (3, 0)]


@pytest.mark.parametrize("option", [None, joinedload, selectinload])
def test_relationships(w: Any, option: Any) -> None:
    statement = select(w.User).options(w.kept).order_by(w.User.id)
    if option is not None:
        statement = statement.options(option(w.User.notes))
    w.session.expunge_all()
    users = w.session.scalars(statement).unique().all()
    assert [[note.id for note in user.notes] for user in users] == [[1], []]


def test_only_the_statement(w: Any) -> None:
    once = with_loader_criteria(w.Kept, lambda cls: ~cls.gone, propagate_to_loaders=False)
    users = w.session.scalars(select(w.User).options(once)).all()
    assert [len(user.notes) for user in users] == [2, 1]


def test_only_relationships(w: Any) -> None:
    later = with_loader_criteria(w.Kept, lambda cls: ~cls.gone, loader_only=True)
    users = w.session.scalars(select(w.User).options(later)).all()
    assert [len(user.notes) for user in users] == [1, 1, 0]


def test_aliases_are_meant_if_asked(w: Any) -> None:
    alias = aliased(w.User)
    assert w.session.scalars(select(alias.id).options(w.kept)).all() == [1, 2, 3]
    both = with_loader_criteria(w.User, w.User.gone.is_(False), include_aliases=True)
    assert w.session.scalars(select(alias.id).options(both)).all() == [1, 3]


def test_values_are_read_anew(w: Any) -> None:
    def above(number: int) -> list[int]:
        option = with_loader_criteria(w.User, lambda cls: cls.id > number)
        return list(w.session.scalars(select(w.User.id).options(option)))

    assert above(1) == [2, 3]
    assert above(2) == [3]


def test_for_all_statements_of_a_session(w: Any) -> None:
    @event.listens_for(w.session, "do_orm_execute")
    def restrict(state: Any) -> None:
        state.statement = state.statement.options(w.kept)

    user = w.session.scalars(select(w.User)).first()
    assert [note.id for note in user.notes] == [1]
    result = w.session.execute(update(w.Note).values(user_id=2))
    assert result.rowcount == 2


def test_what_it_refuses(w: Any) -> None:
    with pytest.raises(exc.ArgumentError, match="mapped class or a mixin"):
        with_loader_criteria("User", w.User.gone)


def test_the_text_shows_it(w: Any) -> None:
    text = str(select(w.User.id).where(w.User.notes.any()).options(w.kept))
    assert text.count("gone IS") == 2


def test_conditions_do_not_go_round(w: Any) -> None:
    users = with_loader_criteria(w.User, lambda cls: cls.notes.any())
    notes = with_loader_criteria(w.Note, lambda cls: cls.user.has())
    statement = select(w.User).options(users, notes)
    assert len(w.session.scalars(statement).all()) == 3


def test_it_is_no_option_of_a_path(w: Any) -> None:
    with pytest.raises(exc.ArgumentError, match="whole statement"):
        selectinload(w.User.notes).options(w.kept)


def test_count_of_a_query(w: Any) -> None:
    assert w.session.query(w.User).options(w.kept).count() == 2


def test_options_of_a_subquery(w: Any) -> None:
    inner = select(w.User).options(w.kept).subquery()
    assert w.session.scalar(select(func.count()).select_from(inner)) == 2


def test_what_is_shown_of_updates_and_deletes_has_the_conditions(blog: Any) -> None:
    only = with_loader_criteria(blog.Post, blog.Post.title != "gone")
    change = update(blog.Post).where(blog.Post.id == 1).values(title="new").options(only)
    assert text_of(change) == (
        "UPDATE posts SET title=:title WHERE posts.id = :id_1 AND posts.title != :title_1"
    )
    removal = delete(blog.Comment).where(blog.Comment.post_id.in_(select(blog.Post.id)))
    assert text_of(removal.options(only)) == (
        "DELETE FROM comments WHERE comments.post_id IN (SELECT posts.id FROM posts "
        "WHERE posts.title != :title_1)"
    )


def text_of(statement: Any) -> str:
    return " ".join(str(statement).split())


def test_a_listener_narrows_lazy_loads_once(w: Any) -> None:
    """Objects that came by no query with the criteria: their lazy loads get them by the listener alone."""
    sent: list[str] = []
    event.listen(w.session.bind, "before_cursor_execute", lambda *args: sent.append(args[2]))
    user = w.session.get(w.User, 1)

    @event.listens_for(w.session, "do_orm_execute")
    def restrict(state: Any) -> None:
        state.statement = state.statement.options(w.kept)

    assert [note.id for note in user.notes] == [1]
    note = w.session.scalars(select(w.Note).where(w.Note.id == 1)).one()
    w.session.expire(note.user)
    assert note.user.id == 1
    users = w.session.scalars(select(w.User).options(selectinload(w.User.notes))).unique().all()
    assert [len(each.notes) for each in users] == [1, 0]
    assert [sql.count("gone IS") or sql.count("gone =") for sql in sent if "notes" in sql] == [
        1
    ] * len([sql for sql in sent if "notes" in sql])
