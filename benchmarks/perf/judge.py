"""Judging the fixed suites, ours against llama-cpp-python's ``Llama`` one item at a time, on the same file and prompts.

``python -m benchmarks.perf.judge [--quick] [--json FILE]``. Both decode greedily from the same prompt tokens,
the peer with flash attention, which is faster at these lengths, each in a process of its own and with the same threads, which it
would otherwise make anew every step (docs/decisions/0035). Time is that of answering; grading is the same code on the same text
and stands outside. A verdict may differ only where the first differing token was a near-tie, and such items are listed.
A pair is a part of the benchmark, the same number of items of every suite; no item is judged twice, for what is kept of the
first time would be a gift.
The ceiling is what llama.cpp alone gains by computing as many items side by side, as many tokens read as their prompts have
in the mean and 24 written each.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import statistics
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np

from a3x import resources
from a3x.clock import SystemClock
from a3x.config import EngineSection
from a3x.engine.chat import Splitter
from a3x.engine.crew import Crew
from a3x.engine.llama import CHUNK_TOKENS, held
from a3x.engine.scheduler import LlamaEngine
from a3x.hardware.cpu import cores
from a3x.judge.graders import Reply, Score, grade
from a3x.judge.run import ANSWER_TOKENS, Answered, answer_with, run_suite
from a3x.judge.suites import FIXED, Item, Suite, load
from a3x.sandbox.run import Sandbox
from a3x.types import BASE_MIX, Message
from benchmarks.support import models, servers
from benchmarks.support.paired import Budget, Pair, Ratio, interleaved, ratio, write_evidence

NEAR_TIE = 0.01
"""Nats between the two likeliest tokens under which another order of sums may choose the other."""
TIES_LIMIT = 0.005
THREADS = (1, 2)
CONTEXT_TOKENS = 1024
"""Of a sequence: long enough for any item, and so many of them fit in memory."""
PARTS, QUICK_PARTS = 9, 2
OF_A_SUITE = 12
"""Items of each suite in a part."""
ITEM_TOKENS = 24
"""Written: the middle of the suites' items."""


@dataclass(frozen=True)
class Course:
    """What is judged, in how many parts, how many items at once, and how long an answer may be."""

    name: str
    model: Path
    parts: int
    at_once: int
    answer_tokens: int


def courses(folder: Path, quick: bool) -> list[Course]:
    """The seed, and a random model of 105 M parameters, whose answers are as long as the suites' are in the middle."""
    seed = resources.seed_model()
    small = Course("the seed", seed, QUICK_PARTS if quick else PARTS, 16, ANSWER_TOKENS)
    if quick:
        return [small]
    return [small, Course("105 M", models.talkative_large(folder / "large.gguf"), PARTS, 64, ITEM_TOKENS)]


class Peer:
    """``Llama`` as its users have it, greedy, one prompt after the other; it reuses what prefix it can by itself."""

    def __init__(self, model: Path, context: int, threads: int, answer_tokens: int) -> None:
        self._answer_tokens = answer_tokens
        self._llama = llama_cpp.Llama(
            str(model), n_gpu_layers=0, n_ctx=context, n_threads=threads, n_threads_batch=threads,
            flash_attn=True, verbose=False,
        )  # fmt: skip
        self._crew = Crew()
        self._crew.attach(self._llama.ctx, threads)
        self._vocab = held(llama_cpp.llama_model_get_vocab(self._llama.model), "the vocabulary")

    def answer(self, prompt: Sequence[int]) -> list[int]:
        """Tokens up to the end token or the limit."""
        found: list[int] = []
        room = min(self._answer_tokens, self._llama.n_ctx() - len(prompt))
        for token in self._llama.generate(list(prompt), temp=0.0):
            if llama_cpp.llama_vocab_is_eog(self._vocab, token):
                break
            found.append(token)
            if len(found) >= room:
                break
        return found

    def reply(self, tokens: Sequence[int]) -> Reply:
        """What is graded of an answer: reasoning and tool calls told apart as our engine does it."""
        split = Splitter()
        spans = [*split.feed(self._llama.detokenize(list(tokens))), *split.finish()]
        text = "".join(span.text for span in spans if span.kind == "answer")
        return Reply(text, tuple(split.tool_calls))

    def gap(self, prompt: Sequence[int], answer: Sequence[int], ours: str) -> float:
        """Nats between the two likeliest tokens where our text leaves this answer; infinite if it never does."""
        same = 0
        while same < len(answer) and ours.startswith(self.reply(answer[: same + 1]).text.rstrip("\ufffd")):
            same += 1
        self._llama.reset()
        self._llama.eval([*prompt, *answer[:same]])
        pointer = llama_cpp.llama_get_logits_ith(self._llama.ctx, -1)
        best = np.sort(np.ctypeslib.as_array(pointer, shape=(self._llama.n_vocab(),)))[-2:]
        return float(best[1] - best[0])

    def close(self) -> None:
        self._llama.close()
        self._crew.close()


