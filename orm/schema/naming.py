"""Names for constraints and indexes that were given none, from `MetaData(naming_convention=...)`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from orm import exc
from orm.schema.items import conv

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT_NAMING_CONVENTION: Final[Mapping[str, str]] = {"ix": "ix_%(column_0_label)s"}

_COLUMN_TOKEN: Final = r"(referred_)?column_(\d+)(_?N)?_(.+)\Z"


class NamingTokens(Mapping[str, str]):
    """The values of the `%(token)s` of a convention for one constraint of one table.

    Raises exc.InvalidRequestError on an unknown token, and on `constraint_name` where the constraint
    has no name.
    """

    def __init__(self, constraint: Any, table: Any, convention: Mapping[Any, Any]) -> None:
        self.constraint = constraint
        self.table = table
        self.convention = convention

    def __len__(self) -> int:
        return 0

    def __iter__(self) -> Any:
        return iter(())

    def __getitem__(self, key: str) -> str:
        if key in self.convention:
            made: str = self.convention[key](self.constraint, self.table)
            return made
        if key == "table_name":
            return str(self.table.name)
        if key == "constraint_name":
            return self._constraint_name()
        if key == "referred_table_name":
            return str(self.constraint.elements[0].target_tokens.table_name)
        match = re.match(_COLUMN_TOKEN, key)
        if match is None:
            raise exc.InvalidRequestError(
                f"The naming convention of {self.table.name!r} uses %({key})s, which is no known token. "
                "Known are table_name, referred_table_name, column_0_name, column_0_label, "
                "column_0_N_name, referred_column_0_name and constraint_name."
            )
        return self._column_token(*match.groups())

    def _constraint_name(self) -> str:
        name = self.constraint.name
        if name is None or isinstance(name, conv):
            raise exc.InvalidRequestError(
                f"The naming convention of {self.table.name!r} uses %(constraint_name)s, so each "
                f"{type(self.constraint).__name__} needs a name: pass name='...'."
            )
        return str(name)

    def _column_token(self, referred: str | None, index: str, many: str | None, what: str) -> str:
        values = self._referred(what) if referred else self._own(what)
        if many is None:
            place = int(index)
            if place >= len(values):
                return ""
            return values[place]
        return ("_" if many.startswith("_") else "").join(values[int(index) :])

    def _own(self, what: str) -> Sequence[str]:
        columns = naming_columns(self.constraint)
        if what == "name":
            return [str(column.name) for column in columns]
        if what == "key":
            return [str(column.key) for column in columns]
        if what == "label":
            prefix = self.table.fullname.replace(".", "_")
            return [f"{prefix}_{column.name}" for column in columns]
        raise exc.InvalidRequestError(
            f"The naming convention of {self.table.name!r} asks for a column's {what!r}; "
            "it has name, key and label."
        )

    def _referred(self, what: str) -> Sequence[str]:
        names = []
        for element in self.constraint.elements:
            try:
                column = element.column
            except exc.InvalidRequestError:
                # the other table is not declared yet: what the foreign key calls the column
                names.append(str(element.target_tokens.column_name or element.parent.key))
            else:
                names.append(str(column.key if what == "key" else column.name))
        return names


def naming_columns(constraint: Any) -> Sequence[Any]:
    """The columns of a constraint or index, in order."""
    return list(constraint.columns)


def find_convention(constraint: Any, convention: Mapping[Any, Any]) -> Any:
    """The template for this kind of constraint, by its class or its short prefix (ix, uq, ck, fk, pk)."""
    for kind in type(constraint).__mro__:
        if kind in convention:
            return convention[kind]
        prefix = kind.__dict__.get("_naming_prefix")
        if prefix in convention:
            return convention[prefix]
    return None


def apply_naming_convention(constraint: Any, table: Any) -> None:
    """Give the constraint the name that the table's MetaData prescribes, if it prescribes one.

    A name given explicitly stays, unless the convention is built around `%(constraint_name)s`.
    """
    name = constraint.name
    if isinstance(name, conv):
        return
    convention = {**DEFAULT_NAMING_CONVENTION, **table.metadata.naming_convention}
    template = find_convention(constraint, convention)
    if template is None:
        return
    uses_name = isinstance(template, str) and "constraint_name" in template
    if (name is None) == uses_name:
        return
    if not isinstance(template, str):
        constraint.name = conv(template(constraint, table))
        return
    constraint.name = conv(template % NamingTokens(constraint, table, convention))


def shorten_name(name: str, max_length: int) -> str:
    """A generated name cut to what the database stores, kept unique by four digits of its hash."""
    if len(name) <= max_length:
        return name
    import hashlib  # loads OpenSSL, for a name in a thousand

    digest = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()[-4:]
    return f"{name[: max_length - 8]}_{digest}"
