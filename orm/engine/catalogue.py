"""What every dialect needs to read a database's catalogue: shapes, and texts taken apart.

Apart from the Inspector, which few applications have: dialects also look whether a table is there.
"""

from __future__ import annotations

import re
from typing import Any

ReflectedColumns = list[dict[str, Any]]


def parse_type_name(text: str) -> tuple[str, list[int]]:
    """Return the upper-case name and the numbers of a declared type: "varchar(20)"."""
    match = re.match(r"\s*([\w ]*\w)?\s*(?:\(([^)]*)\))?", text or "")
    if match is None:
        return "", []
    numbers = [int(part) for part in (match[2] or "").split(",") if part.strip().isdigit()]
    return (match[1] or "").upper(), numbers


def unquote(name: str) -> str:
    """Return an identifier without the quotes of any dialect, as it stands in stored DDL."""
    name = name.strip()
    if len(name) > 1 and name[0] in '"`[':
        closing = "]" if name[0] == "[" else name[0]
        return name[1:-1].replace(closing * 2, closing)
    return name
