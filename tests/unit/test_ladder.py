"""The parts of the ladder that need no model file: recipe, packing, schedule, grading, rotary layouts, packed attention."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path
from typing import cast

import numpy as np
import pytest
import torch

from a3x.ladder import evaluate, export, recipe
from a3x.ladder.batches import Corpus, Packer, after_others, draw, loss_weights
from a3x.ladder.corpus.example import Example, Message, Split
from a3x.ladder.model import Llama
from a3x.ladder.recipe import Mixture, Recipe, Shape
from a3x.ladder.tokenizer import ServedTokenizer
from a3x.ladder.train import Budget, rate

TINY = Shape(vocab=40, width=16, layers=2, heads=2, ffn=32, context=64)


class Echo:
    """Asks for a word and gets it back; longer at higher difficulty."""

    def __init__(self, skill: str = "echo") -> None:
        self.skill = skill

    def sample(self, rng: random.Random, split: Split, difficulty: float) -> Example:
        word = "ab" * rng.randint(1, 1 + round(difficulty * 8))
        return Example(self.skill, "en", (Message("user", word), Message("assistant", word)))


class Letters:
    """A tokenizer of one token a letter: 0 begins, 1 ends, 2 to 5 are roles."""

    def conversation(self, messages: Iterable[Message]) -> tuple[list[int], list[bool]]:
        ids, written = [0], [False]
        for message in messages:
            body = [10 + ord(letter) - ord("a") for letter in message.content] + [1]
            ids += [2, *body]
            written += [False] + [message.role == "assistant"] * len(body)
        return ids, written


def packer(settings: Recipe) -> Packer:
    tokenizer = cast(ServedTokenizer, Letters())
    return Packer(settings, {name: Echo() for name in settings.mixture.whole}, tokenizer, random.Random(3))


def test_recipe_survives_toml(tmp_path: Path) -> None:
    settings = Recipe(seed=7, shape=TINY, row_tokens=(32, 64))
    path = tmp_path / "recipe.toml"
    path.write_text(recipe.dump(settings))
    assert recipe.load(path) == settings


def test_unknown_recipe_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text("[shape]\nwidht = 3\n")
    with pytest.raises(ValueError, match="widht"):
        recipe.load(path)


def test_mixture_starts_with_copying_and_ends_whole() -> None:
    mixture = Mixture(copying={"reading": 1.0}, whole={"reading": 0.25, "shell": 0.75})
    assert mixture.at(0.1, 0.15) == {"reading": 1.0, "shell": 0.0}
    assert mixture.at(0.225, 0.15)["shell"] == pytest.approx(0.375)
    assert mixture.at(0.9, 0.15) == {"reading": 0.25, "shell": 0.75}


def test_default_mixtures_are_whole() -> None:
    mixture = Recipe().mixture
    assert sum(mixture.copying.values()) == pytest.approx(1.0)
    assert sum(mixture.whole.values()) == pytest.approx(1.0)
    assert set(mixture.copying) == set(mixture.whole)


def test_rate_warms_up_and_decays() -> None:
    settings = Recipe()
    assert rate(settings, 0, 0.0) == pytest.approx(settings.learning_rate / settings.warmup_steps)
    assert rate(settings, 10_000, 0.0) == pytest.approx(settings.learning_rate)
    assert rate(settings, 10_000, 1.0) == pytest.approx(settings.learning_rate * settings.final_rate_share)


def test_budget_counts_steps_or_seconds() -> None:
    assert Budget(steps=10).progress(5, 1e9) == 0.5
    assert Budget(seconds=60).progress(5, 30) == 0.5
    assert Budget(seconds=60).progress(5, 90) == 1.0


def test_batches_are_packed_and_scored_where_the_assistant_writes() -> None:
    settings = Recipe(batch_tokens=128, row_tokens=(32, 64), rest_sampled=1.0, session_share=0.0)
    batch = packer(settings).batch(progress=1.0)
    assert batch.tokens.size == 128
    assert (batch.documents >= 0).mean() > 0.7
    flat = batch.tokens.ravel()
    np.testing.assert_array_equal(flat[batch.where + 1], batch.targets)
    documents = batch.documents.ravel()
    scored = batch.where[batch.weights > 0]
    assert len(batch.where) % 128 == 0 and len(scored) > 60
    assert (documents[scored] == documents[scored + 1]).all()
    for document in range(documents.max() + 1):
        ids = flat[documents == document].tolist()
        assert batch.positions.ravel()[documents == document].tolist() == list(range(len(ids)))
        half = (len(ids) - 1) // 2
        scored = batch.targets[batch.answer & (documents[batch.where] == document)].tolist()
        assert ids[0] == 0 and scored == ids[half + 2 :]


def test_same_seed_draws_the_same_batches() -> None:
    settings = Recipe(batch_tokens=128, row_tokens=(32, 64), session_skills=("copy",))
    first, second = packer(settings), packer(settings)
    for _ in range(3):
        np.testing.assert_array_equal(first.batch(0.5).tokens, second.batch(0.5).tokens)


def test_conversations_beyond_the_longest_row_are_counted() -> None:
    settings = Recipe(batch_tokens=128, row_tokens=(16,), session_share=0.0)
    packing = packer(settings)
    packing.batch(progress=1.0)
    assert packing.dropped > 0


def test_draw_grows_with_progress() -> None:
    generators: Corpus = {name: Echo() for name in Recipe().mixture.whole}
    rng = random.Random(1)
    early = max(len(draw(generators, Recipe(), rng, 0.0).messages[0].content) for _ in range(100))
    late = max(len(draw(generators, Recipe(), rng, 1.0).messages[0].content) for _ in range(100))
    assert early < late


def test_grading_sees_every_turn_and_accepts_others_for_the_last() -> None:
    talk = Example(
        "sums",
        "en",
        (Message("user", "2+2"), Message("assistant", "call"), Message("tool", "4"), Message("assistant", "It is 4.")),
        accept=("4",),
    )
    assert [len(before) for before in evaluate.turns(talk)] == [1, 3]
    assert evaluate.right(talk, ["call", "4"]) == [True, True]
    assert evaluate.right(talk, ["cal", "It is 4. "]) == [False, True]
    assert evaluate.right(talk, ["call", "5"]) == [True, False]


def test_rotary_layouts_are_inverse_and_differ() -> None:
    weight = torch.arange(16.0 * 3).view(16, 3)
    turned = export._pairs(weight, heads=2)
    assert turned[:4, 0].tolist() == [weight[0, 0], weight[4, 0], weight[1, 0], weight[5, 0]]
    assert torch.equal(export._halves(turned, heads=2), weight)


def test_packed_conversations_do_not_see_each_other() -> None:
    torch.manual_seed(0)
    model = Llama(TINY)
    one, two = torch.randint(0, 40, (9,)), torch.randint(0, 40, (7,))
    packed = torch.cat([one, two])[None]
    positions = torch.cat([torch.arange(9), torch.arange(7)])[None]
    documents = torch.tensor([[0] * 9 + [1] * 7])
    together = model(packed, positions, documents)[0, 9:]
    alone = model(two[None], torch.arange(7)[None], torch.zeros(1, 7, dtype=torch.long))[0]
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-5)
    leaking = model(packed, positions, torch.zeros_like(documents))[0, 9:]
    assert (leaking - alone).abs().max() > 1e-3


def test_long_answers_weigh_less_for_each_token() -> None:
    settings = Recipe(short_answer=4, rest_weight=0.1)
    weights = loss_weights(settings, [False, True, True, True, True, False, *[True] * 16])
    assert weights == pytest.approx([0.1, 1, 1, 1, 1, 0.1, *[0.5] * 16])


def test_sessions_keep_the_system_message_first_and_the_own_turns_last() -> None:
    own = (Message("system", "memory"), Message("user", "q"), Message("assistant", "a"))
    settings = Recipe(session_skills=("echo",))
    turns = after_others(Example("x", "en", own), {"echo": Echo()}, settings, random.Random(2))
    assert len(turns) > 3 and [turns[0], *turns[-2:]] == list(own)
    assert [message.role for message in turns[1:]] == ["user", "assistant"] * ((len(turns) - 1) // 2)
