"""The states of objects, and the functions which change them."""

from __future__ import annotations

from typing import Any

import pytest

from orm import (
    DeclarativeBase,
    ForeignKey,
    Integer,
    Mapped,
    Session,
    attribute_keyed_dict,
    exc,
    identity_key,
    inspect,
    make_transient,
    make_transient_to_detached,
    mapped_column,
    object_session,
    relationship,
    select,
    was_deleted,
)

STATES = ("transient", "pending", "persistent", "deleted", "detached")


def state_of(obj: Any) -> str:
    return " ".join(name for name in STATES if getattr(inspect(obj), name))


def test_every_state(session: Session, m: Any) -> None:
    user = m.User(name="a")
    assert state_of(user) == "transient"
    session.add(user)
    assert state_of(user) == "pending"
    assert object_session(user) is session
    session.flush()
    assert state_of(user) == "persistent"
    session.delete(user)
    assert state_of(user) == "persistent"
    session.flush()
    assert state_of(user) == "deleted"
    assert user not in session
    session.commit()
    assert state_of(user) == "detached"
    assert was_deleted(user)
    assert object_session(user) is None
    with pytest.raises(exc.InvalidRequestError, match="make_transient"):
        session.add(user)
    make_transient(user)
    session.add(user)
    session.commit()
    assert state_of(user) == "persistent"


def test_delete_of_what_has_no_row(session: Session, m: Any) -> None:
    user = m.User(name="a")
    with pytest.raises(exc.InvalidRequestError, match="has no row"):
        session.delete(user)
    session.add(user)
    with pytest.raises(exc.InvalidRequestError, match="expunge"):
        session.delete(user)


def test_add_takes_a_deletion_back(session: Session, m: Any) -> None:
    user = m.User(name="a")
    session.add(user)
    session.flush()
    session.delete(user)
    session.add(user)
    session.commit()
    assert state_of(user) == "persistent"


def test_make_transient_to_detached(session: Session, m: Any) -> None:
    session.add(m.User(id=3, name="a"))
    session.commit()
    session.expunge_all()
    user = m.User(id=3)
    make_transient_to_detached(user)
    assert state_of(user) == "detached"
    session.add(user)
    assert user.name == "a"
    with pytest.raises(exc.InvalidRequestError, match="is not new"):
        make_transient_to_detached(user)


def test_save_update_cascades_as_the_graph_grows(session: Session, m: Any) -> None:
    user = m.User(name="a")
    session.add(user)
    post = m.Post(title="p")
    user.posts.append(post)
    assert post in session
    other = m.Post(title="q")
    other.user = user
    assert other not in session


def test_delete_cascades_to_what_is_not_loaded(session: Session, m: Any) -> None:
    session.add(m.User(id=1, name="a", posts=[m.Post(title="p")]))
    session.commit()
    session.expunge_all()
    session.delete(session.get_one(m.User, 1))
    assert len(session.deleted) == 2
    session.commit()
    assert session.scalar("SELECT count(*) FROM posts") == 0


def test_objects_nobody_holds_go(session: Session, m: Any) -> None:
    import gc

    session.add(m.User(name="a"))
    session.commit()
    gc.collect()
    assert len(session.identity_map) == 0
    user = session.get_one(m.User, 1)
    user.name = "changed"
    del user
    gc.collect()
    assert len(session.dirty) == 1
    session.commit()
    assert session.scalar("SELECT name FROM users") == "changed"


def test_a_pending_object_that_moves_to_another_owner_stays(session: Session, m: Any) -> None:
    one, other, post = m.User(name="a"), m.User(name="b"), m.Post(title="t")
    one.posts.append(post)
    session.add_all([one, other])
    post.user = other
    assert post in session.new
    assert (one.posts, other.posts) == ([], [post])
    session.commit()
    assert post.user_id == other.id


def test_a_pending_object_without_owner_leaves(session: Session, m: Any) -> None:
    one, post = m.User(name="a"), m.Post(title="t")
    one.posts.append(post)
    session.add(one)
    post.user = None
    assert post not in session


