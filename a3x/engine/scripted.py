"""An engine and an embedder without models, for tests of everything above them."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from a3x.engine.chat import splitter
from a3x.engine.embedding import Embedded, EmbedderInfo, EmbedInput
from a3x.errors import BadRequest, NotReady, PromptTooLong
from a3x.types import (
    Completion,
    Encoded,
    Generation,
    Message,
    Mix,
    ModelInfo,
    Piece,
    RawPrompt,
    TokenLogprob,
    TokenStats,
)


class ScriptedEngine:
    """Answers come from ``answer(request)``, word by word; marks are split as the real engine splits them.

    An exception is raised on.
    """

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
        split = splitter(request)
        texts = {"answer": "", "reasoning": ""}
        drawn: list[TokenLogprob] = []
        for word in [*words, None]:
            await asyncio.sleep(self._delay)
            for span in split.finish() if word is None else split.feed(word.encode()):
                texts[span.kind] += span.text
                fresh = (_token(word or "", request.top_logprobs),) if request.top_logprobs is not None else ()
                drawn += fresh
                yield Piece(span.text, span.kind == "reasoning", fresh)
        yield Completion(
            text=texts["answer"],
            finish_reason="stop",
            prompt_tokens=sum(len(message.content.split()) for message in request.messages) or len(request.raw or ""),
            completion_tokens=len(words),
            cached_tokens=0,
            stats=TokenStats((-0.5,) * len(words), (0.7,) * len(words)),
            mix=request.mix,
            model_sha256=self.info.sha256,
            raw=split.raw,
            reasoning=texts["reasoning"],
            tool_calls=tuple(split.tool_calls),
            tokens=tuple(drawn),
        )

    async def score(self, prompt: RawPrompt, mix: Mix, top: int) -> tuple[TokenLogprob, ...]:
        """Code points as tokens, each half as likely as could be."""
        text = prompt if isinstance(prompt, str) else await self.detokenize(prompt)
        return tuple(_token(each, top, first=not at) for at, each in enumerate(text))

    async def tokenize(self, text: str, begin: bool) -> list[int]:
        return [ord(each) for each in text]

    def vocabulary(self) -> Mapping[str, Any]:
        return {"bos_token": None, "eos_token": "\0"}

    async def detokenize(self, tokens: Sequence[int]) -> str:
        return "".join(map(chr, tokens))

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


class ScriptedEmbedder:
    """Vectors by the hashing trick: every word adds or subtracts one in a hashed place, so shared words mean closeness.

    One token a word; a token id stands for itself. ``installed`` False behaves like an installation that still runs.
    """

    def __init__(self, dimensions: int = 64, max_tokens: int = 32, installed: bool = True) -> None:
        self.made_by = EmbedderInfo(Path("scripted.gguf"), "e" * 64, "scripted", dimensions, max_tokens)
        self.installed = installed
        self.asked: list[EmbedInput] = []

    async def info(self) -> EmbedderInfo:
        if not self.installed:
            raise NotReady("the embedder is not installed yet")
        return self.made_by

    async def embed(self, inputs: Sequence[EmbedInput], truncate: bool = True) -> Embedded:
        limit = (await self.info()).max_tokens
        words = [given.split() or [given] if isinstance(given, str) else [str(id) for id in given] for given in inputs]
        for index, given in enumerate(inputs):
            if not given:
                raise BadRequest(f"input[{index}] is empty", param="input")
            if len(words[index]) > limit and not truncate:
                raise PromptTooLong(f"input[{index}] is {len(words[index])} tokens; the limit is {limit}", "input")
        self.asked.extend(inputs)
        rows = [self._row(text[:limit]) for text in words]
        vectors = np.stack(rows) if rows else np.empty((0, self.made_by.dimensions), np.float32)
        tokens = tuple(min(len(text), limit) for text in words)
        return Embedded(vectors, tokens, tuple(len(text) > limit for text in words), self.made_by)

    def status(self) -> Mapping[str, Any]:
        return {"installed": self.installed, "texts": len(self.asked)}

    def _row(self, words: Sequence[str]) -> np.ndarray:
        row = np.zeros(self.made_by.dimensions, np.float32)
        row[0] = 1e-3  # words that cancel each other out must not leave nothing
        for word in words:
            hashed = zlib.crc32(word.lower().encode())
            row[hashed % len(row)] += 1.0 if hashed & 1 << 16 else -1.0
        return row / np.linalg.norm(row)


def _token(text: str, rivals: int | None, first: bool = False) -> TokenLogprob:
    data, logprob = text.encode(), None if first else -0.5
    top = [TokenLogprob(number, data + b"?" * number, -0.5 - number) for number in range(0 if first else rivals or 0)]
    return TokenLogprob(ord(text[:1] or "\0"), data, logprob, tuple(top))
