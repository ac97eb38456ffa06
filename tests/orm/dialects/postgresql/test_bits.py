"""Bit strings."""

from __future__ import annotations

import pytest

from orm import Column, Engine, Integer, MetaData, Table, exc, func, insert, literal, select
from orm.dialects import postgresql
from orm.dialects.postgresql import ARRAY, BIT, BitString


def test_operations() -> None:
    bits = BitString("01100")
    assert bits == "01100"
    assert repr(bits) == "BitString('01100')"
    assert (int(bits), bytes(bits), bits.bit_length, bits.octet_length) == (12, b"\x0c", 5, 1)
    assert bits & "11111" == bits
    assert bits | "00011" == "01111"
    assert bits ^ bits == "00000"
    assert ~bits == "10011"
    assert (bits << 1, bits << 9) == ("11000", "00000")
    assert (bits >> 1, bits >> 9) == ("00110", "00000")
    assert bits + "1" == "011001"
    assert isinstance(bits + "1", BitString)
    assert (bits.get_bit(1), bits.set_bit(0, 1), bits.set_bit(-1, "1")) == ("1", "11100", "01101")
    assert BitString.from_int(5) == "101"
    assert BitString.from_int(5, 8) == "00000101"
    assert BitString.from_bytes(b"\x01\x02") == "0000000100000010"
    assert BitString.from_bytes(b"\x05", 3) == "101"
    assert (int(BitString()), bytes(BitString())) == (0, b"")


def test_what_is_no_bit_string() -> None:
    with pytest.raises(exc.ArgumentError, match="consists of 0 and 1"):
        BitString("012")
    with pytest.raises(exc.ArgumentError, match="5 and 2 bits"):
        BitString("00000") & "11"
    with pytest.raises(exc.ArgumentError, match="needs 3 bits"):
        BitString.from_int(5, 2)
    with pytest.raises(exc.ArgumentError, match="-1"):
        BitString.from_int(-1)
    with pytest.raises(IndexError):
        BitString("0").set_bit(1, 1)


@pytest.mark.parametrize("db_kind", ["postgresql"], indirect=True)
def test_on_the_server(engine: Engine) -> None:
    table = Table(
        "t",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("fixed", BIT(4)),
        Column("varying", BIT(9, varying=True)),
        Column("many", ARRAY(BIT(2))),
    )
    with engine.begin() as connection:
        table.create(connection)
        row = {"fixed": BitString("0101"), "varying": "1", "many": ["01", BitString("10")]}
        connection.execute(insert(table), {"id": 1, **row})
        connection.execute(insert(table), {"id": 2})
        found = connection.execute(select(table).order_by(table.c.id)).all()
        assert found == [(1, "0101", "1", ["01", "10"]), (2, None, None, None)]
        assert type(found[0].fixed) is BitString
        assert connection.scalar(select(table.c.id).where(table.c.fixed == BitString("0101"))) == 1
        assert connection.scalar(select(func.length(table.c.fixed)).limit(1)) == 4
        written = select(literal("101", BIT(3))).compile(
            connection, compile_kwargs={"literal_binds": True}
        )
        assert str(written).startswith("SELECT B'101'")
        assert connection.exec_driver_sql(str(written)).scalar() == "101"
        again = Table("t", MetaData(), autoload_with=connection)
        assert [str(c.type.compile(postgresql.dialect())) for c in again.c][1:3] == [
            "BIT(4)",
            "BIT VARYING(9)",
        ]
