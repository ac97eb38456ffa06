"""JoinCondition: from the ON clause of a relationship to its direction and column pairs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from enum import Enum
from typing import Any

from orm import exc
from orm.sql.annotations import plain
from orm.sql.coercions import to_element
from orm.sql.join_condition import join_condition
from orm.sql.visitors import iterate


class RelationshipDirection(Enum):
    """Which side holds the foreign key."""

    ONETOMANY = 1
    MANYTOONE = 2
    MANYTOMANY = 3


ONETOMANY = RelationshipDirection.ONETOMANY
MANYTOONE = RelationshipDirection.MANYTOONE
MANYTOMANY = RelationshipDirection.MANYTOMANY


def foreign(expr: Any) -> Any:
    """Mark a column of a primaryjoin as the one that holds the foreign key."""
    return _mark(expr, "foreign")


def remote(expr: Any) -> Any:
    """Mark a column of a primaryjoin as belonging to the related side."""
    return _mark(expr, "remote")


def _mark(expr: Any, name: str) -> Any:
    element = to_element(expr)
    if element is None:
        raise exc.ArgumentError(f"{name}() takes a column, not {expr!r}.")
    return element._annotate({name: True})


def replace(element: Any, find: Callable[[Any], Any]) -> Any:
    """Return a copy of an expression in which `find(part)`, where not None, replaces parts."""
    found = find(element)
    if found is not None:
        return found
    return element._map_children(lambda part: replace(part, find))


def strip(element: Any, sided: Collection[Any] = ()) -> Any:
    """Return a copy of an expression whose columns have no annotations.

    sided: columns which stand on both sides, and are told apart by the notes "remote" and "local".
    """

    def find(part: Any) -> Any:
        if not hasattr(part, "table") or not part._is_column_element:
            return None
        # a column as it is: what its subquery is made of is none of ours
        column = plain(part)
        if column not in sided:
            return column
        return column._annotate({"remote" if part._annotations.get("remote") else "local": True})

    return replace(element, find)


class JoinCondition:
    """The analysed condition of one relationship.

    name: of the relationship, for messages. alias: what an aliased class is selected from, if the
    relationship leads to one. Results: `direction`, `primaryjoin`,
    `secondaryjoin`, `local_remote_pairs`, `synchronize_pairs` (source column, foreign key
    column), `secondary_synchronize_pairs`, `remote_columns`, `local_columns`.
    """

    def __init__(
        self,
        name: str,
        *,
        parent: Any,
        child: Any,
        secondary: Any = None,
        primaryjoin: Any = None,
        secondaryjoin: Any = None,
        foreign_keys: Iterable[Any] = (),
        remote_side: Iterable[Any] = (),
        viewonly: bool = False,
        alias: Any = None,
    ) -> None:
        self.name = name
        self.alias = alias
        self.parent = parent
        self.child = child
        self.secondary = secondary
        self.viewonly = viewonly
        self.primaryjoin: Any = None
        self.secondaryjoin: Any = None
        self._given_foreign = {plain(each) for each in foreign_keys}
        self._given_remote = {plain(each) for each in remote_side}
        self._find_joins(primaryjoin, secondaryjoin)
        self._find_foreign()
        self._find_remote()
        self._find_sided()
        self._find_direction()
        self._find_pairs()
        self.primaryjoin = strip(self.primaryjoin, self.sided)
        if self.secondaryjoin is not None:
            self.secondaryjoin = strip(self.secondaryjoin)

    # -- the conditions ------------------------------------------------------------

    def _find_joins(self, primary: Any, secondary: Any) -> None:
        only = self._given_foreign or None
        parent, child = self.parent, self.child
        try:
            if self.secondary is not None:
                if secondary is None:
                    secondary = _join(child, self.secondary, only)
                if primary is None:
                    primary = _join(parent, self.secondary, only)
            elif primary is None:
                primary = _join(parent, child, only)
        except exc.NoForeignKeysError:
            raise self._no_keys() from None
        except exc.AmbiguousForeignKeysError as error:
            raise self._ambiguous(error) from None
        self.primaryjoin = primary
        self.secondaryjoin = secondary if self.secondary is not None else None

    def _no_keys(self) -> exc.NoForeignKeysError:
        mine, other = self.parent.local_table.description, self.child.local_table.description
        if self.secondary is not None:
            table = self.secondary.description
            return exc.NoForeignKeysError(
                f"{self.name}: table {table!r} needs a foreign key to {mine!r} and one to {other!r}. "
                f'Write in it Column("..._id", ForeignKey("{mine}.{_pk(self.parent)}")) and '
                f'Column("..._id", ForeignKey("{other}.{_pk(self.child)}")), or give primaryjoin= and '
                "secondaryjoin=."
            )
        target = self.child.class_.__name__
        line = f'mapped_column(ForeignKey("{mine}.{_pk(self.parent)}"))'
        return exc.NoForeignKeysError(
            f"{self.name}: there is no foreign key between {mine!r} and {other!r}. Write in "
            f"{target}: {mine.rstrip('s')}_id = {line} (or one the other way round in "
            f"{self.parent.class_.__name__}), or give the condition: relationship(primaryjoin=...)."
        )

    def _ambiguous(self, error: Exception) -> exc.AmbiguousForeignKeysError:
        mine, other = self.parent.local_table.description, self.child.local_table.description
        return exc.AmbiguousForeignKeysError(
            f"{self.name}: there are several foreign keys between {mine!r} and {other!r}; say which "
            f"one: relationship(foreign_keys=[column]) . {error}"
        )

    # -- which columns are foreign, which remote --------------------------------------

    def _binaries(self) -> Iterator[tuple[Any, Any]]:
        for condition in (self.primaryjoin, self.secondaryjoin):
            if condition is not None:
                yield from column_pairs(condition)

    def _marked(self, mark: str) -> set[Any]:
        found = set()
        for condition in (self.primaryjoin, self.secondaryjoin):
            if condition is not None:
                for part in iterate(condition):
                    if part._annotations.get(mark):
                        found.add(plain(part))
        return found

    def _find_foreign(self) -> None:
        foreign_ = self._marked("foreign") or self._given_foreign
        if not foreign_:
            for left, right in self._binaries():
                a, b = plain(left), plain(right)
                if self.secondary is not None:
                    foreign_ |= {each for each in (a, b) if _in(each, self.secondary)}
                elif a is b:
                    # a part of a composite key which refers to the same part of another row
                    if _references(a, a):
                        foreign_.add(a)
                elif _references(a, b) and not _references(b, a):
                    foreign_.add(a)
                elif _references(b, a) and not _references(a, b):
                    foreign_.add(b)
        if not foreign_ and not self.viewonly:
            raise exc.ArgumentError(
                f"{self.name}: none of the columns in {self.primaryjoin} is known as a foreign key. "
                "Mark it in the condition: primaryjoin='A.x == foreign(B.y)', or add a ForeignKey to it."
            )
        self.foreign_columns = foreign_

    def _find_remote(self) -> None:
        remote_ = self._marked("remote") or self._given_remote
        if not remote_:
            columns = {plain(each) for pair in self._binaries() for each in pair}
            if self.secondary is not None:
                remote_ = {each for each in columns if _in(each, self.secondary)}
            elif self.alias is not None:
                remote_ = {each for each in columns if self._is_of_alias(each)}
            elif self._is_self_referential():
                remote_ = self.foreign_columns & columns
            else:
                child = self.child.persist_selectable
                remote_ = {each for each in columns if _belongs(each, self.child, child)}
                both = {each for each in remote_ if _belongs(each, self.parent, None)}
                if len(both) < len(remote_):
                    # joined inheritance: what both sides have is the parent's
                    remote_ -= both
        self.remote_columns = remote_

    def _find_sided(self) -> None:
        """Find the columns which stand on both sides: of a table related to itself, the same column of either row."""
        self.sided: set[Any] = set()
        if self.secondary is not None or self.alias is not None:
            return
        self.primaryjoin = replace(self.primaryjoin, self._tell_apart)
        marked = self._marked("remote")
        unmarked = {
            plain(part)
            for part in iterate(self.primaryjoin)
            if hasattr(part, "table") and not part._annotations.get("remote")
        }
        self.sided = {each for each in marked & unmarked if _belongs(each, self.parent, None)}

    def _tell_apart(self, part: Any) -> Any:
        """Mark the left side of `column = column`, which compares a row with a related one, as remote."""
        if part.__visit_name__ != "binary" or not _is_comparison(part):
            return None
        left, right = _column(part.left), _column(part.right)
        if left is None or plain(left) is not plain(right) or self._notes(left, right):
            return None
        if plain(left) not in self.remote_columns:
            return None
        made = part._clone()
        made.left = replace(
            part.left, lambda each: remote(each) if plain(each) is plain(left) else None
        )
        return made

    def _notes(self, left: Any, right: Any) -> bool:
        return any(each._annotations.get("remote") for each in (left, right))

    def _is_of_alias(self, column: Any) -> bool:
        if column.table is self.alias:
            return True
        if _belongs(column, self.parent, None):
            return False
        return self.alias.corresponding_column(column) is not None

    def _of_mapper(self, column: Any) -> Any:
        """Return the column of the related class's tables which one of the alias stands for."""
        if self.alias is None or column in self.child.column_key:
            return column
        found = (
            each
            for each in self.child.column_key
            if self.alias.corresponding_column(each) is column
        )
        return next(found, column)

    def _is_self_referential(self) -> bool:
        return bool(self.parent.local_table is self.child.local_table)

    # -- direction -----------------------------------------------------------------------

    def _find_direction(self) -> None:
        if self.secondaryjoin is not None:
            self.direction = MANYTOMANY
            return
        every = [(plain(a), plain(b)) for a, b in self._binaries()]
        # what is the same on both sides tells no direction, if there is anything else
        pairs = [pair for pair in every if pair[0] is not pair[1]] or every
        columns = {each for pair in pairs for each in pair}
        here = self.foreign_columns & columns
        far, near = here & self.remote_columns, here - self.remote_columns
        if far and near:
            # both sides hold keys (a self-referential composite): the pair whose other
            # column is no key itself decides
            far = {b for b in far if any(b in pair and not near & set(pair) for pair in pairs)}
            near = {b for b in near if any(b in pair and not far & set(pair) for pair in pairs)}
        if far and not near:
            self.direction = ONETOMANY
        elif near and not far:
            self.direction = MANYTOONE
        elif not here and self.viewonly:
            self.direction = ONETOMANY
        else:
            raise exc.ArgumentError(
                f"{self.name}: the direction is not clear from {self.primaryjoin}; say which columns "
                "are on the related side: relationship(remote_side=[column])."
            )

    def _find_pairs(self) -> None:
        self.local_remote_pairs: list[tuple[Any, Any]] = []
        self.synchronize_pairs: list[tuple[Any, Any]] = []
        self.secondary_synchronize_pairs: list[tuple[Any, Any]] = []
        self._collect(self.primaryjoin, self.synchronize_pairs)
        if self.secondaryjoin is not None:
            self._collect(self.secondaryjoin, self.secondary_synchronize_pairs)
        if not self.local_remote_pairs and not self.viewonly:
            raise exc.ArgumentError(
                f"{self.name}: no comparison in {self.primaryjoin} relates a column of "
                f"{self.parent.class_.__name__} to one of {self.child.class_.__name__}. Mark the "
                "column of the related side: primaryjoin='remote(B.y) == A.x'."
            )
        self.local_columns = {local for local, _ in self.local_remote_pairs}
        if self.viewonly:
            self.local_columns |= self._other_locals()

    def _other_locals(self) -> set[Any]:
        return {
            plain(part)
            for part in iterate(self.primaryjoin)
            if hasattr(part, "table")
            and plain(part) not in self.remote_columns
            and _belongs(plain(part), self.parent, None)
        }

    def _collect(self, condition: Any, sync: list[tuple[Any, Any]]) -> None:
        for left, right in column_pairs(condition):
            a, b = plain(left), plain(right)
            far_a = self._is_remote(left, a)
            far_b = self._is_remote(right, b)
            if far_a != far_b:
                pair = (b, a) if far_a else (a, b)
                if pair not in self.local_remote_pairs:
                    self.local_remote_pairs.append(pair)
            if a in self.foreign_columns and b not in self.foreign_columns:
                sync.append((b, a))
            elif b in self.foreign_columns and a not in self.foreign_columns:
                sync.append((a, b))
            elif a in self.foreign_columns and far_a != far_b:
                near, far = (b, a) if far_a else (a, b)
                sync.append((near, far) if self.direction is not MANYTOONE else (far, near))
        # a flush writes to the tables
        sync[:] = [(self._of_mapper(a), self._of_mapper(b)) for a, b in sync]

    def _is_remote(self, element: Any, column: Any) -> bool:
        if element._annotations.get("remote"):
            return True
        return column in self.remote_columns and column not in self.sided