def test_a_pending_object_takes_its_new_owner_along(session: Session, m: Any) -> None:
    post = m.Post(title="t", user=m.User(name="a"))
    session.add(post)
    post.user = other = m.User(name="in no session yet")
    assert post in session.new
    assert other in session.new
    session.commit()
    assert post.user_id == other.id


def test_relationship_loading_for_an_object_outside(filled: Session, m: Any) -> None:
    post = m.Post(user_id=2)
    assert post.user is None
    filled.enable_relationship_loading(post)
    assert post.user is filled.get(m.User, 2)
    assert post not in filled
    assert post not in filled.new
    filled.flush()
    assert inspect(post).identity is None
    filled.add(post)
    filled.flush()
    assert inspect(post).persistent


def test_add_ends_at_what_is_in_the_session(session: Session, m: Any) -> None:
    user, one, other = m.User(name="a"), m.Post(title="1"), m.Post(title="2")
    session.add(user)
    one.user = other.user = user
    assert one not in session
    session.add(one)
    assert one in session
    assert other not in session
    session.add(user)
    assert other in session


def test_add_brings_in_what_was_taken_out_since(filled: Session, m: Any) -> None:
    user = filled.get_one(m.User, 1)
    (post,) = user.posts
    filled.expunge_all()
    user.posts.remove(post)
    filled.add(user)
    assert post in filled
    filled.commit()
    assert filled.get(m.Post, 1) is None


def test_a_pending_object_whose_new_owner_left_it_leaves_with_the_flush(
    session: Session, m: Any
) -> None:
    user, post = m.User(name="a"), m.Post(title="t")
    session.add(post)
    user.posts.append(post)
    user.posts.remove(post)
    session.add(user)
    assert post in session
    session.flush()
    assert post not in session
    assert not session.new


def test_single_parent_is_kept(m: Any) -> None:
    class Card(m.Base):
        __tablename__ = "cards"
        id = mapped_column(Integer, primary_key=True)
        user_id = mapped_column(ForeignKey("users.id"))
        user = relationship(m.User, single_parent=True, cascade="all, delete-orphan")

    user = m.User(name="a")
    card = Card(user=user)
    with pytest.raises(exc.InvalidRequestError, match=r"Card\.user.*single_parent"):
        Card(user=user)
    card.user = None
    Card(user=user)


def test_identity_key(filled: Session, m: Any) -> None:
    user = filled.get(m.User, 1)
    key = (m.User, (1,), None)
    assert identity_key(instance=user) == key
    assert identity_key(m.User, 1) == identity_key(m.User, (1,)) == key
    row = filled.execute(select(m.User.__table__).where(m.User.id == 1)).one()
    assert identity_key(m.User, row=row) == key
    assert identity_key(m.User, 1, identity_token="x") == (m.User, (1,), "x")


@pytest.mark.parametrize(
    ("collection", "put"),
    [
        (set, lambda owner, item: owner.items.add(item)),
        (list, lambda owner, item: setattr(owner, "items", [item])),
        (attribute_keyed_dict("name"), lambda owner, item: owner.items.update(x=item)),
        (attribute_keyed_dict("name"), lambda owner, item: owner.items.setdefault("x", item)),
    ],
)
def test_what_a_backref_put_in_comes_into_the_session_when_it_is_put_in_again(
    collection: Any, put: Any
) -> None:
    class Base(DeclarativeBase):
        pass

    class Owner(Base):
        __tablename__ = "owner"
        id: Mapped[int] = mapped_column(primary_key=True)
        items: Mapped[Any] = relationship(
            "Item", back_populates="owner", collection_class=collection
        )

    class Item(Base):
        __tablename__ = "item"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        owner_id: Mapped[int] = mapped_column(ForeignKey("owner.id"))
        owner: Mapped[Owner] = relationship(back_populates="items")

    with Session() as session:
        owner, item = Owner(), Item(name="x")
        session.add(owner)
        item.owner = owner
        assert item not in session
        put(owner, item)
        assert item in session


def test_an_object_taken_out_of_its_owner_can_be_added(session: Session, m: Any) -> None:
    user, post = m.User(name="a"), m.Post(title="p")
    user.posts.append(post)
    user.posts.remove(post)
    session.add(user)
    session.flush()
    assert state_of(post) == "transient"
    session.add(post)
    session.flush()
    assert state_of(post) == "persistent"
    assert post.user_id is None


