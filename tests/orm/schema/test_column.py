"""Columns: their arguments, defaults and copies."""

from __future__ import annotations

import pytest

from orm import exc
from orm.schema import (
    Column,
    Computed,
    FetchedValue,
    ForeignKey,
    Identity,
    MetaData,
    Sequence,
    Table,
    insert_sentinel,
)
from orm.sql.dml import insert
from orm.sql.select import select
from orm.sql.text_clause import TextClause
from orm.types.base import NullType
from orm.types.scalar import Integer, String


def test_name_and_type_in_any_accepted_form():
    assert Column("a", Integer).name == "a"
    assert Column(Integer, name="a").name == "a"
    assert isinstance(Column("a", type_=String(5)).type, String)
    assert Column(Integer).name is None
    assert isinstance(Column("a").type, NullType)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("a", Integer, "b"), "neither a type nor a part of a schema"),
        (("a", Integer, String), "neither a type nor a part of a schema"),
    ],
)
def test_wrong_positional_arguments_are_refused(arguments, message):
    with pytest.raises(exc.ArgumentError, match=message):
        Column(*arguments)


def test_two_names_or_two_types_are_refused():
    with pytest.raises(exc.ArgumentError, match="two names"):
        Column("a", name="b")
    with pytest.raises(exc.ArgumentError, match="two types"):
        Column("a", Integer, type_=String)


def test_a_column_belongs_to_one_table():
    column = Column("a", Integer)
    Table("one", MetaData(), column)
    with pytest.raises(exc.ArgumentError, match="already belongs to table 'one'"):
        Table("two", MetaData(), column)


def test_a_column_without_name_cannot_join_a_table():
    with pytest.raises(exc.ArgumentError, match="has no name"):
        Table("t", MetaData(), Column(Integer))


def test_index_takes_a_flag_not_a_name():
    with pytest.raises(exc.ArgumentError, match="Index\\('ix'"):
        Table("t", MetaData(), Column("a", Integer, index="ix"))


def test_nullable_follows_the_primary_key_unless_said():
    assert Column("a", Integer).nullable
    assert not Column("a", Integer, primary_key=True).nullable
    assert Column("a", Integer, primary_key=True, nullable=True).nullable


def test_defaults_of_each_kind():
    value = Column("a", Integer, default=5).default
    function = Column("a", Integer, default=lambda: 7).default
    with_context = Column("a", Integer, onupdate=lambda context: context + 1).onupdate
    expression = Column("a", Integer, default=TextClause("1 + 1")).default
    assert value.is_scalar
    assert value.arg == 5
    assert function.is_callable
    assert function.arg(None) == 7
    assert with_context.arg(1) == 2
    assert with_context.for_update
    assert expression.is_clause_element


def test_builtin_types_are_default_functions():
    assert Column("a", String, default=dict).default.arg(None) == {}
    assert Column("a", String, default=list).default.arg(None) == []


def test_a_default_function_of_two_arguments_is_refused():
    with pytest.raises(exc.ArgumentError, match="requires 2 arguments"):
        Column("a", Integer, default=lambda a, b: 0)


def test_falsy_defaults_are_defaults():
    assert Column("a", Integer, default=0).default.arg == 0
    assert Column("a", String, default="").default.arg == ""
    assert Column("a", Integer, default=None).default is None


def test_insert_default_is_stronger_than_default():
    assert Column("a", Integer, default=1, insert_default=2).default.arg == 2


def test_server_defaults():
    column = Column("a", Integer, server_default="5", server_onupdate=FetchedValue())
    assert column.server_default.arg == "5"
    assert column.server_onupdate.for_update
    with pytest.raises(exc.ArgumentError, match="must be a string or a SQL expression"):
        Column("a", Integer, server_default=5)
    with pytest.raises(exc.ArgumentError, match="pass it as server_default="):
        Column("a", Integer, default=FetchedValue())


def test_computed_and_identity():
    computed = Column("a", Integer, Computed("b + 1"))
    identity = Column("id", Integer, Identity(start=5), primary_key=True)
    assert computed.computed is computed.server_default is computed.server_onupdate
    assert identity.identity.start == 5
    assert not Column("a", Integer, Identity()).nullable
    with pytest.raises(exc.ArgumentError, match="keep one of them"):
        Column("a", Integer, Identity(), server_default="5")


def test_a_sequence_joins_the_metadata_of_its_column():
    metadata = MetaData()
    sequence = Sequence("s")
    Table("t", metadata, Column("id", Integer, sequence, primary_key=True))
    assert metadata._sequences == {"s": sequence}
    assert metadata.tables["t"].c.id.default is sequence


def test_a_copy_has_everything_but_the_table():
    metadata = MetaData()
    Table("u", metadata, Column("id", Integer, primary_key=True))
    original = Column(
        "a", Integer, ForeignKey("u.id", ondelete="SET NULL"), default=3, onupdate=4,
        server_default="5", index=True, comment="c", info={"k": 1}, key="b",
    )  # fmt: skip
    Table("t", metadata, original)
    copy = original.copy()
    assert copy.table is None
    assert (copy.name, copy.key, copy.index, copy.comment) == ("a", "b", True, "c")
    assert (copy.default.arg, copy.onupdate.arg, copy.server_default.arg) == (3, 4, "5")
    assert [fk.ondelete for fk in copy.foreign_keys] == ["SET NULL"]
    assert copy.info == {"k": 1}
    assert copy.default is not original.default


def test_a_column_without_name_is_named_later():
    column = Column(Integer, primary_key=True)
    column.name = column.key = "id"
    table = Table("t", MetaData(), column)
    assert table.c.id is column


def test_references_through_subqueries_and_to_nowhere():
    metadata = MetaData()
    users = Table("users", metadata, Column("id", Integer), Column("name", String(5)))
    posts = Table("posts", metadata, Column("user_id", ForeignKey("users.id")))
    found = users.select().subquery()
    assert posts.c.user_id.references(found.c.id)
    assert not posts.c.user_id.references(found.c.name)
    assert not posts.c.user_id.copy().references(users.c.id)
    assert not Column("x", ForeignKey("nowhere.id")).references(users.c.id)


def test_a_sentinel_column_stays_out_of_the_way():
    table = Table(
        "t",
        MetaData(),
        Column("id", Integer, primary_key=True),
        insert_sentinel("mark"),
        Column("x", Integer),
    )
    mark = table.c.mark
    assert mark.nullable
    assert isinstance(mark.type, Integer)
    assert select(table).selected_columns.keys() == ["id", "x"]
    assert select(table.alias("a")).selected_columns.keys() == ["id", "x"]
    assert select(table, mark).selected_columns.keys() == ["id", "x", "mark"]
    assert str(insert(table)) == "INSERT INTO t (id, x) VALUES (:id, :x)"
    assert "mark" in str(insert(table).values(mark=3))
    copied = table.to_metadata(MetaData())
    assert select(copied).selected_columns.keys() == ["id", "x"]


def test_a_sentinel_column_may_be_an_ordinary_one():
    table = Table("t", MetaData(), insert_sentinel("mark", String, omit_from_statements=False))
    assert select(table).selected_columns.keys() == ["mark"]
    assert isinstance(table.c.mark.type, String)


def test_one_sentinel_for_a_table():
    with pytest.raises(exc.ArgumentError, match="two sentinel columns, 'a' and 'b'"):
        Table("t", MetaData(), insert_sentinel("a"), insert_sentinel("b"))
