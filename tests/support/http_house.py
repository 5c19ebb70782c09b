"""Fakes behind the routes for the HTTP tests: a memory and a shelf in dictionaries, and a client to the whole app."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from a3x.agent.scripted import ScriptedAgent
from a3x.config import Server
from a3x.engine.scripted import ScriptedEmbedder
from a3x.errors import Conflict, ForeignFile, NotFound, UnknownModel
from a3x.http.app import build
from a3x.memory.search import Found, Results
from a3x.memory.transfer import BatchResult, Line, Rejected
from a3x.stores.cycles import Cycle, Step
from a3x.stores.facts import Fact
from a3x.stores.filters import Filter
from a3x.stores.forgetting import Selection
from a3x.types import Adapter, Experience, Feedback

ASK: dict[str, Any] = {"model": "a3x", "messages": [{"role": "user", "content": "hi"}]}


class StillClock:
    def now(self) -> float:
        return 1_700_000_000.0

    def monotonic(self) -> float:
        return 0.0


@dataclass
class FakeExperiences:
    rows: list[Experience] = field(default_factory=list)
    given: list[Feedback] = field(default_factory=list)

    def get(self, id: str, /) -> Experience:
        for row in self.rows:
            if row.id == id:
                return row
        raise NotFound(f"there is no experience {id}", param="experience_id")

    def recent(
        self, limit: int = 50, before_seq: int | None = None, session: str | None = None
    ) -> Sequence[Experience]:
        rows = [row for row in reversed(self.rows) if session is None or row.session == session]
        return [row for row in rows if before_seq is None or row.seq < before_seq][:limit]

    def count(self) -> int:
        return len(self.rows)

    def feedback(self, id: str, /) -> Sequence[Feedback]:
        return [one for one in self.given if one.experience_id == id]

    async def add_feedback(self, feedback: Feedback) -> None:
        self.get(feedback.experience_id)
        self.given.append(feedback)


@dataclass
class FakeSearch:
    asked: list[tuple[str, int, Filter]] = field(default_factory=list)
    rows: list[Experience] = field(default_factory=list)

    async def search(self, query: str, limit: int, only: Filter) -> Results:
        self.asked.append((query, limit, only))
        found = [Found(row, 1 / 61, {"words": 1}, None) for row in self.rows if query in row.this]
        return Results(tuple(found), "found by words only: a fake")


@dataclass
class FakeFacts:
    rows: list[Fact] = field(default_factory=list)

    def recent(self, limit: int = 50, before: int | None = None, replaced: bool = False) -> Sequence[Fact]:
        rows = [row for row in reversed(self.rows) if replaced or row.superseded_by is None]
        return [row for row in rows if before is None or row.number < before][:limit]


@dataclass
class FakeAdapters:
    shelf: list[Adapter] = field(default_factory=list)

    def list(self, theme: str | None = None) -> Sequence[Adapter]:
        return [adapter for adapter in self.shelf if theme in (None, adapter.theme)]

    def get(self, theme: str, version: int) -> Adapter:
        for adapter in self.shelf:
            if (adapter.theme, adapter.version) == (theme, version):
                return adapter
        raise UnknownModel(f"there is no adapter {theme}@{version}", param="model")

    def get_any(self, theme: str, version: int) -> Adapter:
        return self.get(theme, version)

    def withdrawn(self, theme: str | None = None) -> Sequence[Adapter]:
        return []

    def manifest(self, theme: str, version: int) -> Mapping[str, Any]:
        return {"sha256": self.get(theme, version).sha256}


@dataclass
class FakeCycles:
    rows: list[Cycle] = field(default_factory=list)

    def open(self, theme: str) -> Cycle:
        self.rows.append(Cycle(f"cyc_{len(self.rows) + 1}", theme, "cd" * 32, "asked", "promoted", 0.0, 1.0))
        return self.rows[-1]

    def get(self, id: str) -> Cycle:
        for row in self.rows:
            if row.id == id:
                return row
        raise NotFound(f"there is no cycle {id}", param="id")

    def steps(self, id: str) -> Sequence[Step]:
        return [Step("judged", "promoted", 1.0, "better")]

    def recent(self, limit: int = 50) -> Sequence[Cycle]:
        return self.rows[::-1][:limit]


@dataclass
class FakeServices:
    agent: Any = field(default_factory=ScriptedAgent)
    experiences: FakeExperiences = field(default_factory=FakeExperiences)
    search: FakeSearch = field(default_factory=FakeSearch)
    facts: FakeFacts = field(default_factory=FakeFacts)
    adapters: FakeAdapters = field(default_factory=FakeAdapters)
    cycles: FakeCycles = field(default_factory=FakeCycles)
    embedder: ScriptedEmbedder = field(default_factory=ScriptedEmbedder)
    is_ready: bool = True

    async def import_adapter(self, theme: str, data: bytes) -> Adapter:
        if not data.startswith(b"GGUF"):
            raise ForeignFile("not a GGUF file: the magic is wrong")
        adapter = Adapter(theme, len(self.adapters.list(theme)) + 1, "ab" * 32, "cd" * 32, Path("adapter.gguf"))
        self.adapters.shelf.append(adapter)
        return adapter

    def active_names(self) -> set[str]:
        return {adapter.name for adapter in self.adapters.shelf[:1]}

    async def import_spans(self, lines: Sequence[Line]) -> BatchResult:
        bad = tuple(Rejected(number, "bad") for number, data in lines if data == b"bad")
        return BatchResult(stored=len(lines) - len(bad), rejected=bad)

    async def give_feedback(self, feedback: Feedback) -> str | None:
        await self.experiences.add_feedback(feedback)
        return "rec-1" if feedback.correction else None

    def why(self, id: str) -> dict[str, Any]:
        self.experiences.get(id)
        words = ["priority 0.500", "error 1.00 × weight 0.50: 100 % of it; it failed with an error"]
        return {"span_id": id, "priority": 0.5, "label": "hesitant", "words": words}

    def memory_map(self, limit: int) -> dict[str, Any]:
        cluster = {"id": 7, "size": 3, "share": 0.75, "drift": 0.1, "drift_since": 0.0, "last_seen": 0.0}
        return {"clusters": [{**cluster, "examples": ["hi"]}][:limit], "count": 1, "members": 4}

    async def forget(self, selection: Selection, preview: bool) -> dict[str, Any]:
        selection.require_some()
        nothing: dict[str, Any] = {kind: [] for kind in ("records", "adapters", "cycles", "copies")}
        return {"experiences": list(selection.ids), **nothing, "preview": preview, "job": None}

    async def train(self, theme: str) -> Cycle:
        if not any(feedback.correction for feedback in self.experiences.given):
            raise Conflict("there is nothing new to learn", param="theme")
        return self.cycles.open(theme)

    def preview(self, theme: str) -> dict[str, Any]:
        return {"theme": theme, "new": [], "learned": 0, "contradicted": 0, "enough": False}

    def events(self, cycle: str) -> Sequence[Mapping[str, Any]]:
        return ({"event": "state", "state": "promoted"},)

    def verdict(self, id: str) -> dict[str, Any]:
        raise NotFound(f"there is no verdict {id}", param="id")

    async def rollback(self, theme: str, to: int | None) -> Adapter | None:
        return self.adapters.get(theme, to) if to else None

    async def verify(self) -> list[str]:
        return []

    async def tokenize(self, text: str, begin: bool) -> list[int]:
        return [*([0] if begin else []), *map(ord, text)]

    async def detokenize(self, tokens: Sequence[int]) -> str:
        return "".join(map(chr, tokens))

    def vocabulary(self) -> dict[str, Any]:
        return {"bos_token": None, "eos_token": "<end>"}

    def status(self) -> dict[str, Any]:
        return {"ready": self.is_ready}

    def ready(self) -> bool:
        return self.is_ready


def experience(number: int, session: str = "") -> Experience:
    """The ``number``-th stored interaction."""
    name = f"exp-{number}"
    return Experience(name, "a3x", "answer", "hi", 0.0, "completed", "hello", session=session, seq=number)


def client(services: FakeServices | None = None, **server: Any) -> TestClient:
    """A client to the app over fakes; unexpected errors come back as responses."""
    app = build(services or FakeServices(), Server(**server), StillClock())
    return TestClient(app, base_url="http://127.0.0.1:8642", raise_server_exceptions=False)
