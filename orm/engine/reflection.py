"""Inspector: what a database has, in the shapes that SQLAlchemy's Inspector returns."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from orm.engine.connection import Connection
from orm.engine.engine import Engine
from orm.engine.multi_reflection import MultiReflection


class Inspector(MultiReflection):
    """Reads the catalogue of a database. Each call asks anew unless it was asked before.

    bind: an engine (each call uses a connection of its own) or a connection.
    `clear_cache()` forgets the answers.
    """

    def __init__(self, bind: Engine | Connection) -> None:
        self.bind = bind
        self.engine = bind.engine
        self.dialect = bind.dialect
        self._answers: dict[tuple[Any, ...], Any] = {}

    @contextmanager
    def _connect(self) -> Iterator[Connection]:
        if isinstance(self.bind, Engine):
            with self.bind.connect() as connection:
                yield connection
        else:
            yield self.bind

    def _ask(self, question: str, *args: Any) -> Any:
        key = (question, *args)
        if key not in self._answers:
            with self._connect() as connection:
                self._answers[key] = getattr(self.dialect, question)(connection, *args)
        return self._answers[key]

    def clear_cache(self) -> None:
        """Forget what was read."""
        self._answers.clear()

    @property
    def default_schema_name(self) -> str | None:
        """The schema that unqualified names are in."""
        name: str | None = self._ask("get_default_schema_name")
        return name

    def get_schema_names(self, **kw: Any) -> list[str]:
        """Return the names of the schemas."""
        return list(self._ask("get_schema_names"))

    def has_table(self, table_name: str, schema: str | None = None, **kw: Any) -> bool:
        """Return whether there is a table or view of this name."""
        with self._connect() as connection:
            return bool(self.dialect.has_table(connection, table_name, schema))

    def has_sequence(self, sequence_name: str, schema: str | None = None, **kw: Any) -> bool:
        """Return whether there is a sequence of this name."""
        with self._connect() as connection:
            return bool(self.dialect.has_sequence(connection, sequence_name, schema))

    def has_index(
        self, table_name: str, index_name: str, schema: str | None = None, **kw: Any
    ) -> bool:
        """Return whether a table has an index of this name."""
        return any(entry["name"] == index_name for entry in self.get_indexes(table_name, schema))

    def has_schema(self, schema_name: str, **kw: Any) -> bool:
        """Return whether there is a schema of this name."""
        return schema_name in self.get_schema_names()

    def get_table_names(self, schema: str | None = None, **kw: Any) -> list[str]:
        """Return the names of the tables, sorted."""
        return list(self._ask("get_table_names", schema))

    def get_view_names(self, schema: str | None = None, **kw: Any) -> list[str]:
        """Return the names of the views, sorted."""
        return list(self._ask("get_view_names", schema))

    def get_materialized_view_names(self, schema: str | None = None, **kw: Any) -> list[str]:
        """Return the names of the views that are stored, sorted."""
        return list(self._ask("get_materialized_view_names", schema))

    def get_sequence_names(self, schema: str | None = None, **kw: Any) -> list[str]:
        """Return the names of the sequences, sorted."""
        return list(self._ask("get_sequence_names", schema))

    def get_temp_table_names(self, **kw: Any) -> list[str]:
        """Return the names of this connection's temporary tables, sorted.

        Raises NotImplementedError where the database does not tell.
        """
        return list(self._ask("get_temp_table_names"))

    def get_temp_view_names(self, **kw: Any) -> list[str]:
        """Return the names of this connection's temporary views, sorted."""
        return list(self._ask("get_temp_view_names"))

    def get_table_options(
        self, table_name: str, schema: str | None = None, **kw: Any
    ) -> dict[str, Any]:
        """Return the options with which the table was created, as Table() takes them."""
        return dict(self._ask("get_table_options", table_name, schema))

    def get_view_definition(self, view_name: str, schema: str | None = None, **kw: Any) -> str:
        """Return the text of a view. Raises exc.NoSuchTableError."""
        return str(self._ask("get_view_definition", view_name, schema))

    def get_columns(
        self, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[dict[str, Any]]:
        """Return a dict per column: name, type, nullable, default, ...

        Raises exc.NoSuchTableError, as the methods below.
        """
        return list(self._ask("get_columns", table_name, schema))

    def get_pk_constraint(
        self, table_name: str, schema: str | None = None, **kw: Any
    ) -> dict[str, Any]:
        """Return {"constrained_columns": [...], "name": ...}."""
        return dict(self._ask("get_pk_constraint", table_name, schema))

    def get_foreign_keys(
        self, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[dict[str, Any]]:
        """Return a dict per foreign key: name, constrained_columns, referred_table, ..."""
        return list(self._ask("get_foreign_keys", table_name, schema))

    def get_indexes(
        self, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[dict[str, Any]]:
        """Return a dict per index: name, column_names, unique, dialect_options."""
        return list(self._ask("get_indexes", table_name, schema))

    def get_unique_constraints(
        self, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[dict[str, Any]]:
        """Return a dict per unique constraint: name, column_names."""
        return list(self._ask("get_unique_constraints", table_name, schema))

    def get_check_constraints(
        self, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[dict[str, Any]]:
        """Return a dict per check constraint: name, sqltext."""
        return list(self._ask("get_check_constraints", table_name, schema))

    def get_table_comment(
        self, table_name: str, schema: str | None = None, **kw: Any
    ) -> dict[str, Any]:
        """Return {"text": the comment or None}."""
        return dict(self._ask("get_table_comment", table_name, schema))

    def reflect_table(
        self,
        table: Any,
        include_columns: Collection[str] | None,
        exclude_columns: Collection[str] = (),
        resolve_fks: bool = True,
        **kw: Any,
    ) -> None:
        """Add to a Table what the database knows of it.

        include_columns, exclude_columns: which of its columns. resolve_fks: load the tables that
        foreign keys refer to as well. Raises exc.NoSuchTableError.
        """
        wanted = include_columns
        if exclude_columns:
            names = [c["name"] for c in self.get_columns(table.name, table.schema)]
            wanted = [
                name
                for name in names
                if name not in exclude_columns and (wanted is None or name in wanted)
            ]
        self.bind._reflect_table(table, wanted, resolve_fks)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.bind!r}>"


def make_inspector(bind: Engine | Connection) -> Inspector:
    """Return the Inspector of an engine or connection, of the dialect's own class if it has one."""
    made: Inspector = (bind.dialect.inspector or Inspector)(bind)
    return made
