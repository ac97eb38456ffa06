"""`func`: calls of SQL functions, with the result types of the well-known ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from orm import exc
from orm.sql import operators as ops
from orm.sql.coercions import expect_column, expect_expr
from orm.sql.column_expression import SQLColumnExpression
from orm.sql.constructs import FunctionFilter, Over, WithinGroup
from orm.sql.elements import (
    ColumnClause,
    ColumnElement,
    Grouping,
)
from orm.sql.executable import Executable
from orm.sql.lists import ClauseList
from orm.sql.visitors import Kind, Traverse
from orm.types.base import NULLTYPE, TypeEngine, to_instance
from orm.types.resolve import BOOLEANTYPE, INTEGERTYPE, STRINGTYPE
from orm.types.scalar import Numeric
from orm.types.structured import ARRAY
from orm.types.temporal import Date, DateTime, Time
from orm.util.typevars import T0, T


class FunctionElement(ColumnElement[T], Executable):
    """A call of a function: `.name`, `.clause_expr` (the arguments)."""

    _traverse: ClassVar[Traverse] = (("clause_expr", Kind.CHILD), ("type", Kind.TYPE))
    packagenames: tuple[str, ...] = ()
    _has_args: ClassVar[bool] = False
    _returns_rows: ClassVar[bool] = True
    name: str

    def __init__(self, *clauses: Any) -> None:
        args = [self._argument(clause) for clause in clauses]
        self.clause_expr = Grouping(ClauseList(*args, operator=ops.comma_op, group_contents=True))

    def _argument(self, value: Any) -> Any:
        element = expect_expr(value)
        if element._is_bind_parameter and element is not value and element.key == "param":
            element.key = self.name
        return element

    @property
    def clauses(self) -> ClauseList:
        """The arguments."""
        return self.clause_expr.element  # type: ignore[no-any-return]

    @property
    def _anon_base(self) -> str:
        # a class of the application's, rendered by a function of its own, needs no name
        return getattr(self, "name", "anon")

    @property
    def _bind_base(self) -> str:
        return getattr(self, "name", "param")

    @property
    def _result_name(self) -> str | None:
        return None

    def over(
        self,
        *,
        partition_by: Any = None,
        order_by: Any = None,
        rows: Any = None,
        range_: Any = None,
        groups: Any = None,
        exclude: str | None = None,
    ) -> Over:
        """This function over a window."""
        return Over(self, partition_by, order_by, range_, rows, groups, exclude)

    def within_group(self, *order_by: Any) -> WithinGroup:
        """This function as an ordered-set aggregate."""
        return WithinGroup(self, *order_by)

    def filter(self, *criterion: Any) -> Any:
        """This aggregate over the rows that meet the conditions."""
        return FunctionFilter(self, *criterion) if criterion else self

    def within_group_type(self, within_group: Any) -> TypeEngine | None:
        """The result type as an ordered-set aggregate, None for the usual one."""
        return None

    def as_comparison(self, left_index: int, right_index: int) -> Any:
        """The function as a comparison of two of its arguments, for the conditions of relationships.

        left_index, right_index: their places, counted from 1. Raises exc.ArgumentError if there is no such argument.

            primaryjoin=lambda: func.instr(remote(foreign(Venue.name)), Venue.name).as_comparison(1, 2) == 1
        """
        return FunctionComparison(self, left_index, right_index)

    def table_valued(self, *expr: Any, **kw: Any) -> Any:
        """The function in FROM: its rows under these column names."""
        return _TABLE_FACTORIES["table_valued"](self, expr, **kw)

    def column_valued(self, name: str | None = None, joins_implicitly: bool = False) -> Any:
        """The function in FROM, as one column."""
        return _TABLE_FACTORIES["column_valued"](self, name, joins_implicitly)

    def alias(self, name: str | None = None, joins_implicitly: bool = False) -> Any:
        """The function in FROM under a name."""
        return _TABLE_FACTORIES["alias"](self, name, joins_implicitly)

    def _as_from(self) -> Any:
        """What stands in FROM for the function itself."""
        return self.alias()

    def lateral(self, name: str | None = None) -> Any:
        """The function in FROM as LATERAL: its arguments may refer to what stands before it."""
        return self.alias(name).lateral(name)

    def scalar_table_valued(self, name: str, type_: Any = None) -> Any:
        """`(function()).name`: one column of a function's composite result."""
        return ScalarFunctionColumn(self, name, type_)

    @property
    def columns(self) -> Any:
        """The single column of the function in FROM."""
        return self.alias().columns

    c = columns

    def select(self) -> Any:
        """`SELECT function()`."""
        return _TABLE_FACTORIES["select"](self)

    def self_group(self, against: Any = None) -> Any:
        if against is ops.getitem and isinstance(self.type, ARRAY):
            return Grouping(self)
        return self


_TABLE_FACTORIES: dict[str, Callable[..., Any]] = {}


