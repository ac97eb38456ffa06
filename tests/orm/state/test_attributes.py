"""Attributes, history, collections and the identity map, without a database."""

from __future__ import annotations

import gc
import sys

import pytest

from orm import codegen, exc
from orm.mapping import DeclarativeBase, Mapped, mapped_column, relationship
from orm.schema import ForeignKey
from orm.state import (
    NO_VALUE,
    IdentityMap,
    InstrumentedList,
    del_attribute,
    flag_modified,
    get_attribute,
    get_history,
    init_collection,
    instance_state,
    set_attribute,
    set_committed_value,
)
from orm.state.gen_class import make_plain_delattr, make_plain_setattr
from orm.state.markers import ATTR_WAS_SET, PASSIVE_NO_FETCH, PASSIVE_NO_INITIALIZE


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    age: Mapped[int]
    posts: Mapped[list["Post"]] = relationship(back_populates="user")


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User] = relationship(back_populates="posts")


class Session:
    """As much of a session as a state asks for."""

    def __init__(self):
        self.identity_map = IdentityMap(on_modified=lambda: self.begun.append(1))
        self.begun = []
        self.added = []

    def add(self, obj):
        self.added.append(obj)


def persist(session, obj, ident):
    import weakref

    state = instance_state(obj)
    state.ident = ident
    state.session_ref = session.__dict__.setdefault("ref", weakref.ref(session))
    state.commit_all(obj.__dict__)
    session.identity_map.add(state)
    return state


@pytest.fixture
def session():
    return Session()


def test_a_loaded_value_is_a_plain_dict_entry():
    user = User(name="a")
    assert user.__dict__["name"] == "a"
    assert not hasattr(type(User.name), "__set__")


def test_state_is_a_weak_reference_to_its_object():
    user = User()
    state = instance_state(user)
    assert state() is user
    del user
    gc.collect()
    assert state() is None
    with pytest.raises(exc.ObjectDereferencedError, match="garbage collected"):
        state._obj_or_raise()


def test_bytes_per_state():
    user = User()
    assert sys.getsizeof(instance_state(user)) <= 136


def test_history_of_a_scalar(session):
    user = User(name="a")
    assert get_history(user, "name") == (["a"], (), ())
    state = persist(session, user, 1)
    assert get_history(user, "name") == ((), ["a"], ())
    user.name = "b"
    assert get_history(user, "name") == (["b"], (), ["a"])
    assert state.committed == {"name": "a"}
    user.name = "a"
    assert get_history(user, "name") == ((), ["a"], ())
    assert state.modified
    del user.name
    assert get_history(user, "name") == ((), (), ["a"])
    assert user.name is None
    state.commit_all(user.__dict__)
    assert not state.modified


def test_first_change_is_held_until_flushed_and_begins_a_transaction(session):
    user = User(name="a")
    state = persist(session, user, 1)
    assert not session.identity_map.check_modified()
    user.name = "b"
    user.age = 3
    assert session.identity_map.modified == {state: user}
    assert session.begun == [1]
    del user
    gc.collect()
    assert state() is not None
    state.commit_all(None, session.identity_map)
    gc.collect()
    assert state() is None
    assert len(session.identity_map) == 0


def test_expire_and_refresh(session):
    user = User(name="a", age=1)
    state = persist(session, user, 1)
    asked = []

    def fetch(state, passive, names, wanted):
        asked.append(set(names))
        state.dict.update(dict.fromkeys(names, "new"))
        state.expired = None
        return ATTR_WAS_SET

    manager = User._sa_class_manager
    former, manager.expired_loader = manager.expired_loader, fetch
    try:
        state.expire()
        assert state.expired == {"id", "name", "age"}
        assert "name" not in user.__dict__
        user.age = 5
        assert state.expired == {"id", "name"}
        assert user.name == "new"
        assert asked == [{"id", "name"}]
        state.commit_all(user.__dict__)
        state.expire(["age"])
        assert user.age == "new"
        assert asked[1:] == [{"age"}]
    finally:
        manager.expired_loader = former


