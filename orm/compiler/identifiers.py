"""Names in SQL text: when they need quotes, and how tables and columns are written.

One `IdentifierPreparer` subclass per database. A name is written bare only if it is lower case, made of plain
characters and not a reserved word; everything else is quoted with the quote character doubled inside, so that
no name can end its own quotes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from orm import exc

if TYPE_CHECKING:
    from collections.abc import Mapping


def words(text: str) -> frozenset[str]:
    """The words of a text, which may run over several lines."""
    return frozenset(text.split())


LEGAL_CHARACTERS: Final = re.compile(r"[a-z_][a-z0-9_$]*\Z")

# Words that at least one of the three databases, or the SQL standard, does not accept as a bare column name.
RESERVED_WORDS: Final = words(
    """
    all analyse analyze and any array as asc asymmetric authorization between binary both case
    cast check collate column constraint create cross current_date current_role current_time
    current_timestamp current_user default deferrable desc distinct do else end except false for
    foreign freeze from full grant group having ilike in initially inner intersect into is
    isnull join leading left like limit localtime localtimestamp natural new not notnull null
    off offset old on only or order outer overlaps placing primary references right select
    session_user set similar some symmetric table then to trailing true union unique user using
    verbose when where
    """
)


class IdentifierPreparer:
    """Quotes names for one dialect.

    dialect: any object with `max_identifier_length`; kept for subclasses only.
    A name which is a `str` subclass with a `quote` attribute (True or False) decides for itself.
    """

    initial_quote = '"'
    final_quote = '"'
    reserved_words: frozenset[str] = RESERVED_WORDS
    legal_characters: re.Pattern[str] = LEGAL_CHARACTERS

    __slots__ = ("_memo", "dialect", "schema_translate_map")

    def __init__(
        self, dialect: Any, schema_translate_map: Mapping[str | None, str | None] | None = None
    ) -> None:
        self.dialect = dialect
        self.schema_translate_map = schema_translate_map
        self._memo: dict[str, str] = {}

    def with_schema_translate(
        self, schema_translate_map: Mapping[str | None, str | None]
    ) -> IdentifierPreparer:
        """A preparer which writes other schemas in place of the tables' own."""
        return type(self)(self.dialect, schema_translate_map)

    def requires_quotes(self, name: str) -> bool:
        """True if the bare name would mean something else, or nothing, to the database."""
        return name in self.reserved_words or self.legal_characters.match(name) is None

    def quote_identifier(self, name: str) -> str:
        """The name between quotes, whatever it is made of.

        Raises exc.IdentifierError for an empty name and for control characters that no database stores.
        """
        if not name:
            raise exc.IdentifierError(
                "An identifier is empty: give the table, column or constraint a name."
            )
        if "\x00" in name or "\x01" in name or "\x02" in name:
            raise exc.IdentifierError(
                f"The identifier {name!r} contains a control character (NUL, SOH or STX), which no "
                "database accepts in a name. Rename it."
            )
        escaped = name.replace(self.final_quote, self.final_quote * 2)
        return f"{self.initial_quote}{escaped}{self.final_quote}"

    def quote(self, name: str, force: bool | None = None) -> str:
        """The name as it stands in SQL: bare where that is safe, else quoted.

        force: True always quotes, False never does; None follows the name's own `quote` attribute or the rule.
        """
        if force is None:
            if type(name) is str:
                found = self._memo.get(name)
                if found is None:
                    found = self._quote_by_rule(name)
                    self._memo[name] = found
                return found
            force = getattr(name, "quote", None)
        if force is None:
            return self._quote_by_rule(name)
        return self.quote_identifier(name) if force else str(name)

    def _quote_by_rule(self, name: str) -> str:
        return self.quote_identifier(name) if self.requires_quotes(name) else str(name)

    def quote_schema(self, schema: str) -> str:
        """A schema name; dots inside it separate a database from its schema."""
        return self.quote(schema)

    def schema_for(self, item: Any) -> str | None:
        """The schema to write for a table, sequence or index, after translation; None for the default one."""
        schema: str | None = getattr(item, "schema", None)
        translate = self.schema_translate_map
        if translate and schema in translate:
            return translate[schema]
        return schema

    def format_table(self, table: Any, use_schema: bool = True, name: str | None = None) -> str:
        """`schema.table`, each part quoted as needed."""
        text = self.quote(table.name if name is None else name)
        if use_schema:
            schema = self.schema_for(table)
            if schema:
                return f"{self.quote_schema(schema)}.{text}"
        return text

    def format_sequence(self, sequence: Any) -> str:
        """`schema.sequence`, each part quoted as needed."""
        return self.format_table(sequence)

    def format_column(self, column: Any, name: str | None = None) -> str:
        """The column's name without its table."""
        return self.quote(column.name if name is None else name)

    def format_alias(self, name: str) -> str:
        """The name of an alias or a CTE."""
        return self.quote(name)

    def format_index(self, index: Any, name: str, use_schema: bool = True) -> str:
        """The name of an index, in its table's schema unless `use_schema` is False."""
        text = self.quote(name)
        schema = self.schema_for(index.table) if use_schema and index.table is not None else None
        return f"{self.quote_schema(schema)}.{text}" if schema else text

    def format_collation(self, name: str, schema: str | None = None) -> str:
        """The name of a collation, within its schema if it has one."""
        return f"{self.quote_schema(schema)}.{self.quote(name)}" if schema else self.quote(name)
