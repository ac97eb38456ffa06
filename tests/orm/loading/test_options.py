"""Loader options: statements and values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from orm import (
    DeclarativeBase,
    ForeignKey,
    Load,
    Mapped,
    Session,
    aliased,
    contains_eager,
    create_engine,
    defaultload,
    defer,
    exc,
    immediateload,
    inspect,
    joinedload,
    lazyload,
    literal,
    load_only,
    mapped_column,
    noload,
    query_expression,
    raiseload,
    relationship,
    select,
    selectinload,
    subqueryload,
    undefer,
    with_expression,
)


@pytest.mark.parametrize("option", [selectinload, subqueryload, immediateload])
def test_a_second_statement_loads_the_related(blog: Any, session: Session, option: Any) -> None:
    users = session.scalars(select(blog.User).options(option(blog.User.posts))).all()
    assert len(blog.log) == 2
    assert [[p.title for p in u.posts] for u in users][0] == ["p10", "p11", "p12"]
    assert len(blog.log) == 2


def test_chained_selectin_of_all_kinds(blog: Any, session: Session) -> None:
    path = selectinload(blog.User.posts)
    statement = select(blog.User).options(
        path.selectinload(blog.Post.tags), path.selectinload(blog.Post.comments)
    )
    users = session.scalars(statement).all()
    assert len(blog.log) == 4
    assert sum(len(p.comments) for u in users for p in u.posts) == 60
    assert sum(len(p.tags) for u in users for p in u.posts) == 60
    assert len(blog.log) == 4


def test_selectin_of_a_to_one_uses_what_the_session_has(blog: Any, session: Session) -> None:
    users = session.scalars(select(blog.User)).all()
    blog.log.clear()
    posts = session.scalars(select(blog.Post).options(selectinload(blog.Post.author))).all()
    assert {post.author for post in posts} == {*users, None}
    assert len(blog.log) == 1


def test_joined_collections_need_unique(blog: Any, session: Session) -> None:
    statement = select(blog.User).options(joinedload(blog.User.posts)).order_by(blog.User.id)
    with pytest.raises(exc.InvalidRequestError, match=r"unique\(\)"):
        session.scalars(statement).all()
    blog.log.clear()
    users = session.scalars(statement).unique().all()
    assert [[p.title for p in u.posts] for u in users][:2] == [
        ["p10", "p11", "p12"],
        ["p20", "p21", "p22"],
    ]
    assert len(blog.log) == 1
    assert "LEFT OUTER JOIN posts AS posts_1 ON users.id = posts_1.user_id" in blog.log.sql[0]


def test_joined_to_one(blog: Any, session: Session) -> None:
    statement = select(blog.Post).options(joinedload(blog.Post.author)).order_by(blog.Post.id)
    posts = session.scalars(statement).all()
    assert [p.author and p.author.name for p in posts[:3]] == [None, "u1", "u1"]
    assert len(blog.log) == 1
    inner = select(blog.Post).options(joinedload(blog.Post.author, innerjoin=True))
    assert len(session.scalars(inner).all()) == 30
    assert " JOIN users AS users_1" in blog.log.sql[-1]
    assert "OUTER" not in blog.log.sql[-1]


def test_joined_many_to_many_and_nested(blog: Any, session: Session) -> None:
    statement = (
        select(blog.User)
        .options(
            joinedload(blog.User.posts).options(
                joinedload(blog.Post.tags), joinedload(blog.Post.comments)
            )
        )
        .order_by(blog.User.id)
    )
    users = session.scalars(statement).unique().all()
    assert len(users) == 10
    first = users[0].posts[0]
    assert [t.id for t in first.tags] == [3, 4]
    assert [c.id for c in first.comments] == [100, 101]
    assert [len(u.posts) for u in users] == [3] * 10
    assert len(blog.log) == 1


def test_joined_with_limit_counts_parents(blog: Any, session: Session) -> None:
    statement = (
        select(blog.User)
        .options(joinedload(blog.User.posts))
        .order_by(blog.User.name.desc())
        .limit(2)
        .offset(1)
    )
    users = session.scalars(statement).unique().all()
    assert [(u.name, [p.title for p in u.posts]) for u in users] == [
        ("u8", ["p80", "p81", "p82"]),
        ("u7", ["p70", "p71", "p72"]),
    ]
    assert len(blog.log) == 1
    statement = statement.limit(3)
    assert len(session.scalars(statement).unique().all()) == 3


def test_joined_self_referential(blog: Any, session: Session) -> None:
    statement = (
        select(blog.Node)
        .where(blog.Node.parent_id == None)  # noqa: E711
        .options(joinedload(blog.Node.children).joinedload(blog.Node.children))
    )
    root = session.scalars(statement).unique().one()
    assert [[n.id for n in child.children] for child in root.children] == [[4, 5], [6, 7]]
    assert len(blog.log) == 1


def test_contains_eager(blog: Any, session: Session) -> None:
    statement = (
        select(blog.User)
        .join(blog.User.posts)
        .where(blog.Post.title.in_(["p10", "p12", "p21"]))
        .options(contains_eager(blog.User.posts))
        .order_by(blog.User.id, blog.Post.id)
    )
    users = session.scalars(statement).unique().all()
    assert [[p.title for p in u.posts] for u in users] == [["p10", "p12"], ["p21"]]
    assert len(blog.log) == 1


def test_contains_eager_with_an_alias(blog: Any, session: Session) -> None:
    Author = aliased(blog.User)
    statement = (
        select(blog.Post)
        .join(Author, blog.Post.author)
        .where(Author.name == "u3")
        .options(contains_eager(blog.Post.author.of_type(Author)))
    )
    posts = session.scalars(statement).all()
    assert {p.author.name for p in posts} == {"u3"}
    assert len(blog.log) == 1


def test_load_only_defer_undefer(blog: Any, session: Session) -> None:
    users = session.scalars(select(blog.User).options(load_only(blog.User.id))).all()
    assert "name" not in blog.log.sql[0]
    assert users[0].name == "u1"
    session.expunge_all()
    blog.log.clear()
    users = session.scalars(
        select(blog.User).options(undefer(blog.User.bio), defer(blog.User.name))
    ).all()
    assert users[0].bio == "bio 1"
    assert "users.name" not in blog.log.sql[0]
    assert len(blog.log) == 1


def test_column_options_below_a_relationship(blog: Any, session: Session) -> None:
    option = selectinload(blog.User.posts).load_only(blog.Post.title)
    session.scalars(select(blog.User).options(option)).all()
    assert blog.log.sql[1].startswith("SELECT posts.user_id, posts.id, posts.title FROM posts")
    option = defaultload(blog.Post.author).undefer(blog.User.bio)
    session.expunge_all()
    blog.log.clear()
    posts = session.scalars(select(blog.Post).options(option)).all()
    assert posts[1].author.bio.startswith("bio")
    assert len(blog.log) == 2


def test_raise_and_noload(blog: Any, session: Session) -> None:
    statement = select(blog.User).options(raiseload(blog.User.posts), noload(blog.User.profile))
    user = session.scalars(statement).first()
    with pytest.raises(exc.InvalidRequestError, match="lazy='raise'"):
        user.posts
    assert user.profile is None
    assert len(blog.log) == 1


def test_raise_on_sql_allows_the_identity_map(blog: Any, session: Session) -> None:
    users = session.scalars(select(blog.User)).all()
    option = raiseload(blog.Post.author, sql_only=True)
    post = session.scalars(select(blog.Post).where(blog.Post.id == 10).options(option)).one()
    assert post.author is users[0]


def test_wildcards(blog: Any, session: Session) -> None:
    statement = select(blog.User).options(selectinload(blog.User.posts), raiseload("*"))
    users = session.scalars(statement).all()
    assert len(users[0].posts) == 3
    with pytest.raises(exc.InvalidRequestError):
        users[0].profile
    with pytest.raises(exc.InvalidRequestError):
        users[0].posts[0].tags


def test_load_binds_to_an_entity(blog: Any, session: Session) -> None:
    statement = select(blog.User).options(Load(blog.User).selectinload(blog.User.posts))
    session.scalars(statement).all()
    assert len(blog.log) == 2


def test_options_of_entities_that_are_not_selected_are_refused(blog: Any, session: Session) -> None:
    with pytest.raises(exc.ArgumentError, match="does not select"):
        session.scalars(select(blog.User).options(selectinload(blog.Post.tags))).all()


def test_strings_are_refused() -> None:
    with pytest.raises(exc.ArgumentError, match="not its name"):
        selectinload("posts")
    with pytest.raises(exc.ArgumentError, match="needs a relationship"):
        joinedload()


def test_criteria_of_an_option(blog: Any, session: Session) -> None:
    for title, count in (("p11", 1), ("p12", 1), ("nothing", 0)):
        option = selectinload(blog.User.posts.and_(blog.Post.title == title))
        session.expunge_all()
        user = session.scalars(select(blog.User).options(option)).first()
        assert len(user.posts) == count


def test_what_is_said_last_of_a_relationship_holds(blog: Any, session: Session) -> None:
    posts = blog.User.posts
    some = selectinload(posts.and_(blog.Post.title.like("%0")))
    statement = select(blog.User).order_by(blog.User.id).options(some)
    onwards = defaultload(posts).selectinload(blog.Post.comments)
    assert len(session.scalars(statement.options(onwards)).first().posts) == 1
    session.expunge_all()
    assert len(session.scalars(statement.options(selectinload(posts))).first().posts) == 3
    session.expunge_all()
    assert len(session.scalars(statement.options(lazyload(posts))).first().posts) == 3


def test_the_plan_of_a_statement_is_made_once(blog: Any, session: Session) -> None:
    def run(name: str) -> Any:
        option = selectinload(blog.User.posts)
        statement = select(blog.User).where(blog.User.name == name).options(option)
        return session.scalars(statement).one()

    assert run("u1").id == 1
    size = len(blog.engine._compiled_cache)
    assert run("u2").id == 2
    assert [p.title for p in run("u3").posts] == ["p30", "p31", "p32"]
    assert len(blog.engine._compiled_cache) == size


def test_options_about_attributes_as_they_stand_are_made_once(blog: Any) -> None:
    posts, tags = blog.User.posts, blog.Post.tags
    assert selectinload(posts) is selectinload(posts)
    assert selectinload(posts).joinedload(tags) is selectinload(posts).joinedload(tags)
    assert selectinload(posts).cache_key() is selectinload(posts).cache_key()
    made = [
        selectinload(posts), joinedload(posts), joinedload(posts, innerjoin=True), raiseload(posts),
        raiseload(posts, sql_only=True), defaultload(posts), selectinload(posts, chunksize=2),
        selectinload(posts, recursion_depth=2), selectinload(posts).limit(2),
        selectinload(posts).joinedload(tags), selectinload(posts).load_only(blog.Post.title),
    ]  # fmt: skip
    assert len({option.cache_key()[0] for option in made}) == len(made)


def test_options_that_belong_to_one_statement_are_not_kept(blog: Any) -> None:
    def kept() -> int:
        return sum(len(each.options_made) for each in inspect(blog.User).relationships)

    selectinload(blog.User.posts)
    before = kept()
    alias = aliased(blog.User)
    other = aliased(blog.Post)
    made = [
        selectinload(alias.posts),
        selectinload(blog.User.posts.of_type(other)),
        selectinload(blog.User.posts.and_(blog.Post.title == "p11")),
        contains_eager(blog.User.posts, alias=other),
    ]
    assert kept() == before
    assert all(option is not selectinload(blog.User.posts) for option in made)
    assert made[0].selectinload(blog.Post.tags) is not made[0].selectinload(blog.Post.tags)


def test_lazyload_overrides_what_is_mapped(blog: Any, session: Session) -> None:
    user = session.scalars(select(blog.User).options(lazyload(blog.User.posts))).first()
    assert "posts" not in user.__dict__


@pytest.mark.parametrize("option", [selectinload, subqueryload, immediateload])
def test_a_foreign_key_that_was_left_out_costs_no_statement(
    blog: Any, session: Session, option: Any
) -> None:
    session.lazy_loads = "one"
    few = load_only(blog.Post.title)
    statement = select(blog.Post).options(few, option(blog.Post.author)).order_by(blog.Post.id)
    posts = session.scalars(statement).all()
    assert len(blog.log) == 2
    assert [post.author and post.author.id for post in posts][:5] == [None, 1, 1, 1, 2]
    assert len(blog.log) == 2
    assert "user_id" not in posts[0].__dict__
    session.expunge_all()
    further = option(blog.Comment.post).options(few, option(blog.Post.author))
    comments = session.scalars(select(blog.Comment).options(further)).all()
    assert {comment.post.author.id for comment in comments} == set(range(1, 11))
    assert len(blog.log) == 5


@pytest.mark.parametrize(("depth", "statements"), [(None, 2), (1, 3), (2, 4), (-1, 5)])
def test_recursion_depth(blog: Any, session: Session, depth: Any, statements: int) -> None:
    option = selectinload(blog.Node.children, recursion_depth=depth)
    statement = select(blog.Node).where(blog.Node.parent_id == None).options(option)  # noqa: E711
    root = session.scalars(statement).one()
    assert len(blog.log) == statements
    level = [root]
    while level:
        level = [child for node in level for child in node.children]
    assert len(blog.log) == 5


@pytest.mark.parametrize("option", [selectinload, subqueryload, immediateload])
def test_the_first_members_of_each_parent(blog: Any, session: Session, option: Any) -> None:
    statement = select(blog.User).options(option(blog.User.posts).limit(2)).order_by(blog.User.id)
    users = session.scalars(statement).all()
    assert len(blog.log) == 2
    assert [[post.id for post in user.posts] for user in users[:2]] == [[10, 11], [20, 21]]
    assert all(len(user.posts) == 2 for user in users)


def test_the_first_members_in_the_order_of_the_relationship(blog: Any, session: Session) -> None:
    statement = select(blog.User).options(selectinload(blog.User.long_posts).limit(1))
    users = session.scalars(statement).all()
    assert [post.id for user in users for post in user.long_posts] == [
        max(post.id for post in user.posts) for user in users if user.long_posts
    ]


def test_the_first_members_over_an_association_table(blog: Any, session: Session) -> None:
    option = selectinload(blog.Tag.posts.and_(blog.Post.id > 20)).limit(2)
    tags = session.scalars(select(blog.Tag).options(option).order_by(blog.Tag.id)).all()
    for tag in tags:
        expected = sorted(post.id for post in tag_posts(session, blog, tag) if post.id > 20)[:2]
        assert [post.id for post in tag.posts] == expected


def tag_posts(session: Session, blog: Any, tag: Any) -> Any:
    """All posts of a tag, whatever its loaded collection holds."""
    return session.scalars(select(blog.Post).where(blog.Post.tags.contains(tag))).all()


def test_limits_of_composite_keys_and_further_levels(blog: Any, session: Session) -> None:
    lines = selectinload(blog.Order.lines).limit(1)
    orders = session.scalars(select(blog.Order).options(lines)).all()
    assert [len(order.lines) for order in orders] == [1] * len(orders)
    deeper = selectinload(blog.User.posts).limit(1).selectinload(blog.Post.comments).limit(1)
    users = session.scalars(select(blog.User).options(deeper)).all()
    assert all(len(post.comments) == 1 for user in users for post in user.posts)


def test_limit_needs_a_statement_of_its_own(blog: Any) -> None:
    for option in (joinedload(blog.User.posts), load_only(blog.User.name), Load(blog.User)):
        with pytest.raises(exc.ArgumentError, match="limit"):
            option.limit(2)
    with pytest.raises(exc.ArgumentError, match="above 0"):
        selectinload(blog.User.posts).limit(0)


def test_chunks_of_parents(blog: Any, session: Session) -> None:
    option = selectinload(blog.User.posts, chunksize=4)
    users = session.scalars(select(blog.User).options(option)).all()
    assert len(blog.log) == 1 + 3
    assert all(len(user.posts) == 3 for user in users)
    with pytest.raises(exc.ArgumentError, match="chunksize"):
        selectinload(blog.User.posts, chunksize=0)


def test_nothing_goes_on_behind_a_wildcard(blog: Any) -> None:
    with pytest.raises(exc.ArgumentError, match="all relationships"):
        selectinload("*", blog.User.posts)
    with pytest.raises(exc.ArgumentError, match="all relationships"):
        selectinload(blog.User.posts).joinedload("*").selectinload(blog.Post.tags)


def test_options_go_on_from_objects_that_are_loaded_already(blog: Any, session: Session) -> None:
    user = session.scalars(select(blog.User).options(selectinload(blog.User.posts))).first()
    mine = [*user.posts, blog.Post(title="new")]
    user.posts.append(mine[-1])
    option = selectinload(blog.User.posts).selectinload(blog.Post.comments)
    with session.no_autoflush:
        session.scalars(select(blog.User).options(option)).all()
    assert user.posts == mine
    assert all("comments" in post.__dict__ for post in mine[:-1])


def test_an_expired_object_comes_back_with_what_its_query_loaded_along(
    blog: Any, session: Session
) -> None:
    option = selectinload(blog.User.posts)
    user = session.scalars(select(blog.User).options(option).where(blog.User.id == 1)).one()
    session.expire(user)
    blog.log.clear()
    assert user.name == "u1"
    assert [kind for kind, _, _ in blog.log.reasons] == ["refresh", "query"]
    assert len(user.posts) == 3
    session.refresh(user)
    assert len(blog.log) == 4


class TestExpressions:
    """query_expression() attributes, filled by with_expression()."""

    @pytest.fixture
    def session(self) -> Iterator[Session]:
        engine = create_engine("sqlite://")
        self.Base.metadata.create_all(engine)
        with Session(engine) as session:
            session.add(self.Shop(id=1, name="s", goods=[self.Good(id=i, price=i) for i in (1, 2)]))
            session.commit()
            session.expunge_all()
            yield session
        engine.dispose()

    class Base(DeclarativeBase):
        pass

    class Good(Base):
        __tablename__ = "goods"
        id: Mapped[int] = mapped_column(primary_key=True)
        shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
        price: Mapped[int]
        gross: Mapped[int | None] = query_expression()
        rank: Mapped[int] = query_expression(literal(7))

    class Shop(Base):
        __tablename__ = "shops"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        goods: Mapped[list[Any]] = relationship("Good", order_by="Good.id")

    def test_without_an_expression(self, session: Session) -> None:
        good = session.get_one(self.Good, 1)
        assert (good.gross, good.rank) == (None, 7)
        assert "gross" not in good.__dict__

    def test_values_of_the_query(self, session: Session) -> None:
        Good = self.Good
        for factor in (2, 3):
            option = with_expression(Good.gross, Good.price * factor)
            statement = select(Good).options(option).order_by(Good.id)
            goods = session.scalars(statement, execution_options={"populate_existing": True}).all()
            assert [good.gross for good in goods] == [factor, 2 * factor]
        session.expire(goods[0])
        assert (goods[0].gross, goods[0].price) == (None, 1)

    @pytest.mark.parametrize("option", [joinedload, selectinload, lazyload])
    def test_below_a_relationship(self, session: Session, option: Any) -> None:
        Good, Shop = self.Good, self.Shop
        below = option(Shop.goods).with_expression(Good.gross, Good.price + 10)
        shop = session.scalars(select(Shop).options(below)).unique().one()
        assert [good.gross for good in shop.goods] == [11, 12]

    def test_of_a_subquery(self, session: Session) -> None:
        Good = self.Good
        inner = select(Good.id, Good.price, (Good.price * 5).label("five")).subquery()
        alias = aliased(Good, inner)
        statement = select(alias).options(with_expression(alias.gross, inner.c.five))
        assert sorted(good.gross for good in session.scalars(statement)) == [5, 10]

    def test_with_a_limit_and_a_joined_collection(self, session: Session) -> None:
        Shop = self.Shop
        option = joinedload(Shop.goods).with_expression(self.Good.gross, literal(1))
        shop = session.scalars(select(Shop).options(option).limit(1)).unique().one()
        assert [good.gross for good in shop.goods] == [1, 1]

    def test_other_attributes_are_refused(self) -> None:
        with pytest.raises(exc.ArgumentError, match="query_expression"):
            with_expression(self.Good.price, literal(1))


def test_contains_eager_holds_for_the_whole_path(blog: Any, session: Session) -> None:
    statement = (
        select(blog.User)
        .join(blog.User.posts)
        .join(blog.Post.comments)
        .where(blog.Comment.id == 1000)
        .options(contains_eager(blog.User.posts, blog.Post.comments))
    )
    user = session.scalars(statement).unique().one()
    assert [[comment.id for comment in post.comments] for post in user.posts] == [[1000]]
    assert len(blog.log) == 1