class Beside:
    """A ``Peer`` in a process of its own; what it is asked is the same, for many prompts at once."""

    def __init__(self, course: Course, context: int, prompts: Sequence[Sequence[int]]) -> None:
        """``prompts`` are for finding out with how many threads it is fastest."""
        self._child = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
        self.threads = self._child.submit(_open_peer, course, context, prompts).result()

    def answers(self, prompts: Sequence[Sequence[int]]) -> tuple[list[list[int]], list[Reply], float]:
        """Tokens, what is graded of them, and the seconds that answering took."""
        return self._child.submit(_ask_peer, prompts).result()

    def gap(self, prompt: Sequence[int], answer: Sequence[int], ours: str) -> float:
        return self._child.submit(_gap_of_peer, prompt, answer, ours).result()

    def close(self) -> None:
        self._child.submit(_close_peer).result()
        self._child.shutdown()


_peer: list[Peer] = []
"""The child's one peer."""


def _open_peer(course: Course, context: int, prompts: Sequence[Sequence[int]]) -> int:
    threads = best_threads(course, context, prompts)
    _peer.append(Peer(course.model, context, threads, course.answer_tokens))
    return threads


def _ask_peer(prompts: Sequence[Sequence[int]]) -> tuple[list[list[int]], list[Reply], float]:
    clock = SystemClock()
    began = clock.monotonic()
    answers = [_peer[0].answer(prompt) for prompt in prompts]
    seconds = clock.monotonic() - began
    return answers, [_peer[0].reply(answer) for answer in answers], seconds


def _gap_of_peer(prompt: Sequence[int], answer: Sequence[int], ours: str) -> float:
    return _peer[0].gap(prompt, answer, ours)


def _close_peer() -> None:
    _peer.pop().close()


@dataclass
class Differences:
    """Items with another verdict: near-ties, which are allowed to be few, and real ones, which are not."""

    items: int = 0
    ties: list[str] = field(default_factory=list)
    real: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        return "met" if not self.real and len(self.ties) <= TIES_LIMIT * self.items else "missed"

    def line(self) -> str:
        told = f"{self.items} items, {len(self.ties)} near-ties {self.ties}, {len(self.real)} others {self.real}"
        return f"{self.verdict:9} same verdicts (near-ties at most {TIES_LIMIT:.1%}): {told}"


class Bench:
    """Part after part: ours and theirs next to each other in time, then both graded."""

    def __init__(self, course: Course, engine: LlamaEngine, peer: Beside) -> None:
        self.course, self.engine, self.peer = course, engine, peer
        self.clock, sandbox = SystemClock(), Sandbox()
        self.runner = None if sandbox.available() else sandbox
        self.differences = Differences()

    async def warm_up(self, suite: Suite) -> None:
        """These, and a long one, so that both kinds of contexts are there."""
        long = (Message("user", "word " * CHUNK_TOKENS * 3),)
        await self._ours(replace(suite, items=(*suite.items, replace(suite.items[0], id="long", messages=long))))

    async def part(self, part: Suite, prompts: Sequence[Sequence[int]], ours_first: bool) -> Pair:
        """(our items a second, their items a second)."""
        early = await self._ours(part) if ours_first else None
        answers, theirs, their_s = await asyncio.to_thread(self.peer.answers, prompts)
        replies, our_s = early or await self._ours(part)
        for item, prompt, mine, answer, other in zip(part.items, prompts, replies, answers, theirs, strict=True):
            self._compare(item, prompt, mine, answer, other)
        return len(part.items) / our_s, len(part.items) / their_s

    async def _ours(self, suite: Suite) -> tuple[list[Reply], float]:
        """As the gate judges, but for what was answered, not only for how it was graded."""
        answer, found = answer_with(self.engine, BASE_MIX, self.course.answer_tokens), dict[str, Reply]()

        async def keeping(item: Item) -> Answered:
            answered = await answer(item)
            found[item.id] = Reply(answered.text, tuple(answered.tool_calls))
            return answered

        result = await run_suite(suite, keeping, self.clock, None, self.course.at_once)
        return [found[item.id] for item in suite.items], result.seconds

    def _compare(self, item: Item, prompt: Sequence[int], mine: Reply, answer: Sequence[int], theirs: Reply) -> None:
        self.differences.items += 1
        if mine == theirs or self._score(item, mine) == self._score(item, theirs):
            return
        gap = self.peer.gap(prompt, answer, mine.text)
        (self.differences.ties if gap < NEAR_TIE else self.differences.real).append(f"{item.id} ({gap:.2g} nats)")

    def _score(self, item: Item, reply: Reply) -> Score:
        return grade(item, reply, self.runner, int(self.clock.now()))


