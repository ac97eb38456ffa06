"""The code generator: readable, debuggable, and closed to users' text."""

from __future__ import annotations

import inspect
import traceback

import pytest

from orm.codegen import Source, dump


def _make_adder(step: int) -> Source:
    source = Source("add")
    name = source.bind(step)
    with source.block("def add(value):"):
        source.line(f"return value + {name}")
    return source


def test_a_built_function_runs_with_its_constants() -> None:
    assert _make_adder(3).build()(4) == 7


def test_values_enter_as_constants_and_never_as_text() -> None:
    source = Source("f")
    name = source.bind("'); import os  # ")
    with source.block("def f():"):
        source.line(f"return {name}")
    assert "import os" not in source.text
    assert source.build()() == "'); import os  # "


def test_the_same_object_is_bound_once() -> None:
    source = Source("f")
    value = object()
    assert source.bind(value) == source.bind(value)
    assert source.bind(object()) != source.bind(value)


def test_getsource_and_tracebacks_show_the_text() -> None:
    add = _make_adder(1).build("adder")
    assert "return value + k0" in inspect.getsource(add)
    with pytest.raises(TypeError) as caught:
        add("x")
    shown = "".join(traceback.format_exception(caught.value))
    assert "return value + k0" in shown
    assert "adder" in shown


def test_dump_returns_the_text_and_refuses_what_was_not_generated() -> None:
    assert dump(_make_adder(1).build()).startswith("def add(value):")
    with pytest.raises(ValueError, match="not made by the code generator"):
        dump(len)


def test_one_text_is_compiled_once_and_named_for_each_function() -> None:
    first, second = _make_adder(1).build("first"), _make_adder(2).build("second")
    assert first.__code__.co_code == second.__code__.co_code
    assert (first(1), second(1)) == (2, 3)
    assert "first" in first.__code__.co_filename
    assert "second" in second.__code__.co_filename
