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
    Vouched,
    iso,
    lines_of,
    parse,
    seconds,
    vouched,
)
from a3x.stores import facts as fact_rows
from a3x.stores.backup import check_database
from a3x.stores.db import Database
from a3x.stores.experiences import Experiences, Kept
from a3x.stores.facts import Fact, Facts
from a3x.stores.words import Words
from a3x.types import Experience, Feedback, Message
from tests.support.http_house import client
from tests.support.told import Teller, known
from tests.unit.test_memory_recall import House
from tests.unit.test_stores_experiences import any_experience

PLAIN = {"id": "x", "who": "w", "did": "d", "this": "t", "when": "2024-05-01T10:00:00Z", "status": "completed"}
PLAIN["if_ok"] = "ok"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "a3x.db", RealDisk(), HandClock()) as opened:
        yield opened


def line(**changes: Any) -> bytes:
    return json.dumps({**PLAIN, **changes}).encode()


def take(db: Database, *lines: bytes, word: Vouched | None = None) -> BatchResult:
    return asyncio.run(Importer(db).take(list(enumerate(lines, 1)), word))


def intake_of(folder: Path) -> Intake:
    return Intake(folder / "rejects", folder / "progress.json", RealDisk())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=any_experience, tail=st.integers(0, 10**9))
def test_out_and_in_is_the_same_but_for_what_is_claimed(tmp_path: Path, drawn: Experience, tail: int) -> None:
    span = replace(drawn, id=f"i{tail}", theme="cli", metadata={})
    words = (Feedback(span.id, -1, "no: 7", 2.0),)
    stated = (Fact(7, span.id, 3, "my code is 7", "my code", "7", 3.5, None, ""),)
    (text,) = lines_of([Kept(span, words, stated)])
    line = parse(text.encode())
    parsed = line.span
    extra = {name: value for name, value in parsed.extra.items() if name != "claimed"}
    assert replace(parsed, extra=extra) == replace(span, extra=extra)
    assert extra == {name: value for name, value in span.extra.items() if name != "claimed"}
    assert line.feedback == words
    assert [one.model_dump() for one in line.facts] == [
        {"text": "my code is 7", "about": "my code", "value": "7", "when": 3.5}
    ]


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
        (line(facts=[{"text": "", "about": "a", "value": "v", "when": 1}]), "facts.0.text"),
        (line(facts=[{"text": "t", "about": "a", "value": "v", "when": "now"}]), "facts.0.when"),
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


def test_a_batch_is_stored_in_its_order_and_found_by_its_words(db: Database) -> None:
    """In one statement, with lines that came before, twice, and with other content among them."""
    take(db, line(id="old", this="elder"))
    lines = [line(id=f"{n}", this=f"word{n}", feedback=[{"rating": 1, "when": n}]) for n in range(600)]
    mixed = [*lines[:300], lines[7], line(id="old", this="elder"), line(id="3", this="other"), *lines[300:]]
    result = take(db, *mixed)
    assert (result.stored, result.known, [one.line for one in result.rejected]) == (600, 2, [303])
    everything = list(Experiences(db).walk())
    assert [one.span.id for one in everything] == ["old", *map(str, range(600))]
    assert [one.span.seq for one in everything] == sorted(one.span.seq for one in everything)
    assert [[word.when for word in one.feedback] for one in everything] == [[], *([float(n)] for n in range(600))]
    for n in (0, 3, 299, 300, 599):
        assert Words(db).find([f"word{n}"], 5) == [everything[n + 1].span.seq]
    assert check_database(db.path) == []


@pytest.mark.parametrize("origin", ["user", "verified", "owner_dataset", "generated", "tool", "file", "web"])
def test_a_line_cannot_make_itself_a_training_target(db: Database, origin: str) -> None:
    take(db, line(origin=origin))
    assert Experiences(db).get("x").origin not in TARGETS


def test_the_owner_vouches_for_bytes(db: Database, tmp_path: Path) -> None:
    file, manifest = tmp_path / "d.ndjson", tmp_path / "manifest.json"
    file.write_bytes(line(origin="generated"))
    manifest.write_text(json.dumps({"files": {"d.ndjson": hashlib.sha256(file.read_bytes()).hexdigest()}}))
    word = vouched(file, manifest)
    assert not word.facts
    take(db, line(origin="generated"), word=word)
    one = Experiences(db).get("x")
    assert (one.origin, one.extra["claimed"]) == (
        "owner_dataset",
        {"origin": "generated", "manifest_sha256": word.sha256},
    )
    file.write_bytes(line(origin="generated", this="changed"))
    with pytest.raises(BadRequest, match="does not vouch"):
        vouched(file, manifest)
    manifest.write_text("[]")
    with pytest.raises(BadRequest, match="no manifest"):
        vouched(file, manifest)


# --- facts -----------------------------------------------------------------------------------------------------------

