"""Column expressions: the nodes that have a value, and the operators between them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from operator import eq, inv, ne
from typing import Any, ClassVar

from orm.sql import operators
from orm.sql.column_expression import SQLColumnExpression
from orm.sql.comparing import Comparing, has_fixed_comparisons
from orm.sql.operators import OperatorType, is_precedence
from orm.sql.visitors import ClauseElement, Kind, Traverse
from orm.types.base import NULLTYPE, TypeEngine, to_instance
from orm.types.resolve import BOOLEANTYPE, resolve_value
from orm.types.structured import TupleType
from orm.util.collections import EMPTY_MAP
from orm.util.typevars import T


class ColumnElement(SQLColumnExpression[T], ClauseElement):
    """An expression with one value per row. `.type` is its SQL type."""

    __visit_name__ = "column_element"
    _is_column_element = True
    _compares_by_expression = True
    # `==` builds an expression, so the hash is the identity, at the speed of object's own.
    __hash__ = object.__hash__

    type: TypeEngine = NULLTYPE
    key: str | None = None
    primary_key: bool = False
    foreign_keys: Any = frozenset()
    _proxies: tuple[ColumnElement[Any], ...] = ()
    _is_implicitly_boolean: ClassVar[bool] = False
    _allow_label_resolve: bool = True
    is_literal: bool = False
    _union_member: bool = False
    _memos: ClassVar[tuple[str, ...]] = ("_key_memo", "_own_key", "_proxy_memo")

    @property
    def comparator(self) -> Any:
        """What builds the expressions of this element's operators, by its type."""
        return self.type.comparator_factory(self)

    @property
    def expression(self) -> Any:
        return self

    def operate(self, op: OperatorType, *other: Any, **kwargs: Any) -> Any:
        factory = self.type.comparator_factory
        if factory.is_standard:
            build = BUILDERS.get(op)
            if build is not None:
                return build(self, op, *other, **kwargs)
            return factory(self).operate(op, *other, **kwargs)
        # A comparator of the application may override the method of any operator.
        return op(factory(self), *other, **kwargs)

    def _compare(self, op: OperatorType, other: Any) -> Any:
        """`self op other`, as the operators ask for it; columns have a shorter way to it."""
        return self.operate(op, other)

    def reverse_operate(self, op: OperatorType, other: Any, **kwargs: Any) -> Any:
        return self.type.comparator_factory(self).reverse_operate(op, other, **kwargs)

    def __getattr__(self, key: str) -> Any:
        # Methods that a type adds to its columns: JSON's as_string() and such.
        if key.startswith("_"):
            raise AttributeError(key)
        factory = self.type.comparator_factory
        if factory is not None and hasattr(factory, key):
            return getattr(factory(self), key)
        raise AttributeError(
            f"Neither {type(self).__name__} nor the comparator of {self.type!r} has an attribute {key!r}"
        )

    @property
    def _from_objects(self) -> tuple[Any, ...]:
        found: tuple[Any, ...] = ()
        for child in self.get_children():
            found += child._from_objects
        return found

    # -- names ------------------------------------------------------------------------------------

    @property
    def _proxy_key(self) -> str | None:
        """The name under which a subquery exports this element, None if it gets a made-up one."""
        found = self._annotations.get("proxy_key")
        return found if found is not None else self.key

    @property
    def _result_name(self) -> str | None:
        """The name of this element in a result, None if it gets a made-up one."""
        return getattr(self, "name", None)

    @property
    def _anon_base(self) -> str:
        """What a made-up name of this element begins with."""
        return "anon"

    @property
    def _bind_base(self) -> str:
        """What the name of a parameter compared with this element begins with."""
        return "param"

    def label(self, name: str | None) -> Label[T]:
        """This expression under a name: `expr AS name`; None gives a name made up at compile time."""
        return Label(name, self, self.type)

    # -- lineage ------------------------------------------------------------------------------------

    @property
    def proxy_set(self) -> frozenset[Any]:
        """This element and all that it was exported from through subqueries and aliases."""
        memo: frozenset[Any] | None = self.__dict__.get("_proxy_memo")
        if memo is None:
            found = {self._deannotate()}
            for proxy in self._proxies:
                found |= proxy.proxy_set
            memo = self.__dict__["_proxy_memo"] = frozenset(found)
        return memo

    @property
    def base_columns(self) -> frozenset[Any]:
        """The elements at the bottom of the lineage."""
        return frozenset(c for c in self.proxy_set if not c._proxies)

    def shares_lineage(self, other: ColumnElement[Any]) -> bool:
        """True if both come from one column."""
        return bool(self.proxy_set & other.proxy_set)

    # -- boolean ------------------------------------------------------------------------------------

    def _negate(self) -> Any:
        if self.type._type_affinity is BOOLEANTYPE._type_affinity:
            return UnaryExpression(self.self_group(inv), operator=inv, type_=BOOLEANTYPE)
        return UnaryExpression(self, operator=inv, type_=self.type)

    def cast(self, type_: Any) -> Any:
        """`CAST(self AS type_)`."""
        return _FACTORIES["cast"](self, type_)


