"""From drawn tokens to pieces for the listener, and the parts of the finished answer. Knows no context and no queue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from a3x.engine.chat import Span, splitter
from a3x.engine.llama import Model
from a3x.engine.sampling import top
from a3x.errors import BadRequest
from a3x.types import Generation, Piece, TokenLogprob


class Bytes(Protocol):
    """The part of ``llama.Model`` that writing needs."""

    def token_bytes(self, token: int) -> bytes: ...


class Writer:
    """Writes one answer. ``answer``, ``reasoning``, ``split`` and ``tokens`` are whole after ``finish``."""

    def __init__(self, request: Generation, model: Bytes, put: Callable[[Piece], None]) -> None:
        self.answer = ""
        self.reasoning = ""
        self.split = splitter(request)
        self.tokens: list[TokenLogprob] = []
        self._put = put
        self._model = model
        self._rivals = request.top_logprobs
        self._unsettled: list[tuple[int, TokenLogprob]] = []
        self._unsaid = b""
        self._hasty = self._rivals is None and not request.sampling.stop
        """Nothing depends on where one token ends and the next begins."""

    def write(
        self, tokens: Sequence[int], logprobs: Sequence[float], logits: NDArray[np.float32] | None, total: float
    ) -> int:
        """Take tokens, up to the one with which a stop string ended the answer; how many. ``say`` sends what became final.

        ``logits`` is the row that a single token was drawn from, ``total`` its normaliser: for requests that want rivals.
        """
        if self._hasty:
            self._unsaid += b"".join(map(self._model.token_bytes, tokens))
            return len(tokens)
        for taken, (token, logprob) in enumerate(zip(tokens, logprobs, strict=False), 1):
            data, begins = self._model.token_bytes(token), len(self.split.raw)
            self._unsaid += data
            if self._rivals is not None and logits is not None:
                rivals = described(self._model, top(logits, self._rivals, total))
                self._unsettled.append((begins, TokenLogprob(token, data, logprob, rivals)))
            self.say()
            if self.split.stopped:
                return taken
        return len(tokens)

    def say(self) -> None:
        data, self._unsaid = self._unsaid, b""
        if data:
            self._emit(self.split.feed(data))

    def finish(self) -> None:
        self.say()
        self._emit(self.split.finish())

    def _emit(self, spans: list[Span]) -> None:
        settled = [(begins, token) for begins, token in self._unsettled if begins < self.split.settled]
        self._unsettled = self._unsettled[len(settled) :]
        tokens = tuple(token for _, token in settled)
        self.tokens += tokens
        for span in spans:
            if span.kind == "reasoning":
                self.reasoning += span.text
            else:
                self.answer += span.text
            self._put(Piece(span.text, span.kind == "reasoning", tokens))
            tokens = ()
        if tokens:
            self._put(Piece("", tokens=tokens))


def described(model: Bytes, likely: Sequence[tuple[int, float]]) -> tuple[TokenLogprob, ...]:
    """Tokens and log-probabilities with the bytes they write."""
    return tuple(TokenLogprob(token, model.token_bytes(token), logprob) for token, logprob in likely)


def text_of(model: Model, tokens: Sequence[int]) -> str:
    """What ``tokens`` write. BadRequest for an id that does not exist."""
    if any(not 0 <= token < model.vocab_size for token in tokens):
        raise BadRequest(f"there is a token id that is not in 0..{model.vocab_size - 1}", param="tokens")
    return b"".join(model.token_bytes(token) for token in tokens).decode("utf-8", "replace")
