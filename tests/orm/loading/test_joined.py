"""Joined eager loading beside other joins, under limits, and ordered by the association table."""

from __future__ import annotations

from typing import Any

import pytest

from orm import (
    Column,
    DeclarativeBase,
    ForeignKey,
    Integer,
    Mapped,
    Session,
    Table,
    column_property,
    contains_eager,
    create_engine,
    func,
    joinedload,
    load_only,
    mapped_column,
    relationship,
    select,
    selectinload,
)


def test_joins_of_the_statement_do_not_repeat_members(session: Session, blog: Any) -> None:
    statement = (
        select(blog.Post)
        .join(blog.Post.tags)
        .options(joinedload(blog.Post.comments))
        .where(blog.Post.id == 10)
    )
    post = session.scalars(statement).unique().one()
    assert [comment.id for comment in post.comments] == [100, 101]


def test_a_second_entity_does_not_repeat_members(session: Session, blog: Any) -> None:
    statement = (
        select(blog.User, blog.Post)
        .join(blog.Post, blog.Post.user_id == blog.User.id)
        .options(joinedload(blog.User.posts), joinedload(blog.Post.comments))
        .where(blog.User.id == 1)
    )
    rows = session.execute(statement).unique().all()
    assert len(rows) == 3
    assert [post.id for post in rows[0][0].posts] == [10, 11, 12]
    assert [comment.id for comment in rows[0][1].comments] == [100, 101]


def test_members_reached_over_two_parents(session: Session, blog: Any) -> None:
    statement = select(blog.Tag).options(
        selectinload(blog.Tag.posts).joinedload(blog.Post.comments)
    )
    for tag in session.scalars(statement):
        for post in tag.posts:
            assert len(post.comments) == 2


def test_contained_members_beside_another_join(session: Session, blog: Any) -> None:
    statement = (
        select(blog.Post)
        .join(blog.Post.comments)
        .join(blog.Post.tags)
        .options(contains_eager(blog.Post.comments))
        .where(blog.Post.id == 10)
    )
    post = session.scalars(statement).unique().one()
    assert [comment.id for comment in post.comments] == [100, 101]


def test_each_entity_is_joined_where_it_stands(session: Session, blog: Any) -> None:
    statement = (
        select(blog.User, blog.Post)
        .where(blog.Post.user_id == blog.User.id, blog.User.id == 1)
        .options(joinedload(blog.User.profile), joinedload(blog.Post.tags))
        .order_by(blog.Post.id)
    )
    rows = session.execute(statement).unique().all()
    assert [post.id for _, post in rows] == [10, 11, 12]
    assert all(len(post.__dict__["tags"]) == 2 for _, post in rows)


def test_a_limit_keeps_the_columns_that_are_joined_by(session: Session, blog: Any) -> None:
    statement = (
        select(blog.Post)
        .options(load_only(blog.Post.title), joinedload(blog.Post.author))
        .order_by(blog.Post.id.desc())
        .limit(1)
    )
    post = session.scalars(statement).one()
    assert post.__dict__["author"].id == 10
    assert "user_id" not in post.__dict__


def test_the_text_of_a_statement_has_its_joins(blog: Any) -> None:
    text = str(select(blog.Post).options(joinedload(blog.Post.author)))
    assert "LEFT OUTER JOIN users AS users_1 ON users_1.id = posts.user_id" in text


@pytest.mark.parametrize("limit", [None, 5])
def test_order_by_the_association_table(limit: int | None) -> None:
    class Base(DeclarativeBase):
        pass

    table = Table(
        "members",
        Base.metadata,
        Column("team_id", ForeignKey("team.id")),
        Column("player_id", ForeignKey("player.id")),
        Column("place", Integer),
    )

    class Player(Base):
        __tablename__ = "player"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Team(Base):
        __tablename__ = "team"
        id: Mapped[int] = mapped_column(primary_key=True)
        players: Mapped[list[Player]] = relationship(secondary=table, order_by=table.c.place)

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Team(id=1), Player(id=1), Player(id=2)])
        session.flush()
        rows = [{"team_id": 1, "player_id": i, "place": 9 - i} for i in (1, 2)]
        session.execute(table.insert(), rows)
        session.expunge_all()
        statement = select(Team).options(joinedload(Team.players)).limit(limit)
        team = session.scalars(statement).unique().one()
        assert [player.id for player in team.players] == [2, 1]
    engine.dispose()


def test_collections_joined_to_lazily_loaded_ones(session: Session, blog: Any) -> None:
    path = selectinload(blog.User.posts).joinedload(blog.Post.comments)
    for user in session.scalars(select(blog.User).options(path)):
        assert len(user.posts) == 3
        assert all(len(post.comments) == 2 for post in user.posts)


