"""The description of a database's tables, and the statements that create and drop them."""

from orm.schema.column import Column
from orm.schema.constraints import (
    CheckConstraint,
    ColumnCollectionConstraint,
    Constraint,
    PrimaryKeyConstraint,
    UniqueConstraint,
)
from orm.schema.ddl import (
    DDL,
    AddConstraint,
    CreateIndex,
    CreateSchema,
    CreateSequence,
    CreateTable,
    DDLElement,
    DropConstraint,
    DropIndex,
    DropSchema,
    DropSequence,
    DropTable,
    SetColumnComment,
    SetTableComment,
)
from orm.schema.defaults import (
    ColumnDefault,
    Computed,
    DefaultClause,
    DefaultGenerator,
    FetchedValue,
    Identity,
    Sequence,
)
from orm.schema.foreign_key import ForeignKey, ForeignKeyConstraint
from orm.schema.index import Index
from orm.schema.items import SchemaItem, conv, quoted_name
from orm.schema.metadata import MetaData
from orm.schema.table import Table

__all__ = [
    "DDL",
    "AddConstraint",
    "CheckConstraint",
    "Column",
    "ColumnCollectionConstraint",
    "ColumnDefault",
    "Computed",
    "Constraint",
    "CreateIndex",
    "CreateSchema",
    "CreateSequence",
    "CreateTable",
    "DDLElement",
    "DefaultClause",
    "DefaultGenerator",
    "DropConstraint",
    "DropIndex",
    "DropSchema",
    "DropSequence",
    "DropTable",
    "FetchedValue",
    "ForeignKey",
    "ForeignKeyConstraint",
    "Identity",
    "Index",
    "MetaData",
    "PrimaryKeyConstraint",
    "SchemaItem",
    "Sequence",
    "SetColumnComment",
    "SetTableComment",
    "Table",
    "UniqueConstraint",
    "conv",
    "quoted_name",
]
