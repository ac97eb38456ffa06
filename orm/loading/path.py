"""The tree of loader options under one entity: what a query said about each attribute.

A `Directive` is one sentence of an option ("from Order over items: product by selectin").
`make_root()` turns the directives which apply to a root entity into a `PathNode`, which the
plan reads, and which travels on with the loaded objects, so that a lazy load on one of them
knows the options that were given for its path.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

from orm.util.record import Record

#: the name of a wildcard step
ANY = "*"

#: levels of a self-referential relationship that recursion_depth=-1 stands for
MAX_DEPTH = 100


#: strategies which load a relationship along
_GOES_ON = frozenset({"selectin", "subquery", "immediate", "joined"})


class Step(Record):
    """One relationship on the way: the entity it starts from, its key, and of_type()/and_().

    entity: a Mapper or an AliasedInsp; None for a wildcard that belongs to no entity.
    """

    entity: Any
    key: str
    of_type: Any = None
    criteria: tuple[Any, ...] = ()


class Directive(Record):
    """One sentence of an option.

    root: the entity where the path starts, None for unbound wildcards.
    path: relationships to follow, the last one is what a "strategy" is for; for "column"
        directives the path leads to the entity whose columns are meant.
    action: "strategy", "default", "only", "defer", "undefer", "raise", "undefer_group", "expression" or
        "subclasses".
    name: the strategy, or the attribute's key (ANY for all of them).
    args: details of a strategy as sorted pairs.
    """

    root: Any
    path: tuple[Step, ...]
    action: str
    name: str = ""
    args: tuple[tuple[str, Hashable], ...] = ()


class Relation:
    """What the options say about one relationship; `strategy` None leaves it as mapped."""

    __slots__ = ("args", "criteria", "node", "of_type", "strategy")

    def __init__(self, node: PathNode) -> None:
        self.strategy: str | None = None
        self.args: dict[str, Any] = {}
        self.node = node
        self.of_type: Any = None
        self.criteria: tuple[Any, ...] = ()

    def key(self) -> tuple[Hashable, ...]:
        """Return what is equal for equal settings, values inside criteria included."""
        criteria = tuple(criterion_key(each) for each in self.criteria)
        args = tuple(sorted(self.args.items()))
        return (self.strategy, args, self.of_type, criteria, self.node.key())

    def __repr__(self) -> str:
        return f"<Relation {self.strategy or 'as mapped'} {self.node!r}>"


class PathNode:
    """The options for one entity reached over one path.

    columns: attribute key -> "defer", "undefer" or "raise".
    expressions: key of an attribute that the query fills -> the expression.
    only: the keys that load_only() named, or None.
    subclasses: mappers below the entity whose columns are loaded with a statement each.
    criteria: the options of with_loader_criteria() for this entity and those further down.
    any_relation: strategy for relationships without their own setting; `spreads` says that
        it holds for entities further down, too.
    """

    __slots__ = (
        "_key",
        "any_column",
        "any_relation",
        "columns",
        "criteria",
        "expressions",
        "groups",
        "only",
        "relations",
        "spreads",
        "subclasses",
    )

    def __init__(self, criteria: tuple[Any, ...] = ()) -> None:
        self.criteria = criteria
        self.relations: dict[str, Relation] = {}
        self.columns: dict[str, str] = {}
        self.expressions: dict[str, Any] = {}
        self.only: set[str] | None = None
        self.any_relation: str | None = None
        self.any_column: str | None = None
        self.groups: set[str] = set()
        self.subclasses: set[Any] = set()
        self.spreads = False
        self._key: tuple[Hashable, ...] | None = None

    def relation(self, key: str) -> Relation:
        """Return the entry of a relationship, made if there was none."""
        found = self.relations.get(key)
        if found is None:
            found = self.relations[key] = Relation(self.make_child())
        return found

    def make_child(self) -> PathNode:
        """Return a node for an entity below this one, with the wildcards that reach it."""
        child = PathNode(self.criteria)
        if self.spreads:
            child.any_relation, child.spreads = self.any_relation, True
        return child

    def strategy_for(self, key: str, mapped: str) -> str:
        """Return the strategy of relationship `key`, which is `mapped` if nothing was said."""
        found = self.relations.get(key)
        if found is not None and found.strategy is not None:
            return found.strategy
        return self.any_relation or mapped

    def node_for(self, key: str) -> PathNode | None:
        """Return the options for the entity behind relationship `key`, None if there are none."""
        found = self.relations.get(key)
        if found is not None:
            return found.node if found.node else None
        return self.make_child() if self.spreads or self.criteria else None

    @property
    def goes_on(self) -> bool:
        """Whether something is to be loaded along from here: objects that are there already are gone through, too."""
        return any(
            said.strategy in _GOES_ON or said.node.goes_on for said in self.relations.values()
        )

    def node_for_lazy(self, key: str) -> PathNode | None:
        """Return the options for what a lazy load brings: a wildcard is about the statement it was given to."""
        return self.node_for(key) if key in self.relations or self.criteria else None

    def wants_column(self, key: str, is_deferred: bool, group: str | None = None) -> bool:
        """Return whether the column attribute is loaded along, given how it is mapped."""
        said = self.columns.get(key)
        if said is not None:
            return said == "undefer"
        if group is not None and group in self.groups:
            return True
        if self.only is not None:
            return key in self.only
        if self.any_column is not None:
            return self.any_column == "undefer"
        return not is_deferred

    def raises_for_column(self, key: str, is_mapped_so: bool) -> bool:
        """Return whether a later access to the column that was left out is an error, given how it is mapped."""
        said = self.columns.get(key, self.any_column)
        return is_mapped_so if said is None else said == "raise"

    def key(self) -> tuple[Hashable, ...]:
        """Return what is equal for equal nodes; computed once, after the tree is complete."""
        if self._key is None:
            self._key = (
                tuple((key, each.key()) for key, each in sorted(self.relations.items())),
                tuple(sorted(self.columns.items())),
                tuple((key, criterion_key(each)) for key, each in self.expressions.items()),
                None if self.only is None else tuple(sorted(self.only)),
                self.any_relation,
                self.any_column,
                tuple(sorted(self.groups)),
                frozenset(self.subclasses),
                self.spreads,
                tuple(each.cache_key()[0] for each in self.criteria),
            )
        return self._key

    def __bool__(self) -> bool:
        return bool(
            self.relations
            or self.criteria
            or self.columns
            or self.expressions
            or self.groups
            or self.subclasses
            or self.only is not None
            or self.any_relation
            or self.any_column
        )

    def __repr__(self) -> str:
        return f"<PathNode {sorted(self.relations)} {self.columns or ''}>"


def criterion_key(criterion: Any) -> Hashable:
    """Return a key of an expression in which the values of its parameters take part.

    An expression that cannot be keyed is its own key: equal only to itself.
    """
    key, binds = criterion.cache_key()
    if key is None:
        return id(criterion)
    try:
        values = tuple(bind.effective_value for bind in binds)
        hash(values)
    except TypeError:
        return id(criterion)
    return (key, values)


def is_expression(value: Any) -> bool:
    """Whether a directive's argument is an SQL expression."""
    return bool(getattr(value, "_is_column_element", False)) and hasattr(value, "_build_key")


