"""SQL as text with declared result columns."""

from __future__ import annotations

from typing import Any, ClassVar

from orm import exc
from orm.sql.coercions import to_element
from orm.sql.elements import _FACTORIES, ColumnClause, PlainColumn
from orm.sql.selectable import STATEMENTS
from orm.sql.subquery import NamedColumn, SelectBase
from orm.sql.template import TemplateText, is_template
from orm.sql.text_clause import TextClause
from orm.sql.visitors import Kind, Traverse
from orm.types.base import NULLTYPE


class TextualSelect(SelectBase):
    """`text(...).columns(...)`: `.element` is the text, `.column_args` the columns; `.positional`: they stand for the
    result columns in this order, not by name."""

    __visit_name__ = "textual_select"
    is_text = True
    _traverse: ClassVar[Traverse] = (
        ("element", Kind.CHILD),
        ("column_args", Kind.CHILDREN),
        ("positional", Kind.PLAIN),
    )

    def __init__(
        self, element: TextClause, columns: tuple[Any, ...], positional: bool = False
    ) -> None:
        self.element = element
        self.column_args = columns
        self.positional = positional
        if any("parententity" in column._annotations for column in columns):
            self.is_orm = True

    @property
    def _selected_elements(self) -> tuple[Any, ...]:
        return self.column_args

    def _named_columns(self) -> tuple[NamedColumn, ...]:
        # the text has columns of the table, whatever the mapped attributes are called
        return tuple(
            [
                named._replace(key=named.name)
                if named.element.__visit_name__ == "column"
                and "proxy_key" in named.element._annotations
                else named
                for named in super()._named_columns()
            ]
        )

    @property
    def _raw_columns(self) -> tuple[Any, ...]:
        return self.column_args

    @property
    def column_descriptions(self) -> list[dict[str, Any]]:
        """Those of the declared columns."""
        return STATEMENTS["select"](*self.column_args).column_descriptions  # type: ignore[no-any-return]

    def bindparams(self, *binds: Any, **values: Any) -> TextualSelect:
        """A copy with values for the parameters of the text."""
        new: TextualSelect = self._generate()
        new.element = self.element.bindparams(*binds, **values)
        return new


def make_textual_select(text: TextClause, columns: tuple[Any, ...], types: Any) -> TextualSelect:
    """Build what `text.columns(*columns, **types)` returns."""
    positional: list[Any] = []
    for column in columns:
        element = to_element(column)
        if element is None or not element._is_column_element:
            raise exc.ArgumentError(
                f"columns() takes columns, or name=type keywords, got {column!r}; for a name alone write column({column!r})"
            )
        key = element.key  # type: ignore[attr-defined]
        if key in types:
            element = PlainColumn(str(key), types.pop(key))
        positional.append(element)
    named: list[Any] = [ColumnClause(name, type_) for name, type_ in types.items()]
    return TextualSelect(text, (*positional, *named), positional=bool(positional) and not named)


def text(text: Any) -> TextClause:
    """SQL as text; parameters are written `:name` and their values passed to execute().

    Or a template string, t"... {value} ...", whose values are bound; see tstring().
    """
    return tstring(text) if is_template(text) else TextClause(text)


def tstring(template: Any) -> TemplateText:
    """The SQL of a template string, `t"SELECT ... WHERE id = {value}"` (Python 3.14).

    A plain value in braces is bound, a list is bound for IN; a column, a table, a SELECT or another template is rendered.
    Raises exc.ArgumentError for anything but a template, or for a conversion or a format within the braces.
    """
    if not is_template(template):
        raise exc.ArgumentError(
            f"tstring() takes a template string, t'...', got {template!r:.100}; SQL as a string is for text()"
        )
    return TemplateText(template, to_element)


def literal_column(text: str, type_: Any = NULLTYPE) -> ColumnClause[Any]:
    """SQL text as a column expression, rendered as it stands: never put user input into it."""
    if not isinstance(text, str):
        raise exc.ArgumentError(
            f"literal_column() takes SQL text, got {text!r}; for a value use literal()"
        )
    return PlainColumn(text, type_, is_literal=True)


_FACTORIES["textual_select"] = make_textual_select
STATEMENTS.update({"text": text, "literal_column": literal_column})
