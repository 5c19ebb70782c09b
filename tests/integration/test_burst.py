"""A burst gives what one token after the other gives, and stops where it must."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from a3x.engine import burst
from a3x.engine.burst import GREEDY, MOST_ROUNDS, Flag, Rounds
from a3x.engine.llama import Context, Model, start_backend
from a3x.engine.pace import Pace
from a3x.engine.sampling import Sampler
from a3x.engine.uncertainty import spread
from a3x.errors import EngineFailure
from a3x.types import Sampling
from tests.support import tiny

pytestmark = pytest.mark.integration

LONG_S = 60.0
PROMPTS = [[10, 20, 30], [40, 50], [60, 70, 80, 90]]
SAMPLINGS = [
    Sampling(),
    Sampling(temperature=0.9, top_k=40, seed=7),
    Sampling(repetition_penalty=1.3, dry_multiplier=0.8),
]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    start_backend()
    made = Model(tiny.write_model(tmp_path_factory.mktemp("models") / "tiny.gguf"), gpu_layers=0)
    yield made
    made.close()


class Desk:
    """Three answers side by side: the first tokens are drawn, the rest is up to the test."""

    def __init__(self, model: Model) -> None:
        no_end = tuple((token, -100.0) for token in range(model.vocab_size) if model.ends_generation(token))
        self.model = model
        self.context = Context(model, 256, Pace((1,)), flash_attention=False, sequences=3)
        self.hands = [Sampler(Sampling(**{**vars(each), "logit_bias": no_end}), model) for each in SAMPLINGS]
        self.positions = [len(prompt) for prompt in PROMPTS]
        self.tokens = []
        for sequence, prompt in enumerate(PROMPTS):
            self.context.decode(prompt, 0, True, sequence)
            self.tokens += self.context.draw([self.hands[sequence]], [-1]).last

    def burst(
        self, rounds: int, rooms: tuple[int, ...] = (99, 99, 99), seconds: float = LONG_S, news: Flag | None = None
    ) -> Rounds:
        _, found = self.context.burst(
            self.tokens, self.positions, [0, 1, 2], self.hands, rooms, rounds, seconds, news or Flag()
        )
        self.positions = [position + len(found) for position in self.positions]
        self.tokens = found.last
        return found

    def step(self) -> Rounds:
        """The same the slow way: a decode, each sampler, numbers from the rows themselves."""
        places = self.context.advance(self.tokens, self.positions, [0, 1, 2])
        rows = np.stack([self.context.logits(place) for place in places])
        normalisers, entropies = spread(rows)
        self.tokens = [hand.draw(self.context, place) for hand, place in zip(self.hands, places, strict=True)]
        logprobs = [
            [float(row[token]) - total] for row, token, total in zip(rows, self.tokens, normalisers, strict=True)
        ]
        self.positions = [position + 1 for position in self.positions]
        tokens = [[token] for token in self.tokens]
        return Rounds(tokens, logprobs, [[entropy] for entropy in entropies], normalisers, [True] * 3)


def said(found: Sequence[Rounds]) -> Sequence[Sequence[Sequence[float]]]:
    """Tokens, log-probabilities and entropies of each answer, and what the last round had besides."""
    columns = [
        [[value for each in found for value in getattr(each, name)[answer]] for answer in range(3)]
        for name in ("tokens", "logprobs", "entropies")
    ]
    return [*columns, [found[-1].normalisers, found[-1].finite]]


def test_it_is_what_one_by_one_gives(model: Model) -> None:
    slow, fast = Desk(model), Desk(model)
    assert said([slow.step() for _ in range(30)]) == said([fast.burst(20), fast.burst(10)])


def test_a_hand_that_takes_another_token_is_found_out(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control."""
    monkeypatch.setattr(burst, "CHAIN", GREEDY)
    slow, fast = Desk(model), Desk(model)
    assert said([slow.step() for _ in range(20)]) != said([fast.burst(20)])


def test_the_likeliest_token_is_the_first_of_the_largest(model: Model) -> None:
    desk = Desk(model)
    plain = Sampler(Sampling(), model)
    assert plain.chain == 0
    assert desk.context.truncate(0, 0)
    desk.context.decode([5, 6, 7], 0, True, sequence=0)
    token = desk.context.draw([plain], [-1]).last[0]
    assert token == int(desk.context.logits().argmax()) == plain.draw(desk.context)


def test_it_stops_when_there_is_no_room_no_time_or_news(model: Model) -> None:
    desk, news = Desk(model), Flag()
    assert len(desk.burst(30, rooms=(99, 4, 99))) == 4
    assert len(desk.burst(30, seconds=0.0)) == 1
    news.raise_()
    assert len(desk.burst(30, news=news)) == 1
    news.lower()
    assert len(desk.burst(30, news=news)) == 30
    assert len(desk.burst(1000, rooms=(999, 999, 999))) == MOST_ROUNDS


def test_it_stops_after_a_token_that_ends_an_answer(model: Model) -> None:
    desk = Desk(model)
    wanted = ((model.eos, 1000.0),)
    desk.hands[1] = Sampler(Sampling(logit_bias=wanted), model)
    found = desk.burst(30)
    assert len(found) == 1 and found.last[1] == model.eos


def test_it_stops_where_the_context_ends(model: Model) -> None:
    desk = Desk(model)
    desk.context.truncate(0, 3)
    done = 0
    with pytest.raises(EngineFailure, match="do not fit"):
        while True:
            done += len(desk.burst(MOST_ROUNDS, rooms=(999, 999, 999)))
    assert done == desk.context.capacity - 4


def test_what_only_python_may_draw_is_left_to_it(model: Model) -> None:
    class Absent:
        chain = None

    desk = Desk(model)
    desk.hands[2] = Absent()  # type: ignore[call-overload]
    found = desk.burst(30)
    assert len(found) == 1
    assert found.last[2] == -1 and found.finite == [True] * 3 and min(found.last[:2]) >= 0


def test_numbers_that_are_none_end_it(tmp_path: Path) -> None:
    start_backend()
    model = Model(tiny.write_model(tmp_path / "wild.gguf", spread=1e30), gpu_layers=0)
    context = Context(model, 64, Pace((1,)), flash_attention=False)
    hand = Sampler(Sampling(), model)
    _, found = context.burst([1], [0], [0], [hand], [9], 5, LONG_S, Flag())
    assert len(found) == 1 and found.finite == [False] and found.last == [-1]
    context.close()
    model.close()