def test_object_attribute_history(session):
    first, second, post = User(), User(), Post()
    post.user = first
    assert get_history(post, "user").added == [first]
    persist(session, post, 1)
    post.user = second
    assert get_history(post, "user") == ([second], (), [first])
    post.user = None
    assert get_history(post, "user") == ([None], (), [first])


def test_collection_history_and_mutators(session):
    user = User()
    a, b, c, d = (Post() for _ in range(4))
    user.posts = [a, b]
    persist(session, user, 1)
    for post in (a, b):
        instance_state(post).commit_all()
    user.posts.append(c)
    user.posts.remove(a)
    assert get_history(user, "posts") == ([c], [b], [a])
    assert a.user is None
    assert c.user is user
    user.posts[0] = d
    assert (b.user, d.user) == (None, user)
    user.posts.extend([a, b])
    assert user.posts == [d, c, a, b]
    assert user.posts.pop() is b
    user.posts.insert(0, b)
    user.posts[1:3] = []
    assert user.posts == [b, a]
    assert (d.user, c.user) == (None, None)
    user.posts += [c]
    del user.posts[0]
    assert user.posts == [a, c]
    user.posts.clear()
    assert c.user is None
    assert type(user.posts) is InstrumentedList


def test_replaced_collection_is_tracked_no_more():
    user, post = User(), Post()
    old = user.posts
    user.posts = [post]
    old.append(Post())
    assert get_history(user, "posts").added == [post]


def test_backref_into_a_collection_that_is_not_loaded(session):
    user, known, fresh = User(), Post(), Post()
    state = persist(session, user, 1)
    user.__dict__.pop("posts", None)
    persist(session, known, 1)
    fresh.user = user
    assert "posts" not in user.__dict__
    assert get_history(user, "posts", PASSIVE_NO_INITIALIZE) == ([fresh], (), [])
    impl = User.posts.impl
    impl.set_committed_value(state, user.__dict__, [known])
    assert user.posts == [known, fresh]
    assert get_history(user, "posts") == ([fresh], [known], [])


def test_objects_put_in_come_into_the_session(session):
    user, post = User(), Post()
    persist(session, user, 1)
    user.__dict__["posts"] = User.posts.impl.make_collection(instance_state(user))
    user.posts.append(post)
    assert session.added == [post]
    session.added.clear()
    Post().user = user
    assert session.added == []


def test_identity_map(session):
    user = User(name="x")
    state = persist(session, user, 7)
    identity_map = session.identity_map
    mapper = User.__mapper__
    assert identity_map.for_mapper(mapper) == {7: state}
    assert identity_map.get((User, (7,), None)) is user
    assert (User, (7,), None) in identity_map
    assert identity_map.keys() == [(User, (7,), None)]
    assert list(identity_map.values()) == [user]
    assert state.key == (User, (7,), None)
    assert not identity_map.add(state)
    other = User()
    instance_state(other).ident = 7
    with pytest.raises(exc.InvalidRequestError, match=r"session\.merge"):
        identity_map.add(instance_state(other))
    assert identity_map.replace(instance_state(other)) is state
    identity_map.discard(instance_state(other))
    assert not identity_map


def test_states(session):
    user = User()
    state = instance_state(user)
    assert state.transient
    persist(session, user, 1)
    assert state.persistent
    assert state.session is session
    state.need_extra().deleted = True
    assert state.deleted
    state.session_ref = None
    assert state.detached
    assert state.was_deleted


def test_functions_by_name():
    user = User()
    set_attribute(user, "name", "x")
    assert get_attribute(user, "name") == "x"
    set_committed_value(user, "age", 3)
    assert get_history(user, "age") == ((), [3], ())
    flag_modified(user, "age")
    assert get_history(user, "age").added == [3]
    del_attribute(user, "name")
    assert user.name is None
    assert init_collection(user, "posts") == []
    with pytest.raises(exc.InvalidRequestError, match="no mapped attribute 'x'"):
        get_attribute(user, "x")
    with pytest.raises(exc.InvalidRequestError, match="not loaded"):
        flag_modified(User(), "name")


def test_names_not_mapped_take_the_normal_path():
    user = User()
    user.other = 3
    assert user.__dict__["other"] == 3
    del user.other
    with pytest.raises(AttributeError):
        user.other
    assert not instance_state(user).modified


