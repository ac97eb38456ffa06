"""Common table expressions: each is defined once, in the WITH of the statement or of the SELECT it nests in."""

from __future__ import annotations

from typing import Any

from orm import exc
from orm.compiler.froms import FromCompiler
from orm.compiler.scope import BARE, Scope
from orm.sql.annotations import plain


class CTECompiler(FromCompiler):
    """Collects the CTEs that are referred to, and renders WITH."""

    def __init__(self, dialect: Any) -> None:
        super().__init__(dialect)
        self.scopes: list[Scope] = []
        # where the next SELECT to be rendered stands
        self.placing: str = BARE
        # name -> definition, in the order in which they were completed
        self.ctes: dict[str, str] = {}
        self._cte_objects: dict[str, Any] = {}
        self._has_recursive_cte = False

    def from_cte(self, cte: Any) -> str:
        base = plain(cte._cte_alias) if cte._cte_alias is not None else plain(cte)
        while base._cte_alias is not None:
            base = plain(base._cte_alias)
        name = self.cte_name(base)
        self.define_cte(base, name)
        text: str = self.preparer.format_alias(name)
        return self.with_alias(text, cte) if cte._cte_alias is not None else text

    def alias_name(self, alias: Any) -> str:
        if alias.__visit_name__ == "cte" and alias._cte_alias is None:
            return self.cte_name(plain(alias))
        return super().alias_name(alias)

    def cte_name(self, cte: Any) -> str:
        """The name of a CTE; one that extends another by a union has the other's name."""
        if cte.name is not None:
            return str(cte.name)
        root = cte
        while root._restates is not None:
            root = plain(root._restates)
        return self.anonymous_name(root, root._anon_base)

    def define_cte(self, cte: Any, name: str) -> None:
        """Render the definition of a CTE unless it is rendered, or being rendered, already."""
        known = self._cte_objects.get(name)
        if known is not None and (known is cte or cte in _lineage(known)):
            return
        if known is not None and known not in _lineage(cte) and not known.compare(cte):
            raise exc.CompileError(
                f"Two different common table expressions are called {name!r}: give one of them another name."
            )
        self._cte_objects[name] = cte
        self._has_recursive_cte = self._has_recursive_cte or cte.recursive
        target = self.ctes
        if cte.nesting and self.scopes:
            target = self.scopes[-1].nested_ctes
        text = self.cte_definition(cte, name)
        target.pop(name, None)
        target[name] = text

    def cte_definition(self, cte: Any, name: str) -> str:
        """`name(columns) AS (statement)`."""
        scopes, self.scopes = self.scopes, [Scope(None, [], None)]
        try:
            body = self.nested(cte.element)
        finally:
            self.scopes = scopes
        quoted = self.preparer.format_alias(name)
        if cte.recursive:
            columns = ", ".join([self.preparer.quote(column.name) for column in cte.c])
            quoted = f"{quoted}({columns})"
        prefix = self._cte_words(cte._prefixes)
        suffix = self._cte_words(cte._suffixes)
        text = f"{quoted} AS {prefix}\n({body})"
        return f"{text} {suffix}".rstrip() if suffix else text

    def _cte_words(self, words: Any) -> str:
        texts = [self.process(t) for t, dialect in words if dialect in ("*", self.dialect.name)]
        return f"{' '.join(texts)} " if texts else ""

    def with_text(self) -> str:
        """`WITH ...` for all CTEs at the top, or nothing."""
        if not self.ctes:
            return ""
        word = "WITH RECURSIVE " if self._has_recursive_cte else "WITH "
        definitions = ", \n".join(self.ctes.values())
        return f"{word}{definitions}\n "

    def with_nested_ctes(self, scope: Scope, text: str) -> str:
        """The statement behind the CTEs that are defined right in it."""
        if not scope.nested_ctes:
            return text
        definitions = ", \n".join(scope.nested_ctes.values())
        return f"WITH {definitions}\n {text}"


def _lineage(cte: Any) -> list[Any]:
    """The CTEs that this one extends, nearest first."""
    found: list[Any] = []
    while cte._restates is not None:
        cte = plain(cte._restates)
        found.append(cte)
    return found
