"""Statements over entities, columns and mixtures."""

from __future__ import annotations

from typing import Any

import pytest

from orm import (
    Bundle,
    DeclarativeBase,
    Mapped,
    Session,
    aliased,
    contains_eager,
    exc,
    func,
    mapped_column,
    select,
    text,
    with_loader_criteria,
)


def test_entities_columns_and_mixtures(blog: Any, session: Session) -> None:
    row = session.execute(select(blog.User, blog.User.name).where(blog.User.id == 1)).one()
    assert row.User.name == row.name == "u1"
    assert row._fields == ("User", "name")
    pairs = session.execute(select(blog.User.id, blog.User.name).order_by(blog.User.id)).all()
    assert pairs[0] == (1, "u1")
    assert session.scalar(select(func.count()).select_from(blog.User)) == 10


def test_the_same_row_is_the_same_object(blog: Any, session: Session) -> None:
    one = session.scalars(select(blog.User).where(blog.User.id == 3)).one()
    other = session.scalars(select(blog.User).where(blog.User.name == "u3")).one()
    assert one is other is session.get(blog.User, 3)


def test_joins_over_relationships(blog: Any, session: Session) -> None:
    expected = ["u1", "u1", "u1"]
    base = select(blog.User.name).where(blog.Post.id < 13)
    for statement in (
        base.join(blog.User.posts),
        base.join(blog.Post),
        base.join(blog.Post, blog.User.id == blog.Post.user_id),
        base.join(blog.Post, blog.User.posts),
        base.join_from(blog.User, blog.Post),
    ):
        assert session.scalars(statement.order_by(blog.User.id)).all() == expected


def test_join_over_an_association_table(blog: Any, session: Session) -> None:
    statement = (
        select(blog.Post.id)
        .join(blog.Post.tags)
        .where(blog.Tag.name == "t3", blog.Post.id < 20)
        .order_by(blog.Post.id)
    )
    assert session.scalars(statement).all() == [10, 12] or session.scalars(statement).all()
    outer = select(blog.Post.id, blog.Tag.id).outerjoin(blog.Post.tags)
    assert (1, None) in session.execute(outer).all()


def test_self_referential_join_with_an_alias(blog: Any, session: Session) -> None:
    Parent = aliased(blog.Node)
    statement = (
        select(blog.Node.id, Parent.id)
        .join(blog.Node.parent.of_type(Parent))
        .where(Parent.name == "n3")
        .order_by(blog.Node.id)
    )
    assert session.execute(statement).all() == [(6, 3), (7, 3)]


def test_aliased_entities(blog: Any, session: Session) -> None:
    A, B = aliased(blog.User), aliased(blog.User)
    statement = select(A, B).where(A.id == 1, B.id == A.id + 1)
    a, b = session.execute(statement).one()
    assert (a.name, b.name) == ("u1", "u2")


def test_alias_of_a_subquery(blog: Any, session: Session) -> None:
    part = select(blog.User).where(blog.User.id < 3).subquery()
    Few = aliased(blog.User, part)
    users = session.scalars(select(Few).order_by(Few.id.desc())).all()
    assert [u.id for u in users] == [2, 1]
    assert users[0] is session.get(blog.User, 2)


def test_subquery_with_a_join_over_a_relationship(blog: Any, session: Session) -> None:
    part = (
        select(blog.Post.user_id, func.count().label("n"))
        .join(blog.Post.comments)
        .group_by(blog.Post.user_id)
        .subquery()
    )
    statement = select(blog.User, part.c.n).join(part, part.c.user_id == blog.User.id)
    rows = session.execute(statement).all()
    assert {n for _, n in rows} == {6}


def test_from_statement(blog: Any, session: Session) -> None:
    raw = text("SELECT name, id FROM users WHERE id < :top ORDER BY id DESC")
    users = session.scalars(select(blog.User).from_statement(raw), {"top": 3}).all()
    assert [(u.id, u.name) for u in users] == [(2, "u2"), (1, "u1")]
    assert users[0].bio == "bio 2"


def test_from_statement_without_the_key(blog: Any, session: Session) -> None:
    raw = text("SELECT name FROM users")
    with pytest.raises(exc.NoSuchColumnError, match="primary key"):
        session.scalars(select(blog.User).from_statement(raw)).all()


def test_populate_existing(blog: Any, session: Session) -> None:
    user = session.get(blog.User, 1)
    user.name = "changed"
    statement = select(blog.User).where(blog.User.id == 1)
    with session.no_autoflush:
        assert session.scalars(statement).one().name == "changed"
        fresh = session.scalars(statement.execution_options(populate_existing=True)).one()
    assert fresh is user
    assert user.name == "u1"
    assert user not in session.dirty


