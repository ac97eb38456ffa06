"""ClauseElement, the root of the immutable expression tree, and walking over it.

A class declares its structural fields once, in `_traverse`; the key of a statement, its children and the copy with replaced children
derive from that. Elements are never changed after construction; generative methods return copies.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any, ClassVar, Final, Self

import orm.sql.annotations as ann
from orm.sql.cache_key import NotCacheable, StatementKey, option_key, statement_key
from orm.util.collections import EMPTY_MAP
from orm.util.printing import default_dialect


class Kind:
    """What a structural field holds: one of these numbers, which are small and therefore compared by `is`."""

    CHILD: Final = 1
    """an element, or None"""
    CHILDREN: Final = 2
    """a tuple of elements"""
    PLAIN: Final = 3
    """a hashable value that is rendered or changes the meaning: a name, a flag, an operator"""
    TYPE: Final = 4
    """an SQL type"""
    TUPLES: Final = 5
    """a tuple of tuples whose items are elements, None, or plain values"""
    MAPPING: Final = 6
    """a mapping from name or column to element, or None"""
    MAPPINGS: Final = 7
    """a tuple of such mappings"""
    OPTIONS: Final = 8
    """a tuple of options, which give their own keys"""
    SHARED: Final = 9
    """an element of which only the identity within the statement counts here, or None"""
    DICT: Final = 10
    """a mapping of plain hashable values, or None"""


Traverse = tuple[tuple[str, int], ...]
_CHILD, _CHILDREN, _PLAIN, _TYPE = Kind.CHILD, Kind.CHILDREN, Kind.PLAIN, Kind.TYPE
_LEAF_KINDS = frozenset({Kind.PLAIN, Kind.TYPE, Kind.OPTIONS, Kind.DICT})


class ClauseElement:
    """Anything that renders as SQL."""

    __visit_name__: ClassVar[str] = "clause"
    #: the compiler's method for elements of this class
    _visit_method: ClassVar[str] = "visit_clause"
    _traverse: ClassVar[Traverse] = ()
    _kinds: ClassVar[Mapping[str, int]] = {}
    _compares_by_expression: ClassVar[bool] = False
    _memos: ClassVar[tuple[str, ...]] = ("_key_memo", "_own_key")
    #: the key of an element that gathers nothing, once it was built
    _own_key: Hashable | None = None

    _annotations: Mapping[str, Any] = EMPTY_MAP
    is_selectable: ClassVar[bool] = False
    is_clause_element: ClassVar[bool] = True
    _is_from_clause: ClassVar[bool] = False
    _is_select_base: ClassVar[bool] = False
    _is_column_element: ClassVar[bool] = False
    _is_text_clause: ClassVar[bool] = False
    _is_bind_parameter: ClassVar[bool] = False
    #: asked of what is given to execute(), SQLAlchemy's statements included, which lack it
    _is_executable: ClassVar[bool] = False
    #: functions of the application that render elements of this class, by dialect name; see orm.ext.compiler
    _compile_with: ClassVar[Mapping[str, Callable[..., str]] | None] = None

    def __init_subclass__(cls, **kw: Any) -> None:
        super().__init_subclass__(**kw)
        kinds: dict[str, int] = {}
        for base in reversed(cls.__mro__):
            kinds.update(base.__dict__.get("_traverse", ()))
        cls._kinds = kinds
        cls._visit_method = f"visit_{cls.__visit_name__}"

    @property
    def _from_objects(self) -> tuple[Any, ...]:
        """The FROM objects that this element needs, in order, possibly repeated."""
        return ()

    # -- key ---------------------------------------------------------------------------------------

    def cache_key(self) -> StatementKey:
        """(structural key or None, bind parameters in order); computed once."""
        return statement_key(self)

    def _build_key(self, binds: list[Any], shared: list[Any]) -> Hashable:
        """The key of this element; appends the binds and the shared objects that it contains."""
        parts: list[Any] = [self.__class__]
        kinds = self._kinds
        # Fields that were never set are absent here; the order is that of setting, and binds follow the same.
        for name, value in self.__dict__.items():
            kind = kinds.get(name)
            if kind is None or value is None:
                continue
            if kind is _CHILDREN:
                if value:
                    parts += (name, len(value))
                    for item in value:
                        parts.append(item._own_key or item._build_key(binds, shared))
                continue
            parts.append(name)
            if kind is _CHILD:
                parts.append(value._own_key or value._build_key(binds, shared))
            elif kind is _PLAIN:
                parts.append(value)
            elif kind is _TYPE:
                parts.append(value._key())
            else:
                parts.append(_key_of_compound(kind, value, binds, shared))
        return tuple(parts)

    def _build_shared_key(self, binds: list[Any], shared: list[Any]) -> Hashable:
        """The structure of an element which `_build_key` keys by position only."""
        return ClauseElement._build_key(self, binds, shared)

    # -- children and copies -------------------------------------------------------------------------

    def get_children(self, **kw: Any) -> Iterator[ClauseElement]:
        """The elements directly below, in the order of declaration."""
        attributes = self.__dict__
        for name, kind in self._kinds.items():
            if kind in _LEAF_KINDS:
                continue
            value = attributes.get(name)
            if value is not None:
                yield from _children_of(kind, value)

    def _clone(self) -> Self:
        """A shallow copy without memos; an identity of its own."""
        clone = object.__new__(type(self))
        attributes = clone.__dict__
        attributes.update(self.__dict__)
        for name in self._memos:
            attributes.pop(name, None)
        if isinstance(self, ann.Annotated):
            attributes["_original"] = ann.plain(self)._clone()
        return clone

    def _map_children(self, fn: Callable[[Any], Any]) -> Any:
        """This element with each child replaced by fn(child); itself if nothing changed."""
        changes: dict[str, Any] = {}
        attributes = self.__dict__
        for name, kind in self._kinds.items():
            value = attributes.get(name)
            if value is None or kind in _LEAF_KINDS:
                continue
            mapped = _map_value(kind, value, fn)
            if mapped is not value:
                changes[name] = mapped
        if not changes:
            return self
        clone = self._clone()
        clone.__dict__.update(changes)
        if isinstance(clone, ann.Annotated):
            clone._original.__dict__.update(changes)
        return clone

    # -- annotations -------------------------------------------------------------------------------

    def _annotate(self, values: Mapping[str, Any]) -> Self:
        """A copy which hashes and compares like this element and carries these annotations too."""
        return ann.annotate(self, values)  # type: ignore[no-any-return]

    def _with_annotations(self, values: Mapping[str, Any]) -> Self:
        """A copy with exactly these annotations."""
        return ann.annotate(ann.plain(self), values)  # type: ignore[no-any-return]

    def _deannotate(self) -> Any:
        """The element without annotations."""
        return self

    # -- parameters --------------------------------------------------------------------------------

    def params(self, optionaldict: Mapping[str, Any] | None = None, /, **kwargs: Any) -> Self:
        """A copy with values for named parameters, given by keyword or as a dict; names that it lacks are passed over."""
        return _OPERATIONS["params"](self, {**kwargs, **(optionaldict or {})})  # type: ignore[no-any-return]

    def unique_params(
        self, optionaldict: Mapping[str, Any] | None = None, /, **kwargs: Any
    ) -> Self:
        """The same, with parameters that share their name with no other: both sides of a UNION may have their own value."""
        return _OPERATIONS["params"](self, {**kwargs, **(optionaldict or {})}, True)  # type: ignore[no-any-return]

    # -- use ---------------------------------------------------------------------------------------

    def self_group(self, against: Any = None) -> Any:
        """The element in parentheses if it needs them as an operand of `against`."""
        return self

    @property
    def entity_namespace(self) -> Any:
        """Where filter_by() looks up names."""
        found = self._annotations.get("parententity")
        if found is not None:
            return found.entity_namespace
        raise AttributeError(f"{type(self).__name__} has no names for filter_by()")

    def compare(self, other: Any) -> bool:
        """True if the other element has the same structure and the same bound values."""
        key, binds = statement_key(self)
        other_key, other_binds = statement_key(other)
        if key is None or key != other_key:
            return False
        return all(
            mine.effective_value == theirs.effective_value
            for mine, theirs in zip(binds, other_binds, strict=True)
        )

    def compile(self, bind: Any = None, dialect: Any = None, **kw: Any) -> Any:
        """Compile for a dialect (or an engine's), by default the generic one with named parameters."""
        if dialect is None:
            dialect = bind.dialect if bind is not None else default_dialect()
        element, options = self._executed_form(dialect)
        compiler = dialect.statement_compiler(dialect)
        return compiler.compile(element, for_display=True, **options, **kw)

    def _executed_form(self, dialect: Any) -> tuple[Any, dict[str, Any]]:
        """What is sent to the database for this element, and the compiler's options for it."""
        return self, {}

    def __str__(self) -> str:
        return str(self.compile())

    def __bool__(self) -> bool:
        raise TypeError(
            "An SQL expression has no truth value in Python. Combine expressions with & | ~ or "
            "and_(), or_(), not_() instead of `and`, `or`, `not`; test for presence with `is not None`"
        )


#: works on whole trees, from modules above this one: "params"
_OPERATIONS: dict[str, Callable[..., Any]] = {}


def _children_of(kind: int, value: Any) -> Iterator[Any]:
    if kind is Kind.CHILD or kind is Kind.SHARED:
        yield value
    elif kind is Kind.CHILDREN:
        yield from value
    elif kind is Kind.TUPLES:
        for item in value:
            yield from (part for part in item if isinstance(part, ClauseElement))
    else:
        for mapping in value if kind is Kind.MAPPINGS else (value,):
            for key, item in mapping.items():
                yield from (part for part in (key, item) if isinstance(part, ClauseElement))


def _map_value(kind: int, value: Any, fn: Callable[[Any], Any]) -> Any:
    if kind is Kind.CHILD or kind is Kind.SHARED:
        return fn(value)
    if kind is Kind.CHILDREN:
        new: Any = tuple([fn(item) for item in value])
        same = all(a is b for a, b in zip(new, value, strict=True))
        return value if same else new
    if kind is Kind.TUPLES:
        rows = [_map_items(item, fn) for item in value]
        return value if all(a is b for a, b in zip(rows, value, strict=True)) else tuple(rows)
    if kind is Kind.MAPPINGS:
        maps = [_map_mapping(item, fn) for item in value]
        return value if all(a is b for a, b in zip(maps, value, strict=True)) else tuple(maps)
    return _map_mapping(value, fn)


def _map_items(items: Any, fn: Callable[[Any], Any]) -> Any:
    new = [fn(part) if isinstance(part, ClauseElement) else part for part in items]
    if all(a is b for a, b in zip(new, items, strict=True)):
        return items
    return items._make(new) if hasattr(items, "_make") else tuple(new)


def _map_mapping(mapping: Mapping[Any, Any], fn: Callable[[Any], Any]) -> Mapping[Any, Any]:
    new = {k: fn(v) if isinstance(v, ClauseElement) else v for k, v in mapping.items()}
    return mapping if all(new[k] is v for k, v in mapping.items()) else new


def _key_of_part(part: Any, binds: list[Any], shared: list[Any]) -> Hashable:
    if isinstance(part, ClauseElement):
        return part._build_key(binds, shared)
    if isinstance(part, tuple):
        return tuple([_key_of_part(item, binds, shared) for item in part])
    if part is None or isinstance(part, str | int | bool | type):
        return part
    build = getattr(part, "_build_annotation_key", None)
    if build is not None:
        return build(binds, shared)  # type: ignore[no-any-return]
    if part.__class__.__hash__ is None:
        raise NotCacheable
    return part  # type: ignore[no-any-return]


def _key_of_compound(kind: int, value: Any, binds: list[Any], shared: list[Any]) -> Hashable:
    if kind is Kind.SHARED:
        shared.append(value)
        return None
    if kind is Kind.OPTIONS:
        return tuple([option_key(option, binds, shared) for option in value])
    if kind is Kind.TUPLES:
        return tuple([_key_of_part(tuple(item), binds, shared) for item in value])
    if kind is Kind.DICT:
        return tuple(sorted(value.items()))
    maps = value if kind is Kind.MAPPINGS else (value,)
    return tuple(
        [
            tuple(
                [
                    (_key_of_part(k, binds, shared), _key_of_part(v, binds, shared))
                    for k, v in mapping.items()
                ]
            )
            for mapping in maps
        ]
    )


def iterate(element: ClauseElement | None) -> Iterator[ClauseElement]:
    """Every element of the tree, breadth first, the root included."""
    if element is None:
        return
    queue = deque([element])
    while queue:
        current = queue.popleft()
        yield current
        queue.extend(current.get_children())


def traverse(
    element: ClauseElement | None, opts: Any, functions: Mapping[str, Callable[[Any], Any]]
) -> ClauseElement | None:
    """Call functions[visit_name](el) for every element whose visit name is there; returns the root."""
    for current in iterate(element):
        function = functions.get(current.__visit_name__)
        if function is not None:
            function(current)
    return element
