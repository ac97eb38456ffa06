"""update(Model) and delete(Model) with criteria: the statement, and the session's objects after it.

`synchronize_session` says how objects in the session follow: "evaluate" finds them by
evaluating the criteria in Python, "fetch" asks the database which rows matched, "auto" takes
the first that works, False leaves the objects as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from orm import exc
from orm.compiler.defaults import DefaultContext
from orm.flush.evaluator import EXPIRED, Evaluator, UnevaluatableError, make_evaluator
from orm.sql.annotations import plain
from orm.sql.dml import delete, update
from orm.sql.elements import BindParameter
from orm.sql.select import select
from orm.sql.selectable import STATEMENTS
from orm.sql.visitors import ClauseElement
from orm.state.instance_state import instance_dict

_MODES = ("auto", "evaluate", "fetch", False, None)

#: what the statement over the table has from that over the class
_CARRIED_OVER = (
    "_prefixes",
    "_hints",
    "_execution_options",
    "_dialect_options",
    "_extensions",
    "_ctes",
    "_with_options",
    "_return_defaults",
    "_return_defaults_columns",
)


class CriteriaDML:
    """One execution of an ORM update or delete.

    table: what is written to, the mapper's own table or an alias of it. core: the statement
    over it. matched: the states of the session that are meant. columns: attribute -> value set (an element). mode: how `matched` is found. result: of the
    execution. by_returning: "fetch" through RETURNING of the primary key. criteria: those of the
    statement, and of the loader criteria that hold for it. query: the Query of which this is
    the update() or delete(), or None. Listeners of the bulk events get it as context.
    """

    __slots__ = (
        "by_returning",
        "columns",
        "core",
        "criteria",
        "mapper",
        "matched",
        "mode",
        "query",
        "result",
        "session",
        "statement",
        "table",
        "uncertain",
    )

    def __init__(self, session: Any, mapper: Any, statement: Any, mode: Any) -> None:
        self.session = session
        self.mapper = mapper
        self.statement = statement
        self.mode = mode
        self.table: Any = None
        self.core: Any = None
        self.columns: dict[str, Any] = {}
        self.matched: list[Any] = []
        self.uncertain: list[Any] = []
        self.by_returning = False
        self.result: Any = None
        self.criteria: tuple[Any, ...] = ()
        self.query: Any = None

    def column_of(self, key: str) -> Any:
        """Return the column of an attribute, that of the alias if an alias is written to."""
        column = column_of(self.mapper, key)
        if self.table is self.mapper.local_table:
            return column
        return self.table.c[column.key]

    @property
    def values(self) -> dict[str, Any]:
        """Attribute name -> value set, plain or an expression."""
        return {
            key: each.value if getattr(each, "_is_bind_parameter", False) else each
            for key, each in self.columns.items()
        }

    @property
    def is_delete(self) -> bool:
        """Whether rows are deleted."""
        return bool(self.statement.is_delete)

    @property
    def rowcount(self) -> int:
        """How many rows the statement matched."""
        return int(self.result.rowcount)


def make_dml(session: Any, statement: Any, options: Mapping[str, Any]) -> CriteriaDML:
    """Return the execution of an ORM update or delete, its core statement made.

    Raises exc.ArgumentError for an unknown synchronize_session, and for a statement whose
    target is not a mapped class.
    """
    mode = {**statement._execution_options, **options}.get("synchronize_session", "auto")
    if mode not in _MODES:
        raise exc.ArgumentError(
            f"synchronize_session={mode!r}: it is 'auto', 'evaluate', 'fetch' or False."
        )
    mapper = mapper_of(statement)
    dml = CriteriaDML(session, mapper, statement, False if mode is None else mode)
    table = dml.table = statement.table
    core: Any
    if statement.is_delete:
        core = delete(table)
    else:
        dml.columns = column_values(mapper, statement._values or {})
        columns = {dml.column_of(key): value for key, value in dml.columns.items()}
        core = update(table).values(columns)
    dml.criteria = (*statement._where_criteria, *loader_criteria(statement, mapper))
    single = single_criteria(mapper)
    if table is not mapper.local_table:
        single = tuple(
            statement._entity._annotations["parententity"].adapt(each) for each in single
        )
    core = core.where(*dml.criteria, *single)
    core = core.where(*_inherited_conditions(mapper, core))
    for name in _CARRIED_OVER:
        if name in vars(statement):
            setattr(core, name, getattr(statement, name))
    dml.core = core
    return dml


def _inherited_conditions(mapper: Any, core: Any) -> list[Any]:
    """Return what joins the table written to with those of the bases that the criteria name."""
    wanted = {plain(each) for each in core._extra_froms}
    found: list[Any] = []
    chain: list[Any] = []
    for step in mapper.iterate_to_root():
        if step.inherits is not None and step.inherit_condition is not None:
            chain.append(step.inherit_condition)
            if step.inherits.local_table in wanted:
                found, chain = found + chain, []
    return found


def make_executed_form(statement: Any, dialect: Any) -> tuple[Any, dict[str, Any]]:
    """Return the statement over the table which an update or delete of a class stands for, to be shown.

    Beside it the options for the compiler.
    """
    mapper = mapper_of(statement)
    if not (statement._with_options or mapper.inherits):
        return statement, {}
    core = make_dml(None, statement, {}).core
    core._returning = statement._returning
    return core, {}


STATEMENTS["executed_dml"] = make_executed_form


def loader_criteria(statement: Any, mapper: Any) -> list[Any]:
    """Return the conditions which with_loader_criteria() options of a statement have for a mapper."""
    makers = [getattr(option, "criterion_for", None) for option in statement._with_options]
    found = [None if make is None else make(mapper) for make in makers]
    return [each for each in found if each is not None]


def mapper_of(statement: Any) -> Any:
    """Return the mapper a DML statement writes to."""
    entity = statement._entity
    found = None if entity is None else entity._annotations.get("parententity")
    found = getattr(found, "mapper", None)
    if found is None:
        raise exc.ArgumentError(
            "An ORM insert, update or delete names the mapped class to be written, as in "
            f"update(User): {statement!s:.100}"
        )
    return found


def column_values(mapper: Any, values: Mapping[Any, Any]) -> dict[str, Any]:
    """Return attribute name -> value for the values() of an update.

    Raises exc.InvalidRequestError for a name which is no mapped column.
    """
    found: dict[str, Any] = {}
    for key, value in values.items():
        name = key if isinstance(key, str) else mapper.column_key.get(key)
        if name is None:
            name = next((k for c, k in mapper.column_key.items() if c.key == key.key), None)
        if name is None or name not in mapper.class_manager.column_names:
            name = _other_name(mapper, name)
        if name is None:
            raise exc.InvalidRequestError(
                f"{mapper.class_.__name__} has no column attribute {key!s} to be set."
            )
        found[name] = value
    return found


def _other_name(mapper: Any, name: str | None) -> str | None:
    """Return the attribute meant by a column's key or a synonym, or None."""
    for column, key in mapper.column_key.items():
        if column.key == name:
            return str(key)
    behind = getattr(getattr(mapper.class_, name or "", None), "key", None)
    return behind if behind in mapper.class_manager.column_names else None


