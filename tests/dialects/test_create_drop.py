"""Creating and dropping schemas on every database."""

from __future__ import annotations

import enum

import pytest

from orm import event, exc
from orm.schema import (
    DDL,
    CheckConstraint,
    Column,
    CreateSchema,
    CreateView,
    DropSchema,
    DropView,
    ForeignKey,
    Index,
    MetaData,
    Sequence,
    Table,
)
from orm.sql.dml import insert
from orm.sql.functions import func
from orm.sql.select import select
from orm.types.scalar import Integer, String
from orm.types.structured import Enum


class Color(enum.Enum):
    red = 1
    blue = 2


def table_names(engine):
    with engine.connect() as connection:
        return {
            name
            for name in ("a", "b", "tree", "things")
            if engine.dialect.has_table(connection, name)
        }


def test_create_all_and_drop_all_can_be_repeated(engine):
    metadata = MetaData()
    Table(
        "b",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("a_id", ForeignKey("a.id", ondelete="CASCADE"), index=True),
    )
    Table(
        "a", metadata, Column("id", Integer, primary_key=True), Column("n", String(5), unique=True)
    )
    Table(
        "tree",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("up", ForeignKey("tree.id")),
    )
    for _ in range(2):
        metadata.create_all(engine)
    assert table_names(engine) == {"a", "b", "tree"}
    for _ in range(2):
        metadata.drop_all(engine)
    assert table_names(engine) == set()


def test_tables_that_refer_to_each_other(engine):
    metadata = MetaData(naming_convention={"fk": "fk_%(table_name)s_%(column_0_name)s"})
    a = Table(
        "a", metadata, Column("id", Integer, primary_key=True), Column("b_id", ForeignKey("b.id"))
    )
    b = Table(
        "b", metadata, Column("id", Integer, primary_key=True), Column("a_id", ForeignKey("a.id"))
    )
    metadata.create_all(engine)
    with engine.connect() as connection, pytest.raises(exc.IntegrityError):
        connection.execute(insert(a).values(id=1, b_id=77))
    with engine.begin() as connection:
        connection.execute(insert(a).values(id=1))
        connection.execute(insert(b).values(id=1, a_id=1))
        connection.execute(a.update().values(b_id=1))
        connection.execute(a.update().values(b_id=None))
        connection.execute(b.delete())
        connection.execute(a.delete())
    metadata.drop_all(engine)
    assert table_names(engine) == set()


def test_cycles_without_names_can_be_dropped(engine):
    metadata = MetaData()
    Table(
        "a", metadata, Column("id", Integer, primary_key=True), Column("b_id", ForeignKey("b.id"))
    )
    Table(
        "b", metadata, Column("id", Integer, primary_key=True), Column("a_id", ForeignKey("a.id"))
    )
    metadata.create_all(engine)
    a, b = metadata.tables["a"], metadata.tables["b"]
    with engine.begin() as connection:
        connection.execute(insert(a).values(id=1))
        connection.execute(insert(b).values(id=1, a_id=1))
        connection.execute(a.update().values(b_id=1))
    metadata.drop_all(engine)
    assert table_names(engine) == set()


def test_enumerations(engine):
    metadata = MetaData()
    things = Table(
        "things",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("color", Enum(Color)),
        Column("other", Enum(Color)),
    )
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(things).values(color=Color.blue))
        assert connection.execute(select(things.c.color, things.c.other)).all() == [
            (Color.blue, None)
        ]
        found = connection.execute(select(things.c.id).where(things.c.color == Color.red)).all()
        assert found == []
    metadata.drop_all(engine)
    metadata.create_all(engine)
    metadata.drop_all(engine)


def test_checks_hold(engine):
    metadata = MetaData()
    things = Table(
        "things",
        metadata,
        Column("n", Integer, CheckConstraint("n > 5")),
        Column("s", String(20)),
    )
    things.append_constraint(CheckConstraint(things.c.s != "100% it's", name="ck_s"))
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(things).values(n=6, s="100%"))
    for row in ({"n": 5}, {"n": 6, "s": "100% it's"}):
        with (
            pytest.raises((exc.IntegrityError, exc.OperationalError)),
            engine.begin() as connection,
        ):
            connection.execute(insert(things), row)


