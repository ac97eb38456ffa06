"""`flask db diagram`: the tables of the models and what refers to what, as Mermaid text, DOT or SVG."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from flask_ormsession.errors import MigrationError
from flask_ormsession.state import AppState


def draw(state: AppState, form: str, names: Sequence[str] = ()) -> str:
    """Return the diagram of an app's tables.

    form: "mermaid", "dot" or "svg". names: of tables; empty for all.
    Raises MigrationError for an unknown table, and for SVG without Graphviz.
    """
    tables = list(select_tables(state, names))
    if form == "mermaid":
        return draw_mermaid(tables)
    text = draw_dot(tables)
    return text if form == "dot" else run_graphviz(text)


Drawn = tuple[Any, Callable[[Any], str]]  # a table, and what writes its types


def select_tables(state: AppState, names: Sequence[str]) -> Iterator[Drawn]:
    """Yield the tables with these names by name, each with a function from type to text."""
    known: set[str] = set()
    wanted = set(names)
    found = []
    for key, metadata in state.db.metadatas.items():
        dialect = state.engines.get(key, state.engines[None]).dialect

        def write(type_: Any, dialect: Any = dialect) -> str:
            return str(type_.compile(dialect=dialect))

        known |= set(metadata.tables)
        found += [
            (table, write)
            for name, table in metadata.tables.items()
            if not wanted or name in wanted
        ]
    if wanted - known:
        raise MigrationError(
            f"There is no table {', '.join(sorted(wanted - known))} in the models. There are: "
            f"{', '.join(sorted(known))}."
        )
    yield from sorted(found, key=lambda item: str(item[0].fullname))


def find_marks(column: Any) -> list[str]:
    """Return PK, FK and UK, as far as they fit a column."""
    unique = any(
        kind == "unique_constraint" and names == [column.name]
        for kind, names in (
            (item.__visit_name__, [each.name for each in item.columns])
            for item in column.table.constraints
            if hasattr(item, "columns")
        )
    )
    marks = (("PK", column.primary_key), ("FK", bool(column.foreign_keys)), ("UK", unique))
    return [mark for mark, fits in marks if fits]


def find_references(tables: Sequence[Drawn]) -> Iterator[tuple[Any, Any, list[Any]]]:
    """Yield parent table, child table and the child's columns for each foreign key between tables."""
    shown = {id(table) for table, _ in tables}
    for table, _ in tables:
        keys = [
            item for item in table.constraints if item.__visit_name__ == "foreign_key_constraint"
        ]
        for key in sorted(keys, key=lambda item: [column.name for column in item.columns]):
            parent = key.elements[0].column.table
            if id(parent) in shown:
                yield parent, table, list(key.columns)


def is_one_to_one(table: Any, columns: Sequence[Any]) -> bool:
    """Whether some columns are unique in their table."""
    names = {column.name for column in columns}
    return any(
        {column.name for column in item.columns} == names
        for item in table.constraints
        if item.__visit_name__ in ("unique_constraint", "primary_key_constraint")
    )


# -- Mermaid


def draw_mermaid(tables: Sequence[Drawn]) -> str:
    """Return an entity relationship diagram for Mermaid."""
    lines = ["erDiagram"]
    for table, write in tables:
        lines.append(f'    "{table.fullname}" {{')
        for column in table.columns:
            words = [_word(write(column.type)), _word(column.name)]
            words += [", ".join(find_marks(column))]
            if column.comment:
                words.append('"' + str(column.comment).replace('"', "'").replace("\n", " ") + '"')
            lines.append("        " + " ".join(word for word in words if word))
        lines.append("    }")
    for parent, child, columns in find_references(tables):
        left = "|o" if any(column.nullable for column in columns) else "||"
        right = "o|" if is_one_to_one(child, columns) else "o{"
        label = ", ".join(str(column.name) for column in columns)
        lines.append(f'    "{parent.fullname}" {left}--{right} "{child.fullname}" : "{label}"')
    return "\n".join(lines) + "\n"


def _word(text: str) -> str:
    """Return a text as one word of Mermaid, which begins with a letter."""
    word = re.sub(r"[^\w()\[\]-]+", "_", str(text).replace(", ", "_"))
    return word if word[:1].isalpha() else f"c{word}"


# -- Graphviz


def draw_dot(tables: Sequence[Drawn]) -> str:
    """Return a graph for Graphviz."""
    lines = [
        "digraph tables {",
        "    rankdir=LR;",
        '    node [shape=plain, fontname="Helvetica", fontsize=11];',
        '    edge [fontname="Helvetica", fontsize=9, color="#666666"];',
    ]
    for table, write in tables:
        rows = [f'<tr><td bgcolor="#dfe7f1" colspan="3"><b>{_escape(table.fullname)}</b></td></tr>']
        for column in table.columns:
            cells = (column.name, write(column.type), " ".join(find_marks(column)))
            shown = "".join(f'<td align="left">{_escape(cell) or " "}</td>' for cell in cells)
            rows.append(f"<tr>{shown}</tr>")
        label = (
            '<table border="0" cellborder="1" cellspacing="0" cellpadding="4">'
            f"{''.join(rows)}</table>"
        )
        lines.append(f"    {_quote(table.fullname)} [label=<{label}>];")
    for parent, child, columns in find_references(tables):
        style = ' style="dashed"' if any(column.nullable for column in columns) else ""
        label = _quote(", ".join(str(column.name) for column in columns))
        lines.append(
            f"    {_quote(child.fullname)} -> {_quote(parent.fullname)} [label={label}{style}];"
        )
    return "\n".join([*lines, "}"]) + "\n"


def _escape(text: Any) -> str:
    return html.escape(str(text))


def _quote(text: Any) -> str:
    escaped = str(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def run_graphviz(text: str) -> str:
    """Return the SVG of a graph. Raises MigrationError where Graphviz is missing or refuses it."""
    program = shutil.which("dot")
    if program is None:
        raise MigrationError(
            "SVG is drawn by Graphviz, whose program `dot` is not on the PATH. Install Graphviz, or "
            "use the Mermaid text (`flask db diagram`), which GitHub and GitLab draw themselves."
        )
    done = subprocess.run(
        [program, "-Tsvg"], input=text, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise MigrationError(f"Graphviz could not draw the tables: {done.stderr.strip()}")
    return done.stdout
