"""Generated code that converts the driver's rows by the types of their columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from orm.codegen import Source, is_enabled

Convert = Callable[[Iterable[Any]], list[Any]]
# per column: None (as it is), a function, or an expression over {v} with its constants
Step = Callable[[Any], Any] | tuple[str, dict[str, object]] | None


def gen_convert(steps: Sequence[Step]) -> Source:
    """Return the source of `convert(rows) -> list of tuples`."""
    source = Source("convert")
    names = [f"c{number}" for number in range(len(steps))]
    values = [_value(source, name, step) for name, step in zip(names, steps, strict=True)]
    with source.block("def convert(rows):"):
        source.line(f"return [({', '.join(values)},) for {', '.join(names)}, in rows]")
    return source


def _value(source: Source, name: str, step: Step) -> str:
    if step is None:
        return name
    if not isinstance(step, tuple):
        return f"{source.bind(step, 'p')}({name})"
    text, constants = step
    names = {constant: source.bind(value) for constant, value in constants.items()}
    # in one pass, and not inside of {v}: names given to constants may look like others
    parts = [
        re.sub(r"\b[A-Za-z_]\w*\b", lambda match: names.get(match[0], match[0]), part)
        for part in text.split("{v}")
    ]
    return f"None if {name} is None else {name.join(parts)}"


def make_convert(
    steps: Sequence[Step], processors: Sequence[Callable[[Any], Any] | None]
) -> Convert | None:
    """Return a function from rows to converted rows, None if all columns pass as they are.

    processors: the same conversions as plain functions, for the twin.
    """
    if all(step is None for step in steps):
        return None
    if is_enabled():
        made: Convert = gen_convert(steps).build("rows")
        return made
    return make_plain_convert(processors)


def make_plain_convert(processors: Sequence[Callable[[Any], Any] | None]) -> Convert:
    """Return the twin in plain Python."""

    def convert(rows: Iterable[Any]) -> list[Any]:
        return [
            tuple(
                value if process is None else process(value)
                for value, process in zip(row, processors, strict=True)
            )
            for row in rows
        ]

    return convert
