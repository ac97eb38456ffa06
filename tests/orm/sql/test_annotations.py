from __future__ import annotations

import pickle

from orm.sql import select
from orm.sql.annotations import plain
from orm.sql.coercions import has_orm_annotation
from orm.sql.selectable import Alias


class TestAnnotated:
    def test_column_hashes_and_compares_like_the_original(self, t):
        original = t.users.c.id
        annotated = original._annotate({"a": 1})
        assert annotated is not original
        assert hash(annotated) == hash(original)
        assert {original: "x"}[annotated] == "x"
        assert {annotated: "x"}[original] == "x"
        assert bool(annotated == original)
        assert not bool(annotated == t.users.c.name)

    def test_table_hashes_and_compares_like_the_original(self, t):
        annotated = t.users._annotate({"a": 1})
        assert annotated == t.users
        assert t.users == annotated
        assert {t.users: "x"}[annotated] == "x"
        assert isinstance(annotated, type(t.users))
        assert annotated.c.id is t.users.c.id

    def test_annotations_add_up_and_the_original_stays(self, t):
        first = t.users.c.id._annotate({"a": 1})
        second = first._annotate({"b": 2})
        assert dict(second._annotations) == {"a": 1, "b": 2}
        assert dict(first._annotations) == {"a": 1}
        assert dict(t.users.c.id._annotations) == {}
        assert dict(second._with_annotations({"c": 3})._annotations) == {"c": 3}

    def test_deannotate(self, t):
        annotated = t.users.c.id._annotate({"a": 1})
        assert annotated._deannotate() is t.users.c.id
        assert plain(annotated) is t.users.c.id
        assert plain(5) == 5

    def test_renders_like_the_original(self, t):
        annotated = t.users.c.id._annotate({"a": 1})
        assert str(annotated == 5) == "users.id = :id_1"

    def test_proxy_key_names_the_column_of_a_subquery(self, t):
        annotated = t.users.c.id._annotate({"proxy_key": "ident"})
        assert select(annotated).subquery().c.keys() == ["ident"]

    def test_from_objects_count_once(self, t):
        annotated = t.users._annotate({"a": 1})
        assert len(select(annotated).where(t.users.c.id == 1).get_final_froms()) == 1

    def test_alias_of_annotated(self, t):
        alias = Alias(t.users)._annotate({"a": 1})
        assert alias.c.id.table == alias


class TestEntityMark:
    def test_statement_is_orm_once_an_element_is(self, t):
        entity = t.users.c.id._annotate({"parententity": object()})
        plain_select = select(t.users)
        assert not plain_select.is_orm
        assert select(entity).is_orm
        assert plain_select.where(entity == 5).is_orm
        assert not plain_select.is_orm
        assert plain_select.where((t.users.c.id == 1) & (entity == 5)).is_orm

    def test_walks_functions_and_lists(self, t):
        from orm.sql import func

        entity = t.users.c.id._annotate({"parententity": object()})
        assert has_orm_annotation(func.count(entity))
        assert not has_orm_annotation(func.count(t.users.c.id))


def test_expressions_can_be_pickled():
    from orm.sql import column, table

    users = table("users", column("id"))
    statement = select(users).where(users.c.id == 5).order_by(users.c.id.desc())
    again = pickle.loads(pickle.dumps(statement))
    assert str(again) == str(statement)
    assert again.cache_key()[0] == statement.cache_key()[0]
