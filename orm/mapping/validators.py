"""Methods of mapped classes that the mapper calls: `@validates` and `@reconstructor`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from orm import exc

if TYPE_CHECKING:
    from orm.mapping.mapper import Mapper

_F = TypeVar("_F", bound=Callable[..., Any])


def validates(
    *names: str, include_removes: bool = False, include_backrefs: bool = True
) -> Callable[[_F], _F]:
    """Mark a method as the validator of attributes: what it returns is what is set.

    The method is called as method(self, name, value) before a value is set or a member is
    added. include_removes: also before a member is removed, with a third argument
    `is_remove`. include_backrefs: False leaves out changes that come from the other side.
    """

    def mark(method: _F) -> _F:
        method._sa_validators = names, include_removes, include_backrefs  # type: ignore[attr-defined]
        return method

    return mark


def reconstructor(method: _F) -> _F:
    """Mark a method to be called after an object was loaded from the database."""
    method._sa_reconstructor = True  # type: ignore[attr-defined]
    return method


def install_hooks(mapper: Mapper) -> None:
    """Connect the marked methods of the mapper's class."""
    seen: set[str] = set()
    for base in mapper.class_.__mro__:
        for name, member in list(vars(base).items()):
            if name in seen or not callable(member):
                continue
            seen.add(name)
            marks = getattr(member, "_sa_validators", None)
            if marks is not None:
                _install_validator(mapper, name, *marks)
            if getattr(member, "_sa_reconstructor", False):
                _install_reconstructor(mapper, name)


def _install_validator(
    mapper: Mapper, method: str, names: tuple[str, ...], removes: bool, backrefs: bool
) -> None:
    for key in names:
        if key in mapper.validators:
            raise exc.InvalidRequestError(
                f"{mapper.class_.__name__}.{key} has two validators, {mapper.validators[key]}() and "
                f"{method}(); keep one."
            )
        attribute = mapper.class_manager.attributes.get(key)
        if attribute is None:
            continue
        mapper.validators[key] = method
        dispatch = attribute.listening()
        options = {"raw": True, "retval": True}
        checked = _make_validator(key, method, removes, backrefs)
        dispatch.add_listener("set", checked, options)
        dispatch.add_listener("append", checked, options)
        if removes:
            dispatch.add_listener("remove", _make_remover(key, method, backrefs), options)


def _stems_from_elsewhere(key: str, initiator: Any) -> bool:
    return initiator is not None and getattr(initiator, "key", key) != key


def _make_validator(key: str, method: str, removes: bool, backrefs: bool) -> Callable[..., Any]:
    def validate(state: Any, value: Any, *rest: Any) -> Any:
        if not backrefs and _stems_from_elsewhere(key, rest[-1] if rest else None):
            return value
        found = getattr(state.obj(), method)
        return found(key, value, False) if removes else found(key, value)

    return validate


def _make_remover(key: str, method: str, backrefs: bool) -> Callable[..., Any]:
    def validate(state: Any, value: Any, initiator: Any = None) -> Any:
        if backrefs or not _stems_from_elsewhere(key, initiator):
            getattr(state.obj(), method)(key, value, True)
        return value

    return validate


def _install_reconstructor(mapper: Mapper, method: str) -> None:
    def rebuild(state: Any, context: Any) -> None:
        getattr(state.obj(), method)()

    mapper.class_manager.dispatch.add_listener("load", rebuild, {"raw": True})
