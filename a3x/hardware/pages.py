"""Large pages under a model's weights.

Every token reads all of them, and each page of 4 KiB is a translation that the processor has to look up: of a model of 100 M
parameters 50 000 a token. Pages of 2 MiB are 100, and all of them stay known (docs/decisions/0033). Linux only; where the
system has none, or is told to make none, everything stays as it was.
"""

from __future__ import annotations

import ctypes
import mmap
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

THP = Path("/sys/kernel/mm/transparent_hugepage")
MAPS = Path("/proc/self/maps")
PRIVATE = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) rw-p \S+ \S+ 0 *(?:\[heap\])?$", re.MULTILINE)
"""Memory of our own, behind which there is no file."""
COLLAPSE = 25
"""MADV_COLLAPSE, linux/mman.h, since Linux 6.1: gather what lies there into large pages now."""
IN_USE = 0.9
"""Only what is used to so much of it: an untouched stack would be given memory that it never needs."""


@contextmanager
def large_pages() -> Iterator[None]:
    """What is filled within lies in large pages afterwards, as far as it goes."""
    size = page_bytes()
    before = _filled(size) if size else set[int]()
    yield
    if size:
        for start, length in runs(_filled(size) - before, size):
            _advise(start, length)


def page_bytes() -> int:
    """Of a large page; 0 where there are none to be had."""
    try:
        wanted = (THP / "enabled").read_text()
        return 0 if "[never]" in wanted else int((THP / "hpage_pmd_size").read_text())
    except (OSError, ValueError):
        return 0


def runs(pages: set[int], size: int) -> Iterator[tuple[int, int]]:
    """(address, bytes) of pages without a gap between them, rising."""
    for _, found in groupby(enumerate(sorted(pages)), lambda each: each[1] - each[0] * size):
        run = [page for _, page in found]
        yield run[0], len(run) * size


def _filled(size: int) -> set[int]:
    """Where large pages could lie that are in use."""
    library, small = ctypes.CDLL(None), size // mmap.PAGESIZE
    found = set[int]()
    for first, last in _private():
        start, end = -(-first // size) * size, last // size * size
        if start >= end:
            continue
        there = (ctypes.c_ubyte * ((end - start) // mmap.PAGESIZE))()
        if library.mincore(ctypes.c_void_p(start), ctypes.c_size_t(end - start), there) == 0:
            used = bytes(there)
            for number, page in enumerate(range(start, end, size)):
                if sum(used[number * small : (number + 1) * small]) >= IN_USE * small:
                    found.add(page)
    return found


def _private() -> list[tuple[int, int]]:
    try:
        return [(int(start, 16), int(end, 16)) for start, end in PRIVATE.findall(MAPS.read_text())]
    except OSError:
        return []


def _advise(start: int, length: int) -> None:
    """The system's refusal changes nothing but speed, and is not asked about."""
    ctypes.CDLL(None).madvise(ctypes.c_void_p(start), ctypes.c_size_t(length), COLLAPSE)
