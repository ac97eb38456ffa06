"""The bridge to Alembic: our MetaData as a sqlalchemy.MetaData, and our URL as a SQLAlchemy engine.

The only module that imports SQLAlchemy, and it is imported only by migration commands. What is
copied: tables, columns with their types, keys, constraints, indexes, server defaults, computed and
identity columns, comments. Expressions travel as the SQL text that our compiler makes of them.
"""

from __future__ import annotations

import inspect as python_inspect
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event as sa_event
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import NullPool
from sqlalchemy.sql.elements import conv as sa_conv
from sqlalchemy.types import TypeEngine as SaType, UserDefinedType as SaUserDefinedType

from flask_ormsession.errors import MigrationError
from orm import Engine, MetaData
from orm.types import TypeEngine

_DEEPEST_DECORATION = 20  # of types around types, before it is taken for a circle


def make_engine(engine: Engine, options: Mapping[str, Any] | None = None) -> sa.Engine:
    """Return a SQLAlchemy engine on the database of ours, for the time of one command.

    options: those of our engine. What concerns the connection is taken over: `connect_args`, as
    certificates, and `creator`.
    On SQLite a migration runs in one transaction, DDL included, so that one that fails leaves nothing
    half done. Raises MigrationError for a database in memory.
    """
    url = engine.url
    if engine.dialect.name == "sqlite" and url.database in (None, "", ":memory:"):
        raise MigrationError(
            "The database is SQLite in memory, which nothing can migrate: it is gone when the command "
            "ends. Set ORM_DATABASE_URL to a file, as 'sqlite:///app.db'."
        )
    known = ("connect_args", "creator")
    taken = {name: value for name, value in (options or {}).items() if name in known}
    made = sa.create_engine(make_url_text(engine), poolclass=NullPool, **taken)
    if made.dialect.name == "sqlite":
        sa_event.listen(made, "connect", _leave_transactions_to_us)
        sa_event.listen(made, "begin", _begin_transaction)
    return made


def make_url_text(engine: Engine) -> str:
    """Return the URL of an engine, password included, with its driver: the one that SQLAlchemy
    takes for a URL without may be another."""
    backend = engine.url.drivername.partition("+")[0]
    url = engine.url.set(drivername=f"{backend}+{engine.dialect.driver}")
    return url.render_as_string(hide_password=False)


def connect(engine: sa.Engine) -> sa.Connection:
    """Return a connection. Raises MigrationError if the database cannot be reached."""
    try:
        return engine.connect()
    except sa.exc.DBAPIError as error:
        raise MigrationError(
            f"The database {engine.url.render_as_string()} cannot be reached: {error.orig} Is its "
            "server running, and is ORM_DATABASE_URL right?"
        ) from error


def make_mock_bind(url: str, record: Any) -> Any:
    """Return what looks like a connection and only calls `record(statement)`, whose result it hands
    back; its `dialect` is that of the URL. No driver is needed."""
    return sa.create_mock_engine(url, lambda statement, *rest, **kw: record(statement))


def _leave_transactions_to_us(connection: Any, record: Any) -> None:
    connection.isolation_level = None
    # Batch mode drops and renames tables; enforcing foreign keys meanwhile would delete rows.
    connection.execute("PRAGMA foreign_keys=OFF")


