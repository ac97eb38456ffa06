"""Parameters of functions and annotations of classes: the same as `inspect` says."""

from __future__ import annotations

import functools
import inspect
from typing import Any

import pytest

from orm.util.introspection import Parameters, own_annotations, parameters_of


def _plain(a: int, b: int = 2, *rest: int, c: int, d: int = 4) -> None: ...


def _by_position(a: int, /, b: int = 2, **more: int) -> None: ...


@functools.wraps(_plain)
def _wrapped(*args: Any, **kwargs: Any) -> None: ...


class _Callable:
    def __init__(self, size: int = 1) -> None: ...

    def __call__(self, context: Any) -> None: ...

    def method(self, one: int) -> None: ...


def _inspected(function: Any) -> Parameters:
    found = inspect.signature(function).parameters.values()
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return Parameters(
        tuple(each.name for each in found if each.kind in positional),
        tuple(each.name for each in found if each.kind is inspect.Parameter.KEYWORD_ONLY),
        {each.name: each.default for each in found if each.default is not inspect.Parameter.empty},
        any(each.kind is inspect.Parameter.VAR_KEYWORD for each in found),
    )


@pytest.mark.parametrize(
    "function",
    [
        _plain,
        _by_position,
        _wrapped,
        _Callable,
        _Callable.__init__,
        _Callable(),
        _Callable().method,
        functools.partial(_plain, 1),
        lambda: None,
        lambda context: context,
        len,
    ],
)
def test_parameters_are_those_that_inspect_finds(function: Any) -> None:
    assert parameters_of(function) == _inspected(function)


def test_names_and_how_many_are_required() -> None:
    found = parameters_of(_plain)
    assert found.names == ("a", "b", "c", "d")
    assert found.required == 1


def test_what_tells_nothing_of_itself_is_an_error() -> None:
    with pytest.raises((TypeError, ValueError)):
        parameters_of(type)


class _Above:
    a: int


class _Below(_Above):
    b: str


class _Silent(_Above):
    pass


@pytest.mark.parametrize("class_", [_Above, _Below, _Silent, object, int])
def test_own_annotations_are_those_of_the_body(class_: type) -> None:
    assert own_annotations(class_) == inspect.get_annotations(class_)


def test_the_annotations_are_a_copy() -> None:
    own_annotations(_Above)["c"] = int
    assert list(own_annotations(_Above)) == ["a"]
