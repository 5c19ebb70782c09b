"""Keeps every experience's priority, label and place on the map up to date as things become known of it.

When it is stored: what its own figures say, and what it says of the turn before it. When the user judges it: that.
When its vector is there: novelty. Never on the way of an answer: callers use ``soon`` and go on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial
from typing import Any, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from a3x.config import PrioritySection
from a3x.errors import A3XError, NotFound, StorageFull
from a3x.memory import labels, priority, signals
from a3x.memory.novelty import NoveltyMap, Place
from a3x.memory.signals import Reaction
from a3x.memory.window import evict
from a3x.stores import clusters as cluster_rows
from a3x.stores.clusters import Clusters
from a3x.stores.experiences import Experiences
from a3x.stores.priorities import Priorities, Priority
from a3x.stores.vectors import Vectors
from a3x.types import Clock, Experience

log = logging.getLogger(__name__)

LOOK_BACK = 50
"""How many experiences back the turn before is looked for where a client names no session."""
CHOICES = 16
"""And where it does: several answers to one question may lie between."""
CHUNK = 50
QUIET_S = 1.0
"""What is stored in bulk is taken in when so long no more of it came, so that it does not slow down what brings it."""
GATHER_S = 0.5
"""What is recorded within this time is taken in together: one commit, and none of it while the next turn begins."""
SLACK = 1.05
"""A window may be so much too full before it is thinned out, so that this is not done at every turn."""
GROWTH = 1.2
"""A calibration is made anew when so many times as many outcomes are known, and the windows are reviewed when the map
has so many times as many members."""


class Sink(Protocol):
    """Where experiences are stored; ``memory.record.Recorder`` is the real one."""

    async def record(self, experience: Experience) -> bool: ...


class Prioritiser:
    """Writes priorities; everything that changes one goes through here, one change at a time."""

    def __init__(
        self,
        experiences: Experiences,
        priorities: Priorities,
        clusters: Clusters,
        vectors: Vectors,
        settings: PrioritySection,
        clock: Clock,
        quiet_s: float = QUIET_S,
    ) -> None:
        self._experiences = experiences
        self._priorities = priorities
        self._clusters = clusters
        self._vectors = vectors
        self._settings = settings
        self._clock = clock
        self._quiet_s = quiet_s
        self._lock = asyncio.Lock()
        self._map: NoveltyMap | None = None
        self._embedder = ""
        self._reviewed_at = 0
        self._calibration = priorities.calibration()
        self._working: set[asyncio.Task[None]] = set()
        self._behind = False
        self._quiet: asyncio.TimerHandle | None = None
        self._recent: list[str] = []
        self._gathering: asyncio.TimerHandle | None = None
        self._stopping = False

    # --- what the house calls ----------------------------------------------------------------------------------------

    def soon(self, work: Coroutine[Any, Any, object]) -> None:
        """Do one of the things below in the background; what a full disk stopped is made up for after the next success."""
        task = asyncio.get_running_loop().create_task(self._quietly(work))
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    def recorded_soon(self, id: str) -> None:
        """``recorded``, together with what else is stored in the next half second."""
        self._recent.append(id)
        if self._gathering is None:
            self._gathering = asyncio.get_running_loop().call_later(GATHER_S, self._take_recent)

    def _take_recent(self) -> None:
        if self._gathering is not None:
            self._gathering.cancel()
            self._gathering = None
        ids, self._recent = self._recent, []
        for at in range(0, len(ids), CHUNK):
            self.soon(self.recorded(*ids[at : at + CHUNK]))

    def catch_up_soon(self) -> None:
        """Something was stored in bulk: catch up once no more of it comes. What is catching up now stops for that long."""
        if self._quiet is not None:
            self._quiet.cancel()
        self._quiet = asyncio.get_running_loop().call_later(self._quiet_s, self._catch_up_now)

    def _catch_up_now(self) -> None:
        self._quiet = None
        self.soon(self.catch_up())

    async def settle(self) -> None:
        """Wait for what runs in the background, and for what was about to."""
        self._take_recent()
        while self._working:
            await asyncio.gather(*self._working)

    async def stop(self) -> None:
        """Let what runs come to an end; what was not caught up with yet is left to the next start."""
        self._stopping = True
        if self._quiet is not None:
            self._quiet.cancel()
        await self.settle()

    async def _quietly(self, work: Coroutine[Any, Any, object]) -> None:
        try:
            await work
        except A3XError as error:
            self._behind |= isinstance(error, StorageFull)
            log.warning("a priority was not computed: %s", error.message)
            return
        if self._behind:
            self._behind = False
            self.soon(self._make_up())

    async def _make_up(self) -> None:
        await self.catch_up()
        await self.review()

    async def recorded(self, *ids: str) -> None:
        """Experiences were stored; what has been forgotten since is passed over. StorageFull."""
        async with self._lock:
            await self._take_in(ids)
            await self._keep_calibrated()

    async def judged(self, id: str) -> None:
        """The user rated or corrected an experience, which brings it back into the window. NotFound, StorageFull."""
        async with self._lock:
            row = await asyncio.to_thread(self._compute, self._experiences.get(id))
            await self._priorities.put([replace(row, evicted=None)])
            await self._slide(row.theme)
            await self._keep_calibrated()

    async def embedded(self, id: str, vector: NDArray[np.float32], embedder_sha256: str) -> None:
        """An experience's question has a vector (length 1). Telling it twice is harmless. NotFound, StorageFull, ValueError."""
        async with self._lock:
            await self._use_map_of(embedder_sha256)
            before = await asyncio.to_thread(self._priorities.find, id)
            if before is None or before.cluster is None:
                await self._place(self._experiences.get(id), vector)

    async def catch_up(self) -> int:
        """Take in what was stored while nobody counted (imports, a full disk, a crash); how many. StorageFull.

        Ends early when more is being stored in bulk, which is caught up with later, and when the house stops.
        """
        done = 0
        while not (self._stopping or self._quiet):
            async with self._lock:
                ids = await asyncio.to_thread(self._priorities.missing, CHUNK)
                if not ids:
                    await self._keep_calibrated()
                    break
                await self._take_in(ids)
            done += len(ids)
        return done

    async def review(self) -> int:
        """Compute the windows anew if the map has grown by a fifth since the last time, which changes how rare each
        subject is; how many rows. StorageFull."""
        async with self._lock:
            members = sum(cluster.size for cluster in self._map.clusters) if self._map else 0
            if members < self._reviewed_at * GROWTH:
                return 0
            self._reviewed_at = members
            return await self._review()

    async def rebuild_map(self) -> None:
        """Forget the map; experiences are placed anew as ``embedded`` is told their vectors. After forgetting texts."""
        async with self._lock:
            await self._clusters.clear()
            self._map, self._reviewed_at = None, 0

    # --- experiences --------------------------------------------------------------------------------------------------

    async def _take_in(self, ids: Sequence[str]) -> None:
        """Of each its own row, and the row of the turn before it, which it is a reaction to; then the windows move on."""
        rows = await asyncio.to_thread(lambda: [row for span in self._found(ids) for row in self._rows_of(span)])
        await self._priorities.put(rows)
        for theme in sorted({row.theme for row in rows}):
            await self._slide(theme)

    def _found(self, ids: Sequence[str]) -> Iterator[Experience]:
        for id in ids:
            with suppress(NotFound):
                yield self._experiences.get(id)

    def _rows_of(self, span: Experience) -> list[Priority]:
        reacted = self._react(span)
        return [self._compute(span), *([reacted] if reacted else [])]

    def _react(self, span: Experience) -> Priority | None:
        """The row of the turn before, now that one knows what came after it."""
        before = self._turn_before(span)
        if before is None:
            return None
        cosine = self._cosine(before.id, span.id)
        after_s = span.when - before.when
        return self._compute(before, signals.react(before.this, before.if_ok, span.this, after_s, cosine))

    def _turn_before(self, span: Experience) -> Experience | None:
        """The turn that the user reacts to: of the same session, else the one whose answer the conversation quotes."""
        spoken = [message for message in span.messages if message["role"] != "system"]
        quotes = [message["role"] for message in spoken[-3:]] == ["user", "assistant", "user"]
        if not span.session and not quotes:
            return None
        look_back = CHOICES if span.session else LOOK_BACK
        for other in self._experiences.recent(look_back, span.seq, span.session):
            if other.messages == span.messages:
                continue  # another answer to the same question
            if span.session or (other.this, other.if_ok) == tuple(message["content"] for message in spoken[-3:-1]):
                return other
        return None

    def _cosine(self, one: str, other: str) -> float | None:
        """Of two questions; None before both are embedded."""
        found = self._vectors.of_questions((one, other), self._embedder)
        return float(found[one] @ found[other]) if len(found) == 2 else None

    def _compute(self, span: Experience, reaction: Reaction | None = None, place: Place | None = None) -> Priority:
        """The row of an experience from everything that is known of it; what was known before is kept."""
        before = self._priorities.find(span.id)
        if reaction is None and before is not None and before.reaction in get_args(signals.ReactionKind):
            reaction = Reaction(before.reaction, before.similarity)  # type: ignore[arg-type]
        if place is None and before is not None:
            place = self._known_place(before)
        feedback = self._experiences.feedback(span.id)
        found = priority.terms(priority.Evidence(span, feedback, reaction, place), self._settings)
        outcome, doubt = priority.outcome(span, feedback), priority.doubt(found)
        label, basis, p_right = labels.label(doubt, outcome, self._calibration, self._settings)
        return Priority(
            span_id=span.id,
            seq=span.seq,
            theme=span.theme,
            priority=priority.score(found),
            components={term.name: _without_name(asdict(term)) for term in found},
            label=label,
            basis=basis,
            p_right=p_right,
            doubt=doubt,
            outcome=outcome,
            corrected=any(one.correction is not None for one in feedback),
            reaction=reaction.kind if reaction else "",
            similarity=reaction.similarity if reaction else 0.0,
            cluster=place.cluster if place else None,
            part=place.part if place else 0,
            distance=place.distance if place else 0.0,
            evicted=before.evicted if before else None,
            computed=self._clock.now(),
        )

    def _known_place(self, row: Priority) -> Place | None:
        size = None if row.cluster is None else self._clusters.size(row.cluster)
        if row.cluster is None or size is None:
            return None
        return Place(row.cluster, row.part, row.distance, size.spread, size.members)

    # --- the map -----------------------------------------------------------------------------------------------------

    async def _use_map_of(self, embedder_sha256: str) -> None:
        """Vectors of different embedders cannot be compared: a new embedder starts a new map."""
        if self._map is not None and self._embedder == embedder_sha256:
            return
        known = await asyncio.to_thread(self._clusters.load, embedder_sha256)
        if not known:
            await self._clusters.clear()
        self._map, self._embedder = NoveltyMap(known), embedder_sha256

    async def _place(self, span: Experience, vector: NDArray[np.float32]) -> None:
        assert self._map is not None
        change = self._map.add(vector, span.when)
        write = partial(
            cluster_rows.store,
            embedder_sha256=self._embedder,
            changed=change.changed,
            gone=change.gone,
            moves=change.moves,
            ended=change.ended,
        )
        try:
            rows = [await asyncio.to_thread(self._compute, span, None, change.place)]
            if reacted := await asyncio.to_thread(self._react, span):  # now that meanings can be compared
                rows.append(reacted)
            await self._priorities.put(rows, also=write)
        except BaseException:
            self._map = None  # it is ahead of the disk: read again what is stored
            raise

    # --- windows and labels ------------------------------------------------------------------------------------------

    async def _slide(self, theme: str) -> None:
        capacity = self._settings.window
        if self._priorities.window_size(theme) <= capacity * SLACK:
            return
        window = await asyncio.to_thread(self._priorities.window, theme)
        await self._priorities.evict(evict(window, capacity), self._clock.now())

    async def _keep_calibrated(self) -> None:
        known = await asyncio.to_thread(self._priorities.outcome_count)
        last = self._calibration.n if self._calibration else 0
        if known < self._settings.min_outcomes or known < last * GROWTH:
            return
        outcomes = await asyncio.to_thread(self._priorities.outcomes)
        made = labels.calibrate(outcomes, self._clock.now(), self._settings.min_outcomes)
        if made is not None:
            await self._priorities.add_calibration(made)
            self._calibration = made
            await self._review()

    async def _review(self) -> int:
        done, seq = 0, 0
        while rows := await asyncio.to_thread(self._priorities.in_windows, seq, CHUNK):
            seq = rows[-1].seq
            await self._priorities.put(await asyncio.to_thread(self._recompute, [row.span_id for row in rows]))
            done += len(rows)
        return done

    def _recompute(self, ids: list[str]) -> list[Priority]:
        return [self._compute(self._experiences.get(id)) for id in ids]


class Prioritised:
    """A sink that has what it stored taken in, after the caller was told that it is stored."""

    def __init__(self, sink: Sink, prioritiser: Prioritiser) -> None:
        self._sink = sink
        self._prioritiser = prioritiser

    async def record(self, experience: Experience) -> bool:
        """See ``Recorder.record``."""
        stored = await self._sink.record(experience)
        if stored:
            self._prioritiser.recorded_soon(experience.id)
        return stored


def _without_name(term: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in term.items() if key != "name"}
