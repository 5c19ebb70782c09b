"""Notices in a chat that the user corrected the last answer, and makes a record of it. Says nothing, answers nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import structlog

from a3x.errors import A3XError
from a3x.memory.correction import detect
from a3x.memory.redact import redact, require_teachable
from a3x.types import Clock, Experience, Feedback, Message

LOOK_BACK = 50
"""How many experiences back the corrected one is looked for."""
log = structlog.get_logger("a3x.agent")


class Remembered(Protocol):
    """The part of ``stores.Experiences`` that is needed to find what was corrected."""

    def recent(
        self, limit: int = 50, before_seq: int | None = None, session: str | None = None
    ) -> Sequence[Experience]: ...


class Correctable(Protocol):
    """The part of ``stores.Records`` that takes corrections."""

    def correct(self, feedback: Feedback, also_from: Sequence[str] = ()) -> Awaitable[object]: ...


class ChatCorrections:
    """Reads finished turns. Only what the user typed counts: a tool's or a file's text is no correction."""

    def __init__(
        self,
        experiences: Remembered,
        records: Correctable,
        clock: Clock,
        judged: Callable[[str], None] | None = None,
    ) -> None:
        """``judged`` hears the id of each experience that was corrected; it must not wait."""
        self._experiences = experiences
        self._records = records
        self._clock = clock
        self._judged = judged

    async def notice(self, messages: Sequence[Message], session: str, experience_id: str) -> None:
        """``messages`` of a turn that is stored as ``experience_id``; a correction in its last one becomes a record."""
        spoken = [message for message in messages if message.role != "system"]
        if len(spoken) < 3 or [message.role for message in spoken[-3:]] != ["user", "assistant", "user"]:
            return
        question, answer, said = (message.content for message in spoken[-3:])
        correction = detect(question, answer, said)
        corrected = self._find(question, answer, session) if correction else None
        if correction is None or corrected is None:
            return
        feedback = Feedback(corrected.id, -1, correction, self._clock.now())
        try:
            require_teachable(corrected.this, correction)
            await self._records.correct(feedback, also_from=(experience_id,))
        except A3XError as error:  # the answer stands whether or not it can be learnt from
            log.warning("a correction was not kept", experience=corrected.id, reason=error.message)
            return
        if self._judged is not None:
            self._judged(corrected.id)

    def _find(self, question: str, answer: str, session: str) -> Experience | None:
        """The stored turn that is being corrected: same question, same answer (as they are stored), same session."""
        stored = (redact(question), redact(answer))
        for experience in self._experiences.recent(LOOK_BACK, session=session or None):
            if (experience.this, experience.if_ok) == stored and experience.session == session:
                return experience
        return None
