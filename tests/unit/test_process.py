"""Memory that is given back, and what the collector has to look at afterwards."""

from __future__ import annotations

import gc
import subprocess
import sys
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


MAPPINGS = """
import ctypes
import sys
from a3x.hardware.process import keep_large_blocks_apart

FIELDS = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()

class Mallinfo2(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in FIELDS]

c = ctypes.CDLL(None)
if not hasattr(c, "mallinfo2"):
    sys.exit("no glibc")
c.malloc.restype, c.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
c.free.argtypes, c.mallinfo2.restype = [ctypes.c_void_p], Mallinfo2
if sys.argv[1] == "apart":
    keep_large_blocks_apart()
c.free(c.malloc(24 << 20))  # what glibc's own rule learns from
before = c.mallinfo2().hblks
c.malloc(16 << 20)
print(c.mallinfo2().hblks - before)
"""


@pytest.mark.parametrize(("rule", "mappings"), [("apart", 1), ("glibc's own", 0)])
def test_a_large_block_has_a_mapping_of_its_own_after_a_larger_one_was_freed(rule: str, mappings: int) -> None:
    """glibc's own rule is the negative control: the second model that is loaded would lie in an arena."""
    run = subprocess.run([sys.executable, "-c", MAPPINGS, rule], capture_output=True, text=True, check=False)
    if run.stderr.strip() == "no glibc":
        pytest.skip("another library's malloc")
    assert run.stdout.strip() == str(mappings), run.stderr
