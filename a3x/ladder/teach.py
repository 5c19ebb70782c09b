"""Measures how teachable a seed is: new facts through a small LoRA, asked again in ways that were and were not taught.

Knows LoRA and the lesson protocol; knows nothing of how the seed was grown. The adapter is merged and served by llama.cpp
for the scores, as an adapter would be in use.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parametrize

from a3x.ladder import export
from a3x.ladder.batches import Corpus, corpus, draw
from a3x.ladder.corpus.example import Example, Message
from a3x.ladder.corpus.lessons import Lesson, lessons
from a3x.ladder.evaluate import Decoder, grade, sample
from a3x.ladder.model import Llama
from a3x.ladder.recipe import Recipe
from a3x.ladder.tokenizer import ServedTokenizer


@dataclass(frozen=True)
class Course:
    """Settings of one course of lessons."""

    lessons: int = 24
    rank: int = 8
    alpha: float = 16.0
    learning_rate: float = 5e-3
    steps: int = 300
    examples: int = 16
    lesson_share: float = 0.6


class Low(nn.Module):
    """A weight plus ``alpha / rank`` times a product of two thin matrices, which starts at zero."""

    def __init__(self, weight: Tensor, course: Course) -> None:
        super().__init__()
        rows, columns = weight.shape
        self.down = nn.Parameter(torch.randn(course.rank, columns) / columns**0.5)
        self.up = nn.Parameter(torch.zeros(rows, course.rank))
        self.scale = course.alpha / course.rank

    def forward(self, weight: Tensor) -> Tensor:
        return weight + self.scale * (self.up @ self.down)


def teach(gguf: Path, seed: int, threads: int, course: Course = Course()) -> dict[str, Any]:
    """Teach one set of lessons to the seed in ``gguf``; exact match before and after, and seconds of training."""
    drawn = lessons(seed, course.lessons)
    generators = corpus(Recipe())
    held = [example for drawn in sample(generators, "slots", 8, 1.0, f"teach/{seed}").values() for example in drawn]
    questions = {
        "taught": [_asked(lesson, question) for lesson in drawn for question in lesson.taught],
        "probe_seen_form": [_asked(lesson, lesson.probe_seen_form) for lesson in drawn],
        "probe_held_form": [_asked(lesson, lesson.probe_held_form) for lesson in drawn],
        "kept": held,
    }
    before = _exact(gguf, questions, threads)
    with tempfile.TemporaryDirectory() as folder:
        taught = Path(folder) / "taught.gguf"
        start = time.monotonic()
        _train(gguf, taught, questions["taught"], generators, seed, course)
        seconds = time.monotonic() - start
        return {"seed": seed, "seconds": round(seconds), "before": before, "after": _exact(taught, questions, threads)}


def _asked(lesson: Lesson, question: str) -> Example:
    return Example("lesson", lesson.lang, (Message("user", question), Message("assistant", lesson.value)))


def _train(gguf: Path, target: Path, taught: list[Example], generators: Corpus, seed: int, course: Course) -> None:
    """Train a LoRA on every linear layer and write the merged weights beside the seed's own vocabulary."""
    torch.manual_seed(seed)
    rng = random.Random(f"teach/{seed}")
    shape, weights = export.read(gguf)
    model = Llama(shape)
    model.load_state_dict(weights)
    model.requires_grad_(False)
    layers = [layer for layer in model.modules() if isinstance(layer, nn.Linear)]
    for layer in layers:
        parametrize.register_parametrization(layer, "weight", Low(layer.weight, course))
    tokenizer = ServedTokenizer(gguf)
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=course.learning_rate, weight_decay=0.0)
    decay = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1.0 - step / course.steps)
    recipe = Recipe(shape=shape)
    for _ in range(course.steps):
        count = round(course.examples * course.lesson_share)
        chosen = [rng.choice(taught) for _ in range(count)]
        chosen += [draw(generators, recipe, rng, 1.0) for _ in range(course.examples - count)]
        _loss(model, tokenizer, chosen).backward()
        optimiser.step()
        decay.step()
        optimiser.zero_grad(set_to_none=True)
    tokenizer.close()
    for layer in layers:
        parametrize.remove_parametrizations(layer, "weight")
    export.rewrite(gguf, target, model.state_dict())


def _loss(model: Llama, tokenizer: ServedTokenizer, examples: Sequence[Example]) -> Tensor:
    """Mean cross-entropy over what the assistant wrote, the examples side by side in one padded batch."""
    talks = [tokenizer.conversation(example.messages) for example in examples]
    talks = [(ids, written) for ids, written in talks if len(ids) <= model.shape.context]
    length = max(len(ids) for ids, _ in talks)
    tokens = torch.zeros(len(talks), length, dtype=torch.long)
    written = torch.zeros(len(talks), length, dtype=torch.bool)
    for row, (ids, own) in enumerate(talks):
        tokens[row, : len(ids)] = torch.tensor(ids)
        written[row, : len(ids)] = torch.tensor(own)
    with torch.autocast("cpu", torch.bfloat16, enabled=torch.cpu._is_avx512_bf16_supported()):
        hidden = model(tokens, torch.arange(length).expand_as(tokens), torch.zeros_like(tokens))
        scores = model.logits(hidden[:, :-1][written[:, 1:]])
    return F.cross_entropy(scores.float(), tokens[:, 1:][written[:, 1:]])


def _exact(gguf: Path, questions: dict[str, list[Example]], threads: int) -> dict[str, float]:
    decoder = Decoder(gguf, threads)
    shares = {}
    for name, examples in questions.items():
        verdicts = [all(verdict) for verdict, _ in grade(decoder, examples)]
        shares[name] = round(sum(verdicts) / len(verdicts), 3)
    decoder.close()
    return shares
