"""`Model`: the base of mapped classes, with table names, bind keys and a helpful repr.

    class Product(Model):                   # the table is "product"
        id: Mapped[int] = mapped_column(primary_key=True)

    db = Database(model_class=Model)        # class Product(db.Model) is the same then

`Database()` without a model_class has a base of its own as `db.Model`, below Model but with other tables,
so that several databases of a process stay apart. As long as nothing is declared on that base, it serves
the models of Model itself.

A base with a registry of its own, below which Model is a mixin, is handed over:

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
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

from flask_ormsession.binds import BIND_KEY, make_metadata
from flask_ormsession.query import QueryProperty, choose_query_classes
from orm import (
    DeclarativeBase,
    DeclarativeBaseNoMeta,
    DeclarativeMeta,
    MetaData,
    event,
    inspect,
    registry,
)

# Names for what the models leave unnamed, because a migration can only drop what has a name.
NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


_BASES = (DeclarativeBase, DeclarativeBaseNoMeta)
_registry = registry(metadata=MetaData(naming_convention=NAMING))


class ModelMeta(DeclarativeMeta):
    """The metaclass of models: maps the classes below Model, unless another base does that."""

    def __init__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any], **kw: Any) -> None:
        if issubclass(cls, _BASES):
            type.__init__(cls, name, bases, body)
        else:
            super().__init__(name, bases, body, **kw)


# What type checkers make of it: a constructor with the annotated attributes as keyword arguments, of
# which those with a right-hand side may be left out.
@dataclass_transform(kw_only_default=True, eq_default=False)
class Model(metaclass=ModelMeta):
    """A mapped class of this extension, and what it can do; see the module.

    __bind_key__: the name in ORM_BINDS of the database it lives in. __disable_autonaming__: give
    every class its own `__tablename__`.
    """

    __abstract__ = True
    __bind_key__: ClassVar[str | None]
    __disable_autonaming__: ClassVar[bool] = False
    __tablename__: Any

    registry: ClassVar[registry] = _registry
    metadata: ClassVar[MetaData] = _registry.metadata

    #: a query of the 1.x style: `User.query.filter_by(name="ada").first_or_404()`
    query: ClassVar[QueryProperty] = QueryProperty()
    #: the class of that query and of those of dynamic relationships, if not that of the Database
    query_class: ClassVar[Any] = None

    if TYPE_CHECKING:
        __table__: ClassVar[Any]
        __mapper__: ClassVar[Any]
        __mapper_args__: Any
        __table_args__: Any

        def __init__(self, **values: Any) -> None: ...

    else:
        __init__ = _registry.constructor

    def __init_subclass__(cls, **options: Any) -> None:
        if _is_base(cls):
            _separate(cls)
        else:
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


event.listen(Model, "after_mapper_constructed", choose_query_classes, propagate=True)


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
    if not is_declarative(base):
        # a mixin, which Flask-SQLAlchemy takes too
        del body["__abstract__"]
        return types.new_class(
            "Model", (base, Model, DeclarativeBase), {}, lambda n: n.update(body)
        )
    bases = (base,) if issubclass(base, Model) else (base, Model)
    options = {"metaclass": _join_metaclasses(base)}
    return types.new_class("Model", bases, options, lambda namespace: namespace.update(body))


def _join_metaclasses(base: type[Any]) -> type:
    """Return a metaclass for a class below Model and a base which may have another one."""
    other = type(base)
    if issubclass(other, ModelMeta):
        return other
    return ModelMeta if issubclass(ModelMeta, other) else type("ModelMeta", (ModelMeta, other), {})


def _is_base(cls: type) -> bool:
    """Whether a class being declared below Model is a base with a registry of its own."""
    return "registry" in cls.__dict__ or any(base in cls.__bases__ for base in _BASES)


def _separate(base: Any) -> None:
    """Keep the registry, the tables and the constructor of Model out of another base."""
    given = base.__dict__.get("registry")
    others = [parent for parent in base.__mro__ if parent is not Model and parent is not object]
    if given is None:
        written = (parent.metadata for parent in others if "metadata" in parent.__dict__)
        base.metadata = next(written, None) or MetaData()
    if base.__init__ is Model.__init__:
        inits = (parent.__init__ for parent in others if "__init__" in parent.__dict__)
        base.__init__ = next(inits, (given or _registry).constructor)


def is_declarative(cls: type) -> bool:
    """Whether the classes below a class are mapped."""
    return isinstance(getattr(cls, "registry", None), registry)


def has_tables(base: type[Any]) -> bool:
    """Whether a base has a table, in the metadata of any bind key."""
    default = get_metadata(base, None)
    return any(m.tables for m in (default, *default.info.get("by_bind_key", {}).values()))


def explain_two_bases(db: Any, table: str) -> str | None:
    """What to do about a table of Model which a Database lacks because it has models of its own."""
    if not any(table in m.tables for m in db.metadatas.values()) and table in Model.metadata.tables:
        return (
            f"The table {table} is that of a model below flask_ormsession.Model, but this Database "
            "serves the models of its own db.Model. To have both in one, write "
            "db = Database(model_class=Model)."
        )
    return None


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
