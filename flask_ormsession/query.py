"""`Model.query` and what `db.session.query()` returns: the query of the 1.x style, with the lookups and
pages of this extension. New code rather writes `db.session.scalars(select(User))`.
"""

from __future__ import annotations

from typing import Any, TypeVar, cast

from flask import has_app_context

from flask_ormsession import lookups
from flask_ormsession.errors import make_no_context_error
from flask_ormsession.pagination import Pagination, paginate
from flask_ormsession.state import get_app, get_state
from orm import Query, Relationship

T = TypeVar("T")


class ModelQuery(Query[T]):
    """A Query which can answer 404, and give one page."""

    def get_or_404(self, ident: Any, description: str | None = None) -> T:
        """Return the object with a primary key; abort with 404 if there is none, or if the key
        is not one the column could hold."""
        entity: type[T] = self.column_descriptions[0]["entity"]
        return lookups.get_or_404(self._in_session().session, entity, ident, description)

    def first_or_404(self, description: str | None = None) -> T:
        """Return the first object; abort with 404 if there is none."""
        return self._or_404(self.first(), description)

    def one_or_404(self, description: str | None = None) -> T:
        """Return the only object; abort with 404 if there is none, or more than one."""
        found = self.limit(2).all()
        return self._or_404(found[0] if len(found) == 1 else None, description)

    def _in_session(self) -> Query[T]:
        """This query; for a dynamic relationship, which has no session itself, one that has."""
        return self if self.session is not None else self.filter()

    def _or_404(self, found: T | None, description: str | None) -> T:
        if found is None:
            lookups.abort_missing(description)
        return found

    def paginate(
        self,
        *,
        page: int | None = None,
        per_page: int | None = None,
        max_per_page: int | None = 100,
        error_out: bool = True,
        count: bool = True,
    ) -> Pagination[T]:
        """Return one page; arguments as those of `Database.paginate`."""
        query: Any = self._in_session()
        return paginate(
            query.session,
            query.statement,
            page=page,
            per_page=per_page,
            max_per_page=max_per_page,
            error_out=error_out,
            count=count,
        )


class QueryProperty:
    """`User.query`: a query of the class in the session of the current app context: a ModelQuery, the
    `query_class` of the Database, or that of the model."""

    def __get__(self, _instance: T | None, owner: type[T]) -> ModelQuery[T]:
        if not has_app_context():
            raise make_no_context_error("Model.query")
        session = get_state(get_app()).db.session()
        chosen: Any = getattr(owner, "query_class", None)
        made: Any = session.query(owner) if chosen is None else chosen(owner, session)
        return cast("ModelQuery[T]", made)


def choose_query_classes(mapper: Any, model: type[Any]) -> None:
    """Let dynamic relationships of a model, and those it makes elsewhere, have the queries of models."""
    chosen = getattr(model, "query_class", None) or ModelQuery
    # mapper.relationships would configure the mappers, whose targets may not be there yet
    for relation in [one for one in mapper.props.values() if isinstance(one, Relationship)]:
        if relation.lazy == "dynamic" and relation.query_class is None:
            relation.query_class = chosen
        if isinstance(relation.backref, tuple):
            options = relation.backref[1]
            if options.get("lazy") == "dynamic":
                options.setdefault("query_class", chosen)