@pytest.mark.parametrize("nested", [False, True])
def test_an_expunged_object_has_no_row_after_a_rollback(
    session: Session, m: Any, nested: bool
) -> None:
    transaction = session.begin_nested() if nested else session.begin()
    user = m.User(name="a")
    session.add(user)
    session.flush()
    session.expunge(user)
    assert state_of(user) == "detached"
    transaction.rollback()
    assert state_of(user) == "transient"
    session.add(user)
    session.commit()
    assert session.scalars(select(m.User.name)).all() == ["a"]


def test_an_expunged_object_of_another_session_keeps_its_row(memory: Any, m: Any) -> None:
    with Session(memory) as one, Session(one.connection()) as other:
        user = m.User(name="a")
        one.add(user)
        one.flush()
        one.expunge(user)
        other.add(user)
        one.rollback()
        assert state_of(user) == "persistent"
        assert object_session(user) is other


def test_add_takes_back_a_delete_and_its_cascade(filled: Session, m: Any) -> None:
    user = filled.get_one(m.User, 1)
    filled.delete(user)
    assert len(filled.deleted) == 2
    filled.add(user)
    assert not filled.deleted
    filled.commit()
    assert [post.title for post in user.posts] == ["aa"]


def test_adding_the_owner_takes_back_no_delete(filled: Session, m: Any) -> None:
    user = filled.get_one(m.User, 1)
    (post,) = user.posts
    filled.delete(post)
    filled.add(user)
    assert post in filled.deleted
    filled.commit()
    assert user.posts == []


def test_what_refers_to_an_object_marked_for_deletion_does_not_keep_it(
    filled: Session, m: Any
) -> None:
    user = filled.get_one(m.User, 1)
    filled.delete(user)
    filled.add(m.Post(title="new", user=user))
    assert user in filled.deleted


@pytest.mark.parametrize("committed", [False, True])
def test_a_deleted_object_is_put_nowhere(filled: Session, m: Any, committed: bool) -> None:
    first, second = filled.get_one(m.User, 1), filled.get_one(m.User, 2)
    (post,) = first.posts
    filled.delete(post)
    filled.commit() if committed else filled.flush()
    with pytest.raises(exc.InvalidRequestError, match=r"cannot be put into User.posts of .*2"):
        second.posts.append(post)
    assert [each.title for each in second.posts] == ["bb"]
    other = second.posts[0]
    filled.delete(first)
    filled.commit() if committed else filled.flush()
    with pytest.raises(exc.InvalidRequestError, match="cannot be put into Post.user"):
        other.user = first
    assert other.user is second


def test_nothing_new_is_put_into_a_deleted_object(filled: Session, m: Any) -> None:
    user = filled.get_one(m.User, 1)
    user.posts.clear()
    filled.delete(user)
    filled.flush()
    post = m.Post(title="new")
    with pytest.raises(
        exc.InvalidRequestError, match=r"no new object can be put into its User.posts"
    ):
        user.posts.append(post)
    assert user.posts == []
    assert post not in filled


def test_relationships_of_a_detached_object_are_set_without_what_they_were(memory: Any) -> None:
    class Base(DeclarativeBase):
        pass

    class Owner(Base):
        __tablename__ = "owners"
        id: Mapped[int] = mapped_column(primary_key=True)
        pet: Mapped[Pet | None] = relationship(back_populates="owner")

    class Pet(Base):
        __tablename__ = "pets"
        id: Mapped[int] = mapped_column(primary_key=True)
        owner_id: Mapped[int | None] = mapped_column(ForeignKey("owners.id"))
        owner: Mapped[Owner | None] = relationship(back_populates="pet")

    Base.metadata.create_all(memory)
    with Session(memory) as session:
        owner, pet = Owner(), Pet()
        session.add_all([owner, pet])
        session.commit()
        session.expunge_all()
        owner.pet = Pet()
        new = pet.owner = Owner()
        assert inspect(pet).attrs.owner.history == ([new], (), ())
        session.add_all([owner, pet])
        session.commit()
        assert owner.pet is not pet
        assert (owner.pet.owner, pet.owner) == (owner, new)
