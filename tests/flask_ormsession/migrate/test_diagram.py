"""The tables as text for Mermaid and Graphviz."""

from __future__ import annotations

import os
import shutil
from typing import Any

import pytest

import orm
from orm import ForeignKey, Mapped, String, mapped_column
from tests.flask_ormsession.migrate.conftest import Project


@pytest.fixture
def drawn(small: Project) -> Project:
    db: Any = small.db

    class Author(db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str] = mapped_column(String(80), unique=True, comment='as on "paper"')
        price: Mapped[Any] = mapped_column(orm.Numeric(10, 2))

    class Book(db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)
        author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
        editor_id: Mapped[int | None] = mapped_column(ForeignKey("author.id"))

    class Cover(db.Model):
        book_id: Mapped[int] = mapped_column(ForeignKey("book.id"), primary_key=True)

    return small


TABLES = ("--table", "author", "--table", "book", "--table", "cover")

MERMAID = """\
erDiagram
    "author" {
        INTEGER id PK
        VARCHAR(80) name UK "as on 'paper'"
        NUMERIC(10_2) price
    }
    "book" {
        INTEGER id PK
        INTEGER author_id FK
        INTEGER editor_id FK
    }
    "cover" {
        INTEGER book_id PK, FK
    }
    "author" ||--o{ "book" : "author_id"
    "author" |o--o{ "book" : "editor_id"
    "book" ||--o| "cover" : "book_id"
"""


def test_mermaid(drawn: Project) -> None:
    assert drawn.run("diagram", *TABLES) == MERMAID


def test_all_tables_and_some(drawn: Project) -> None:
    out = drawn.run("diagram")
    assert '"everything"' in out
    assert out.count("author") > 2
    only = drawn.run("diagram", "--table", "book")
    assert "author" not in only.replace("author_id", "")
    assert "There is no table boook" in drawn.run("diagram", "--table", "boook", code=1)


def test_graphviz_text(drawn: Project) -> None:
    out = drawn.run("diagram", "--format", "dot", *TABLES)
    assert '"book" -> "author" [label="author_id"];' in out
    assert '"book" -> "author" [label="editor_id" style="dashed"];' in out
    assert '<td align="left">NUMERIC(10, 2)</td>' in out


def test_names_that_need_quotes(small: Project) -> None:
    small.db.Table('odd "<name>"', small.db.Column("2 words", small.db.Integer, primary_key=True))
    dot = small.run("diagram", "--format", "dot", "--table", 'odd "<name>"')
    assert '"odd \\"<name>\\"" [label=' in dot
    assert "<b>odd &quot;&lt;name&gt;&quot;</b>" in dot
    assert "INTEGER c2_words PK" in small.run("diagram", "--table", 'odd "<name>"')


def test_a_file(drawn: Project) -> None:
    assert "Wrote tables.mmd" in drawn.run("diagram", "-o", "tables.mmd", *TABLES)
    assert (drawn.folder / "tables.mmd").read_text() == MERMAID


def test_svg_by_graphviz(drawn: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program of that name which says what it is given."""
    fake = drawn.folder / "bin/dot"
    fake.parent.mkdir()
    fake.write_text('#!/bin/sh\necho "<svg>$1"; cat; echo "</svg>"\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}{os.pathsep}{os.environ['PATH']}")
    out = drawn.run("diagram", "--format", "svg", *TABLES)
    assert out.startswith("<svg>-Tsvg\ndigraph tables {")
    fake.write_text("#!/bin/sh\necho 'no such font' >&2; exit 3\n")
    assert "could not draw the tables: no such font" in drawn.run(
        "diagram", "--format", "svg", code=1
    )


def test_without_graphviz(drawn: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(drawn.folder))
    assert "Install Graphviz" in drawn.run("diagram", "--format", "svg", code=1)


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_the_real_graphviz(drawn: Project) -> None:
    out = drawn.run("diagram", "--format", "svg")
    assert "</svg>" in out
    assert ">author_id<" in out


@pytest.mark.parametrize("db_kind", ["sqlite"], indirect=True)
def test_several_databases(several: Project) -> None:
    out = several.run("diagram")
    assert '"reading"' in out
    assert '"shop"' in out
