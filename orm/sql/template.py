"""SQL from a template string, `t"SELECT ... WHERE id = {value}"` (Python 3.14): what is put in becomes a parameter.

The static parts of the template are SQL as it stands. Of what stands in braces, a plain value is bound, a list is bound for IN, and an
SQL expression, a table, a SELECT or another template is rendered as a part of the statement. No value ever becomes text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from orm import exc
from orm.sql.elements import BindParameter
from orm.sql.text_clause import TextClause
from orm.sql.visitors import ClauseElement, Kind, Traverse

_LISTS = (list, tuple, set, frozenset)


def is_template(value: Any) -> bool:
    """True for a `string.templatelib.Template`, told by its shape: `strings` between `interpolations`."""
    return (
        not isinstance(value, ClauseElement)
        and isinstance(getattr(value, "strings", None), tuple)
        and isinstance(getattr(value, "interpolations", None), tuple)
    )


class TemplateText(TextClause):
    """SQL from a template string: `.strings` with an element of `.elements` between each two of them."""

    __visit_name__ = "template_text"
    _traverse: ClassVar[Traverse] = (("strings", Kind.PLAIN), ("elements", Kind.CHILDREN))

    def __init__(self, template: Any, to_element: Callable[[Any], Any]) -> None:
        """Raises exc.ArgumentError for a conversion or a format within the braces."""
        super().__init__("")
        self.text = "".join(template.strings)
        self.strings: tuple[str, ...] = template.strings
        self.elements: tuple[Any, ...] = tuple(
            [_element_of(part, to_element) for part in template.interpolations]
        )


def _element_of(part: Any, to_element: Callable[[Any], Any]) -> Any:
    """What stands for one pair of braces."""
    if part.conversion is not None or part.format_spec:
        raise exc.ArgumentError(
            f"{{{part.expression}}} has a conversion or a format, which would make text of the value before it is bound: "
            "compute the value outside of the template."
        )
    value = part.value
    if is_template(value):
        return TemplateText(value, to_element)
    element = to_element(value)
    if element is not None:
        if element._is_select_base:
            return element.self_group()
        return element
    name = part.expression if str(part.expression).isidentifier() else None
    if isinstance(value, _LISTS):
        return BindParameter(name, list(value), unique=True, expanding=True)
    return BindParameter(name, value, unique=True)
