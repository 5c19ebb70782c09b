"""Tokens in a row without Python between them: burst.c decodes and draws while Python's lock is free.

Python between two tokens costs a small model as much as the third of a step (docs/decisions/0032). Knows no requests; who
calls keeps llama.cpp's limits.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import llama_cpp.llama_cpp as lib
import numpy as np
from numpy.typing import NDArray

from a3x.engine.native import library

MOST_ROUNDS = 128
"""Tokens of an answer that one call may bring: more than a model makes in the time that it is given."""

GREEDY, CHAIN, LEFT = 0, 1, 2

FUNCTIONS = {
    "decode": "llama_decode",
    "logits": "llama_get_logits_ith",
    "sample": "llama_sampler_sample",
    "ends": "llama_vocab_is_eog",
    "forget": "llama_memory_seq_rm",
}


class Hand(Protocol):
    """How an answer's tokens are drawn: the part of ``sampling.Sampler`` that is needed here."""

    @property
    def chain(self) -> int | None:
        """A llama_sampler's address; 0: the likeliest token of all; None: the caller draws."""
        ...


class Flag:
    """Raised by any thread, seen by a burst between two tokens."""

    def __init__(self) -> None:
        self._raised = ctypes.c_int32(0)
        self.address = ctypes.addressof(self._raised)

    @property
    def raised(self) -> bool:
        return bool(self._raised.value)

    def raise_(self) -> None:
        self._raised.value = 1

    def lower(self) -> None:
        self._raised.value = 0


@dataclass(slots=True)
class Rounds:
    """Tokens of each answer, as many of one as of another: [answer][round], in nats at temperature 1.

    Of the last round also the normalisers, which a token's logit less its log-probability is, and whether the numbers were
    ``finite``. Its tokens are -1 where they are not, and where the caller draws, who writes it here.
    """

    tokens: list[list[int]]
    logprobs: list[list[float]]
    entropies: list[list[float]]
    normalisers: list[float]
    finite: list[bool]

    def __len__(self) -> int:
        """0 too where nobody's tokens were drawn."""
        return len(self.tokens[0]) if self.tokens else 0

    @property
    def last(self) -> list[int]:
        """The last round's tokens."""
        return [tokens[-1] for tokens in self.tokens]


class _Desk(ctypes.Structure):
    """desk_t of burst.c."""

    _fields_ = [
        *((name, ctypes.c_void_p) for name in FUNCTIONS),
        *((name, ctypes.c_void_p) for name in ("context", "memory", "vocabulary")),
        ("vocabulary_size", ctypes.c_int32),
        ("count", ctypes.c_int32),
        *((name, ctypes.c_void_p) for name in ("places", "kinds", "samplers", "rooms")),
        ("bridges", ctypes.c_int32),
        *((name, ctypes.c_void_p) for name in ("bridge_sequences", "bridge_ends")),
        *((name, ctypes.c_void_p) for name in ("tokens", "logprobs", "normalisers", "entropies", "finite", "seconds")),
        ("status", ctypes.c_int32),
    ]


class Desk:
    """Where one context's answers are written; ``sequences`` of them at most. Every call is the engine thread's."""

    def __init__(self, context: int, memory: int, vocabulary: int, vocabulary_size: int, sequences: int) -> None:
        self._library = library()
        results = (MOST_ROUNDS, sequences)
        self._arrays: dict[str, NDArray[Any]] = {
            "places": np.zeros(sequences, np.int32),
            "kinds": np.zeros(sequences, np.int8),
            "samplers": np.zeros(sequences, np.uintp),
            "rooms": np.zeros(sequences, np.int32),
            "bridge_sequences": np.zeros(sequences, np.int32),
            "bridge_ends": np.zeros(sequences, np.int32),
            "tokens": np.zeros(results, np.int32),
            "logprobs": np.zeros(results),
            "normalisers": np.zeros(results),
            "entropies": np.zeros(results),
            "finite": np.zeros(sequences, np.int8),
            "seconds": np.zeros(MOST_ROUNDS),
        }
        self._desk = _Desk(
            context=context,
            memory=memory,
            vocabulary=vocabulary,
            vocabulary_size=vocabulary_size,
            **{name: _address(function) for name, function in FUNCTIONS.items()},
            **{name: array.ctypes.data for name, array in self._arrays.items()},
        )

    @property
    def status(self) -> int:
        """Of the last decode of a burst; 0 is well."""
        return int(self._desk.status)

    def draw(self, hands: Sequence[Hand], places: Sequence[int]) -> Rounds:
        """A token for each hand from its place in the last decode, whoever asked for it; -1 is its last."""
        self._seat(hands, places, [2] * len(hands))
        self._library.a3x_draw(ctypes.byref(self._desk))
        return self._rounds(1)

    def burst(
        self,
        batch: Any,
        hands: Sequence[Hand],
        places: Sequence[int],
        rooms: Sequence[int],
        bridges: Sequence[tuple[int, int]],
        rounds: int,
        seconds: float,
        news: Flag,
    ) -> tuple[Rounds, list[float]]:
        """Compute ``batch``, draw, and again with what was drawn; also the seconds that each decode took.

        ``bridges`` are sequences and where they end: what the batch puts there is forgotten again. It stops after ``rounds``,
        at most MOST_ROUNDS, or ``seconds``, when ``news`` is raised, and when an answer has ended, has no room left of
        ``rooms`` or cannot go on. No round is done, or fewer, when llama.cpp refused one: see ``status``.
        """
        self._seat(hands, places, rooms)
        self._desk.bridges = len(bridges)
        if bridges:
            self._arrays["bridge_sequences"][: len(bridges)] = [sequence for sequence, _ in bridges]
            self._arrays["bridge_ends"][: len(bridges)] = [end for _, end in bridges]
        done = self._library.a3x_burst(
            ctypes.byref(self._desk), ctypes.byref(batch), min(rounds, MOST_ROUNDS), seconds, news.address
        )
        return self._rounds(done), self._arrays["seconds"][:done].tolist()

    def _seat(self, hands: Sequence[Hand], places: Sequence[int], rooms: Sequence[int]) -> None:
        arrays, count = self._arrays, len(hands)
        chains = [hand.chain for hand in hands]
        self._desk.count = count
        arrays["places"][:count] = places
        arrays["rooms"][:count] = rooms
        arrays["samplers"][:count] = [chain or 0 for chain in chains]
        arrays["kinds"][:count] = [LEFT if chain is None else CHAIN if chain else GREEDY for chain in chains]

    def _rounds(self, done: int) -> Rounds:
        count, arrays = self._desk.count, self._arrays
        tokens, logprobs, entropies = (
            arrays[name].ravel()[: done * count].reshape(done, count).T.tolist()
            for name in ("tokens", "logprobs", "entropies")
        )
        normalisers = arrays["normalisers"].ravel()[max(0, done - 1) * count : done * count].tolist()
        return Rounds(tokens, logprobs, entropies, normalisers, arrays["finite"][:count].astype(bool).tolist())


def _address(function: str) -> int:
    found: Callable[..., Any] = getattr(lib, function)
    return ctypes.cast(found, ctypes.c_void_p).value or 0  # type: ignore[arg-type]