_FACTORIES: dict[str, Callable[..., Any]] = {}
# operator -> function(expr, op, *others) that builds its expression; filled by `orm.sql.comparators`.
BUILDERS: dict[OperatorType, Callable[..., Any]] = {}


class BindParameter(ColumnElement[T]):
    """A value that travels beside the SQL text.

    key: its name; with unique=True a number is added at compile time so that it collides with no other. callable_: makes the value
    at execution. expanding: the value is a list, rendered as so many parameters. required: the value must come with the execution.
    """

    __visit_name__ = "bindparam"
    _is_bind_parameter = True

    key: str
    value: Any = None
    callable: Callable[[], Any] | None = None
    unique: bool = False
    expanding: bool = False
    required: bool = False
    literal_execute: bool = False
    isoutparam: bool = False
    expand_op: OperatorType | None = None

    def __init__(
        self,
        key: str | None,
        value: Any = None,
        type_: Any = None,
        *,
        unique: bool = False,
        required: bool = False,
        callable_: Callable[[], Any] | None = None,
        expanding: bool = False,
        literal_execute: bool = False,
        isoutparam: bool = False,
        expand_op: OperatorType | None = None,
    ) -> None:
        self.key = "param" if key is None else key
        self.value = value
        self.unique = unique or key is None
        self.required = required
        self.callable = callable_
        self.expanding = expanding
        self.literal_execute = literal_execute
        self.isoutparam = isoutparam
        self.expand_op = expand_op
        if type_ is not None:
            self.type = to_instance(type_)
        else:
            self.type = _bind_type(value, expanding)

    @property
    def effective_value(self) -> Any:
        """The value to send: the callable's if there is one."""
        made = self.callable
        return self.value if made is None else made()

    @property
    def _bind_base(self) -> str:
        return self.key

    @property
    def _proxy_key(self) -> str | None:
        return None

    def _with_value(self, value: Any, *, required: bool = False) -> BindParameter:
        """A copy with another value, and its type if it had none."""
        clone = self._clone()
        clone.value = value
        clone.required = required
        clone.callable = None
        if clone.type._isnull:
            clone.type = _bind_type(value, self.expanding)
        return clone

    def _with_type(self, type_: TypeEngine) -> BindParameter:
        clone = self._clone()
        clone.type = type_
        return clone

    def render_literal_execute(self) -> BindParameter:
        """A copy whose value is written into the text at execution."""
        clone = self._clone()
        clone.literal_execute = True
        return clone

    @property
    def _from_objects(self) -> tuple[Any, ...]:
        return ()

    def get_children(self, **kw: Any) -> Any:
        return iter(())

    def _map_children(self, fn: Callable[[Any], Any]) -> Any:
        return self

    def _build_key(self, binds: list[Any], shared: list[Any]) -> Hashable:
        # The value is no part of it, nor is the length of a list.
        binds.append(self)
        key = self.type._cached_key or self.type._key()
        if self.expanding or self.literal_execute:
            return (key, self.key, self.unique, self.expanding, self.literal_execute)
        return (key, self.key) if self.unique else (key, self.key, False)

    def __repr__(self) -> str:
        return f"BindParameter({self.key!r}, {self.value!r}, type_={self.type!r})"


class BoundValue(BindParameter[T]):
    """A unique parameter for a value of known type, as operators make it."""

    unique = True

    def __init__(self, key: str, value: Any, type_: TypeEngine) -> None:
        self.key = key
        self.value = value
        self.type = type_


def _bind_type(value: Any, expanding: bool) -> TypeEngine:
    if expanding:
        values = list(value) if value else []
        if values and isinstance(values[0], tuple | list):
            return TupleType(*[resolve_value(v) for v in values[0]])
        return next((resolve_value(v) for v in values if v is not None), NULLTYPE)
    return NULLTYPE if value is None else resolve_value(value)