def test_server_defaults_and_odd_names(engine):
    metadata = MetaData()
    things = Table(
        "things",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("a %s:b", String(20), server_default="it's 100%", key="odd"),
        Column("order", Integer, server_default="7"),
        Index("odd index", "odd"),
        comment="the table's 100%",
    )
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(things))
        assert connection.execute(select(things.c.odd, things.c.order)).one() == ("it's 100%", 7)
        found = select(func.count()).where(things.c.odd.like("it's%"))
        assert connection.scalar(found) == 1


def test_single_tables_and_indexes(engine):
    metadata = MetaData()
    things = Table(
        "things", metadata, Column("id", Integer, primary_key=True), Column("n", Integer)
    )
    things.create(engine)
    index = Index("ix_n", things.c.n)
    index.create(engine, checkfirst=True)
    index.create(engine, checkfirst=True)
    index.drop(engine)
    things.drop(engine)
    with pytest.raises(exc.DBAPIError):
        things.drop(engine, checkfirst=False)


def test_events_and_ddl_text(engine):
    metadata = MetaData()
    things = Table("things", metadata, Column("id", Integer, primary_key=True))
    heard = []
    event.listen(things, "after_create", lambda target, connection, **kw: heard.append(target.name))
    event.listen(
        metadata, "before_drop", lambda target, connection, **kw: heard.append(len(kw["tables"]))
    )
    event.listen(things, "after_create", DDL("INSERT INTO %(table)s (id) VALUES (42)"))
    never = DDL("this is no SQL").execute_if(dialect="nowhere")
    event.listen(things, "after_create", never)
    metadata.create_all(engine)
    metadata.create_all(engine)
    with engine.connect() as connection:
        assert connection.scalar(select(things.c.id)) == 42
    metadata.drop_all(engine)
    assert heard == ["things", 1]


def test_sequences(engine):
    metadata = MetaData()
    sequence = Sequence("counter", start=5)
    things = Table(
        "things", metadata, Column("id", Integer, sequence, primary_key=True), Column("n", Integer)
    )
    metadata.create_all(engine)
    metadata.create_all(engine)
    with engine.begin() as connection:
        result = connection.execute(insert(things).values(n=1))
        assert connection.scalar(select(things.c.id)) >= 1
        if engine.dialect.name == "postgresql":
            assert result.inserted_primary_key == (5,)
            assert connection.scalar(sequence.next_value().select()) == 6
    metadata.drop_all(engine)


def test_create_needs_an_engine_or_connection():
    with pytest.raises(exc.ArgumentError, match=r"session\.connection\(\)"):
        MetaData().create_all(object())


def test_on_a_connection_the_caller_commits(engine):
    metadata = MetaData()
    Table("things", metadata, Column("id", Integer, primary_key=True))
    with engine.connect() as connection:
        metadata.create_all(connection)
        connection.rollback()
    expected = {"things"} if engine.dialect.name == "mysql" else set()
    assert table_names(engine) == expected


HOSTILE_NAMES = [
    "new\nline",
    'quo"te',
    "back`tick",
    "sin'gle",
    "semi;colon -- x",
    "100%(s)s %",
    ":name",
    "a.b",
    "back\\slash",
    "{brace}",
    "[bracket]",
    "a?b",
    "ta\tb",
    "$1",
    "select",
    "umlaut\u00e4",
]


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=range(len(HOSTILE_NAMES)))
def test_hostile_names_are_created_written_and_read_back(engine, name):
    metadata = MetaData()
    table = Table(
        f"t {name}",
        metadata,
        Column("id", Integer, primary_key=True),
        Column(name, String(20), index=True, comment=f"column {name}"),
        Column(f"{name} 2", Integer, unique=True),
        Column("up", ForeignKey((f"t {name}", "id"), name=f"fk {name}")),
        CheckConstraint("up < 1000", name=f"ck {name}"),
        comment=f"table {name}",
    )
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(
            insert(table), [{name: "v", f"{name} 2": 1}, {name: "w", f"{name} 2": 2}]
        )
        connection.execute(table.update().where(table.c[name] == "v").values({name: "u"}))
        rows = connection.execute(select(table).where(table.c[name].in_(["u", "w"])))
        assert sorted(row[name] for row in rows.mappings()) == ["u", "w"]
        found = Table(table.name, MetaData(), autoload_with=connection)
    assert found.c.keys() == table.c.keys()
    assert [key.target_tokens for key in found.foreign_keys] == [(None, table.name, "id")]
    # MariaDB adds an index for the foreign key
    assert [name] in [index.columns.keys() for index in found.indexes if not index.unique]
    if engine.dialect.supports_comments:
        assert (found.comment, found.c[name].comment) == (f"table {name}", f"column {name}")
    metadata.drop_all(engine)
    with engine.connect() as connection:
        assert not engine.dialect.has_table(connection, table.name)


