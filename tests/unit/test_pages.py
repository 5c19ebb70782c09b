"""Large pages: what is new in memory, and that it is gathered where the system can."""

from __future__ import annotations

import ctypes
import mmap
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a3x.hardware import pages
from a3x.hardware.pages import large_pages, page_bytes, runs

LARGE = 8
needs_large_pages = pytest.mark.skipif(page_bytes() == 0, reason="this system has no large pages, or may make none")


@given(st.sets(st.integers(0, 30)), st.integers(1, 7))
def test_runs_hold_every_page_once_and_have_gaps_between_them(numbers: set[int], size: int) -> None:
    found = list(runs({number * size for number in numbers}, size))
    assert [page for start, length in found for page in range(start, start + length, size)] == sorted(
        number * size for number in numbers
    )
    assert all(start + length < following for (start, length), (following, _) in pairwise(found))


@contextmanager
def memory(every: int = 1) -> Iterator[mmap.mmap]:
    """Of our own, room for LARGE large pages wherever they begin, of which every so many small pages are written.

    What lies before the first and after the last stays untouched: a large page that two of these share is of no use to
    either. Not to be dumped, so that the system keeps it apart of what the rest of the process has beside it.
    """
    with mmap.mmap(-1, (LARGE + 1) * page_bytes(), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as made:
        made.madvise(mmap.MADV_DONTDUMP)
        for at in written(made, every):
            made[at] = 1
        yield made


def written(made: mmap.mmap, every: int = 1) -> range:
    first = -address(made) % page_bytes()
    return range(first, first + LARGE * page_bytes(), every * mmap.PAGESIZE)


def address(made: mmap.mmap) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(made))


def in_large_pages(*made: mmap.mmap) -> int:
    """How many large pages are under these, whatever else happens to the process meanwhile."""
    starts, found = [address(each) for each in made], 0
    for mapping in re.split(r"(?m)^(?=[0-9a-f]+-[0-9a-f]+ )", Path("/proc/self/smaps").read_text())[1:]:
        first, last = (int(end, 16) for end in mapping.split(" ", 1)[0].split("-"))
        if any(first <= start < last for start in starts):
            found += sum(int(kib) for kib in re.findall(r"AnonHugePages: +(\d+) kB", mapping)) * 1024
    return found // page_bytes()


@needs_large_pages
def test_what_is_filled_within_lies_in_large_pages_and_holds_what_it_held() -> None:
    with ExitStack() as held:
        with large_pages():
            made = held.enter_context(memory())
        assert in_large_pages(made) >= LARGE - 1
        assert all(made[at] == 1 for at in written(made))


@needs_large_pages
def test_what_was_there_before_or_is_hardly_used_is_left_alone() -> None:
    if "[always]" in (pages.THP / "enabled").read_text():
        pytest.skip("this system makes large pages of its own accord")
    with memory() as before, ExitStack() as held:
        with large_pages():
            sparse = held.enter_context(memory(every=2))
        assert in_large_pages(before, sparse) == 0


def test_where_large_pages_are_switched_off_there_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "THP", tmp_path)
    assert page_bytes() == 0
    (tmp_path / "hpage_pmd_size").write_text("2097152\n")
    (tmp_path / "enabled").write_text("always madvise [never]\n")
    assert page_bytes() == 0
    (tmp_path / "enabled").write_text("always [madvise] never\n")
    assert page_bytes() == 2 << 20