def column_of(mapper: Any, key: str) -> Any:
    """Return the column of an attribute, in the mapper's own table if it has one there."""
    columns = mapper.get_property(key).columns
    return next((c for c in columns if c.table is mapper.local_table), columns[0])


def single_criteria(mapper: Any) -> tuple[Any, ...]:
    """Return the criterion which restricts a shared table to the mapper's own rows."""
    if not mapper.single or mapper.polymorphic_on is None:
        return ()
    kinds = [m.polymorphic_identity for m in mapper.self_and_descendants]
    return (mapper.polymorphic_on.in_(kinds),)


def before_execution(dml: CriteriaDML, connection: Any, *, returning: bool) -> None:
    """Find the objects that are meant, as far as that must be done before the statement."""
    if not dml.is_delete:
        _add_onupdates(dml, connection)
    _find_matched(dml, connection, returning)
    if dml.core._extensions and not dml.by_returning:
        # a clause of the database's own, such as LIMIT, may spare some of them
        dml.uncertain += dml.matched
        dml.matched = []


def _find_matched(dml: CriteriaDML, connection: Any, returning: bool) -> None:
    if dml.mode in ("auto", "evaluate"):
        try:
            _evaluate(dml)
            dml.mode = "evaluate"
            return
        except UnevaluatableError as error:
            if dml.mode == "evaluate":
                raise exc.InvalidRequestError(
                    f"The condition cannot be tested on the objects in Python: {error} Use "
                    "execution_options(synchronize_session='fetch') or False."
                ) from error
            dml.mode = "fetch"
    if dml.mode == "fetch":
        _prepare_fetch(dml, connection, returning)


def _add_onupdates(dml: CriteriaDML, connection: Any) -> None:
    """Set the columns with a client-side onupdate, so that the objects get the same value."""
    mapper, made = dml.mapper, {}
    if dml.table is not mapper.local_table:
        return
    for column, key in mapper.column_key.items():
        onupdate = column.onupdate
        if onupdate is None or onupdate.is_clause_element or key in dml.columns:
            continue
        if column.table is mapper.local_table:
            value = onupdate.arg
            if onupdate.is_callable:
                row = {
                    column_of(mapper, name).key: getattr(each, "value", None)
                    for name, each in dml.columns.items()
                }
                value = onupdate.arg(OnUpdateContext(None, connection, row, column))
            made[column] = dml.columns[key] = BindParameter(column.key, value, column.type)
    if made:
        dml.core = dml.core.values(made)


