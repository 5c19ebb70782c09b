"""One training conversation of the seed corpus, the generator protocol, and the held-out splits.

Knows nothing of tokens or tensors. Two things are held out of training so that the model card can tell copying from
remembering: slot *values* (names, numbers, file names) and *phrasings* (templates).
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, Protocol, TypeVar

Role = Literal["system", "user", "assistant", "tool"]
Split = Literal["train", "slots", "phrasing"]
"""``train``: seen slots and seen phrasings. ``slots``: unseen slot values, seen phrasings.
``phrasing``: unseen phrasings, seen slot values."""

HELD_OUT_SHARE = 8
"""One option in this many is held out of training."""

T = TypeVar("T")


@dataclass(frozen=True)
class Message:
    """One chat turn."""

    role: Role
    content: str


@dataclass(frozen=True)
class Example:
    """A whole conversation. It ends with an assistant message; every assistant message is a training target.

    ``accept`` lists further strings a grader may take as the right final answer.
    """

    skill: str
    lang: Literal["en", "pt"]
    messages: tuple[Message, ...]
    accept: tuple[str, ...] = ()


class Generator(Protocol):
    """A skill: draws conversations forever, a pure function of its arguments."""

    @property
    def skill(self) -> str: ...

    def sample(self, rng: random.Random, split: Split, difficulty: float) -> Example:
        """Draw one conversation; ``difficulty`` in [0, 1] grows contexts (0: one fact, no distractors)."""
        ...


def held_out(value: object) -> bool:
    """Whether one slot value of an open set (a random name, a number) is kept out of training; stable across runs."""
    digest = hashlib.sha256(repr(value).encode()).digest()
    return digest[0] % HELD_OUT_SHARE == 0


def pick(rng: random.Random, options: tuple[T, ...], held: bool) -> T:
    """Draw from a closed list of hashable options, from its held-out eighth or from the rest.

    Membership goes by a stable hash, so adding an option moves few others. Lists under four options have no held-out part.
    """
    kept, withheld = _parts(options)
    return rng.choice(withheld if held else kept)


@cache
def trained(options: tuple[str, ...]) -> tuple[str, ...]:
    """The options that ``pick`` draws in training, in their own order."""
    kept = frozenset(_parts(options)[0])
    return tuple(option for option in options if option in kept)


@cache
def _parts(options: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    if len(options) < 4:
        return options, options
    ranked = tuple(sorted(options, key=lambda option: hashlib.sha256(repr(option).encode()).digest()))
    cut = max(1, len(ranked) // HELD_OUT_SHARE)
    return ranked[cut:], ranked[:cut]