def _begin_transaction(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def to_sqlalchemy(metadata: MetaData, engine: Engine) -> sa.MetaData:
    """Return a copy of our MetaData in SQLAlchemy's classes.

    engine: whose dialect chooses among type variants and writes SQL expressions out.
    """
    copied = sa.MetaData(naming_convention=dict(metadata.naming_convention))
    copier = Copier(engine.dialect)
    for table in metadata.tables.values():
        copier.copy_table(table, copied)
    return copied


# Server defaults that every database writes in its own way, and how a script is to write them, so that
# one which was made on SQLite runs on PostgreSQL.
PORTABLE: dict[str, tuple[Any, str]] = {
    "true": (sa.true, "sa.true()"),
    "false": (sa.false, "sa.false()"),
    "now": (sa.func.now, "sa.func.now()"),
    "current_timestamp": (sa.func.current_timestamp, "sa.func.current_timestamp()"),
}


def _describe(expression: Any) -> str:
    """Return the key in PORTABLE that an expression would have."""
    kind = getattr(expression, "__visit_name__", "")
    return kind if kind in ("true", "false") else str(getattr(expression, "name", kind)).lower()


def render_item(kind: str, item: Any, context: Any) -> str | bool:
    """Return the source text of a portable server default, or of a type known only by its SQL;
    False lets Alembic render."""
    if kind == "server_default" and isinstance(item, sa.DefaultClause):
        portable = PORTABLE.get(_describe(item.arg))
        if portable is not None:
            return portable[1]
    if kind == "type" and isinstance(item, UserType):
        context.imports.add("from flask_ormsession.migrate.bridge import UserType")
        return f"UserType({item.spec!r})"
    return False


# What the generic types without digits are on MySQL and MariaDB, where SQLAlchemy's form of them cuts
# off what ours keep. Told to the compiler, so that a script says sa.DateTime() and runs everywhere.
EXACT: dict[type[SaType[Any]], str] = {
    sa.DateTime: "DATETIME(6)",
    sa.Time: "TIME(6)",
    sa.Float: "DOUBLE",
    sa.Numeric: "NUMERIC(65, 30)",
}


def _compile_exactly(type_: Any, compiler: Any, **options: Any) -> str:
    digits = (getattr(type_, name, None) for name in ("precision", "scale", "fsp"))
    if type(type_) in EXACT and all(number is None for number in digits):
        return EXACT[type(type_)]
    visit = getattr(compiler, f"visit_{type_.__visit_name__}")
    return str(visit(type_, **options))


for _generic in EXACT:
    compiles(_generic, "mysql", "mariadb")(_compile_exactly)


class Copier:
    """Copies tables for one dialect."""

    def __init__(self, dialect: Any) -> None:
        self.dialect = dialect

    def copy_table(self, table: Any, target: sa.MetaData) -> sa.Table:
        """Add a copy of a table, with everything on it, to a MetaData of SQLAlchemy."""
        parts: list[Any] = [self.copy_column(column) for column in table.columns]
        parts += [self.copy_constraint(item) for item in _by_name(table.constraints)]
        made = sa.Table(
            str(table.name),
            target,
            *(part for part in parts if part is not None),
            schema=table.schema,
            comment=table.comment,
            **dict(table.dialect_kwargs),
        )
        for index in _by_name(table.indexes):
            self.copy_index(index, made)
        return made

    def copy_column(self, column: Any) -> sa.Column[Any]:
        """Return the copy of a column; keys, constraints and indexes are the table's business."""
        extra = [self._copy_computed(column), self._copy_identity(column)]
        default = None
        if extra == [None, None] and column.server_default is not None:
            default = self.copy_default(column.server_default)
        return sa.Column(
            str(column.name),
            self.copy_type(column.type),
            *(item for item in extra if item is not None),
            key=str(column.key),
            primary_key=column.primary_key,
            nullable=column.nullable,
            autoincrement=column.autoincrement,
            server_default=default,
            comment=column.comment,
            system=column.system,
        )

    def copy_default(self, default: Any) -> Any:
        """Return what a server default is made of: text as text, expressions as SQL."""
        arg = getattr(default, "arg", None)
        if arg is None:
            return sa.FetchedValue()
        if isinstance(arg, str):
            return arg
        portable = PORTABLE.get(_describe(arg))
        return sa.text(self.to_sql(arg)) if portable is None else portable[0]()

    def _copy_computed(self, column: Any) -> sa.Computed | None:
        computed = column.computed
        if computed is None:
            return None
        return sa.Computed(self.to_sql(computed.sqltext), persisted=computed.persisted)

    def _copy_identity(self, column: Any) -> sa.Identity | None:
        identity = column.identity
        if identity is None:
            return None
        return sa.Identity(**_take_arguments(sa.Identity, identity))

    def copy_constraint(self, constraint: Any) -> sa.Constraint | None:
        """Return the copy of a constraint; None for one that SQLAlchemy makes of the type itself."""
        kind = constraint.__visit_name__
        name = copy_name(constraint.name)
        keys = [str(column.key) for column in getattr(constraint, "columns", ())]
        if kind == "primary_key_constraint":
            return sa.PrimaryKeyConstraint(*keys, name=name) if keys else None
        if kind == "unique_constraint":
            return sa.UniqueConstraint(*keys, name=name, **_timing(constraint))
        if kind == "foreign_key_constraint":
            return self._copy_foreign_key(constraint, keys, name)
        if kind == "exclude_constraint":
            return self._copy_exclude(constraint, name)
        if hasattr(constraint, "sqltext") and not getattr(constraint, "_type_bound", False):
            return sa.CheckConstraint(
                self.to_sql(constraint.sqltext), name=name, **_timing(constraint)
            )
        return None

    def _copy_exclude(self, constraint: Any, name: Any) -> sa.Constraint | None:
        """Return the copy of an EXCLUDE constraint, which only PostgreSQL has."""
        if self.dialect.name != "postgresql":
            return None
        elements = [
            (str(part.name) if hasattr(part, "table") else sa.text(self.to_sql(part)), operator)
            for part, operator in constraint.elements
        ]
        where = None if constraint.where is None else sa.text(self.to_sql(constraint.where))
        module = import_module("sqlalchemy.dialects.postgresql")
        made: sa.Constraint = module.ExcludeConstraint(
            *elements,
            name=name,
            using=constraint.using,
            where=where,
            ops=dict(constraint.ops or {}),
            **_timing(constraint),
        )
        return made

    def _copy_foreign_key(self, constraint: Any, keys: list[str], name: Any) -> sa.Constraint:
        return sa.ForeignKeyConstraint(
            keys,
            [_target_of(element) for element in constraint.elements],
            name=name,
            ondelete=constraint.ondelete,
            onupdate=constraint.onupdate,
            use_alter=constraint.use_alter,
            match=constraint.match,
            **_timing(constraint),
        )

    def copy_index(self, index: Any, table: sa.Table) -> sa.Index:
        """Add the copy of an index to a copied table."""
        parts: list[Any] = []
        for expression in index.expressions:
            if getattr(expression, "table", None) is index.table and hasattr(expression, "key"):
                parts.append(table.c[str(expression.key)])
            else:
                parts.append(sa.text(self.to_sql(expression)))
        options = dict(index.dialect_kwargs)
        for key, value in options.items():
            if key.endswith("_where") and not isinstance(value, str):
                options[key] = sa.text(self.to_sql(value))
        made = sa.Index(copy_name(index.name), *parts, unique=bool(index.unique), **options)
        if made.table is None:
            table.append_constraint(made)
        return made

    def to_sql(self, expression: Any) -> str:
        """Return an expression as SQL text, values written out."""
        if isinstance(expression, str):
            return expression
        compiled = expression.compile(dialect=self.dialect, compile_kwargs={"literal_binds": True})
        # A constraint or default stands inside its table: its columns need no table name.
        text = str(compiled)
        for table in _tables_in(expression):
            prefix = self.dialect.identifier_preparer.format_table(table)
            text = text.replace(f"{prefix}.", "")
        return text

    # -- types

    def copy_type(self, type_: Any) -> SaType[Any]:
        """Return SQLAlchemy's type for one of ours: the class of the same name, same arguments,
        with its variants for other databases.

        Decorators are followed to what they store. Raises MigrationError for a type that
        SQLAlchemy does not know and which does not say its SQL itself.
        """
        made = self._copy_plain_type(type_)
        for name, variant in getattr(type_, "_variant_mapping", {}).items():
            made = made.with_variant(self._copy_plain_type(variant), name)
        return made

    def _copy_plain_type(self, type_: Any) -> SaType[Any]:
        for _ in range(_DEEPEST_DECORATION):
            if not hasattr(type_, "impl_instance"):
                break
            type_ = type_.load_dialect_impl(self.dialect)
        if hasattr(type_, "get_col_spec"):
            return UserType(type_.get_col_spec())
        if hasattr(type_, "data_type"):
            # A DOMAIN: its definition is the work of a script of its own, here it has a name only.
            return UserType(self.dialect.type_compiler.process(type_))
        for kind in type(type_).__mro__:
            found = _find_type(kind)
            if found is not None:
                return self._make_type(found, type_)
        raise MigrationError(
            f"The type {type_!r} has no counterpart in SQLAlchemy, so no migration can be made of it. "
            "Derive it from a type of orm, or give it a method get_col_spec() that returns its SQL."
        )

    def _make_type(self, class_: Any, type_: Any) -> SaType[Any]:
        if issubclass(class_, sa.Enum):
            return self._make_enum(class_, type_)
        arguments = _take_arguments(class_, type_)
        for name, value in arguments.items():
            if isinstance(value, TypeEngine):  # of items, of a document's text
                arguments[name] = self.copy_type(value)
        arguments.pop("pickler", None)
        arguments.pop("comparator", None)
        arguments.pop("impl", None)
        values = type_.values if class_.__name__ == "SET" else ()
        made: SaType[Any] = class_(*values, **arguments)
        return made

    def _make_enum(self, class_: Any, type_: Any) -> SaType[Any]:
        names = ("name", "native_enum", "create_constraint", "length")
        options = {name: getattr(type_, name, None) for name in names}
        if options["length"] is None or options["native_enum"]:
            del options["length"]
        made: SaType[Any] = class_(*type_.enums, **options)
        return made


class UserType(SaUserDefinedType[Any]):
    """A column type known only by its SQL."""

    cache_ok = True

    def __init__(self, spec: str) -> None:
        self.spec = spec

    def get_col_spec(self, **options: Any) -> str:
        """Return the SQL of the type."""
        return self.spec


def _find_type(kind: type) -> type[SaType[Any]] | None:
    """Return SQLAlchemy's type of the same name: a generic one, or one of the dialect whose
    package the type comes from."""
    if not kind.__module__.startswith("orm.") and not kind.__module__.startswith("sqlalchemy."):
        return None
    places: list[Any] = [sa.types]
    if ".dialects." in kind.__module__:
        dialect = kind.__module__.split(".dialects.")[1].split(".")[0]
        places.insert(0, import_module(f"sqlalchemy.dialects.{dialect}"))
    for place in places:
        found = getattr(place, kind.__name__, None)
        if isinstance(found, type) and issubclass(found, SaType) and found is not SaType:
            return found
    return None


def enum_names(items: Any) -> Iterator[str]:
    """Yield the names of the native enum types among SQLAlchemy columns."""
    for item in items:
        if isinstance(item, sa.Column) and isinstance(item.type, sa.Enum):
            if item.type.name and item.type.native_enum:
                yield str(item.type.name)


def copy_name(name: Any) -> Any:
    """Return the name of a constraint, still marked if a naming convention made it."""
    if name is None:
        return None
    return sa_conv(str(name)) if type(name).__name__ == "conv" else str(name)


def _take_arguments(class_: Any, source: Any) -> dict[str, Any]:
    """Return those attributes of `source` which the constructor of `class_` has as parameters."""
    parameters = python_inspect.signature(class_).parameters.values()
    keyword = (parameter for parameter in parameters if parameter.kind is not parameter.VAR_KEYWORD)
    names = [item.name for item in keyword if item.kind is not item.VAR_POSITIONAL]
    found = {name: getattr(source, name, None) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def _timing(constraint: Any) -> dict[str, Any]:
    return {"deferrable": constraint.deferrable, "initially": constraint.initially}


def _target_of(element: Any) -> str:
    """Return "table.column" of a foreign key, by the keys the copied tables have too."""
    column = element.column
    return f"{column.table.fullname}.{column.key}"


def _tables_in(expression: Any) -> Iterator[Any]:
    seen = set()
    pending = [expression]
    while pending:
        element = pending.pop()
        table = getattr(element, "table", None)
        if (
            table is not None
            and id(table) not in seen
            and getattr(table, "metadata", None) is not None
        ):
            seen.add(id(table))
            yield table
        pending.extend(element.get_children())


def _by_name(items: Any) -> list[Any]:
    return sorted(items, key=lambda item: (str(item.name or ""), item.__visit_name__))
