"""Composition root: the only place that builds objects. Opens no socket; ``daemon`` starts and stops what is built."""

from __future__ import annotations

import asyncio
import importlib.metadata
import os
import tempfile
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import psutil

from a3x import __version__, resources
from a3x.agent.corrections import ChatCorrections
from a3x.agent.router import Router
from a3x.agent.tools.calc import Calc
from a3x.agent.turn import Agent
from a3x.clock import SystemClock
from a3x.config import Settings
from a3x.disk import RealDisk, file_identity, make_folder
from a3x.engine.embedding import TextEmbedder
from a3x.engine.leased import LeasedEngine, LoadableEngine
from a3x.errors import ConfigError, ForeignFile, NotFound, NotReady, StorageFull
from a3x.gguf.check import check_adapter, check_model
from a3x.gguf.sizes import read_sizes
from a3x.hardware import amd, cpu
from a3x.hardware.lease import Lease, why_shared
from a3x.hardware.process import held_bytes
from a3x.judge import suites
from a3x.learn.curate import Conversation, read_replay
from a3x.learn.cycle import CycleRunner, Stores, Teaching
from a3x.learn.forget import Forgetter, copies
from a3x.learn.leased import LeasedTrainer
from a3x.learn.supervisor import Journal, Learning
from a3x.learn.trainer import TrainerProcess
from a3x.memory import born
from a3x.memory.asked import Asked
from a3x.memory.backlog import FactBacklog
from a3x.memory.born import Born
from a3x.memory.index import Index
from a3x.memory.indexer import Indexer
from a3x.memory.insight import Insight
from a3x.memory.prioritiser import Prioritised, Prioritiser
from a3x.memory.recall import Recall
from a3x.memory.record import Recorder
from a3x.memory.redact import require_teachable
from a3x.memory.search import Search
from a3x.memory.transfer import BatchResult, Importer, Line
from a3x.sandbox.run import Sandbox
from a3x.stores.adapters import Adapters
from a3x.stores.backup import DATABASE, finish_restore
from a3x.stores.clusters import Clusters
from a3x.stores.cycles import Cycle, Cycles
from a3x.stores.db import Database, open_readonly
from a3x.stores.experiences import Experiences
from a3x.stores.facts import Facts
from a3x.stores.forgetting import Forgetting, Plan, Selection
from a3x.stores.models import SEED, Models
from a3x.stores.priorities import Priorities
from a3x.stores.records import Records
from a3x.stores.vectors import Vectors
from a3x.stores.verdicts import Verdicts
from a3x.stores.words import Words
from a3x.types import THEMES, Adapter, Clock, Disk, Experience, Feedback, ModelInfo


class ClosableEmbedder(TextEmbedder, Protocol):
    """An embedder that the daemon lets go of."""

    async def close(self) -> None: ...


EngineMaker = Callable[[Settings, Clock], LoadableEngine]


def open_models(settings: Settings) -> Models:
    """The store of base models that people brought."""
    return Models(settings.home, RealDisk(), SystemClock(), check_model)


def model_path(settings: Settings) -> Path:
    """The base model's file: ``engine.model`` (a file, or a model's name), else what ``a3x model use`` chose, else ours.

    One that is not ours has passed its checks. ConfigError if it is not there, NotFound, ForeignFile.
    """
    path = _chosen_model(settings)
    if path is None:
        return resources.seed_model()
    check_model(path)
    return path


def _chosen_model(settings: Settings) -> Path | None:
    """None for the embedded model."""
    models, wanted = open_models(settings), settings.engine.model
    if not wanted:
        used = models.used()
        return used.path if used else None
    path = Path(wanted).expanduser()
    if path.is_file():
        return path
    if wanted == SEED:
        return None
    try:
        return models.get(wanted).path
    except NotFound as error:
        raise ConfigError(f"engine.model: there is no file {path}, and {error.message}", "engine.model") from error


