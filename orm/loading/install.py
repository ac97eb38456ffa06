"""Where loading hooks into mapped classes: done once per mapper, when it is configured."""

from __future__ import annotations

from functools import partial
from typing import Any

from orm.loading.batch import Peers
from orm.mapping.configure import on_configured
from orm.sql.selectable import STATEMENTS
from orm.state.markers import ATTR_EMPTY
from orm.util.late import late_function

#: values of relationship(lazy=...) whose attribute is no plain value; the session has them
_OTHERS = frozenset({"dynamic", "write_only"})


def install(mapper: Any) -> None:
    """Put the loaders on the attributes of a configured mapper's class."""
    from orm.loading.lazy import LazyLoader  # with all that reads rows, which no declaration needs
    from orm.loading.refresh import load_columns

    manager = mapper.class_manager
    manager.expired_loader = load_columns
    manager.load_of = partial(Peers, mapper.base_mapper)
    for prop in mapper.column_attrs:
        if prop.is_query_expression and prop.deferred:
            manager.impls[prop.key].loader = find_nothing
    for prop in mapper.relationships:
        impl = manager.impls.get(prop.key)
        if impl is not None and impl.loader is None and prop.lazy not in _OTHERS:
            impl.loader = LazyLoader(prop)


def find_nothing(state: Any, passive: int) -> Any:
    """The loader of an attribute which only a query can fill: it has no value."""
    return ATTR_EMPTY


on_configured(install)
# a statement may be shown, or be executed on a Connection, before a Session has loaded these
STATEMENTS["executed_form"] = late_function("orm.loading.plan", "make_executed_form")
STATEMENTS["restriction"] = late_function("orm.loading.criteria", "make_restriction")
STATEMENTS["from_statement"] = late_function("orm.loading.from_statement", "FromStatement")
