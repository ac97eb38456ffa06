"""Loader options: how the attributes of loaded objects come in, said on a statement.

    select(Order).options(selectinload(Order.lines).joinedload(Line.product))

Each function returns a `Load`, which is immutable: every further call returns a longer one.
The rules are those of SQLAlchemy's documentation ("Relationship Loading Techniques" and
"Column Loading Options").
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from orm import exc
from orm.inspection import inspect
from orm.loading.path import ANY, Directive, Step, criterion_key, expression_key, is_expression
from orm.mapping.aliased import aliased
from orm.sql.coercions import to_element
from orm.state.instrumented import InstrumentedAttribute

__all__ = [
    "Load",
    "contains_eager",
    "defaultload",
    "defer",
    "immediateload",
    "joinedload",
    "lazyload",
    "load_only",
    "noload",
    "raiseload",
    "selectin_polymorphic",
    "selectinload",
    "subqueryload",
    "undefer",
    "undefer_group",
    "with_expression",
]


class Load:
    """What is said about the attributes of one entity, and of those reached from it.

    entity: a mapped class, an alias of one, or None for options that start with a wildcard.
    """

    __slots__ = ("_directives", "_key", "_longer", "_path", "_root")

    inherit_cache = True

    def __init__(self, entity: Any = None) -> None:
        self._root: Any = None if entity is None else inspect(entity)
        self._path: tuple[Step, ...] = ()
        self._directives: tuple[Directive, ...] = ()
        self._key: tuple[Hashable, tuple[Any, ...], tuple[Any, ...]] | None = None
        #: options that go on from this one, if it is kept itself
        self._longer: dict[tuple[Any, ...], Load] | None = None

    # relationships

    def selectinload(
        self, *attrs: Any, recursion_depth: int | None = None, chunksize: int | None = None
    ) -> Load:
        """Load the related objects of all parents with one more SELECT ... IN.

        recursion_depth: for a self-referential relationship, how many levels more; -1 for all.
        chunksize: how many parents one statement loads for, 500 by default.
        """
        if chunksize is not None and (not isinstance(chunksize, int) or chunksize < 1):
            raise exc.ArgumentError(f"chunksize is a number of parents above 0, not {chunksize!r}.")
        return self._strategy(
            "selectin", attrs, recursion_depth=recursion_depth, chunksize=chunksize
        )

    def limit(self, count: int) -> Load:
        """Load no more than the first `count` members for each parent, in the relationship's order.

        Behind selectinload(), subqueryload() or immediateload() of a collection, still one statement for all parents:
        the database numbers the members of each (a window function). Without an order of the relationship the
        primary key decides. What is loaded is not the whole collection: use it for reading.
        """
        last = self._directives[-1] if self._directives else None
        if last is None or last.action != "strategy" or last.name not in _LIMITED:
            raise exc.ArgumentError(
                "limit() belongs behind an option that loads collections by a statement of their own, as in "
                "selectinload(User.posts).limit(3)."
            )
        if not isinstance(count, int) or count < 1:
            raise exc.ArgumentError(f"limit() takes a number of members above 0, not {count!r}.")
        made = self._copy()
        args = tuple(sorted({**dict(last.args), "limit": count}.items()))
        made._directives = (*self._directives[:-1], last._replace(args=args))
        return made

    def joinedload(self, *attrs: Any, innerjoin: bool | str | None = None) -> Load:
        """Load the related objects with the same statement, over a join.

        innerjoin: True for an INNER JOIN, None for what the relationship says.
        """
        return self._strategy("joined", attrs, innerjoin=innerjoin)

    def subqueryload(self, *attrs: Any) -> Load:
        """Load the related objects with one more statement per batch of parents."""
        return self._strategy("subquery", attrs)

    def lazyload(self, *attrs: Any) -> Load:
        """Load the related objects when the attribute is first read."""
        return self._strategy("select", attrs)

    def immediateload(self, *attrs: Any, recursion_depth: int | None = None) -> Load:
        """Load the related objects right after their parents, as a lazy load would."""
        return self._strategy("immediate", attrs, recursion_depth=recursion_depth)

    def noload(self, *attrs: Any) -> Load:
        """Leave the attribute empty: None or an empty collection, without any SQL."""
        return self._strategy("noload", attrs)

    def raiseload(self, *attrs: Any, sql_only: bool = False) -> Load:
        """Make a later lazy load an error; with sql_only only one that needs SQL."""
        return self._strategy("raise_on_sql" if sql_only else "raise", attrs)

    def defaultload(self, *attrs: Any) -> Load:
        """Go on to the related entity, leaving the way it is loaded as mapped."""
        return self._strategy(None, attrs)

    def contains_eager(self, *attrs: Any, alias: Any = None) -> Load:
        """Fill the attribute, and those on the way to it, from columns which the statement's own joins select.

        alias: the alias under which the related entity stands in the statement: of the class, or
        of its table.
        """
        if len(attrs) > 1:
            made = self
            for attr in attrs[:-1]:
                made = made.contains_eager(attr)
            return made.contains_eager(attrs[-1], alias=alias)
        target = None if alias is None else inspect(alias, raiseerr=False)
        if alias is not None and target is None and attrs:
            target = inspect(aliased(attrs[-1].property.mapper.class_, alias))
        return self._strategy("contains", attrs, alias=target)

    # columns

    def load_only(self, *attrs: Any, raiseload: bool = False) -> Load:
        """Load these column attributes and the primary key; leave out the others."""
        made = self
        for attr in attrs:
            made = made._column("only", attr)
        return made._column("raise", ANY) if raiseload else made

    def defer(self, key: Any, raiseload: bool = False) -> Load:
        """Leave out a column attribute until it is read; with raiseload reading is an error."""
        return self._column("raise" if raiseload else "defer", key)

    def undefer(self, key: Any) -> Load:
        """Load a column attribute along which is mapped as deferred."""
        return self._column("undefer", key)

    def undefer_group(self, name: str) -> Load:
        """Load along all column attributes of a deferred group."""
        return self._add(Directive(self._root, self._path, "undefer_group", name))

    def with_expression(self, key: Any, expression: Any) -> Load:
        """Fill an attribute mapped as query_expression() from an SQL expression of this statement."""
        made = self._column("expression", key)
        last = made._directives[-1]
        prop = None if isinstance(key, str) else getattr(key, "property", None)
        if prop is not None and not getattr(prop, "is_query_expression", False):
            raise exc.ArgumentError(
                f"with_expression() fills attributes mapped as query_expression(), which {key} is not."
            )
        given = last._replace(args=(("expression", to_element(expression)),))
        made._directives = (*made._directives[:-1], given)
        return made

    def selectin_polymorphic(self, classes: Iterable[Any]) -> Load:
        """Load the columns of these subclasses along, with one more statement for each."""
        mappers = tuple(inspect(each).mapper for each in classes)
        return self._add(
            Directive(self._root, self._path, "subclasses", args=(("classes", mappers),))
        )

    # composition

    def options(self, *options: Load) -> Load:
        """Apply options which start at the entity that this one has reached."""
        made = self
        for each in options:
            if not isinstance(each, Load):
                raise exc.ArgumentError(
                    f"{each!r} is about a whole statement: give it to the statement's options()."
                )
            for directive in each._directives:
                path = self._path + directive.path
                made = made._add(directive._replace(root=self._root, path=path))
        return made

    def cache_key(self) -> tuple[Hashable, tuple[Any, ...], tuple[Any, ...]]:
        """Return (structure with the values inside criteria, no binds, aliases referred to).

        Values inside criteria are constants of a plan, because the plans of the related
        objects are made from them.
        """
        if self._key is None:
            shared: list[Any] = []
            parts = tuple(_directive_key(each, shared) for each in self._directives)
            self._key = (("Load", parts), (), tuple(shared))
        return self._key

    _cache_key = property(lambda self: self.cache_key()[0])

    @property
    def directives(self) -> tuple[Directive, ...]:
        """The sentences of this option, in the order in which they were said."""
        return self._directives

    def _copy(self) -> Load:
        made = Load.__new__(type(self))
        made._root, made._path = self._root, self._path
        made._directives, made._key = self._directives, None
        made._longer = None
        return made

    def _add(self, directive: Directive) -> Load:
        made = self._copy()
        made._directives = (*self._directives, directive)
        return made

    def _strategy(self, name: str | None, attrs: Iterable[Any], **args: Any) -> Load:
        """Follow `attrs`; the last relationship gets the strategy.

        What is said of one mapped attribute as it stands is made and keyed once, and kept by its relationship.
        """
        attrs = tuple(attrs)
        if len(attrs) == 1 and type(attrs[0]) is InstrumentedAttribute and name != "contains":
            attr = attrs[0]
            is_new = self._root is None and not self._path and not self._directives
            kept = getattr(attr.prop, "options_made", None) if is_new else self._longer
            if kept is not None:
                key = (name, attr.parent, attr.key, *args.values())
                found: Load | None = kept.get(key)
                if found is None:
                    found = kept[key] = self._make_strategy(name, attrs, args)
                    found._longer = {}
                return found
        return self._make_strategy(name, attrs, args)

    def _make_strategy(
        self, name: str | None, attrs: tuple[Any, ...], args: Mapping[str, Any]
    ) -> Load:
        if not attrs:
            raise exc.ArgumentError(
                "A loader option needs a relationship attribute, as in selectinload(User.posts)."
            )
        stars = [isinstance(each, str) and each == ANY for each in attrs]
        if any(stars[:-1]) or (self._path and self._path[-1].key == ANY):
            raise exc.ArgumentError(
                "'*' stands for all relationships, so that no path can go on behind it: say what follows in an option of "
                "its own."
            )
        made = self._copy()
        for attr in attrs[:-1]:
            made._follow(attr)
        made._follow(attrs[-1])
        kept = tuple(sorted((key, value) for key, value in args.items() if value is not None))
        action = "default" if name is None else "strategy"
        return made._add(Directive(made._root, made._path, action, name or "", kept))

    def _follow(self, attr: Any) -> None:
        """Make the path of this fresh copy one step longer."""
        step = make_step(attr)
        if self._root is None and not self._path and step.key != ANY:
            self._root = step.entity
        elif step.key == ANY and self._root is not None:
            step = step._replace(entity=self._root)
        self._path = (*self._path, step)

    def _column(self, action: str, attr: Any) -> Load:
        key = attr if isinstance(attr, str) else getattr(attr, "key", None)
        if not isinstance(key, str):
            raise exc.ArgumentError(
                f"{attr!r} is no column attribute; give one as in load_only(User.name)."
            )
        root = self._root
        if root is None and not isinstance(attr, str):
            root = attr.parent
        made = self._copy()
        made._root = root
        # a composite stands for its columns
        keys = getattr(getattr(attr, "prop", None), "column_keys", (key,))
        for each in keys:
            made = made._add(Directive(root, self._path, action, each))
        return made

    def __repr__(self) -> str:
        path = " -> ".join(step.key for step in self._path)
        return f"<Load {self._root!r}: {path or len(self._directives)}>"


def make_step(attr: Any) -> Step:
    """Return the step for a relationship attribute, its of_type() and and_() included.

    Raises exc.ArgumentError for anything else, with the way to write it.
    """
    if isinstance(attr, str):
        if attr == ANY:
            return Step(None, ANY)
        raise exc.ArgumentError(
            f"A loader option takes an attribute of the class, not its name: write User.{attr} "
            f"(with your class for User) instead of {attr!r}."
        )
    prop = getattr(attr, "property", None)
    if prop is None or not hasattr(prop, "mapper"):
        raise exc.ArgumentError(
            f"{attr!r} is no relationship, so it has no loader strategy; give one as in "
            "selectinload(User.posts), and column attributes to load_only(), defer() or undefer()."
        )
    of_type = getattr(attr, "_of_type", None)
    criteria = tuple(getattr(attr, "_extra_criteria", ()) or ())
    return Step(attr.parent, prop.key, of_type, criteria)


def without_eager_loads(options: Iterable[Any]) -> tuple[Any, ...]:
    """Return options under which no relationship is loaded along, whatever these and the mapping say."""
    kept: list[Any] = []
    for option in options:
        made = option
        if isinstance(option, Load):
            made = option._copy()
            made._directives = tuple(
                each
                for each in option._directives
                if each.action != "strategy" or each.name not in _EAGER
            )
        kept.append(made)
    return (*kept, Load().lazyload(ANY))


_EAGER = frozenset({"joined", "selectin", "subquery", "immediate"})

#: strategies that load by a statement of their own, which can number the members of each parent
_LIMITED = frozenset({"selectin", "subquery", "immediate"})


def _directive_key(directive: Directive, shared: list[Any]) -> tuple[Hashable, ...]:
    steps = tuple(
        (
            _entity_key(step.entity, shared),
            step.key,
            _entity_key(step.of_type, shared),
            tuple(criterion_key(each) for each in step.criteria),
        )
        for step in directive.path
    )
    args = tuple((name, _arg_key(value, shared)) for name, value in directive.args)
    return (_entity_key(directive.root, shared), steps, directive.action, directive.name, args)


def _arg_key(value: Any, shared: list[Any]) -> Hashable:
    """Return the key of a directive's argument; the values within an expression take part."""
    return expression_key(value, shared) if is_expression(value) else _entity_key(value, shared)


