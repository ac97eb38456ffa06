"""Parameters in the text: the slots behind them, the driver's placeholders, and lists written out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from orm import exc
from orm.util.collections import EMPTY_MAP
from orm.util.record import Record

# While a statement is rendered, a parameter is `MARK slot MARK`; ROW_MARK encloses the row of VALUES that may be repeated.
MARK: Final = "\x01"
ROW_MARK: Final = "\x02"

Processor = Callable[[Any], Any]


class Slot(Record):
    """One parameter of the statement, however many placeholders it has in the text.

    bind: the parameter as it was compiled. name: its unique name. place: where it stands among the statement's own binds, -1
    for one that was made while compiling. process: from Python value to driver value, or None. expand: how a list is
    written, or None for a single value. required: a value must come with the execution. default: the column whose
    client-side default is called when no value comes.
    """

    bind: Any
    name: str
    place: int
    process: Processor | None
    expand: Expansion | None
    required: bool
    default: Any


class Expansion(Record):
    """How the list of one IN is written.

    width: columns of each item, 0 for plain values, -1 where the parameter is one value and no list. values_keyword:
    rows are written after VALUES. empty: the text that stands for an empty list. literal: from value to SQL text, where
    the list is to be part of the text. processors: one per column of a row. cast: written after each placeholder.
    """

    width: int
    values_keyword: bool
    empty: str
    literal: Callable[[Any], str] | None
    processors: tuple[Processor | None, ...]
    cast: str = ""


class Template(Record):
    """Text with holes: texts[0] hole[0] texts[1] ... ; a hole is the index of a slot."""

    texts: tuple[str, ...]
    holes: tuple[int, ...]

    @staticmethod
    def parse(text: str) -> Template:
        """Read the text that a compiler wrote, in which holes stand between marks."""
        parts = text.split(MARK)
        return Template(tuple(parts[::2]), tuple([int(part) for part in parts[1::2]]))


# what may not be part of a parameter's name in the text
_ODD: Final = re.compile(r"\W")


# -- placeholders --------------------------------------------------------------------------------

Placer = Callable[..., str]


@cache
def make_placeholder(paramstyle: str) -> Placer:
    """The function that fills the holes of a template with the driver's placeholders.

    paramstyle: PEP 249's word, or "numeric_dollar" for $1, $2.
    """
    fixed = {"qmark": "?", "format": "%s", "pyformat": "%s"}.get(paramstyle)
    if fixed is not None:
        return _fixed_placer(fixed)
    if paramstyle == "named":
        return _named_placer
    sign = "$" if paramstyle == "numeric_dollar" else ":"
    return _numbered_placer(sign)


def _shown(slot: Slot, expansions: Mapping[int, str], hole: int) -> str | None:
    """The text in place of an expanding slot; None for an ordinary one."""
    if slot.expand is None:
        return None
    return expansions.get(hole, f"__[POSTCOMPILE_{slot.name}]")


def _fixed_placer(sign: str) -> Placer:
    def place(
        template: Template, slots: Sequence[Slot], expansions: Mapping[int, str] = EMPTY_MAP
    ) -> str:
        parts = [template.texts[0]]
        for hole, text in zip(template.holes, template.texts[1:], strict=True):
            shown = _shown(slots[hole], expansions, hole)
            parts.append(sign if shown is None else shown.replace(MARK, sign))
            parts.append(text)
        return "".join(parts)

    return place


def name_in_text(name: str) -> str:
    """The name of a parameter as it stands in the text of the named style, where it ends with the first odd character."""
    return name if name.isidentifier() else _ODD.sub("_", name)


def _named_placer(
    template: Template, slots: Sequence[Slot], expansions: Mapping[int, str] = EMPTY_MAP
) -> str:
    parts = [template.texts[0]]
    for hole, text in zip(template.holes, template.texts[1:], strict=True):
        slot = slots[hole]
        name = f":{name_in_text(slot.name)}"
        shown = _shown(slot, expansions, hole)
        if shown is not None:
            pieces = shown.split(MARK)
            shown = pieces[0] + "".join(
                f"{name}_{number}{piece}" for number, piece in enumerate(pieces[1:], 1)
            )
        parts.append(name if shown is None else shown)
        parts.append(text)
    return "".join(parts)


def make_named_holes(names: Sequence[str]) -> Placer:
    """The function that fills the holes of one template with `%(name)s`, where a name may come several times."""

    def place(
        template: Template, slots: Sequence[Slot], expansions: Mapping[int, str] = EMPTY_MAP
    ) -> str:
        parts = [template.texts[0]]
        for name, hole, text in zip(names, template.holes, template.texts[1:], strict=True):
            shown = _shown(slots[hole], expansions, hole)
            if shown is None:
                parts.append(f"%({name})s")
            else:
                pieces = shown.split(MARK)
                parts.append(pieces[0])
                parts += [f"%({name}.{n})s{piece}" for n, piece in enumerate(pieces[1:])]
            parts.append(text)
        return "".join(parts)

    return place


def _numbered_placer(sign: str) -> Placer:
    def place(
        template: Template, slots: Sequence[Slot], expansions: Mapping[int, str] = EMPTY_MAP
    ) -> str:
        parts = [template.texts[0]]
        number = 0
        for hole, text in zip(template.holes, template.texts[1:], strict=True):
            shown = _shown(slots[hole], expansions, hole)
            for piece in (MARK if shown is None else shown).split(MARK)[:-1]:
                number += 1
                parts.append(f"{piece}{sign}{number}")
            if shown is not None:
                parts.append(shown.rpartition(MARK)[2])
            parts.append(text)
        return "".join(parts)

    return place


# -- lists ---------------------------------------------------------------------------------------


def as_list(value: Any, slot: Slot) -> list[Any]:
    """The items of a list parameter; raises exc.ArgumentError for a string or a single value."""
    if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__"):
        raise exc.ArgumentError(
            f"The parameter {slot.name!r} stands for a list, but its value is {value!r:.80}. "
            "Pass a list or a tuple."
        )
    return list(value)


def expand_list(dialect: Any, slot: Slot, items: Sequence[Any]) -> str:
    """The text between the parentheses of IN: marks for values, separated by commas."""
    how = slot.expand
    assert how is not None
    if how.literal is not None:
        escape = dialect.paramstyle in ("format", "pyformat")
        texts = [how.literal(item) for item in items]
        joined = ", ".join(texts) if texts else how.empty
        return joined.replace("%", "%%") if escape else joined
    if not items:
        return how.empty
    if how.width:
        row = f"({', '.join([MARK + how.cast] * how.width)})"
        prefix = "VALUES " if how.values_keyword else ""
        return prefix + ", ".join([row] * len(items))
    return ", ".join([MARK + how.cast] * len(items))


def list_args(slot: Slot, items: Sequence[Any]) -> list[Any]:
    """The driver's arguments for the items of a list, in the order of the text."""
    how = slot.expand
    assert how is not None
    if how.literal is not None:
        return []
    if how.width:
        return [
            part if process is None else process(part)
            for item in items
            for part, process in zip(item, how.processors, strict=True)
        ]
    process = slot.process
    return list(items) if process is None else [process(item) for item in items]


def shown_params(slots: Sequence[Slot], values: Sequence[Any]) -> dict[str, Any]:
    """Values by the names which the named style shows: each item of a list by a number of its own."""
    made: dict[str, Any] = {}
    for slot, value in zip(slots, values, strict=True):
        if slot.expand is None:
            made[slot.name] = value
        elif slot.expand.literal is None:
            items = list(value or ())
            parts = [part for item in items for part in item] if slot.expand.width > 0 else items
            made.update({f"{slot.name}_{number}": part for number, part in enumerate(parts, 1)})
    return made
