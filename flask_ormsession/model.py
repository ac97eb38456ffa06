"""`Model`: the base of mapped classes, with table names, bind keys and a helpful repr.

    class Product(db.Model):                # the table is "product"
        id: Mapped[int] = mapped_column(primary_key=True)

Every `Database` has a base of its own as `db.Model`. A project that prefers an importable base, which
type checkers follow into every subclass, declares one and hands it over:

    class Base(Model, DeclarativeBase): ...
    db = Database(model_class=Base)

A base without Model does, too: `class Base(DeclarativeBase)`, also with MappedAsDataclass or as
DeclarativeBaseNoMeta. `db.Model` is then an abstract class below it which is a Model as well.
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterator, Mapping
from inspect import get_annotations
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, get_args, get_origin, get_type_hints

from flask_ormsession.binds import BIND_KEY, make_metadata
from flask_ormsession.query import QueryProperty
from orm import DeclarativeBase, DeclarativeBaseNoMeta, MetaData, inspect

# Names for what the models leave unnamed, because a migration can only drop what has a name.
NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


_BASES = {DeclarativeBase, DeclarativeBaseNoMeta}


class Model:
    """What a mapped class of this extension can do; see the module.

    __bind_key__: the name in ORM_BINDS of the database it lives in. __disable_autonaming__: give
    every class its own `__tablename__`.
    """

    __bind_key__: ClassVar[str | None]
    __disable_autonaming__: ClassVar[bool] = False
    __tablename__: Any

    #: a query of the 1.x style: `User.query.filter_by(name="ada").first_or_404()`
    query: ClassVar[QueryProperty] = QueryProperty()

    if TYPE_CHECKING:
        metadata: ClassVar[MetaData]

        def __init__(self, **values: Any) -> None: ...

    def __init_subclass__(cls, **options: Any) -> None:
        if not _BASES & {*cls.__bases__}:
            _choose_metadata(cls)
            if not cls.__disable_autonaming__ and needs_table_name(cls):
                cls.__tablename__ = make_table_name(cls.__name__)
        super().__init_subclass__(**options)

    def __repr__(self) -> str:
        state = inspect(self, raiseerr=False)
        if state is None:
            return super().__repr__()
        if state.transient:
            key = f"(transient {id(self)})"
        elif state.pending:
            key = f"(pending {id(self)})"
        else:
            key = ", ".join(map(repr, state.identity))
        return f"<{type(self).__name__} {key}>"


def make_base(metadata: MetaData | None = None, *, autonaming: bool = True) -> type[Model]:
    """Return a new declarative base which is a Model, with a registry of its own."""
    body: dict[str, Any] = {
        "__doc__": "The base of this database's models.",
        "__module__": __name__,
    }
    body["metadata"] = MetaData(naming_convention=NAMING) if metadata is None else metadata
    body["__disable_autonaming__"] = not autonaming
    return type("Model", (Model, DeclarativeBase), body)


def complete_base(
    base: type[Any], metadata: MetaData | None = None, *, autonaming: bool = True
) -> type[Any]:
    """Return a base that somebody declared as it is, if it is a Model, else a Model below it.

    metadata: for the models, in place of the base's own.
    """
    body: dict[str, Any] = {"__doc__": base.__doc__, "__module__": __name__, "__abstract__": True}
    if metadata is not None:
        body["metadata"] = metadata
    if not autonaming:
        body["__disable_autonaming__"] = True
    if issubclass(base, Model) and len(body) == 3:
        return base
    bases = (base,) if issubclass(base, Model) else (Model, base)
    return types.new_class("Model", bases, {}, lambda namespace: namespace.update(body))


def make_table_name(class_name: str) -> str:
    """Return a class name in snake_case: `HTTPServer2Log` -> `http_server2_log`."""
    return _WORD_STARTS.sub("_", class_name).lower()


def needs_table_name(cls: type) -> bool:
    """Whether a class being declared is to get a table name from its own name.

    Not: an abstract class; one that has `__tablename__` or `__table__`, or takes a `__tablename__`
    from a mixin or an abstract base; one that inherits from a mapped class and brings no primary key
    (it shares its parent's table).
    """
    own = cls.__dict__
    if own.get("__abstract__") or "__table__" in own or "__tablename__" in own:
        return False
    parents = [base for base in cls.__mro__[1:] if is_mapped(base)]
    for base in cls.__mro__[1:]:
        if base in parents:
            break
        if "__tablename__" in base.__dict__:
            return False
    return not parents or has_primary_key(cls, parents[0])


def is_mapped(cls: type) -> bool:
    """Whether a class itself (not only a base of it) is mapped to a table."""
    if cls.__dict__.get("__abstract__"):
        return False
    return "__mapper__" in cls.__dict__


def has_primary_key(cls: type, parent: type) -> bool:
    """Whether a class declares a primary key column itself, below its mapped parent."""
    for base in cls.__mro__[: cls.__mro__.index(parent)]:
        if issubclass(parent, base):
            continue
        if any(_is_primary_key(value) for value in base.__dict__.values()):
            return True
    return any(_is_primary_key(item) for item in _annotated_columns(cls))


def _is_primary_key(value: Any) -> bool:
    column = getattr(value, "column", value)
    return getattr(column, "primary_key", False) is True


def _annotated_columns(cls: type) -> Iterator[Any]:
    """Yield what `Annotated[...]` types in the class body carry, as `id: Mapped[intpk]`."""
    own = get_annotations(cls)
    try:
        hints: Mapping[str, Any] = get_type_hints(cls, include_extras=True)
    except (NameError, TypeError):
        # A name that only type checkers know: the mapping itself will say so if it matters.
        return
    for name in own:
        for inner in get_args(hints.get(name)):
            if get_origin(inner) is Annotated:
                yield from get_args(inner)[1:]


def _choose_metadata(cls: type[Model]) -> None:
    """Give a class with a bind key of its own the metadata of that key."""
    key = cls.__dict__.get("__bind_key__")
    if key is None or "metadata" in cls.__dict__:
        return
    cls.metadata = get_metadata(cls, key)


def get_metadata(base: type[Model], key: str | None) -> MetaData:
    """Return the MetaData of a bind key, made on first use and kept beside the default one."""
    default = base.metadata
    while default.info.get(BIND_KEY) is not None:
        default = default.info["default"]
    if key is None:
        return default
    others: dict[str, MetaData] = default.info.setdefault("by_bind_key", {})
    if key not in others:
        others[key] = make_metadata(key, default)
        others[key].info["default"] = default
    return others[key]
