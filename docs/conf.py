"""Sphinx configuration; `make docs` builds with warnings as errors."""

import re
from importlib.metadata import version as _version

project = "Flask-ORMSession"
author = "The Flask-ORMSession developers"
copyright = "2026, " + author
release = version = _version("flask-ormsession")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
# names such as Sequence and Insert exist in several rooms; a signature says which is meant by its module
suppress_warnings = ["ref.python"]
html_theme = "furo"
html_title = f"Flask-ORMSession {release}"
autodoc_typehints = "description"


def _as_rest(app, what, name, obj, options, lines):
    """Docstrings write code in single backticks or indented, and names such as `and_`, which reST takes for links."""
    made = []
    in_code = False
    for line in lines:
        is_indented = line.startswith("    ")
        if is_indented and made and not made[-1].strip() and not in_code:
            if len(made) < 2 or not made[-2].endswith("::"):
                made += ["::", ""]
            in_code = True
        elif line.strip() and not is_indented:
            in_code = False
        made.append(line if in_code else _escaped(line))
    lines[:] = made


def _escaped(line):
    parts = re.split(r"(``[^`]*``|`[^`]*`)", line)
    for place, part in enumerate(parts):
        if part.startswith("`") and not part.startswith("``"):
            parts[place] = f"`{part}`"
        elif not part.startswith("`"):
            parts[place] = re.sub(r"(?<=\w)_(?!\w)", r"\_", part).replace("*", r"\*")
    return "".join(parts)


def _is_described_elsewhere(app, what, name, obj, skip, options):
    """Modules of dialects export generic types as well, which have a page of their own."""
    if app.env.docname == "reference/orm/dialects":
        return skip or not getattr(obj, "__module__", "orm.dialects").startswith("orm.dialects")
    return None


def setup(app):
    app.connect("autodoc-skip-member", _is_described_elsewhere)
    app.connect("autodoc-process-docstring", _as_rest)
