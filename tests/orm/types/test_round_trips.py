from __future__ import annotations

import datetime as dt
import decimal
import enum
import uuid

import pytest

from orm import exc
from orm.types import (
    ARRAY,
    JSON,
    Boolean,
    Date,
    DateTime,
    Enum,
    Float,
    Integer,
    Interval,
    LargeBinary,
    Numeric,
    PickleType,
    String,
    Text,
    Time,
    TypeDecorator,
    Uuid,
)


class Colour(enum.Enum):
    RED = "r"
    GREEN = "g"
    CRIMSON = "r"


IDENT = uuid.UUID("12345678123456781234567812345678")

VALUES = [
    (String(10), "ä'b"),
    (Text(), "x" * 1000),
    (Integer(), 2**40),
    (Boolean(), True),
    (Boolean(), False),
    (Numeric(10, 2), decimal.Decimal("9.99")),
    (Numeric(10, 2), decimal.Decimal("-0.10")),
    (Numeric(12, 4), decimal.Decimal("1234567.1235")),
    (Numeric(10, 2, asdecimal=False), 9.5),
    (Float(), 0.1),
    (Date(), dt.date(2024, 2, 29)),
    (Date(), dt.date(1, 1, 1)),
    (Time(), dt.time(23, 59, 59, 999999)),
    (DateTime(), dt.datetime(2024, 2, 29, 12, 0, 0, 1)),
    (DateTime(), dt.datetime(2024, 2, 29)),
    (Interval(), dt.timedelta(days=-3, seconds=5, microseconds=7)),
    (Uuid(), IDENT),
    (Uuid(as_uuid=False), str(IDENT)),
    (LargeBinary(), b"\x00\xff"),
    (Enum("a", "b"), "b"),
    (Enum(Colour), Colour.GREEN),
    (Enum(Colour, values_callable=lambda e: [m.value for m in e]), Colour.RED),
    (JSON(), {"a": [1, None, "x"]}),
    (JSON(), []),
    (PickleType(), {"a": (1, 2)}),
]


@pytest.mark.parametrize(("type_", "value"), VALUES, ids=lambda v: repr(v)[:40])
def test_values_come_back_equal(type_, value, plain_dialect, rich_dialect, round_trip):
    for dialect in (plain_dialect, rich_dialect):
        _, read = round_trip(type_, value, dialect)
        assert read == value
        assert type(read) is type(value)


@pytest.mark.parametrize("type_", [t for t, _ in VALUES if not isinstance(t, JSON)], ids=repr)
def test_none_stays_none(type_, plain_dialect, rich_dialect, round_trip):
    for dialect in (plain_dialect, rich_dialect):
        assert round_trip(type_, None, dialect) == (None, None)


class TestStorage:
    def test_what_a_plain_database_gets(self, plain_dialect, round_trip):
        def stored(type_, value):
            return round_trip(type_, value, plain_dialect)[0]

        assert stored(Boolean(), True) == 1
        assert stored(Date(), dt.date(2024, 1, 2)) == "2024-01-02"
        assert stored(DateTime(), dt.datetime(2024, 1, 2, 3, 4, 5)) == "2024-01-02 03:04:05.000000"
        assert stored(Time(), dt.time(3, 4)) == "03:04:00.000000"
        assert stored(Uuid(), IDENT) == IDENT.hex
        assert stored(Enum(Colour), Colour.RED) == "RED"
        assert stored(Numeric(5, 2), decimal.Decimal("1.25")) == 1.25
        assert stored(Interval(), dt.timedelta(seconds=1)) == "1970-01-01 00:00:01.000000"

    def test_text_sorts_as_the_moments_do(self, plain_dialect, round_trip):
        moments = [
            dt.datetime(999, 1, 1),
            dt.datetime(2024, 1, 1),
            dt.datetime(2024, 1, 1, 0, 0, 0, 1),
            dt.datetime(2024, 1, 1, 0, 0, 1),
        ]
        texts = [round_trip(DateTime(), m, plain_dialect)[0] for m in moments]
        assert texts == sorted(texts)

    def test_native_types_need_no_processing(self, rich_dialect):
        for type_ in (Numeric(10, 2), Date(), DateTime(), Time(), Interval(), String(), Integer()):
            assert type_.bind_processor(rich_dialect) is None
            assert type_.result_processor(rich_dialect) is None

    def test_decimal_is_rounded_to_the_scale(self, plain_dialect):
        read = Numeric(10, 2).result_processor(plain_dialect)
        assert str(read(9.99)) == "9.99"
        assert str(read(5)) == "5.00"
        assert str(read(0.1 + 0.2)) == "0.30"
        assert read(float("inf")).is_infinite()

    def test_date_takes_the_date_of_a_datetime(self, plain_dialect, round_trip):
        assert round_trip(Date(), dt.datetime(2024, 1, 2, 3), plain_dialect)[0] == "2024-01-02"