class Function(FunctionElement[T]):
    """A call of a function by name."""

    __visit_name__ = "function"
    _traverse: ClassVar[Traverse] = (
        ("packagenames", Kind.PLAIN),
        ("name", Kind.PLAIN),
        ("type", Kind.TYPE),
    )

    def __init__(
        self, name: str, *clauses: Any, type_: Any = None, packagenames: tuple[str, ...] = ()
    ) -> None:
        self.name = name
        if packagenames:
            self.packagenames = tuple(packagenames)
        self.type = to_instance(type_)
        super().__init__(*clauses)


class FunctionComparison(ColumnElement[bool]):
    """A function that compares two of its arguments: `.sql_function`, `.left`, `.right`."""

    __visit_name__ = "function_comparison"
    _traverse: ClassVar[Traverse] = (
        ("sql_function", Kind.CHILD),
        ("left_index", Kind.PLAIN),
        ("right_index", Kind.PLAIN),
    )
    is_comparison = True
    type = BOOLEANTYPE

    def __init__(self, function: Any, left_index: int, right_index: int) -> None:
        count = len(function.clauses.clauses)
        for index in (left_index, right_index):
            if not 1 <= index <= count:
                raise exc.ArgumentError(
                    f"as_comparison() counts the arguments from 1: {function.name}() has {count}, not one at {index}"
                )
        self.sql_function = function
        self.left_index = left_index
        self.right_index = right_index

    @property
    def left(self) -> Any:
        """The argument on the left of the comparison."""
        return self.sql_function.clauses.clauses[self.left_index - 1]

    @property
    def right(self) -> Any:
        """The argument on the right of the comparison."""
        return self.sql_function.clauses.clauses[self.right_index - 1]

    @property
    def _from_objects(self) -> tuple[Any, ...]:
        return self.sql_function._from_objects  # type: ignore[no-any-return]

    @property
    def _is_implicitly_boolean(self) -> bool:  # type: ignore[override]
        return True


class ScalarFunctionColumn(ColumnElement[Any]):
    """`(function()).name`."""

    __visit_name__ = "scalar_function_column"
    _traverse: ClassVar[Traverse] = (
        ("name", Kind.PLAIN),
        ("type", Kind.TYPE),
        ("fn", Kind.CHILD),
    )

    def __init__(self, fn: Any, name: str, type_: Any = None) -> None:
        self.fn = fn
        self.name = name
        self.key = name
        self.type = to_instance(type_)


class GenericFunction(Function):
    """A function with a result type of its own; subclasses become `func.<name>`.

    Class attributes: `type`, and where they differ from the class, `name`, `identifier` and `package`.
    """

    name = "GenericFunction"
    inherit_cache: bool | None = True

    def __init_subclass__(cls, **kw: Any) -> None:
        super().__init_subclass__(**kw)
        if "_plain_class" in cls.__dict__:
            return
        name = cls.__dict__.get("name", cls.__name__)
        cls.name = name
        identifier = cls.__dict__.get("identifier", name)
        package = cls.__dict__.get("package", "_default")
        if not cls.__dict__.get("_register", True):
            return
        _REGISTRY[(package, str(identifier).lower())] = cls

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        declared = getattr(type(self), "type", NULLTYPE)
        type_ = kwargs.pop("type_", None)
        super().__init__(type(self).name, *args, type_=type_ if type_ is not None else declared)


_REGISTRY: dict[tuple[str, str], type[GenericFunction]] = {}


def register_function(
    identifier: str, fn: type[GenericFunction], package: str = "_default"
) -> None:
    """Make `func.<identifier>` build this class."""
    _REGISTRY[(package, identifier.lower())] = fn


#: the standard's functions, by lower-case name: base and attributes of the class, which the first call makes
_STANDARD: dict[str, tuple[type[GenericFunction], dict[str, Any]]] = {}


def _find_class(package: str, name: str) -> type[GenericFunction] | None:
    found = _REGISTRY.get((package, name))
    if found is None and package == "_default" and name in _STANDARD:
        base, attributes = _STANDARD[name]
        found = type(name, (base,), {"name": name, "__module__": __name__, **attributes})
    return found


#: what is called like a function in SQL but has a form of its own, by lower-case name
SPECIAL_FORMS: dict[str, Callable[..., Any]] = {}


