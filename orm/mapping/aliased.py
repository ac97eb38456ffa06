"""aliased(): a mapped class under another name, to be used beside itself in a statement."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, TypeVar, overload

from orm import exc
from orm.inspection import Inspected, inspect, inspects
from orm.mapping.composite import CompositeProperty
from orm.mapping.mapper import Mapper
from orm.sql.adapt import ClauseAdapter
from orm.sql.annotations import plain
from orm.sql.coercions import expect_from
from orm.state.instrumented import QueryableAttribute

_T = TypeVar("_T")


class AliasedInsp(Inspected):
    """What `inspect(aliased(User))` returns: the entity of an alias.

    mapper: of the class. selectable: the alias. entity: the AliasedClass. name: the alias's
    name, or None.
    """

    is_aliased_class = True
    is_mapper = False
    is_selectable = True

    def __init__(
        self,
        entity: Any,
        mapper: Mapper,
        selectable: Any,
        name: str | None,
        adapt_on_names: bool = False,
        with_polymorphic_mappers: tuple[Mapper, ...] = (),
    ) -> None:
        self.entity = entity
        self.mapper = mapper
        self.selectable = selectable
        self.name = name
        self.adapt_on_names = adapt_on_names
        self.with_polymorphic_mappers = with_polymorphic_mappers
        #: the mapper or alias in whose place this one is selected, as the union of a Query is:
        #: options that start there are meant for this one, too
        self.stands_for: Any = None
        #: a subclass within with_polymorphic(): conditions on it do not narrow the whole
        self.is_part = False
        #: the alias of with_polymorphic() whose part this is: options that start here are about that
        self.whole: AliasedInsp | None = None
        #: what says of which class a row is, where with_polymorphic() names it
        self.polymorphic_on: Any = None
        #: the alias that this is an alias of: columns go through it
        self.inner: AliasedInsp | None = None
        self.attributes: dict[str, Any] = {}
        self._adapter = ClauseAdapter(selectable)
        self._element: Any = None

    @property
    def class_(self) -> type:
        """The mapped class."""
        return self.mapper.class_

    @property
    def joined_from(self) -> Any:
        """The join of aliased tables, None for the alias of one table."""
        return self.selectable if self.selectable.__visit_name__ == "join" else None

    @property
    def entity_namespace(self) -> Any:
        """Where `filter_by(name=...)` looks for names: the alias."""
        return self.entity

    def isa(self, other: Any) -> bool:
        """Return whether the mapper is `other` or inherits from it."""
        return self.mapper.isa(other)

    def adapt(self, expression: Any) -> Any:
        """Return an expression in terms of the alias."""
        if self.inner is not None:
            expression = self.inner.adapt(expression)
        if self.mapper.adapts and getattr(expression, "table", None) is self.mapper.selectable:
            # another alias of the same union
            return self.selectable.c.get(expression.key, expression)
        if self.adapt_on_names and getattr(expression, "key", None) in self.selectable.c:
            found = self.selectable.corresponding_column(expression)
            return self.selectable.c[expression.key] if found is None else found
        return self._adapter.traverse(expression)

    def lacks(self, prop: Any) -> bool:
        """Return whether the rows of the alias have no column for a column attribute."""
        if prop.is_expression or self.mapper.adapts:
            return False
        column = prop.expression
        if plain(self.adapt(column)) is not plain(column):
            return False
        sources = (self.selectable, *self.selectable._from_objects)
        return all(plain(each) is not plain(column.table) for each in sources)

    @property
    def selected_expressions(self) -> tuple[Any, ...]:
        """The SQL expressions that a SELECT of the alias brings, beside columns of its source."""
        found = (
            self.attribute(e._annotations["proxy_key"]) for e in self.mapper.selected_expressions
        )
        elements = (each.__clause_element__() for each in found)
        return tuple(each for each in elements if getattr(each, "table", None) is None)

    def attribute(self, key: str) -> Any:
        """Return a mapped attribute, of the alias. Raises AttributeError."""
        found = self.attributes.get(key)
        if found is None:
            mapper, prop = self._original(key)
            found = QueryableAttribute(key, mapper.class_, self, prop)
            self.attributes[key] = found
        return found

    def _original(self, key: str) -> tuple[Mapper, Any]:
        for mapper in (self.mapper, *self.with_polymorphic_mappers):
            attribute = mapper.class_manager.attributes.get(key)
            if attribute is not None:
                return mapper, attribute.prop
            prop = mapper.props.get(key)
            if isinstance(prop, CompositeProperty):
                return mapper, prop
        raise AttributeError(key)

    def __clause_element__(self) -> Any:
        if self._element is None:
            # made now, so that the annotated copy has the same columns
            _ = self.selectable.c
            self._element = self.selectable._annotate(
                {"parententity": self, "parentmapper": self.mapper}
            )
        return self._element

    def _build_annotation_key(self, binds: list[Any], shared: list[Any]) -> Hashable:
        # two aliases of one class are told apart by their selectables, keyed elsewhere
        shared.append(self.selectable)
        return ("alias of", self.mapper, self.name)

    def __repr__(self) -> str:
        return f"<alias {self.name or ''} of {self.mapper.class_.__name__}>"


class AliasedClass:
    """Stands for the mapped class in a statement: attributes are those of the alias."""

    _sa_aliased = True

    def __init__(self, insp_or_none: Any = None) -> None:
        self.__dict__["_aliased_insp"] = insp_or_none

    def __getattr__(self, key: str) -> Any:
        insp: AliasedInsp | None = self.__dict__.get("_aliased_insp")
        if insp is None or key.startswith("__"):
            raise AttributeError(key)
        try:
            return insp.attribute(key)
        except AttributeError:
            pass
        return self._other_member(insp, key)

    def _other_member(self, insp: AliasedInsp, key: str) -> Any:
        # a hybrid, a method: evaluated with the alias in the place of the class
        class_ = insp.mapper.class_
        for base in class_.__mro__:
            if key in base.__dict__:
                member = base.__dict__[key]
                if hasattr(member, "func") and callable(getattr(member, "__get__", None)):
                    return member.__get__(None, self)
                if callable(member):
                    return member.__get__(self, class_)
                if hasattr(member, "__get__"):
                    return member.__get__(None, self)
                return member
        raise AttributeError(
            f"{class_.__name__} has no attribute {key!r}; mapped are: "
            f"{', '.join(insp.mapper.class_manager.attributes)}."
        )

    def __repr__(self) -> str:
        return repr(self.__dict__["_aliased_insp"])


@inspects(AliasedClass)
def _inspect_aliased(alias: AliasedClass) -> AliasedInsp:
    found: AliasedInsp = alias.__dict__["_aliased_insp"]
    return found


@inspects(AliasedInsp)
def _inspect_insp(insp: AliasedInsp) -> AliasedInsp:
    return insp


@overload
def aliased(
    element: type[_T],
    alias: Any = None,
    name: str | None = None,
    flat: bool = False,
    adapt_on_names: bool = False,
) -> type[_T]: ...
@overload
def aliased(
    element: Any,
    alias: Any = None,
    name: str | None = None,
    flat: bool = False,
    adapt_on_names: bool = False,
) -> Any: ...
def aliased(
    element: Any,
    alias: Any = None,
    name: str | None = None,
    flat: bool = False,
    adapt_on_names: bool = False,
) -> Any:
    """Return an alias of a mapped class (or table), to be used like the class in statements.

    alias: a subquery or alias to take rows from; by default an alias of the table.
    name: its name in SQL. flat: join aliased tables rather than nest a subquery.
    adapt_on_names: match columns of `alias` by name where they are not derived from ours.
    """
    table: Any = element
    if getattr(table, "_is_from_clause", False) and "parententity" not in table._annotations:
        return table.alias(name)
    insp = inspect(element, raiseerr=False)
    if insp is None or not hasattr(insp, "mapper"):
        raise exc.ArgumentError(f"aliased() takes a mapped class or a table, not {element!r:.80}.")
    mapper = insp.mapper
    mapper.registry_configure()
    if alias is None:
        source = insp.selectable
        joined = source.__visit_name__ == "join"
        selectable = source.alias(name, flat=flat or joined)
    else:
        selectable = expect_from(alias)
        selectable = selectable._deannotate()
        name = name or getattr(selectable, "name", None)
    made = AliasedClass()
    made_insp = AliasedInsp(made, mapper, selectable, name, adapt_on_names)
    made_insp.inner = None if insp.is_mapper else insp
    made.__dict__["_aliased_insp"] = made_insp
    return made
