"""Relationships: direction, pairs, both sides, errors."""

from __future__ import annotations

from typing import Optional

import pytest

import orm.engine.dialect  # noqa: F401 - gives str(statement) its dialect
from orm import CascadeOptions, Session, create_engine, exc
from orm.inspection import inspect
from orm.mapping import (
    MANYTOMANY,
    MANYTOONE,
    ONETOMANY,
    DeclarativeBase,
    Mapped,
    WriteOnlyMapped,
    aliased,
    backref,
    foreign,
    mapped_column,
    relationship,
    remote,
)
from orm.schema import Column, ForeignKey, ForeignKeyConstraint, Table
from orm.sql import and_, func, select
from orm.state import attribute_keyed_dict
from orm.types import Integer


@pytest.fixture
def Base():
    class Base(DeclarativeBase):
        pass

    yield Base
    # a broken mapping is not left for others to configure
    Base.registry.dispose()


def pairs(prop):
    return [(str(a), str(b)) for a, b in prop.local_remote_pairs]


def sync(prop):
    return [(str(a), str(b)) for a, b in prop.synchronize_pairs]


@pytest.fixture
def blog(Base):
    table = Table(
        "post_tags",
        Base.metadata,
        Column("post_id", ForeignKey("posts.id"), primary_key=True),
        Column("tag_id", ForeignKey("tags.id"), primary_key=True),
    )

    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        posts: Mapped[list["Post"]] = relationship(
            back_populates="author", cascade="all, delete-orphan", order_by="Post.id.desc()"
        )

    class Post(Base):
        __tablename__ = "posts"
        id: Mapped[int] = mapped_column(primary_key=True)
        title: Mapped[str]
        author_id: Mapped[Optional[int]] = mapped_column(ForeignKey("users.id"))
        author: Mapped[Optional[User]] = relationship(back_populates="posts")
        tags: Mapped[set["Tag"]] = relationship(secondary=table, back_populates="posts")

    class Tag(Base):
        __tablename__ = "tags"
        id: Mapped[int] = mapped_column(primary_key=True)
        posts: Mapped[list[Post]] = relationship(secondary="post_tags", back_populates="tags")

    Base.registry.configure()
    return User, Post, Tag


def test_directions_and_pairs(blog):
    User, Post, Tag = blog
    posts, author = inspect(User).relationships.posts, inspect(Post).relationships.author
    assert (posts.direction, author.direction) == (ONETOMANY, MANYTOONE)
    assert pairs(posts) == [("users.id", "posts.author_id")]
    assert sync(posts) == [("users.id", "posts.author_id")]
    assert pairs(author) == [("posts.author_id", "users.id")]
    assert sync(author) == [("users.id", "posts.author_id")]
    assert (posts.uselist, author.uselist) == (True, False)
    assert author.use_get
    assert not posts.use_get
    assert posts._reverse_property == {author}
    tags = inspect(Post).relationships.tags
    assert tags.direction is MANYTOMANY
    assert sync(tags) == [("posts.id", "post_tags.post_id")]
    assert [str(b) for _, b in tags.secondary_synchronize_pairs] == ["post_tags.tag_id"]
    assert tags.collection_class is set
    assert str(posts.order_by[0]) == "posts.id DESC"


def test_both_sides_are_kept_in_step(blog):
    User, Post, Tag = blog
    user, post = User(), Post()
    user.posts.append(post)
    assert post.author is user
    other = User()
    post.author = other
    assert user.posts == []
    assert other.posts == [post]
    tag = Tag(posts=[post])
    assert post.tags == {tag}
    post.tags.clear()
    assert tag.posts == []
    other.posts = []
    assert post.author is None


def test_operators(blog):
    User, Post, Tag = blog
    user = User(id=7)
    assert str(Post.author == user) == "posts.author_id = :id_1"
    assert (Post.author == user).compile().params == {"id_1": 7}
    assert str(Post.author == None) == "posts.author_id IS NULL"
    assert str(Post.author != user) == "posts.author_id != :id_1 OR posts.author_id IS NULL"
    assert str(User.posts.contains(Post(author_id=3))) == "users.id = :author_id_1"
    assert str(select(User.id).where(User.posts.any(title="x"))).splitlines()[2:] == [
        "WHERE EXISTS (SELECT 1 ",
        "FROM posts ",
        "WHERE users.id = posts.author_id AND posts.title = :title_1)",
    ]
    assert "tags, post_tags" in str(select(Post.id).where(Post.tags.any(Tag.id == 1))) or (
        "post_tags" in str(select(Post.id).where(Post.tags.any(Tag.id == 1)))
    )
    assert "NOT (EXISTS" in str(~Post.author.has(User.name == "x"))
    assert "post_tags.tag_id" in str(Post.tags.contains(Tag(id=1)))


