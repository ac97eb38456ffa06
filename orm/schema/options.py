"""Arguments named `<dialect>_<option>` of tables, columns, constraints and indexes: which there are.

Each dialect's DDL reads its own; they are listed here, so that a misspelt one is refused where it is
written, without importing the dialect.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping
from typing import Any, Final

from orm import exc
from orm.util.suggest import closest

_MYSQL: Final[Mapping[str, frozenset[str]]] = {
    "Table": frozenset(
        [
            "engine",
            "auto_increment",
            "charset",
            "default_charset",
            "collate",
            "row_format",
            "key_block_size",
        ]
    ),
    "Index": frozenset(["length", "prefix", "using"]),
}
_KNOWN: Final[Mapping[str, Mapping[str, frozenset[str]]]] = {
    "sqlite": {
        "Table": frozenset(["autoincrement", "with_rowid", "strict"]),
        "Column": frozenset(
            ["on_conflict_primary_key", "on_conflict_not_null", "on_conflict_unique"]
        ),
        "Index": frozenset(["where"]),
        "PrimaryKeyConstraint": frozenset(["on_conflict"]),
        "UniqueConstraint": frozenset(["on_conflict"]),
        "CheckConstraint": frozenset(["on_conflict"]),
    },
    "postgresql": {
        "Table": frozenset(
            ["inherits", "partition_by", "with", "on_commit", "tablespace", "using"]
        ),
        "Index": frozenset(
            [
                "using",
                "where",
                "ops",
                "include",
                "with",
                "concurrently",
                "nulls_not_distinct",
                "tablespace",
            ]
        ),
        "UniqueConstraint": frozenset(["include", "nulls_not_distinct"]),
        "PrimaryKeyConstraint": frozenset(["include"]),
        "ForeignKeyConstraint": frozenset(["not_valid"]),
        "ForeignKey": frozenset(["not_valid"]),
        "CheckConstraint": frozenset(["not_valid"]),
    },
    "mysql": _MYSQL,
    "mariadb": _MYSQL,
}


def check_options(item: type, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options as a dictionary, if the class `item` may have them.

    Raises TypeError for a name without a dialect, exc.ArgumentError for an option that the dialect does not have,
    naming the nearest that it has. Options of dialects from elsewhere are not checked; one that looks like a misspelt
    dialect of ours is warned of.
    """
    for name in options:
        dialect, separator, option = name.partition("_")
        if not separator:
            raise TypeError(
                f"{item.__name__} has no argument {name!r}; options of a database are named "
                "<dialect>_<option>."
            )
        if dialect not in _KNOWN:
            _warn_of_misspelt(item, dialect, name)
            continue
        names = known_options(item, dialect)
        if option not in names:
            raise exc.ArgumentError(
                f"{item.__name__} has no option {name!r}.{_nearest(option, names, f'{dialect}_')}"
            )
    return dict(options)


def _warn_of_misspelt(item: type, dialect: str, name: str) -> None:
    near = closest(dialect, _KNOWN, 0.85)
    if near is not None:
        warnings.warn(
            f"{item.__name__}({name}=...): there is no dialect {dialect!r}. Did you mean {near}?",
            exc.SAWarning,
            stacklevel=5,
        )


def known_options(item: type, dialect: str) -> frozenset[str]:
    """The names of the options that the class may have on the dialect."""
    kinds = _KNOWN.get(dialect, {})
    found = [kinds[kind.__name__] for kind in item.__mro__ if kind.__name__ in kinds]
    return frozenset().union(*found)


def _nearest(name: str, names: Collection[str], prefix: str = "") -> str:
    """A sentence with the nearest name, or all of them where none is near."""
    if not names:
        return " It has none for this database."
    near = closest(name, names)
    if near is not None:
        return f" Did you mean {prefix}{near}?"
    return f" Known are {', '.join(sorted(prefix + known for known in names))}."
