"""Syntax extensions: clauses of a database's own, put into statements at named points.

    class Qualify(SyntaxExtension, ClauseElement):
        inherit_cache = True
        _traverse = (("predicate", Kind.CHILD),)

        def __init__(self, predicate):
            self.predicate = predicate

        def apply_to_select(self, select_stmt):
            select_stmt.apply_syntax_extension_point(
                self.append_replacing_same_type, "post_criteria"
            )

    @compiles(Qualify)
    def render(element, compiler, **options):
        return f"QUALIFY {compiler.process(element.predicate, **options)}"

    select(t.c.a).ext(Qualify(func.row_number().over(order_by=t.c.b) == 1))

The names are those of SQLAlchemy 2.1's documentation of syntax extensions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NoReturn, Self

from orm import exc
from orm.sql.coercions import has_orm_annotation
from orm.sql.executable import Executable
from orm.sql.visitors import ClauseElement, Kind, Traverse


class SyntaxExtension:
    """Base, beside ClauseElement, of what `statement.ext(...)` takes.

    A subclass defines apply_to_select(), apply_to_insert(), apply_to_update() or apply_to_delete() for the statements it is
    meant for, each of which calls `statement.apply_syntax_extension_point(...)`; it is rendered by a function of
    `orm.ext.compiler`.
    """

    def apply_to_select(self, select_stmt: Any) -> None:
        """Put this into a SELECT; raises NotImplementedError where that makes no sense."""
        self._refuse("select")

    def apply_to_insert(self, insert_stmt: Any) -> None:
        """Put this into an INSERT; raises NotImplementedError where that makes no sense."""
        self._refuse("insert")

    def apply_to_update(self, update_stmt: Any) -> None:
        """Put this into an UPDATE; raises NotImplementedError where that makes no sense."""
        self._refuse("update")

    def apply_to_delete(self, delete_stmt: Any) -> None:
        """Put this into a DELETE; raises NotImplementedError where that makes no sense."""
        self._refuse("delete")

    def append_replacing_same_type(self, existing: Sequence[Any]) -> Sequence[Any]:
        """What stands at a point already, without elements of this class, and this behind it."""
        return [*(each for each in existing if not isinstance(each, type(self))), self]

    def _refuse(self, kind: str) -> NoReturn:
        raise NotImplementedError(
            f"{type(self).__name__} is not meant for {kind}(): it defines no apply_to_{kind}()."
        )


class HasSyntaxExtensions(Executable):
    """Statements into which syntax extensions can be put: `.extension_points`, in their order in the text."""

    _traverse: ClassVar[Traverse] = (("_extensions", Kind.TUPLES),)
    extension_points: ClassVar[tuple[str, ...]] = ()
    # (point, element), in the order in which they are written
    _extensions: tuple[tuple[str, Any], ...] = ()

    def ext(self, extension: SyntaxExtension) -> Self:
        """A copy with a clause of a database's own, such as postgresql.distinct_on(...) or mysql.limit(...).

        Raises exc.ArgumentError for anything that is no SyntaxExtension, NotImplementedError for one that is meant for other
        statements.
        """
        if not isinstance(extension, SyntaxExtension):
            raise exc.ArgumentError(
                f"ext() takes a SyntaxExtension, got {extension!r:.100}. For SQL as text there are prefix_with() and suffix_with()."
            )
        new = self._generate()
        getattr(extension, f"apply_to_{self.__visit_name__}")(new)
        if not new.is_orm:
            new.is_orm = any(has_orm_annotation(element) for _, element in new._extensions)
        return new

    def apply_syntax_extension_point(
        self, apply_fn: Callable[[Sequence[ClauseElement]], Sequence[ClauseElement]], position: str
    ) -> None:
        """Change what stands at an extension point of this very statement; for the apply_to_ methods of extensions.

        apply_fn: gets the elements which are there already, returns those to be there.
        Raises ValueError for a point which this kind of statement has not.
        """
        if position not in self.extension_points:
            raise ValueError(
                f"{self.__visit_name__}() has no extension point {position!r}; it has {', '.join(self.extension_points)}."
            )
        existing = [element for point, element in self._extensions if point == position]
        others = [entry for entry in self._extensions if entry[0] != position]
        self._extensions = (*others, *((position, each) for each in apply_fn(existing)))


__all__ = ["HasSyntaxExtensions", "SyntaxExtension"]
