"""Types whose values have a structure: Enum, JSON, ARRAY, Uuid, PickleType, and tuples of columns."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from orm import exc
from orm.types.base import (
    IdentityKey,
    InlineResult,
    Processor,
    TypeDialect,
    TypeEngine,
    to_instance,
)
from orm.types.scalar import FOLLOW, Concatenable, LargeBinary, SchemaType, String, quote_literal


class Enum(SchemaType, String):
    """One of a list of strings, or of the members of a Python enum (stored by name).

    values_callable: from the enum class to the stored strings, e.g. `lambda e: [m.value for m in e]`; native_enum: use the
    database's ENUM type where it has one; validate_strings: refuse plain strings that are not in the list; omit_aliases:
    leave aliases of an enum out of the stored strings.
    """

    __visit_name__ = "enum"

    def __init__(
        self,
        *enums: Any,
        name: str | None = None,
        native_enum: bool = True,
        create_constraint: bool = False,
        length: int | None = None,
        validate_strings: bool = False,
        values_callable: Callable[[Any], Sequence[str]] | None = None,
        omit_aliases: bool = True,
        sort_key_function: Callable[[Any], Any] | None = None,
        schema: Any = FOLLOW,
        metadata: Any = None,
        inherit_schema: bool = False,
        collation: str | None = None,
        collation_schema: str | None = None,
        _enums: tuple[Any, ...] | None = None,
    ) -> None:
        self._enum_args = _enums if _enums is not None else enums
        self.values_callable = values_callable
        self.omit_aliases = omit_aliases
        self.enum_class, self.enums, self._lookup = self._read_members(self._enum_args)
        self._by_value = {v: k for k, v in self._lookup.items()}
        self.native_enum = native_enum
        self.create_constraint = create_constraint
        self.validate_strings = validate_strings
        self.name = name
        if name is None and self.enum_class is not None:
            self.name = self.enum_class.__name__.lower()
        self._take_place(schema, metadata, inherit_schema)
        if sort_key_function is not None:
            self.sort_key_function = sort_key_function
        longest = max((len(v) for v in self.enums), default=0)
        if length is not None and length < longest:
            raise exc.ArgumentError(
                f"Enum length {length} is shorter than its longest value, of {longest} characters"
            )
        size = longest if length is None else length
        String.__init__(self, size, collation, collation_schema=collation_schema)

    def _read_members(
        self, enums: tuple[Any, ...]
    ) -> tuple[type[enum.Enum] | None, list[str], dict[str, Any]]:
        if len(enums) == 1 and not isinstance(enums[0], str) and hasattr(enums[0], "__members__"):
            return self._read_class(enums[0])
        for value in enums:
            if not isinstance(value, str):
                raise exc.ArgumentError(
                    f"Enum takes strings or one Python enum class, got {value!r}"
                )
        return None, list(enums), {v: v for v in enums}

    def _read_class(
        self, enum_class: type[enum.Enum]
    ) -> tuple[type[enum.Enum], list[str], dict[str, Any]]:
        members: dict[str, Any] = dict(enum_class.__members__)
        if self.omit_aliases:
            members = {name: m for name, m in members.items() if m.name == name}
        names = list(members)
        if self.values_callable is not None:
            names = list(self.values_callable(enum_class))
        return enum_class, names, dict(zip(names, members.values(), strict=False))

    @property
    def python_type(self) -> type[Any]:
        return str if self.enum_class is None else self.enum_class

    @property
    def native(self) -> bool:
        return self.native_enum

    def _to_text(self, value: Any) -> str | None:
        """The stored string of a member or string; raises LookupError for anything else."""
        if value is None:
            return None
        try:
            if self.enum_class is not None and isinstance(value, self.enum_class):
                return self._by_value[value]
            if value in self._lookup:
                return str(value)
        except (KeyError, TypeError):
            pass
        if (
            isinstance(value, str)
            and not self.validate_strings
            and not isinstance(value, enum.Enum)
        ):
            return value
        raise LookupError(
            f"{value!r} is not one of the values of Enum {self.name or ''}: {', '.join(self.enums)}"
        )

    def _from_text(self, value: str) -> Any:
        try:
            return self._lookup[value]
        except KeyError:
            raise LookupError(
                f"The database holds {value!r}, which is not one of the values of Enum "
                f"{self.name or ''}: {', '.join(self.enums)}"
            ) from None

    def bind_processor(self, dialect: TypeDialect) -> Processor | None:
        return self._to_text

    def result_processor(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        if self.enum_class is None and not self.validate_strings:
            return None
        read = self._from_text
        return lambda value: None if value is None else read(value)

    def inline_result(self, dialect: TypeDialect) -> InlineResult | None:
        if type(self).result_processor is not Enum.result_processor:
            return None
        if self.enum_class is None and not self.validate_strings:
            return None
        return "read_enum({v})", {"read_enum": self._from_text}

    def literal_processor(self, dialect: TypeDialect) -> Callable[[Any], str] | None:
        write = super().literal_processor(dialect)
        assert write is not None
        return lambda value: write(self._to_text(value))

    def adapt(self, cls: type[TypeEngine], **kw: Any) -> TypeEngine:
        if issubclass(cls, Enum):
            kw["_enums"] = self._enum_args
        return super().adapt(cls, **kw)

    def _make_key(self) -> tuple[Any, ...]:
        # The members' strings and class decide everything that is rendered or converted.
        return (
            type(self), self.enum_class, tuple(self.enums), self.name, self.native_enum, self.schema,
            self.length, self.collation, self.collation_schema, self.validate_strings, self.create_constraint,
            tuple((k, v._key()) for k, v in sorted(self._variant_mapping.items())),
        )  # fmt: skip

    def __repr__(self) -> str:
        args = [self.enum_class.__name__] if self.enum_class else [repr(v) for v in self.enums]
        if self.name:
            args.append(f"name={self.name!r}")
        return f"{type(self).__name__}({', '.join(args)})"


class ENUM(Enum):
    """SQL's ENUM, by that name on every database."""

    __visit_name__ = "ENUM"