def test_an_own_setattr_sees_what_is_not_mapped():
    seen = []

    class Own(Base):
        __tablename__ = "own"
        id: Mapped[int] = mapped_column(primary_key=True)

        def __setattr__(self, name, value):
            seen.append(name)
            super().__setattr__(name, value)

    own = Own(id=1)
    own.x = 2
    assert seen == ["x"]
    assert own.x == 2


def test_delete_of_nothing():
    with pytest.raises(AttributeError, match=r"User\.name has no value"):
        del User().name


OPERATIONS = [
    lambda user: setattr(user, "name", "b"),
    lambda user: setattr(user, "name", None),
    lambda user: delattr(user, "name"),
    lambda user: (setattr(user, "name", "c"), setattr(user, "name", "a")),
    lambda user: setattr(user, "plain", 1),
    lambda user: setattr(user, "posts", [Post()]),
]


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("stored", [True, False])
def test_generated_writes_do_what_the_plain_twins_do(operation, stored, session):
    """The same operations on a class whose writes are generated and on one with the twins."""
    results = []
    manager = User._sa_class_manager
    generated = User.__setattr__, User.__delattr__
    twins = (
        make_plain_setattr(manager, object.__setattr__),
        make_plain_delattr(manager, object.__delattr__),
    )
    for writing, deleting in (generated, twins):
        type.__setattr__(User, "__setattr__", writing)
        type.__setattr__(User, "__delattr__", deleting)
        try:
            user = User(name="a", age=1)
            own = Session()
            if stored:
                state = persist(own, user, 1)
                user.__dict__["posts"] = User.posts.impl.make_collection(state)
            operation(user)
            committed = instance_state(user).committed
            results.append(
                (
                    {k: v for k, v in user.__dict__.items() if k in ("name", "age", "plain")},
                    committed and {k: v for k, v in committed.items() if k != "posts()"},
                    len(own.identity_map.modified),
                    own.begun,
                )
            )
        finally:
            type.__setattr__(User, "__setattr__", generated[0])
            type.__setattr__(User, "__delattr__", generated[1])
    assert results[0] == results[1]


@pytest.mark.skipif(not codegen.is_enabled(), reason="runs the plain twins")
def test_generated_source_can_be_read():
    from orm.codegen import dump

    assert "committed[name] = values.get(name, NO_VALUE)" in dump(User.__setattr__)
    assert "for name, value in kwargs.items()" in dump(User.__init__)


def test_passive_reads_load_nothing(session):
    post = Post()
    state = persist(session, post, 1)
    post.__dict__.pop("user", None)
    asked = []
    impl = Post.user.impl
    former, impl.loader = impl.loader, lambda state, passive: asked.append(passive) or NO_VALUE
    try:
        found = impl.get(state, post.__dict__, PASSIVE_NO_INITIALIZE)
        assert not found
        assert asked == []
        impl.get(state, post.__dict__, PASSIVE_NO_FETCH)
        assert asked == [PASSIVE_NO_FETCH]
    finally:
        impl.loader = former


def test_expired_objects_share_what_is_known_of_them_until_more_is(session):
    one, other = User(id=1, name="a", age=1), User(id=2, name="b", age=2)
    states = [persist(session, one, 1), persist(session, other, 2)]
    for state in states:
        state.expire()
    assert states[0].extra is states[1].extra
    assert states[0].expired == {"id", "name", "age"}
    states[0].info["seen"] = True
    one.name = "c"
    assert states[0].expired == {"id", "age"}
    assert states[1].expired == {"id", "name", "age"}
    assert states[1].info == {}
    states[1].expired = None
    assert states[1].expired is None


def test_some_names_expired_are_an_objects_own(session):
    user, other = User(id=1, name="a", age=1), User(id=2, name="b", age=2)
    state, untouched = persist(session, user, 1), persist(session, other, 2)
    state.expire(["name"])
    state.expire(["age", "posts"])
    assert state.expired == {"name", "age"}
    assert untouched.extra is None
    state.expired = None
    state.expire()
    assert state.expired == state.manager.expirable
