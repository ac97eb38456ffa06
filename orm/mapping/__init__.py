"""What classes and tables mean to each other: declared, imperative, or as dataclasses."""

import typing as _typing

from orm.mapping.aliased import AliasedClass, AliasedInsp, aliased
from orm.mapping.cascades import CascadeOptions
from orm.mapping.columns import MappedColumn
from orm.mapping.composite import Composite, CompositeProperty
from orm.mapping.configure import clear_mappers, configure_mappers, on_configured
from orm.mapping.constructs import (
    backref,
    column_property,
    composite,
    deferred,
    dynamic_loader,
    mapped_column,
    orm_insert_sentinel,
    query_expression,
    relationship,
    synonym,
    synonym_for,
)
from orm.mapping.declarative import (
    DeclarativeBase,
    DeclarativeBaseNoMeta,
    DeclarativeMeta,
    add_mapped_attribute,
    as_declarative,
    declarative_base,
    has_inherited_table,
)
from orm.mapping.declared import declarative_mixin, declared_attr
from orm.mapping.join_condition import (
    MANYTOMANY,
    MANYTOONE,
    ONETOMANY,
    RelationshipDirection,
    foreign,
    remote,
)
from orm.mapping.mapped import (
    DynamicMapped,
    Mapped,
    ORMDescriptor,
    SQLORMExpression,
    WriteOnlyMapped,
)
from orm.mapping.mapper import Mapper, class_mapper, object_mapper
from orm.mapping.properties import (
    ColumnProperty,
    MappedSQLExpression,
    MapperProperty,
    PropComparator,
)
from orm.mapping.registry import registry
from orm.mapping.relationship import Relationship, RelationshipProperty
from orm.mapping.synonyms import Synonym, SynonymProperty
from orm.mapping.validators import reconstructor, validates
from orm.util.late import late_names as _late_names

if _typing.TYPE_CHECKING:
    from orm.mapping.as_dataclass import MappedAsDataclass, mapped_as_dataclass, unmapped_dataclass
    from orm.mapping.bundle import Bundle
    from orm.mapping.ownership import with_parent
    from orm.mapping.polymorphic import polymorphic_union, with_polymorphic
else:
    __getattr__, __dir__ = _late_names(
        globals(),
        {
            "orm.mapping.as_dataclass": "MappedAsDataclass mapped_as_dataclass unmapped_dataclass",
            "orm.mapping.bundle": "Bundle",
            "orm.mapping.ownership": "with_parent",
            "orm.mapping.polymorphic": "polymorphic_union with_polymorphic",
        },
    )

__all__ = [
    "ORMDescriptor",
    "SQLORMExpression",
    "add_mapped_attribute",
    "dynamic_loader",
    "synonym_for",
    "AliasedClass",
    "AliasedInsp",
    "aliased",
    "MappedAsDataclass",
    "mapped_as_dataclass",
    "has_inherited_table",
    "CascadeOptions",
    "Composite",
    "MappedSQLExpression",
    "Relationship",
    "Synonym",
    "CompositeProperty",
    "clear_mappers",
    "configure_mappers",
    "on_configured",
    "backref",
    "column_property",
    "composite",
    "deferred",
    "mapped_column",
    "orm_insert_sentinel",
    "query_expression",
    "relationship",
    "synonym",
    "MappedColumn",
    "DeclarativeBase",
    "DeclarativeBaseNoMeta",
    "DeclarativeMeta",
    "as_declarative",
    "declarative_base",
    "declarative_mixin",
    "declared_attr",
    "MANYTOMANY",
    "MANYTOONE",
    "ONETOMANY",
    "RelationshipDirection",
    "foreign",
    "remote",
    "DynamicMapped",
    "Mapped",
    "WriteOnlyMapped",
    "Mapper",
    "class_mapper",
    "object_mapper",
    "polymorphic_union",
    "Bundle",
    "ColumnProperty",
    "MapperProperty",
    "PropComparator",
    "registry",
    "RelationshipProperty",
    "SynonymProperty",
    "reconstructor",
    "unmapped_dataclass",
    "validates",
    "with_parent",
    "with_polymorphic",
]