class Null(ColumnElement[Any]):
    """NULL."""

    __visit_name__ = "null"


class _Constant(ColumnElement[Any]):
    """TRUE or FALSE."""

    type = BOOLEANTYPE


class True_(_Constant):
    """TRUE, or 1 where the database has no boolean."""

    __visit_name__ = "true"

    def _negate(self) -> Any:
        return FALSE

    def __invert__(self) -> Any:
        return FALSE


class False_(_Constant):
    """FALSE, or 0 where the database has no boolean."""

    __visit_name__ = "false"

    def _negate(self) -> Any:
        return TRUE

    def __invert__(self) -> Any:
        return TRUE


NULL = Null()
TRUE = True_()
FALSE = False_()


class Grouping(ColumnElement[T]):
    """An expression in parentheses."""

    __visit_name__ = "grouping"
    _traverse: ClassVar[Traverse] = (("element", Kind.CHILD),)

    element: Any

    def __init__(self, element: Any, type_: TypeEngine | None = None) -> None:
        self.element = element
        self.type = type_ if type_ is not None else getattr(element, "type", NULLTYPE)

    @property
    def _result_name(self) -> str | None:
        return getattr(self.element, "_result_name", None)

    @property
    def _anon_base(self) -> str:
        return getattr(self.element, "_anon_base", "anon")

    @property
    def _is_implicitly_boolean(self) -> bool:  # type: ignore[override]
        return bool(getattr(self.element, "_is_implicitly_boolean", False))

    def _negate(self) -> Any:
        if isinstance(self.element, BinaryExpression) and self.element.negate is not None:
            return Grouping(self.element._negate())
        return super()._negate()


class Label(ColumnElement[T]):
    """`element AS name`. In ORDER BY and GROUP BY of the same SELECT it renders as its name."""

    __visit_name__ = "label"
    _traverse: ClassVar[Traverse] = (("name", Kind.PLAIN), ("element", Kind.CHILD))

    name: str | None
    element: Any

    def __init__(self, name: str | None, element: Any, type_: Any = None) -> None:
        while isinstance(element, Label):
            element = element.element
        self.name = name
        self.key = name
        self.element = element.self_group(operators.as_)
        self.type = to_instance(type_) if type_ is not None else element.type
        self._proxies = (element,)

    def _build_key(self, binds: list[Any], shared: list[Any]) -> Hashable:
        if self.name is None:
            shared.append(self)
            return Label
        return (Label, self.name, self.element._build_key(binds, shared))

    def _build_shared_key(self, binds: list[Any], shared: list[Any]) -> Hashable:
        return (Label, self.element._build_key(binds, shared))

    @property
    def _result_name(self) -> str | None:
        return self.name

    @property
    def _anon_base(self) -> str:
        return str(getattr(self.element, "_anon_base", "anon"))

    @property
    def primary_key(self) -> bool:  # type: ignore[override]
        return bool(getattr(self.element, "primary_key", False))

    @property
    def foreign_keys(self) -> Any:
        return getattr(self.element, "foreign_keys", frozenset())

    @property
    def _is_implicitly_boolean(self) -> bool:  # type: ignore[override]
        return bool(getattr(self.element, "_is_implicitly_boolean", False))

    def self_group(self, against: Any = None) -> Any:
        inner = self.element.self_group(against)
        if inner is self.element:
            return self
        return Label(self.name, inner, self.type)

    def _map_children(self, fn: Callable[[Any], Any]) -> Any:
        new = fn(self.element)
        if new is self.element:
            return self
        clone = self._clone()
        clone.element = new
        clone._proxies = (new,)
        return clone