class TestRefusals:
    @pytest.mark.parametrize(
        ("type_", "value", "error"),
        [
            (Boolean(), "yes", TypeError),
            (Boolean(), 2, TypeError),
            (Boolean(), [], TypeError),
            (Date(), "2024-01-01", TypeError),
            (DateTime(), 5, TypeError),
            (Time(), "03:04", TypeError),
            (Uuid(), "nonsense", ValueError),
            (Uuid(), 5, ValueError),
            (Enum(Colour), 5, LookupError),
            (Enum("a", "b", validate_strings=True), "c", LookupError),
        ],
        ids=repr,
    )
    def test_bad_values(self, type_, value, error, plain_dialect):
        bind = type_.dialect_impl(plain_dialect).bind_processor(plain_dialect)
        with pytest.raises(error):
            bind(value)

    def test_unknown_enum_value_in_the_database(self, plain_dialect):
        with pytest.raises(LookupError, match="RED, GREEN"):
            Enum(Colour).result_processor(plain_dialect)("BLUE")


class TestJSON:
    def test_none_is_json_null_unless_told(self, plain_dialect):
        assert JSON().bind_processor(plain_dialect)(None) == "null"
        assert JSON(none_as_null=True).bind_processor(plain_dialect)(None) is None
        assert JSON(none_as_null=True).bind_processor(plain_dialect)(JSON.NULL) == "null"
        assert JSON().should_evaluate_none
        assert not JSON(none_as_null=True).should_evaluate_none

    @pytest.mark.parametrize(
        ("index", "path"),
        [
            ("a", '$."a"'),
            ("a.b", '$."a.b"'),
            ('a"b', '$."a\\"b"'),
            ("[0]", '$."[0]"'),
            ("", '$.""'),
            (3, "$[3]"),
        ],
    )
    def test_a_key_is_a_key(self, index, path, plain_dialect):
        assert JSON.JSONIndexType().bind_processor(plain_dialect)(index) == path

    def test_path(self, plain_dialect):
        process = JSON.JSONPathType().bind_processor(plain_dialect)
        assert process(("a", 1, "b c")) == '$."a"[1]."b c"'

    def test_serializers_of_the_dialect(self, plain_dialect):
        plain_dialect._json_serializer = lambda value: "S"
        plain_dialect._json_deserializer = lambda value: "D"
        assert JSON().bind_processor(plain_dialect)({}) == "S"
        assert JSON().result_processor(plain_dialect)("x") == "D"


class TestArray:
    def test_items_are_converted(self, plain_dialect):
        type_ = ARRAY(Uuid)
        stored = type_.bind_processor(plain_dialect)([IDENT, None])
        assert stored == [IDENT.hex, None]
        assert type_.result_processor(plain_dialect)(stored) == [IDENT, None]

    def test_nested_and_tuples(self, rich_dialect):
        assert ARRAY(Integer).result_processor(rich_dialect) is None
        read = ARRAY(Integer, as_tuple=True).result_processor(rich_dialect)
        assert read([[1, 2], [3]]) == ((1, 2), (3,))


