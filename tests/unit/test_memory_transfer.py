"""Spans in and out: exact round trips, refused lines, origins, resuming. Nothing is silently dropped."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from a3x.clock import HandClock
from a3x.disk import RealDisk
from a3x.errors import BadRequest, NotReady
from a3x.memory import intake as intake_module
from a3x.memory.intake import Intake, batches
from a3x.memory.transfer import (
    MAX_LINE_BYTES,
    TARGETS,
    BatchResult,
    Importer,
    Line,
    iso,
    lines_of,
    parse,
    seconds,
    vouched,
)
from a3x.stores.db import Database
from a3x.stores.experiences import Experiences
from a3x.types import Experience, Feedback
from tests.support.http_house import client
from tests.unit.test_stores_experiences import any_experience

PLAIN = {"id": "x", "who": "w", "did": "d", "this": "t", "when": "2024-05-01T10:00:00Z", "status": "completed"}
PLAIN["if_ok"] = "ok"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "a3x.db", RealDisk(), HandClock()) as opened:
        yield opened


def line(**changes: Any) -> bytes:
    return json.dumps({**PLAIN, **changes}).encode()


def take(db: Database, *lines: bytes, dataset: str = "") -> BatchResult:
    return asyncio.run(Importer(db).take(list(enumerate(lines, 1)), dataset))


def intake_of(folder: Path) -> Intake:
    return Intake(folder / "rejects", folder / "progress.json", RealDisk())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=any_experience, tail=st.integers(0, 10**9))
def test_out_and_in_is_the_same_but_for_what_is_claimed(tmp_path: Path, drawn: Experience, tail: int) -> None:
    span = replace(drawn, id=f"i{tail}", theme="cli", metadata={})
    words = [Feedback(span.id, -1, "no: 7", 2.0)]
    (text,) = lines_of([(span, words)])
    parsed, given_words = parse(text.encode())
    extra = {name: value for name, value in parsed.extra.items() if name != "claimed"}
    assert replace(parsed, extra=extra) == replace(span, extra=extra)
    assert extra == {name: value for name, value in span.extra.items() if name != "claimed"}
    assert list(given_words) == words


def test_a_home_into_another_and_back(db: Database, tmp_path: Path) -> None:
    store = Experiences(db)
    asyncio.run(store.add(Experience("a", "u", "chat", "ção", 1718000000.1234567, "completed", "x", origin="user")))
    asyncio.run(store.add_feedback(Feedback("a", 1, None, 3.0)))
    lines = [text.encode() for text in lines_of(store.walk())]
    assert take(db, *lines) == BatchResult(0, 1), "its own export is known, although origin would change"
    with Database(tmp_path / "other.db", RealDisk(), HandClock()) as other:
        assert take(other, *lines) == BatchResult(1, 0)
        assert take(other, *lines) == BatchResult(0, 1)
        again = [text.encode() for text in lines_of(Experiences(other).walk())]
        assert take(other, *again) == BatchResult(0, 1)
        there = Experiences(other).get("a")
        assert (there.when, there.this, there.origin) == (1718000000.1234567, "ção", "file")
        assert there.extra["claimed"]["origin"] == "user"
        assert Experiences(other).feedback("a") == [Feedback("a", 1, None, 3.0)]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"{", "Invalid JSON"),
        (b"[]", "object"),
        (b"\xff\xfe", "Invalid JSON"),
        (line(status="odd"), "status"),
        (line(when="yesterday"), "when"),
        (line(theme="cooking"), "theme"),
        (line(metadata={"quality_score": 101}), "quality_score"),
        (line(metadata={"quality_score": True}), "quality_score"),
        (line(this=7), "this"),
        (line(id=""), "id"),
        (line(origin="rumour"), "origin"),
        (line(feedback=[{"rating": 9, "when": 1}]), "feedback.0.rating"),
        (line(this="x" * MAX_LINE_BYTES), "the limit is"),
        (json.dumps({"id": "x"}).encode(), "who"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_lines_are_refused_with_a_reason_and_the_rest_is_stored(db: Database, bad: bytes, reason: str) -> None:
    result = take(db, line(id="a"), bad, b"  ", line(id="b"))
    assert (result.stored, result.known) == (2, 0)
    assert [one.line for one in result.rejected] == [2]
    assert reason in result.rejected[0].reason


def test_the_same_id_with_other_content_is_refused(db: Database) -> None:
    assert take(db, line(), line()) == BatchResult(1, 1)
    (rejected,) = take(db, line(this="other")).rejected
    assert "already there with other content" in rejected.reason
    assert Experiences(db).get("x").this == "t"


@pytest.mark.parametrize("origin", ["user", "verified", "owner_dataset", "generated", "tool", "file", "web"])
def test_a_line_cannot_make_itself_a_training_target(db: Database, origin: str) -> None:
    take(db, line(origin=origin))
    assert Experiences(db).get("x").origin not in TARGETS


def test_the_owner_vouches_for_bytes(db: Database, tmp_path: Path) -> None:
    file, manifest = tmp_path / "d.ndjson", tmp_path / "manifest.json"
    file.write_bytes(line(origin="generated"))
    manifest.write_text(json.dumps({"files": {"d.ndjson": hashlib.sha256(file.read_bytes()).hexdigest()}}))
    dataset = vouched(file, manifest)
    take(db, line(origin="generated"), dataset=dataset)
    one = Experiences(db).get("x")
    assert (one.origin, one.extra["claimed"]) == (
        "owner_dataset",
        {"origin": "generated", "manifest_sha256": dataset},
    )
    file.write_bytes(line(origin="generated", this="changed"))
    with pytest.raises(BadRequest, match="does not vouch"):
        vouched(file, manifest)
    manifest.write_text("[]")
    with pytest.raises(BadRequest, match="no manifest"):
        vouched(file, manifest)


def test_unknown_fields_stay(db: Database) -> None:
    take(db, line(mood="good", extra={"a": 1}, nested={"x": [1, None]}))
    assert Experiences(db).get("x").extra == {"a": 1, "mood": "good", "nested": {"x": [1, None]}}


@given(st.floats(0, 4e9))
def test_times_come_back_exactly(when: float) -> None:
    assert seconds(iso(when)) == when


def test_times_are_read_as_people_write_them() -> None:
    assert (
        seconds("1970-01-01T00:00:01.5Z") == seconds("1970-01-01T01:00:01.5+01:00") == seconds("1970-01-01 00:00:01.5")
    )
    assert iso(1718000000.5) == "2024-06-10T06:13:20.500000000Z"


# --- files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stop_after", [1, 2, 3])
def test_an_interrupted_import_goes_on(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop_after: int
) -> None:
    monkeypatch.setattr(intake_module, "BATCH_LINES", 10)
    file = tmp_path / "in.ndjson"
    file.write_bytes(b"\n".join(b"bad" if n % 7 == 0 else line(id=f"{n}") for n in range(45)))
    calls: list[int] = []

    def send(lines: list[Line]) -> BatchResult:
        calls.append(lines[0][0])
        return asyncio.run(Importer(db).take(lines))

    def failing(lines: list[Line]) -> BatchResult:
        if len(calls) == stop_after:
            raise NotReady("gone")
        return send(lines)

    with pytest.raises(NotReady):
        intake_of(tmp_path).run(file, failing, lambda _: None)
    (tmp_path / "rejects").write_bytes((tmp_path / "rejects").read_bytes() + b"torn")
    done = intake_of(tmp_path).run(file, send, lambda _: None)
    assert calls == [1, 11, 21, 31, 41], "no line is taken twice"
    assert (done.lines, done.stored, done.rejected) == (45, 38, 7)
    rejects = [json.loads(text) for text in (tmp_path / "rejects").read_text().splitlines()]
    assert [one["line"] for one in rejects] == [1, 8, 15, 22, 29, 36, 43]
    assert {one["text"] for one in rejects} == {"bad"}
    assert not (tmp_path / "progress.json").exists()


def test_a_file_that_changed_is_taken_from_its_beginning(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_module, "BATCH_LINES", 2)
    file = tmp_path / "in.ndjson"
    file.write_bytes(line(id="a") + b"\n" + line(id="b") + b"\n" + line(id="c"))

    def failing(lines: list[Line]) -> BatchResult:
        if lines[0][0] == 3:
            raise NotReady("gone")
        return asyncio.run(Importer(db).take(lines))

    with pytest.raises(NotReady):
        intake_of(tmp_path).run(file, failing, lambda _: None)
    file.write_bytes(line(id="new") + b"\n" + line(id="b") + b"\n" + line(id="c"))
    done = intake_of(tmp_path).run(file, lambda lines: asyncio.run(Importer(db).take(lines)), lambda _: None)
    assert (done.stored, done.known) == (2, 1)
    assert {one.id for one in Experiences(db).recent()} == {"a", "b", "c", "new"}


def test_memory_is_bounded_by_a_batch(tmp_path: Path) -> None:
    data = b"x" * (MAX_LINE_BYTES * 3) + b"\n" + b"short\n"
    made = list(batches(io.BytesIO(data), 0, hashlib.sha256()))
    assert [(number, len(text)) for lines, _ in made for number, text in lines] == [(1, MAX_LINE_BYTES + 2), (2, 5)]
    assert sum(size for _, size in made) == len(data)


def test_over_http() -> None:
    answer = client().post("/a3x/memory/import", params={"first": 11}, content=b"{}\nbad")
    assert answer.json() == {"stored": 1, "known": 0, "rejected": [{"line": 12, "reason": "bad"}]}
