"""Query, the 1.x interface: what executes, and what makes it part of other statements."""

from __future__ import annotations

from typing import Any

import pytest

from orm import Query, Session, aliased, exc, joinedload, scoped_session, select, sessionmaker


def test_fetching(filled: Session, m: Any) -> None:
    query = filled.query(m.User).filter(m.User.name > "a").order_by(m.User.name.desc())
    assert [user.name for user in query] == ["d", "c", "b"]
    assert query.first().name == "d"
    assert query.limit(0).first() is None
    assert query.limit(1).one().name == "d"
    assert filled.query(m.User).filter_by(name="x").first() is None
    assert filled.query(m.User).filter_by(name="x").one_or_none() is None
    with pytest.raises(exc.NoResultFound):
        filled.query(m.User).filter_by(name="x").one()
    with pytest.raises(exc.MultipleResultsFound):
        filled.query(m.User).one()


def test_positions(filled: Session, m: Any) -> None:
    query = filled.query(m.User.name).order_by(m.User.name)
    assert query[1:3] == [("b",), ("c",)]
    assert query[:2] == [("a",), ("b",)]
    assert query[2:] == [("c",), ("d",)]
    assert query[::2] == [("a",), ("c",)]
    assert query[3:1] == []
    assert query[2] == ("c",)
    assert query.offset(1)[1:3] == [("c",), ("d",)]
    for position in (-1, slice(-2, None), slice(0, -1)):
        with pytest.raises(IndexError):
            _ = query[position]


def test_count_is_of_rows(filled: Session, m: Any) -> None:
    assert filled.query(m.User).count() == 4
    assert filled.query(m.User).order_by(m.User.name).limit(3).count() == 3
    with pytest.warns(exc.SAWarning, match="Nothing connects users with posts"):
        assert filled.query(m.User, m.Post).count() == 16
    assert filled.query(m.User).options(joinedload(m.User.posts)).count() == 4


def test_objects_come_once(filled: Session, m: Any) -> None:
    user = filled.query(m.User).filter_by(name="a").one()
    user.posts += [m.Post(title="x"), m.Post(title="y")]
    joined = filled.query(m.User).join(m.User.posts).filter(m.User.name == "a")
    assert joined.all() == [user]
    assert filled.execute(joined.statement).scalars().all() == [user] * 3
    assert joined.with_entities(m.User.name).all() == [("a",)] * 3


def test_rows_of_a_single_entity(filled: Session, m: Any) -> None:
    query = filled.query(m.User).filter_by(name="a")
    assert query.is_single_entity
    assert query.only_return_tuples(True).one()[0] is query.one()
    assert not filled.query(m.User.id).is_single_entity
    assert not filled.query(m.User, m.Post).is_single_entity


def test_scalar(filled: Session, m: Any) -> None:
    names = filled.query(m.User.name)
    assert names.filter_by(name="c").scalar() == "c"
    assert names.filter_by(name="x").scalar() is None
    assert filled.query(m.User).filter_by(name="c").scalar().name == "c"
    with pytest.raises(exc.MultipleResultsFound):
        names.scalar()


def test_get(filled: Session, m: Any) -> None:
    assert filled.query(m.User).get(1).name == "a"
    assert filled.query(m.User).get(99) is None
    loaded = filled.query(m.User).options(joinedload(m.User.posts)).populate_existing().get(2)
    assert "posts" in loaded.__dict__
    with pytest.raises(exc.InvalidRequestError, match="filter"):
        filled.query(m.User).filter_by(name="a").get(1)


def test_as_a_part_of_statements(filled: Session, m: Any) -> None:
    inner = filled.query(m.Post.user_id).filter(m.Post.title == "bb")
    assert filled.query(m.User.name).filter(m.User.id.in_(inner)).all() == [("b",)]
    titles = filled.query(m.Post.user_id, m.Post.title).subquery("titles")
    query = filled.query(m.User.name, titles.c.title).join(titles, titles.c.user_id == m.User.id)
    assert query.order_by(m.User.name)[0] == ("a", "aa")
    numbered = filled.query(m.Post.user_id.label("owner")).cte("numbered")
    assert filled.query(numbered.c.owner).count() == 4
    label = filled.query(m.Post.title).filter(m.Post.user_id == m.User.id).label("title")
    assert filled.query(m.User.name, label).order_by(m.User.id).first() == ("a", "aa")
    assert list(filled.query(m.User).subquery(with_labels=True).c.keys()) == [
        "users_id",
        "users_name",
    ]
    assert filled.execute(filled.query(m.User.name).order_by(m.User.name)).first() == ("a",)


def test_exists(filled: Session, m: Any) -> None:
    assert filled.query(filled.query(m.User).filter_by(name="c").exists()).scalar()
    assert not filled.query(filled.query(m.User).filter_by(name="x").exists()).scalar()
    of_user = filled.query(m.Post).filter(m.Post.user_id == m.User.id, m.Post.title == "aa")
    assert filled.query(m.User.name).filter(of_user.exists()).all() == [("a",)]
    joined = filled.query(m.User).join(m.User.posts).filter(m.Post.title == "aa")
    assert filled.query(joined.exists()).scalar()


def test_text_has_labels(m: Any) -> None:
    query: Query[Any] = Query(m.User).filter_by(name="a")
    assert str(query) == (
        "SELECT users.id AS users_id, users.name AS users_name \n"
        "FROM users \n"
        "WHERE users.name = :name_1"
    )
    assert "<Query" in repr(query)


def test_what_it_is(filled: Session, m: Any) -> None:
    query = filled.query(m.User, m.User.name.label("n"))
    assert query.session is filled
    assert query.whereclause is None
    assert [each["name"] for each in query.column_descriptions] == ["User", "n"]
    assert query.column_descriptions[0]["entity"] is m.User
    other = Session(filled.bind)
    assert query.with_session(other).session is other
    assert query.tuples() is query
    other.close()


