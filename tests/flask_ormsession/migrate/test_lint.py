"""`flask db lint`: what is pending, what is said of it, and how it is exempted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flask_ormsession.migrate.lint import find_exemptions
from tests.flask_ormsession.migrate.conftest import Project

CREATE = "op.create_table('item', sa.Column('id', sa.Integer, primary_key=True))"


@pytest.fixture
def linted(small: Project) -> Project:
    """A project with a migrated table, on SQLite."""
    small.run("init")
    small.write("a1", CREATE, "op.drop_table('item')")
    small.run("upgrade")
    return small


def test_nothing_is_pending(linted: Project) -> None:
    assert "No migration is pending." in linted.run("lint")


def test_findings_with_place_and_safe_form(linted: Project) -> None:
    path = linted.write(
        "a2", "op.create_index('ix', 'item', ['id'])", "op.drop_index('ix', 'item')"
    )
    line = path.read_text().splitlines().index("    op.create_index('ix', 'item', ['id'])") + 1
    out = linted.run("lint", code=1)
    place = path.relative_to(linted.folder)
    assert f"{place}:{line}: create-index (locks the table; PostgreSQL)" in out
    assert "Nobody can write to item" in out
    assert "op.create_index('ix', 'item', ['id'], postgresql_concurrently=True" in out
    assert "1 finding in 1 migration, judged for PostgreSQL and MariaDB." in out


def test_one_finding_for_both_databases(linted: Project) -> None:
    linted.write("a2", "op.drop_column('item', 'id')", "op.execute('SELECT 1')")
    assert "drop-column (loses data; PostgreSQL, MariaDB)" in linted.run("lint", code=1)
    out = linted.run("lint", "--dialect", "mariadb", code=1)
    assert "drop-column (loses data; MariaDB)" in out
    assert "judged for MariaDB." in out


def test_the_database_of_the_app_is_what_counts(project: Project, db_kind: str) -> None:
    project.run("init")
    project.write("a1", CREATE, "op.drop_table('item')")
    out = project.run("lint")
    expected = {"postgresql": "PostgreSQL", "mariadb": "MariaDB"}.get(db_kind, "PostgreSQL and")
    assert f"No findings in 1 migration, judged for {expected}" in out


def test_tables_that_are_new_may_be_changed(linted: Project) -> None:
    linted.write(
        "a2", "op.create_table('new', sa.Column('id', sa.Integer))", "op.drop_table('new')"
    )
    linted.write("a3", "op.create_index('ix', 'new', ['id'])", "op.drop_index('ix', 'new')")
    linted.run("lint")
    out = linted.run("lint", "a2:a3", code=1)
    assert "create-index" in out


def test_a_range_instead_of_what_is_pending(linted: Project) -> None:
    linted.write("a2", "op.drop_column('item', 'id')", "op.execute('SELECT 1')")
    assert "drop-column" in linted.run("lint", "a1:a2", code=1)
    assert "No findings in 1 migration" in linted.run("lint", "base:a1")
    assert "nonsense" in linted.run("lint", "base:nonsense", code=1)


def test_a_migration_without_a_way_back(linted: Project) -> None:
    path = linted.write("a2", "op.execute('INSERT INTO item VALUES (1)')")
    out = linted.run("lint", code=1)
    assert "irreversible (not reversible" in out
    assert "downgrade() does nothing" in out
    path.write_text(path.read_text().replace("    pass", "    raise NotImplementedError"))
    assert "downgrade() raises NotImplementedError()" in linted.run("lint", code=1)
    reason = "    # lint: allow irreversible: the row may stay\n    pass"
    path.write_text(path.read_text().replace("    raise NotImplementedError", reason))
    linted.run("lint")


def test_an_empty_migration_needs_no_way_back(linted: Project) -> None:
    linted.run("revision", "-m", "nothing")
    linted.run("lint")


@pytest.mark.parametrize(
    "body",
    [
        "op.create_index('ix', 'item', ['id'])  # lint: allow create-index: 40 rows",
        "# lint: allow create-index: 40 rows\nop.create_index('ix', 'item', ['id'])",
        "# lint: allow create-index: 40 rows,\n# as of last week\n"
        "op.create_index('ix', 'item', ['id'])",
        "op.create_index(\n    'ix',\n    'item',  # lint: allow create-index - 40 rows\n    ['id'],\n)",
    ],
)
def test_exemptions(linted: Project, body: str) -> None:
    linted.write("a2", body, "op.drop_index('ix', 'item')")
    assert "No findings" in linted.run("lint")


def test_an_exemption_needs_a_reason_and_the_right_rule(linted: Project) -> None:
    line = "op.create_index('ix', 'item', ['id'])"
    path = linted.write("a2", f"{line}  # lint: allow create-index", "op.drop_index('ix', 'item')")
    out = linted.run("lint", code=1)
    assert "exemption-without-reason" in out
    assert "gives no reason" in out
    path.write_text(path.read_text().replace("allow create-index", "allow drop-table: why"))
    assert "create-index (locks" in linted.run("lint", code=1)


def test_an_exemption_is_for_its_own_statement() -> None:
    lines = ["# lint: allow a: x", "one()", "two()  # lint: allow b: y", "three()"]
    assert [rule for _, rule, _ in find_exemptions(lines, (2, 2))] == ["a"]
    assert [rule for _, rule, _ in find_exemptions(lines, (3, 3))] == ["b"]
    assert list(find_exemptions(lines, (4, 4))) == []


def test_a_script_that_reads_the_database(linted: Project) -> None:
    linted.write("a2", "sa.inspect(op.get_bind())", "op.execute('SELECT 1')")
    assert "not-judged" in linted.run("lint", code=1)


def test_several_databases(several: Project) -> None:
    several.run("init", "--multidb")
    several.run("migrate", "-m", "first", "--rev-id", "a1")
    several.run("lint")
    several.run("upgrade")
    several.run("revision", "-m", "second", "--rev-id", "a2")
    (path,) = (several.folder / "migrations/versions").glob("a2_*.py")
    body = "def upgrade_sensor_data() -> None:\n    "
    path.write_text(path.read_text().replace(f"{body}pass", f"{body}op.drop_table('reading')"))
    out = several.run("lint", code=1)
    assert out.count("drop-table") == 1
    assert "drop-table" in several.run("lint", "a1:a2", code=1)


def test_every_rule_is_in_the_documentation() -> None:
    root = Path(__file__).parents[3]
    sources = (root / "flask_ormsession/migrate").glob("*.py")
    text = "".join(path.read_text() for path in sources if path.stem in RULE_FILES)
    rules = set(
        re.findall(r'(?:Verdict\(|\()\s*"([a-z]+(?:-[a-z]+)+|irreversible|maintenance)"', text)
    )
    assert len(rules) > 15
    page = (root / "docs/howto/migrations.md").read_text()
    assert {rule for rule in rules if f"`{rule}`" not in page} == set()


RULE_FILES = ("rules", "rules_postgresql", "rules_mariadb", "lint")
