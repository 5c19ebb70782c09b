"""One cycle, step by step: curate → train → convert → judge → promote or reject. Every step can be done again after a crash.

The state and its facts live in ``stores.cycles``; files in ``runs/<cycle>/``. What a step finds out is stored with the
change of state, so a restart goes on from the last finished step. Any A3XError or OSError fails the cycle with its reason;
the active adapter stays. A full disk alone fails nothing: the cycle waits where it is. Knows no HTTP; when to open a
cycle is ``trigger``'s business.
"""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import apsw

from a3x.disk import FULL_ERRNOS, file_sha256
from a3x.errors import A3XError, ConfigError, Conflict, EngineFailure, StorageFull
from a3x.judge import gate, overlap
from a3x.judge.executed import Runner
from a3x.judge.gate import FACTS, LESSON, Trial, Verdict
from a3x.judge.run import SuiteResult, answer_with, run_suite
from a3x.judge.suites import Suite
from a3x.learn import curate, paraphrase
from a3x.learn.convert import convert
from a3x.learn.curate import Conversation, Lesson
from a3x.learn.leased import Training
from a3x.learn.profile import Profile
from a3x.runs import (
    ADAPTER_FOLDER,
    RECORDS_FILE,
    BaseSpec,
    LoraSpec,
    RecordsSpec,
    RunSpec,
    ScheduleSpec,
    TrainingExample,
    read_events,
    read_run,
    write_records,
    write_run,
)
from a3x.stores.adapters import Adapters, Lineage
from a3x.stores.cycles import Cycle, Cycles, advance
from a3x.stores.records import Record, Records, mark_learned
from a3x.stores.verdicts import StoredVerdict, Verdicts
from a3x.types import BASE_MIX, Adapter, Clock, Encoded, Engine, Mix

CANDIDATE = "candidate.gguf"
PEFT_FILES = ("adapter_model.safetensors", "adapter_config.json")
JUDGED_FOLDER = "judged"


@dataclasses.dataclass(frozen=True)
class Stores:
    """Everything a cycle reads and writes."""

    cycles: Cycles
    records: Records
    adapters: Adapters
    verdicts: Verdicts


@dataclasses.dataclass(frozen=True)
class Teaching:
    """What every cycle shares: replay of what the base can do, the fixed suites, how to run programs, how to train."""

    replay: Sequence[Conversation]
    suites: Mapping[str, Suite]
    theme_suites: Mapping[str, tuple[str, ...]]
    runner: Runner | None
    threads: int
    seed: int
    profile: Profile = curate.PROFILE


class Progress(Protocol):
    """Hears what a cycle is doing, for people who watch."""

    def tell(self, cycle: str, event: Mapping[str, Any]) -> None: ...


