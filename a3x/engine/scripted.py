"""An engine without a model, for tests of everything above it: answers come from a function, word by word."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from a3x.engine.chat import Splitter
from a3x.types import Completion, Encoded, Generation, Message, ModelInfo, Piece, TokenStats


class ScriptedEngine:
    """``answer(request)`` gives the raw text; marks are split as the real engine splits them. An exception is raised on."""

    def __init__(self, answer: Callable[[Generation], str], token_delay_s: float = 0.0) -> None:
        self._answer = answer
        self._delay = token_delay_s
        self.requests: list[Generation] = []
        self.dropped: list[str] = []
        self.released = 0
        self.info = ModelInfo(Path("scripted.gguf"), "5" * 64, "scripted", "scripted", 0, 0, 1024)

    async def generate(self, request: Generation) -> AsyncGenerator[Piece | Completion, None]:
        self.requests.append(request)
        raw = self._answer(request)
        words = [word + " " for word in raw.split(" ")]
        words[-1] = words[-1][:-1]
        split = Splitter(request.sampling.stop)
        texts = {"answer": "", "reasoning": ""}
        for word in [*words, None]:
            await asyncio.sleep(self._delay)
            for span in split.finish() if word is None else split.feed(word.encode()):
                texts[span.kind] += span.text
                yield Piece(span.text, reasoning=span.kind == "reasoning")
        yield Completion(
            text=texts["answer"],
            finish_reason="stop",
            prompt_tokens=sum(len(message.content.split()) for message in request.messages),
            completion_tokens=len(words),
            cached_tokens=0,
            stats=TokenStats((-0.5,) * len(words), (0.7,) * len(words)),
            mix=request.mix,
            model_sha256=self.info.sha256,
            raw=split.raw,
            reasoning=texts["reasoning"],
            tool_calls=tuple(split.tool_calls),
        )

    async def encode(self, conversations: Sequence[tuple[Message, ...]]) -> list[Encoded]:
        """Code points as tokens."""
        asked = ["".join(message.content for message in each[:-1]) for each in conversations]
        told = [each[-1].content for each in conversations]
        pairs = zip(asked, told, strict=True)
        return [Encoded(tuple(map(ord, f"{question}{answer}\n")), len(question)) for question, answer in pairs]

    async def drop_adapter(self, sha256: str) -> None:
        self.dropped.append(sha256)

    async def release(self) -> None:
        self.released += 1

    def status(self) -> Mapping[str, Any]:
        return {"answers": len(self.requests)}
