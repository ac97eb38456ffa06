"""CREATE, ALTER and DROP as each database writes them."""

from __future__ import annotations

import enum

import pytest

from orm import exc
from orm.dialects import mysql, postgresql, sqlite
from orm.schema import (
    DDL,
    AddConstraint,
    CheckConstraint,
    Column,
    Computed,
    CreateColumn,
    CreateIndex,
    CreateSchema,
    CreateSequence,
    CreateTable,
    DropConstraint,
    DropIndex,
    DropTable,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Sequence,
    SetColumnComment,
    SetTableComment,
    Table,
    UniqueConstraint,
)
from orm.schema.ddl import CreateEnumType
from orm.sql.functions import func
from orm.sql.text_clause import TextClause
from orm.types.scalar import (
    BigInteger,
    Boolean,
    Float,
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    Text,
)
from orm.types.structured import ARRAY, JSON, Enum, Uuid
from orm.types.temporal import Date, DateTime, Interval, Time


class Color(enum.Enum):
    red = 1
    blue = 2


def make_maria():
    dialect = mysql.dialect()
    dialect.is_mariadb = True
    return dialect


DIALECTS = {"sqlite": sqlite.dialect(), "postgresql": postgresql.dialect(), "mysql": make_maria()}


def ddl(element, dialect):
    return " ".join(str(element.compile(dialect=DIALECTS[dialect])).split())


def column(dialect, *args, **options):
    """The definition of one column."""
    table = Table("t", MetaData(), Column("c", *args, **options), Column("z", Integer))
    text = ddl(CreateTable(table), dialect)
    return text.removeprefix("CREATE TABLE t ( c ").partition(", z ")[0]


@pytest.mark.parametrize(
    ("type_", "lite", "postgres", "maria"),
    [
        (Integer(), "INTEGER", "INTEGER", "INTEGER"),
        (BigInteger(), "BIGINT", "BIGINT", "BIGINT"),
        (SmallInteger(), "SMALLINT", "SMALLINT", "SMALLINT"),
        (String(50), "VARCHAR(50)", "VARCHAR(50)", "VARCHAR(50)"),
        (Text(), "TEXT", "TEXT", "TEXT"),
        (Boolean(), "BOOLEAN", "BOOLEAN", "BOOL"),
        (Numeric(10, 2), "NUMERIC(10, 2)", "NUMERIC(10, 2)", "NUMERIC(10, 2)"),
        (Float(), "FLOAT", "FLOAT", "DOUBLE"),
        (Date(), "DATE", "DATE", "DATE"),
        (DateTime(), "DATETIME", "TIMESTAMP WITHOUT TIME ZONE", "DATETIME(6)"),
        (DateTime(timezone=True), "DATETIME", "TIMESTAMP WITH TIME ZONE", "DATETIME(6)"),
        (Time(), "TIME", "TIME WITHOUT TIME ZONE", "TIME(6)"),
        (Interval(), "DATETIME", "INTERVAL", "DATETIME(6)"),
        (LargeBinary(), "BLOB", "BYTEA", "BLOB"),
        (JSON(), "JSON", "JSON", "JSON"),
        (Uuid(), "CHAR(32)", "UUID", "CHAR(32)"),
        (Enum("a", "bcd", name="e"), "VARCHAR(3)", "e", "ENUM('a', 'bcd')"),
        (Enum(Color), "VARCHAR(4)", "color", "ENUM('red', 'blue')"),
        (
            Enum("a'b", name="e", native_enum=False),
            "VARCHAR(3)",
            "VARCHAR(3)",
            "VARCHAR(3)",
        ),
        (String(5).with_variant(Text(), "sqlite"), "TEXT", "VARCHAR(5)", "VARCHAR(5)"),
    ],
    ids=repr,
)
def test_types(type_, lite, postgres, maria):
    assert column("sqlite", type_) == lite
    assert column("postgresql", type_) == postgres
    assert column("mysql", type_) == maria


def test_types_of_one_database_only():
    assert column("postgresql", ARRAY(Integer)) == "INTEGER[]"
    assert column("postgresql", postgresql.JSONB()) == "JSONB"
    assert column("mysql", mysql.TINYINT(unsigned=True)) == "TINYINT UNSIGNED"
    assert column("mysql", mysql.DATETIME(fsp=6)) == "DATETIME(6)"
    with pytest.raises(exc.CompileError, match="'c' of table 't'.*has no arrays"):
        column("sqlite", ARRAY(Integer))


def test_mysql_needs_lengths():
    with pytest.raises(exc.CompileError, match=r"'c' of table 't'.*String\(255\)"):
        column("mysql", String())
    assert column("postgresql", String()) == "VARCHAR"


