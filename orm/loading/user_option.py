"""UserDefinedOption: what an application tells its own listeners with a statement."""

from __future__ import annotations

from typing import Any, ClassVar


class UserDefinedOption:
    """An option of an application's own: `select(User).options(FromCache("users"))`.

    Subclass it; a `do_orm_execute` listener finds it in `state.user_defined_options`. payload: whatever it carries. It changes nothing
    about how the statement is compiled, so that statements with other payloads share one plan.
    """

    #: the loader options within; there are none
    directives: ClassVar[tuple[Any, ...]] = ()
    propagate_to_loaders: ClassVar[bool] = False

    def __init__(self, payload: Any = None) -> None:
        self.payload = payload

    def cache_key(self) -> tuple[Any, tuple[Any, ...]]:
        """Return (key, binds): the class alone."""
        return (type(self),), ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.payload!r})"
