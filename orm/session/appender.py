"""AppenderQuery: a dynamic relationship's value, a Query over the members that also adds to them."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from orm import exc
from orm.loading.raising import make_detached_error
from orm.mapping.ownership import with_parent
from orm.session.query import Query
from orm.state.instance_state import InstanceState
from orm.state.markers import PASSIVE_NO_INITIALIZE
from orm.state.write_only import WriteOnlyAttribute

_T = TypeVar("_T")


class AppenderQuery(Query[_T]):
    """What reading a dynamic relationship of an object gives.

    Each use executes a SELECT; the methods of Query narrow it. append(), add(), extend(),
    add_all() and remove() are written by the next flush. Of an object that is not flushed
    yet it gives what was put in.
    """

    def __init__(self, attribute: WriteOnlyAttribute, state: InstanceState) -> None:
        prop = attribute.prop
        super().__init__(prop.entity.entity)
        self._attribute = attribute
        self._state = state
        self.instance: Any = state.obj()
        statement = self._statement.where(
            with_parent(self.instance, getattr(prop.parent.class_, prop.key))
        )
        self._statement = statement.order_by(*prop.order_by) if prop.order_by else statement

    def _copy(self) -> Any:
        """A narrowed query is a plain one: nothing can be appended to it."""
        made: Any = self._plain_class.__new__(self._plain_class)
        made.__dict__.update(self.__dict__)
        made.session = self._require_session()
        return made

    _plain_class: type[Query[Any]] = Query

    def _require_session(self) -> Any:
        """Return the object's session, flushed.

        Raises exc.DetachedInstanceError if it has none.
        """
        state = self._state
        session = state.session
        if session is None:
            raise make_detached_error(state, self._attribute.key)
        session._autoflush()
        return session

    def _pending(self) -> list[Any] | None:
        """Return the members of an object without a row; None for one that has a row."""
        state = self._state
        session = state.session
        if session is not None:
            session._autoflush()
        if state.ident is not None and session is not None:
            return None
        if state.ident is not None:
            warnings.warn(
                f"{state!r} is detached, so that {self._attribute!r} shows only what was "
                "put in since. Add the object to a session.",
                exc.SAWarning,
                stacklevel=4,
            )
        return self._attribute.members(state, PASSIVE_NO_INITIALIZE)

    # -- changes

    def append(self, item: _T) -> None:
        """Put an object in; it comes into the session, and is written by the next flush."""
        self._attribute.append(self._state, self._state.dict, item)

    def add(self, item: _T) -> None:
        """The same as append()."""
        self.append(item)

    def extend(self, iterator: Iterable[_T]) -> None:
        """append() each."""
        for item in iterator:
            self.append(item)

    add_all = extend

    def remove(self, item: _T) -> None:
        """Take an object out; written by the next flush."""
        self._attribute.remove(self._state, self._state.dict, item)

    # -- reading

    def _execute(self) -> Any:
        query: Query[_T] = self._copy()
        return query._execute()

    def __iter__(self) -> Iterator[_T]:
        pending = self._pending()
        return iter(self._execute()) if pending is None else iter(pending)

    def all(self) -> list[_T]:
        """Return all members."""
        return list(self)

    def __getitem__(self, item: Any) -> Any:
        pending = self._pending()
        query: Query[_T] = self._copy() if pending is None else self
        return query[item] if pending is None else pending[item]

    def count(self) -> int:
        """Return how many members there are, by SELECT count(*)."""
        pending = self._pending()
        query: Query[_T] = self._copy() if pending is None else self
        return query.count() if pending is None else len(pending)

    def __repr__(self) -> str:
        return f"<AppenderQuery {self._attribute!r} of {self.instance!r:.80}>"


def _make_view(prop: Any) -> type[AppenderQuery[Any]]:
    """Return the class of views for a relationship; with query_class, one that is both."""
    custom = prop.query_class
    if custom is None:
        return AppenderQuery
    name = f"Appender{custom.__name__}"
    return type(name, (AppenderQuery, custom), {"_plain_class": custom})


def _load_members(attribute: WriteOnlyAttribute) -> Any:
    def load(state: InstanceState) -> list[Any]:
        view = attribute.make_view(attribute, state)
        session = state.session
        if session is None:
            raise make_detached_error(state, attribute.key)
        with session.no_autoflush:
            return list(view._copy()._execute())

    return load


def install_views(mapper: Any) -> None:
    """Give the dynamic relationships of a configured mapper their views."""
    for prop in mapper.relationships:
        if prop.lazy != "dynamic":
            continue
        attribute = mapper.class_manager.impls.get(prop.key)
        if attribute is not None and attribute.load_members is None:
            attribute.make_view = _make_view(prop)
            attribute.load_members = _load_members(attribute)
