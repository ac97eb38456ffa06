"""Bundle: several columns of a SELECT as one value of its rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, Generic

from orm.engine.row import row_class
from orm.inspection import Inspected
from orm.sql.expression import tuple_
from orm.util.collections import NamedCollection
from orm.util.typevars import T


class Bundle(Inspected, Generic[T]):
    """Columns that come as one named tuple: `select(Bundle("size", Box.width, Box.height))`.

    c, columns: the columns by name. single_entity: as the only thing selected, results are the
    tuples themselves and not rows of one. Override `create_row_processor` to make other values.
    """

    is_bundle = True

    def __init__(self, name: str, *exprs: Any, single_entity: bool = False) -> None:
        self.name = self._label = self.key = name
        self.exprs = exprs
        self.single_entity = single_entity or type(self).single_entity
        self.c: Any = NamedCollection({_key_of(each): each for each in exprs}, name)
        self.columns = self.c

    single_entity = False

    def create_row_processor(
        self, query: Any, procs: Sequence[Callable[[Any], Any]], labels: Sequence[str]
    ) -> Callable[[Any], Any]:
        """Return a function from a row to the bundle's value.

        procs: functions from a row to the value of each column, in order. labels: their names.
        """
        made = row_class(tuple(labels))
        return lambda row: made([proc(row) for proc in procs])

    def composer(self) -> Callable[..., Any]:
        """Return a function from the values of the columns to the bundle's value."""
        procs = [itemgetter(place) for place in range(len(self.exprs))]
        process = self.create_row_processor(None, procs, [_key_of(each) for each in self.exprs])
        return lambda *values: process(values)

    def label(self, name: str) -> Bundle:
        """Return the same under another name."""
        return type(self)(name, *self.exprs, single_entity=self.single_entity)

    def __clause_element__(self) -> Any:
        element = tuple_(*self.exprs)
        first = element.clauses[0]._annotations
        notes: dict[str, Any] = {
            "proxy_key": self.name,
            "composed": self.composer(),
            "compile_state_plugin": ("bundle", type(self), self.single_entity),
            "single_entity": self.single_entity,
        }
        for name in ("parententity", "parentmapper"):
            if name in first:
                notes[name] = first[name]
        return element._annotate(notes)

    def __repr__(self) -> str:
        return f"<Bundle {self.name}({', '.join(map(str, self.exprs))})>"


def _key_of(expression: Any) -> str:
    return str(getattr(expression, "key", None) or getattr(expression, "name", None))