def _entity_key(entity: Any, shared: list[Any]) -> Hashable:
    """Return the key of an entity; of an alias only its place among the statement's aliases."""
    if getattr(entity, "is_aliased_class", False):
        shared.append(entity.selectable)
        return ("alias", entity.mapper, entity.with_polymorphic_mappers)
    return entity  # type: ignore[no-any-return]


def selectinload(
    *keys: Any, recursion_depth: int | None = None, chunksize: int | None = None
) -> Load:
    """Load the relationship for all parents of the result with one more SELECT ... IN."""
    return Load().selectinload(*keys, recursion_depth=recursion_depth, chunksize=chunksize)


def joinedload(*keys: Any, innerjoin: bool | str | None = None) -> Load:
    """Load the relationship in the same statement, over a LEFT OUTER (or INNER) JOIN."""
    return Load().joinedload(*keys, innerjoin=innerjoin)


def subqueryload(*keys: Any) -> Load:
    """Load the relationship with one more statement."""
    return Load().subqueryload(*keys)


def lazyload(*keys: Any) -> Load:
    """Load the relationship when it is first read."""
    return Load().lazyload(*keys)


def immediateload(*keys: Any, recursion_depth: int | None = None) -> Load:
    """Load the relationship right after the parents."""
    return Load().immediateload(*keys, recursion_depth=recursion_depth)


