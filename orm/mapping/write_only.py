"""WriteOnlyCollection: a collection that is written to and selected from, never loaded whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Generic, Protocol, TypeVar

from orm import exc
from orm.mapping.ownership import with_parent
from orm.sql.dml import Delete, Insert, Update, delete, insert, update
from orm.sql.select import Select, select
from orm.state.instance_state import InstanceState
from orm.state.write_only import WriteOnlyAttribute

_T = TypeVar("_T")


class WriteOnlyCollection(Generic[_T]):
    """What reading a write_only relationship of an object gives.

    add(), add_all() and remove() are written by the next flush; nothing is loaded for them.
    select(), insert(), update() and delete() are statements about the members, to be executed
    by a session. instance: the object whose collection it is.
    """

    def __init__(self, attribute: WriteOnlyAttribute, state: InstanceState) -> None:
        self._attribute = attribute
        self._state = state
        self.instance: Any = state.obj()

    # -- changes

    def add(self, item: _T) -> None:
        """Put an object in; it comes into the session, and is written by the next flush."""
        self._attribute.append(self._state, self._state.dict, item)

    def add_all(self, iterator: Iterable[_T]) -> None:
        """add() each."""
        for item in iterator:
            self.add(item)

    def remove(self, item: _T) -> None:
        """Take an object out, whether it is loaded or not; written by the next flush."""
        self._attribute.remove(self._state, self._state.dict, item)

    # -- statements

    def select(self) -> Select[_T]:
        """Return the SELECT of the members, in the order of the relationship."""
        prop = self._attribute.prop
        statement: Select[_T] = select(prop.entity.entity).where(*self._conditions())
        return statement.order_by(*prop.order_by) if prop.order_by else statement

    def insert(self) -> Insert:
        """Return an INSERT of members, the foreign key to this object filled in.

        Raises exc.InvalidRequestError for a many-to-many relationship.
        """
        prop = self._attribute.prop
        if prop.secondary is not None:
            raise exc.InvalidRequestError(
                f"{prop} goes over the table {prop.secondary.name!r}, so that no INSERT of members "
                f"can say to whom they belong. add() objects, or insert into {prop.secondary.name!r} too."
            )
        values = {
            prop.mapper.column_key[far]: getattr(self.instance, prop.parent.column_key[near])
            for near, far in prop.synchronize_pairs
        }
        return insert(prop.mapper.class_).values(**values)

    def update(self) -> Update:
        """Return an UPDATE of the members; its values() are still to be given."""
        return update(self._attribute.prop.mapper.class_).where(*self._conditions())

    def delete(self) -> Delete:
        """Return a DELETE of the members' rows."""
        return delete(self._attribute.prop.mapper.class_).where(*self._conditions())

    def _conditions(self) -> tuple[Any, ...]:
        prop = self._attribute.prop
        return (with_parent(self.instance, getattr(prop.parent.class_, prop.key)),)

    def __iter__(self) -> Any:
        raise TypeError(
            f"{self._attribute!r} is write-only and cannot be iterated: it may be large. Execute "
            f"session.scalars(obj.{self._attribute.key}.select())."
        )

    def __repr__(self) -> str:
        return f"<WriteOnlyCollection {self._attribute!r} of {self.instance!r:.80}>"


class DynamicCollection(Protocol[_T]):
    """What type checkers know of a dynamic relationship's value; see AppenderQuery."""

    def add(self, item: _T) -> None:
        """Put an object in."""

    def add_all(self, iterator: Iterable[_T]) -> None:
        """Put each in."""

    def append(self, item: _T) -> None:
        """Put an object in."""

    def extend(self, iterator: Iterable[_T]) -> None:
        """Put each in."""

    def remove(self, item: _T) -> None:
        """Take an object out."""

    def count(self) -> int:
        """Return how many there are."""

    def all(self) -> list[_T]:
        """Return all members."""

    def first(self) -> _T | None:
        """Return the first member, or None."""

    def one(self) -> _T:
        """Return the only member."""

    def one_or_none(self) -> _T | None:
        """Return the only member, or None."""

    def __iter__(self) -> Iterator[_T]:
        """Yield the members."""
        ...

    def __getitem__(self, item: Any) -> Any:
        """Return one member, or those of a slice."""

    def __getattr__(self, name: str) -> Any:
        """The methods of Query."""


def make_attribute(prop: Any, attribute: Any, manager: Any) -> WriteOnlyAttribute:
    """Return what does the work of a write_only or dynamic relationship's attribute.

    Raises exc.InvalidRequestError if the relationship is to one object only.
    """
    if not prop.uselist:
        raise exc.InvalidRequestError(
            f"{prop}: lazy={prop.lazy!r} is for collections, and this relationship leads to one "
            "object. Leave it out, or write uselist=True."
        )
    return WriteOnlyAttribute(
        prop.key, manager, attribute.dispatch, prop, make_view=WriteOnlyCollection
    )