def build_engine(settings: Settings, clock: Clock) -> LoadableEngine:
    """The llama.cpp engine, not loaded yet. The import is late because it costs more than the rest of the daemon."""
    path = model_path(settings)
    from a3x.engine.fit import plan_for
    from a3x.engine.scheduler import LlamaEngine
    from a3x.engine.sleeping import SleepingEngine
    from a3x.engine.trial import needs_plain_kernels

    engine = settings.engine
    cores = len(cpu.cores())
    planned = plan_for(read_sizes(path), engine, cores)  # a model that does not fit is told before it costs anything
    if path != resources.seed_model() and not engine.plain_kernels:
        engine = engine.model_copy(update={"plain_kernels": needs_plain_kernels(path, planned.gpu_layers)})
    checked = file_identity(path)

    def make() -> LlamaEngine:
        if file_identity(path) != checked:
            raise ForeignFile(f"{path} is not the file that was checked; start the daemon anew to serve it")
        return LlamaEngine(path, engine, cores, clock, settings.server.queue_limit)

    return SleepingEngine(make, engine.idle_unload_s, clock)


def build_embedder(settings: Settings) -> ClosableEmbedder:
    """The embedder; its file is looked for and loaded when first asked, so that an installation may still be running."""
    from a3x.engine.embed import Embedder
    from a3x.engine.embedder_file import EmbedderFile

    return Embedder(EmbedderFile(settings.embedder.model), settings.embedder, settings.server.queue_limit)


class Forgetful:
    """The sink of a daemon that is told to remember nothing."""

    async def record(self, experience: Experience) -> bool:
        return False


