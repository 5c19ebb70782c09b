"""A context on paper, for tests of what the batcher decides: memory is a list, and an answer depends on all that is in it.

Each remembered token carries the adapters it was computed with, so that memory of another mix, another sequence or another
position shows in the next token.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from a3x.engine.burst import Flag, Rounds
from a3x.engine.llama import CHUNK_TOKENS
from a3x.engine.streams import Draws
from a3x.engine.uncertainty import spread
from a3x.errors import EngineFailure
from a3x.types import Generation

VOCABULARY = 128

Remembered = tuple[int, str]


def next_token(memory: Sequence[Remembered]) -> int:
    """What follows: a lower-case letter."""
    return 97 + hashlib.blake2b(repr(list(memory)).encode(), digest_size=1).digest()[0] % 26


class PaperAdapter:
    """An adapter that is its file's name."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.closed = False

    def close(self) -> None:
        self.closed = True


class PaperContext:
    """Keeps what ``llama.Context`` would compute with; ``log`` tells which sequences each decode had.

    ``follows`` says which token a memory is continued with.
    """

    pass_tokens = CHUNK_TOKENS
    ends: frozenset[int] = frozenset()
    """Tokens that end an answer."""

    def __init__(self, sequences: int, follows: Callable[[Sequence[Remembered]], int] = next_token) -> None:
        self.memory: list[list[Remembered]] = [[] for _ in range(sequences)]
        self.log: list[tuple[str, tuple[int, ...]]] = []
        self.closed = False
        self._adapters = ""
        self._follows = follows
        self._outputs: list[list[Remembered]] = []

    def set_adapters(self, parts: Sequence[tuple[PaperAdapter, float]]) -> None:
        if any(adapter.closed for adapter, _ in parts):
            raise EngineFailure("an adapter that is closed")
        self._adapters = "+".join(f"{adapter.name}:{scale}" for adapter, scale in parts)
        self.log.append((f"set {self._adapters}", ()))

    def truncate(self, sequence: int, position: int) -> bool:
        del self.memory[sequence][position:]
        return True

    def copy(self, source: int, target: int) -> None:
        if source == target:
            raise EngineFailure("a sequence is not copied onto itself")
        self.memory[target] = list(self.memory[source])

    def decode(
        self, tokens: Sequence[int], position: int, want_logits: bool, sequence: int = 0, every: bool = False
    ) -> None:
        self._append(sequence, tokens, position)
        ends = range(position + (1 if every else len(tokens)), position + len(tokens) + 1) if want_logits else ()
        self._outputs = [self.memory[sequence][:end] for end in ends]
        self.log.append(("read", (sequence,)))

    def read(
        self, chunks: Sequence[Sequence[int]], positions: Sequence[int], sequences: Sequence[int]
    ) -> Sequence[int]:
        for chunk, position, sequence in zip(chunks, positions, sequences, strict=True):
            self._append(sequence, chunk, position)
        self._outputs = [list(self.memory[sequence]) for sequence in sequences]
        self.log.append(("read", tuple(sequences)))
        return range(len(chunks))

    def advance(self, tokens: Sequence[int], positions: Sequence[int], sequences: Sequence[int]) -> Sequence[int]:
        for token, position, sequence in zip(tokens, positions, sequences, strict=True):
            self._append(sequence, [token], position)
        self._outputs = [list(self.memory[sequence]) for sequence in sequences]
        self.log.append(("write", tuple(sequences)))
        return range(len(tokens))

    def burst(
        self,
        tokens: Sequence[int],
        positions: Sequence[int],
        sequences: Sequence[int],
        hands: Sequence[Draws],
        rooms: Sequence[int],
        rounds: int,
        seconds: float,
        news: Flag,
    ) -> tuple[Sequence[int], Rounds]:
        """Two rounds at most, and one if an answer ends with it."""
        places = self.advance(tokens, positions, sequences)
        first = self.draw(hands, places)
        if min(rounds, *rooms) < 2 or news.raised or not self.ends.isdisjoint(first.last) or -1 in first.last:
            return places, first
        places = self.advance(first.last, [position + 1 for position in positions], sequences)
        return places, _in_a_row(first, self.draw(hands, places))

    def draw(self, hands: Sequence[Draws], places: Sequence[int]) -> Rounds:
        rows = self.rows(CHUNK_TOKENS)[list(places)]
        normalisers, entropies = spread(rows)
        tokens = [
            -1 if hand.chain is None else hand.draw(self, place) for hand, place in zip(hands, places, strict=True)
        ]
        return Rounds(
            [[token] for token in tokens],
            [[float(row[token]) - total] for row, token, total in zip(rows, tokens, normalisers, strict=True)],
            [[entropy] for entropy in entropies],
            normalisers,
            [math.isfinite(total) for total in normalisers],
        )

    def logits(self, place: int) -> NDArray[np.float32]:
        return self.rows(CHUNK_TOKENS)[place]

    def rows(self, count: int) -> NDArray[np.float32]:
        wanted = self._outputs[:count]
        logits = np.zeros((len(wanted), VOCABULARY), np.float32)
        for row, memory in enumerate(wanted):
            logits[row, self._follows(memory)] = 10.0
        return logits

    def close(self) -> None:
        self.closed = True

    def _append(self, sequence: int, tokens: Sequence[int], position: int) -> None:
        if self.closed or len(self.memory[sequence]) != position:
            raise EngineFailure(f"sequence {sequence} holds {len(self.memory[sequence])} tokens, not {position}")
        self.memory[sequence] += [(token, self._adapters) for token in tokens]


def _in_a_row(first: Rounds, second: Rounds) -> Rounds:
    """What two draws gave, as one."""
    tokens, logprobs, entropies = (
        [[*one, *other] for one, other in zip(getattr(first, name), getattr(second, name), strict=True)]
        for name in ("tokens", "logprobs", "entropies")
    )
    return Rounds(tokens, logprobs, entropies, second.normalisers, second.finite)


class PaperSampler:
    """Greedy."""

    @property
    def chain(self) -> int | None:
        return 0

    def draw(self, context: PaperContext, row: int) -> int:
        return int(context.rows(CHUNK_TOKENS)[row].argmax())

    def close(self) -> None: ...


class PaperSpeech:
    """A byte a token; nothing ends an answer but its room, and what a test says."""

    def prompt(self, request: Generation) -> list[int]:
        return list("\n".join(message.content for message in request.messages).encode())

    def token_bytes(self, token: int) -> bytes:
        return bytes([token])

    def ends_generation(self, token: int) -> bool:
        return token in PaperContext.ends
