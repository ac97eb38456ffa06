"""DDL statements as objects: what create_all() executes, and what can be executed by hand."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from orm import exc
from orm.schema.conditions import DDLCondition
from orm.sql.cache_key import NotCacheable
from orm.sql.executable import Executable
from orm.util.printing import default_dialect

if TYPE_CHECKING:
    from orm.schema.foreign_key import ForeignKeyConstraint


class DDLElement(Executable):
    """Base of all DDL statements; executable like any statement, and a listener for schema events."""

    __visit_name__ = "ddl_element"
    is_ddl = True

    target: Any = None
    _condition: DDLCondition | None = None

    def _build_key(self, binds: list[Any], shared: list[Any]) -> Hashable:
        # executed once as a rule, so not worth keeping compiled
        raise NotCacheable

    def compile(self, bind: Any = None, dialect: Any = None, **options: Any) -> Any:
        """Compile with the dialect's DDL compiler; by default the generic one."""
        if dialect is None:
            dialect = bind.dialect if bind is not None else default_dialect()
        return dialect.ddl_compiler(dialect).compile(self, **options)

    def against(self, target: Any) -> DDLElement:
        """A copy for this table."""
        made = self._clone()
        made.target = target
        return made

    def execute_if(
        self,
        dialect: str | Sequence[str] | None = None,
        callable_: Callable[..., bool] | None = None,
        state: Any = None,
    ) -> DDLElement:
        """A copy that, as a listener, executes only on these dialects and if the function says so.

        callable_ is called as callable_(ddl, target, bind, dialect=..., state=..., **options).
        """
        made = self._clone()
        made._condition = DDLCondition.make(dialect, callable_, state)
        return made

    def _should_execute(self, target: Any, bind: Any, **options: Any) -> bool:
        condition = self._condition
        return condition is None or condition.holds(self, target, bind, bind.dialect, **options)

    def __call__(self, target: Any, bind: Any, **options: Any) -> None:
        """Execute on a connection, as a listener of a schema event."""
        if self._should_execute(target, bind, **options):
            bind.execute(self.against(target))


class DDL(DDLElement):
    """A DDL statement as text.

    `%(table)s`, `%(schema)s` and `%(fullname)s` are replaced by the quoted names of the table it is executed for, and
    other `%(name)s` by `context[name]`; a literal `%` is written `%%`.
    """

    __visit_name__ = "ddl"

    def __init__(self, statement: str, context: Mapping[str, Any] | None = None) -> None:
        if not isinstance(statement, str):
            raise exc.ArgumentError(f"DDL() takes a string of SQL, not {statement!r}.")
        self.statement = statement
        self.context = dict(context or {})

    def __repr__(self) -> str:
        return f"DDL({self.statement!r})"


class _ForElement(DDLElement):
    """A DDL statement about one schema item, `.element`."""

    def __init__(self, element: Any) -> None:
        self.element = element

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.element!r})"


class CreateSchema(_ForElement):
    """CREATE SCHEMA name."""

    __visit_name__ = "create_schema"

    def __init__(self, name: str, if_not_exists: bool = False) -> None:
        super().__init__(name)
        self.if_not_exists = if_not_exists


class DropSchema(_ForElement):
    """DROP SCHEMA name."""

    __visit_name__ = "drop_schema"

    def __init__(self, name: str, cascade: bool = False, if_exists: bool = False) -> None:
        super().__init__(name)
        self.cascade = cascade
        self.if_exists = if_exists


class CreateTable(_ForElement):
    """CREATE TABLE with its constraints, but without its indexes.

    include_foreign_key_constraints: the foreign keys to write; None for all, except those with `use_alter`.
    """

    __visit_name__ = "create_table"

    def __init__(
        self,
        element: Any,
        include_foreign_key_constraints: Collection[ForeignKeyConstraint] | None = None,
        if_not_exists: bool = False,
    ) -> None:
        super().__init__(element)
        self.include_foreign_key_constraints = include_foreign_key_constraints
        self.if_not_exists = if_not_exists

    @property
    def columns(self) -> list[CreateColumn]:
        """The definitions of the columns."""
        return [CreateColumn(column) for column in self.element.c]


class DropView(_ForElement):
    """DROP VIEW. element: the table that stands for the view."""

    __visit_name__ = "drop_view"

    def __init__(self, element: Any, if_exists: bool = False, materialized: bool = False) -> None:
        super().__init__(element)
        self.if_exists = if_exists
        self.materialized = materialized


class CreateColumn(_ForElement):
    """A column's definition, as it stands within CREATE TABLE."""

    __visit_name__ = "create_column"


class DropTable(_ForElement):
    """DROP TABLE."""

    __visit_name__ = "drop_table"

    def __init__(self, element: Any, if_exists: bool = False) -> None:
        super().__init__(element)
        self.if_exists = if_exists


class CreateIndex(_ForElement):
    """CREATE [UNIQUE] INDEX."""

    __visit_name__ = "create_index"

    def __init__(self, element: Any, if_not_exists: bool = False) -> None:
        super().__init__(element)
        self.if_not_exists = if_not_exists


class DropIndex(_ForElement):
    """DROP INDEX."""

    __visit_name__ = "drop_index"

    def __init__(self, element: Any, if_exists: bool = False) -> None:
        super().__init__(element)
        self.if_exists = if_exists


class CreateSequence(_ForElement):
    """CREATE SEQUENCE."""

    __visit_name__ = "create_sequence"

    def __init__(self, element: Any, if_not_exists: bool = False) -> None:
        super().__init__(element)
        self.if_not_exists = if_not_exists


class DropSequence(_ForElement):
    """DROP SEQUENCE."""

    __visit_name__ = "drop_sequence"

    def __init__(self, element: Any, if_exists: bool = False) -> None:
        super().__init__(element)
        self.if_exists = if_exists


class AddConstraint(_ForElement):
    """ALTER TABLE ... ADD CONSTRAINT.

    isolate_from_table: from now on CREATE TABLE leaves the constraint out, since this statement adds it.
    """

    __visit_name__ = "add_constraint"

    def __init__(self, element: Any, *, isolate_from_table: bool = True) -> None:
        super().__init__(element)
        if isolate_from_table:
            element._isolated = True


class DropConstraint(_ForElement):
    """ALTER TABLE ... DROP CONSTRAINT.

    name: the constraint's name in the database, where the constraint itself has none. isolate_from_table: from now on
    CREATE TABLE leaves the constraint out.
    """

    __visit_name__ = "drop_constraint"

    def __init__(
        self,
        element: Any,
        cascade: bool = False,
        if_exists: bool = False,
        name: str | None = None,
        *,
        isolate_from_table: bool = False,
    ) -> None:
        super().__init__(element)
        if isolate_from_table:
            element._isolated = True
        self.cascade = cascade
        self.if_exists = if_exists
        self.name = name


class SetTableComment(_ForElement):
    """The table's comment, as a statement of its own."""

    __visit_name__ = "set_table_comment"


class SetColumnComment(_ForElement):
    """A column's comment, as a statement of its own."""

    __visit_name__ = "set_column_comment"


class CreateEnumType(_ForElement):
    """CREATE TYPE ... AS ENUM, for databases where enumerations are types by name."""

    __visit_name__ = "create_enum_type"


class DropEnumType(_ForElement):
    """DROP TYPE of an enumeration."""

    __visit_name__ = "drop_enum_type"
