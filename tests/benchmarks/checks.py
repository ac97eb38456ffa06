"""What the libraries' results are compared by: equal values say that all did the same work."""

from __future__ import annotations

from typing import Any


def people(found: list[Any]) -> object:
    last = found[-1]
    return len(found), last.name, last.active, last.joined.isoformat(), last.city, last.score


def wide(found: list[Any]) -> object:
    last = found[-1]
    cents = sum(round(each.price * 100) for each in found)
    status = getattr(last.status, "name", last.status)
    return cents, last.at.isoformat(), status, last.payload["deep"]["x"], str(last.token)


def parents(found: list[Any]) -> object:
    """Also reads every collection, so that libraries which load late do so now."""
    names = [child.name for parent in found for child in parent.children]
    return len(found), len(names), names[-1]


def articles(found: list[Any]) -> object:
    names = [tag.name for article in found for tag in article.tags]
    return len(found), len(names), len(set(names))
