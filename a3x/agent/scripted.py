"""The agent as a script, for tests of the edges: plays pieces, then a result. Knows no engine and no store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from a3x.agent.turn import TurnRequest, TurnResult
from a3x.types import BASE_MIX, Completion, FinishReason, Mix, Piece, TokenStats


@dataclass
class ScriptedAgent:
    """``script`` is played in order: a Piece is yielded, an exception raised, a number slept (seconds)."""

    script: tuple[Piece | Exception | float, ...] = (Piece("Hello"), Piece(" there."))
    mix: Mix = BASE_MIX
    finish_reason: FinishReason = "stop"
    model_sha256: str = "5eed" * 16
    logprobs: tuple[float, ...] = (-0.1, -0.3)
    requests: list[TurnRequest] = field(default_factory=list)
    cancelled: int = 0
    """Turns that ended before their result."""

    async def turn(self, request: TurnRequest) -> AsyncGenerator[Piece | TurnResult, None]:
        self.requests.append(request)
        finished = False
        try:
            for step in self.script:
                if isinstance(step, Exception):
                    raise step
                if isinstance(step, Piece):
                    yield step
                else:
                    await asyncio.sleep(step)
            finished = True
            yield self._result(request)
        finally:
            self.cancelled += not finished

    def _result(self, request: TurnRequest) -> TurnResult:
        pieces = [step for step in self.script if isinstance(step, Piece)]
        completion = Completion(
            text="".join(piece.text for piece in pieces if not piece.reasoning),
            reasoning="".join(piece.text for piece in pieces if piece.reasoning),
            finish_reason=self.finish_reason,
            prompt_tokens=sum(len(message.content.split()) for message in request.messages),
            completion_tokens=len(pieces),
            cached_tokens=0,
            stats=TokenStats(self.logprobs, tuple(0.0 for _ in self.logprobs)),
            mix=self.mix,
            model_sha256=self.model_sha256,
            raw="".join(piece.text for piece in pieces),
        )
        return TurnResult(f"exp-{len(self.requests)}", request.learn, completion, self.mix)
