"""TypeEngine, the abstract class of every SQL type, and what all types share.

A type knows four things: how a Python value becomes a driver value (`bind_processor`), how a driver value becomes a
Python value (`result_processor`), how a value is written into SQL text (`literal_processor`), and which type a value has
that is compared with a column of this type (`coerce_compared_value`). A dialect may replace a generic type by a class of its
own through `dialect.colspecs`; `dialect_impl` finds and remembers that replacement.

The classes that build expressions (`Comparator`) live above this room. They put themselves on the types as
`comparator_factory` when `orm.sql.comparators` is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, Self

from orm import exc
from orm.util.introspection import parameters_of
from orm.util.printing import default_dialect
from orm.util.suggest import tell_foreign
from orm.util.typevars import T_co

Processor = Callable[[Any], Any]
InlineResult = tuple[str, dict[str, object]]


# the modules whose types every database has a form of
_GENERIC_TYPES = ("orm.types.scalar", "orm.types.temporal", "orm.types.structured")


class TypeDialect(Protocol):
    """What a type reads of a dialect; feature flags are read with a default and may be absent."""

    @property
    def name(self) -> str: ...


if TYPE_CHECKING:

    class _Typed(Generic[T_co]):
        """A type of values of one Python type."""

else:

    class _Typed:
        """`TypeDecorator[str]`, which says what Python type the values have, is the class itself."""

        def __class_getitem__(cls, value_type: Any) -> type[Self]:
            return cls


class TypeEngine(_Typed[T_co]):
    """One SQL type with its parameters. Instances are immutable once they are in use."""

    __visit_name__: ClassVar[str] = "type"
    comparator_factory: Any = None
    Comparator: ClassVar[Any] = None

    hashable: ClassVar[bool] = True
    render_bind_cast: ClassVar[bool] = False
    should_evaluate_none: bool = False
    sort_key_function: Callable[[Any], Any] | None = None
    _is_type_decorator: ClassVar[bool] = False
    #: functions of the application that name types of this class, by dialect name; see orm.ext.compiler
    _compile_with: ClassVar[Any] = None
    _isnull: ClassVar[bool] = False
    _is_tuple_type: ClassVar[bool] = False
    _variant_mapping: Mapping[str, TypeEngine] = {}
    _cached_key: tuple[Any, ...] | None = None
    # The generic class that decides how values of this type compare: Integer for BIGINT etc.
    _type_affinity: Any = None

    def __init_subclass__(cls, **kw: Any) -> None:
        super().__init_subclass__(**kw)
        if not cls._is_type_decorator:
            marked = (base for base in cls.__mro__ if "__affinity__" in base.__dict__)
            cls._type_affinity = next(marked, cls)

    # -- values ------------------------------------------------------------------------------------

    @property
    def python_type(self) -> type[Any]:
        """The Python class of this type's values; raises NotImplementedError where there is none."""
        raise NotImplementedError(f"{type(self).__name__} has no fixed Python type")

    def bind_processor(self, dialect: TypeDialect) -> Processor | None:
        """A function from Python value to driver value (None included), or None: pass as it is."""
        return None

    def result_processor(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        """A function from driver value (None included) to Python value, or None: take as it is."""
        return None

    def literal_processor(self, dialect: TypeDialect) -> Callable[[Any], str] | None:
        """A function from a value that is not None to SQL text, or None: cannot be written as text."""
        return None

    def inline_result(self, dialect: TypeDialect) -> InlineResult | None:
        """The result conversion as an expression for generated code, or None: call the processor.

        The expression contains `{v}`, the name of a local which holds a value that is not None; the dict holds the constants
        it names.
        """
        return None

    def bind_expression(self, bindvalue: Any) -> Any:
        """An SQL expression to put around each bound value of this type, or None."""
        return None

    def column_expression(self, colexpr: Any) -> Any:
        """An SQL expression to put around a selected column of this type, or None."""
        return None

    def compare_values(self, x: Any, y: Any) -> bool:
        """True if the two Python values are the same for change detection."""
        return bool(x == y)

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine:
        """The type of a plain Python `value` on the other side of `op`: this one if it is of the kind."""
        other = LITERAL_TYPES.get(value.__class__)
        if other is None:
            other = literal_type(value)
        if other._type_affinity is self._type_affinity or other._isnull:
            return self
        return other

    def evaluates_none(self) -> Self:
        """A copy for which None is a value to be sent to the database, not an omitted one."""
        clone = self.copy()
        clone.should_evaluate_none = True
        return clone

    # -- identity ----------------------------------------------------------------------------------

    @property
    def _generic_type_affinity(self) -> type[TypeEngine]:
        return self._type_affinity  # type: ignore[no-any-return]

    def _key(self) -> tuple[Any, ...]:
        """A hashable description: two types with equal keys compile and convert alike."""
        key = self._cached_key
        if key is None:
            key = self._cached_key = self._make_key()
        return key

    def _make_key(self) -> tuple[Any, ...]:
        parts: list[Any] = [type(self)]
        for name in init_names(type(self)):
            value = self.__dict__.get(name, self.__dict__.get("_" + name))
            if value is not None:
                parts.append((name, _hashable(value)))
        if self._variant_mapping:
            parts.append(tuple((k, v._key()) for k, v in sorted(self._variant_mapping.items())))
        if self.should_evaluate_none and not type(self).should_evaluate_none:
            parts.append("evaluates_none")
        return tuple(parts)

    # -- copies and dialects -----------------------------------------------------------------------

    def copy(self, **kw: Any) -> Self:
        """A shallow copy with empty memos."""
        clone = object.__new__(type(self))
        clone.__dict__.update(self.__dict__)
        clone.__dict__.pop("_cached_key", None)
        return clone

    def adapt(self, cls: type[TypeEngine], **kw: Any) -> TypeEngine:
        """An instance of `cls` with this type's parameters, as far as its constructor takes them."""
        values = self._init_values(cls)
        values.update(kw)
        adapted = cls(**values)
        if self.should_evaluate_none:
            adapted.should_evaluate_none = True
        return adapted

    def as_generic(self, allow_nulltype: bool = False) -> TypeEngine:
        """The type of every database that this one is a form of: Integer for TINYINT, String(30) for VARCHAR(30).

        allow_nulltype: give NullType() where there is none, rather than raise NotImplementedError.
        """
        for cls in type(self).__mro__:
            if not issubclass(cls, TypeEngine):
                continue
            # generic types have the name of a concept, the others that of a word of SQL
            is_generic = not cls.__name__.isupper() or cls.__name__ in ("JSON", "ARRAY")
            if is_generic and cls.__module__ in _GENERIC_TYPES:
                return self.adapt(cls)
        if allow_nulltype:
            return NULLTYPE
        raise NotImplementedError(
            f"{self!r} has no generic form: no other database has such a type. Give allow_nulltype=True for "
            "NullType(), or write the type that you want."
        )

    def _init_values(self, cls: type[TypeEngine]) -> dict[str, Any]:
        own = self.__dict__
        return {name: own[name] for name in init_names(cls) if name in own}

    def with_variant(self, type_: TypeEngine | type[TypeEngine], *dialect_names: str) -> Self:
        """A copy that is `type_` on the named dialects."""
        if not dialect_names:
            raise exc.ArgumentError(
                "with_variant() needs the name of at least one dialect: "
                'String(50).with_variant(Text(), "mysql")'
            )
        variant = to_instance(type_)
        for name in dialect_names:
            if name in self._variant_mapping:
                raise exc.ArgumentError(f"Dialect {name!r} already has a variant for {self!r}")
        clone = self.copy()
        clone._variant_mapping = {**self._variant_mapping, **dict.fromkeys(dialect_names, variant)}
        return clone

    def dialect_impl(self, dialect: TypeDialect) -> TypeEngine:
        """The type that `dialect` uses for this one; found once per dialect."""
        memo: dict[Any, TypeEngine] = dialect._type_memo  # type: ignore[attr-defined]
        impl = memo.get(self)
        if impl is None:
            impl = memo[self] = self._find_impl(dialect)
        return impl

    def load_dialect_impl(self, dialect: TypeDialect) -> TypeEngine:
        """The variant for this dialect, or the type itself."""
        return self._variant_mapping.get(dialect.name, self)

    def _find_impl(self, dialect: TypeDialect) -> TypeEngine:
        variant = self._variant_mapping.get(dialect.name)
        if variant is not None:
            return variant.dialect_impl(dialect)
        colspecs: Mapping[type, type] = getattr(dialect, "colspecs", {})
        for cls in type(self).__mro__[:-1]:
            target = colspecs.get(cls)
            if target is not None:
                return self if isinstance(self, target) else self.adapt(target)
        return self

    def _cached_bind_processor(self, dialect: TypeDialect) -> Processor | None:
        return self.dialect_impl(dialect).bind_processor(dialect)

    def _cached_result_processor(self, dialect: TypeDialect, coltype: object) -> Processor | None:
        return self.dialect_impl(dialect).result_processor(dialect, coltype)

    def compile(self, dialect: Any = None) -> str:
        """The type's name in DDL, e.g. VARCHAR(50); without a dialect, a generic one."""
        if dialect is None:
            dialect = default_dialect()
        return str(dialect.type_compiler.process(self))

    def __repr__(self) -> str:
        args = []
        for name, default in init_defaults(type(self)).items():
            value = self.__dict__.get(name, default)
            if value is not default and value != default:
                args.append(f"{name}={value!r}")
        return f"{type(self).__name__}({', '.join(args)})"

    def __str__(self) -> str:
        return self.compile()


class NullType(TypeEngine):
    """The unknown type: values pass as they are."""

    __visit_name__ = "null"
    _isnull = True
    hashable = False

    def __str__(self) -> str:
        return "NULL"

    def literal_processor(self, dialect: TypeDialect) -> Callable[[Any], str] | None:
        def process(value: Any) -> str:
            impl = literal_type(value)
            processor = (
                None if impl._isnull else impl.dialect_impl(dialect).literal_processor(dialect)
            )
            if processor is None:
                raise exc.CompileError(
                    f"Cannot write {value!r} into SQL text: its type is not known. "
                    "Give the type: literal(value, type_)"
                )
            return processor(value)

        return process

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine:
        return literal_type(value)


class UserDefinedType(TypeEngine[T_co]):
    """Base of types that the application defines from scratch: `get_col_spec()` gives the DDL name."""

    __visit_name__ = "user_defined"
    cache_ok: bool | None = None
    ensure_kwarg: ClassVar[str] = "get_col_spec"

    def get_col_spec(self, **kw: Any) -> str:
        raise NotImplementedError(f"Define get_col_spec() on {type(self).__name__}")

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine:
        return self

    def _make_key(self) -> tuple[Any, ...]:
        # Without cache_ok nothing is known about the parameters, so each instance is a key of its own.
        return super()._make_key() if self.cache_ok else (type(self), IdentityKey(self))


class ExternalType(UserDefinedType[T_co]):
    """Name that other libraries' types are derived from."""


class IdentityKey:
    """Makes one object a part of a key by identity, whatever its own equality."""

    __slots__ = ("target",)

    def __init__(self, target: object) -> None:
        self.target = target

    def __hash__(self) -> int:
        return id(self.target)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IdentityKey) and other.target is self.target