class UnaryExpression(ColumnElement[T]):
    """`operator element` or `element modifier` (DESC, NULLS FIRST)."""

    __visit_name__ = "unary"
    _traverse: ClassVar[Traverse] = (
        ("operator", Kind.PLAIN),
        ("modifier", Kind.PLAIN),
        ("element", Kind.CHILD),
    )

    def __init__(
        self,
        element: Any,
        *,
        operator: OperatorType | None = None,
        modifier: OperatorType | None = None,
        type_: TypeEngine | None = None,
    ) -> None:
        self.operator = operator
        self.modifier = modifier
        self.element = element.self_group(operator or modifier)
        self.type = type_ if type_ is not None else getattr(element, "type", NULLTYPE)

    @property
    def _is_implicitly_boolean(self) -> bool:  # type: ignore[override]
        return self.operator in (inv, operators.exists)

    @property
    def _result_name(self) -> str | None:
        # DISTINCT says which rows there are, not what is in them
        if self.operator is operators.distinct_op:
            return getattr(self.element, "_result_name", None)
        return super()._result_name

    @property
    def _proxy_key(self) -> str | None:
        if self.operator is operators.distinct_op and not self._annotations:
            return getattr(self.element, "_proxy_key", None)
        return super()._proxy_key

    def _negate(self) -> Any:
        if self.operator is inv:
            return self.element
        return UnaryExpression(self.self_group(inv), operator=inv, type_=BOOLEANTYPE)

    def self_group(self, against: Any = None) -> Any:
        if self.operator is not None and is_precedence(self.operator, against):
            return Grouping(self)
        return self


class BinaryExpression(ColumnElement[T]):
    """`left operator right`. modifiers: e.g. {"escape": "/"}; negate: the operator of its negation."""

    __visit_name__ = "binary"
    _traverse: ClassVar[Traverse] = (
        ("left", Kind.CHILD),
        ("right", Kind.CHILD),
        ("operator", Kind.PLAIN),
        ("modifiers", Kind.DICT),
    )

    left: Any
    right: Any
    operator: OperatorType
    negate: OperatorType | None = None
    modifiers: Mapping[str, Any] = EMPTY_MAP

    def __init__(
        self,
        left: Any,
        right: Any,
        operator: OperatorType,
        type_: Any = None,
        negate: OperatorType | None = None,
        modifiers: Mapping[str, Any] | None = None,
    ) -> None:
        self.left = left.self_group(operator)
        self.right = right.self_group(operator)
        self.operator = operator
        self.type = NULLTYPE if type_ is None else to_instance(type_)
        if negate is not None:
            self.negate = negate
        if modifiers:
            self.modifiers = modifiers

    @property
    def is_comparison(self) -> bool:
        """True if the operator's result is a boolean."""
        return operators.is_comparison(self.operator)

    @property
    def _is_implicitly_boolean(self) -> bool:  # type: ignore[override]
        return self.is_comparison

    @property
    def _from_objects(self) -> tuple[Any, ...]:
        return tuple(self.left._from_objects + self.right._from_objects)

    def get_children(self, **kw: Any) -> Any:
        return iter((self.left, self.right))

    def _build_key(self, binds: list[Any], shared: list[Any]) -> Hashable:
        left = self.left
        left = left._own_key or left._build_key(binds, shared)
        type_ = self.type
        type_key = type_._cached_key or type_._key()
        key = (self.operator, left, self.right._build_key(binds, shared), type_key)
        return (key, tuple(sorted(self.modifiers.items()))) if self.modifiers else key

    def _negate(self) -> Any:
        if self.negate is not None:
            return BinaryExpression(
                self.left, self.right, self.negate, self.type, self.operator, self.modifiers
            )
        return super()._negate()

    def self_group(self, against: Any = None) -> Any:
        return Grouping(self) if is_precedence(self.operator, against) else self

    def __bool__(self) -> bool:
        # `==` between two column objects is how dicts and `in` tell them apart: there it means identity.
        if self.operator is eq or self.operator is ne:
            same = hash(self.left) == hash(self.right)
            if same or (
                isinstance(self.left, ColumnElement) and isinstance(self.right, ColumnElement)
            ):
                both_plain = not (self.left._is_bind_parameter or self.right._is_bind_parameter)
                if both_plain:
                    return same is (self.operator is eq)
        return super().__bool__()


class Comparison(BinaryExpression[T]):
    """A comparison with a value, as operators make it."""

    _memos: ClassVar[tuple[str, ...]] = (*BinaryExpression._memos, "_made_key")
    type = BOOLEANTYPE
    #: the structural key, if it was known already when the comparison was made
    _made_key: Hashable | None = None

    def __init__(
        self,
        left: Any,
        right: BindParameter,
        operator: OperatorType,
        negate: OperatorType,
        key: Hashable | None = None,
    ) -> None:
        self.left = left
        self.right = right
        self.operator = operator
        self.negate = negate
        self._made_key = key

    def _build_key(self, binds: list[Any], shared: list[Any]) -> Hashable:
        key = self._made_key
        if key is None:
            return super()._build_key(binds, shared)
        binds.append(self.right)
        return key


