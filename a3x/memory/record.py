"""From a finished turn to a stored experience. Knows no HTTP and no table; never lets a full disk stop an answer."""

from __future__ import annotations

import asyncio
import logging
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from a3x import ids
from a3x.errors import StorageFull
from a3x.memory.redact import redact_experience
from a3x.memory.statement import stated
from a3x.stores.experiences import Experiences
from a3x.stores.facts import NewFact
from a3x.types import Clock, Completion, Experience, Message, Mix

log = logging.getLogger(__name__)

PORTUGUESE = re.compile(
    "não|você|vocês|uma|que|como|para|por|com|dos|das|qual|quais|quem|onde|quando|porque|isso|esta|este|ele|ela|são|está|"
    "fazer|pode|meu|minha|seu|sua|obrigado|obrigada|olá|bom|dia|escreva|explique|arquivo|pasta|mostre|liste|crie"
)
ENGLISH = re.compile(
    "the|is|are|of|to|and|in|what|how|which|who|where|when|why|it|this|that|i|you|my|your|can|with|for|write|explain|"
    "file|folder|show|list|create"
)


class Recorder:
    """Stores experiences without their secrets, calls ``stored`` after each, and tells of a full disk once, not at every chat."""

    def __init__(self, experiences: Experiences, clock: Clock, stored: Callable[[], None] = lambda: None) -> None:
        self._experiences = experiences
        self._stored = stored
        self._clock = clock
        self._full_since: float | None = None
        self.paused = ""
        """Why the last experience was not stored; "" if it was. The next one is tried all the same."""

    async def record(self, experience: Experience) -> bool:
        """True once the experience is durable, False if the disk is full. A caller that is cancelled loses nothing."""
        return await asyncio.shield(self._store(experience))

    async def _store(self, experience: Experience) -> bool:
        try:
            safe = redact_experience(experience)
            await self._experiences.add(safe, facts_of(safe))
        except StorageFull as error:
            if self._full_since is None:
                self._full_since = self._clock.monotonic()
                self.paused = f"the last experience was not stored: {error.message}"
                log.warning("experiences are not being stored: %s", error)
            return False
        if self._full_since is not None:
            log.warning("experiences are stored again after %.0f s", self._clock.monotonic() - self._full_since)
            self._full_since, self.paused = None, ""
        self._stored()
        return True


def facts_of(experience: Experience) -> list[NewFact]:
    """What the user states in the last message of a finished chat; nothing else of it was said by the user."""
    said = experience.messages[-1:]
    if experience.did != "chat" or experience.status != "completed" or not said or said[0]["role"] != "user":
        return []
    return [NewFact(one.text, one.about, one.key, one.value) for one in stated(experience.this)]


def span(
    *,
    id: str,
    messages: Sequence[Message],
    session: str,
    completion: Completion | None,
    tools: Sequence[Mapping[str, Any]],
    error: str,
    when: float,
    environment: Mapping[str, Any],
    did: str = "chat",
    sources: Sequence[Mapping[str, Any]] = (),
) -> Experience:
    """One chat as an experience, with the ``sources`` that were recalled for it.

    Failed if there was an error, no answer, or the client left before its end.
    """
    asked = next((message.content for message in reversed(messages) if message.role == "user"), "")
    cancelled = completion is not None and completion.finish_reason == "cancelled"
    if_not = error or ("no answer" if completion is None else "cancelled" if cancelled else "")
    return Experience(
        id=id,
        who="user:local",
        did=did,
        this=asked,
        when=when,
        status="failed" if if_not else "completed",
        if_ok=completion.text if completion else "",
        if_not=if_not,
        session=session,
        theme="general",
        lang=language(asked),
        messages=tuple({"role": message.role, "content": message.content} for message in messages),
        mix=tuple((completion.mix if completion else Mix()).describe()),
        model_sha256=completion.model_sha256 if completion else "",
        uncertainty=_uncertainty(completion),
        tools=tuple(tools),
        context={
            "environment": dict(environment),
            **({"sources": list(sources)} if sources else {}),
            **_circumstances(completion),
        },
    )


def new_id(clock: Clock) -> str:
    """``exp_`` and a ULID."""
    return ids.new_id("exp", clock)


def language(text: str) -> str:
    """``pt``, ``en`` or "" for undecided. A count of common words, for filters only: nothing important hangs on it."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    portuguese = sum(bool(PORTUGUESE.fullmatch(word) or set(word) & set("ãõç")) for word in words)
    english = sum(bool(ENGLISH.fullmatch(word)) for word in words)
    if portuguese > english:
        return "pt"
    return "en" if words and all(word.isascii() for word in words) else ""


def _uncertainty(completion: Completion | None) -> dict[str, float]:
    """Figures that are not finite are left out: JSON cannot say them."""
    if completion is None:
        return {}
    stats = completion.stats
    figures = {
        "mean_logprob": stats.mean_logprob,
        "worst_logprob": stats.worst_logprob,
        "mean_entropy": stats.mean_entropy,
        "tokens": len(stats.logprobs),
    }
    return {name: value for name, value in figures.items() if math.isfinite(value)}


def _circumstances(completion: Completion | None) -> dict[str, Any]:
    if completion is None:
        return {}
    return {
        "finish_reason": completion.finish_reason,
        "prompt_tokens": completion.prompt_tokens,
        "completion_tokens": completion.completion_tokens,
        "cached_tokens": completion.cached_tokens,
        "prefill_s": completion.prefill_s,
        "decode_s": completion.decode_s,
        **({"reasoning": completion.reasoning} if completion.reasoning else {}),
    }
