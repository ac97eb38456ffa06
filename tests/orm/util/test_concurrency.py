"""The bridge between coroutines and synchronous code."""

from __future__ import annotations

import asyncio
import contextvars
import importlib.util
import sys
from typing import Any

import pytest

from orm import exc
from orm.util import concurrency
from orm.util.concurrency import AwaitedLock, await_only, greenlet_spawn, in_greenlet

variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")


async def later(value: Any) -> Any:
    await asyncio.sleep(0)
    if isinstance(value, Exception):
        raise value
    return value


def test_without_greenlet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "greenlet", None)
    spec = importlib.util.spec_from_file_location("afresh", concurrency.__file__)
    assert spec is not None
    assert spec.loader is not None
    with pytest.raises(ModuleNotFoundError, match=r"pip install .flask-ormsession\[async\]"):
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


def test_a_function_awaits_by_its_caller() -> None:
    def work(first: int, *, second: int) -> int:
        assert in_greenlet()
        return await_only(later(first)) + await_only(later(second))

    assert asyncio.run(greenlet_spawn(work, 1, second=2)) == 3
    assert not in_greenlet()


def test_errors_pass_both_ways() -> None:
    def work() -> str:
        with pytest.raises(KeyError):
            await_only(later(KeyError("inner")))
        raise LookupError("outer")

    with pytest.raises(LookupError, match="outer"):
        asyncio.run(greenlet_spawn(work))


def test_a_cancellation_reaches_the_function_which_may_clean_up() -> None:
    cleaned: list[Any] = []

    def work() -> None:
        try:
            await_only(asyncio.sleep(60))
        finally:
            cleaned.append(await_only(later("done")))

    async def main() -> None:
        task = asyncio.create_task(greenlet_spawn(work))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert cleaned == ["done"]


def test_outside_it_explains_itself() -> None:
    with pytest.raises(exc.MissingGreenlet, match="awaitable_attrs") as caught:
        await_only(later(1))
    assert caught.value.code == "xd2s"


def test_context_variables_are_shared() -> None:
    def work() -> str:
        seen = variable.get()
        variable.set("inside")
        return seen

    async def main() -> tuple[str, str]:
        variable.set("outside")
        return await greenlet_spawn(work), variable.get()

    assert asyncio.run(main()) == ("outside", "inside")


def test_a_lock_that_lets_the_loop_run() -> None:
    lock, order = AwaitedLock(), []

    def work(name: str) -> None:
        with lock:
            order.append(name)
            await_only(asyncio.sleep(0))
            order.append(name)

    async def main() -> None:
        await asyncio.gather(greenlet_spawn(work, "a"), greenlet_spawn(work, "b"))

    asyncio.run(main())
    asyncio.run(main())  # another loop takes over
    assert order == ["a", "a", "b", "b"] * 2