class KeyToken:
    """Stands for one column in keys. Keys are compared with `==`, which on columns would build expressions."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<{self.name}>"


class ColumnClause(Comparing, ColumnElement[T]):
    """A column by name: of a table, of a subquery (`.table`), or of nothing known (`.table` is None).

    is_literal: the name is SQL text to be rendered as it stands.
    """

    __visit_name__ = "column"
    _traverse: ClassVar[Traverse] = (
        ("name", Kind.PLAIN),
        ("type", Kind.TYPE),
        ("is_literal", Kind.PLAIN),
    )

    _memos: ClassVar[tuple[str, ...]] = (*ColumnElement._memos, "_key_token", "_comparisons")
    # (operator, class of the value) -> what all such comparisons have in common
    _comparisons: Mapping[tuple[OperatorType, type], tuple[Any, ...]] = EMPTY_MAP

    name: str
    table: Any = None
    nullable: bool | None = True
    #: not among the columns that stand for the whole table in a SELECT, INSERT or UPDATE
    _omit_from_statements: bool = False
    _key_token: KeyToken | None = None

    def __init__(
        self, text: str, type_: Any = None, is_literal: bool = False, _selectable: Any = None
    ) -> None:
        self.name = text
        self.key = text
        self.type = to_instance(type_)
        self.is_literal = is_literal
        self.table = _selectable

    def _compare(self, op: OperatorType, other: Any) -> Any:
        known = self._comparisons.get((op, other.__class__))
        if known is not None:
            type_, bind_key, bind_type, negate, key = known
            if type_ is self.type:
                return Comparison(self, BoundValue(bind_key, other, bind_type), op, negate, key)
        made = self.operate(op, other)
        if made.__class__ is Comparison and has_fixed_comparisons(self):
            key = made._build_key([], [])
            common = (self.type, made.right.key, made.right.type, made.negate, key)
            self._comparisons = {**self._comparisons, (op, other.__class__): common}
        return made

    @property
    def _from_objects(self) -> tuple[Any, ...]:
        table = self.table
        if table is None:
            return ()
        entity = self._annotations.get("parententity")
        # of an entity over several tables: the rows are those of their join
        if entity is not None and entity.selectable._is_join:
            return (entity.selectable,)
        return (table,)

    @property
    def _result_name(self) -> str | None:
        return self.name

    @property
    def _anon_base(self) -> str:
        return self.name

    @property
    def _bind_base(self) -> str:
        return self.key or self.name or "param"

    @property
    def description(self) -> str:
        return self.name

    def _build_key(self, binds: list[Any], shared: list[Any]) -> Hashable:
        table = self.table
        if table is None:
            return (ColumnClause, self.name, self.type._key(), self.is_literal)
        if table._keyed_by_identity:
            return self._key_token or self._make_key_token()
        return table._build_column_key(self, binds, shared)  # type: ignore[no-any-return]

    def get_children(self, **kw: Any) -> Any:
        return iter(())

    def _map_children(self, fn: Callable[[Any], Any]) -> Any:
        table = self.table
        if table is None or not table._is_derived:
            return self
        new = fn(table)
        return self if new is table else new.c[self.key]

    def _make_key_token(self) -> KeyToken:
        token = self._key_token = KeyToken(self.name)
        return token

    def _make_proxy(self, selectable: Any, name: str | None = None) -> ColumnClause[Any]:
        """The column which `selectable` exports for this one."""
        return make_proxy(self, selectable, name if name is not None else self.name, self.key)


class PlainColumn(ColumnClause[T]):
    """A column of a subquery, of an alias, or of nothing known.

    A sibling of a table's Column, not its base: with a base class on the left Python would ask the subclass on the right
    first, and `alias.c.x == table.c.y` would come out with its sides exchanged.
    """


def make_proxy(
    element: Any, selectable: Any, name: str, key: str | None = None
) -> ColumnClause[Any]:
    """The column `name` of `selectable` which stands for `element` of the SELECT or table inside."""
    proxy: ColumnClause[Any] = PlainColumn(name, element.type, _selectable=selectable)
    proxy.key = name if key is None else key
    proxy._proxies = (element,)
    if element.primary_key:
        proxy.primary_key = True
    if element.foreign_keys:
        proxy.foreign_keys = element.foreign_keys
    nullable = getattr(element, "nullable", None) if isinstance(element, ColumnClause) else None
    if nullable is not None:
        proxy.nullable = nullable
    proxy_key = element._annotations.get("proxy_key")
    if proxy_key is not None:
        proxy.key = proxy_key
    return proxy
