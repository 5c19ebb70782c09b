"""Facts of what was recorded before facts were kept: read once, in the background, in the order in which it was recorded.

Only turns that this home recorded are read. An import bears no mark of its own in old rows, so what does not look in
every way like a recorded turn, or is older than what was recorded before it, is taken for one (docs/decisions/0029).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from itertools import islice

from a3x.errors import A3XError
from a3x.memory.record import facts_of
from a3x.stores import phrasing
from a3x.stores.experiences import Experiences, Kept
from a3x.stores.facts import Backlog, Facts, PastFact
from a3x.stores.records import Records, correction_fact
from a3x.types import Experience

log = logging.getLogger(__name__)

CHUNK = 500
"""The page that experiences are read in."""
PAUSE_S = 0.02
"""Between chunks: what serves answers goes first."""
SLACK_S = 3600.0
"""So much earlier than one recorded before it a turn may have begun: answers take their time, clocks are set."""


class FactBacklog:
    """One task. Where it is stopped, by the end of the house or a full disk, the next start goes on."""

    def __init__(self, experiences: Experiences, records: Records, facts: Facts, pause_s: float = PAUSE_S) -> None:
        self._experiences = experiences
        self._records = records
        self._facts = facts
        self._pause_s = pause_s
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._live())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _live(self) -> None:
        try:
            await self.read()
        except A3XError as error:
            log.warning("facts of older experiences were not all read: %s", error.message)

    async def read(self) -> int:
        """Read what is left; how many facts were found. StorageFull."""
        found = 0
        while (left := await asyncio.to_thread(self._facts.backlog)) is not None:
            past, read = await asyncio.to_thread(self._next, left)
            found += await self._facts.put_backlog(past, read)
            await asyncio.sleep(self._pause_s)
        return found

    def _next(self, left: Backlog) -> tuple[list[PastFact], Backlog]:
        """The facts of the next chunk, and how far it goes."""
        page = [kept for kept in islice(self._experiences.walk(left.through), CHUNK) if kept.span.seq <= left.until]
        past: list[PastFact] = []
        latest = left.latest
        for kept in page:
            if _recorded_here(kept.span) and kept.span.when >= latest - SLACK_S:
                latest = max(latest, kept.span.when)
                past += [PastFact(kept.span.seq, new, kept.span.when) for new in facts_of(kept.span)]
                past += self._corrections(kept)
        through = page[-1].span.seq if len(page) == CHUNK else left.until
        return past, Backlog(left.until, through, latest)

    def _corrections(self, kept: Kept) -> Sequence[PastFact]:
        """What was corrected and is still a lesson: a forgotten one does not come back."""
        given = [word for word in kept.feedback if word.correction]
        if not given:
            return ()
        records = {phrasing.answer_key(one.answer): one for one in self._records.taught_in(kept.span.id)}
        found: list[PastFact] = []
        for word in given:
            record = records.get(phrasing.answer_key(str(word.correction)))
            new = record and correction_fact(record, record.answer)
            if record and new:
                found.append(PastFact(kept.span.seq, new, word.when, record.id))
        return found


def _recorded_here(span: Experience) -> bool:
    """Whether a span looks in every way like a turn that a daemon of this home recorded."""
    made = (span.who, span.did, span.origin, span.made_by) == ("user:local", "chat", "generated", "engine")
    return made and bool(span.model_sha256) and span.id.startswith("exp_") and not span.extra
