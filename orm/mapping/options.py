"""What a mapped attribute says about itself beside its meaning: dataclass fields, info, doc."""

from __future__ import annotations

from typing import Any, Final

from orm.util.record import Record


class _NotGiven:
    def __repr__(self) -> str:
        return "NOT_GIVEN"

    def __bool__(self) -> bool:
        return False


NOT_GIVEN: Final[Any] = _NotGiven()


class FieldOptions(Record):
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
        return {name: value for name, value in self._asdict().items() if value is not NOT_GIVEN}

    def field_arguments(self) -> dict[str, Any]:
        """Return the options which were given, as arguments of `dataclasses.field`."""
        found = self.given()
        if "dataclass_metadata" in found:
            found["metadata"] = found.pop("dataclass_metadata")
        return found


NO_OPTIONS: Final = FieldOptions()

# -- classes which are to be dataclasses ------------------------------------------------------

OPTIONS = "_sa_dataclass_options"
#: the names of a class body in order, which making it a dataclass shuffles
BODY = "_sa_body_names"
_KNOWN = ("init", "repr", "eq", "order", "unsafe_hash", "match_args", "kw_only")


class MappedField(Record):
    """A mapped attribute of a dataclass.

    hint: the annotation as written. options: those given to the construct. member: the
    MappedColumn, property or proxy. origin: the class in whose body it stands.
    """

    hint: Any
    options: FieldOptions
    member: Any
    origin: type


def note_options(class_: type, options: dict[str, Any]) -> None:
    """Remember the dataclass options of a class; they are inherited by those below.

    Raises TypeError for an option which a mapped dataclass cannot have (slots, frozen, ...).
    """
    unknown = set(options) - {*_KNOWN, "dataclass_callable"}
    if unknown:
        raise TypeError(
            f"{class_.__name__}: a mapped dataclass has no options {', '.join(sorted(unknown))}; it has "
            f"{', '.join(_KNOWN)} and dataclass_callable."
        )
    merged: dict[str, Any] = {**(getattr(class_, OPTIONS, None) or {}), **options}
    type.__setattr__(class_, OPTIONS, merged)


def options_of(class_: type) -> dict[str, Any] | None:
    """Return the dataclass options of a class, None if it is not to be a dataclass."""
    found: dict[str, Any] | None = getattr(class_, OPTIONS, None)
    return found
