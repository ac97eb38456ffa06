"""The SQL expression language: an immutable tree of elements and the functions that build it."""

from __future__ import annotations

import typing as _typing

from orm.sql.adapt import ClauseAdapter
from orm.sql.column_expression import ColumnExpressionArgument, SQLColumnExpression
from orm.sql.columns import ColumnCollection
from orm.sql.comparators import Comparator
from orm.sql.constructs import (
    Case,
    Cast,
    CollectionAggregate,
    Extract,
    FunctionFilter,
    Over,
    TryCast,
    Tuple,
    TypeCoerce,
    WithinGroup,
)
from orm.sql.elements import (
    BinaryExpression,
    BindParameter,
    ColumnClause,
    ColumnElement,
    False_,
    Grouping,
    Label,
    Null,
    True_,
    UnaryExpression,
)
from orm.sql.executable import Executable
from orm.sql.expression import (
    LABEL_STYLE_DEFAULT,
    LABEL_STYLE_DISAMBIGUATE_ONLY,
    LABEL_STYLE_NONE,
    LABEL_STYLE_TABLENAME_PLUS_COL,
    OrderByList,
    alias,
    all_,
    and_,
    any_,
    asc,
    between,
    bindparam,
    bitwise_not,
    case,
    cast,
    collate,
    column,
    cte,
    desc,
    distinct,
    exists,
    extract,
    false,
    funcfilter,
    join,
    label,
    lateral,
    literal,
    not_,
    null,
    nulls_first,
    nulls_last,
    nullsfirst,
    nullslast,
    or_,
    outerjoin,
    outparam,
    over,
    table,
    tablesample,
    true,
    try_cast,
    tuple_,
    type_coerce,
    values,
    within_group,
)
from orm.sql.extensions import SyntaxExtension
from orm.sql.functions import Function, FunctionElement, GenericFunction, ScalarFunctionColumn, func
from orm.sql.lambdas import lambda_stmt
from orm.sql.lists import BooleanClauseList, ClauseList
from orm.sql.operators import ColumnOperators, Operators, custom_op
from orm.sql.select import GenerativeSelect, Select, select
from orm.sql.selectable import (
    Alias,
    AliasedReturnsRows,
    FromClause,
    FromGrouping,
    Join,
    Lateral,
    TableClause,
    TableSample,
    TableValuedAlias,
    Values,
)
from orm.sql.subquery import (
    CTE,
    Exists,
    HasCTE,
    ReturnsRows,
    ScalarSelect,
    SelectBase,
    SelectLabelStyle,
    Subquery,
)
from orm.sql.text import TextualSelect, literal_column, text, tstring
from orm.sql.text_clause import TextClause
from orm.sql.visitors import ClauseElement
from orm.sql.window import FrameClause, FrameClauseType
from orm.util.late import late_names as _late_names

if _typing.TYPE_CHECKING:
    from orm.sql.compound import (
        CompoundSelect,
        except_,
        except_all,
        intersect,
        intersect_all,
        union,
        union_all,
    )
    from orm.sql.dml import (
        Delete,
        Insert,
        Update,
        UpdateBase,
        ValuesBase,
        delete,
        from_dml_column,
        insert,
        update,
    )
else:
    __getattr__, __dir__ = _late_names(
        globals(),
        {
            "orm.sql.compound": "CompoundSelect except_ except_all intersect intersect_all union "
            "union_all",
            "orm.sql.dml": "Delete Insert Update UpdateBase ValuesBase delete from_dml_column "
            "insert update",
        },
    )

__all__ = [
    "lambda_stmt",
    "AliasedReturnsRows", "FromGrouping", "TableValuedAlias", "CollectionAggregate", "FunctionFilter", "TryCast", "WithinGroup", "ColumnCollection", "False_", "True_", "Null", "Grouping", "GenerativeSelect", "HasCTE", "ReturnsRows", "SelectLabelStyle", "ScalarFunctionColumn", "UpdateBase", "ValuesBase",
    "CTE", "LABEL_STYLE_DEFAULT", "LABEL_STYLE_DISAMBIGUATE_ONLY", "LABEL_STYLE_NONE",
    "LABEL_STYLE_TABLENAME_PLUS_COL", "Alias", "BinaryExpression", "BindParameter",
    "BooleanClauseList", "Case", "Cast", "ClauseAdapter", "ClauseElement", "ClauseList", "ColumnClause",
    "ColumnElement", "ColumnExpressionArgument", "ColumnOperators", "Operators", "custom_op", "Comparator", "CompoundSelect", "Delete", "Executable", "Exists", "Extract",
    "FrameClause", "FrameClauseType", "FromClause", "Function", "FunctionElement", "GenericFunction", "Insert", "Join", "Label",
    "Lateral", "OrderByList", "Over", "SQLColumnExpression", "ScalarSelect", "Select", "SelectBase", "Subquery", "TableClause",
    "TableSample", "TextClause", "TextualSelect", "Tuple", "TypeCoerce", "UnaryExpression",
    "Update", "Values", "alias", "all_", "and_", "any_", "asc", "between", "bindparam",
    "bitwise_not", "case", "cast", "collate", "column", "cte", "delete", "desc", "distinct",
    "except_", "except_all", "exists", "extract", "false", "from_dml_column", "func", "funcfilter", "insert",
    "intersect", "intersect_all", "join", "label", "lateral", "literal", "literal_column", "not_",
    "null", "nulls_first", "nulls_last", "nullsfirst", "nullslast", "or_", "outerjoin", "outparam", "over", "SyntaxExtension", "select", "table",
    "tablesample", "text", "true", "try_cast", "tstring", "tuple_", "type_coerce", "union", "union_all",
    "update", "values", "within_group",
]  # fmt: skip
