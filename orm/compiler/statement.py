"""SQLCompiler: from a statement object to its `Compiled` form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from orm import exc
from orm.compiler.compiled import Compiled
from orm.compiler.dml import DMLCompiler
from orm.sql.cache_key import statement_key
from orm.sql.selectable import STATEMENTS


class SQLCompiler(DMLCompiler):
    """Compiles one statement for one dialect. Make a new one for each statement.

    dialect: an object with `name`, `paramstyle`, `identifier_preparer`, `type_compiler`, `max_identifier_length` and the feature
    flags of orm.engine.dialect.DefaultDialect.
    """

    def compile(
        self,
        statement: Any,
        *,
        column_keys: Sequence[str] | None = None,
        for_executemany: bool = False,
        literal_binds: bool = False,
        schema_translate_map: Mapping[str | None, str | None] | None = None,
        extracted: tuple[Any, ...] | None = None,
        compile_kwargs: Mapping[str, Any] | None = None,
        render_postcompile: bool = False,
        restrict: Callable[[Any, Any], Any] | None = None,
        linting: bool = False,
        for_display: bool = False,
        **_options: Any,
    ) -> Compiled:
        """The statement as text with its plan of parameters.

        column_keys: the names of the parameters that come with the execution of an INSERT or UPDATE. for_executemany: it is
        executed for many rows, so nothing is fetched back by itself. literal_binds: write values into the text, for
        display and DDL. render_postcompile: write lists out with the statement's own values, for display. extracted: `statement_key(statement)[1]`, when the result is to serve other statements of the
        same structure.
        for_display: to be read, not executed. linting: warn of FROM objects that nothing connects; an execution does so if the engine was made to.
        restrict: given every SELECT of mapped classes within the statement, and what it has in FROM, returns what to render
        in its place, with further conditions. By default the conditions which the classes have by themselves.
        Raises exc.CompileError if the dialect cannot express the statement, or it makes no sense.
        """
        # what has no key cannot be cached and is compiled for each execution, without `extracted`
        self.is_execution = extracted is not None or (
            not for_display and statement_key(statement)[0] is None
        )
        self.linting = linting or (
            self.is_execution and getattr(self.dialect, "enable_from_linting", False)
        )
        if extracted is None:
            self.stands_alone = True
        else:
            self.set_extracted(extracted)
        self.column_keys = column_keys
        self.for_executemany = for_executemany
        self.literal_binds = literal_binds or bool((compile_kwargs or {}).get("literal_binds"))
        if schema_translate_map:
            self.dialect = self.dialect.with_schemas(schema_translate_map)
            self.preparer = self.dialect.identifier_preparer
        self.top_statement = statement
        self.restrict = restrict
        self.restricts_top = restrict is None or getattr(restrict, "covers_top", False)
        if restrict is None and (make := STATEMENTS.get("restriction")) is not None:
            self.restrict = make(statement)
        text = self.with_text_placed(statement, self.process(statement))
        compiled = Compiled(
            statement,
            self.dialect,
            text,
            self._slots,
            kind=statement_kind(statement),
            result_columns=tuple(self.result_columns),
            returning=self.returning,
            dml=self.dml,
            extracted=tuple([slot.bind for slot in self._slots])
            if extracted is None
            else extracted,
            schema_translate_map=schema_translate_map,
        )
        if render_postcompile or (compile_kwargs or {}).get("render_postcompile"):
            compiled.write_lists_out()
        return compiled

    def with_text_placed(self, statement: Any, text: str) -> str:
        """The statement with the WITH of its common table expressions."""
        return self.levels[0].with_text() + text

    def text_with_literals(self, statement: Any) -> str:
        """A whole statement with its values as literals, as DDL needs it."""
        self.set_extracted(statement_key(statement)[1])
        self.literal_binds = True
        self.top_statement = statement
        return _without_marks(self.with_text_placed(statement, self.process(statement)))

    def expression_text(self, element: Any, include_table: bool = True) -> str:
        """One expression with its values as literals, as DDL needs it."""
        self.literal_binds = True
        self.include_table = include_table
        return _without_marks(self.process(element))


def _without_marks(text: str) -> str:
    if "\x01" in text or "\x02" in text:
        raise exc.CompileError("An expression in DDL contains a control character.")
    return text


def statement_kind(statement: Any) -> str:
    """What a statement is: "select", "insert", "update", "delete" or "text"."""
    if statement._is_select_base:
        return "select"
    for kind in ("insert", "update", "delete"):
        if getattr(statement, f"is_{kind}", False):
            return kind
    if statement.__visit_name__ == "textclause":
        return "text"
    return "select"
