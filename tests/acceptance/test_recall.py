"""Issue 5, list 3: two hundred questions about earlier conversations, found, read, and honestly not known.

Finding and reading are told apart: ``hit@5`` looks at the ranking before the threshold, "relevant enough" after it; the scripted
reader copies the best note's value without a model, and the seed reads for itself.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from a3x import resources
from a3x.clock import SystemClock
from a3x.config import EngineSection
from a3x.engine.scheduler import LlamaEngine
from a3x.memory import recall
from a3x.memory.recall import NOTES, Recalled, Source, with_notes
from a3x.stores.facts import Facts
from a3x.types import BASE_MIX, Completion, Generation, Message, Sampling
from tests.support.lived import lived, recalled
from tests.support.remembered import Asked

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(1500)]
SEED = 23
HIT, TIMES, HONEST = 0.9, 3.0, 0.9
UNKNOWN = ("know", "sei")
Answer = Callable[[Asked, Recalled], Any]


class ScriptedReader:
    """Answers with the value of the best note, or that it does not know: what a perfect reader of one note would say."""

    def answer(self, recalled: Recalled) -> str:
        return recalled.sources[0].value if recalled.sources else "I don't know that yet."


class RandomRecall:
    """Negative control: recalls what was said, no matter what is asked."""

    def __init__(self, facts: Facts) -> None:
        self._all = facts.recent(5_000)
        self._chance = random.Random(1)

    async def recall(self, messages: tuple[Message, ...]) -> Recalled:
        drawn = self._chance.sample(self._all, NOTES)
        sources = tuple(Source(one.experience_id, 1.0, "by chance", one.text, one.value) for one in drawn)
        return Recalled(with_notes(messages, [one.text for one in sources[:1]]), sources)


def right(one: Asked, answer: str) -> bool:
    return answer.strip().rstrip(".") == one.answer.rstrip(".")


def does_not_know(answer: str) -> bool:
    return any(word in answer for word in UNKNOWN)


def hits(asked: Sequence[Asked], found: Sequence[Recalled]) -> float:
    """Share whose value is among the first five recalled facts."""
    pairs = zip(asked, found, strict=True)
    return sum(any(one.answer in source.text for source in each.sources[:5]) for one, each in pairs) / len(asked)


def stale(asked: Sequence[Asked], found: Sequence[Recalled]) -> float:
    """Share of the renewed ones for which the outdated value is recalled."""
    renewed = [(one, each) for one, each in zip(asked, found, strict=True) if one.outdated]
    return sum(any(one.outdated in source.text for source in each.sources) for one, each in renewed) / len(renewed)


async def read(asked: Sequence[Asked], found: Sequence[Recalled]) -> list[str]:
    """The seed's answers, greedy."""
    engine = LlamaEngine(resources.seed_model(), EngineSection(), 1, SystemClock(), 1024)
    await engine.start()

    async def ask(messages: tuple[Message, ...]) -> str:
        async for item in engine.generate(Generation(messages, BASE_MIX, Sampling(max_tokens=32))):
            if isinstance(item, Completion):
                return item.text
        raise AssertionError("no completion")

    answers = await asyncio.gather(*(ask(each.messages) for each in found))
    await engine.close()
    return answers


def share(asked: Sequence[Asked], answers: Sequence[str]) -> float:
    return sum(right(one, answer) for one, answer in zip(asked, answers, strict=True)) / len(asked)


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    return asyncio.run(_measure(tmp_path_factory.mktemp("life")))


async def _measure(home: Path) -> dict[str, float]:
    reader = ScriptedReader()
    async with lived(home, SEED) as house:
        known, unknown = house.lived.known, house.lived.unknown
        five = await recalled(house.recall(NOTES, house.embedder), known)
        words = await recalled(house.recall(NOTES, None), known)
        ranked = await recalled(house.recall(NOTES, house.embedder, min_score=0), known)
        ranked_by_words = await recalled(house.recall(NOTES, None, min_score=0), known)
        one = await recalled(house.recall(1, house.embedder), known)
        none = await recalled(house.recall(1, house.embedder), unknown)
        chance = await recalled(RandomRecall(Facts(house.db)), known)
        bare = [Recalled((Message("user", each.question),)) for each in known]
        answers = await read([*known, *known, *unknown, *known], [*one, *bare, *none, *chance])
        told, untold, honest, guessed = (
            answers[: len(known)],
            answers[len(known) : 2 * len(known)],
            answers[2 * len(known) : 2 * len(known) + len(unknown)],
            answers[2 * len(known) + len(unknown) :],
        )
        found = {
            "facts": float(len(Facts(house.db).recent(5_000))),
            "hit@5": hits(known, ranked),
            "hit@5, words alone": hits(known, ranked_by_words),
            "relevant enough to recall": hits(known, five),
            "the same, words alone": hits(known, words),
            "hit@1": hits(known, one),
            "hit@5 by chance": hits(known, chance),
            "outdated recalled": stale(known, five),
            "outdated recalled first": stale(known, one),
            "scripted reader": share(known, [reader.answer(each) for each in one]),
            "seed with recall": share(known, told),
            "seed without": share(known, untold),
            "seed by chance": share(known, guessed),
            "seed, given the right note": share_given(known, one, told),
            "not known: recalled nothing": sum(not each.sources for each in none) / len(none),
            "not known: seed says so": sum(map(does_not_know, honest)) / len(honest),
            "not known: scripted says so": sum(does_not_know(reader.answer(each)) for each in none) / len(none),
        }
    for name, value in found.items():
        print(f"{name:<30} {value:.3f}")
    return found


def share_given(asked: Sequence[Asked], found: Sequence[Recalled], answers: Sequence[str]) -> float:
    """Share read right of those whose note holds the answer."""
    held = [
        right(one, answer)
        for one, each, answer in zip(asked, found, answers, strict=True)
        if each.sources and one.answer in each.sources[0].text
    ]
    return sum(held) / max(1, len(held))


def test_what_was_told_is_found(figures: dict[str, float]) -> None:
    assert figures["hit@5"] >= HIT


def test_what_was_told_is_recalled(figures: dict[str, float]) -> None:
    assert figures["relevant enough to recall"] >= HIT


def test_the_seed_answers_three_times_more(figures: dict[str, float]) -> None:
    assert figures["seed with recall"] >= TIMES * max(figures["seed without"], 0.05)


def test_what_was_never_told_is_not_known(figures: dict[str, float]) -> None:
    assert figures["not known: seed says so"] >= HONEST


def test_random_notes_do_none_of_it(figures: dict[str, float]) -> None:
    """Negative control."""
    assert figures["hit@5 by chance"] < HIT / 2
    assert figures["seed by chance"] < TIMES * 0.05


def test_a_memory_without_supersession_recalls_what_is_outdated(
    figures: dict[str, float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: the same life, the same questions, nothing replaced when told nor when asked."""
    monkeypatch.setattr(recall, "RIVAL", -1.0)

    async def run() -> float:
        async with lived(tmp_path, SEED, supersedes=False) as house:
            found = await recalled(house.recall(NOTES, house.embedder), house.lived.known)
            return stale(house.lived.known, found)

    assert figures["outdated recalled"] < 0.75 * asyncio.run(run())
