from __future__ import annotations

import pytest

from orm import exc
from orm.schema import Column, MetaData, Table
from orm.sql import bindparam, column, delete, func, insert, select, table, update
from orm.sql.elements import BindParameter
from orm.types import Integer


class TestValues:
    def test_values_are_binds_of_the_column_type(self, t):
        statement = insert(t.users).values(name="x", age=None)
        bind = statement._values["name"]
        assert isinstance(bind, BindParameter)
        assert bind.type is t.users.c.name.type
        assert bind.key == "name"
        assert not bind.unique
        assert statement._values["age"].value is None

    def test_columns_and_names_as_keys(self, t):
        statement = insert(t.users).values({t.users.c.name: "x", "age": 1})
        assert list(statement._values) == [t.users.c.name, "age"]

    def test_tuple_in_column_order(self, t):
        assert list(insert(t.posts).values((1, 2))._values) == ["id", "user_id"]

    def test_later_values_win(self, t):
        statement = insert(t.users).values(name="x").values(name="y", age=1)
        assert {k: v.value for k, v in statement._values.items()} == {"name": "y", "age": 1}

    def test_expressions_stay(self, t):
        statement = update(t.users).values(
            age=t.users.c.age + 1, name=select(func.max(t.posts.c.title))
        )
        assert str(statement._values["age"]) == "users.age + :age_1"
        assert statement._values["name"].__visit_name__ == "scalar_select"

    def test_several_rows(self, t):
        statement = insert(t.users).values([{"id": 1}, {"id": 2}]).values([{"id": 3}])
        assert [row["id"].key for row in statement._multi_values] == ["id_m0", "id_m1", "id_m2"]

    @pytest.mark.parametrize(
        ("build", "error"),
        [
            (lambda u: insert(u).values(5), exc.ArgumentError),
            (lambda u: insert(u).values([5]), exc.ArgumentError),
            (lambda u: insert(u).values({5: 1}), exc.ArgumentError),
            (lambda u: insert(u).values([{"id": 1}, {"age": 1}]), exc.ArgumentError),
            (lambda u: insert(u).values(tuple(range(99))), exc.ArgumentError),
            (lambda u: insert(u).values({"id": 1}, age=2), exc.ArgumentError),
            (lambda u: insert(u).values(id=1).values([{"id": 1}]), exc.InvalidRequestError),
            (lambda u: update(u).values([{"id": 1}]), exc.InvalidRequestError),
            (lambda u: insert(u).values(id=1).from_select(["id"], select(u.c.id)), exc.InvalidRequestError),
            (lambda u: insert(u).from_select(["id"], "select 1"), exc.ArgumentError),
            (lambda u: insert("users"), exc.ArgumentError),
            (lambda u: insert(u.join(u.alias(), u.c.id == 1)), exc.ArgumentError),
            (lambda u: delete(u.join(u.alias(), u.c.id == 1)), exc.ArgumentError),
            (lambda u: update(u).ordered_values(("id", 1)).values(age=2), exc.InvalidRequestError),
            (lambda u: delete(select(u).subquery()), exc.ArgumentError),
            (lambda u: update(u).returning(u.c.id, sort_by_parameter_order=True), exc.ArgumentError),
            (lambda u: delete(u).where("id = 1"), exc.ArgumentError),
            (lambda u: insert(u).returning(u.c.id).return_defaults(), exc.InvalidRequestError),
        ],
    )  # fmt: skip
    def test_bad_input(self, t, build, error):
        with pytest.raises(error):
            build(t.users)


class TestStatements:
    def test_methods_copy(self, t):
        for statement in (insert(t.users), update(t.users), delete(t.users)):
            before = str(statement)
            assert statement.returning(t.users.c.id) is not statement
            assert str(statement) == before

    def test_from_select(self, t):
        statement = insert(t.posts).from_select(["id"], select(t.users.c.id))
        assert statement._select_names == ("id",)
        assert str(statement).startswith("INSERT INTO posts (id) SELECT users.id")

    def test_returning_whole_table(self, t):
        statement = insert(t.posts).returning(t.posts)
        assert [c.key for c in statement._selected_elements] == ["id", "user_id", "title"]
        assert statement.exported_columns.keys() == ["id", "user_id", "title"]

    def test_where_and_filter_by(self, t):
        statement = update(t.users).where(t.users.c.id == 1).filter_by(name="x")
        assert str(statement.whereclause) == "users.id = :id_1 AND users.name = :name_1"

    def test_further_tables(self, t):
        statement = update(t.users).where(t.users.c.id == t.posts.c.user_id)
        assert statement._extra_froms == [t.posts]

    def test_ordered_values(self, t):
        statement = update(t.users).ordered_values((t.users.c.name, "x"), ("age", 1))
        assert [k if isinstance(k, str) else k.key for k in statement._values] == ["name", "age"]
        assert statement._ordered

    def test_entity(self, t):
        entity = object()
        statement = update(t.users._annotate({"parententity": entity}))
        assert statement.is_orm
        assert statement.table is t.users
        assert statement._entity._annotations["parententity"] is entity
        assert not update(t.users).is_orm

    def test_lightweight_table(self):
        users = table("users", column("id", Integer), column("name"))
        assert str(users.insert().values(id=1)) == "INSERT INTO users (id) VALUES (:id)"
        assert str(users.delete().where(users.c.id == bindparam("x"))) == (
            "DELETE FROM users WHERE users.id = :x"
        )


def test_rows_of_a_subquery_are_inserted():
    metadata = MetaData()
    source, target = (Table(name, metadata, Column("id", Integer)) for name in ("a", "b"))
    picked = select(source).limit(1).cte("picked")
    text = " ".join(str(insert(target).from_select(["id"], picked)).split())
    assert text.endswith("INSERT INTO b (id) SELECT picked.id FROM picked")


def test_a_sample_under_another_name():
    sampled = Table("a", MetaData(), Column("id", Integer)).tablesample(5, name="s")
    text = " ".join(str(select(sampled.alias("t"))).split())
    assert text == "SELECT t.id FROM a AS t TABLESAMPLE system(:system_1)"