def test_a_column_without_type_is_named():
    with pytest.raises(exc.CompileError, match="column 'c' of table 't'.*A type is missing"):
        column("sqlite")


def test_defaults():
    assert column("sqlite", Integer, server_default="5", nullable=False) == (
        "INTEGER DEFAULT '5' NOT NULL"
    )
    assert column("mysql", String(9), server_default="it's \\", nullable=False) == (
        "VARCHAR(9) NOT NULL DEFAULT 'it''s \\\\'"
    )
    assert column("sqlite", DateTime, server_default=func.now()) == (
        "DATETIME DEFAULT (CURRENT_TIMESTAMP)"
    )
    assert column("postgresql", DateTime, server_default=func.now()) == (
        "TIMESTAMP WITHOUT TIME ZONE DEFAULT now()"
    )
    assert (
        column("postgresql", Integer, server_default=TextClause("1 + 1")) == "INTEGER DEFAULT 1 + 1"
    )


def numbered(type_, dialect, **options):
    table = Table("t", MetaData(), Column("id", type_, primary_key=True), **options)
    return ddl(CreateTable(table), dialect)


def test_numbered_keys():
    assert numbered(Integer, "sqlite") == "CREATE TABLE t ( id INTEGER NOT NULL, PRIMARY KEY (id) )"
    assert numbered(Integer, "sqlite", sqlite_autoincrement=True) == (
        "CREATE TABLE t ( id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT )"
    )
    assert numbered(Integer, "postgresql").startswith("CREATE TABLE t ( id SERIAL NOT NULL,")
    assert numbered(BigInteger, "postgresql").startswith("CREATE TABLE t ( id BIGSERIAL NOT NULL,")
    assert numbered(Integer, "mysql").startswith(
        "CREATE TABLE t ( id INTEGER NOT NULL AUTO_INCREMENT,"
    )
    assert "SERIAL" not in numbered(String(5), "postgresql")


def test_identity_and_computed_columns():
    identity = Column("id", Integer, Identity(always=True, start=5), primary_key=True)
    table = Table(
        "t", MetaData(), identity, Column("c", Integer, Computed("id * 2", persisted=True))
    )
    text = ddl(CreateTable(table), "postgresql")
    assert "id INTEGER GENERATED ALWAYS AS IDENTITY (START WITH 5)," in text
    assert "c INTEGER GENERATED ALWAYS AS (id * 2) STORED" in text
    assert "id INTEGER NOT NULL AUTO_INCREMENT" in ddl(CreateTable(table), "mysql")


def make_constrained():
    metadata = MetaData()
    Table("parent", metadata, Column("a", Integer, primary_key=True), schema="s")
    return Table(
        "child",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("a", Integer, nullable=False),
        Column("order", String(5), unique=True),
        ForeignKeyConstraint(
            ["a"],
            ["s.parent.a"],
            name="fk",
            ondelete="cascade",
            onupdate="SET NULL",
            deferrable=True,
            initially="deferred",
        ),  # fmt: skip
        UniqueConstraint("a", "order", name="two words"),
        CheckConstraint("a > 5", name="big"),
    )


def test_constraints():
    table = make_constrained()
    text = ddl(CreateTable(table), "postgresql")
    assert (
        "CONSTRAINT fk FOREIGN KEY(a) REFERENCES s.parent (a) ON DELETE CASCADE ON UPDATE SET NULL "
        "DEFERRABLE INITIALLY DEFERRED" in text
    )
    assert 'CONSTRAINT "two words" UNIQUE (a, "order")' in text
    assert "CONSTRAINT big CHECK (a > 5)" in text
    assert 'UNIQUE ("order")' in text


def test_checks_of_expressions_hold_literals():
    table = Table("t", MetaData(), Column("a", String(9)), Column("b", Integer))
    table.append_constraint(CheckConstraint(table.c.a != "it's %", name="ck"))
    table.append_constraint(CheckConstraint(table.c.b.in_([1, 2])))
    for dialect in DIALECTS:
        text = ddl(CreateTable(table), dialect)
        assert "CONSTRAINT ck CHECK (a != 'it''s %" in text
        assert "CHECK (b IN (1, 2))" in text


def test_actions_are_words():
    hostile = ForeignKey("t.a", ondelete="CASCADE; DROP TABLE x")
    table = Table("t", MetaData(), Column("a", Integer, hostile))
    with pytest.raises(exc.CompileError, match="ondelete="):
        ddl(CreateTable(table), "sqlite")