class CycleRunner:
    """Takes a cycle from the state it is in to its end."""

    def __init__(
        self,
        stores: Stores,
        engine: Engine,
        teaching: Teaching,
        trainer: Training,
        home: Path,
        clock: Clock,
        progress: Progress,
    ) -> None:
        self._stores = stores
        self._engine = engine
        self._teaching = teaching
        self._trainer = trainer
        self.home = home
        self._clock = clock
        self._progress = progress
        self._benchmark = overlap.Seen()
        for item in (item for suite in teaching.suites.values() for item in suite.items):
            self._benchmark.add(item.messages[-1].content, item.gold)

    @property
    def base_sha256(self) -> str:
        return self._engine.info.sha256

    async def run(self, cycle: Cycle) -> Cycle:
        """Step until the cycle is finished; a failing step fails it with the reason. StorageFull leaves it as it is."""
        while not cycle.finished:
            try:
                cycle = await self.step(cycle)
            except StorageFull:
                raise
            except A3XError as error:
                cycle = await self._stores.cycles.fail(cycle.id, error.message)
            except OSError as error:
                if error.errno in FULL_ERRNOS:
                    raise StorageFull(f"no room to write {error.filename or self.folder(cycle)}") from error
                cycle = await self._stores.cycles.fail(cycle.id, f"{error.strerror or error}: {error.filename or ''}")
            self._progress.tell(cycle.id, {"event": "state", "state": cycle.state})
        return cycle

    async def step(self, cycle: Cycle) -> Cycle:
        """Do what follows the cycle's state, once."""
        if cycle.base_sha256 != self._engine.info.sha256:
            raise Conflict("the base model was changed in mid-cycle; the lessons wait for the next cycle")
        steps = {
            "opened": self._curate,
            "curated": self._train,
            "trained": self._convert,
            "converted": self._judge,
            "judged": self._conclude,
        }
        return await steps[cycle.state](cycle)

    def folder(self, cycle: Cycle) -> Path:
        return self.home / "runs" / cycle.id

    # --- curate ------------------------------------------------------------------------------------------------------

    async def _curate(self, cycle: Cycle) -> Cycle:
        records = self._stores.records
        await records.assign_splits(cycle.theme)
        curate.refuse_mass_contradiction(len(records.contradictions(cycle.theme)), len(records.learned(cycle.theme)))
        lesson = self._lesson(cycle, [record.id for record in records.unlearned(cycle.theme)])
        encoded = await self._engine.encode(lesson.conversations)
        probes = await self._engine.encode(lesson.probes)
        spec = await asyncio.to_thread(self._write_run, cycle, lesson, encoded, probes)
        facts = {
            "unlearned": [record.id for record in records.unlearned(cycle.theme)],
            "learned": [record.id for record in records.learned(cycle.theme)],
            "records_sha256": spec.records.sha256,
            "left_out": [record.id for record in records.unlearned(cycle.theme) if self._examined(record)],
            "examples": len(lesson.conversations),
            "steps": spec.steps,
            "verifier": paraphrase.VERIFIER,
        }
        reason = f"{len(facts['unlearned'])} new and {len(facts['learned'])} older records, {spec.steps} steps"
        if facts["left_out"]:
            reason += f", {len(facts['left_out'])} left out: the benchmark asks for them"
        return await self._stores.cycles.advance(cycle.id, "opened", "curated", facts, reason)

    def _lesson(self, cycle: Cycle, unlearned: Sequence[str]) -> Lesson:
        """Without what the benchmark asks: it would no longer measure anything (DESIGN, invariant 6)."""
        records, teaching = self._stores.records, self._teaching
        new = [record for record in map(records.get, unlearned) if not self._examined(record)]
        learned = [record for record in records.learned(cycle.theme) if not self._examined(record)]
        return curate.lesson(new, learned, teaching.replay, teaching.seed, teaching.profile)

    def _examined(self, record: Record) -> bool:
        return self._benchmark.holds(record.question, record.answer)

    def _write_run(
        self, cycle: Cycle, lesson: Lesson, encoded: Sequence[Encoded], probes: Sequence[Encoded]
    ) -> RunSpec:
        folder = self.folder(cycle)
        folder.mkdir(parents=True, exist_ok=True)
        limit, profile = self._engine.info.context_tokens, self._teaching.profile
        examples = [
            _example(each, cycle.theme, kept)
            for each, kept in zip(encoded, lesson.kept, strict=True)
            if len(each.ids) <= limit
        ]
        sha256 = write_records(folder / RECORDS_FILE, examples)
        spec = RunSpec(
            base=BaseSpec(path=self._engine.info.path, sha256=cycle.base_sha256),
            records=RecordsSpec(sha256=sha256),
            steps=lesson.steps,
            batch=profile.batch,
            micro_batch=profile.batch,
            lr=profile.lr,
            kl_to_base=profile.kl_to_base,
            average=profile.average,
            lora=LoraSpec(r=profile.r, alpha=profile.alpha),
            schedule=ScheduleSpec(kind="linear", warmup_steps=profile.warmup_steps),
            gradient_checkpointing=self._engine.info.size_bytes >= profile.checkpointing_from_bytes,
            seed=self._teaching.seed,
            threads=self._teaching.threads,
            probes=tuple(each.ids[: each.answer_start] for each in probes),
        )
        write_run(folder, spec)
        return spec

    # --- train, convert ----------------------------------------------------------------------------------------------

    async def _train(self, cycle: Cycle) -> Cycle:
        began = self._clock.monotonic()
        await self._trainer.run(self.folder(cycle), lambda event: self._progress.tell(cycle.id, event))
        seconds = round(self._clock.monotonic() - began, 1)
        events = await asyncio.to_thread(read_events, self.folder(cycle))
        steps_s = sum(event["seconds"] for event in events if event["event"] == "step")
        facts = {"train_s": seconds, "steps_s": round(steps_s, 1)}
        return await self._stores.cycles.advance(cycle.id, "curated", "trained", facts, f"trained in {seconds} s")

    async def _convert(self, cycle: Cycle) -> Cycle:
        folder = self.folder(cycle)
        comparison = await asyncio.to_thread(convert, folder, folder / CANDIDATE, f"{cycle.theme} of {cycle.id}")
        found = {
            "difference_nats": comparison.difference,
            "tolerance_nats": comparison.tolerance,
            "effect_nats": comparison.effect,
        }
        if not comparison.agrees:
            raise EngineFailure(
                f"the converted adapter differs from the trained one by {comparison.difference:.2g} nats; "
                f"at most {comparison.tolerance:.2g} may be"
            )
        reason = f"llama.cpp agrees with the trainer within {comparison.difference:.1g} nats"
        return await self._stores.cycles.advance(cycle.id, "trained", "converted", {"conversion": found}, reason)

    # --- judge -------------------------------------------------------------------------------------------------------

    async def _judge(self, cycle: Cycle) -> Cycle:
        candidate = await asyncio.to_thread(self._candidate, cycle)
        serving = self._stores.adapters.active(cycle.base_sha256).get(cycle.theme)
        lesson = self._lesson(cycle, cycle.facts["unlearned"])
        suites = {**self._teaching.suites, LESSON: lesson.lesson, FACTS: lesson.facts}
        parent = _mix(serving)
        results = {
            "candidate": await self._results(cycle, Mix(((candidate, 1.0),)), suites),
            "active": await self._results(cycle, parent, suites),
        }
        base = results["active"] if serving is None else await self._results(cycle, BASE_MIX, suites)
        await self._engine.drop_adapter(candidate.sha256)
        records = [_keyed(id) for id in cycle.facts["unlearned"]]
        trial = Trial(
            cycle.theme,
            candidate=candidate.sha256,
            active=serving.name if serving else "base",
            tries=1 + self._stores.verdicts.tries(cycle.theme, records),
            key=cycle.id.encode(),
        )
        policy = gate.Policy(theme_suites=self._teaching.theme_suites.get(cycle.theme, ()))
        verdict = gate.judge(trial, results["candidate"], results["active"], base, base, policy)
        stored = StoredVerdict(
            id=cycle.id.replace("cyc_", "ver_"),
            cycle=cycle.id,
            theme=cycle.theme,
            decision=verdict.decision,
            when=self._clock.now(),
            body=verdict.to_json(),
        )
        await self._stores.verdicts.add(stored, records)
        facts = {"verdict": stored.id, "candidate_sha256": candidate.sha256, "decision": verdict.decision}
        return await self._stores.cycles.advance(cycle.id, "converted", "judged", facts, _summary(verdict))

    def _candidate(self, cycle: Cycle) -> Adapter:
        """The converted adapter under a number no version has; it is served by content hash, never by name."""
        path = self.folder(cycle) / CANDIDATE
        if not path.exists():
            raise ConfigError(f"{path} is gone: the cycle cannot be judged")
        return Adapter(cycle.theme, 0, file_sha256(path), cycle.base_sha256, path, self._clock.now())

    async def _results(self, cycle: Cycle, mix: Mix, suites: Mapping[str, Suite]) -> dict[str, SuiteResult]:
        results = {}
        for name, suite in suites.items():
            self._progress.tell(cycle.id, {"event": "judging", "suite": name, "mix": mix.label})
            results[name] = await self._result(mix, suite)
        return results

    async def _result(self, mix: Mix, suite: Suite) -> SuiteResult:
        """Ask a suite. Fixed suites are remembered by content of suite, base and mix: greedy answers do not change."""
        fixed = self._teaching.suites.get(suite.name) is suite
        name = f"{suite.sha256[:16]}-{self._engine.info.sha256[:16]}-{mix.key}.json"
        path = self.home / "index" / JUDGED_FOLDER / name
        if fixed and (known := _read_result(path)) is not None:
            return known
        result = await run_suite(suite, answer_with(self._engine, mix), self._clock, self._teaching.runner)
        if fixed and result.not_judged == 0:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(dataclasses.asdict(result)), encoding="utf-8")
        return result

    # --- promote or reject -------------------------------------------------------------------------------------------

    async def _conclude(self, cycle: Cycle) -> Cycle:
        verdict = self._stores.verdicts.get(cycle.facts["verdict"])
        why = self._stores.cycles.steps(cycle.id)[-1].reason
        if verdict.decision == "reject":
            return await self._stores.cycles.advance(cycle.id, "judged", "rejected", {}, why)
        scores = {
            name: {"right": found["candidate_right"], "of": found["items"]}
            for name, found in verdict.body["numbers"].items()
        }
        self._require_unchanged(cycle, verdict)
        adapter = await self._install(cycle, scores)
        ids, facts = cycle.facts["unlearned"] + cycle.facts["learned"], {"version": adapter.name}

        def together(connection: apsw.Connection, now: float) -> None:
            mark_learned(connection, ids, adapter.name)
            advance(connection, cycle.id, "judged", "promoted", now, facts, why)

        await self._stores.adapters.activate(adapter.theme, adapter.version, why, cycle.id, scores, together)
        return self._stores.cycles.get(cycle.id)

    def _require_unchanged(self, cycle: Cycle, verdict: StoredVerdict) -> None:
        """Conflict if what serves is not what the candidate was found better than."""
        serving = self._stores.adapters.active(cycle.base_sha256).get(cycle.theme)
        judged_against, name = verdict.body["active"], serving.name if serving else "base"
        if name != judged_against:
            raise Conflict(
                f"judged against {judged_against}, but by now {name} serves: the lessons wait for the next cycle"
            )

    async def _install(self, cycle: Cycle, scores: Mapping[str, Any]) -> Adapter:
        """The version made of this candidate: a new one, or the one that an interrupted promotion has made."""
        adapters, folder = self._stores.adapters, self.folder(cycle)
        sha256 = cycle.facts["candidate_sha256"]
        for known in adapters.list(cycle.theme):
            if known.sha256 == sha256 and known.base_sha256 == cycle.base_sha256:
                return known
        serving = adapters.active(cycle.base_sha256).get(cycle.theme)
        lineage = Lineage(
            parent=serving.version if serving else None,
            records_sha256=cycle.facts["records_sha256"],
            config=_config(folder),
            scores=scores,
            cycle=cycle.id,
        )
        files = {name: (folder / ADAPTER_FOLDER / name).read_bytes() for name in PEFT_FILES}
        data = await asyncio.to_thread((folder / CANDIDATE).read_bytes)
        return await adapters.install(cycle.theme, data, cycle.base_sha256, {}, files, lineage)


