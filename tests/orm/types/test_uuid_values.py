"""Values of Uuid on their way to the driver and back."""

from __future__ import annotations

import uuid

import pytest

from orm.types.uuid_values import to_hex, to_text, to_uuid

VALUE = uuid.UUID("12345678-1234-5678-1234-567812345678")


@pytest.mark.parametrize("given", [VALUE, str(VALUE), VALUE.hex])
def test_uuids_and_their_texts(given: object) -> None:
    assert to_uuid(given) == VALUE
    assert to_hex(given) == "12345678123456781234567812345678"
    assert to_text(given) == "12345678-1234-5678-1234-567812345678"


def test_null_stays_null() -> None:
    assert (to_uuid(None), to_hex(None), to_text(None)) == (None, None, None)


@pytest.mark.parametrize("given", ["no uuid", 5, b"bytes"])
def test_anything_else_is_refused(given: object) -> None:
    with pytest.raises(ValueError, match="Not a UUID"):
        to_uuid(given)