def test_a_reference_to_a_missing_table():
    table = Table("t", MetaData(), Column("a", Integer, ForeignKey("nowhere.id")))
    with pytest.raises(exc.NoReferencedTableError, match="'t.a' refers to table 'nowhere'"):
        ddl(CreateTable(table), "sqlite")


def test_alter_for_constraints():
    fk = next(iter(make_constrained().foreign_key_constraints))
    assert ddl(AddConstraint(fk), "postgresql").startswith(
        "ALTER TABLE child ADD CONSTRAINT fk FOREIGN KEY(a)"
    )
    assert ddl(DropConstraint(fk), "postgresql") == "ALTER TABLE child DROP CONSTRAINT fk"
    assert ddl(DropConstraint(fk), "mysql") == "ALTER TABLE child DROP FOREIGN KEY fk"
    with pytest.raises(exc.CompileError, match="batch_alter_table"):
        ddl(DropConstraint(fk), "sqlite")
    fk.name = None
    with pytest.raises(exc.CompileError, match="has no name"):
        ddl(DropConstraint(fk), "postgresql")


def test_indexes():
    table = Table("t", MetaData(), Column("a", Integer), Column("b", String(50)))
    plain = Index("ix", table.c.a, table.c.b.desc(), unique=True)
    for dialect in DIALECTS:
        assert ddl(CreateIndex(plain), dialect) == "CREATE UNIQUE INDEX ix ON t (a, b DESC)"
    lower = Index("lo", func.lower(table.c.b))
    assert ddl(CreateIndex(lower), "sqlite") == "CREATE INDEX lo ON t (lower(b))"
    assert ddl(CreateIndex(lower), "postgresql") == "CREATE INDEX lo ON t (lower(b))"
    assert ddl(CreateIndex(lower), "mysql") == "CREATE INDEX lo ON t ((lower(b)))"
    assert ddl(DropIndex(plain), "sqlite") == "DROP INDEX ix"
    assert ddl(DropIndex(plain), "mysql") == "DROP INDEX ix ON t"


def test_options_of_indexes():
    table = Table("t", MetaData(), Column("a", Integer), Column("b", String(50)), schema="s")
    index = Index(
        "ix", table.c.b, postgresql_using="gin", postgresql_where=table.c.a > 5,
        postgresql_ops={"b": "gin_trgm_ops"}, postgresql_include=["a"], sqlite_where=table.c.a > 6,
        mysql_length=10,
    )  # fmt: skip
    assert ddl(CreateIndex(index), "postgresql") == (
        "CREATE INDEX ix ON s.t USING gin (b gin_trgm_ops) INCLUDE (a) WHERE a > 5"
    )
    assert ddl(CreateIndex(index), "sqlite") == "CREATE INDEX s.ix ON t (b) WHERE a > 6"
    assert ddl(CreateIndex(index), "mysql") == "CREATE INDEX ix ON s.t (b(10))"


def test_options_of_tables():
    table = Table(
        "t", MetaData(), Column("a", Integer), mysql_engine="InnoDB", mysql_charset="utf8mb4",
        sqlite_with_rowid=False, postgresql_partition_by="RANGE (a)", prefixes=["TEMPORARY"],
        comment="it's",
    )  # fmt: skip
    assert ddl(CreateTable(table), "mysql") == (
        "CREATE TEMPORARY TABLE t ( a INTEGER ) COMMENT='it''s' ENGINE=InnoDB CHARSET=utf8mb4"
    )
    assert ddl(CreateTable(table), "sqlite").endswith(") WITHOUT ROWID")
    assert ddl(CreateTable(table), "postgresql").endswith(") PARTITION BY RANGE (a)")


def test_comments():
    table = Table("t", MetaData(), Column("a", Integer, comment="c'c"), comment="t't")
    assert ddl(SetTableComment(table), "postgresql") == "COMMENT ON TABLE t IS 't''t'"
    assert ddl(SetColumnComment(table.c.a), "postgresql") == "COMMENT ON COLUMN t.a IS 'c''c'"
    assert "a INTEGER COMMENT 'c''c'" in ddl(CreateTable(table), "mysql")


def test_sequences_schemas_and_types():
    sequence = Sequence("s", start=5, increment=2, cycle=True)
    assert ddl(CreateSequence(sequence), "postgresql") == (
        "CREATE SEQUENCE s INCREMENT BY 2 START WITH 5 CYCLE"
    )
    assert ddl(CreateSchema("Shop", if_not_exists=True), "postgresql") == (
        'CREATE SCHEMA IF NOT EXISTS "Shop"'
    )
    assert ddl(CreateEnumType(Enum("a", "b'c", name="e")), "postgresql") == (
        "CREATE TYPE e AS ENUM ('a', 'b''c')"
    )


