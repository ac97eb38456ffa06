"""Names and modules that are loaded when they are asked for."""

from __future__ import annotations

import sys
import types
from typing import Any

import pytest

from orm.util.late import LateModule, late_function, late_names


def _package() -> types.ModuleType:
    made: Any = types.ModuleType("xml.dom")  # the package of the standard library, afresh
    made.known = 1
    made.__getattr__, made.__dir__ = late_names(
        vars(made), {"xml.dom.minidom": "minidom Element", "xml.dom.pulldom": "PullDOM"}
    )
    return made  # type: ignore[no-any-return]


def test_a_name_is_loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "xml.dom.minidom", raising=False)
    package = _package()
    assert "xml.dom.minidom" not in sys.modules
    element = package.Element
    assert element.__module__ == "xml.dom.minidom"
    assert vars(package)["Element"] is element
    assert "PullDOM" not in vars(package)


def test_a_submodule_may_be_loaded_late_itself() -> None:
    import xml.dom.minidom

    assert _package().minidom is xml.dom.minidom


def test_names_that_do_not_exist() -> None:
    package = _package()
    with pytest.raises(AttributeError, match=r"module 'xml\.dom' has no attribute 'Elephant'"):
        _ = package.Elephant


def test_dir_lists_what_is_not_loaded_yet() -> None:
    assert {"Element", "PullDOM", "known"} <= {*dir(_package())}


def test_a_late_module_gives_its_place_to_the_module() -> None:
    import colorsys

    user: dict[str, Any] = {}
    late = user["colorsys"] = LateModule(user, "colorsys")
    assert user["colorsys"] is late
    assert late.rgb_to_hsv is colorsys.rgb_to_hsv
    assert user["colorsys"] is colorsys


def test_a_late_function_imports_its_module_when_it_is_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    late = late_function("colorsys", "rgb_to_hsv")
    assert "colorsys" not in sys.modules
    assert late(0, 0, 0) == (0.0, 0.0, 0)
