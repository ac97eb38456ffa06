"""The bulk methods of a Session, from before insert() and update() took lists of rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from orm.inspection import inspect


class BulkMethods:
    """Rows and objects written past the unit of work; a part of Session."""

    _guard: Any
    _autobegin_t: Any

    @contextmanager
    def _writing(self) -> Iterator[Any]:
        """A context in which statements of bulk work are sent, by the module it gives; an error ends the transaction."""
        from orm.flush import bulk  # few applications still call these methods

        with self._guard:
            transaction = self._autobegin_t()
            try:
                transaction.check_active()
                yield bulk
            except BaseException as error:
                if transaction.is_active:
                    transaction.fail(error)
                raise

    def bulk_save_objects(
        self,
        objects: Iterable[Any],
        return_defaults: bool = False,
        update_changed_only: bool = True,
        preserve_order: bool = True,
    ) -> None:
        """Insert new objects and update those with a row, past the unit of work.

        They do not come into the session, nothing is cascaded, no event is fired. insert() and
        update() with a list of rows do the same and more.
        return_defaults: new objects get their keys. update_changed_only: write what was changed,
        not all columns. preserve_order: write in this order; else class by class.
        """
        with self._writing() as bulk:
            bulk.save_objects(
                self, list(objects), return_defaults, update_changed_only, preserve_order
            )

    def bulk_insert_mappings(
        self,
        mapper: Any,
        mappings: Iterable[dict[str, Any]],
        return_defaults: bool = False,
        render_nulls: bool = False,
    ) -> None:
        """Insert rows given as dicts by attribute name; see bulk_save_objects().

        return_defaults: the dicts get what the database made. render_nulls: None is written
        even where the column has a default.
        """
        given = list(mappings)
        with self._writing() as bulk:
            written = bulk.insert_mappings(
                self, inspect(mapper), given, returns=return_defaults, render_nulls=render_nulls
            )
        if return_defaults:
            for mapping, values in zip(given, written, strict=True):
                mapping.update(values)

    def bulk_update_mappings(self, mapper: Any, mappings: Iterable[dict[str, Any]]) -> None:
        """Update rows given as dicts by attribute name, with the primary key in each."""
        with self._writing() as bulk:
            bulk.update_by_key(self, inspect(mapper), list(mappings))
