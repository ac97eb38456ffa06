"""Common table expressions: each is defined once, in the WITH of the statement or of the SELECT it nests in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from orm import exc
from orm.compiler.froms import FromCompiler
from orm.compiler.scope import BARE, IN_FROM, Scope, WithLevel
from orm.sql.annotations import plain


class CTECompiler(FromCompiler):
    """Collects the CTEs that are referred to, and renders WITH."""

    def __init__(self, dialect: Any) -> None:
        super().__init__(dialect)
        self.scopes: list[Scope] = []
        # where the next SELECT to be rendered stands
        self.placing: str = BARE
        # the WITH of each statement around the current place, that of the whole statement first
        self.levels: list[WithLevel] = [WithLevel()]
        # the next statement to be rendered is a part of the current one and has no WITH of its own
        self.shares_level = True
        self._nested_here: set[int] = set()

    def in_level(self, statement: Any, render: Callable[[Any], str]) -> str:
        """render(statement), behind the WITH of the CTEs that are defined right in it."""
        if self.shares_level:
            self.shares_level = False
            self.define_given(statement)
            return render(statement)
        level = WithLevel(self.seen_from_here())
        self.levels.append(level)
        try:
            self.define_given(statement)
            text = render(statement)
        finally:
            self.levels.pop()
        return level.with_text() + text

    def seen_from_here(self) -> frozenset[Any]:
        """The FROM objects around the statement about to be rendered to which it may refer."""
        if not self.scopes:
            return frozenset()
        return self.scopes[-1].outer if self.placing == IN_FROM else self.scopes[-1].visible

    def define_given(self, statement: Any) -> None:
        """Define what add_cte() gave the statement, whether it refers to it or not."""
        for cte in statement._independent_ctes:
            self.from_cte(cte)
        for cte in statement._nested_ctes:
            base = plain(cte)
            if id(base) in self._nested_here:
                raise exc.CompileError(
                    f"The common table expression {self.cte_name(base)!r} was added with nest_here=True to more than "
                    "one statement: it can be defined in one of them only."
                )
            self._nested_here.add(id(base))
            self.define_cte(base, self.cte_name(base), self.levels[-1])

    def from_cte(self, cte: Any) -> str:
        if cte._cte_alias is None:
            base = plain(cte)
        elif self.extends(cte):
            # the alias is the recursive CTE's name within its own definition
            return self.preparer.format_alias(self.alias_name(cte))
        else:
            base = plain(cte._cte_alias)
            while base._cte_alias is not None:
                base = plain(base._cte_alias)
        name = self.cte_name(base)
        self.define_cte(base, name, self.levels[-1] if base.nesting else self.levels[0])
        text: str = self.preparer.format_alias(name)
        return self.with_alias(text, cte) if cte._cte_alias is not None else text

    def extends(self, alias: Any) -> bool:
        """True if a CTE that was made of this alias by a union is defined."""
        known = self.known_cte(self.alias_name(alias))
        return known is not None and plain(alias) in _lineage(known)

    def known_cte(self, name: str) -> Any:
        """The CTE of this name which can be seen from here, or None."""
        for level in reversed(self.levels):
            if name in level.defined:
                return level.defined[name]
        return None

    def is_renamed(self, table: Any) -> bool:
        """True if the table has another name here, because a table of another schema is called the same."""
        for scope in reversed(self.scopes):
            if table in scope.own:
                return table in scope.renamed
        return False

    def table_reference(self, table: Any) -> str:
        if not self.scopes:
            return self.find_reference(table)
        known = self.scopes[-1].references
        found = known.get(table)
        if found is None:
            found = known[table] = self.find_reference(table)
        return found

    def find_reference(self, table: Any) -> str:
        if table.__visit_name__ == "table" and not table.schema and self.is_renamed(table):
            return self.preparer.format_alias(self.anonymous_name(table, table.name))
        return super().find_reference(table)

    def from_table(self, table: Any) -> str:
        text = super().from_table(table)
        if not table.schema and self.is_renamed(table):
            name = self.anonymous_name(table, table.name)
            text = f"{text}{self.alias_word}{self.preparer.format_alias(name)}"
        return text

    def alias_name(self, alias: Any) -> str:
        if alias.__visit_name__ == "cte" and alias._cte_alias is None:
            return self.cte_name(plain(alias))
        return super().alias_name(alias)

    def cte_name(self, cte: Any) -> str:
        """The name of a CTE; one that extends another by a union has the other's name."""
        if cte.name is not None:
            return cte.name  # type: ignore[no-any-return]
        root = cte
        while root._restates is not None:
            root = plain(root._restates)
        return self.anonymous_name(root, root._anon_base)

    def define_cte(self, cte: Any, name: str, level: WithLevel) -> None:
        """Render the definition of a CTE unless it is rendered, or being rendered, already."""
        known = self.known_cte(name)
        if known is not None and (known is cte or cte in _lineage(known)):
            return
        same_level = level.defined.get(name)
        if same_level is not None and same_level not in _lineage(cte):
            if not same_level.compare(cte):
                raise exc.CompileError(
                    f"Two different common table expressions are called {name!r}: give one of them another name."
                )
        level.defined[name] = cte
        level.recursive = level.recursive or cte.recursive
        for other in cte._independent_ctes:
            self.from_cte(other)
        text = self.cte_definition(cte, name, level)
        level.texts.pop(name, None)
        level.texts[name] = text

    def cte_definition(self, cte: Any, name: str, level: WithLevel) -> str:
        """`name(columns) AS (statement)`, which may correlate to what the statement around its WITH sees."""
        around = Scope(None, [], None)
        around.outer = around.visible = level.outer
        scopes, self.scopes = self.scopes, [around]
        try:
            body = self.nested(cte.element)
        finally:
            self.scopes = scopes
        quoted = self.preparer.format_alias(name)
        if cte.recursive:
            columns = ", ".join([self.column_name(column) for column in cte.c])
            quoted = f"{quoted}({columns})"
        prefix = self._cte_words(cte._prefixes)
        suffix = self._cte_words(cte._suffixes)
        text = f"{quoted} AS {prefix}\n({body})"
        return f"{text} {suffix}".rstrip() if suffix else text

    def _cte_words(self, words: Any) -> str:
        texts = [self.process(t) for t, dialect in words if dialect in ("*", self.dialect.name)]
        return f"{' '.join(texts)} " if texts else ""


def _lineage(cte: Any) -> list[Any]:
    """The CTEs that this one extends, nearest first."""
    found: list[Any] = []
    while cte._restates is not None:
        cte = plain(cte._restates)
        found.append(cte)
    return found
