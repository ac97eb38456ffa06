"""listen, listens_for, remove, contains over a family of our own."""

from __future__ import annotations

import pytest

from orm import event, exc

Family = event.make_dispatch("Family", {"ring": ("bell", "times"), "stop": ("bell",)})


class Bell:
    dispatch = Family()

    def ring(self, times):
        if self.dispatch.ring:
            for fn in self.dispatch.ring:
                fn(self, times)


event.register_target(Bell, Family)


@pytest.fixture
def bells():
    class One(Bell):
        pass

    class Two(One):
        pass

    yield One, Two
    Bell.dispatch.clear_listeners()


def test_no_listener_is_an_empty_tuple():
    assert Bell().dispatch.ring == ()


def test_class_reaches_instances_and_subclasses_now_and_later(bells):
    One, Two = bells
    before = Two()
    heard = []
    event.listen(before, "ring", lambda b, n: heard.append("own"))
    event.listen(One, "ring", lambda b, n: heard.append("one"))
    before.ring(1)
    assert heard == ["one", "own"]
    Two().ring(1)
    assert heard == ["one", "own", "one"]
    Bell().ring(1)
    assert heard == ["one", "own", "one"]


def test_same_function_is_heard_once_and_can_be_removed(bells):
    One, _ = bells
    heard = []

    def fn(b, n):
        heard.append(n)

    event.listen(One, "ring", fn)
    event.listen(One, "ring", fn)
    assert event.contains(One, "ring", fn)
    One().ring(3)
    assert heard == [3]
    event.remove(One, "ring", fn)
    assert not event.contains(One, "ring", fn)
    One().ring(3)
    assert heard == [3]
    with pytest.raises(exc.InvalidRequestError, match="does not listen"):
        event.remove(One, "ring", fn)


def test_once_named_insert(bells):
    One, _ = bells
    heard = []
    event.listen(One, "ring", lambda b, n: heard.append("plain"))
    event.listen(One, "ring", lambda **kw: heard.append(sorted(kw)), named=True, insert=True)
    event.listen(One, "ring", lambda b, n: heard.append("once"), once=True)
    bell = One()
    bell.ring(1)
    bell.ring(1)
    assert heard == [["bell", "times"], "plain", "once", ["bell", "times"], "plain"]


def test_decorator(bells):
    One, _ = bells
    heard = []

    @event.listens_for(One, "ring")
    def fn(b, n):
        heard.append(n)

    One().ring(2)
    assert heard == [2]
    assert fn.__name__ == "fn"


def test_unknown_event_names_the_nearest():
    with pytest.raises(exc.InvalidRequestError, match="Did you mean 'ring'"):
        event.listen(Bell, "rings", print)


def test_target_without_events():
    with pytest.raises(exc.InvalidRequestError, match="has no events"):
        event.listen(object(), "ring", print)


def test_adapter_gives_a_return_value():
    def adapt(name, fn, options):
        if options.get("retval"):
            return fn

        def call(value):
            fn(value)
            return value

        return call

    Adapted = event.make_dispatch("Adapted", ["change"], adapt=adapt)
    dispatch = Adapted()
    dispatch.add_listener("change", lambda v: None, {})
    dispatch.add_listener("change", lambda v: v + 1, {"retval": True})
    value = 1
    for fn in dispatch.change:
        value = fn(value)
    assert value == 2


def test_children_do_not_keep_alive_nor_leak():
    import gc

    parent = Family()
    for _ in range(5):
        Family(parent)
    gc.collect()
    Family(parent)
    assert len(parent._children) <= 2


def test_adopt():
    first, second = Family(), Family()
    first.add_listener("ring", print, {})
    second.adopt_listeners(first)
    assert second.ring == (print,)


def test_misspelt_option_is_refused(bells):
    with pytest.raises(TypeError, match="no option 'onec'. Did you mean 'once'"):
        event.listen(bells[0], "ring", print, onec=True)
