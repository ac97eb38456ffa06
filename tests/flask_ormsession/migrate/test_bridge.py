"""Our MetaData in SQLAlchemy's classes."""

from __future__ import annotations

import enum
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

import orm
from flask_ormsession import MigrationError
from flask_ormsession.migrate.bridge import make_engine, to_sqlalchemy
from orm import Column, ForeignKey, MetaData, Table, create_engine


@pytest.fixture
def engine() -> Any:
    return create_engine("sqlite://")


def copy(*columns: Any, engine: Any, **options: Any) -> sa.Table:
    metadata = MetaData(naming_convention={"uq": "uq_%(table_name)s_%(column_0_name)s"})
    Table("t", metadata, *columns, **options)
    return to_sqlalchemy(metadata, engine).tables["t"]


class Level(enum.Enum):
    LOW = "low"
    HIGH = "high"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (orm.Integer(), "INTEGER"),
        (orm.SmallInteger(), "SMALLINT"),
        (orm.BigInteger(), "BIGINT"),
        (orm.String(20), "VARCHAR(20)"),
        (orm.Unicode(20), "VARCHAR(20)"),
        (orm.CHAR(2), "CHAR(2)"),
        (orm.Text(), "TEXT"),
        (orm.Numeric(10, 3), "NUMERIC(10, 3)"),
        (orm.Float(), "FLOAT"),
        (orm.Double(), "DOUBLE"),
        (orm.Boolean(), "BOOLEAN"),
        (orm.Date(), "DATE"),
        (orm.Time(), "TIME"),
        (orm.DateTime(timezone=True), "DATETIME"),
        (orm.LargeBinary(), "BLOB"),
        (orm.JSON(), "JSON"),
        (orm.Uuid(), "CHAR(32)"),
        (orm.Enum("a", "long", name="e"), "VARCHAR(4)"),
        (orm.Enum(Level, native_enum=False), "VARCHAR(4)"),
        (orm.Interval(), "DATETIME"),
        (orm.PickleType(), "BLOB"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else value,
)
def test_types(ours: Any, theirs: str, engine: Any) -> None:
    made = copy(Column("c", ours), engine=engine).c.c.type
    assert made.compile(dialect=make_dialect()) == theirs


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (orm.DateTime(), "DATETIME(6)"),
        (orm.Time(), "TIME(6)"),
        (orm.Float(), "DOUBLE"),
        (orm.Numeric(), "NUMERIC(65, 30)"),
        (orm.Numeric(8, 2), "NUMERIC(8, 2)"),
        (orm.Float(20), "FLOAT(20)"),
        (orm.Date(), "DATE"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("made_on", ["sqlite://", "mysql+pymysql://nobody@localhost/x"])
def test_types_that_keep_all_digits_on_mariadb(ours: Any, theirs: str, made_on: str) -> None:
    """Whatever database a script was made on, it is the type that create_all() makes."""
    made = copy(Column("c", ours), engine=create_engine(made_on)).c.c.type
    mariadb = sa.create_mock_engine("mariadb+pymysql://", print).dialect
    assert made.compile(dialect=mariadb) == theirs
    assert (
        ours.compile(dialect=create_engine("mysql+pymysql://nobody@localhost/x").dialect) == theirs
    )


def make_dialect() -> Any:
    return sa.create_engine("sqlite://").dialect


def test_enum_stores_names(engine: Any) -> None:
    made = copy(Column("c", orm.Enum(Level)), engine=engine).c.c.type
    assert made.enums == ["LOW", "HIGH"]
    assert made.name == "level"


def test_variants_and_decorators(engine: Any) -> None:
    class Shout(orm.TypeDecorator[str]):
        impl = orm.String(7)
        cache_ok = True

    table = copy(
        Column("a", orm.BigInteger().with_variant(orm.Integer(), "sqlite")),
        Column("b", orm.String(5).with_variant(orm.Text(), "postgresql")),
        Column("c", Shout()),
        engine=engine,
    )
    shown = [repr(column.type) for column in table.c]
    assert shown == ["BigInteger()", "String(length=5)", "String(length=7)"]
    assert table.c.a.type.compile(dialect=make_dialect()) == "INTEGER"
    assert table.c.c.type.length == 7  # type: ignore[attr-defined]


def test_a_type_of_ones_own(engine: Any) -> None:
    class Point(orm.UserDefinedType[Any]):
        cache_ok = True

        def get_col_spec(self, **options: Any) -> str:
            return "POINT(3)"

    made = copy(Column("c", Point()), engine=engine).c.c.type
    assert made.compile(dialect=make_dialect()) == "POINT(3)"


def test_column_details(engine: Any) -> None:
    table = copy(
        Column("id", orm.Integer, primary_key=True, autoincrement=False),
        Column("n", orm.Integer, nullable=False, comment="count", server_default="7"),
        Column("t", orm.String(5), server_default=orm.text("'x' || 'y'")),
        Column("double", orm.Integer, orm.Computed("n * 2", persisted=True)),
        engine=engine,
        comment="a table",
    )
    assert table.comment == "a table"
    assert table.primary_key.columns.keys() == ["id"]
    assert table.c.id.autoincrement is False
    assert (table.c.n.nullable, table.c.n.comment) == (False, "count")
    assert table.c.n.server_default.arg == "7"  # type: ignore[union-attr]
    assert str(table.c.t.server_default.arg) == "'x' || 'y'"  # type: ignore[union-attr]
    assert str(table.c.double.computed.sqltext) == "n * 2"  # type: ignore[union-attr]
    assert table.c.double.computed.persisted is True  # type: ignore[union-attr]


def test_constraints(engine: Any) -> None:
    metadata = MetaData(naming_convention={"uq": "uq_%(table_name)s_%(column_0_name)s"})
    Table("parent", metadata, Column("id", orm.Integer, primary_key=True))
    child = Table(
        "child",
        metadata,
        Column("id", orm.Integer, primary_key=True),
        Column("n", orm.Integer, unique=True),
        Column(
            "parent_id",
            ForeignKey("parent.id", name="fk", ondelete="SET NULL", onupdate="CASCADE"),
        ),
        orm.CheckConstraint("n > 0", name="positive"),
    )
    child.append_constraint(orm.CheckConstraint(child.c.n < 10, name="below"))
    copied = to_sqlalchemy(metadata, engine).tables["child"]
    found = {str(item.name): item for item in copied.constraints}
    assert set(found) == {"None", "uq_child_n", "fk", "positive", "below"}
    foreign = found["fk"]
    assert isinstance(foreign, sa.ForeignKeyConstraint)
    assert (foreign.ondelete, foreign.onupdate) == ("SET NULL", "CASCADE")
    assert [element.target_fullname for element in foreign.elements] == ["parent.id"]
    assert str(found["positive"].sqltext) == "n > 0"  # type: ignore[attr-defined]
    assert str(found["below"].sqltext) == "n < 10"  # type: ignore[attr-defined]
    assert isinstance(copied.c.parent_id.type, sa.Integer)


def test_indexes(engine: Any) -> None:
    metadata = MetaData()
    table = Table("t", metadata, Column("a", orm.String(5)), Column("b", orm.Integer, index=True))
    orm.Index("ix_lower", orm.func.lower(table.c.a), unique=True)
    orm.Index("ix_some", table.c.a, sqlite_where=table.c.b > 3)
    copied = {
        str(index.name): index for index in to_sqlalchemy(metadata, engine).tables["t"].indexes
    }
    assert set(copied) == {"ix_t_b", "ix_lower", "ix_some"}
    assert copied["ix_lower"].unique is True
    assert str(copied["ix_lower"].expressions[0]) == "lower(a)"
    assert str(copied["ix_some"].dialect_kwargs["sqlite_where"]) == "b > 3"


def test_schemas_and_keys(engine: Any) -> None:
    metadata = MetaData(schema="shop")
    Table("a", metadata, Column("the id", orm.Integer, primary_key=True, key="ident"))
    Table("b", metadata, Column("a_id", ForeignKey("shop.a.ident"), primary_key=True))
    copied = to_sqlalchemy(metadata, engine)
    assert set(copied.tables) == {"shop.a", "shop.b"}
    (key,) = copied.tables["shop.b"].foreign_keys
    assert key.column is copied.tables["shop.a"].c.ident


def test_types_of_postgresql() -> None:
    pytest.importorskip("psycopg")
    from orm.dialects.postgresql import ARRAY, JSONB

    engine = create_engine("postgresql+psycopg://nobody@localhost/nothing")
    table = copy(Column("a", JSONB()), Column("b", ARRAY(orm.Integer)), engine=engine)
    assert isinstance(table.c.a.type, postgresql.JSONB)
    assert isinstance(table.c.b.type, sa.ARRAY)
    assert isinstance(table.c.b.type.item_type, sa.Integer)


def test_a_type_that_nobody_knows(engine: Any) -> None:
    class Strange(orm.types.TypeEngine[Any]):
        __visit_name__ = "strange"

    with pytest.raises(MigrationError, match="get_col_spec"):
        copy(Column("c", Strange()), engine=engine)


def test_no_engine_for_memory(engine: Any) -> None:
    with pytest.raises(MigrationError, match="in memory"):
        make_engine(engine)
