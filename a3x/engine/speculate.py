"""Drafts are tried only where they were seen to change no bit: the comparison, its verdicts, and what came of the drafts.

llama.cpp may sum a chunk of a few tokens in another order than the same tokens one by one; that depends on the build, the
weights, an adapter's matrices, flash attention and how much memory a sequence has in use (docs/decisions/0030). So both ways
are compared on the loaded model, for every mix and every stretch of memory in which a draft would pay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from a3x.engine.burst import MOST_ROUNDS
from a3x.engine.lookup import MOST, Drafts, Worth
from a3x.engine.streams import Stream
from a3x.errors import EngineFailure
from a3x.types import Mix

Wish = Literal["auto", "on", "off"]

STRETCH = 256
"""llama.cpp computes attention over the cells in use rounded up to this (llama-kv-cache.cpp, get_n_kv). Within a stretch a chunk
and single tokens look at equally many cells, so a draft never crosses its end, and each stretch has a verdict of its own."""
FIRST_POSITION = 32
"""With fewer tokens before it a sum is too short to show in what order it was made."""
SLOW_S = 0.05
"""Where a step takes longer, comparing would hold up an answer for a second: only if asked for."""
MOST_VERDICTS = 512


class Computes(Protocol):
    """The part of ``llama.Context`` that comparing and trying need."""

    def decode(
        self, tokens: Sequence[int], position: int, want_logits: bool, sequence: int = 0, every: bool = False
    ) -> None: ...
    def advance(self, tokens: Sequence[int], positions: Sequence[int], sequences: Sequence[int]) -> Sequence[int]: ...
    def truncate(self, sequence: int, position: int) -> bool: ...
    def rows(self, count: int) -> NDArray[np.float32]: ...


@dataclass(frozen=True)
class Verdict:
    """Whether a chunk is what single tokens are, for a mix in one stretch of memory, and why."""

    mix: Mix
    stretch: int
    exact: bool
    reason: str


def obstacle(cuts_cleanly: bool, quantised: bool, kv_type: str) -> str | None:
    """Why drafts are out of the question, whatever a comparison would say; None if they are not.

    What is multiplied with quantised numbers is itself rounded to 8 bits first. That hides a difference in the last bit nearly
    everywhere, and where it does not the logits are 0.1 apart: places that are compared say nothing about others.
    """
    if not cuts_cleanly:
        return "this model's memory cannot be cut back"
    if quantised or kv_type not in ("f16", "f32"):
        return "with quantised weights or KV a comparison does not see every difference"
    return None


class Speculation:
    """Chooses drafts and keeps their record. ``obstacle``: why it never can, if so."""

    def __init__(self, wish: Wish, obstacle: str | None) -> None:
        self._wish = wish
        self._obstacle = obstacle
        self._worth = Worth()
        self._verdicts: dict[tuple[bytes, int], Verdict] = {}
        self.drafted = 0
        self.accepted = 0

    def draft(self, context: Computes, stream: Stream) -> list[int]:
        """Tokens that probably follow ``stream.drawn``, if trying them pays and changes nothing; else none.

        The first draft of a mix in a stretch is preceded by the comparison, which leaves the sequence as it was.
        """
        if self._wish == "off" or self._obstacle or stream.position < FIRST_POSITION:
            return []
        verdict = self._verdict(stream)
        if verdict and not verdict.exact:
            return []
        drafts = stream.drafts = stream.drafts or Drafts(stream.prompt)
        drafts.follow(stream.tokens, self._worth.saw)
        most = min(MOST, stream.room - len(stream.tokens) - 1, _left(stream) - 1)
        count = self._worth.length(drafts.matched, most)
        if not count or not (verdict or self._compared(context, stream, drafts)):
            return []
        return drafts.draft(count)

    def rests(self, stream: Stream) -> int:
        """For so many tokens there certainly is no draft, at least for one: ask again after them."""
        if self._wish == "off" or self._obstacle:
            return MOST_ROUNDS
        verdict = self._verdict(stream)
        return _left(stream) if verdict and not verdict.exact else 1

    def took(self, rows: int, seconds: float) -> None:
        """How long a step of a stream on its own was."""
        self._worth.took(rows, seconds)

    def tried(self, drafted: int, accepted: int) -> None:
        self.drafted += drafted
        self.accepted += accepted

    def forget(self, sha256: str) -> None:
        """What was found with an adapter that is dropped."""
        self._verdicts = {
            key: verdict
            for key, verdict in self._verdicts.items()
            if all(adapter.sha256 != sha256 for adapter, _ in verdict.mix.parts)
        }

    def status(self) -> Mapping[str, Any]:
        """The setting, tokens drafted and accepted, and by mix what the comparisons found, with the reason why not."""
        found: dict[str, list[dict[str, Any]]] = {}
        for verdict in sorted(self._verdicts.values(), key=lambda verdict: verdict.stretch):
            about = {"to_token": (verdict.stretch + 1) * STRETCH, "exact": verdict.exact, "reason": verdict.reason}
            found.setdefault(verdict.mix.label, []).append(about)
        counts = {"drafted": self.drafted, "accepted": self.accepted}
        why = {"reason": self._obstacle} if self._wish != "off" and self._obstacle else {}
        return {"setting": self._wish, **counts, "compared": found, **why}

    def _verdict(self, stream: Stream) -> Verdict | None:
        """On the stretch that the stream is in."""
        assert stream.seat is not None
        return self._verdicts.get((stream.seat.owner, stream.position // STRETCH))

    def _compared(self, context: Computes, stream: Stream, drafts: Drafts) -> bool:
        """Compare now, if there is room for it, and remember; whether chunks may be used from here on."""
        assert stream.seat is not None
        stretch = stream.position // STRETCH
        if min(_left(stream), stream.room - len(stream.tokens)) <= MOST:
            return False
        if self._wish == "auto" and self._worth.quickest_s > SLOW_S:
            step_ms = f"{self._worth.quickest_s * 1000:.0f} ms"
            exact, reason = False, f"not compared: a step takes {step_ms}; engine.lookup on compares all the same"
        else:
            tokens = [stream.drawn, *drafts.draft(MOST)]
            reason = difference(context, stream.seat.slot, stream.position, tokens)
            exact, reason = not reason, reason or f"chunks of 2 to {MOST + 1} tokens change no bit"
        while len(self._verdicts) >= MOST_VERDICTS:
            del self._verdicts[next(iter(self._verdicts))]
        self._verdicts[stream.seat.owner, stretch] = Verdict(stream.request.mix, stretch, exact, reason)
        return exact


def _left(stream: Stream) -> int:
    """Tokens to the end of the stretch that the stream is in."""
    return STRETCH - stream.position % STRETCH


def difference(context: Computes, sequence: int, position: int, tokens: Sequence[int]) -> str:
    """How the logits of a chunk of ``tokens``, or of its beginnings, differ from those one by one; empty if in no bit.

    The longest chunk first. The sequence, which ends at ``position``, holds afterwards what it held. Raises EngineFailure.
    """
    singles: list[NDArray[np.float32]] = []
    for place, token in enumerate(tokens):
        context.advance([token], [position + place], [sequence])
        singles.append(np.array(context.rows(1)[0]))
    expected = np.stack(singles)
    for count in range(len(tokens), 1, -1):
        cut(context, sequence, position)
        context.decode(tokens[:count], position, True, sequence, every=True)
        found = context.rows(count)
        if not np.array_equal(found.view(np.int32), expected[:count].view(np.int32)):
            most = float(np.abs(found - expected[:count]).max())
            cut(context, sequence, position)
            return f"a chunk of {count} tokens changes logits by up to {most:.1e}"
    cut(context, sequence, position)
    return ""


def cut(context: Computes, sequence: int, position: int) -> None:
    """Forget what a sequence holds from ``position`` on. Raises EngineFailure if it is lost altogether."""
    if not context.truncate(sequence, position):
        raise EngineFailure("the memory of a sequence could not be cut back after a draft")