def test_operator_errors(blog):
    User, Post, Tag = blog
    with pytest.raises(exc.InvalidRequestError, match="contains"):
        User.posts == Post()
    with pytest.raises(exc.InvalidRequestError, match="use has"):
        Post.author.any()
    with pytest.raises(exc.InvalidRequestError, match="use any"):
        User.posts.has()
    with pytest.raises(NotImplementedError, match=r"Post\.author_id\.in_"):
        Post.author.in_([User()])
    with pytest.raises(exc.ArgumentError, match="cannot be compared"):
        Post.author == Tag()


def test_alias_of_class(blog):
    User, Post, _ = blog
    other = aliased(User, name="other")
    assert str(select(other.name).where(other.id == 1)) == (
        "SELECT other.name \nFROM users AS other \nWHERE other.id = :id_1"
    )
    assert "other.id = posts.author_id" in str(other.posts.any())
    insp = inspect(other)
    assert insp.mapper is inspect(User)
    assert insp.is_aliased_class


def test_self_referential(Base):
    class Node(Base):
        __tablename__ = "nodes"
        id: Mapped[int] = mapped_column(primary_key=True)
        parent_id: Mapped[Optional[int]] = mapped_column(ForeignKey("nodes.id"))
        parent: Mapped[Optional["Node"]] = relationship(back_populates="children", remote_side=[id])
        children: Mapped[list["Node"]] = relationship(back_populates="parent")

    Base.registry.configure()
    assert pairs(Node.parent.property) == [("nodes.parent_id", "nodes.id")]
    assert pairs(Node.children.property) == [("nodes.id", "nodes.parent_id")]
    assert Node.parent.property.use_get
    root = Node(children=[Node(), Node()])
    assert {child.parent for child in root.children} == {root}


def test_self_referential_without_remote_side_says_so(Base):
    class Node(Base):
        __tablename__ = "nodes"
        id: Mapped[int] = mapped_column(primary_key=True)
        parent_id: Mapped[Optional[int]] = mapped_column(ForeignKey("nodes.id"))
        parent: Mapped[Optional["Node"]] = relationship(back_populates="children")
        children: Mapped[list["Node"]] = relationship(back_populates="parent")

    with pytest.raises(exc.ArgumentError, match=r"remote_side=\[Node\.id\]"):
        Base.registry.configure()


def test_one_to_one_and_backref(Base):
    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        card = relationship("Card", uselist=False, backref=backref("user", lazy="joined"))

    class Card(Base):
        __tablename__ = "cards"
        id: Mapped[int] = mapped_column(primary_key=True)
        user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))

    user = User(card=Card())
    assert user.card.user is user
    assert Card.user.property.lazy == "joined"
    former = user.card
    user.card = Card()
    assert former.user is None


def test_one_to_one_moves_away_from_the_former_owner(Base):
    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        card: Mapped["Card"] = relationship(back_populates="user")

    class Card(Base):
        __tablename__ = "cards"
        id: Mapped[int] = mapped_column(primary_key=True)
        user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
        user: Mapped[User] = relationship(back_populates="card")

    first, second, card = User(), User(), Card()
    first.card = card
    second.card = card
    assert card.user is second
    assert first.card is None


def test_composite_keys(Base):
    class Order(Base):
        __tablename__ = "orders"
        a: Mapped[int] = mapped_column(primary_key=True)
        b: Mapped[int] = mapped_column(primary_key=True)
        lines: Mapped[list["Line"]] = relationship(back_populates="order")

    class Line(Base):
        __tablename__ = "lines"
        __table_args__ = (ForeignKeyConstraint(["oa", "ob"], ["orders.a", "orders.b"]),)
        id: Mapped[int] = mapped_column(primary_key=True)
        oa: Mapped[int]
        ob: Mapped[int]
        order: Mapped[Order] = relationship(back_populates="lines")

    Base.registry.configure()
    assert sorted(pairs(Line.order.property)) == [
        ("lines.oa", "orders.a"),
        ("lines.ob", "orders.b"),
    ]
    assert Line.order.property.use_get
    assert inspect(Order(a=1, b=2)).mapper.primary_key_from_instance(Order(a=1, b=2)) == [1, 2]


def test_several_foreign_keys_need_a_choice(Base):
    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Mail(Base):
        __tablename__ = "mails"
        id: Mapped[int] = mapped_column(primary_key=True)
        sender_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
        receiver_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
        sender: Mapped[User] = relationship()

    with pytest.raises(exc.AmbiguousForeignKeysError, match=r"Mail\.sender.*foreign_keys="):
        Base.registry.configure()


