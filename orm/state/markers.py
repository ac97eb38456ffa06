"""Markers: values that mean "no value", and how far a read may go to get one.

A `passive` argument is a sum of permissions; the named sums are what callers use.
"""

from __future__ import annotations

import enum
from types import MappingProxyType
from typing import Any, Final

STATE: Final = "_sa_instance_state"
MANAGER: Final = "_sa_class_manager"


class LoaderCallableStatus(enum.Enum):
    """What stands in for a value that is not there."""

    NO_VALUE = 0
    """The attribute has, or had, no value."""
    PASSIVE_NO_RESULT = 1
    """A value may exist, but the `passive` argument forbids to get it."""
    ATTR_WAS_SET = 2
    """A loader has put the value into the object by itself."""
    ATTR_EMPTY = 3
    """Nothing is there to load: the object has no row yet."""
    DONT_SET = 5
    """A dataclass argument that was not given: the attribute is left alone."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return self.name


class EventConstants(enum.Enum):
    """What stands in for the argument of a listener that does not apply."""

    NO_KEY = 4
    """The collection has no keys, or the key is not known (`include_key=True`)."""

    def __repr__(self) -> str:
        return self.name


NO_KEY: Final = EventConstants.NO_KEY
NO_VALUE: Final = LoaderCallableStatus.NO_VALUE
PASSIVE_NO_RESULT: Final = LoaderCallableStatus.PASSIVE_NO_RESULT
ATTR_WAS_SET: Final = LoaderCallableStatus.ATTR_WAS_SET
ATTR_EMPTY: Final = LoaderCallableStatus.ATTR_EMPTY
DONT_SET: Final = LoaderCallableStatus.DONT_SET
NEVER_SET: Final = NO_VALUE

#: what `InstanceState.committed` is while nothing was changed: empty, and for reading only
UNCHANGED: Final[Any] = MappingProxyType({})

CALLABLES_OK: Final = 1
SQL_OK: Final = 2
RELATED_OBJECT_OK: Final = 4
INIT_OK: Final = 8
NON_PERSISTENT_OK: Final = 16
LOAD_AGAINST_COMMITTED: Final = 32
NO_AUTOFLUSH: Final = 64
NO_RAISE: Final = 128

PASSIVE_OFF: Final = 31
"""Load what is missing."""
PASSIVE_RETURN_NO_VALUE: Final = PASSIVE_OFF ^ INIT_OK
"""Load what is missing; do not put an empty value where there is nothing to load."""
PASSIVE_NO_INITIALIZE: Final = PASSIVE_RETURN_NO_VALUE ^ CALLABLES_OK
"""Take what is in the object, do nothing else."""
PASSIVE_NO_FETCH: Final = PASSIVE_OFF ^ SQL_OK
"""Loaders may look into the identity map, but emit no SQL."""
PASSIVE_NO_FETCH_RELATED: Final = PASSIVE_OFF ^ RELATED_OBJECT_OK
"""Load the object's own columns, no related object."""
PASSIVE_ONLY_PERSISTENT: Final = PASSIVE_OFF ^ NON_PERSISTENT_OK
"""Load, but only for objects which have a row."""
PASSIVE_MERGE: Final = PASSIVE_OFF | NO_RAISE
"""Load even what raises on lazy load, as merge() must."""
