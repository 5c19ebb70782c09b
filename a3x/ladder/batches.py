"""Turns corpus generators into packed training batches, in a process of its own.

Knows the chat tokens and where loss falls; knows nothing of models. A batch is a pure function of the seed, its number
and the progress it was drawn at.
"""

from __future__ import annotations

import importlib
import itertools
import json
import math
import os
import random
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.queues import Queue
from pathlib import Path
from queue import Empty, Full
from typing import Any

import numpy as np
from numpy.typing import NDArray

from a3x import resources
from a3x.ladder.corpus.example import Example, Generator, Message
from a3x.ladder.corpus.guise import form, guise
from a3x.ladder.recipe import Recipe
from a3x.ladder.tokenizer import ServedTokenizer

Corpus = dict[str, Generator]
"""Generators by skill."""

OVERFLOW = 1.2
"""A batch is packed once this many times its tokens wait: what does not fit waits for the next."""

SCORED_STEP = 128
"""Scored positions are filled up to a multiple of this with weight 0: the CPU kernels keep memory for every new shape."""


@dataclass(frozen=True)
class Batch:
    """Packed rows. ``where`` are flat positions whose next token is scored, with its weight; ``answer`` marks what the
    assistant wrote."""

    tokens: NDArray[np.int16]
    positions: NDArray[np.int16]
    documents: NDArray[np.int16]
    where: NDArray[np.int32]
    targets: NDArray[np.int16]
    weights: NDArray[np.float32]
    answer: NDArray[np.bool_]


def corpus(recipe: Recipe) -> Corpus:
    """The generators of the recipe's corpus modules; raises ``ValueError`` unless its mixture names exactly their skills."""
    modules = [importlib.import_module(f"a3x.ladder.corpus.{name}") for name in recipe.modules]
    found = {generator.skill: generator for module in modules for generator in module.GENERATORS}
    if set(found) != set(recipe.mixture.whole):
        raise ValueError(f"the mixture names {sorted(recipe.mixture.whole)}, the corpus has {sorted(found)}")
    return found


def draw(corpus: Corpus, recipe: Recipe, rng: random.Random, progress: float) -> Example:
    """One training conversation of the mixture and difficulty at ``progress``."""
    shares = recipe.mixture.at(progress, recipe.copying_share)
    skill = rng.choices(list(corpus), [shares[name] for name in corpus])[0]
    return corpus[skill].sample(rng, "train", rng.uniform(0, 1) * recipe.difficulty(progress))


def as_typed(corpus: Corpus, recipe: Recipe, rng: random.Random, progress: float, judged: Collection[str]) -> Example:
    """``draw``, in guises as often as the recipe says, none of which is among the forms ``judged``."""
    example = draw(corpus, recipe, rng, progress)
    return guise(rng, example, judged) if rng.random() < recipe.guise_share else example


def judged() -> frozenset[str]:
    """The forms of all that the fixed suites ask: no guise may hit on one of them."""
    files = sorted(resources.path("benchmarks/suites").glob("*.jsonl"))
    lines = (line for file in files for line in file.read_text(encoding="utf-8").split("\n") if line)
    asked = (
        message["content"] for line in lines for message in json.loads(line)["messages"] if message["role"] == "user"
    )
    return frozenset(form(content.rpartition("\n")[2]) for content in asked)


def after_others(example: Example, corpus: Corpus, recipe: Recipe, rng: random.Random) -> tuple[Message, ...]:
    """The turns of ``example`` late in a session: its system message first, unrelated turns, then its own."""
    opening = [message for message in example.messages if message.role == "system"]
    turns: list[Message] = []
    for _ in range(rng.randint(1, recipe.session_turns)):
        other = corpus[rng.choice(recipe.session_skills)].sample(rng, "train", rng.random())
        if other.messages[0].role != "system":
            turns += other.messages
    return (*opening, *turns, *(message for message in example.messages if message.role != "system"))


