"""Renderer: what all statement compilation stands on. Names, parameters, and the walk by visit name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from orm import exc
from orm.compiler.compiled import ResultColumn
from orm.compiler.identifiers import IdentifierPreparer
from orm.compiler.parameters import MARK, Expansion, Slot, expand_list
from orm.schema.naming import shorten_name
from orm.sql.annotations import plain
from orm.sql.operators import in_op

# what may not be part of a parameter's name
_ODD: Final = re.compile(r"\W+")


class Renderer:
    """The state of one compilation. Make a new one for each statement.

    Parameters are written as marks (`\\x01<slot>\\x01`), which `Compiled` replaces by the driver's placeholders in the order
    of the text, so that parts may be rendered in any order.
    """

    #: how IN lists of rows are written: `IN (VALUES (..), (..))` instead of `IN ((..), (..))`
    tuple_in_values = False

    def __init__(self, dialect: Any) -> None:
        self.dialect = dialect
        self.preparer: IdentifierPreparer = dialect.identifier_preparer
        self.result_columns: list[ResultColumn] = []
        self.literal_binds = False
        self.include_table = True
        self._slots: list[Slot] = []
        self._slot_of: dict[Any, int] = {}
        self._places: dict[int, int] = {}
        self._anonymous: dict[Any, str] = {}
        self._counters: dict[str, int] = {}
        # keeps alive what is remembered by id()
        self._kept: list[Any] = []
        self._in_bind_expression: Any = None
        # IN or NOT IN while its list is rendered: an empty list means something else to each
        self.list_operator: Any = None
        #: the statement serves no other of its structure, so that its own binds are found by their slots
        self.stands_alone = False
        self._bind_names: set[str] = set()
        # names that INSERT and UPDATE use for their columns' values
        self._reserved_names: set[str] = set()
        self._chosen_names: dict[int, str] = {}

    # -- walk ------------------------------------------------------------------------------------

    def process(self, element: Any, **options: Any) -> str:
        """The text of an element, by its visit name.

        options: for functions of orm.ext.compiler, which pass theirs on; `literal_binds=True` writes values into the text.
        Raises exc.UnsupportedCompilationError if this dialect has no form for it.
        """
        if options and options.get("literal_binds", False) and not self.literal_binds:
            with self.with_literals():
                return self.process(element)
        custom = element._compile_with
        if custom is not None:
            return str(find_custom(custom, self, element)(element, self))
        method: Callable[..., str] | None = getattr(self, element._visit_method, None)
        if method is None:
            raise self.unsupported(element)
        return method(element)

    def process_all(self, elements: Any, separator: str = ", ") -> str:
        """The texts of some elements with a separator between."""
        return separator.join([self.process(element) for element in elements])

    def unsupported(self, element: Any) -> exc.UnsupportedCompilationError:
        """The error for an element without a form on this dialect."""
        name = element.__visit_name__
        hint = f"the {self.dialect.name} compiler knows no {name!r}"
        if name == "orm_relationship":
            hint = (
                f"{element.property} is a relationship, which has no value in SQL. Compare it with an object, ask any(), "
                "has() or contains(), join it, or name a column of the related class"
            )
        elif name.startswith("orm_"):
            hint = (
                "it belongs to mapped classes, whose statements are executed by a Session, not by a "
                "Connection: use session.execute(...)"
            )
        return exc.UnsupportedCompilationError(self, type(element), hint)

    @contextmanager
    def without_tables(self) -> Iterator[None]:
        """Inside, columns are written without their table."""
        before = self.include_table
        self.include_table = False
        try:
            yield
        finally:
            self.include_table = before

    @contextmanager
    def with_literals(self) -> Iterator[None]:
        """Inside, values are written into the text as literals."""
        before = self.literal_binds
        self.literal_binds = True
        try:
            yield
        finally:
            self.literal_binds = before

    # -- names -----------------------------------------------------------------------------------

    def anonymous_name(self, element: Any, base: str) -> str:
        """The made-up name of an element: `base_1`, the same at each call."""
        element = plain(element)
        name = self._anonymous.get(id(element))
        if name is None:
            self._kept.append(element)
            name = self._anonymous[id(element)] = self.label_name(self.fresh_name(base))
        return name

    def label_name(self, name: str) -> str:
        """A label, or the name of a column of a subquery: a long one is cut, always to the same."""
        limit = self.dialect.label_length
        return name if len(name) <= limit else shorten_name(name, limit)

    def fresh_name(self, base: str) -> str:
        """A name that no other call returns."""
        number = self._counters[base] = self._counters.get(base, 0) + 1
        return f"{base}_{number}"

    def free_name(self, base: str) -> str:
        """This name for a parameter, or a numbered one if it is taken."""
        taken = self._bind_names | self._reserved_names
        while base in taken:
            base = self.fresh_name(base)
        return base

    # -- parameters ------------------------------------------------------------------------------

    def set_extracted(self, binds: tuple[Any, ...]) -> None:
        """Tell which binds come from the statement itself, in the order in which executions hand them over."""
        places = self._places
        for place, bind in enumerate(binds):
            places.setdefault(id(bind), place)

    def visit_bindparam(self, bind: Any) -> str:
        bind = plain(bind)
        impl = bind.type.dialect_impl(self.dialect)
        if self._in_bind_expression is not bind:
            wrapped = impl.bind_expression(bind)
            if wrapped is not None:
                return self._wrap_bind(bind, wrapped)
        if self.literal_binds:
            return self.literal_bind(bind)
        key = self._slot_key(bind)
        slot = self._slot_of.get(key)
        if slot is None:
            slot = self._slot_of[key] = self.add_slot(bind, impl)
        text = f"{MARK}{slot}{MARK}"
        if bind.expanding or bind.literal_execute:
            return f"({text})" if bind.expanding else text
        return self.cast_bind(impl, text) if impl.render_bind_cast else text

    def _slot_key(self, bind: Any) -> Any:
        # a negated condition shares its list with the original, but not what an empty one stands for
        return (id(bind), self.list_operator) if bind.expanding else id(bind)

    def _wrap_bind(self, bind: Any, wrapped: Any) -> str:
        before, self._in_bind_expression = self._in_bind_expression, bind
        try:
            return self.process(wrapped)
        finally:
            self._in_bind_expression = before

    def cast_bind(self, impl: Any, text: str) -> str:
        """A placeholder whose type the database must be told."""
        return f"CAST({text} AS {self.dialect.type_compiler.process(impl)})"

    def add_slot(self, bind: Any, impl: Any, *, required: bool = False, default: Any = None) -> int:
        """Make the slot of a parameter and return its number.

        required: a value must come with the execution. default: the column whose default stands in for it.
        """
        expand = None
        if bind.expanding or bind.literal_execute:
            expand = self.make_expansion(bind, impl)
        number = len(self._slots)
        place = number if self.stands_alone else self._places.get(id(bind), -1)
        process = impl.bind_processor(self.dialect)
        name = self.bind_name(bind)
        self._bind_names.add(name)
        self._slots.append(Slot(bind, name, place, process, expand, required, default))
        return number

    def bind_name(self, bind: Any) -> str:
        """The name of a new parameter: its key, numbered if it is to collide with no other.

        Raises exc.CompileError if a parameter of the statement has the name of a column that is written.
        """
        chosen = self._chosen_names.get(id(bind))
        if chosen is not None:
            return chosen
        if bind.unique:
            # the column that it is named after may be called anything
            base = (bind.key if bind.key.isidentifier() else _ODD.sub("_", bind.key)).strip("_")
            while True:
                name = self.fresh_name(base or "param")
                if name not in self._bind_names:
                    return name
        if bind.key in self._reserved_names:
            raise self._name_clash(bind.key)
        if bind.key in self._bind_names:
            self._check_same_kind(bind)
        return str(bind.key)

    def _check_same_kind(self, bind: Any) -> None:
        """Raises exc.CompileError if another parameter of this name is a list where this one is a value, or the reverse."""
        for slot in self._slots:
            if slot.name == bind.key and bool(slot.bind.expanding) != bool(bind.expanding):
                raise exc.CompileError(
                    f"bindparam({bind.key!r}) stands for a list in one place and for a single value in another. "
                    "Give one of them another name."
                )

    def _name_clash(self, name: str) -> exc.CompileError:
        return exc.CompileError(
            f"bindparam({name!r}) has the name of a column that this statement writes, whose value would go "
            "into both. Give the parameter another name."
        )

    def name_bind(self, bind: Any, name: str) -> None:
        """Choose the name of a parameter before it is rendered.

        Raises exc.CompileError if a parameter of the statement has it already.
        """
        if name in self._bind_names and id(bind) not in self._chosen_names:
            raise self._name_clash(name)
        self._chosen_names[id(bind)] = name
        self._reserved_names.add(name)
        self._kept.append(bind)

    def reserve_bind(
        self, bind: Any, name: str, *, required: bool = False, default: Any = None
    ) -> None:
        """Make the slot of a parameter that is not part of the statement; see add_slot()."""
        self.name_bind(bind, name)
        impl = bind.type.dialect_impl(self.dialect)
        number = self.add_slot(bind, impl, required=required, default=default)
        self._slot_of[self._slot_key(bind)] = number

    def adopt_bind(self, copy: Any, bind: Any) -> None:
        """Let a copy stand for a bind of the statement."""
        self._kept.append(copy)
        place = self._places.get(id(bind))
        if place is not None:
            self._places[id(copy)] = place

    def slot_of(self, bind: Any) -> int | None:
        """The number of a bind's slot; None if it was written as a literal."""
        return self._slot_of.get(self._slot_key(bind))

    def rename_slot(self, number: int, name: str) -> None:
        """Give a slot another name."""
        self._bind_names.add(name)
        self._slots[number] = self._slots[number]._replace(name=name)

    def make_expansion(self, bind: Any, impl: Any) -> Expansion:
        """How the list in this parameter is written out."""
        is_tuple = bool(getattr(bind.type, "_is_tuple_type", False))
        parts = [part.dialect_impl(self.dialect) for part in bind.type.types] if is_tuple else []
        width = len(parts)
        literal = None
        if bind.literal_execute:
            if not bind.expanding:
                return Expansion(-1, False, "NULL", self.literal_writer(bind.type), ())
            literal = self.literal_writer(bind.type)
        return Expansion(
            width,
            self.tuple_in_values,
            self.empty_list_text(bind, width),
            literal,
            tuple([part.bind_processor(self.dialect) for part in parts]),
            self.list_cast(impl),
        )

    def list_cast(self, impl: Any) -> str:
        """What follows each placeholder of a list."""
        return ""

    def empty_list_text(self, bind: Any, width: int) -> str:
        """What stands between the parentheses of IN for an empty list, closing and opening others as it needs.

        `x IN (NULL) AND (1 != 1)` is false and `x NOT IN (NULL) OR (1 = 1)` true for every x, NULL included. Where the
        operator is not known, in text, an empty SELECT does the same but for x being NULL.
        """
        if self.list_operator is None:
            nulls = ", ".join(["NULL"] * (width or 1))
            if not width and not bind.type._isnull:
                nulls = f"CAST(NULL AS {self.cast_type(bind.type)})"
            return f"SELECT {nulls} WHERE 1 != 1"
        nulls = f"({', '.join(['NULL'] * width)})" if width else "NULL"
        if width and self.tuple_in_values:
            nulls = f"VALUES {nulls}"
        if self.list_operator is in_op:
            return f"{nulls}) AND (1 != 1"
        return f"{nulls}) OR (1 = 1"

    def cast_type(self, type_: Any) -> str:
        """The name of a type in CAST."""
        return str(self.dialect.type_compiler.process(type_))

    # -- literals --------------------------------------------------------------------------------

    def literal_bind(self, bind: Any) -> str:
        """The value of a parameter as SQL text."""
        if bind.required and bind.callable is None and bind.value is None:
            raise exc.CompileError(
                f"The parameter {bind.key!r} has no value, so it cannot be written as a literal."
            )
        value = bind.effective_value
        if bind.expanding:
            impl = bind.type.dialect_impl(self.dialect)
            how = self.make_expansion(bind, impl)._replace(literal=self.literal_writer(bind.type))
            slot = Slot(bind, bind.key, -1, None, how, False, None)
            # the percent signs of a format dialect are doubled for the whole text at the end
            return f"({expand_list(_PLAIN, slot, list(value or ()))})"
        return self.literal_text(value, bind.type)

    def literal_text(self, value: Any, type_: Any) -> str:
        """A Python value as SQL text; raises exc.CompileError where the type cannot be written."""
        if value is None and not type_.should_evaluate_none:
            return "NULL"
        return self.literal_writer(type_)(value)

    def literal_writer(self, type_: Any) -> Callable[[Any], str]:
        """The function from a value of this type to SQL text."""
        if getattr(type_, "_is_tuple_type", False):
            writers = [self.literal_writer(part) for part in type_.types]
            return lambda row: f"({', '.join([w(v) for w, v in zip(writers, row, strict=True)])})"
        processor = type_.dialect_impl(self.dialect).literal_processor(self.dialect)
        if processor is None:
            raise exc.CompileError(
                f"A value of type {type_!r} cannot be written into SQL text as a literal. Execute the "
                "statement with bound parameters instead."
            )
        write: Callable[[Any], str] = processor

        def checked(value: Any) -> str:
            try:
                text = "NULL" if value is None else write(value)
            except (TypeError, ValueError) as error:
                raise exc.CompileError(
                    f"The value {value!r:.100} cannot be written as a literal of type {type_!r}: {error}"
                ) from error
            if MARK in text or "\x02" in text:
                raise exc.CompileError(
                    f"The literal {value!r} contains a control character that cannot stand in SQL text; pass "
                    "it as a bound parameter."
                )
            return text

        return checked


def find_custom(custom: Any, compiler: Any, element: Any) -> Callable[..., str]:
    """The application's function that renders an element for the compiler's dialect, or for all.

    custom: function by dialect name, "*" for all. Raises exc.UnsupportedCompilationError if there is none.
    """
    found = custom.get(compiler.dialect.name) or custom.get("*")
    if found is None:
        known = ", ".join(sorted(custom))
        raise exc.UnsupportedCompilationError(
            compiler,
            type(element),
            f"@compiles has a function for {known}, none for {compiler.dialect.name} and none for all",
        )
    made: Callable[..., str] = found
    return made


class _PlainDialect:
    """A stand-in whose placeholders need no percent signs doubled."""

    paramstyle = "named"


_PLAIN = _PlainDialect()
