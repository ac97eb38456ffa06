"""What a Session executes: statements, objects by their key, queries of the 1.x interface."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, LiteralString, TypeVar, overload

from orm import exc
from orm.util.collections import EMPTY_MAP
from orm.util.late import LateModule
from orm.util.typevars import T0, T1, T2, Rest, Ts

if TYPE_CHECKING:
    from orm.engine.cursor import CursorResult
    from orm.engine.result import Result, ScalarResult
    from orm.engine.row import Row
    from orm.session import by_key, execution
    from orm.session.query import Query
    from orm.sql.column_expression import Entity
    from orm.sql.dml import Delete, Insert, Update
    from orm.sql.executable import Executable
    from orm.sql.subquery import TypedReturnsRows
else:
    # with the loading of objects, which nobody needs before the first statement
    by_key = LateModule(globals(), "orm.session.by_key")
    execution = LateModule(globals(), "orm.session.execution")

_T = TypeVar("_T")


class StatementMethods:
    """Statements, and objects by their key; a part of Session, which `self` is throughout."""

    @overload
    def execute(
        self,
        statement: Insert[*Ts] | Update[*Ts] | Delete[*Ts],
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = EMPTY_MAP,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> CursorResult[*Ts]: ...
    @overload
    def execute(
        self,
        statement: TypedReturnsRows[*Ts],
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = EMPTY_MAP,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> Result[*Ts]: ...
    @overload
    def execute(
        self,
        statement: Executable | LiteralString,
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = EMPTY_MAP,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> Result: ...
    def execute(
        self: Any,
        statement: Executable | LiteralString,
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = EMPTY_MAP,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> Any:
        """Execute a statement and return its Result; autoflushes first.

        statement: select(), insert(), update(), delete(), text(), or SQL as a plain string
        (with `:name` parameters, never with values formatted into it).
        params: a mapping, or a list of mappings for many executions.
        """
        with self._guard:
            return execution.execute_statement(
                self,
                statement,
                params,
                execution_options,
                bind_arguments,
            )

    @overload
    def scalars(
        self,
        statement: TypedReturnsRows[T0, *Rest],
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = EMPTY_MAP,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> ScalarResult[T0]: ...
    @overload
    def scalars(
        self,
        statement: Executable | LiteralString,
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = EMPTY_MAP,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> ScalarResult[Any]: ...
    def scalars(
        self,
        statement: Executable | LiteralString,
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = EMPTY_MAP,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> Any:
        """Execute, and return the first element of each row."""
        return self.execute(
            statement, params, execution_options=execution_options, bind_arguments=bind_arguments
        ).scalars()

    @overload
    def scalar(
        self,
        statement: TypedReturnsRows[T0, *Rest],
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = EMPTY_MAP,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> T0 | None: ...
    @overload
    def scalar(
        self,
        statement: Executable | LiteralString,
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = EMPTY_MAP,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> Any: ...
    def scalar(
        self,
        statement: Executable | LiteralString,
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = EMPTY_MAP,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> Any:
        """Execute, and return the first element of the first row, or None."""
        return self.execute(
            statement, params, execution_options=execution_options, bind_arguments=bind_arguments
        ).scalar()

    def get(
        self: Any,
        entity: type[_T],
        ident: Any,
        *,
        options: Sequence[Any] | None = None,
        populate_existing: bool = False,
        with_for_update: Any = None,
        identity_token: Any = None,
        execution_options: Mapping[str, Any] = EMPTY_MAP,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> _T | None:
        """Return the object with this primary key, or None; no SQL if it is already here.

        ident: the value, a tuple for composite keys, or a dict by attribute name. options:
        loader options. populate_existing: load it even if it is here, over its values.
        with_for_update: True, or a dict of the arguments of with_for_update(); locks the row.
        identity_token: tells apart the databases of a sharded session; only objects that were
        loaded with it are found here. execution_options, bind_arguments: as in execute().
        """
        found: _T | None
        route = None
        if (
            identity_token is not None
            or execution_options
            or bind_arguments
            or self.execution_options
        ):
            route = by_key.GetRoute(identity_token, execution_options, bind_arguments)
        if route is None and with_for_update is None and not (options or populate_existing):
            found = by_key.get_plain(self, entity, ident)
        else:
            with self._guard:
                found = by_key.get_object(
                    self,
                    entity,
                    ident,
                    options,
                    populate_existing,
                    with_for_update,
                    route,
                )
        return found

    def get_one(self, entity: type[_T], ident: Any, **options: Any) -> _T:
        """As get(), and raises exc.NoResultFound where that returns None."""
        found = self.get(entity, ident, **options)
        if found is None:
            name = getattr(entity, "__name__", str(entity))
            raise exc.NoResultFound(f"There is no {name} with primary key {ident!r}.")
        return found

    @overload
    def query(self, entity: Entity[T0], /) -> Query[T0]: ...
    @overload
    def query(self, e0: Entity[T0], e1: Entity[T1], /) -> Query[Row[T0, T1]]: ...
    @overload
    def query(
        self, e0: Entity[T0], e1: Entity[T1], e2: Entity[T2], /
    ) -> Query[Row[T0, T1, T2]]: ...
    @overload
    def query(self, *entities: Any, **kwargs: Any) -> Query[Any]: ...
    def query(self: Any, *entities: Any, **kwargs: Any) -> Any:
        """Return a Query, the 1.x interface over select()."""
        from orm.session.query import Query

        return (self._query_cls or Query)(entities, self, **kwargs)