class TestLiterals:
    @pytest.mark.parametrize(
        ("type_", "value", "text"),
        [
            (String(), "it's", "'it''s'"),
            (Integer(), 5, "5"),
            (Boolean(), True, "1"),
            (Numeric(5, 2), decimal.Decimal("1.50"), "1.50"),
            (Date(), dt.date(2024, 1, 2), "'2024-01-02'"),
            (DateTime(), dt.datetime(2024, 1, 2, 3), "'2024-01-02 03:00:00'"),
            (LargeBinary(), b"\x01", "X'01'"),
            (Uuid(), IDENT, f"'{IDENT.hex}'"),
            (Enum(Colour), Colour.RED, "'RED'"),
            (JSON(), {"a": "it's"}, "'{\"a\": \"it''s\"}'"),
        ],
        ids=repr,
    )
    def test_text(self, type_, value, text, plain_dialect):
        assert type_.literal_processor(plain_dialect)(value) == text

    def test_backslashes_where_they_are_escapes(self, plain_dialect):
        plain_dialect._backslash_escapes = True
        assert String().literal_processor(plain_dialect)("\\' or 1") == "'\\\\'' or 1'"


class TestDecorator:
    def test_conversions_go_around_the_wrapped_type(self, plain_dialect, round_trip):
        class Cents(TypeDecorator):
            impl = Numeric(10, 2)
            cache_ok = True

            def process_bind_param(self, value, dialect):
                return None if value is None else decimal.Decimal(value) / 100

            def process_result_value(self, value, dialect):
                return None if value is None else int(value * 100)

        assert round_trip(Cents(), 250, plain_dialect) == (2.5, 250)
        assert round_trip(Cents(), None, plain_dialect) == (None, None)
        assert Cents().inline_result(plain_dialect) is None

    def test_impl_per_dialect(self, plain_dialect, rich_dialect):
        class Flexible(TypeDecorator):
            impl = String
            cache_ok = True

            def load_dialect_impl(self, dialect):
                return Uuid() if dialect.name == "rich" else String(32)

        assert isinstance(Flexible().type_engine(rich_dialect), Uuid)
        assert isinstance(Flexible().type_engine(plain_dialect), String)

    def test_without_impl(self):
        from orm import exc

        class Broken(TypeDecorator):
            pass

        with pytest.raises(exc.ArgumentError, match="impl = String"):
            Broken()


class TestDecimalsWhereFloatsStandInForThem:
    def write(self, dialect, value, type_=None):
        type_ = Numeric() if type_ is None else type_
        return type_.bind_processor(dialect)(value)

    def test_short_ones_are_floats_and_long_whole_ones_ints(self, plain_dialect):
        assert self.write(plain_dialect, decimal.Decimal("1.5")) == 1.5
        whole = self.write(plain_dialect, decimal.Decimal("123456789012345678"))
        assert (whole, type(whole)) == (123456789012345678, int)
        assert type(self.write(plain_dialect, decimal.Decimal("123"))) is float
        assert self.write(plain_dialect, None) is None
        assert self.write(plain_dialect, 5) == 5

    def test_what_loses_digits_is_warned_of(self, plain_dialect):
        with pytest.warns(exc.SAWarning, match="Round it, or keep such numbers as whole ones"):
            self.write(plain_dialect, decimal.Decimal("1234567890123456.789"))
        with pytest.warns(exc.SAWarning):
            self.write(plain_dialect, decimal.Decimal(2**63) + 1)

    def test_digits_behind_the_scale_are_not_missed(self, plain_dialect):
        third = decimal.Decimal(1) / 3
        assert self.write(plain_dialect, third, Numeric(10, 2)) == float(third)
        with pytest.warns(exc.SAWarning):
            self.write(plain_dialect, third)

    def test_reading_without_a_scale(self, plain_dialect):
        read = Numeric().result_processor(plain_dialect)
        assert str(read(1.5)) == "1.5"
        assert str(read(0.1 + 0.2)) == "0.3"
        assert read(1e-12) == decimal.Decimal("1e-12")
        assert (read(7), read("2.50"), read(None)) == (7, decimal.Decimal("2.50"), None)