def _keyed(record_id: str) -> str:
    """A record in the verdict store: told apart, never read back."""
    return hashlib.sha256(f"record {record_id}".encode()).hexdigest()


def discard_run(home: Path, cycle: Cycle) -> None:
    """Remove the files of a finished cycle; what it decided stays in the stores."""
    shutil.rmtree(home / "runs" / cycle.id, ignore_errors=True)


def _example(encoded: Encoded, theme: str, kept: bool) -> TrainingExample:
    mask = tuple(index >= encoded.answer_start for index in range(len(encoded.ids)))
    return TrainingExample(encoded.ids, mask, theme=theme, kept=kept)


def _mix(adapter: Adapter | None) -> Mix:
    return Mix(((adapter, 1.0),)) if adapter else BASE_MIX


def _summary(verdict: Verdict) -> str:
    """Why, in words; numbers and suite names only."""
    lesson = verdict.numbers.get(LESSON)
    taught = f"lesson {lesson.active_right} → {lesson.candidate_right} of {lesson.items}" if lesson else "no lesson"
    return "; ".join((taught, *(reason.text for reason in verdict.reasons)))


def _config(folder: Path) -> dict[str, Any]:
    spec = read_run(folder)
    return {"lora": spec.lora.model_dump(mode="json"), "steps": spec.steps, "lr": spec.lr, "base": spec.base.kind}


def _read_result(path: Path) -> SuiteResult | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return SuiteResult(**{**content, "answers": tuple(content["answers"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None
