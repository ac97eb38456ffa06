"""What a mapped attribute says about itself beside its meaning: dataclass fields, info, doc."""

from __future__ import annotations

import dataclasses
from typing import Any, Final


class _NotGiven:
    def __repr__(self) -> str:
        return "NOT_GIVEN"

    def __bool__(self) -> bool:
        return False


NOT_GIVEN: Final[Any] = _NotGiven()


@dataclasses.dataclass(frozen=True, slots=True)
class FieldOptions:
    """How a dataclass mapping treats the attribute; NOT_GIVEN leaves it to dataclasses."""

    init: Any = NOT_GIVEN
    repr: Any = NOT_GIVEN
    default: Any = NOT_GIVEN
    default_factory: Any = NOT_GIVEN
    compare: Any = NOT_GIVEN
    kw_only: Any = NOT_GIVEN
    hash: Any = NOT_GIVEN
    dataclass_metadata: Any = NOT_GIVEN

    def given(self) -> dict[str, Any]:
        """Return the options which were given, by name."""
        found = {item.name: getattr(self, item.name) for item in dataclasses.fields(self)}
        return {name: value for name, value in found.items() if value is not NOT_GIVEN}

    def field_arguments(self) -> dict[str, Any]:
        """Return the options which were given, as arguments of `dataclasses.field`."""
        found = self.given()
        if "dataclass_metadata" in found:
            found["metadata"] = found.pop("dataclass_metadata")
        return found


NO_OPTIONS: Final = FieldOptions()
