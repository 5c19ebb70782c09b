"""Large pages: what is new in memory, and that it is gathered where the system can."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a3x.hardware import pages
from a3x.hardware.pages import large_pages, page_bytes, runs
from a3x.hardware.process import rolled_up_bytes

needs_large_pages = pytest.mark.skipif(page_bytes() == 0, reason="this system has no large pages, or may make none")


@given(st.sets(st.integers(0, 30)), st.integers(1, 7))
def test_runs_hold_every_page_once_and_have_gaps_between_them(numbers: set[int], size: int) -> None:
    found = list(runs({number * size for number in numbers}, size))
    assert [page for start, length in found for page in range(start, start + length, size)] == sorted(
        number * size for number in numbers
    )
    assert all(start + length < following for (start, length), (following, _) in pairwise(found))


@contextmanager
def memory(large: int, every: int = 1) -> Iterator[mmap.mmap]:
    """Of our own, so many large pages and a bit, of which every so many small pages are written."""
    size = large * page_bytes() + mmap.PAGESIZE
    with mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as made:
        for at in range(0, size, every * mmap.PAGESIZE):
            made[at] = 1
        yield made


@needs_large_pages
def test_what_is_filled_within_lies_in_large_pages_and_holds_what_it_held() -> None:
    before = rolled_up_bytes("AnonHugePages")
    with ExitStack() as held:
        with large_pages():
            made = held.enter_context(memory(8))
        assert rolled_up_bytes("AnonHugePages") - before >= 7 * page_bytes()
        assert all(made[at] == 1 for at in range(0, len(made), mmap.PAGESIZE))


@needs_large_pages
def test_what_was_there_before_or_is_hardly_used_is_left_alone() -> None:
    before = rolled_up_bytes("AnonHugePages")
    with memory(8), ExitStack() as held:
        with large_pages():
            held.enter_context(memory(8, every=2))
        assert rolled_up_bytes("AnonHugePages") == before


def test_where_large_pages_are_switched_off_there_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "THP", tmp_path)
    assert page_bytes() == 0
    (tmp_path / "hpage_pmd_size").write_text("2097152\n")
    (tmp_path / "enabled").write_text("always madvise [never]\n")
    assert page_bytes() == 0
    (tmp_path / "enabled").write_text("always [madvise] never\n")
    assert page_bytes() == 2 << 20