def test_foreign_keys_and_custom_conditions(Base):
    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        sent: Mapped[list["Mail"]] = relationship(foreign_keys="Mail.sender_id")
        urgent: Mapped[list["Mail"]] = relationship(
            primaryjoin="and_(User.id == Mail.receiver_id, Mail.urgent == True)", viewonly=True
        )
        loose: Mapped[list["Mail"]] = relationship(
            primaryjoin=lambda: User.id == foreign(remote(Mail.code)), viewonly=True
        )

    class Mail(Base):
        __tablename__ = "mails"
        id: Mapped[int] = mapped_column(primary_key=True)
        sender_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
        receiver_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
        urgent: Mapped[bool]
        code: Mapped[int]
        sender: Mapped[User] = relationship(foreign_keys=[sender_id])

    Base.registry.configure()
    assert pairs(User.sent.property) == [("users.id", "mails.sender_id")]
    assert pairs(User.urgent.property) == [("users.id", "mails.receiver_id")]
    assert pairs(User.loose.property) == [("users.id", "mails.code")]
    assert pairs(Mail.sender.property) == [("mails.sender_id", "users.id")]
    assert and_ is not None


def test_collection_classes(Base):
    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        notes: Mapped[dict[str, "Note"]] = relationship(
            collection_class=attribute_keyed_dict("key")
        )
        log: WriteOnlyMapped["Note"] = relationship(viewonly=True)

    class Note(Base):
        __tablename__ = "notes"
        id: Mapped[int] = mapped_column(primary_key=True)
        user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
        key: Mapped[str]

    user = User()
    note = Note(key="a")
    user.notes["a"] = note
    assert user.notes == {"a": note}
    assert User.log.property.lazy == "write_only"


# -- errors --------------------------------------------------------------------------------


def make_user(Base, prop):
    return type(
        "User",
        (Base,),
        {
            "__tablename__": "users",
            "id": Column(Integer, primary_key=True),
            "other": prop,
        },
    )


def test_unknown_target_names_the_nearest(Base):
    make_user(Base, relationship("Usr"))
    with pytest.raises(exc.InvalidRequestError, match=r"User\.other: 'Usr'.*Did you mean 'User'"):
        Base.registry.configure()


def test_no_foreign_key_says_what_to_write(Base):
    class Other(Base):
        __tablename__ = "others"
        id: Mapped[int] = mapped_column(primary_key=True)

    make_user(Base, relationship("Other"))
    with pytest.raises(exc.NoForeignKeysError, match=r'ForeignKey\("users\.id"\)'):
        Base.registry.configure()


def test_missing_back_populates(Base):
    class Other(Base):
        __tablename__ = "others"
        id: Mapped[int] = mapped_column(primary_key=True)
        user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))

    make_user(Base, relationship("Other", back_populates="user"))
    with pytest.raises(exc.InvalidRequestError, match='user = relationship\\("User"'):
        Base.registry.configure()


def test_delete_orphan_on_many_to_one(Base):
    class Other(Base):
        __tablename__ = "others"
        id: Mapped[int] = mapped_column(primary_key=True)
        user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
        user = relationship("User", cascade="all, delete-orphan")

    make_user(Base, None)
    with pytest.raises(exc.ArgumentError, match="single_parent=True"):
        Base.registry.configure()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cascade": "al"}, "Unknown cascade"),
        ({"lazy": "eager"}, "known are"),
        ({"viewonly": True, "cascade": "all"}, "viewonly"),
        ({"backref": "a", "back_populates": "b"}, "not both"),
        ({"passive_deletes": "all", "cascade": "all"}, "passive_deletes"),
    ],
)
def test_wrong_arguments(options, message):
    with pytest.raises(exc.ArgumentError, match=message):
        relationship("X", **options)


def test_constructor_takes_mapped_attributes_only(blog):
    User, _, _ = blog
    for name in ("metadata", "registry", "__init__", "nothing", "__table__", "_sa_instance_state"):
        with pytest.raises(TypeError, match="invalid keyword argument"):
            User(**{name: 1})
    with pytest.raises(TypeError, match="Did you mean 'name'"):
        User(nam="x")


def test_wrong_objects_in_relationships(blog):
    User, Post, _ = blog
    user = User()
    with pytest.raises(exc.UnmappedInstanceError, match=r"User\.posts takes mapped objects"):
        user.posts.append("x")
    with pytest.raises(exc.ArgumentError, match=r"User\.posts is a collection"):
        User(posts=None)