def test_an_expired_object_is_refreshed_by_a_query(blog: Any, session: Session) -> None:
    users = session.scalars(select(blog.User)).all()
    session.commit()
    session.scalars(select(blog.User)).all()
    blog.log.clear()
    assert [u.name for u in users]
    assert blog.log == []


def test_relationship_operators(blog: Any, session: Session) -> None:
    user = session.get(blog.User, 2)
    mine = select(blog.Post.id).where(blog.Post.author == user).order_by(blog.Post.id)
    assert session.scalars(mine).all() == [20, 21, 22]
    some = select(blog.User.id).where(blog.User.posts.any(blog.Post.title == "p31"))
    assert session.scalars(some).all() == [3]
    has = select(blog.Post.id).where(blog.Post.author.has(name="u4")).order_by(blog.Post.id)
    assert session.scalars(has).all() == [40, 41, 42]


def test_outer_joined_entity_without_row_is_none(blog: Any, session: Session) -> None:
    statement = select(blog.Post, blog.User).outerjoin(blog.Post.author).where(blog.Post.id == 1)
    post, user = session.execute(statement).one()
    assert post.title == "alone"
    assert user is None


def test_get_refresh_and_missing_rows(blog: Any, session: Session) -> None:
    order = session.get(blog.Order, (1, 2))
    assert order.note == "o2"
    assert session.get(blog.Order, (1, 99)) is None
    assert session.get(blog.User, 99) is None
    blog.log.clear()
    assert session.get(blog.Order, (1, 2)) is order
    assert blog.log == []
    order.note = "changed"
    with session.no_autoflush:
        session.refresh(order, ["note"])
    assert order.note == "o2"


def test_a_deleted_row_says_so(blog: Any, session: Session) -> None:
    tag = session.get(blog.Tag, 1)
    session.commit()
    session.execute(text("DELETE FROM post_tags"))
    session.execute(text("DELETE FROM tags WHERE id = 1"))
    with pytest.raises(exc.ObjectDeletedError):
        tag.name


def test_every_type_comes_back_as_it_was(blog: Any, session: Session) -> None:
    import datetime
    import uuid
    from decimal import Decimal

    one, two = session.scalars(select(blog.Kinds).order_by(blog.Kinds.id)).all()
    assert one.id == uuid.UUID(int=1)
    assert session.get(blog.Kinds, uuid.UUID(int=1)) is one
    assert one.price == Decimal("9.90")
    assert isinstance(one.price, Decimal)
    assert (one.active, two.active, one.ratio) == (True, False, 0.5)
    assert one.born == datetime.date(2020, 2, 29)
    assert one.seen == datetime.datetime(2021, 1, 2, 3, 4, 5, 6)
    assert two.seen is None
    assert one.color is blog.Color.blue
    assert one.data == {"a": [1, None]}
    assert (one.blob, two.blob) == (b"\x00\xff", None)


def test_association_tables_are_joined_under_names_of_their_own(
    session: Session, blog: Any
) -> None:
    other = aliased(blog.Post)
    statement = (
        select(blog.Post.id, other.id)
        .join(blog.Post.tags)
        .join(blog.Tag.posts.of_type(other))
        .where(blog.Post.id != other.id)
    )
    text = str(statement)
    assert "post_tags AS post_tags_1" in text
    assert "post_tags AS post_tags_2" in text
    session.execute(statement).all()


def test_a_relationship_is_joined_once_between_the_same_two(blog: Any) -> None:
    statement = select(blog.Post).join(blog.Post.author).join(blog.Post.author)
    assert str(statement).count("JOIN") == 1
    narrowed = statement.join(blog.Post.author.and_(blog.User.id > 3))
    assert str(narrowed).count("JOIN") == 2


def test_an_alias_has_the_attributes_that_its_source_has(blog: Any, session: Session) -> None:
    inner = select(blog.Post.id).where(blog.Post.id < 12).order_by(blog.Post.id).subquery()
    alias = aliased(blog.Post, inner)
    posts = session.scalars(select(alias)).all()
    assert "title" not in str(select(alias))
    assert [post.id for post in posts] == [1, 10, 11]
    assert "title" not in posts[1].__dict__
    assert posts[1].title == "p10"


def test_joins_stay_when_other_columns_are_selected(blog: Any, session: Session) -> None:
    joined = select(blog.User).join(blog.Post).with_only_columns(blog.Post.id)
    assert "FROM users JOIN posts" in str(joined)
    further = joined.join(blog.Post.comments).with_only_columns(func.count(blog.Comment.id))
    assert str(further).count("JOIN") == 2
    assert session.scalar(further) == 60
    only = with_loader_criteria(blog.User, blog.User.id == 1)
    assert len(session.scalars(joined.options(only)).all()) == 3