def test_existence_clauses():
    table = Table("t", MetaData(), Column("a", Integer))
    assert ddl(CreateTable(table, if_not_exists=True), "sqlite").startswith(
        "CREATE TABLE IF NOT EXISTS t"
    )
    assert ddl(DropTable(table, if_exists=True), "mysql") == "DROP TABLE IF EXISTS t"


def test_checks_that_types_bring_along():
    table = Table(
        "t",
        MetaData(),
        Column("e", Enum("a", "b", name="ck", create_constraint=True)),
        Column("f", Boolean(create_constraint=True)),
    )
    text = ddl(CreateTable(table), "sqlite")
    assert "CONSTRAINT ck CHECK (e IN ('a', 'b'))" in text
    assert "CHECK (f IN (0, 1))" in text
    assert "CHECK" not in ddl(CreateTable(table), "postgresql")


def test_long_names():
    metadata = MetaData(naming_convention={"uq": "uq_%(table_name)s_%(column_0_name)s"})
    table = Table("t" * 40, metadata, Column("c" * 40, Integer, unique=True))
    text = ddl(CreateTable(table), "postgresql")
    name = text.partition("CONSTRAINT ")[2].partition(" ")[0]
    assert len(name) <= 63
    table.append_constraint(UniqueConstraint("c" * 40, name="x" * 70))
    with pytest.raises(exc.IdentifierError, match="70 characters"):
        ddl(CreateTable(table), "postgresql")


def test_ddl_text():
    table = Table("t", MetaData(), Column("a", Integer), schema="Big")
    statement = DDL("ALTER TABLE %(fullname)s SET %(what)s '100%%'", {"what": "x"}).against(table)
    assert ddl(statement, "sqlite") == "ALTER TABLE \"Big\".t SET x '100%'"
    # doubled for the driver, which undoes it
    assert ddl(statement, "postgresql").endswith("'100%%'")
    with pytest.raises(exc.CompileError, match=r"%\(nope\)s"):
        ddl(DDL("%(nope)s"), "postgresql")


def test_create_table_with_chosen_foreign_keys():
    metadata = MetaData()
    Table("p", metadata, Column("id", Integer, primary_key=True))
    keys = [ForeignKeyConstraint([c], ["p.id"], name=f"fk_{c}") for c in "ab"]
    table = Table("t", metadata, Column("a", Integer), Column("b", Integer), *keys)
    none = ddl(CreateTable(table, include_foreign_key_constraints=[]), "sqlite")
    assert none == "CREATE TABLE t ( a INTEGER, b INTEGER )"
    one = ddl(CreateTable(table, include_foreign_key_constraints=keys[1:]), "sqlite")
    assert "fk_b" in one
    assert "fk_a" not in one


def test_an_added_constraint_leaves_the_table_unless_told_otherwise():
    table = Table("t", MetaData(), Column("a", Integer), UniqueConstraint("a", name="uq"))
    (constraint,) = [c for c in table.constraints if c.name == "uq"]
    text = "ALTER TABLE t ADD CONSTRAINT uq UNIQUE (a)"
    assert ddl(AddConstraint(constraint, isolate_from_table=False), "postgresql") == text
    assert "uq" in ddl(CreateTable(table), "postgresql")
    assert ddl(AddConstraint(constraint), "postgresql") == text
    assert "uq" not in ddl(CreateTable(table), "postgresql")


def test_a_dropped_constraint_leaves_the_table_if_told_so():
    table = Table("t", MetaData(), Column("a", Integer), UniqueConstraint("a", name="uq"))
    (constraint,) = [c for c in table.constraints if c.name == "uq"]
    DropConstraint(constraint)
    assert "uq" in ddl(CreateTable(table), "postgresql")
    text = ddl(DropConstraint(constraint, isolate_from_table=True), "postgresql")
    assert text == "ALTER TABLE t DROP CONSTRAINT uq"
    assert "uq" not in ddl(CreateTable(table), "postgresql")


def test_a_column_alone():
    table = Table("t", MetaData(), Column("a", String(3), nullable=False, server_default="x"))
    text = "a VARCHAR(3) DEFAULT 'x' NOT NULL"
    assert ddl(CreateColumn(table.c.a), "postgresql") == text
    assert [ddl(item, "sqlite") for item in CreateTable(table).columns] == [text]


def test_drop_index_needs_no_table_where_the_name_is_enough():
    assert ddl(DropIndex(Index("ix")), "postgresql") == "DROP INDEX ix"
    with pytest.raises(exc.CompileError, match="not attached"):
        ddl(DropIndex(Index("ix")), "mysql")