NULLTYPE = NullType()

# Python class -> type of its literals; filled by `orm.types.resolve`.
LITERAL_TYPES: dict[type, TypeEngine] = {}
# The same by module and name, of classes whose modules take long to load: who has a value of theirs has loaded them.
NAMED_TYPES: dict[tuple[str, str], TypeEngine] = {}
# Python classes whose objects are certain to be values, neither elements nor SQL's constants.
PLAIN_CLASSES: set[type] = set()
_init_memo: dict[type, dict[str, Any]] = {}


def literal_type(value: Any) -> TypeEngine:
    """The type of a plain Python value, NULLTYPE if there is none."""
    cls = value.__class__
    for base in cls.__mro__[:-1]:
        found = LITERAL_TYPES.get(base) or find_named_type(base)
        if found is not None:
            return found
    return NULLTYPE


def find_named_type(cls: type) -> TypeEngine | None:
    """The type of a class that is known by name only, which is found faster from now on."""
    found = NAMED_TYPES.get((cls.__module__, cls.__qualname__))
    if found is not None:
        LITERAL_TYPES[cls] = found
        PLAIN_CLASSES.add(cls)
    return found


def to_instance(typeobj: Any, *args: Any, **kw: Any) -> TypeEngine:
    """Turn a type class, a type instance, or None into a type instance."""
    if typeobj is None:
        return NULLTYPE
    if isinstance(typeobj, TypeEngine):
        return typeobj
    if isinstance(typeobj, type) and issubclass(typeobj, TypeEngine):
        return typeobj(*args, **kw)
    raise exc.ArgumentError(
        f"Expected an SQL type such as Integer or String(50), got {typeobj!r}.{tell_foreign(typeobj)}"
    )


def init_defaults(cls: type) -> dict[str, Any]:
    """The names a class's constructor takes, with their defaults, remembered per class."""
    found = _init_memo.get(cls)
    if found is None:
        found = _init_memo[cls] = _collect_init(cls)
    return found


def init_names(cls: type) -> tuple[str, ...]:
    """The names a class's constructor takes, its bases' included when it has **kw."""
    return tuple(init_defaults(cls))


def _collect_init(cls: type) -> dict[str, Any]:
    names: dict[str, Any] = {}
    for base in cls.__mro__[:-1]:
        init = base.__dict__.get("__init__")
        if init is None:
            continue
        taken = parameters_of(init)
        for name in taken.names[1:]:
            names.setdefault(name, taken.defaults.get(name))
        if not taken.any_keyword:
            break
    return names


def _hashable(value: Any) -> Hashable:
    if isinstance(value, TypeEngine):
        return value._key()
    if isinstance(value, list | tuple):
        return tuple(_hashable(item) for item in value)
    if isinstance(value, dict):
        return tuple((_hashable(k), _hashable(v)) for k, v in value.items())
    if isinstance(value, set | frozenset):
        return frozenset(_hashable(item) for item in value)
    return value if value.__hash__ is not None else IdentityKey(value)