#: elements with a left and a right side
_COMPARISONS = ("binary", "function_comparison")


def column_pairs(condition: Any) -> Iterator[tuple[Any, Any]]:
    """Yield (left, right) of every comparison of two columns in a condition, subqueries left out."""
    for part in _outside_subqueries(condition):
        if part.__visit_name__ in _COMPARISONS and _is_comparison(part):
            left, right = _column(part.left), _column(part.right)
            if left is not None and right is not None:
                yield left, right


def _is_comparison(part: Any) -> bool:
    return bool(part.is_comparison)


def compares_only(condition: Any, pairs: Sequence[tuple[Any, Any]]) -> bool:
    """Return whether a condition says no more than that these pairs of columns are equal."""
    clauses = flatten_and(condition)
    if len(clauses) != len(pairs):
        return False
    for clause in clauses:
        if getattr(getattr(clause, "operator", None), "__name__", "") != "eq":
            return False
        if not all(
            getattr(side, "table", None) is not None for side in (clause.left, clause.right)
        ):
            return False
    return True


def flatten_and(condition: Any) -> list[Any]:
    """Return the conditions that are joined by AND."""
    if getattr(condition, "clauses", None) is None:
        return [condition]
    if getattr(condition.operator, "__name__", "") != "and_":
        return [condition]
    return [part for clause in condition.clauses for part in flatten_and(clause)]