def mixed(suites: Sequence[Suite], first: int, end: int | None) -> Suite:
    """These items of every suite, as one."""
    items = tuple(item for suite in suites for item in suite.items[first:end])
    return replace(suites[0], items=items)


async def prompts_of(engine: LlamaEngine, suite: Suite) -> list[tuple[int, ...]]:
    """The tokens each item is asked with."""
    whole = await engine.encode([(*item.messages, Message("assistant", "?")) for item in suite.items])
    return [each.ids[: each.answer_start] for each in whole]


def best_threads(course: Course, context: int, prompts: Sequence[Sequence[int]]) -> int:
    """With how many threads the peer answers these prompts fastest."""
    clock, took = SystemClock(), dict[int, float]()
    for threads in THREADS:
        peer = Peer(course.model, context, threads, course.answer_tokens)
        peer.answer(prompts[0])
        began = clock.monotonic()
        for prompt in prompts:
            peer.answer(prompt)
        took[threads] = clock.monotonic() - began
        peer.close()
    return min(took, key=lambda threads: took[threads])


@dataclass(frozen=True)
class Found:
    """Of one course: the ratio, the ceiling, and the verdicts that differ."""

    figure: Ratio
    ceiling: Ratio
    differences: Differences
    settings: dict[str, Any]


async def measure(course: Course) -> Found:
    """Part by part; the items after the last part are for warming up."""
    suites = [load(resources.path("benchmarks/suites"), name) for name in FIXED]
    parts = [mixed(suites, number * OF_A_SUITE, (number + 1) * OF_A_SUITE) for number in range(course.parts)]
    rest = mixed(suites, PARTS * OF_A_SUITE, None)
    sequences = course.at_once + 1  # one is always kept for people
    section = EngineSection(sequences=sequences, context_tokens=CONTEXT_TOKENS)
    engine = LlamaEngine(course.model, section, len(cores()), SystemClock(), queue_limit=4 * course.at_once)
    info = await engine.start()
    pairs, lengths = list[Pair](), list[int]()
    try:
        bench = Bench(course, engine, Beside(course, info.context_tokens, await prompts_of(engine, rest)))
        await bench.warm_up(rest)
        for part in parts:
            prompts = await prompts_of(engine, part)
            lengths += map(len, prompts)
            mine, theirs = await bench.part(part, prompts, ours_first=len(pairs) % 2 == 0)
            print(f"  {course.name}: {mine:7.1f} / {theirs:.1f} items/s", flush=True)
            pairs.append((mine, theirs))
        bench.peer.close()
    finally:
        await engine.close()
    figure = ratio(f"judging, {course.name} ÷ Llama, one at a time", pairs, "items/s", Budget("at least", 3.0))
    threads, read = bench.peer.threads, round(statistics.mean(lengths))
    settings = {
        "peer_threads": threads,
        "at_once": course.at_once,
        "items": bench.differences.items,
        "prompt_tokens": read,
    }
    return Found(figure, ceiling(course, threads, read), bench.differences, settings)


def ceiling(course: Course, threads: int, read: int) -> Ratio:
    """Items a second side by side against one at a time, both by llama-batched-bench, with prompts of ``read`` tokens."""

    def per_s(streams: int) -> float:
        speed = servers.batched_tokens_per_s(course.model, threads, read, ITEM_TOKENS, streams, "speed")
        return speed / (read + ITEM_TOKENS)

    found = interleaved(lambda: per_s(course.at_once), lambda: per_s(1), 6)
    return ratio(f"ceiling: llama-batched-bench, {course.at_once} at once ÷ one", found, "items/s")


def main(arguments: Sequence[str]) -> int:
    """Print the ratios and the differing verdicts. 1 if one is missed."""
    parser = argparse.ArgumentParser(prog="benchmarks.perf.judge", description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"the seed only, {QUICK_PARTS} parts")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the evidence there")
    options = parser.parse_args(arguments)
    ratios: list[Ratio] = []
    settings: dict[str, Any] = {}
    missed = False
    with tempfile.TemporaryDirectory(prefix="a3x-bench-") as name:
        for course in courses(Path(name), options.quick):
            found = asyncio.run(measure(course))
            print(found.figure.line(), found.ceiling.line(), found.differences.line(), sep="\n", flush=True)
            ratios += [found.figure, found.ceiling]
            settings[course.name] = {**found.settings, "verdicts": vars(found.differences)}
            missed |= "missed" in (found.figure.verdict, found.differences.verdict)
    if options.json:
        write_evidence(options.json, "judge", ratios, settings)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
