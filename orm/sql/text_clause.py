"""SQL as text, as `text()` makes it."""

from __future__ import annotations

import re
from operator import inv
from typing import Any, ClassVar

from orm import exc
from orm.sql import operators
from orm.sql.elements import _FACTORIES, BindParameter, Grouping, Label, UnaryExpression
from orm.sql.executable import Executable
from orm.sql.visitors import Kind, Traverse
from orm.types.base import NULLTYPE, TypeEngine
from orm.types.resolve import BOOLEANTYPE

_BOOLEAN_WORD = r"(?i)\b(or|and)\b"
_BIND_MARK = re.compile(r"(?<![:\w\\]):(\w+)(?!:)")


class TextClause(Executable):
    """SQL as text, with parameters written `:name`; `\\:` stands for a colon.

    `.text` is the SQL as given, `._bindparams` the parameters by name.
    """

    __visit_name__ = "textclause"
    _is_text_clause = True
    is_text = True
    _returns_rows = True
    _traverse: ClassVar[Traverse] = (("text", Kind.PLAIN), ("_bindparams", Kind.MAPPING))
    _allow_label_resolve = False
    _is_implicitly_boolean = False
    type: TypeEngine = NULLTYPE
    key: str | None = None
    primary_key = False
    foreign_keys: Any = frozenset()
    _result_name: str | None = None
    _anon_base = "anon"
    _bind_base = "param"
    bind_regex: ClassVar[re.Pattern[str]] = _BIND_MARK
    # in select_from() it hides nothing, and nobody knows what it is
    _hide_froms: ClassVar[tuple[Any, ...]] = ()
    _is_lateral = False
    _is_derived = False

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            raise exc.ArgumentError(f"text() takes SQL as a string, got {text!r}")
        self.text = text
        self._bindparams: dict[str, BindParameter] = {}
        for name in _BIND_MARK.findall(text):
            if name not in self._bindparams:
                self._bindparams[name] = BindParameter(name, required=True)

    @property
    def comparator(self) -> Any:
        return self.type.comparator_factory(self)

    def bindparams(self, *binds: BindParameter, **names_to_values: Any) -> TextClause:
        """A copy with values, types or flags for its parameters.

        Raises exc.ArgumentError for a name that the text does not have.
        """
        new: TextClause = self._generate()
        params = dict(self._bindparams)
        for bind in binds:
            self._check_name(bind.key)
            params[bind.key] = bind
        for name, value in names_to_values.items():
            self._check_name(name)
            params[name] = params[name]._with_value(value)
        new._bindparams = params
        return new

    def _check_name(self, name: str) -> None:
        if name not in self._bindparams:
            known = ", ".join(":" + key for key in self._bindparams) or "none"
            raise exc.ArgumentError(
                f"The text has no parameter :{name}; its parameters are: {known}. Text: {self.text!r:.200}"
            )

    def columns(self, *columns: Any, **types: Any) -> Any:
        """Declare the result columns; the outcome can be selected from and made a subquery."""
        return _FACTORIES["textual_select"](self, columns, types)

    def self_group(self, against: Any = None) -> Any:
        if against is operators.in_op:
            return Grouping(self)
        # A text that joins conditions itself would otherwise be torn apart by the AND or OR around it.
        joins = against is operators.and_ or against is operators.or_
        return Grouping(self) if joins and re.search(_BOOLEAN_WORD, self.text) else self

    def __and__(self, other: Any) -> Any:
        return _FACTORIES["and_"](self, other)

    def __or__(self, other: Any) -> Any:
        return _FACTORIES["or_"](self, other)

    def __invert__(self) -> Any:
        return UnaryExpression(Grouping(self), operator=inv, type_=BOOLEANTYPE)

    def label(self, name: str | None) -> Label[Any]:
        """The text under a name in a SELECT."""
        return Label(name, self, NULLTYPE)
