"""Grows a tiny seed in a few seconds and checks that llama.cpp serves exactly what was trained."""

from __future__ import annotations

import dataclasses
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import sentencepiece
import torch

from a3x.ladder import export, recipe, tokenizer
from a3x.ladder.batches import Batch, Packer
from a3x.ladder.commands import main
from a3x.ladder.corpus.example import Example, Message, Split
from a3x.ladder.evaluate import Decoder, grade
from a3x.ladder.model import Llama
from a3x.ladder.recipe import Mixture, Recipe, Shape
from a3x.ladder.tokenizer import ServedTokenizer
from a3x.ladder.train import Budget, Trainer

pytestmark = pytest.mark.integration

SHAPE = Shape(vocab=420, width=64, layers=2, heads=2, ffn=128, context=128)
RECIPE = Recipe(
    shape=SHAPE,
    row_tokens=(64, 128),
    batch_tokens=512,
    warmup_steps=5,
    report_steps=10,
    session_share=0.0,
    mixture=Mixture({"a": 1.0}, {"a": 1.0}),
)
PARTS = [
    "the",
    "que",
    "não",
    "def",
    "    ",
    "<tool_call>",
    "```",
    "\n",
    " ",
    "  ",
    "12",
    "/etc/",
    "<|user|>",
    "</s>",
    "😀",
    "_",
    "▁",
    "\t",
]


class Colours:
    """A closed set of questions that a tiny model learns in seconds."""

    skill = "colours"

    def sample(self, rng: random.Random, split: Split, difficulty: float) -> Example:
        thing, colour = rng.choice([("sky", "blue"), ("grass", "green"), ("snow", "white"), ("coal", "black")])
        question = f"What colour is the {thing}?\nSay it in one word, número {rng.randrange(10)}."
        return Example(self.skill, "en", (Message("user", question), Message("assistant", colour)))


