"""The map in docs/explanation/architecture.md names the rooms that there are."""

from __future__ import annotations

import re

from source_tree import ROOT

MAP = ROOT / "docs" / "explanation" / "architecture.md"


def _rooms_on_the_map() -> set[str]:
    return set(re.findall(r"^\| `([a-z_/]+)/` \|", MAP.read_text(), re.MULTILINE))


def _rooms_there_are() -> set[str]:
    rooms = {"orm", "flask_ormsession", "example_app"}
    for package in sorted(rooms):
        for path in (ROOT / package).rglob("__init__.py"):
            rooms.add(path.parent.relative_to(ROOT).as_posix())
    return {room for room in rooms if "versions" not in room and "templates" not in room}


def test_map_and_folders_agree() -> None:
    assert _rooms_on_the_map() == _rooms_there_are()


def test_every_room_has_tests_in_the_mirrored_place() -> None:
    rooms = [
        path.parent.name
        for path in (ROOT / "orm").glob("*/__init__.py")
        if any(path.parent.iterdir())
    ]
    without = [
        room
        for room in rooms
        if room not in {"util", "dialects"}
        and not list((ROOT / "tests/orm" / room).glob("test_*.py"))
    ]
    assert without == []
