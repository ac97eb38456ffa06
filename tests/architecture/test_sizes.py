"""No file above 800 lines, no function above 60, every module says what it is for."""

from __future__ import annotations

import ast

from source_tree import body_lines, functions, parse, relative, source_files

MAX_FILE_LINES = 800
MAX_FUNCTION_LINES = 60


def test_there_is_something_to_measure() -> None:
    assert len(source_files()) > 100


def test_no_file_is_longer_than_800_lines() -> None:
    sizes = {relative(p): len(p.read_text().splitlines()) for p in source_files()}
    assert {path: size for path, size in sizes.items() if size > MAX_FILE_LINES} == {}


def test_no_function_is_longer_than_60_lines() -> None:
    long = {
        f"{relative(path)}:{node.lineno} {node.name}": body_lines(node)
        for path in source_files()
        for node in functions(path)
        if body_lines(node) > MAX_FUNCTION_LINES
    }
    assert long == {}


def test_every_module_starts_with_a_docstring() -> None:
    bare = [relative(p) for p in source_files() if not ast.get_docstring(parse(p))]
    assert bare == []
