"""TypeDecorator: a type of the application that wraps another type and converts on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Self

from orm import exc
from orm.types.base import (
    IdentityKey,
    InlineResult,
    Processor,
    TypeDialect,
    TypeEngine,
    to_instance,
)
from orm.util.typevars import T_co


class TypeDecorator(TypeEngine[T_co]):
    """Adds conversions to the type in the class attribute `impl`.

    Subclasses define any of `process_bind_param(value, dialect)`, `process_result_value(value, dialect)`,
    `process_literal_param(value, dialect)` and `load_dialect_impl(dialect)`. None is passed to them as a value.
    """

    __visit_name__ = "type_decorator"
    _is_type_decorator = True
    impl: TypeEngine | type[TypeEngine]
    cache_ok: bool | None = None
    coerce_to_is_types: ClassVar[tuple[type, ...]] = (type(None),)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not hasattr(type(self), "impl"):
            raise exc.ArgumentError(
                f"{type(self).__name__} must name the type it wraps: add the class attribute `impl = String`"
            )
        self.impl = to_instance(type(self).impl, *args, **kwargs)

    @property
    def impl_instance(self) -> TypeEngine:
        """The wrapped type as an instance, also when the subclass's constructor did not call ours."""
        impl = self.impl
        if isinstance(impl, TypeEngine):
            return impl
        self.impl = to_instance(impl)
        return self.impl

    @property
    def comparator_factory(self) -> Any:
        return self.impl_instance.comparator_factory

    def __getattr__(self, key: str) -> Any:
        if key.startswith("__") or key == "impl":
            raise AttributeError(key)
        return getattr(self.impl_instance, key)

    # -- hooks -------------------------------------------------------------------------------------

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        """Convert a Python value before the wrapped type does."""
        raise NotImplementedError

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        """Convert a value after the wrapped type did."""
        raise NotImplementedError

    def process_literal_param(self, value: Any, dialect: Any) -> str:
        """Return the SQL text of a value."""
        raise NotImplementedError

    def load_dialect_impl(self, dialect: TypeDialect) -> TypeEngine:
        """The type to wrap on this dialect; may be overridden per dialect."""
        return self.impl_instance

    def type_engine(self, dialect: TypeDialect) -> TypeEngine:
        """The dialect's own type behind this one."""
        return self._loaded_impl(dialect).dialect_impl(dialect)

    # -- the type's interface ------------------------------------------------------------------------

    @property
    def python_type(self) -> type[Any]:
        return self.impl_instance.python_type

    @property
    def _type_affinity(self) -> Any:
        return self.impl_instance._type_affinity

    @property
    def sort_key_function(self) -> Callable[[Any], Any] | None:  # type: ignore[override]
        return self.impl_instance.sort_key_function

    def _loaded_impl(self, dialect: TypeDialect) -> TypeEngine:
        variant = self._variant_mapping.get(dialect.name)
        return variant if variant is not None else to_instance(self.load_dialect_impl(dialect))

    def _find_impl(self, dialect: TypeDialect) -> TypeEngine:
        # The decorator stays itself: its processors ask the wrapped type for the dialect.
        variant = self._variant_mapping.get(dialect.name)
        if variant is not None and variant._is_type_decorator:
            return variant.dialect_impl(dialect)
        if variant is not None:
            clone = self.copy()
            clone.impl = variant
            clone._variant_mapping = {}
            return clone
        return self

    def _overrides(self, name: str) -> bool:
        return getattr(type(self), name) is not getattr(TypeDecorator, name)

    def bind_processor(self, dialect: TypeDialect) -> Processor | None:
        inner = self.type_engine(dialect).bind_processor(dialect)
        if not self._overrides("process_bind_param"):
            return inner
        convert = self.process_bind_param
        if inner is None:
            return lambda value: convert(value, dialect)
        return lambda value: inner(convert(value, dialect))

    def result_processor(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        inner = self.type_engine(dialect).result_processor(dialect, coltype)
        if not self._overrides("process_result_value"):
            return inner
        convert = self.process_result_value
        if inner is None:
            return lambda value: convert(value, dialect)
        return lambda value: convert(inner(value), dialect)

    def inline_result(self, dialect: TypeDialect) -> InlineResult | None:
        if self._overrides("process_result_value") or self._overrides("result_processor"):
            return None
        return self.type_engine(dialect).inline_result(dialect)

    def literal_processor(self, dialect: TypeDialect) -> Callable[[Any], str] | None:
        inner = self.type_engine(dialect).literal_processor(dialect)
        if self._overrides("process_literal_param"):
            convert: Callable[[Any, Any], Any] = self.process_literal_param
        elif self._overrides("process_bind_param"):
            convert = self.process_bind_param
        else:
            return inner
        if inner is None:
            return lambda value: str(convert(value, dialect))
        write = inner
        return lambda value: write(convert(value, dialect))

    def bind_expression(self, bindvalue: Any) -> Any:
        return self.impl_instance.bind_expression(bindvalue)

    def column_expression(self, colexpr: Any) -> Any:
        return self.impl_instance.column_expression(colexpr)

    def compare_values(self, x: Any, y: Any) -> bool:
        return self.impl_instance.compare_values(x, y)

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine:
        """This type itself, so that compared values go through the conversions too."""
        return self

    def copy(self, **kw: Any) -> Self:
        return super().copy(**kw)

    def _make_key(self) -> tuple[Any, ...]:
        # Without cache_ok nothing is known about the parameters, so each instance is a key of its own.
        if not self.cache_ok:
            return (type(self), IdentityKey(self))
        return (*super()._make_key(), self.impl_instance._key())

    def __repr__(self) -> str:
        inner = repr(self.impl_instance)
        return f"{type(self).__name__}({inner[inner.index('(') + 1 : -1]})"
