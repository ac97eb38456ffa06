"""The description of a database's tables, and the statements that create and drop them; those are loaded when one is named."""

import typing as _typing

from orm.schema.column import Column, insert_sentinel
from orm.schema.constraints import (
    CheckConstraint,
    ColumnCollectionConstraint,
    Constraint,
    PrimaryKeyConstraint,
    UniqueConstraint,
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
from orm.schema.foreign_key import ForeignKey, ForeignKeyConstraint, ForeignKeyTarget
from orm.schema.index import Index
from orm.schema.items import BLANK_SCHEMA, RETAIN_SCHEMA, SchemaItem, conv, quoted_name
from orm.schema.metadata import MetaData
from orm.schema.table import Table
from orm.sql.selectable import STATEMENTS as _STATEMENTS
from orm.util.late import late_function as _late_function, late_names as _late_names

if _typing.TYPE_CHECKING:
    from orm.schema.ddl import (
        DDL,
        AddConstraint,
        CreateColumn,
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
        DropView,
        SetColumnComment,
        SetTableComment,
    )
    from orm.schema.views import CreateTableAs, CreateView
else:
    __getattr__, __dir__ = _late_names(
        globals(),
        {
            "orm.schema.ddl": "DDL AddConstraint CreateColumn CreateIndex CreateSchema CreateSequence "
            "CreateTable DDLElement DropConstraint DropIndex DropSchema "
            "DropSequence DropTable DropView SetColumnComment SetTableComment",
            "orm.schema.views": "CreateTableAs CreateView",
        },
    )

_STATEMENTS["create_table_as"] = _late_function("orm.schema.views", "CreateTableAs")

__all__ = [
    "BLANK_SCHEMA",
    "DDL",
    "AddConstraint",
    "CheckConstraint",
    "Column",
    "ColumnCollectionConstraint",
    "ColumnDefault",
    "Computed",
    "Constraint",
    "CreateColumn",
    "CreateIndex",
    "CreateSchema",
    "CreateSequence",
    "CreateTable",
    "CreateTableAs",
    "CreateView",
    "DDLElement",
    "DefaultClause",
    "DefaultGenerator",
    "DropConstraint",
    "DropIndex",
    "DropSchema",
    "DropSequence",
    "DropTable",
    "DropView",
    "FetchedValue",
    "ForeignKey",
    "ForeignKeyConstraint",
    "ForeignKeyTarget",
    "Identity",
    "Index",
    "MetaData",
    "PrimaryKeyConstraint",
    "RETAIN_SCHEMA",
    "SchemaItem",
    "Sequence",
    "SetColumnComment",
    "SetTableComment",
    "Table",
    "UniqueConstraint",
    "conv",
    "insert_sentinel",
    "quoted_name",
]