class OnUpdateContext(DefaultContext):
    """What onupdate functions are given when a statement with criteria is executed."""

    __slots__ = ()

    isinsert = property(lambda self: False)
    isupdate = property(lambda self: True)
    dialect = property(lambda self: self.connection.dialect)


def _evaluate(dml: CriteriaDML) -> None:
    mapper = dml.mapper
    if dml.core._extra_froms:
        raise UnevaluatableError("The criteria name other tables.")
    try:
        parts = [make_evaluator(mapper, each) for each in dml.criteria]
    except RecursionError:
        raise UnevaluatableError(
            "The condition is nested too deeply to be evaluated here."
        ) from None
    for state in dml.session.identity_map.for_mapper(mapper.base_mapper).copy().values():
        obj = state()
        if obj is None or not state.manager.mapper.isa(mapper):
            continue
        verdict = _verdict(parts, obj)
        if verdict is EXPIRED:
            dml.uncertain.append(state)
        elif verdict:
            dml.matched.append(state)


def _verdict(parts: Sequence[Evaluator], obj: Any) -> Any:
    found: Any = True
    for part in parts:
        value = part(obj)
        if value is EXPIRED:
            found = EXPIRED
        elif not value:
            return False
    return found


def _prepare_fetch(dml: CriteriaDML, connection: Any, returning: bool) -> None:
    dialect = connection.dialect
    can_return = dialect.delete_returning if dml.is_delete else dialect.update_returning
    if dml.is_delete and dml.core._extra_froms:
        can_return = can_return and dialect.delete_returning_multifrom
    keys = [dml.column_of(key) for key in dml.mapper.pk_keys]
    if can_return and not returning and not dml.core._return_defaults:
        dml.by_returning = True
        dml.core = dml.core.returning(*keys)
        return
    query = select(*keys).select_from(dml.table).where(*dml.core._where_criteria)
    query._with_options = dml.core._with_options
    take_rows(dml, connection.execute(query).all())


def take_rows(dml: CriteriaDML, rows: Sequence[Any]) -> None:
    """Note the objects with these primary keys as matched."""
    mapper = dml.mapper
    identities = dml.session.identity_map.for_mapper(mapper.base_mapper)
    for row in rows:
        state = identities.get(mapper.ident_from_values(list(row)))
        if state is not None and state() is not None:
            dml.matched.append(state)


def after_execution(dml: CriteriaDML) -> None:
    """Bring the objects that are meant in line with their rows."""
    if dml.mode is False:
        return
    if dml.is_delete:
        dml.session._register_deleted(dml.matched)
        for state in dml.uncertain:
            state.expire()
        return
    _apply_values(dml)


def _apply_values(dml: CriteriaDML) -> None:
    """Set what can be computed in Python; expire the rest, and what the database changes."""
    mapper = dml.mapper
    evaluators: dict[str, Evaluator] = {}
    stale: set[str] = set(_changed_by_database(mapper)) - set(dml.columns)
    for key, value in dml.columns.items():
        try:
            if not isinstance(value, ClauseElement):
                raise UnevaluatableError(str(value))
            evaluators[key] = make_evaluator(mapper, value)
        except UnevaluatableError:
            stale.add(key)
    for state in dml.matched:
        obj = state()
        if obj is None:
            continue
        values, changed = instance_dict(obj), state.committed
        # a change that is not flushed is lost: the database computed with its own value
        expire = stale.union(key for key in dml.columns if key in changed)
        computed = {
            key: evaluate(obj)
            for key, evaluate in evaluators.items()
            if key in values and key not in expire
        }
        for key, value in computed.items():
            if value is EXPIRED:
                expire.add(key)
            else:
                values[key] = value
        impls = state.manager.impls
        state._commit([impls[key] for key in computed if key not in expire])
        expire.intersection_update(values)
        if expire:
            state.expire(expire)
    names = set(dml.columns) | stale
    for state in dml.uncertain:
        state.expire(names.intersection(instance_dict(state())) if state() else ())
    dml.session._register_altered([*dml.matched, *dml.uncertain])


def _changed_by_database(mapper: Any) -> list[str]:
    return [
        key
        for column, key in mapper.column_key.items()
        if column.onupdate is not None or column.server_onupdate is not None or column.computed
    ]
