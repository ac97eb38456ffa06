"""Why a comparison found nothing: models that nothing imports, tables that no migration made."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask

_DECLARES_MODEL = re.compile(
    r"^class +\w+\((?:[^)]*[\s,.])?(?:Model|Base)\b|^ +__tablename__ *=", re.M
)
_HAS_COLUMN = re.compile(r"\b(?:mapped_column|Column|Mapped)\b")
_SKIPPED = {"tests", "migrations", "node_modules", "site-packages", "__pycache__"}
_MOST_FILES = 2000  # of an app's folder that are looked at


def explain_no_changes(app: Flask, target: Any, versions: Iterable[Path]) -> str:
    """Return sentences on why there is nothing to migrate.

    target: an `environment.Target`, whose database has everything in its metadata. versions: the
    scripts there are.
    """
    tables = [str(table.name) for table in target.metadata.tables.values()]
    unmigrated = find_unmigrated(tables, versions)
    url = target.engine.url.render_as_string(hide_password=True)
    sentences = [f"No changes: the database has everything that the models describe ({url})."]
    if unmigrated:
        whole = len(unmigrated) == len(tables)
        names = "its tables" if whole else ", ".join(unmigrated)
        sentences.append(
            f"But no migration makes {names}: db.create_all() did, or another program, and a new "
            "database would stay without. Take create_all() out of the app. Then write the migration "
            "against a database where they are missing, as\n\n"
            "    FLASK_ORM_DATABASE_URL=sqlite:////tmp/empty.db flask db upgrade\n"
            "    FLASK_ORM_DATABASE_URL=sqlite:////tmp/empty.db flask db migrate\n\n"
            "(with an app that reads its environment), and tell this one that it has it: `flask db "
            "stamp head`."
        )
    sentences.append(find_unimported_models(app).strip())
    return " ".join(sentence for sentence in sentences if sentence)


def find_unmigrated(tables: Iterable[str], versions: Iterable[Path]) -> list[str]:
    """Return the names of tables that no script mentions as text."""
    texts = [path.read_text("utf-8") for path in versions]
    return sorted(
        name
        for name in tables
        if not any(re.search(rf"\b{re.escape(name)}\b", text) for text in texts)
    )


def find_unimported_models(app: Flask) -> str:
    """Return a sentence on the app's files that declare models and were never imported, or ""."""
    names = [str(path) for path in _find_unimported(app)]
    if not names:
        return ""
    several = len(names) > 1
    return (
        f" {', '.join(names)} {'seem' if several else 'seems'} to declare models, but nothing imports "
        f"{'them' if several else 'it'}."
    )


def _find_unimported(app: Flask) -> Iterator[Path]:
    if "site-packages" in app.root_path:
        return
    loaded = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    root = Path(app.root_path)
    for path in _iterate_sources(root):
        if str(path) not in loaded and str(path.resolve()) not in loaded:
            text = path.read_text("utf-8", "replace")
            if _DECLARES_MODEL.search(text) and _HAS_COLUMN.search(text):
                yield path.relative_to(root)


def _iterate_sources(root: Path) -> Iterator[Path]:
    """Yield the Python files of a folder and its packages, a limited number."""
    pending, seen = [root], 0
    while pending:
        for path in sorted(pending.pop().iterdir()):
            if path.is_dir():
                hidden = path.name.startswith((".", "_")) or path.name in _SKIPPED
                if not hidden and (path / "__init__.py").is_file():
                    pending.append(path)
            elif path.suffix == ".py" and seen < _MOST_FILES:
                seen += 1
                yield path
