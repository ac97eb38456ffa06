"""The code generator: the only module that compiles text.

A template elsewhere (`gen_*.py`) is a pure function which returns a `Source`. `Source.build()`
compiles it, registers the text in `linecache` so that tracebacks, pdb and
`inspect.getsource` show it, and returns the function. Names given by users never enter
the text: columns are `c0, c1, ...`, and every value enters as a bound constant.

`ORM_CODEGEN=0` in the environment makes the rooms use their plain-Python twins instead.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import CodeType
from typing import Any

_serial = itertools.count(1)


def is_enabled() -> bool:
    """Return whether generated code is to be used (ORM_CODEGEN is not "0")."""
    return os.environ.get("ORM_CODEGEN", "1") != "0"


class Source:
    """The text of one generated function, under construction, with its constants.

    name: the function's name, an identifier chosen by the template.
    """

    __slots__ = ("_lines", "_margin", "constants", "name")

    def __init__(self, name: str, **constants: Any) -> None:
        self.name = name
        self.constants: dict[str, Any] = dict(constants)
        self._lines: list[str] = []
        self._margin = ""

    def line(self, text: str = "") -> Source:
        """Append one line at the current margin; returns self."""
        self._lines.append(self._margin + text if text else "")
        return self

    @contextmanager
    def block(self, opening: str) -> Iterator[Source]:
        """Append `opening` and indent what is written inside the with statement."""
        self.line(opening)
        margin = self._margin
        self._margin = margin + "    "
        try:
            yield self
        finally:
            self._margin = margin

    def bind(self, value: Any, prefix: str = "k") -> str:
        """Make `value` a constant of the function; returns the name under which it is seen.

        The same object gets the same name.
        """
        for name, known in self.constants.items():
            if known is value and name.startswith(prefix):
                return name
        name = f"{prefix}{len(self.constants)}"
        self.constants[name] = value
        return name

    @property
    def text(self) -> str:
        """The source text, ending with a newline."""
        return "\n".join(self._lines) + "\n"

    def build(self, label: str = "") -> Any:
        """Compile the text and return the object called `name` that it defines.

        label: what the function is for, shown in the file name of tracebacks.
        """
        import linecache  # loads `tokenize`, which nothing needs before the first function

        filename = f"<orm generated {next(_serial)}: {label or self.name}>"
        text = self.text
        namespace: dict[str, Any] = dict(self.constants)
        namespace["__name__"] = "orm.generated"
        exec(_named(_compile(text), filename), namespace)  # the one place; see the module text
        # a tuple with mtime None is never dropped by linecache.checkcache()
        linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
        made = namespace[self.name]
        try:
            made.__orm_source__ = text
        except AttributeError:
            pass
        return made

    def __repr__(self) -> str:
        return f"<Source {self.name}, {len(self._lines)} lines>"


@lru_cache(maxsize=256)
def _compile(text: str) -> CodeType:
    """Compile a text once: what is generated for two classes mostly differs in its constants alone."""
    return compile(text, "<orm generated>", "exec")


def _named(code: CodeType, filename: str) -> CodeType:
    """Return the code, and that of the functions in it, with a file name of its own."""
    parts = [
        _named(each, filename) if isinstance(each, CodeType) else each for each in code.co_consts
    ]
    return code.replace(co_filename=filename, co_consts=tuple(parts))


def dump(function: Any) -> str:
    """Return the source text of a generated function or class.

    Raises ValueError if it was not generated here.
    """
    text = getattr(function, "__orm_source__", None)
    if text is None:
        raise ValueError(f"{function!r} was not made by the code generator")
    return str(text)
