"""Types that are objects of the database with a name of their own: enumerations and domains."""

from __future__ import annotations

from typing import Any, ClassVar

from orm.schema.create import ddl_connection, effective_schema
from orm.schema.ddl import CreateEnumType, DropEnumType
from orm.types.base import Processor, TypeDialect, TypeEngine, to_instance
from orm.types.scalar import FOLLOW, SchemaType


class CreateDomainType(CreateEnumType):
    """CREATE DOMAIN, in the place of CREATE TYPE."""

    __visit_name__ = "create_domain_type"


class DropDomainType(DropEnumType):
    """DROP DOMAIN, in the place of DROP TYPE."""

    __visit_name__ = "drop_domain_type"


class NamedType(SchemaType):
    """Base of ENUM and DOMAIN, which are created before the tables and dropped after them.

    create_type: whether tables do so; create() and drop() do in any case.
    """

    create_type: bool = True
    _create: ClassVar[type[CreateEnumType]] = CreateEnumType
    _drop: ClassVar[type[DropEnumType]] = DropEnumType

    def create(self, bind: Any, checkfirst: bool = True) -> None:
        """Create the type in the database; with `checkfirst`, only if it is not there."""
        with ddl_connection(bind) as connection:
            if not (checkfirst and self._is_there(connection)):
                connection.execute(self._create(self))

    def drop(self, bind: Any, checkfirst: bool = True) -> None:
        """Drop the type from the database; with `checkfirst`, only if it is there."""
        with ddl_connection(bind) as connection:
            if not checkfirst or self._is_there(connection):
                connection.execute(self._drop(self))

    def _is_there(self, connection: Any) -> bool:
        schema = effective_schema(connection, self)
        return bool(connection.dialect.has_type(connection, self.name, schema))


class DOMAIN(NamedType, TypeEngine):
    """A type under a name of its own, which may have a default and conditions: `DOMAIN("age", Integer, check="VALUE >= 0")`.

    data_type: what it is made of, a DOMAIN or ENUM as well. default: a string, which becomes a literal, or
    text(). check: text or an expression over VALUE; constraint_name is its name. collation: of strings.
    create_type: make it with the first table and drop it with the last. schema, metadata: as for Enum.
    """

    __visit_name__ = "DOMAIN"

    _create = CreateDomainType
    _drop = DropDomainType

    def __init__(
        self,
        name: str,
        data_type: TypeEngine | type[TypeEngine],
        *,
        collation: str | None = None,
        default: Any = None,
        constraint_name: str | None = None,
        not_null: bool | None = None,
        check: Any = None,
        create_type: bool = True,
        schema: Any = FOLLOW,
        metadata: Any = None,
        inherit_schema: bool = False,
    ) -> None:
        self.data_type = to_instance(data_type)
        self.collation = collation
        self.default = default
        self.constraint_name = constraint_name
        self.not_null = not_null
        self.check = check
        self.create_type = create_type
        SchemaType.__init__(self, name, schema, metadata, inherit_schema)
        self.comparator_factory = self.data_type.comparator_factory
        self._type_affinity = self.data_type._type_affinity

    @property
    def python_type(self) -> type[Any]:
        """That of the data type."""
        return self.data_type.python_type

    def bind_processor(self, dialect: TypeDialect) -> Processor | None:
        return self.data_type.dialect_impl(dialect).bind_processor(dialect)

    def result_processor(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        return self.data_type.dialect_impl(dialect).result_processor(dialect, coltype)

    def literal_processor(self, dialect: TypeDialect) -> Any:
        return self.data_type.dialect_impl(dialect).literal_processor(dialect)

    def bind_expression(self, bindvalue: Any) -> Any:
        return self.data_type.bind_expression(bindvalue)

    def column_expression(self, colexpr: Any) -> Any:
        return self.data_type.column_expression(colexpr)

    def compare_values(self, x: Any, y: Any) -> bool:
        return self.data_type.compare_values(x, y)

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine:
        return self.data_type.coerce_compared_value(op, value)
