"""Memory that is given back, and what the collector has to look at afterwards."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from a3x.hardware.process import give_memory_back


class Ring:
    """Garbage that only the collector can find."""

    def __init__(self) -> None:
        self.other = self


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_what_is_alive_is_not_looked_at_again() -> None:
    give_memory_back()
    looked_at = len(gc.get_objects())
    assert gc.get_freeze_count() > 10 * looked_at


def test_what_was_set_aside_is_found_once_it_is_garbage() -> None:
    ring = Ring()
    gone = weakref.ref(ring)
    give_memory_back()
    del ring
    give_memory_back()
    assert gone() is None