def test_postgresql_options_of_constraints():
    metadata = MetaData()
    Table("p", metadata, Column("id", Integer, primary_key=True))
    table = Table(
        "t",
        metadata,
        Column("a", Integer),
        Column("b", Integer),
        UniqueConstraint("a", postgresql_include=["b"], postgresql_nulls_not_distinct=True),
        Index("ix", "a", postgresql_tablespace="fast disk", postgresql_where=TextClause("a > 0")),
        postgresql_using="heap",
    )
    text = ddl(CreateTable(table), "postgresql")
    assert "UNIQUE NULLS NOT DISTINCT (a) INCLUDE (b)" in text
    assert text.endswith("USING heap")
    (index,) = table.indexes
    assert ddl(CreateIndex(index), "postgresql") == (
        'CREATE INDEX ix ON t (a) TABLESPACE "fast disk" WHERE a > 0'
    )
    check = CheckConstraint("a > 0", name="ck", postgresql_not_valid=True)
    table.append_constraint(check)
    assert ddl(AddConstraint(check), "postgresql").endswith(
        "ADD CONSTRAINT ck CHECK (a > 0) NOT VALID"
    )
    key = ForeignKeyConstraint(["a"], ["p.id"], postgresql_not_valid=True)
    table.append_constraint(key)
    assert ddl(AddConstraint(key), "postgresql").endswith("REFERENCES p (id) NOT VALID")


def test_sqlite_conflict_clauses():
    table = Table(
        "t",
        MetaData(),
        Column("a", Integer, nullable=False, sqlite_on_conflict_not_null="fail"),
        Column("b", Integer, unique=True, sqlite_on_conflict_unique="IGNORE"),
        PrimaryKeyConstraint("a", sqlite_on_conflict="REPLACE"),
    )
    text = ddl(CreateTable(table), "sqlite")
    assert "a INTEGER NOT NULL ON CONFLICT FAIL" in text
    assert "PRIMARY KEY (a) ON CONFLICT REPLACE" in text
    assert "UNIQUE (b) ON CONFLICT IGNORE" in text
    bad = Table(
        "u", MetaData(), Column("a", Integer, unique=True, sqlite_on_conflict_unique="; DROP")
    )
    with pytest.raises(exc.CompileError, match="sqlite_on_conflict_unique"):
        ddl(CreateTable(bad), "sqlite")


def test_words_after_on_delete_may_be_new_ones_and_name_columns():
    metadata = MetaData()
    Table("t", metadata, Column("a", Integer, primary_key=True))
    for given, written in (
        ("set  default", "ON DELETE SET DEFAULT"),
        ("SET NULL (b)", "ON DELETE SET NULL (b)"),
        ("SOMETHING NEW", "ON DELETE SOMETHING NEW"),
    ):
        child = Table(
            "child",
            metadata,
            Column("b", Integer, ForeignKey("t.a", ondelete=given)),
            extend_existing=True,
        )
        assert written in str(CreateTable(child).compile())
        metadata.remove(child)
    for bad in ("CASCADE ", " CASCADE", "SET NULL (b; DROP)", "x-y", ""):
        child = Table("child", metadata, Column("b", Integer, ForeignKey("t.a", ondelete=bad)))
        with pytest.raises(exc.CompileError, match="ondelete="):
            CreateTable(child).compile()
        metadata.remove(child)


def test_a_constraint_to_be_dropped_may_leave_its_table():
    table = Table("t", MetaData(), Column("a", Integer), UniqueConstraint("a", name="uq"))
    (constraint,) = [c for c in table.constraints if c.name == "uq"]
    text = "ALTER TABLE t DROP CONSTRAINT uq"
    assert ddl(DropConstraint(constraint), "postgresql") == text
    assert "uq" in ddl(CreateTable(table), "postgresql")
    assert ddl(DropConstraint(constraint, isolate_from_table=True), "postgresql") == text
    assert "uq" not in ddl(CreateTable(table), "postgresql")


def test_a_translated_schema_is_not_named_in_references_of_sqlite():
    metadata = MetaData()
    Table("parent", metadata, Column("a", Integer, primary_key=True))
    child = Table("child", metadata, Column("b", ForeignKey("parent.a")))
    compiler = sqlite.dialect().ddl_compiler(sqlite.dialect())
    text = compiler.compile(CreateTable(child), schema_translate_map={None: "other"}).string
    assert "CREATE TABLE other.child" in text
    assert "REFERENCES parent (a)" in text