def _column(element: Any) -> Any:
    # through cast(), grouping and the like, down to the one column inside
    if hasattr(element, "table") and getattr(element, "table", None) is not None:
        return element
    columns = [
        part
        for part in _outside_subqueries(element)
        if hasattr(part, "table") and getattr(part, "table", None) is not None
    ]
    return columns[0] if len(columns) == 1 else None


def _outside_subqueries(element: Any) -> Iterator[Any]:
    """Yield the parts of an expression; a SELECT within it has conditions of its own."""
    if element._is_select_base:
        return
    yield element
    for child in element.get_children():
        yield from _outside_subqueries(child)


def _join(mapper: Any, other: Any, only: Any) -> Any:
    target = other if getattr(other, "_is_from_clause", False) else other.persist_selectable
    own = mapper.local_table
    try:
        if target is getattr(other, "persist_selectable", None):
            return _prefer_local(mapper, other, only)
        return join_condition(own, target, None, only)
    except exc.NoForeignKeysError:
        return join_condition(mapper.persist_selectable, target, None, only)


def _prefer_local(mapper: Any, other: Any, only: Any) -> Any:
    try:
        return join_condition(mapper.local_table, other.local_table, None, only)
    except exc.NoForeignKeysError:
        return join_condition(mapper.persist_selectable, other.persist_selectable, None, only)


def _in(column: Any, selectable: Any) -> bool:
    return any(column is each for each in selectable.c)


def _belongs(column: Any, mapper: Any, _selectable: Any) -> bool:
    return column in mapper.column_key or any(_in(column, each) for each in mapper.all_tables)


def _references(column: Any, other: Any) -> bool:
    keys = getattr(column, "foreign_keys", ())
    return any(_stands_for(other, _target(key)) for key in keys)


def _stands_for(column: Any, original: Any) -> bool:
    """Whether a column is another one, or that of a subquery or alias which is made of it."""
    if column is original:
        return True
    table = getattr(column, "table", None)
    return table is not None and table._is_derived and original in column.proxy_set


def _target(key: Any) -> Any:
    return key.column


def _pk(mapper: Any) -> str:
    return str(mapper.primary_key[0].key)