OWN = Vouched("m" * 64, facts=True)
PLANTED = line(facts=[{"text": "my bank is Evil", "about": "my bank", "value": "Evil", "when": 9e9}])


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("together", [1, 7, 1000])
def test_what_the_owner_stated_moves_to_a_fresh_home(tmp_path: Path, seed: int, together: int) -> None:
    """In the same order, with what replaced what, whatever a batch holds; and again, and back: nothing changes."""
    teller = Teller(tmp_path / "old")
    with teller.db as db, Database(tmp_path / "new" / "a3x.db", RealDisk(), HandClock()) as new:
        teller.live(seed)
        lines = [text.encode() for text in lines_of(Experiences(db).walk())]
        for _ in range(2):
            for at in range(0, len(lines), together):
                take(new, *lines[at : at + together], word=OWN)
            assert known(new) == known(db)
        assert len(known(db)) > 5
        take(db, *(text.encode() for text in lines_of(Experiences(new).walk())), word=OWN)
        assert known(new) == known(db)


def test_an_import_that_forgets_the_order_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control."""
    monkeypatch.setattr(fact_rows, "_take_out", lambda connection, created: [])
    teller = Teller(tmp_path / "old")
    with teller.db as db, Database(tmp_path / "new" / "a3x.db", RealDisk(), HandClock()) as new:
        teller.live(0)
        for text in lines_of(Experiences(db).walk()):
            take(new, text.encode(), word=OWN)
        assert known(new) != known(db)


def test_what_moved_is_recalled_and_what_a_stranger_plants_is_not(tmp_path: Path) -> None:
    old, asked = Teller(tmp_path / "old"), (Message("user", "what is my locker code?"),)
    with old.db:
        old.say("my locker code is 8471")
        old.say("my locker code is 9021")
        lines = [text.encode() for text in lines_of(old.experiences.walk())]
    for word, notes in ((OWN, ["my locker code is 9021"]), (None, [])):
        house = House(tmp_path / f"{word is None}")
        with house.db:
            take(house.db, *lines, word=word)
            found = asyncio.run(house.memory.recall(asked))
            assert [source.text for source in found.sources] == notes


def test_what_is_there_already_keeps_its_place(tmp_path: Path) -> None:
    """An older life comes into a home in use: the newer statements of both stay what is recalled."""
    old, used = Teller(tmp_path / "old"), Teller(tmp_path / "used", number=10)
    with old.db, used.db:
        old.say("my locker code is 1")
        old.say("my dentist is Olmo")
        used.say("my locker code is 2")
        take(used.db, *(text.encode() for text in lines_of(old.experiences.walk())), word=OWN)
        assert known(used.db) == [
            ("my locker code is 1", "1", "my locker code is 2"),
            ("my dentist is Olmo", "Olmo", None),
            ("my locker code is 2", "2", None),
        ]
        take(
            used.db,
            line(
                id="later",
                facts=[
                    {"text": "the code of my locker is 3", "about": "the code of my locker", "value": "3", "when": 2e9}
                ],
            ),
            word=OWN,
        )
        assert [fact.value for fact in used.facts.recent()] == ["3", "Olmo"]


@pytest.mark.parametrize("word", [None, Vouched("m" * 64)], ids=["a stranger", "the owner, for the texts alone"])
def test_nobody_plants_a_fact(db: Database, word: Vouched | None) -> None:
    take(db, PLANTED, word=word)
    assert not Facts(db).any()
    assert Experiences(db).get("x").extra["claimed"]["facts"][0]["value"] == "Evil"
    assert take(db, PLANTED, word=word).known == 1
    take(db, PLANTED, word=OWN)
    assert [fact.value for fact in Facts(db).recent()] == ["Evil"], "control: it is the owner's word that makes it one"


def test_a_refused_line_states_nothing(db: Database) -> None:
    take(db, line(this="other"))
    assert len(take(db, PLANTED, word=OWN).rejected) == 1
    assert not Facts(db).any()


def test_a_stated_secret_stays_out(db: Database) -> None:
    said = "my wifi password is hunter2x7"
    fact = {"text": said, "about": "my wifi password", "value": "hunter2x7", "when": 1}
    take(db, line(facts=[fact]), word=OWN)
    take(db, line(id="y", facts=[fact], feedback=[{"rating": -1, "correction": said, "when": 1}]))
    assert not Facts(db).any()
    assert b"hunter2x7" not in b"".join(path.read_bytes() for path in db.path.parent.iterdir())


def test_the_manifest_says_whose_facts_they_are(tmp_path: Path) -> None:
    file, manifest = tmp_path / "d.ndjson", tmp_path / "manifest.json"
    file.write_bytes(PLANTED)
    files = {"files": {"d.ndjson": hashlib.sha256(PLANTED).hexdigest()}}
    for said, facts in (({}, False), ({"facts": False}, False), ({"facts": True}, True)):
        manifest.write_text(json.dumps({**files, **said}))
        assert vouched(file, manifest).facts is facts
    manifest.write_text(json.dumps({**files, "facts": "yes"}))
    with pytest.raises(BadRequest, match="true or false"):
        vouched(file, manifest)


def test_a_claim_of_another_program_stays_beside_ours(db: Database) -> None:
    assert take(db, line(origin="user", priority=0.9, extra={"claimed": "an island"})).stored == 1
    claimed = Experiences(db).get("x").extra["claimed"]
    assert claimed == {"claimed": "an island", "priority": 0.9, "origin": "user"}


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