def test_expressions_and_their_order_under_a_limit() -> None:
    class Base(DeclarativeBase):
        pass

    class Line(Base):
        __tablename__ = "line"
        id: Mapped[int] = mapped_column(primary_key=True)
        order_id = mapped_column(ForeignKey("orders.id"))
        price = mapped_column(Integer)
        twice = column_property(price * 2)

    class Order(Base):
        __tablename__ = "orders"
        id: Mapped[int] = mapped_column(primary_key=True)
        lines: Mapped[list[Line]] = relationship(order_by=Line.id)

    prices = Line.__table__.c
    total = select(func.sum(prices.price)).where(prices.order_id == Order.id).correlate(Order)
    Order.total = column_property(total.scalar_subquery())
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Order(id=1, lines=[Line(price=3), Line(price=4)]))
        session.add(Order(id=2, lines=[Line(price=1)]))
        session.commit()
        statement = select(Order).options(joinedload(Order.lines)).order_by(Order.total)
        orders = session.scalars(statement.limit(5)).unique().all()
        assert [(order.id, order.total) for order in orders] == [(2, 1), (1, 7)]
        assert [line.twice for line in orders[1].lines] == [6, 8]
        reverse = statement.order_by(None).order_by((Order.id * -1).asc()).limit(5)
        assert [order.id for order in session.scalars(reverse).unique()] == [2, 1]
    engine.dispose()


def joins_of(statement: Any) -> str:
    """The FROM clause of a statement on one line."""
    return " ".join(str(statement).split()).partition(" FROM ")[2].partition(" ORDER BY")[0]


def test_an_inner_join_below_an_outer_one_loses_no_parent(session: Session, blog: Any) -> None:
    nested = joinedload(blog.User.posts).joinedload(blog.Post.tags, innerjoin=True)
    statement = select(blog.User).options(nested)
    assert joins_of(statement) == (
        "users LEFT OUTER JOIN (posts AS posts_1 JOIN post_tags AS post_tags_1 ON posts_1.id = post_tags_1.post_id "
        "JOIN tags AS tags_1 ON tags_1.id = post_tags_1.tag_id) ON users.id = posts_1.user_id"
    )
    users = session.scalars(statement).unique().all()
    assert len(users) == session.scalar(select(func.count()).select_from(blog.User))


def test_two_inner_joins_are_put_into_one_outer_join(session: Session, blog: Any) -> None:
    posts = joinedload(blog.User.posts)
    statement = select(blog.User).options(
        posts.joinedload(blog.Post.author, innerjoin=True).joinedload(
            blog.User.profile, innerjoin=True
        ),
        posts.joinedload(blog.Post.comments, innerjoin=True),
    )
    assert joins_of(statement) == (
        "users LEFT OUTER JOIN (posts AS posts_1 JOIN comments AS comments_1 ON posts_1.id = comments_1.post_id "
        "JOIN users AS users_1 ON users_1.id = posts_1.user_id "
        "JOIN profiles AS profiles_1 ON users_1.id = profiles_1.user_id) ON users.id = posts_1.user_id"
    )
    users = session.scalars(statement).unique().all()
    assert len(users) == session.scalar(select(func.count()).select_from(blog.User))


def test_unnested_inner_joins_become_outer_ones_below_an_outer_join(blog: Any) -> None:
    option = joinedload(blog.User.posts).joinedload(blog.Post.author, innerjoin="unnested")
    assert joins_of(select(blog.User).options(option)) == (
        "users LEFT OUTER JOIN posts AS posts_1 ON users.id = posts_1.user_id "
        "LEFT OUTER JOIN users AS users_1 ON users_1.id = posts_1.user_id"
    )
    inner = joinedload(blog.User.posts, innerjoin=True)
    option = inner.joinedload(blog.Post.author, innerjoin="unnested")
    assert joins_of(select(blog.User).options(option)).count(" JOIN ") == 2
    assert "OUTER" not in joins_of(select(blog.User).options(option))


def test_a_limit_needs_no_subquery_where_a_join_adds_no_rows(blog: Any) -> None:
    one = select(blog.Post).options(joinedload(blog.Post.author)).limit(3)
    assert joins_of(one).startswith("posts LEFT OUTER JOIN users")
    many = select(blog.User).options(joinedload(blog.User.posts)).limit(3)
    assert joins_of(many).startswith("(SELECT users.id")


def test_members_of_what_several_rows_refer_to(session: Session, blog: Any) -> None:
    option = joinedload(blog.Post.author).joinedload(blog.User.posts)
    statement = select(blog.Post).options(option).where(blog.Post.user_id == 1)
    posts = session.scalars(statement).unique().all()
    assert len(posts) == 3
    assert sorted(post.id for post in posts[0].author.posts) == [10, 11, 12]