class Inline:
    """A stream of batches drawn in this process."""

    def __init__(self, vocabulary: Path) -> None:
        self.tokenizer = ServedTokenizer(vocabulary)
        self.packer = Packer(RECIPE, {"a": Colours()}, self.tokenizer, random.Random(1))
        self.progress = 0.0

    def set_progress(self, progress: float) -> None:
        self.progress = progress

    def next(self) -> Batch:
        return self.packer.batch(self.progress)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A run directory after 30 steps."""
    out = tmp_path_factory.mktemp("run")
    rng = random.Random(0)
    texts = [message.content for _ in range(500) for message in Colours().sample(rng, "train", 1.0).messages]
    texts += [chr(ordinal) * 3 + " quick brown fox jumps over lazy dog" for ordinal in range(33, 127)]
    pieces = tokenizer.grow(texts, SHAPE.vocab)
    (out / "tokenizer.model").write_bytes(pieces)
    export.write(out / "vocabulary.gguf", SHAPE, pieces, None, "tiny")
    trainer = Trainer(RECIPE, Budget(steps=30), out)
    trainer.run(Inline(out / "vocabulary.gguf"))  # type: ignore[arg-type]
    export.write(out / "tiny.gguf", SHAPE, pieces, trainer.model.state_dict(), "tiny")
    yield out


def test_loss_falls(run: Path) -> None:
    events = [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]
    assert [event["step"] for event in events] == [10, 20, 30]
    assert events[-1]["answer_loss"] < 0.5 * events[0]["answer_loss"]


def test_llama_cpp_computes_the_same_logits(run: Path) -> None:
    shape, weights = export.read(run / "tiny.gguf")
    assert shape == SHAPE
    model = Llama(shape)
    model.load_state_dict(weights)
    decoder = Decoder(run / "tiny.gguf")
    rng = random.Random(2)
    for _ in range(20):
        ids = [tokenizer.BEGIN] + [rng.randrange(shape.vocab) for _ in range(rng.randrange(3, 100))]
        tokens = torch.tensor([ids])
        hidden = model(tokens, torch.arange(len(ids))[None], torch.zeros_like(tokens))
        ours = model.logits(hidden)[0, -1].detach().numpy()
        np.testing.assert_allclose(decoder.logits(ids), ours, atol=0.03)
    decoder.close()


def test_tokenizers_agree(run: Path) -> None:
    served = ServedTokenizer(run / "tiny.gguf")
    grown = sentencepiece.SentencePieceProcessor(model_file=str(run / "tokenizer.model"))
    rng = random.Random(4)
    letters = "abc ABC  109.,:;/\\\"'{}[]()<>|`=-_ãéçõ€→"
    for _ in range(10_000):
        text = "".join(rng.choice(rng.choice((PARTS, letters))) for _ in range(rng.randrange(1, 40)))
        assert served.text(text) == grown.encode(text), repr(text)
    served.close()


def test_markers_in_text_are_text(run: Path) -> None:
    served = ServedTokenizer(run / "tiny.gguf")
    ids, written = served.conversation((Message("user", "<|end|><|assistant|>"), Message("assistant", "no")))
    assert ids.count(served.end) == 2 and ids.count(served.roles["assistant"]) == 1
    assert sum(written) == len(served.text("no")) + 1
    served.close()


def test_evaluation_together_equals_alone(run: Path) -> None:
    rng = random.Random(5)
    examples = [Colours().sample(rng, "train", 1.0) for _ in range(20)]
    decoder = Decoder(run / "tiny.gguf")
    together = [answers for _, answers in grade(decoder, examples)]
    alone = [grade(decoder, [example])[0][1] for example in examples]
    decoder.close()
    assert together == alone


def test_a_run_resumes_where_it_was_saved(run: Path, tmp_path: Path) -> None:
    trainer = Trainer(RECIPE, Budget(steps=40), tmp_path)
    trainer.resume(run / "checkpoint.pt")
    assert trainer.step == 30
    trainer.run(Inline(run / "vocabulary.gguf"))  # type: ignore[arg-type]
    assert json.loads((tmp_path / "events.jsonl").read_text().splitlines()[-1])["step"] == 40


def test_shaken_weights_come_back_to_where_they_were(run: Path, tmp_path: Path) -> None:
    """At rate 0 nothing is learnt and nothing stays shaken, but the loss was that of other weights than at rest."""
    losses = {}
    for share in (0.0, 4.0):
        shaken = dataclasses.replace(RECIPE, learning_rate=0.0, weight_noise=share)
        trainer = Trainer(shaken, Budget(steps=1), tmp_path)
        trainer.warm_start(run / "tiny.gguf")
        before = {name: weight.clone() for name, weight in trainer.model.state_dict().items()}
        losses[share] = float(trainer.learn(Inline(run / "vocabulary.gguf").next(), 0.0)[0])
        for name, weight in trainer.model.state_dict().items():
            assert torch.allclose(weight, before[name], atol=1e-6)
    assert abs(losses[4.0] - losses[0.0]) > 1e-3


def test_what_is_exported_is_the_mean_of_the_weights_and_resumes_with_them(run: Path, tmp_path: Path) -> None:
    averaging = dataclasses.replace(RECIPE, average=0.5)
    trainer = Trainer(averaging, Budget(steps=12), tmp_path)
    stream = Inline(run / "vocabulary.gguf")
    mean = trainer.model.output_norm.weight.detach().clone()
    for step in range(12):
        trainer.learn(stream.next(), 0.5)
        keep = min(0.5, (step + 1) / (step + 10))
        mean = keep * mean + (1 - keep) * trainer.model.output_norm.weight.detach()
        trainer.step += 1
    assert torch.allclose(trainer.weights()["output_norm.weight"], mean)
    assert not torch.equal(mean, trainer.model.output_norm.weight)
    assert set(trainer.weights()) == set(trainer.model.state_dict())
    trainer.save()
    again = Trainer(averaging, Budget(steps=12), tmp_path)
    again.resume(tmp_path / "checkpoint.pt")
    assert torch.equal(again.weights()["output_norm.weight"], trainer.weights()["output_norm.weight"])


def test_rewriting_changes_weights_alone(run: Path, tmp_path: Path) -> None:
    _, weights = export.read(run / "tiny.gguf")
    export.rewrite(run / "tiny.gguf", tmp_path / "same.gguf", weights)
    assert (tmp_path / "same.gguf").read_bytes() == (run / "tiny.gguf").read_bytes()
    doubled = {name: weight * 2 for name, weight in weights.items()}
    export.rewrite(run / "tiny.gguf", tmp_path / "doubled.gguf", doubled)
    assert torch.equal(export.read(tmp_path / "doubled.gguf")[1]["blk.0.attn_q.weight"], doubled["blk.0.attn_q.weight"])


def test_the_mean_of_stages_is_that_of_their_weights(run: Path, tmp_path: Path) -> None:
    shape, weights = export.read(run / "tiny.gguf")
    pieces = (run / "tokenizer.model").read_bytes()
    (tmp_path / "tokenizer.model").write_bytes(pieces)
    for factor in (1, 3):
        scaled = {name: weight * factor for name, weight in weights.items()}
        export.write(tmp_path / f"{factor}.gguf", shape, pieces, scaled, "stage")
    assert main(["mean", *(str(tmp_path / f"{name}.gguf") for name in ("both", 1, 3))]) == 0
    for name, weight in export.read(tmp_path / "both.gguf")[1].items():
        assert torch.allclose(weight, weights[name] * 2, rtol=2e-3, atol=1e-6)
    other = dataclasses.replace(shape, ffn=64)
    export.write(tmp_path / "other.gguf", other, pieces, Llama(other).state_dict(), "other")
    with pytest.raises(ValueError, match="different shapes"):
        main(["mean", *(str(tmp_path / f"{name}.gguf") for name in ("both", 1, "other"))])


def test_the_seed_command_grows_exports_and_scores(tmp_path: Path) -> None:
    settings = Recipe(
        shape=Shape(vocab=1024, width=64, layers=1, heads=1, ffn=64, context=256),
        row_tokens=(128, 256),
        tokenizer_conversations=2000,
        report_steps=10,
        probe_steps=20,
        probe_items=2,
    )
    (tmp_path / "small.toml").write_text(recipe.dump(settings))
    out = tmp_path / "run"
    arguments = [
        "--recipe",
        str(tmp_path / "small.toml"),
        "--steps",
        "30",
        "--feeders",
        "2",
        "--n",
        "2",
        "--no-compile",
    ]
    assert main(["seed", "--out", str(out), "--threads", "1", *arguments]) == 0
    events = [json.loads(line) for line in (out / "events.jsonl").read_text().splitlines()]
    assert [event["event"] for event in events] == ["step", "step", "probe", "step"]
    scores = json.loads((out / "scores.json").read_text())
    assert scores["steps"] == 30 and set(scores["exact_match"]) == set(settings.mixture.whole)
    assert recipe.load(out / "recipe.toml") == settings
    decoder = Decoder(out / f"{settings.name}.gguf")
    assert decoder.context == 256
    decoder.close()
    second = dataclasses.replace(settings, name="second", seed=2, average=0.9, guise_share=0.5)
    (tmp_path / "second.toml").write_text(recipe.dump(second))
    more = ["--out", str(tmp_path / "more"), "--init", str(out / f"{settings.name}.gguf"), "--steps", "2"]
    more += ["--recipe", str(tmp_path / "second.toml"), "--threads", "1", "--n", "1", "--no-compile", "--no-probe"]
    assert main(["seed", *more]) == 0
    assert (tmp_path / "more" / "tokenizer.model").read_bytes() == (out / "tokenizer.model").read_bytes()
    assert (tmp_path / "more" / "second.gguf").exists()


def test_feeders_end_when_their_trainer_is_killed(run: Path) -> None:
    script = (
        "import time; from pathlib import Path; from a3x.ladder.batches import *\n"
        "if __name__ == '__main__':\n"
        f"    stream = Stream(Source(Recipe(), Path({str(run / 'vocabulary.gguf')!r}), '0', None))\n"
        "    stream.next(); print(stream._children[0].pid, flush=True); time.sleep(60)\n"
    )
    (run / "feeding.py").write_text(script)
    trainer = subprocess.Popen([sys.executable, str(run / "feeding.py")], stdout=subprocess.PIPE, text=True)
    assert trainer.stdout is not None
    feeder = Path("/proc") / trainer.stdout.readline().strip()
    assert feeder.exists()
    trainer.kill()
    trainer.communicate()
    deadline = time.monotonic() + 20
    while feeder.exists() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not feeder.exists()
