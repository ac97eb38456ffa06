"""What is loaded when it is first asked for: names of a package, and modules that another one calls.

`import orm` is paid by every process, also by those that only read models. What only some programs need, and what is needed only once a
database is used, is imported through here: at one place in the package or module concerned, which type checkers and import-linter read as an
ordinary import (`if TYPE_CHECKING`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def late_names(
    package: dict[str, Any], names: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return `__getattr__` and `__dir__` for a package (PEP 562).

    package: its globals(). names: for each module the names it gives to the package, separated by spaces; its own
    name stands for a submodule itself. A name that was asked for once is an ordinary global of the package.
    """
    modules = {name: module for module, given in names.items() for name in given.split()}

    def get(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {package['__name__']!r} has no attribute {name!r}")
        module = import_module(modules[name])
        is_itself = modules[name] == f"{package['__name__']}.{name}"
        found = package[name] = module if is_itself else getattr(module, name)
        return found

    def list_names() -> list[str]:
        return sorted({*package, *modules})

    return get, list_names


class LateModule:
    """Stands for a module in the globals of another one, until it is used: then the module itself is there.

    So the first use costs an import, and every other what the use of any module costs.
    """

    def __init__(self, user: dict[str, Any], module: str) -> None:
        self._user = user
        self._module = module

    def __getattr__(self, name: str) -> Any:
        module = import_module(self._module)
        self._user[self._module.rpartition(".")[2]] = module
        return getattr(module, name)


def late_function(module: str, name: str) -> Callable[..., Any]:
    """Return a function which calls the one of this name, whose module is imported with the first call."""

    def call(*args: Any, **options: Any) -> Any:
        return getattr(import_module(module), name)(*args, **options)

    return call