class _FunctionGenerator:
    """`func.name(args)`; `func.package.name(args)` for functions in a schema or package."""

    __slots__ = ("__names", "__opts")

    def __init__(self, names: tuple[str, ...] = (), **opts: Any) -> None:
        self.__names = names
        self.__opts = opts

    def __getattr__(self, name: str) -> _FunctionGenerator:
        if name.startswith("__"):
            raise AttributeError(name)
        # A trailing underscore avoids Python keywords: func.if_().
        clean = name[:-1] if name.endswith("_") else name
        return _FunctionGenerator((*self.__names, clean), **self.__opts)

    if TYPE_CHECKING:
        # what is known of the result types of functions, for type checkers

        def count(self, expression: Any = ..., **kwargs: Any) -> Function[int]: ...
        def length(self, text: Any, **kwargs: Any) -> Function[int]: ...
        def char_length(self, text: Any, **kwargs: Any) -> Function[int]: ...
        def row_number(self, **kwargs: Any) -> Function[int]: ...
        def rank(self, *args: Any, **kwargs: Any) -> Function[int]: ...
        def dense_rank(self, *args: Any, **kwargs: Any) -> Function[int]: ...
        def now(self, **kwargs: Any) -> Function[datetime]: ...
        def current_timestamp(self, **kwargs: Any) -> Function[datetime]: ...
        def current_date(self, **kwargs: Any) -> Function[date]: ...
        def concat(self, *args: Any, **kwargs: Any) -> Function[str]: ...
        def max(self, expression: SQLColumnExpression[T0], **kwargs: Any) -> Function[T0]: ...
        def min(self, expression: SQLColumnExpression[T0], **kwargs: Any) -> Function[T0]: ...
        def sum(self, expression: SQLColumnExpression[T0], **kwargs: Any) -> Function[T0]: ...
        def lower(self, text: Any, **kwargs: Any) -> Function[str]: ...
        def upper(self, text: Any, **kwargs: Any) -> Function[str]: ...
        def coalesce(
            self, first: SQLColumnExpression[T0 | None], *args: Any, **kwargs: Any
        ) -> Function[T0]: ...

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        options = {**self.__opts, **kwargs}
        names = self.__names
        if not names:
            raise exc.ArgumentError("Name the SQL function to call: func.count(...), func.now()")
        package = names[0] if len(names) > 1 else "_default"
        if package == "_default" and names[-1].lower() in SPECIAL_FORMS:
            return SPECIAL_FORMS[names[-1].lower()](*args, **options)
        known = _find_class(package, names[-1].lower())
        if known is not None and len(names) <= 2:
            return known(*args, **options)
        return Function(names[-1], *args, packagenames=names[:-1], **options)


func = _FunctionGenerator()


class AnsiFunction(GenericFunction):
    """A function that is written without parentheses: CURRENT_TIMESTAMP."""

    _register = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)

    _has_args = False


class ReturnTypeFromArgs(GenericFunction):
    """A function whose result has the type of its arguments."""

    _register = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        elements = [self._argument(arg) for arg in args]
        found = next((e.type for e in elements if not e.type._isnull), NULLTYPE)
        kwargs.setdefault("type_", found)
        super().__init__(*elements, **kwargs)


def _from_args(*names: str) -> None:
    for name in names:
        _STANDARD[name] = ReturnTypeFromArgs, {}


def _with_type(
    type_: TypeEngine, *names: str, base: type[GenericFunction] = GenericFunction
) -> None:
    for name in names:
        _STANDARD[name] = base, {"type": type_}


class count(GenericFunction):
    """`count(expression)`; without one `count(*)`."""

    type = INTEGERTYPE

    def __init__(self, expression: Any = None, **kwargs: Any) -> None:
        if expression is None:
            star: ColumnClause[Any] = ColumnClause("*", is_literal=True)
            super().__init__(star, **kwargs)
        else:
            element = expect_column(expression)
            if element._is_from_clause:
                keys = tuple(element.primary_key) or tuple(element.c)
                element = keys[0]
            super().__init__(element, **kwargs)


class array_agg(GenericFunction):
    """`array_agg(expression)`, an array of the expression's type."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        elements = [expect_expr(arg) for arg in args]
        item = elements[0].type if elements else NULLTYPE
        kwargs.setdefault("type_", item if isinstance(item, ARRAY) else ARRAY(item))
        super().__init__(*elements, **kwargs)


class next_value(GenericFunction):
    """The next value of a Sequence."""

    type = INTEGERTYPE
    _traverse: ClassVar[Traverse] = (("sequence", Kind.PLAIN),)

    def __init__(self, seq: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sequence = seq


_from_args("coalesce", "max", "min", "sum", "lower", "upper", "abs", "nullif", "greatest", "least")
_from_args("lag", "lead", "first_value", "last_value", "nth_value")
_with_type(INTEGERTYPE, "char_length", "length", "rank", "dense_rank", "row_number", "ntile")
_with_type(Numeric(), "percent_rank", "cume_dist")
_with_type(STRINGTYPE, "concat", "group_concat", "string_agg", "aggregate_strings", "trim")
_with_type(DateTime(), "now")
_with_type(DateTime(), "current_timestamp", "localtimestamp", "sysdate", base=AnsiFunction)
_with_type(Date(), "current_date", base=AnsiFunction)
_with_type(Time(), "current_time", "localtime", base=AnsiFunction)
_with_type(STRINGTYPE, "current_user", "session_user", "user", base=AnsiFunction)


class _OrderedSetFunction(GenericFunction):
    """An aggregate whose result has the type of what WITHIN GROUP orders by."""

    _register = False

    def within_group_type(self, within_group: Any) -> TypeEngine | None:
        first = within_group.order_by.clauses[0]
        return getattr(first, "type", None)


for _name in ("mode", "percentile_cont", "percentile_disc"):
    _STANDARD[_name] = _OrderedSetFunction, {}

__all__ = [
    "AnsiFunction", "Function", "FunctionElement", "GenericFunction", "ReturnTypeFromArgs",
    "ScalarFunctionColumn", "count", "func", "register_function",
]  # fmt: skip
