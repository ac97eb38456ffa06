"""The reference pages name every error code and every configuration key."""

from __future__ import annotations

import ast
import re

from source_tree import ROOT, parse, source_files

from flask_ormsession.config import KEYS

REFERENCE = ROOT / "docs" / "reference"


def _codes() -> set[str]:
    return {
        keyword.value.value
        for path in source_files()
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "code"
        and isinstance(keyword.value, ast.Constant)
        and isinstance(keyword.value.value, str)
    }


def test_every_error_code_has_a_section() -> None:
    sections = re.findall(r"^## (\S+)$", (REFERENCE / "errors.md").read_text(), re.MULTILINE)
    assert _codes() <= set(sections)
    assert _codes()


def test_every_configuration_key_has_a_row() -> None:
    rows = re.findall(r"^\| `(ORM_\w+)` \|", (REFERENCE / "configuration.md").read_text(), re.M)
    assert set(rows) == set(KEYS)


def test_every_public_room_has_a_page() -> None:
    pages = "".join(page.read_text() for page in (REFERENCE / "orm").glob("*.md"))
    described = set(re.findall(r"automodule:: orm\.(\w+)", pages))
    offering = {
        path.parent.name if path.stem == "__init__" else path.stem
        for path in [*(ROOT / "orm").glob("*/__init__.py"), ROOT / "orm" / "exc.py"]
        if path.stem != "__init__" or "__all__" in path.read_text()
    }
    assert offering <= described
