"""Processor description and load arithmetic."""

from __future__ import annotations

import pytest

from a3x.hardware import cpu
from tests.support import rx6400

INTEL = "processor : 0\nmodel name : Tiny CPU\nflags : fpu avx2 f16c rdrand\nprocessor : 1\nmodel name : Tiny CPU\n"
ARM = "processor : 0\nFeatures : fp asimd asimddp\n"


def test_describes_this_machine():
    found = cpu.processor()
    assert 1 <= found.physical <= found.logical
    assert 1 <= found.usable <= found.logical


@pytest.mark.parametrize(
    ("text", "model", "flags"),
    [(INTEL, "Tiny CPU", {"avx2", "f16c"}), (ARM, "", {"asimd", "asimddp"}), ("", "", set())],
)
def test_reads_model_and_notable_flags(tmp_path, text, model, flags):
    (tmp_path / "cpuinfo").write_text(text)
    found = cpu.processor(tmp_path)
    assert found.model == model
    assert found.flags == flags


def test_no_cpuinfo_is_no_error(tmp_path):
    assert cpu.processor(tmp_path).flags == frozenset()


def siblings(root, number, text):
    rx6400.write(root / f"devices/system/cpu/cpu{number}/topology/thread_siblings_list", text)


@pytest.mark.parametrize(
    ("told", "usable", "expected"),
    [
        ({0: "0,2", 1: "1,3", 2: "0,2", 3: "1,3"}, {0, 1, 2, 3}, (0, 1)),
        ({0: "0-1", 1: "0-1", 2: "2-3", 3: "2-3"}, {0, 1, 2, 3}, (0, 2)),
        ({0: "0,2", 1: "1,3", 2: "0,2", 3: "1,3"}, {2, 3}, (2, 3)),
        ({0: "0"}, {0, 5}, (0, 5)),
        ({}, {3}, (3,)),
    ],
)
def test_a_processor_of_each_core_that_may_be_used(tmp_path, monkeypatch, told, usable, expected):
    monkeypatch.setattr("os.sched_getaffinity", lambda _: usable)
    for number, text in told.items():
        siblings(tmp_path, number, text + "\n")
    assert cpu.cores(tmp_path) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, (10.0, 5.0), None),
        ((10.0, 5.0), (10.0, 5.0), None),
        ((10.0, 5.0), (20.0, 12.5), 25.0),
        ((0.0, 0.0), (4.0, 0.0), 100.0),
    ],
)
def test_busy_percent(before, after, expected):
    assert cpu.busy_percent(before, after) == expected


def test_first_reading_has_no_load_and_the_memory_adds_up():
    reading = cpu.LoadMeter().read()
    assert reading.busy_percent is None
    assert 0 < reading.memory_available_bytes <= reading.memory_total_bytes
