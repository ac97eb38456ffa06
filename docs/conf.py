"""Sphinx configuration; `make docs` builds with warnings as errors."""

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
html_theme = "furo"
html_title = f"Flask-ORMSession {release}"
autodoc_typehints = "description"
