"""Scores a seed GGUF through llama.cpp: greedy decoding, exact match for each skill and held-out split.

Knows decoding and grading; knows nothing of torch. Every assistant turn is predicted from the true turns before it.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from a3x.ladder.batches import Corpus
from a3x.ladder.corpus.example import Example, Message, Split
from a3x.ladder.tokenizer import ServedTokenizer, quiet

ANSWER_TOKENS = 320
"""Longest answer that is waited for."""


@dataclass(frozen=True)
class Score:
    """Share of conversations whose last assistant turn (``last``), or whose every one (``every``), was exactly right."""

    items: int
    last: float
    every: float


class Decoder:
    """Greedy decoding of many prompts at once, each in a KV stream of its own."""

    def __init__(self, gguf: Path, threads: int = 1, streams: int = 16) -> None:
        quiet()
        self.tokenizer = ServedTokenizer(gguf)
        self._model: Any = llama_cpp.llama_model_load_from_file(
            str(gguf).encode(), llama_cpp.llama_model_default_params()
        )
        if not self._model:
            raise ValueError(f"llama.cpp cannot load {gguf}")
        self.context = llama_cpp.llama_model_n_ctx_train(self._model)
        params = llama_cpp.llama_context_default_params()
        params.n_ctx = self.context * streams
        params.n_batch = params.n_ubatch = self.context
        params.n_seq_max = streams
        params.n_threads = params.n_threads_batch = threads
        params.kv_unified = False
        self.streams = streams
        vocabulary: Any = llama_cpp.llama_model_get_vocab(self._model)
        self._vocab = llama_cpp.llama_vocab_n_tokens(vocabulary)
        self._context: Any = llama_cpp.llama_init_from_model(self._model, params)
        self._memory: Any = llama_cpp.llama_get_memory(self._context)
        self._batch = llama_cpp.llama_batch_init(self.context, 0, 1)

    def close(self) -> None:
        llama_cpp.llama_batch_free(self._batch)
        llama_cpp.llama_free(self._context)
        llama_cpp.llama_model_free(self._model)
        self.tokenizer.close()

    def answers(self, prompts: Sequence[list[int]], limit: int = ANSWER_TOKENS) -> list[str]:
        """The greedy continuation of each prompt, without its end marker, at most ``limit`` tokens."""
        written: list[list[int]] = []
        for start in range(0, len(prompts), self.streams):
            written += self._together(prompts[start : start + self.streams], limit)
        return [self.tokenizer.plain(ids) for ids in written]

    def logits(self, prompt: list[int]) -> NDArray[np.float32]:
        """Scores for the token after ``prompt``, ``float32[vocab]``."""
        self._clear()
        self._decode([(token, i, 0, i == len(prompt) - 1) for i, token in enumerate(prompt)])
        return self._scores(len(prompt) - 1).copy()

    def _together(self, prompts: Sequence[list[int]], limit: int) -> list[list[int]]:
        self._clear()
        written: list[list[int]] = [[] for _ in prompts]
        newest = {stream: self._read(prompt, stream) for stream, prompt in enumerate(prompts)}
        while newest:
            for stream, token in list(newest.items()):
                full = len(written[stream]) >= limit or len(prompts[stream]) + len(written[stream]) >= self.context
                if token == self.tokenizer.end or full:
                    del newest[stream]
                else:
                    written[stream].append(token)
            if newest:
                order = list(newest)
                ends = {s: len(prompts[s]) + len(written[s]) - 1 for s in order}
                self._decode([(newest[s], ends[s], s, True) for s in order])
                newest = {s: self._best(row) for row, s in enumerate(order)}
        return written

    def _read(self, prompt: list[int], stream: int) -> int:
        self._decode([(token, i, stream, i == len(prompt) - 1) for i, token in enumerate(prompt)])
        return self._best(len(prompt) - 1)

    def _best(self, row: int) -> int:
        return int(self._scores(row).argmax())

    def _scores(self, row: int) -> NDArray[np.float32]:
        return np.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(self._context, row), (self._vocab,))

    def _clear(self) -> None:
        llama_cpp.llama_memory_clear(self._memory, True)

    def _decode(self, rows: Iterable[tuple[int, int, int, bool]]) -> None:
        """Decode rows of (token, position, stream, wants logits)."""
        batch = self._batch
        batch.n_tokens = 0
        for at, (token, position, stream, wanted) in enumerate(rows):
            batch.token[at], batch.pos[at], batch.logits[at] = token, position, wanted
            batch.n_seq_id[at], batch.seq_id[at][0] = 1, stream
            batch.n_tokens = at + 1
        if llama_cpp.llama_decode(self._context, batch) != 0:
            raise RuntimeError("llama.cpp could not decode a batch")


def turns(example: Example) -> list[tuple[Message, ...]]:
    """The true turns before each assistant message."""
    return [example.messages[:i] for i, message in enumerate(example.messages) if message.role == "assistant"]


def right(example: Example, answers: Sequence[str]) -> list[bool]:
    """Which of the predicted assistant turns are exactly right; other accepted answers count for the last."""
    true = [message.content for message in example.messages if message.role == "assistant"]
    verdicts = [answer.strip() == text.strip() for answer, text in zip(answers, true, strict=True)]
    if answers[-1].strip() in {text.strip() for text in example.accept}:
        verdicts[-1] = True
    return verdicts


def grade(decoder: Decoder, examples: Sequence[Example]) -> list[tuple[list[bool], list[str]]]:
    """Verdicts and answers of every assistant turn of each example."""
    prompts = [decoder.tokenizer.prompt(before) for example in examples for before in turns(example)]
    answers = iter(decoder.answers(prompts))
    graded = []
    for example in examples:
        own = [next(answers) for _ in turns(example)]
        graded.append((right(example, own), own))
    return graded


def sample(corpus: Corpus, split: Split, n: int, difficulty: float, salt: str) -> dict[str, list[Example]]:
    """``n`` examples of each skill at up to ``difficulty``; the same for the same salt."""
    drawn = {}
    for skill, generator in corpus.items():
        rng = random.Random(f"evaluate/{salt}/{split}/{skill}")
        drawn[skill] = [generator.sample(rng, split, rng.uniform(0, difficulty)) for _ in range(n)]
    return drawn


def scores(
    decoder: Decoder,
    corpus: Corpus,
    n: int,
    splits: Sequence[Split] = get_args(Split),
    difficulty: float = 1.0,
    salt: str = "card",
) -> dict[str, dict[str, Score]]:
    """Score of each skill in each split."""
    table: dict[str, dict[str, Score]] = defaultdict(dict)
    for split in splits:
        for skill, examples in sample(corpus, split, n, difficulty, salt).items():
            verdicts = [verdict for verdict, _ in grade(decoder, examples)]
            last = sum(verdict[-1] for verdict in verdicts) / n
            table[skill][split] = Score(n, last, sum(all(verdict) for verdict in verdicts) / n)
    return dict(table)