class Packer:
    """Packs conversations first-fit into rows of the shortest length that holds them, each length in batches of its own."""

    def __init__(self, recipe: Recipe, corpus: Corpus, tokenizer: ServedTokenizer, rng: random.Random) -> None:
        self.recipe, self.corpus, self.tokenizer, self.rng = recipe, corpus, tokenizer, rng
        self.waiting: dict[int, list[tuple[list[int], list[float]]]] = {length: [] for length in recipe.row_tokens}
        self.judged = judged() if recipe.guise_share else frozenset[str]()
        self.dropped = 0

    def batch(self, progress: float) -> Batch:
        """The next full batch; conversations longer than the longest row are dropped and counted."""
        enough = self.recipe.batch_tokens * OVERFLOW
        while True:
            ids, written = self.tokenizer.conversation(self._messages(progress))
            length = next((length for length in self.waiting if len(ids) <= length), None)
            if length is None:
                self.dropped += 1
                continue
            queue = self.waiting[length]
            queue.append((ids, loss_weights(self.recipe, written)))
            if sum(len(ids) for ids, _ in queue) >= enough:
                rows = _Rows(self.recipe.batch_tokens // length, length)
                self.waiting[length] = [item for item in queue if not rows.place(*item)]
                return rows.batch(self.recipe, self.rng)

    def _messages(self, progress: float) -> tuple[Message, ...]:
        recipe, example = self.recipe, as_typed(self.corpus, self.recipe, self.rng, progress, self.judged)
        if progress >= recipe.session_from and self.rng.random() < recipe.session_share:
            return after_others(example, self.corpus, recipe, self.rng)
        return example.messages


class _Rows:
    """Rows being filled."""

    def __init__(self, rows: int, length: int) -> None:
        self.tokens = np.zeros((rows, length), np.int16)
        self.positions = np.zeros((rows, length), np.int16)
        self.documents = np.full((rows, length), -1, np.int16)
        self.weights = np.zeros((rows, length), np.float32)
        self.filled = [0] * rows
        self.used = 0

    def place(self, ids: list[int], weights: list[float]) -> bool:
        length = self.tokens.shape[1]
        row = next((r for r, filled in enumerate(self.filled) if filled + len(ids) <= length), None)
        if row is None:
            return False
        at = slice(self.filled[row], self.filled[row] + len(ids))
        self.tokens[row, at] = ids
        self.positions[row, at] = np.arange(len(ids))
        self.documents[row, at] = self.used
        # What a position predicts is its next token; the last one of a conversation predicts nothing.
        self.weights[row, at] = [*weights[1:], 0.0]
        self.filled[row] += len(ids)
        self.used += 1
        return True

    def batch(self, recipe: Recipe, rng: random.Random) -> Batch:
        weights = self.weights.ravel()
        answer = weights > recipe.rest_weight
        kept = np.random.default_rng(rng.getrandbits(32)).random(weights.size) < recipe.rest_sampled
        where = np.flatnonzero(answer | ((weights > 0) & kept))
        answer = answer[where]
        scored = np.where(answer, weights[where], recipe.rest_weight / recipe.rest_sampled)
        spare = -len(where) % SCORED_STEP
        where = np.pad(where, (0, spare))
        return Batch(
            self.tokens,
            self.positions,
            self.documents,
            where.astype(np.int32),
            self.tokens.ravel()[where + 1],
            np.pad(scored, (0, spare)).astype(np.float32),
            np.pad(answer, (0, spare)),
        )


def loss_weights(recipe: Recipe, written: list[bool]) -> list[float]:
    """Weight of each token as a target; ``written`` marks the assistant's, answers parted by at least one other token."""
    weights: list[float] = []
    for own, run in itertools.groupby(written):
        length = len(list(run))
        weights += [math.sqrt(recipe.short_answer / length) if own else recipe.rest_weight] * length
    return weights


@dataclass(frozen=True)
class Source:
    """What the drawing process needs; picklable."""

    recipe: Recipe
    vocabulary: Path
    salt: str
    steps: int | None

    def batches(self, progress: Callable[[int], float]) -> Iterator[Batch]:
        """Batches for ever; ``progress(number)`` says how far training will be."""
        rng = random.Random(f"{self.recipe.seed}/{self.salt}")
        packer = Packer(self.recipe, corpus(self.recipe), ServedTokenizer(self.vocabulary), rng)
        number = 0
        while True:
            yield packer.batch(progress(number))
            number += 1


class Stream:
    """Batches drawn ahead by child processes, taken in turn. With a step budget the drawing is deterministic; with a time
    budget it follows ``progress``, which the trainer sets."""

    def __init__(self, source: Source, done: int = 0, feeders: int = 1, ahead: int = 48) -> None:
        context = get_context("spawn")
        self._progress = context.Value("d", 0.0)
        self._queues: list[Queue[Batch]] = [context.Queue(ahead) for _ in range(feeders)]
        self._children = []
        for number, queue in enumerate(self._queues):
            own = replace(source, salt=f"{source.salt}/{number}")
            steps = (done + number, feeders)
            child = context.Process(target=_feed, args=(own, steps, self._progress, queue), daemon=True)
            child.start()
            self._children.append(child)
        self._turn = 0

    def set_progress(self, progress: float) -> None:
        self._progress.value = progress

    def next(self) -> Batch:
        """The next batch; raises ``RuntimeError`` when the child that should draw it died."""
        turn = self._turn % len(self._queues)
        self._turn += 1
        while True:
            try:
                return self._queues[turn].get(timeout=10)
            except Empty as error:
                if not self._children[turn].is_alive():
                    raise RuntimeError("a process that draws batches died; its traceback is above") from error

    def close(self) -> None:
        for child in self._children:
            child.terminate()
            child.join()


def _feed(source: Source, numbers: tuple[int, int], progress: Any, queue: Queue[Batch]) -> None:
    """Draw for ever; ``numbers`` are this feeder's first step and its stride."""
    parent = os.getppid()
    queue.cancel_join_thread()  # else the exit waits for a dead trainer to read what is left
    first, stride = numbers
    steps = source.steps

    def where(number: int) -> float:
        return min(1.0, (first + number * stride) / steps) if steps else progress.value

    for batch in source.batches(where):
        while True:
            if os.getppid() != parent:
                return
            try:
                queue.put(batch, timeout=5)
                break
            except Full:
                continue
