"""Experiences and feedback: exact round trips, idempotence, filters, and a model of the whole store."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from a3x.clock import HandClock
from a3x.disk import RealDisk
from a3x.errors import BadRequest, NotFound
from a3x.stores.db import Database
from a3x.stores.experiences import Experiences
from a3x.types import Experience, Feedback
from tests.support.forgetting import forget


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "a3x.db", RealDisk(), HandClock()) as opened:
        yield opened


@pytest.fixture
def experiences(db: Database) -> Experiences:
    return Experiences(db)


def experience(id: str, **changes: Any) -> Experience:
    plain = Experience(
        id=id, who="user:local", did="chat", this="what?", when=1.5, status="completed", if_ok="that", session="s"
    )
    return replace(plain, **changes)


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
number = st.floats(allow_nan=False, allow_infinity=False)
value = st.recursive(
    st.none() | st.booleans() | st.integers() | number | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(text, value, max_size=3)
tuples = st.lists(objects, max_size=3).map(tuple)
any_experience = st.builds(
    Experience,
    id=text,
    who=text,
    did=text,
    this=text,
    when=number,
    status=st.sampled_from(["pending", "completed", "failed"]),
    if_ok=text,
    if_not=text,
    session=text,
    parent=st.none() | text,
    theme=text,
    lang=text,
    origin=st.sampled_from(["user", "verified", "owner_dataset", "generated", "tool", "file", "web"]),
    messages=tuples,
    made_by=st.sampled_from(["engine", "trajectory"]),
    mix=tuples,
    model_sha256=text,
    uncertainty=st.dictionaries(text, number, max_size=3),
    tools=tuples,
    context=objects,
    metadata=objects,
    extra=objects,
    schema=st.integers(0, 2**31),
    exit_code=st.none() | st.integers(-64, 255),
    stderr=text,
)


serial = itertools.count()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(any_experience)
def test_round_trip_is_exact(experiences: Experiences, drawn: Experience) -> None:
    given = replace(drawn, id=f"{next(serial)} {drawn.id}")
    seq = asyncio.run(experiences.add(given))
    assert experiences.get(given.id) == replace(given, seq=seq)
    assert experiences.recent(1) == [replace(given, seq=seq)]


def test_nul_and_odd_unicode_survive(experiences: Experiences) -> None:
    odd = experience("1", this="a\0b\u2028\ufeff𝒳\r\n", extra={"\0": "\0", "n": 10**30, "tiny": 5e-324})
    asyncio.run(experiences.add(odd))
    assert experiences.get("1") == replace(odd, seq=1)


def test_add_again_changes_nothing(experiences: Experiences) -> None:
    async def main() -> list[int]:
        first = await experiences.add(experience("a"))
        other = await experiences.add(experience("b"))
        again = await experiences.add(experience("a", this="something else", status="failed"))
        return [first, other, again]

    assert asyncio.run(main()) == [1, 2, 1]
    assert experiences.get("a") == experience("a", seq=1)
    assert experiences.count() == 2


def test_many_at_once_are_each_there_once(experiences: Experiences, db: Database) -> None:
    async def main() -> list[int]:
        return await asyncio.gather(*(experiences.add(experience(f"{n % 100}")) for n in range(300)))

    numbers = asyncio.run(main())
    assert numbers[:100] == numbers[100:200] == numbers[200:]
    assert len(set(numbers)) == experiences.count() == 100
    assert db.stats()["commits"] < 30


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"status": "odd"}, "status"),
        ({"origin": "rumour"}, "origin"),
        ({"when": float("nan")}, "when"),
        ({"this": "\ud800"}, "this"),
        ({"extra": {"x": "\udfff"}}, "extra"),
        ({"uncertainty": {"mean_logprob": float("-inf")}}, "uncertainty"),
        ({"context": {"x": object()}}, "context"),
    ],
)
def test_what_cannot_be_stored_is_named(experiences: Experiences, changes: dict[str, Any], names: str) -> None:
    with pytest.raises(BadRequest, match=names):
        asyncio.run(experiences.add(experience("x", **changes)))
    assert experiences.count() == 0


def test_unknown_ids(experiences: Experiences) -> None:
    with pytest.raises(NotFound, match="no experience nobody"):
        experiences.get("nobody")
    with pytest.raises(NotFound):
        experiences.feedback("nobody")
    with pytest.raises(NotFound):
        asyncio.run(experiences.add_feedback(Feedback("nobody", 1, None, 1.0)))


def test_feedback_is_kept_in_order(experiences: Experiences) -> None:
    words = [Feedback("a", 1, None, 3.0), Feedback("a", -1, "no: é assim", 2.0), Feedback("a", -1, "no: é assim", 2.0)]

    async def main() -> None:
        await experiences.add(experience("a"))
        await experiences.add(experience("b"))
        for word in words:
            await experiences.add_feedback(word)

    asyncio.run(main())
    assert experiences.feedback("a") == words
    assert experiences.feedback("b") == []
    with pytest.raises(BadRequest, match="rating"):
        asyncio.run(experiences.add_feedback(Feedback("a", 2, None, 1.0)))  # type: ignore[arg-type]
    with pytest.raises(BadRequest, match="correction"):
        asyncio.run(experiences.add_feedback(Feedback("a", 1, "\ud800", 1.0)))


def test_recent_filters_and_pages(experiences: Experiences) -> None:
    async def main() -> None:
        for n in range(12):
            await experiences.add(
                experience(
                    str(n),
                    session="odd" if n % 2 else "even",
                    theme="cli" if n % 3 == 0 else "general",
                    status="failed",
                )
                if n
                else experience("0", session="even", theme="cli")
            )

    asyncio.run(main())

    def ids(**filters: Any) -> list[str]:
        return [found.id for found in experiences.recent(**filters)]

    assert ids() == [str(n) for n in range(11, -1, -1)]
    assert ids(limit=2) == ["11", "10"]
    assert ids(limit=2, before_seq=11) == ["9", "8"]
    assert ids(session="odd", theme="cli") == ["9", "3"]
    assert ids(status="completed") == ["0"]
    assert ids(limit=0) == ids(limit=-1) == ids(session="none") == []


@pytest.mark.parametrize("column", ["theme", "when", "status", "session"])
def test_searched_columns_have_an_index(db: Database, column: str) -> None:
    plan = db.read(
        lambda c: c.execute(f'EXPLAIN QUERY PLAN SELECT * FROM experience WHERE "{column}" = ?', (1,)).fetchall()
    )
    assert f"experience_{column}" in str(plan)


def test_a_walk_meets_everything_once_with_its_feedback(
    experiences: Experiences, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        for n in range(23):
            await experiences.add(experience(str(n)))
        for rating in (1, -1):
            await experiences.add_feedback(Feedback("7", rating, None, 1.0))  # type: ignore[arg-type]

    asyncio.run(main())
    monkeypatch.setattr("a3x.stores.experiences.PAGE", 5)
    met = list(experiences.walk())
    assert [one.span.id for one in met] == [str(n) for n in range(23)]
    assert [[word.rating for word in one.feedback] for one in met if one.feedback] == [[1, -1]]
    assert [one.span.id for one in experiences.walk(after_seq=20)] == ["20", "21", "22"]
    assert [one.id for one in experiences.get_many([3, 99, 1])] == ["2", "0"]


class Store(RuleBasedStateMachine):
    """Any order of adding, judging and reopening behaves as two dictionaries would."""

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.rows: dict[str, Experience] = {}
        self.words: dict[str, list[Feedback]] = {}
        self._open()

    def _open(self) -> None:
        self.db = Database(Path(self.folder.name) / "a3x.db", RealDisk(), HandClock())
        self.store = Experiences(self.db)

    @rule(id=st.sampled_from("abcdef"), this=text)
    def add(self, id: str, this: str) -> None:
        seq = asyncio.run(self.store.add(experience(id, this=this)))
        if id in self.rows:
            assert seq == self.rows[id].seq
        else:
            assert seq > max((row.seq for row in self.rows.values()), default=0)
            self.rows[id], self.words[id] = experience(id, this=this, seq=seq), []

    @rule(id=st.sampled_from("abcdef"), rating=st.sampled_from([-1, 0, 1]), correction=st.none() | text)
    def judge(self, id: str, rating: Any, correction: str | None) -> None:
        word = Feedback(id, rating, correction, 2.0)
        if id in self.rows:
            asyncio.run(self.store.add_feedback(word))
            self.words[id].append(word)
        else:
            with pytest.raises(NotFound):
                asyncio.run(self.store.add_feedback(word))

    @rule(ids=st.lists(st.sampled_from("abcdef"), max_size=3))
    def delete(self, ids: list[str]) -> None:
        known = set(ids) & self.rows.keys()
        assert asyncio.run(forget(self.db, ids)) == len(known)
        for id in known:
            del self.rows[id], self.words[id]

    @rule()
    def reopen(self) -> None:
        self.db.close()
        self._open()

    @invariant()
    def holds_what_it_was_given(self) -> None:
        if not hasattr(self, "store"):
            return
        assert self.store.recent() == sorted(self.rows.values(), key=lambda row: -row.seq)
        assert self.store.count() == len(self.rows)
        assert {id: self.store.feedback(id) for id in self.rows} == self.words

    def teardown(self) -> None:
        if hasattr(self, "db"):
            self.db.close()
            self.folder.cleanup()


TestStore = Store.TestCase
TestStore.settings = settings(max_examples=15, stateful_step_count=15, deadline=None)