class App:
    """Everything behind the edges. ``start`` loads the model, ``stop`` lets go of everything; both once."""

    def __init__(
        self,
        settings: Settings,
        db: Database,
        experiences: Experiences,
        learnt: Stores,
        engine: LoadableEngine,
        embedder: ClosableEmbedder,
        lease: Lease,
        clock: Clock,
    ) -> None:
        self.settings = settings
        self.experiences = experiences
        self.adapters = learnt.adapters
        self.cycles = learnt.cycles
        self.records = learnt.records
        self.embedder = embedder
        self.clock = clock
        priorities, clusters = Priorities(db), Clusters(db)
        self.insight = Insight(experiences, priorities, clusters)
        vectors = Vectors(db)
        self.prioritiser = Prioritiser(experiences, priorities, clusters, vectors, settings.memory.priority, clock)
        self._index = Index(vectors, db.path, clock)
        self.facts = Facts(db)
        self._backlog = FactBacklog(experiences, learnt.records, self.facts)
        asked = Asked(embedder)
        self.search = Search(experiences, Words(db), self._index, asked)
        self._born_with = Born(
            born.read(resources.path(f"memory/{born.FILE}")), asked if settings.memory.embed else None
        )
        self._importer = Importer(db)
        self._indexer = Indexer(vectors, embedder, self._index, self.prioritiser, self._quiet_s)
        self._learnt = learnt
        self._db = db
        self._engine = LeasedEngine(engine, lease)
        self._lease = lease
        self._born = clock.monotonic()
        self._recorder = Recorder(experiences, clock, self._indexer.wake)
        self._agent: Agent | None = None
        self._learning: Learning | None = None
        self._forgetting = Forgetting(db, learnt.adapters, clock)
        self._forgetter = Forgetter(self._forgetting, learnt.adapters, settings.home, self._engine.drop_adapter)
        self._one_forgets = asyncio.Lock()

    async def start(self) -> ModelInfo:
        """Put the adapters in order and load the model. ForeignFile or EngineFailure if that cannot be done."""
        await asyncio.to_thread(self.adapters.sweep)
        await self._forgetter.resume()
        info = await self._engine.start()
        sink = Prioritised(self._recorder, self.prioritiser)
        router = Router(self.adapters, info.sha256)
        corrections = ChatCorrections(self.experiences, self.records, self.clock, self._judged)
        remembering = sink if self.settings.memory.record else Forgetful()
        recall = self._build_recall(info) if self.settings.memory.recall.on else None
        self._agent = Agent(self._engine, router, remembering, {Calc.name: Calc()}, self.clock, corrections, recall)
        self._learning = await asyncio.to_thread(self._build_learning)
        self._learning.start()
        self.prioritiser.soon(self.prioritiser.catch_up())
        self._backlog.start()
        if self.settings.memory.embed:
            self._indexer.start()
        return info

    async def stop(self) -> None:
        """Learning first, then answers, then the records they left, then the engine and the disk."""
        learning, self._learning = self._learning, None
        if learning is not None:
            await learning.stop()
        agent, self._agent = self._agent, None
        if agent is not None:
            await agent.settle()
        await self._backlog.stop()
        await self.prioritiser.stop()
        await self._indexer.stop()
        await self._born_with.stop()
        await self.embedder.close()
        await self._engine.close()
        await asyncio.to_thread(self._db.close)

    # --- what the routes need ----------------------------------------------------------------------------------------

    @property
    def agent(self) -> Agent:
        if self._agent is None:
            raise NotReady("the model is loading or the daemon is stopping; try again in a moment")
        return self._agent

    def ready(self) -> bool:
        return self._agent is not None

    async def import_adapter(self, theme: str, data: bytes) -> Adapter:
        """Check a foreign GGUF in a child and shelve it. ForeignFile, Conflict, StorageFull, NotReady."""
        if theme not in THEMES:
            raise NotFound(f"no theme {theme!r}; themes: {', '.join(THEMES)}", param="theme")
        if not self.ready():
            raise NotReady("adapters are checked against the base model, which is still loading")
        base = self._engine.info
        with tempfile.TemporaryDirectory(prefix="a3x-upload-") as folder:
            upload = Path(folder) / "upload.gguf"
            try:
                await asyncio.to_thread(upload.write_bytes, data)
            except OSError as error:
                raise StorageFull(f"no room to check {len(data)} bytes in {folder}: {error.strerror}") from error
            facts = await asyncio.to_thread(check_adapter, upload, base.path)
        return await self.adapters.install(theme, data, base.sha256, {"imported": asdict(facts)})

    async def import_spans(self, lines: Sequence[Line]) -> BatchResult:
        """Store a batch of lines; by this way nobody vouches for them. StorageFull."""
        result = await self._importer.take(lines)
        self._indexer.wake()
        self.prioritiser.catch_up_soon()
        return result

    async def give_feedback(self, feedback: Feedback) -> str | None:
        """Store it; a correction becomes a record in the same transaction, and its id is returned."""
        if feedback.correction is None:
            await self.experiences.add_feedback(feedback)
            self._judged(feedback.experience_id)
            return None
        require_teachable(self.experiences.get(feedback.experience_id).this, feedback.correction)
        record = await self.records.correct(feedback)
        self._judged(feedback.experience_id)
        return record.id

    def _judged(self, experience_id: str) -> None:
        self.prioritiser.soon(self.prioritiser.judged(experience_id))

    def why(self, id: str) -> dict[str, Any]:
        """An experience's priority and label, in figures and words. NotFound."""
        return self.insight.why(id)

    def memory_map(self, limit: int) -> dict[str, Any]:
        """What is asked about: clusters, the largest first."""
        return self.insight.map(limit)

    async def forget(self, selection: Selection, preview: bool) -> dict[str, Any]:
        """What is forgotten, or would be. Learning stops meanwhile. BadRequest, NotFound, Conflict, StorageFull, NotReady."""
        learning = self.learning
        plan = await asyncio.to_thread(self._forgetting.plan, selection)
        shown = {**_forgotten(plan), "copies": copies(self.settings.home), "preview": preview, "job": None}
        if preview or not plan:
            return shown
        async with self._one_forgets:
            await learning.stop()
            try:
                plan = await asyncio.to_thread(self._forgetting.plan, selection)
                job = await self._forgetter.forget(plan, self._engine.info.sha256)
                await self.prioritiser.rebuild_map()  # centroids keep a trace of what they were made of
                await asyncio.to_thread(self._index.sweep)
            finally:
                self._indexer.wake()  # what is left is placed on the new map
                learning.start()
        return {**shown, **_forgotten(plan), "job": job.id}

    async def train(self, theme: str) -> Cycle:
        """Open a cycle that starts as soon as none is running. Conflict, NotReady."""
        return await self.learning.train_now(theme, self._engine.info.sha256)

    def preview(self, theme: str) -> dict[str, Any]:
        """What a cycle would learn now."""
        new, old = self.records.unlearned(theme), self.records.learned(theme)
        return {
            "theme": theme,
            "new": [
                {"id": record.id, "question": record.question, "answer": record.answer, "split": record.split}
                for record in new
            ],
            "learned": len(old),
            "contradicted": len(self.records.contradictions(theme)),
            "enough": len(new) >= self.settings.learn.min_corrections,
        }

    def events(self, cycle: str) -> Sequence[Mapping[str, Any]]:
        return self._learning.journal.events(cycle) if self._learning else ()

    def verdict(self, id: str) -> dict[str, Any]:
        return asdict(self._learnt.verdicts.get(id))

    def active_names(self) -> set[str]:
        if not self.ready():
            return set()
        return {adapter.name for adapter in self.adapters.active(self._engine.info.sha256).values()}

    async def rollback(self, theme: str, to: int | None) -> Adapter | None:
        """What serves from the next request on; answers that stream now finish on what they began with."""
        if not self.ready():
            raise NotReady("the model is loading")
        return await self.adapters.rollback(theme, self._engine.info.sha256, to)

    async def verify(self) -> list[str]:
        return await asyncio.to_thread(self.adapters.verify)

    async def tokenize(self, text: str, begin: bool) -> list[int]:
        """Token ids by the served tokeniser. NotReady."""
        return await self._loaded_engine().tokenize(text, begin)

    async def detokenize(self, tokens: Sequence[int]) -> str:
        """The tokens' text. BadRequest, NotReady."""
        return await self._loaded_engine().detokenize(tokens)

    def vocabulary(self) -> dict[str, Any]:
        """What a client that renders prompts itself needs to know. NotReady."""
        return dict(self._loaded_engine().vocabulary())

    def _loaded_engine(self) -> LoadableEngine:
        if not self.ready():
            raise NotReady("the model is loading or the daemon is stopping; try again in a moment")
        return self._engine

    @property
    def learning(self) -> Learning:
        if self._learning is None:
            raise NotReady("the model is loading or the daemon is stopping; try again in a moment")
        return self._learning

    def _build_recall(self, info: ModelInfo) -> Recall:
        async def count(text: str) -> int:
            return len(await self._engine.tokenize(text, False))

        return Recall(self.search, self.facts, self.settings.memory.recall, count, info.parameters, self._born_with)

    def _build_learning(self) -> Learning:
        settings = self.settings.learn
        sandbox = Sandbox()
        teaching = Teaching(
            replay=self._replay(),
            suites=suites.load_all(resources.path("benchmarks/suites")),
            theme_suites=_theme_suites(),
            runner=None if sandbox.available() else sandbox,
            threads=settings.threads or len(cpu.cores()),
            seed=settings.seed,
        )
        journal = Journal()
        trainer = LeasedTrainer(TrainerProcess(), self._lease, settings.idle_s)
        parts = (self._learnt, self._engine, teaching, trainer, self.settings.home, self.clock, journal)
        runner = CycleRunner(*parts)
        free_bytes = partial(RealDisk().free_bytes, self.settings.home)
        return Learning(runner, self._learnt, journal, settings, self.clock, self._quiet_s, _cpu_busy, free_bytes)

    def _replay(self) -> list[Conversation]:
        """What the seed was grown on keeps it from forgetting; another base has no such text of ours."""
        ours = self._engine.info.path == resources.seed_model()
        return read_replay(resources.path("models/seed/replay.jsonl")) if ours else []

    def _quiet_s(self) -> float:
        return self._agent.quiet_s() if self._agent else 0.0

    def status(self) -> dict[str, Any]:
        """For ``/a3x/status``: what runs, on what, since when."""
        return {
            "version": __version__,
            "pid": os.getpid(),
            "ready": self.ready(),
            "uptime_s": round(self.clock.monotonic() - self._born, 3),
            "home": str(self.settings.home),
            "model": _model(self._engine.info) if self.ready() else None,
            "engine": dict(self._engine.status()) if self.ready() else {},
            "embedder": dict(self.embedder.status()),
            "memory": {
                "recording": self.settings.memory.record,
                "paused": self._recorder.paused or None,
                "experiences": self.experiences.count(),
                "embedding": dict(self._indexer.status()) if self.settings.memory.embed else None,
            },
            "database": self._db.stats(),
            "adapters": len(self.adapters.list()),
            "active": sorted(self.active_names()),
            "learning": self._learning.status() if self._learning else {},
            "resident_bytes": psutil.Process().memory_info().rss,
            "pss_bytes": held_bytes(),
        }