def test_subqueries_in_a_condition_have_pairs_of_their_own():
    class Base(DeclarativeBase):
        pass

    class Visit(Base):
        __tablename__ = "visits"
        id: Mapped[int] = mapped_column(primary_key=True)
        user_id = mapped_column(ForeignKey("users.id"))

    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)

    other = Visit.__table__.alias()
    users = User.__table__
    last = select(func.max(other.c.id)).where(other.c.user_id == users.c.id).correlate(users)
    condition = and_(users.c.id == Visit.user_id, Visit.id == last.scalar_subquery())
    User.last = relationship(Visit, primaryjoin=condition, viewonly=True)
    relation = inspect(User).relationships["last"]
    assert relation.local_remote_pairs == [(users.c.id, Visit.__table__.c.user_id)]
    assert relation.direction.name == "ONETOMANY"


def test_a_class_over_a_subquery_is_related_by_the_keys_of_its_tables(Base):
    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Post(Base):
        __tablename__ = "posts"
        id: Mapped[int] = mapped_column(primary_key=True)
        user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
        reader: Mapped["Reader"] = relationship()  # noqa: UP037

    class Reader(Base):
        __table__ = select(User.__table__).subquery()
        posts: Mapped[list[Post]] = relationship()

    Base.registry.configure()
    assert inspect(Reader).relationships["posts"].direction is ONETOMANY
    assert inspect(Post).relationships["reader"].direction is MANYTOONE


def test_conditions_within_conditions_of_a_hierarchy(Base):
    """Subqueries that EXISTS selects from are not rewritten by the EXISTS around them."""

    class Thing(Base):
        __tablename__ = "things"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Part(Thing):
        __tablename__ = "parts"
        id: Mapped[int] = mapped_column(ForeignKey("things.id"), primary_key=True)

    class Box(Thing):
        __tablename__ = "boxes"
        id: Mapped[int] = mapped_column(ForeignKey("things.id"), primary_key=True)
        part_id: Mapped[int] = mapped_column(ForeignKey("parts.id"))
        part: Mapped[Part] = relationship(foreign_keys=part_id)
        __mapper_args__ = {"inherit_condition": id == Thing.id}

    class House(Thing):
        __tablename__ = "houses"
        id: Mapped[int] = mapped_column(ForeignKey("things.id"), primary_key=True)
        box_id: Mapped[int] = mapped_column(ForeignKey("boxes.id"))
        box: Mapped[Box] = relationship(foreign_keys=box_id)
        __mapper_args__ = {"inherit_condition": id == Thing.id}

    condition = House.box.has(Box.part.has(Part.id == 5))
    text = " ".join(str(select(House.id).where(condition)).split())
    assert text.endswith(
        "(EXISTS (SELECT 1 FROM (SELECT things.id AS things_id, parts.id AS parts_id FROM things "
        "JOIN parts ON things.id = parts.id) AS anon_2 WHERE anon_2.parts_id = "
        "anon_1.boxes_part_id AND anon_2.parts_id = :id_1)))"
    )


def test_criteria_on_the_association_table(blog):
    _, Post, _ = blog
    pairs = Post.metadata.tables["post_tags"]
    statement = select(Post.id).join(Post.tags.and_(pairs.c.tag_id > 1))
    assert "post_tags_1.tag_id > :tag_id_1" in str(statement)


def test_cascades_can_be_set_later(Base):
    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        cards = relationship("Card", cascade="")

    class Card(Base):
        __tablename__ = "cards"
        id: Mapped[int] = mapped_column(primary_key=True)
        user_id: Mapped[Optional[int]] = mapped_column(ForeignKey("users.id"))

    prop = User.cards.property
    assert prop.cascade == set()
    with Session() as session:
        user, first = User(), Card()
        session.add(user)
        user.cards.append(first)
        assert first not in session
        prop.cascade = "all, delete-orphan"
        assert prop.cascade == {*CascadeOptions("all"), "delete-orphan"}
        second = Card()
        user.cards.append(second)
        assert second in session
        user.cards.remove(second)
        assert second not in session
    with pytest.raises(exc.ArgumentError, match="Unknown cascade"):
        prop.cascade = "everything"


def test_a_side_for_a_subclass_takes_no_others(Base):
    class Firm(Base):
        __tablename__ = "firms"
        id: Mapped[int] = mapped_column(primary_key=True)
        cooks: Mapped[list["Cook"]] = relationship(back_populates="firm")

    class Worker(Base):
        __tablename__ = "workers"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]
        firm_id: Mapped[Optional[int]] = mapped_column(ForeignKey("firms.id"))
        firm: Mapped[Optional[Firm]] = relationship(back_populates="cooks")
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "worker"}

    class Cook(Worker):
        __mapper_args__ = {"polymorphic_identity": "cook"}

    class Baker(Cook):
        __mapper_args__ = {"polymorphic_identity": "baker"}

    firm = Firm()
    worker, cook, baker = Worker(firm=firm), Cook(firm=firm), Baker(firm=firm)
    assert firm.cooks == [cook, baker]
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([firm, worker])
        session.commit()
        assert worker.firm is firm
        assert firm.cooks == [cook, baker]