def noload(*keys: Any) -> Load:
    """Leave the relationship empty."""
    return Load().noload(*keys)


def raiseload(*keys: Any, sql_only: bool = False) -> Load:
    """Make lazy loads of the relationship an error."""
    return Load().raiseload(*keys, sql_only=sql_only)


def defaultload(*keys: Any) -> Load:
    """Follow the relationship without changing how it is loaded."""
    return Load().defaultload(*keys)


def contains_eager(*keys: Any, alias: Any = None) -> Load:
    """Fill the relationship from columns of the statement's own joins."""
    return Load().contains_eager(*keys, alias=alias)


def load_only(*attrs: Any, raiseload: bool = False) -> Load:
    """Load only these column attributes, and the primary key."""
    return Load().load_only(*attrs, raiseload=raiseload)


def defer(key: Any, *addl_attrs: Any, raiseload: bool = False) -> Load:
    """Leave the column attribute out until it is read."""
    made = Load()
    for attr in addl_attrs:
        made = made._strategy(None, (key,))
        key = attr
    return made.defer(key, raiseload=raiseload)


def undefer(key: Any, *addl_attrs: Any) -> Load:
    """Load the deferred column attribute along."""
    made = Load()
    for attr in addl_attrs:
        made = made._strategy(None, (key,))
        key = attr
    return made.undefer(key)


def with_expression(key: Any, expression: Any) -> Load:
    """Fill an attribute mapped as query_expression() from an SQL expression of this statement.

    It is filled in objects that come new from the database; others keep what they have, unless the statement
    says populate_existing. Expired, it is None again, or its default.
    """
    return Load().with_expression(key, expression)


def undefer_group(name: str) -> Load:
    """Load all column attributes of the deferred group along."""
    return Load().undefer_group(name)


def selectin_polymorphic(base_cls: Any, classes: Iterable[Any]) -> Load:
    """Load the columns of these subclasses for all objects of a base class that are of them.

    Cost: one more statement per subclass of which there are objects.
    """
    return Load(base_cls).selectin_polymorphic(classes)