def test_update_and_delete(filled: Session, m: Any) -> None:
    users = filled.query(m.User).order_by(m.User.id).all()
    assert filled.query(m.User).filter(m.User.name == "a").update({"name": "z"}) == 1
    assert users[0].name == "z"
    assert filled.query(m.Post).filter(m.Post.title == "aa").delete() == 1
    assert filled.query(m.Post).count() == 3


def test_merge_result(filled: Session, m: Any) -> None:
    with Session(filled.bind) as other:
        cached = other.query(m.User).order_by(m.User.id).all()
        rows = other.query(m.User, m.User.name).order_by(m.User.id).all()
    query = filled.query(m.User)
    merged = query.merge_result(cached)
    assert merged[0] is filled.get(m.User, 1)
    mixed = filled.query(m.User, m.User.name).merge_result(rows, load=False)
    assert mixed[1] == (filled.get(m.User, 2), "b")


def test_query_property(memory: Any, m: Any) -> None:
    scope = scoped_session(sessionmaker(memory))
    m.User.query = scope.query_property()
    scope.add(m.User(name="a"))
    assert m.User.query.filter_by(name="a").one().name == "a"
    assert scope.query(m.User).count() == 1
    scope.remove()


def test_own_query_class(memory: Any, m: Any) -> None:
    class Named(Query[Any]):
        def named(self, name: str) -> Any:
            return self.filter_by(name=name)

    factory = sessionmaker(memory, query_cls=Named)
    with factory() as session:
        session.add(m.User(name="a"))
        query: Any = session.query(m.User).order_by(m.User.id)
        assert query.named("a").one().name == "a"
    with Session(memory, query_cls=Named) as session:
        assert isinstance(session.query(m.User), Named)


def test_of_a_plain_table(filled: Session, m: Any) -> None:
    table = m.User.__table__
    assert filled.query(table.c.name).filter(table.c.id == 1).all() == [("a",)]
    assert filled.query(table).filter(table.c.id == 1).all() == [(1, "a")]
    assert filled.query(select(m.User.id).where(m.User.id == 2).scalar_subquery()).scalar() == 2


def test_labels_begin_with_the_names_of_tables_and_aliases(filled: Session, m: Any) -> None:
    other = aliased(m.User)
    query = filled.query(m.User.id, other.id, other.name).filter(m.User.id == other.id)
    assert str(query).split("\n")[0].strip() == (
        "SELECT users.id AS users_id, users_1.id AS users_1_id, users_1.name AS users_1_name"
    )
    assert query.order_by(m.User.id).first()._fields == ("id", "id", "name")


def test_labels_of_aliases_within_a_subquery(filled: Session, m: Any) -> None:
    one, two = aliased(m.User), aliased(m.User)
    inner = filled.query(one.id, two.id).filter(one.id == two.id).subquery(with_labels=True)
    text = str(filled.query(inner))
    assert "SELECT anon_1.users_1_id AS anon_1_users_1_id, anon_1.users_2_id" in text
    assert len(filled.query(inner).all()) == 4


def test_values_in_place_of_what_is_selected(filled: Session, m: Any) -> None:
    query = filled.query(m.User).order_by(m.User.name)
    assert list(query.values(m.User.name, m.User.id))[0] == ("a", query.first().id)
    assert query.value(m.User.name) == "a"
    assert query.filter_by(name="x").value(m.User.name) is None


def test_a_query_of_nothing_says_so(filled: Session, m: Any) -> None:
    with pytest.raises(exc.InvalidRequestError, match="selects nothing"):
        filled.query().all()
    assert filled.query().add_columns(m.User.name).count() == 4


@pytest.mark.parametrize("entities", [["name"], ["id", "name"], []])
def test_get_is_for_one_class(filled: Session, m: Any, entities: list[str]) -> None:
    columns = [getattr(m.User, each) for each in entities] or [m.User, m.Post]
    with pytest.raises(exc.InvalidRequestError, match="queries of one mapped class"):
        filled.query(*columns).get(1)


def test_a_statement_of_its_own_stays_as_it_is(filled: Session, m: Any) -> None:
    query = filled.query(m.User).from_statement(select(m.User).order_by(m.User.name))
    assert [each.name for each in query] == ["a", "b", "c", "d"]
    assert query.whereclause is None
    assert query.first().name == "a"
    for call in (
        query.count,
        query.exists,
        query.subquery,
        query.cte,
        query.scalar_subquery,
        lambda: query.label("x"),
        lambda: query.get(1),
        lambda: query.update({"name": "x"}),
        query.delete,
        lambda: query.filter(m.User.id == 1),
        lambda: query.union(filled.query(m.User)),
    ):
        with pytest.raises(exc.InvalidRequestError, match="a statement of its own"):
            call()
    assert filled.query(m.User).count() == 4


def test_clauses_are_not_lost_to_a_statement(filled: Session, m: Any) -> None:
    for query in (
        filled.query(m.User).filter_by(name="a"),
        filled.query(m.User).join(m.User.posts),
    ):
        with pytest.raises(exc.InvalidRequestError, match="would not apply to the rows"):
            query.from_statement(select(m.User))
    for wrong in (5, None, m.User.__table__):
        with pytest.raises(exc.ArgumentError, match="takes a statement that returns rows"):
            filled.query(m.User).from_statement(wrong)


def test_a_relationship_has_its_condition(filled: Session, m: Any) -> None:
    with pytest.raises(exc.InvalidRequestError, match=r"and_\(condition\)"):
        filled.query(m.User).join(m.User.posts, m.Post.title == "x").all()