class JSON(TypeEngine):
    """A JSON document. none_as_null: store None as SQL NULL instead of JSON null.

    `JSON.NULL` always stores JSON null. A column that is omitted gets SQL NULL.
    """

    __visit_name__ = "JSON"
    __affinity__: ClassVar[bool] = True
    hashable = False
    NULL: ClassVar[enum.Enum]

    def __init__(self, none_as_null: bool = False) -> None:
        self.none_as_null = none_as_null

    @property
    def python_type(self) -> type[Any]:
        return dict

    @property
    def should_evaluate_none(self) -> bool:
        """True if None is a value of this column: JSON null."""
        return not self.none_as_null

    @should_evaluate_none.setter
    def should_evaluate_none(self, value: bool) -> None:
        self.none_as_null = not value

    def bind_processor(self, dialect: TypeDialect) -> Processor | None:
        return self._make_writer(dialect)

    def _make_writer(self, dialect: TypeDialect) -> Processor:
        dumps = _json_writer(dialect)
        none_as_null = self.none_as_null
        json_null = JSON.NULL

        def write(value: Any) -> str | None:
            if value is json_null:
                value = None
            elif value is None and none_as_null:
                return None
            return dumps(value)

        return write

    def result_processor(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        _, loads = _json_functions(dialect)
        return lambda value: None if value is None else loads(value)

    def inline_result(self, dialect: TypeDialect) -> InlineResult | None:
        if type(self).result_processor is not JSON.result_processor:
            return None
        _, loads = _json_functions(dialect)
        return "read_json({v})", {"read_json": loads}

    def literal_processor(self, dialect: TypeDialect) -> Callable[[Any], str] | None:
        write = self._make_writer(dialect)
        quote = String().literal_processor(dialect)
        assert quote is not None
        return lambda value: quote(write(value))

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine:
        return self

    class JSONElementType(TypeEngine):
        """Base of the types of an index or a path into a document."""

    class JSONIndexType(JSONElementType):
        """A key or position: a string stays one key whatever characters it has, an int is a position."""

        __visit_name__ = "json_index"

        def bind_processor(self, dialect: TypeDialect) -> Processor | None:
            dumps = _json_writer(dialect)
            return lambda value: "$" + _json_step(value, dumps)

        def literal_processor(self, dialect: TypeDialect) -> Callable[[Any], str] | None:
            dumps = _json_writer(dialect)
            return lambda value: _quote("$" + _json_step(value, dumps), dialect)

    class JSONPathType(JSONElementType):
        """A sequence of keys and positions."""

        __visit_name__ = "json_path"

        def bind_processor(self, dialect: TypeDialect) -> Processor | None:
            dumps = _json_writer(dialect)
            return lambda value: "$" + "".join([_json_step(part, dumps) for part in value])

        def literal_processor(self, dialect: TypeDialect) -> Callable[[Any], str] | None:
            write = self.bind_processor(dialect)
            assert write is not None
            return lambda value: _quote(write(value), dialect)

    class JSONIntIndexType(JSONIndexType):
        """A position."""

    class JSONStrIndexType(JSONIndexType):
        """A key."""


class _JSONNull(enum.Enum):
    NULL = "JSON_NULL"

    def __repr__(self) -> str:
        return "JSON.NULL"


JSON.NULL = _JSONNull.NULL


def _json_functions(dialect: TypeDialect) -> tuple[Callable[..., str], Callable[..., Any]]:
    """Return the engine's functions to write and to read JSON."""
    import json  # not loaded by applications without JSON columns

    dumps = getattr(dialect, "_json_serializer", None) or json.dumps
    return dumps, getattr(dialect, "_json_deserializer", None) or json.loads


def _json_writer(dialect: TypeDialect) -> Callable[[Any], str]:
    """Return the function which writes documents for this dialect, and keys of them.

    Databases that keep a document as text compare the text of a key, escapes and all: the path `$."\u00e9"` finds the key "\\u00e9" only if it is
    written like that. So keys in paths are written by the function that writes documents. A quote is written as \\u0022 in both, since such a
    database ends a key at the first quote.
    """
    dumps, _ = _json_functions(dialect)
    if not getattr(dialect, "compares_json_keys_as_text", False):
        return dumps

    def write(value: Any) -> str:
        text = dumps(value)
        if '\\"' not in text:
            return text
        # control characters are escaped in JSON, so that one of them can stand for a pair of backslashes meanwhile
        text = text.replace("\\\\", "\0").replace('\\"', "\\u0022")
        return text.replace("\0", "\\\\")

    return write


def _quote(text: str, dialect: TypeDialect) -> str:
    write = String().literal_processor(dialect)
    assert write is not None
    return write(text)


def _json_step(part: Any, dumps: Callable[[Any], str]) -> str:
    # The key is quoted as a JSON string, so that dots, brackets and quotes in it are not read as path syntax.
    if isinstance(part, bool) or not isinstance(part, int | str):
        raise exc.ArgumentError(f"A JSON key is a string or a whole number, got {part!r}")
    return f"[{part}]" if isinstance(part, int) else "." + dumps(part)


class ARRAY(Concatenable, TypeEngine):
    """A list of values of one type (PostgreSQL). dimensions: of the array, or None; as_tuple: give tuples."""

    __visit_name__ = "ARRAY"
    __affinity__: ClassVar[bool] = True

    def __init__(
        self,
        item_type: TypeEngine | type[TypeEngine],
        as_tuple: bool = False,
        dimensions: int | None = None,
        zero_indexes: bool = False,
    ) -> None:
        self.item_type = to_instance(item_type)
        if isinstance(self.item_type, ARRAY):
            raise exc.ArgumentError(
                "The item type of ARRAY is itself an ARRAY; write ARRAY(Integer, dimensions=2)"
            )
        self.as_tuple = as_tuple
        self.dimensions = dimensions
        self.zero_indexes = zero_indexes

    @property
    def hashable(self) -> bool:  # type: ignore[override]
        return self.as_tuple

    @property
    def python_type(self) -> type[Any]:
        return tuple if self.as_tuple else list

    def bind_processor(self, dialect: TypeDialect) -> Processor | None:
        return self._mapped(self.item_type.dialect_impl(dialect).bind_processor(dialect), list)

    def result_processor(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        item = self.item_type.dialect_impl(dialect).result_processor(dialect, coltype)
        if item is None and not self.as_tuple:
            return None
        return self._mapped(item, tuple if self.as_tuple else list)

    def _mapped(self, item: Processor | None, make: type) -> Processor:
        def process(value: Any) -> Any:
            if value is None:
                return None
            if not isinstance(value, list | tuple):
                return value
            return make([_map_nested(v, item, make) for v in value])

        return process

    def literal_processor(self, dialect: TypeDialect) -> Callable[[Any], str] | None:
        item = self.item_type.dialect_impl(dialect).literal_processor(dialect)
        if item is None:
            return None

        def write(value: Any) -> str:
            inner = ", ".join(
                write(v) if isinstance(v, list | tuple) else "NULL" if v is None else item(v)
                for v in value
            )
            return f"ARRAY[{inner}]"

        return write


def _map_nested(value: Any, item: Processor | None, make: type) -> Any:
    if isinstance(value, list | tuple):
        return make([_map_nested(v, item, make) for v in value])
    return value if item is None else item(value)


class Uuid(TypeEngine):
    """uuid.UUID, or its text with as_uuid=False; 32 hex characters where the database has no UUID type."""

    __visit_name__ = "uuid"
    __affinity__: ClassVar[bool] = True
    collation: str | None = None

    def __init__(self, as_uuid: bool = True, native_uuid: bool = True) -> None:
        self.as_uuid = as_uuid
        self.native_uuid = native_uuid

    @property
    def python_type(self) -> type[Any]:
        return _uuid_values().UUID if self.as_uuid else str

    @property
    def native(self) -> bool:
        return self.native_uuid

    def is_native(self, dialect: TypeDialect) -> bool:
        """True if values travel as the driver's own UUID objects."""
        return self.native_uuid and bool(getattr(dialect, "supports_native_uuid", False))

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine:
        return self if isinstance(value, str) else super().coerce_compared_value(op, value)

    def bind_processor(self, dialect: TypeDialect) -> Processor | None:
        return self._driver_value(dialect)

    def _driver_value(self, dialect: TypeDialect) -> Processor:
        values = _uuid_values()
        convert: Processor = values.to_uuid if self.is_native(dialect) else values.to_hex
        return convert

    def result_processor(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        values = _uuid_values()
        if self.is_native(dialect) and self.as_uuid:
            return None
        convert: Processor = values.to_uuid if self.as_uuid else values.to_text
        return convert

    def inline_result(self, dialect: TypeDialect) -> InlineResult | None:
        if type(self).result_processor is not Uuid.result_processor or not self.as_uuid:
            return None
        return None if self.is_native(dialect) else ("UUID({v})", {"UUID": _uuid_values().UUID})

    def literal_processor(self, dialect: TypeDialect) -> Callable[[Any], str] | None:
        convert = self._driver_value(dialect)
        return lambda value: quote_literal(str(convert(value)))


class UUID(Uuid):
    """The database's own UUID type."""

    __visit_name__ = "UUID"

    def __init__(self, as_uuid: bool = True) -> None:
        super().__init__(as_uuid=as_uuid)


def _uuid_values() -> Any:
    from orm.types import uuid_values  # `uuid` takes long to load, and few applications need it

    return uuid_values


class PickleType(TypeEngine):
    """Any Python object, pickled into bytes.

    protocol: pickle's, by default the newest. comparator: function of two values that says whether
    they are equal for change detection. Unpickling runs code: use it for your
    own data only.
    """

    __visit_name__ = "pickle"
    __affinity__: ClassVar[bool] = True
    hashable = False

    def __init__(
        self,
        protocol: int | None = None,
        pickler: Any = None,
        comparator: Callable[[Any, Any], bool] | None = None,
        impl: Any = None,
    ) -> None:
        import pickle  # not loaded by applications without such columns

        self.protocol = pickle.HIGHEST_PROTOCOL if protocol is None else protocol
        self.pickler = pickler or pickle
        self.comparator = comparator
        self.impl = to_instance(impl) if impl is not None else LargeBinary()

    def bind_processor(self, dialect: TypeDialect) -> Processor | None:
        dumps, protocol = self.pickler.dumps, self.protocol
        inner = self.impl.dialect_impl(dialect).bind_processor(dialect)

        def process(value: Any) -> Any:
            data = None if value is None else dumps(value, protocol)
            return data if inner is None else inner(data)

        return process

    def result_processor(self, dialect: TypeDialect, coltype: object = None) -> Processor | None:
        loads = self.pickler.loads
        inner = self.impl.dialect_impl(dialect).result_processor(dialect, coltype)

        def process(value: Any) -> Any:
            data = value if inner is None else inner(value)
            return None if data is None else loads(data)

        return process

    def compare_values(self, x: Any, y: Any) -> bool:
        return bool(self.comparator(x, y)) if self.comparator else bool(x == y)

    def __repr__(self) -> str:
        # A migration shows it: no module's path, no number of the protocol of this Python.
        return "PickleType()"

    def _make_key(self) -> tuple[Any, ...]:
        return (type(self), self.protocol, IdentityKey(self.pickler), self.impl._key())


class TupleType(TypeEngine):
    """The types of the members of tuple_(...)."""

    __visit_name__ = "tuple"
    _is_tuple_type = True

    def __init__(self, *types: Any) -> None:
        self.types = [to_instance(t) for t in types]

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine:
        return self

    def _make_key(self) -> tuple[Any, ...]:
        return (type(self), tuple(t._key() for t in self.types))


class TableValueType(TypeEngine):
    """The type of a function that returns rows: its columns."""

    __visit_name__ = "table_value"

    def __init__(self, *elements: Any) -> None:
        self._elements = tuple(elements)

    def _make_key(self) -> tuple[Any, ...]:
        return (type(self), tuple((e.name, e.type._key()) for e in self._elements))


class MatchType(TypeEngine):
    """The type of a MATCH expression: a boolean or a relevance."""

    __visit_name__ = "boolean"

    @property
    def python_type(self) -> type[Any]:
        return bool