def build(settings: Settings, make_engine: EngineMaker = build_engine) -> App:
    """Open the home and put the parts together; nothing is loaded yet. ConfigError if the model is not there."""
    clock, disk = SystemClock(), RealDisk()
    engine = make_engine(settings, clock)
    make_folder(settings.home)
    finish_restore(settings.home, disk)
    db = Database(settings.home / DATABASE, disk, clock)
    shared = why_shared(amd.cards(), settings.engine.gpu_layers, _torch_version())
    lease = Lease(engine.release, clock, shared)
    learnt = _learnt(db, settings, disk, clock)
    return App(settings, db, Experiences(db), learnt, engine, build_embedder(settings), lease, clock)


def open_stores(settings: Settings) -> tuple[Experiences, Stores]:
    """The stores for reading, beside or without a daemon. NotFound if there is nothing yet."""
    clock, disk = SystemClock(), RealDisk()
    db = open_readonly(settings.home / DATABASE, disk, clock)
    return Experiences(db), _learnt(db, settings, disk, clock)


def open_insight(settings: Settings) -> Insight:
    """Priorities and the map for reading, beside or without a daemon. NotFound if there is nothing yet."""
    db = open_readonly(settings.home / DATABASE, RealDisk(), SystemClock())
    return Insight(Experiences(db), Priorities(db), Clusters(db))


