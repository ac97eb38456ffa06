from __future__ import annotations

import datetime as dt
import decimal
import enum
import uuid

import pytest

from orm import exc
from orm.dialects import mysql, postgresql
from orm.types import (
    ARRAY,
    JSON,
    VARCHAR,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Double,
    Enum,
    Float,
    Integer,
    Interval,
    LargeBinary,
    NullType,
    Numeric,
    PickleType,
    SmallInteger,
    String,
    Text,
    Time,
    TypeEngine,
    UserDefinedType,
    Uuid,
    to_instance,
)
from orm.types.resolve import resolve_python_type, resolve_value


class Colour(enum.Enum):
    RED = 1


class Level(enum.IntEnum):
    LOW = 1


class TestKeys:
    @pytest.mark.parametrize(
        ("a", "b"),
        [
            (String(5), String(6)),
            (String(), Text()),
            (Numeric(5, 2), Numeric(5, 3)),
            (Numeric(5, 2), Numeric(5, 2, asdecimal=False)),
            (DateTime(), DateTime(timezone=True)),
            (Enum("a", name="x"), Enum("b", name="x")),
            (ARRAY(Integer), ARRAY(String)),
            (String(), String().with_variant(Text(), "mysql")),
            (Integer(), BigInteger()),
        ],
        ids=repr,
    )
    def test_parameters_make_a_difference(self, a, b):
        assert a._key() != b._key()
        assert a._key() == a.copy()._key()
        hash(a._key())

    def test_equal_types(self):
        assert String(5)._key() == String(5)._key()
        assert Enum(Colour)._key() == Enum(Colour)._key()


class TestDialects:
    def test_impl_is_found_once(self, plain_dialect):
        type_ = Date()
        assert type_.dialect_impl(plain_dialect) is type_.dialect_impl(plain_dialect)
        assert type(type_.dialect_impl(plain_dialect)).__name__ == "TextDate"

    def test_parameters_are_taken_along(self, plain_dialect):
        assert DateTime(timezone=True).dialect_impl(plain_dialect).timezone is True

    def test_variant(self, plain_dialect, rich_dialect):
        type_ = String(5).with_variant(Text(), "rich")
        assert isinstance(type_.dialect_impl(rich_dialect), Text)
        assert type_.dialect_impl(plain_dialect) is type_
        with pytest.raises(exc.ArgumentError, match="dialect"):
            String().with_variant(Text())
        with pytest.raises(exc.ArgumentError, match="already"):
            type_.with_variant(Text(), "rich")

    def test_adapt_copies_what_the_other_takes(self):
        adapted = Numeric(10, 2).adapt(Float)
        assert (adapted.precision, adapted.asdecimal) == (10, True)


class TestAffinity:
    def test_generic_class(self):
        assert Text()._type_affinity is String
        assert BigInteger()._type_affinity is Integer
        assert Float()._type_affinity is Numeric
        assert Enum("a")._type_affinity is String

    @pytest.mark.parametrize(
        ("type_", "value", "expected"),
        [
            (Integer(), 5, Integer),
            (Integer(), 5.5, Double),
            (Integer(), "5", String),
            (Numeric(5, 2), decimal.Decimal(1), Numeric),
            (DateTime(), dt.date(2024, 1, 1), Date),
            (Enum(Colour), Colour.RED, Enum),
            (Integer(), Level.LOW, Integer),
            (JSON(), [1], JSON),
            (Uuid(), "x", Uuid),
        ],
    )
    def test_compared_value(self, type_, value, expected):
        assert type(type_.coerce_compared_value(None, value)) is expected


class TestPythonTypes:
    @pytest.mark.parametrize(
        ("python_type", "expected"),
        [
            (int, Integer),
            (bool, Boolean),
            (str, String),
            (float, Double),
            (bytes, LargeBinary),
            (decimal.Decimal, Numeric),
            (dt.date, Date),
            (dt.datetime, DateTime),
            (dt.time, Time),
            (dt.timedelta, Interval),
            (uuid.UUID, Uuid),
            (Colour, Enum),
        ],
    )
    def test_annotations(self, python_type, expected):
        assert type(resolve_python_type(python_type)) is expected

    def test_unknown(self):
        assert resolve_python_type(object) is None
        assert resolve_python_type("int") is None
        assert isinstance(resolve_value(object()), NullType)

    def test_values(self):
        assert isinstance(resolve_value(2**40), BigInteger)
        assert isinstance(resolve_value(True), Boolean)
        assert isinstance(resolve_value([1]).item_type, Integer)


class TestConstruction:
    @pytest.mark.parametrize(
        "build",
        [
            lambda: String("5"),
            lambda: String(-1),
            lambda: Enum(1, 2),
            lambda: Enum("abc", length=2),
            lambda: ARRAY(ARRAY(Integer)),
            lambda: to_instance("integer"),
        ],
    )
    def test_bad_parameters(self, build):
        with pytest.raises(exc.ArgumentError):
            build()

    def test_to_instance(self):
        assert isinstance(to_instance(Integer), Integer)
        assert isinstance(to_instance(None), NullType)

    def test_repr_reads_like_the_constructor(self):
        assert repr(String(5)) == "String(length=5)"
        assert repr(Numeric(10, 2)) == "Numeric(precision=10, scale=2)"
        assert repr(Enum("a", name="e")) == "Enum('a', name='e')"

    def test_enum_of_a_class(self):
        type_ = Enum(Colour)
        assert type_.enums == ["RED"]
        assert type_.name == "colour"
        assert type_.python_type is Colour
        assert type_.length == 3


def test_a_collation_may_have_a_schema():
    type_ = String(10, collation="C", collation_schema="pg_catalog")
    assert repr(type_) == "String(length=10, collation='C', collation_schema='pg_catalog')"
    assert type_._key() != String(10, collation="C")._key()
    with pytest.raises(exc.ArgumentError, match="give collation= too"):
        String(collation_schema="pg_catalog")


@pytest.mark.parametrize(
    ("given", "generic"),
    [
        (VARCHAR(30), "String(length=30)"),
        (mysql.TINYINT(1, unsigned=True), "Integer()"),
        (mysql.LONGTEXT(), "Text()"),
        (mysql.DOUBLE(), "Double()"),
        (postgresql.JSONB(), "JSON()"),
        (postgresql.ENUM("a", "b", name="e"), "Enum('a', 'b', name='e')"),
        (postgresql.TIMESTAMP(timezone=True), "DateTime(timezone=True)"),
        (String(5), "String(length=5)"),
    ],
)
def test_a_type_has_a_generic_form(given, generic):
    assert repr(given.as_generic()) == generic


@pytest.mark.parametrize(
    "given", [NullType(), postgresql.INET(), mysql.SET("a"), UserDefinedType()]
)
def test_some_types_have_no_generic_form(given):
    with pytest.raises(NotImplementedError, match="no generic form"):
        given.as_generic()
    assert isinstance(given.as_generic(allow_nulltype=True), NullType)


def test_a_type_prints_its_name_in_sql():
    printed = [str(t) for t in (String(5), SmallInteger(), Uuid(), Interval(), NullType())]
    assert printed == ["VARCHAR(5)", "SMALLINT", "CHAR(32)", "DATETIME", "NULL"]


def test_a_type_without_a_name_in_sql_prints_how_it_is_made():
    class Odd(TypeEngine):
        __visit_name__ = "odd"

    assert str(Odd()) == "Odd()"


def test_the_repr_of_a_pickled_type_shows_no_place_of_this_machine():
    # it stands in migrations, which run elsewhere
    assert repr(PickleType()) == "PickleType()"
