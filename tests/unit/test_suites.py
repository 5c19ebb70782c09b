"""The fixed benchmark: pinned, whole, and not in the training text."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path

import build_suites
import pytest

from a3x import resources
from a3x.errors import ForeignFile, NotFound
from a3x.judge.executed import KINDS
from a3x.judge.graders import PLAIN, Reply, calls_in, grade
from a3x.judge.overlap import Seen, grams
from a3x.judge.suites import FIXED, SUMS, Item, Suite, line_of, load, load_all, of_items

FOLDER = resources.path("benchmarks/suites")


@cache
def suites() -> dict[str, Suite]:
    return load_all(FOLDER)


@cache
def training() -> Seen:
    """Another sample than the one the builder looked at."""
    return build_suites.training(1500, "test")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for path in FOLDER.iterdir():
        if path.is_file():
            shutil.copy(path, tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", FIXED)
def test_sizes_ids_and_kinds(name: str) -> None:
    items = suites()[name].items
    assert 100 <= len(items) <= 120
    assert len({item.id for item in items}) == len(items)
    assert len({str(item.messages) for item in items}) == len(items)
    assert {item.grader["kind"] for item in items} <= {*PLAIN, *KINDS}
    assert {item.suite for item in items} == {name}
    splits = Counter(item.split for item in items)
    assert splits["hand"] >= 10
    assert splits.keys() <= {"slots", "phrasing", "hand"}
    assert Counter(item.lang for item in items)["pt"] >= 25


@pytest.mark.parametrize("name", FIXED)
def test_the_gold_is_right_and_silence_is_wrong(name: str) -> None:
    for item in suites()[name].items:
        if item.grader["kind"] not in KINDS:
            calls = calls_in(item.gold)
            assert grade(item, Reply("" if calls else item.gold, calls)) == 1, item.id
            assert grade(item, Reply("")) == 0, item.id


def test_the_pins_are_those_of_sha256sum() -> None:
    assert sorted((FOLDER / SUMS).read_text().split()[1::2]) == sorted(f"{name}.jsonl" for name in FIXED)


@pytest.mark.parametrize("name", FIXED)
def test_one_changed_byte_is_refused(copy: Path, name: str) -> None:
    assert load(copy, name) == suites()[name]
    data = bytearray((copy / f"{name}.jsonl").read_bytes())
    data[-3] ^= 1
    (copy / f"{name}.jsonl").write_bytes(data)
    with pytest.raises(ForeignFile, match=rf"{name}\.jsonl has sha256 .* pins"):
        load(copy, name)


def test_what_is_missing_or_not_pinned_is_named(copy: Path) -> None:
    (copy / "own.jsonl").write_text("{}\n")
    with pytest.raises(ForeignFile, match="own is not pinned"):
        load(copy, "own")
    with pytest.raises(NotFound, match="no suite other"):
        load(copy, "other")
    (copy / SUMS).unlink()
    with pytest.raises(NotFound, match=SUMS):
        load(copy, "cli")


@pytest.mark.parametrize(
    "wrong",
    [
        "{}",
        "no json",
        '{"id": 1}',
        json.dumps({"id": "a", "suite": "own", "lang": "en", "messages": [], "grader": {"kind": "exact"}, "gold": ""}),
        json.dumps({"id": "a", "suite": "own", "lang": "en", "messages": [{"role": "boss", "content": ""}],
                    "grader": {"kind": "exact"}, "gold": ""}),
    ],
)  # fmt: skip
def test_a_pinned_file_that_is_no_suite_is_refused(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "own.jsonl").write_text(wrong + "\n")
    (tmp_path / SUMS).write_text(hashlib.sha256((wrong + "\n").encode()).hexdigest() + "  own.jsonl\n")
    with pytest.raises(ForeignFile, match=r"own\.jsonl:1 is no benchmark item"):
        load(tmp_path, "own")


def test_ids_and_suites_of_run_time_items_are_checked() -> None:
    item = suites()["cli"].items[0]
    with pytest.raises(ForeignFile, match="same id"):
        of_items("cli", (item, item))
    with pytest.raises(ForeignFile, match="another suite"):
        of_items("lesson", (item,))
    assert of_items("cli", (item,)).sha256 != of_items("cli", ()).sha256


def test_every_theme_is_judged_by_suites_that_exist() -> None:
    for path in resources.path("loras").glob("*.toml"):
        assert set(tomllib.loads(path.read_text())["suites"]) <= set(FIXED), path


def test_lines_round_trip() -> None:
    for name, suite in suites().items():
        assert "".join(map(line_of, suite.items)) == (FOLDER / f"{name}.jsonl").read_text()


# --- overlap with the training text ----------------------------------------------------------------------------------


def overlapping(items: list[Item]) -> list[str]:
    seen = training()
    return [item.id for item in items if seen.holds(build_suites.asked(item.messages), item.gold)]


@pytest.mark.parametrize("name", FIXED)
def test_items_are_not_in_the_training_text(name: str) -> None:
    """One item in a hundred may share a chance n-gram with a sample the builder has not seen."""
    assert len(overlapping(list(suites()[name].items))) <= 1


@pytest.mark.parametrize("skill", ["identity", "howto", "dialogue", "python"])
def test_the_check_finds_items_of_the_training_split(skill: str) -> None:
    """Negative control: a suite drawn from the training split would not pass."""
    rng, generator = random.Random("control"), build_suites.GENERATORS[skill]
    pairs = [pair for _ in range(100) for pair in build_suites.exchanges(generator.sample(rng, "train", rng.random()))]
    assert sum(training().holds(*pair) for pair in pairs) >= 0.3 * len(pairs)


def test_the_check_finds_a_leaked_item() -> None:
    for item in suites()["reading"].items[:20]:
        leak = Seen()
        leak.add(build_suites.asked(item.messages).upper(), item.gold)
        assert leak.holds(build_suites.asked(item.messages), item.gold)


def test_grams() -> None:
    assert list(grams("a b", "c")) == [("a", "b", "c")]
    assert list(grams("a b c d e", "f g h i j")) == [tuple("abcdefgh"), tuple("bcdefghi")]
    assert list(grams("a", "b c d e f g h i j")) == [tuple("abcdefgh")]
    assert ("i", "j", "k", "l") not in [gram[-4:] for gram in grams("a b c d", "e f g h i j k l")]
