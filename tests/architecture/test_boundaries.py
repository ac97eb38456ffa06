"""Rules that import-linter cannot see: exec, obj.__dict__, SQLAlchemy, light imports."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest
from source_tree import ROOT, parse, relative, source_files


def _called_names(tree: ast.Module) -> set[str]:
    return {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }


def _users_of(*names: str) -> list[str]:
    return [relative(path) for path in source_files() if {*names} & _called_names(parse(path))]


def test_only_the_code_generator_executes_text() -> None:
    assert _users_of("exec", "compile") == ["orm/codegen.py"]


def test_only_what_models_write_as_strings_is_evaluated() -> None:
    """Annotations under `from __future__ import annotations`, and names in relationship()."""
    assert _users_of("eval") == ["orm/mapping/annotations.py", "orm/mapping/class_registry.py"]


def _imported(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


def test_only_the_bridge_imports_sqlalchemy() -> None:
    users = [relative(path) for path in source_files() if "sqlalchemy" in _imported(parse(path))]
    assert users == ["flask_ormsession/migrate/bridge.py"]


def test_only_the_concurrency_module_imports_greenlet() -> None:
    users = {relative(path) for path in source_files() if "greenlet" in _imported(parse(path))}
    assert users <= {"orm/util/concurrency.py"}


def _run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_neither_package_needs_sqlalchemy_to_be_imported() -> None:
    done = _run("import sys; sys.modules['sqlalchemy'] = None; import orm, flask_ormsession")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("module", ["sqlite3", "psycopg", "pymysql", "asyncio", "flask"])
def test_importing_orm_loads_no_driver_and_no_framework(module: str) -> None:
    done = _run(f"import sys, orm; sys.exit({module!r} in sys.modules)")
    assert done.returncode == 0, f"import orm loads {module}"


_SLOW = (
    *(
        "dataclasses",
        "difflib",
        "graphlib",
        "hashlib",
        "inspect",
        "json",
        "logging",
        "pickle",
        "urllib.parse",
        "uuid",
    ),
    *("orm.asyncio", "orm.compiler", "orm.dialects", "orm.engine.connection", "orm.engine.url"),
    *("orm.flush.unit_of_work", "orm.loading.criteria", "orm.loading.lazy", "orm.loading.plan"),
    *("orm.mapping.as_dataclass", "orm.mapping.bundle", "orm.mapping.ownership"),
    *("orm.mapping.polymorphic", "orm.pool", "orm.schema.ddl", "orm.schema.views"),
    *("orm.session.by_key", "orm.session.execution", "orm.session.merge", "orm.session.query"),
    *("orm.session.scoped", "orm.session.upsert", "orm.sql.compound", "orm.sql.dml"),
)


def test_importing_orm_stays_quick() -> None:
    """What takes long to load, and what few applications need, is imported by those who use it."""
    done = _run(f"import sys, orm; print(sorted({{*{_SLOW}}} & sys.modules.keys()))")
    assert done.stdout.strip() == "[]", f"import orm loads {done.stdout}{done.stderr}"


def test_a_first_program_needs_neither_logging_nor_reflection() -> None:
    late = ("logging", "orm.engine.reflection", "orm.engine.twophase", "orm.pool.asynchronous")
    done = _run(f"import sys, tests.benchmarks.starts.orm; print({{*{late}}} & {{*sys.modules}})")
    assert done.stdout.splitlines()[1:] == ["set()"], done.stderr


@pytest.mark.parametrize(
    "module", ["alembic", "asyncio", "orm.asyncio", "orm.dialects", "sqlalchemy"]
)
def test_importing_the_extension_stays_quick(module: str) -> None:
    done = _run(f"import sys, flask_ormsession; sys.exit({module!r} in sys.modules)")
    assert done.returncode == 0, f"import flask_ormsession loads {module}"


def test_what_declares_and_describes_needs_no_named_tuples() -> None:
    """typing.NamedTuple takes as long to make a class as a module to load; see orm/util/record.py."""
    users = [relative(p) for p in source_files() if "NamedTuple" in _base_names(parse(p))]
    assert [user for user in users if user.startswith("orm/")] == []


def _base_names(tree: ast.Module) -> set[str]:
    bases = [
        base for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for base in node.bases
    ]
    return {ast.unparse(base).rpartition(".")[2] for base in bases}


@pytest.mark.parametrize(
    "package",
    [
        "orm",
        *(
            "orm.engine",
            "orm.loading",
            "orm.mapping",
            "orm.pool",
            "orm.schema",
            "orm.session",
            "orm.sql",
        ),
    ],
)
def test_names_that_are_loaded_late_are_those_that_checkers_see(package: str) -> None:
    code = f"import {package} as p; print(sorted({{*p.__all__}} - {{*vars(p)}}))"
    late = ast.literal_eval(_run(code).stdout)
    assert late
    submodules = {path.stem for path in ROOT.joinpath(*package.split(".")).glob("*.py")}
    assert submodules & {*late} == set(), "importing the submodule would hide the name"
    path = ROOT.joinpath(*package.split("."), "__init__.py")
    checked = [node for node in parse(path).body if isinstance(node, ast.If)]
    imported = [node for branch in checked for node in branch.body]
    assert late == sorted(
        alias.name for node in imported if isinstance(node, ast.ImportFrom) for alias in node.names
    )


def test_a_name_that_is_loaded_late_is_like_any_other() -> None:
    done = _run(
        "import orm; assert 'Query' in dir(orm); from orm import *; print(Query, orm.Query)"
    )
    assert done.stdout == "<class 'orm.session.query.Query'> <class 'orm.session.query.Query'>\n"