def test_what_must_not_overlap(engine):
    if engine.name != "postgresql":
        pytest.skip("only PostgreSQL has EXCLUDE")
    from orm.dialects.postgresql import ExcludeConstraint

    metadata = MetaData()
    low, high = Column("low", Integer), Column("high", Integer)
    constraint = ExcludeConstraint((func.int4range(low, high), "&&"), name="apart")
    things = Table("things", metadata, low, high)
    assert constraint in things.constraints
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(things), [{"low": 1, "high": 5}, {"low": 5, "high": 9}])
    with engine.connect() as connection, pytest.raises(exc.IntegrityError, match="apart"):
        connection.execute(insert(things), {"low": 4, "high": 6})


def test_an_enumeration_lies_in_the_schema_of_its_metadata(engine):
    if engine.name != "postgresql":
        pytest.skip("only PostgreSQL has enumerations with names")
    metadata = MetaData(schema="other place")
    things = Table("things", metadata, Column("color", Enum(Color, name="my color")))
    with engine.begin() as connection:
        connection.execute(CreateSchema("other place"))
        metadata.create_all(connection)
        connection.execute(insert(things), {"color": Color.blue})
        assert connection.scalar(select(things.c.color).where(things.c.color == Color.blue))
        found = Table("things", MetaData(), schema="other place", autoload_with=connection)
        assert (found.c.color.type.schema, found.c.color.type.name) == ("other place", "my color")
        metadata.drop_all(connection)
        connection.execute(DropSchema("other place"))


def test_views_and_tables_of_a_select(engine):
    metadata = MetaData()
    words = Table("words", metadata, Column("id", Integer), Column("word", String(20)))
    chosen = select(words.c.word, func.count().label("n")).where(words.c.word != "it's 100%")
    view = CreateView(chosen.group_by(words.c.word), "counts", metadata=metadata).table
    metadata.create_all(engine)
    with engine.begin() as connection:
        rows = [{"id": 1, "word": "a"}, {"id": 2, "word": "a"}, {"id": 3, "word": "it's 100%"}]
        connection.execute(insert(words), rows)
        assert connection.execute(select(view.c.word, view.c.n)).all() == [("a", 2)]
        made = select(view).into("kept")
        connection.execute(made)
        assert connection.execute(select(made.table)).all() == [("a", 2)]
        if engine.name != "sqlite":
            again = CreateView(
                select(words.c.word, words.c.id.label("n")), "counts", or_replace=True
            )
            if engine.name == "postgresql":  # the types of its columns cannot change
                connection.execute(DropView(view))
            connection.execute(again)
            assert connection.scalar(select(func.count()).select_from(view)) == 3
        made.table.drop(connection)
        metadata.drop_all(connection)
        assert not engine.dialect.has_table(connection, "counts")


def test_materialized_views(engine):
    if engine.name != "postgresql":
        pytest.skip("only PostgreSQL stores the result of a view")
    metadata = MetaData()
    words = Table("words", metadata, Column("word", String(20)))
    view = CreateView(select(words), "stored", materialized=True, metadata=metadata).table
    metadata.create_all(engine)
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(words).values(word="a"))
        assert connection.execute(select(view)).all() == []
        connection.exec_driver_sql("REFRESH MATERIALIZED VIEW stored")
        assert connection.execute(select(view)).all() == [("a",)]
    metadata.drop_all(engine)