def expression_key(expression: Any, shared: list[Any]) -> Hashable:
    """Return a key of an expression within a statement, the values of its parameters included.

    The aliases it refers to are added to `shared`. Its own identity stands for what cannot be hashed.
    """
    binds: list[Any] = []
    key = expression._build_key(binds, shared)
    values = tuple(bind.effective_value for bind in binds)
    try:
        hash(values)
    except TypeError:
        return id(expression)
    return (key, values)


def make_root(
    directives: Iterable[Directive], entity: Any, criteria: tuple[Any, ...] = ()
) -> PathNode | None:
    """Return the options for a root entity of a statement, None if there are none.

    entity: the Mapper or AliasedInsp that the statement selects. criteria: the statement's
    options of with_loader_criteria() which go on to what is loaded.
    """
    chosen = [each for each in directives if each.root is None or applies_to(each.root, entity)]
    if not chosen and not criteria:
        return None
    root = PathNode(criteria)
    # unbound wildcards first: nodes made later take them over
    for each in sorted(chosen, key=lambda directive: directive.root is not None):
        _follow(root, each)
    return root


def applies_to(root: Any, entity: Any) -> bool:
    """Return whether an option which starts at `root` is meant for `entity` of the statement."""
    if root is entity or (replaced := getattr(entity, "stands_for", None)) is root:
        return True
    if getattr(root, "whole", None) is entity:
        return True
    if replaced is not None and replaced.is_mapper:
        entity = replaced
    if getattr(root, "is_aliased_class", False) or getattr(entity, "is_aliased_class", False):
        return False
    return bool(entity.isa(root) or root.isa(entity))


def _follow(node: PathNode, directive: Directive) -> None:
    """Write one directive into the tree under `node`."""
    steps = directive.path
    last = len(steps) - 1
    for place, step in enumerate(steps):
        if step.key == ANY:
            node.any_relation = directive.name
            node.spreads = step.entity is None
            return
        relation = node.relation(step.key)
        if step.of_type is not None:
            relation.of_type = step.of_type
        if step.criteria:
            relation.criteria = step.criteria
        if place == last and directive.action == "strategy":
            # said once more on the way to something further, the alias of contains_eager() stays
            kept = relation.args if directive.name == relation.strategy == "contains" else {}
            relation.strategy = directive.name
            relation.criteria = step.criteria  # what is said last holds, without those said before
            relation.args = {**kept, **dict(directive.args)}
            _repeat(relation, step.key, relation.args.get("recursion_depth"))
        node = relation.node
    if directive.action in COLUMN_ACTIONS:
        _set_column(node, directive)


def _repeat(relation: Relation, key: str, depth: int | None) -> None:
    """Say the same of the relationship below, for `depth` more levels; -1 is as deep as it goes."""
    for _ in range(MAX_DEPTH if depth == -1 else depth or 0):
        below = relation.node.relation(key)
        below.strategy, below.args = relation.strategy, relation.args
        relation = below


def _set_column(node: PathNode, directive: Directive) -> None:
    """Write what a directive says about columns of the entity of `node`."""
    action, name = directive.action, directive.name
    if action == "only":
        node.only = (node.only or set()) | {name}
    elif action == "expression":
        node.expressions[name] = dict(directive.args)["expression"]
    elif action == "undefer_group":
        node.groups.add(name)
    elif action == "subclasses":
        classes: Any = dict(directive.args)["classes"]
        node.subclasses.update(classes)
    elif name == ANY:
        node.any_column = action
    else:
        node.columns[name] = action


COLUMN_ACTIONS = frozenset(
    {"only", "defer", "undefer", "raise", "undefer_group", "subclasses", "expression"}
)