def open_search(settings: Settings) -> Search:
    """Search beside or without a daemon, by words alone. NotFound if there is nothing yet."""
    clock = SystemClock()
    db = open_readonly(settings.home / DATABASE, RealDisk(), clock)
    return Search(Experiences(db), Words(db), Index(Vectors(db), db.path, clock), None)


def open_facts(settings: Settings) -> Facts:
    """What was stated, for reading, beside or without a daemon. NotFound if there is nothing yet."""
    return Facts(open_readonly(settings.home / DATABASE, RealDisk(), SystemClock()))


def _learnt(db: Database, settings: Settings, disk: Disk, clock: Clock) -> Stores:
    adapters = Adapters(db, settings.home, disk, clock)
    return Stores(Cycles(db, clock), Records(db, clock), adapters, Verdicts(db))


def _forgotten(plan: Plan) -> dict[str, Any]:
    return {
        "experiences": list(plan.experiences),
        "records": list(plan.records),
        "adapters": [adapter.name for adapter in plan.adapters],
        "cycles": [cycle.id for cycle in plan.cycles],
    }


def _torch_version() -> str | None:
    """Of the training extra, without importing it."""
    try:
        return importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        return None


def _theme_suites() -> dict[str, tuple[str, ...]]:
    """Theme → the fixed suites that judge it, from loras/*.toml."""
    folder = resources.path("loras")
    return {path.stem: tuple(tomllib.loads(path.read_text())["suites"]) for path in sorted(folder.glob("*.toml"))}


def _cpu_busy() -> float | None:
    """Share of all cores that was busy since the last call."""
    return psutil.cpu_percent(interval=None) / 100.0


def _model(info: ModelInfo) -> Mapping[str, Any]:
    return {**asdict(info), "path": str(info.path)}