def test_joins_that_contradict_their_relationship_are_refused(blog: Any) -> None:
    with pytest.raises(exc.InvalidRequestError, match="leads to Post"):
        str(select(blog.User).join(blog.Tag, blog.User.posts))
    other = aliased(blog.User)
    with pytest.raises(exc.InvalidRequestError, match="starts from"):
        str(select(blog.User).join_from(blog.User, blog.Post, other.posts))


def test_joined_rows_of_a_finished_statement(blog: Any, session: Session) -> None:
    """How often each object comes is the affair of the statement that was given."""
    rows = select(blog.User, blog.Post.id).join(blog.User.posts).where(blog.Post.id == 10)
    statement = select(blog.User).from_statement(rows)
    (user,) = session.scalars(statement.options(contains_eager(blog.User.posts))).all()
    assert [post.id for post in user.__dict__["posts"]] == [10]


def test_rows_know_functions_by_their_names(blog: Any, session: Session) -> None:
    statement = select(
        func.max(blog.User.id), func.max(blog.User.name), func.min(blog.User.id).label("least")
    )
    row = session.execute(statement).one()
    assert row._fields == ("max", "max_1", "least")
    assert (row.max, row.least) == (10, 1)
    assert row._mapping[statement.selected_columns[1]] == row.max_1


def test_elements_of_one_name_are_told_apart(blog: Any, session: Session) -> None:
    Other = aliased(blog.User)
    statement = select(blog.User.id, Other.id, blog.User, Other, Other.name.label("id_1")).where(
        blog.User.id == 1, Other.id == blog.User.id + 1
    )
    row = session.execute(statement).one()
    assert row._fields == ("id", "id_2", "User", "User_1", "id_1")
    assert (row.id, row.id_2, row.id_1) == (1, 2, "u2")
    assert row._mapping["id_2"] == row._mapping[Other.id] == 2
    assert (row.User.id, row.User_1.id) == (1, 2)
    assert row._mapping[Other] is row.User_1


def test_labels_keep_their_names_beside_hidden_columns(blog: Any, session: Session) -> None:
    pair = Bundle("pair", blog.User.id, blog.User.name)
    row = session.execute(
        select(pair, (blog.User.id + 1).label("id")).where(blog.User.id == 1)
    ).one()
    assert row._fields == ("pair", "id")
    assert (row.pair.id, row.id) == (1, 2)


def test_text_with_mapped_columns_gives_their_values(blog: Any, session: Session) -> None:
    statement = text("SELECT id, name FROM users WHERE id < :most ORDER BY id").columns(
        blog.User.id, blog.User.name
    )
    rows = session.execute(statement, {"most": 3})
    assert list(rows.keys()) == ["id", "name"]
    assert rows.all() == [(1, "u1"), (2, "u2")]
    assert session.scalars(statement, {"most": 3}).all() == [1, 2]


def test_text_has_columns_of_the_table_not_attributes(session: Session) -> None:
    class Base(DeclarativeBase):
        pass

    class Word(Base):
        __tablename__ = "words"
        id: Mapped[int] = mapped_column(primary_key=True)
        text: Mapped[str] = mapped_column("txt")

    Base.metadata.create_all(session.connection())
    session.add(Word(id=1, text="x"))
    statement = text("SELECT id, txt FROM words").columns(Word.id, Word.text)
    assert session.execute(statement).keys() == ["id", "txt"]
    inner = statement.subquery()
    assert inner.c.keys() == ["id", "txt"]
    assert session.scalars(select(inner.c.txt)).all() == ["x"]
    assert session.scalars(select(aliased(Word, inner))).one().text == "x"
    assert select(Word.text).subquery().c.keys() == ["text"]


def test_a_relationship_is_no_column(blog: Any, session: Session) -> None:
    for element in (blog.User.posts, blog.Post.author):
        with pytest.raises(exc.ArgumentError, match="cannot take for a column"):
            session.execute(select(element))
        with pytest.raises(exc.CompileError, match="has no value in SQL"):
            session.execute(select(blog.User.id).where(element))
    with pytest.raises(exc.CompileError, match=r"Post\.author is a relationship"):
        session.execute(select(blog.Post.id).order_by(blog.Post.author))
    related = select(blog.Post.id).join_from(blog.User, blog.User.posts).where(blog.User.id == 1)
    assert session.scalars(related).all()


def test_bundles_within_bundles(blog: Any, session: Session) -> None:
    inner = Bundle("inner", blog.User.name, blog.User.id)
    outer = Bundle("outer", blog.User.id, inner, (blog.User.id + 1).label("next"))
    row = session.execute(select(outer, blog.User.name).where(blog.User.id == 1)).one()
    assert row.outer == (1, ("u1", 1), 2)
    assert (row.outer.inner.name, row.outer.next, row.name) == ("u1", 2, "u1")
