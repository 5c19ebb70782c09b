"""Command line of the ladder: grow the seed, score it, measure how teachable it is.

Knows the order of the steps and the files of a run directory; the steps themselves are elsewhere.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from a3x.ladder import evaluate, export, recipe, replay, teach, tokenizer
from a3x.ladder.batches import Corpus, Source, Stream, corpus, draw
from a3x.ladder.corpus.example import Message
from a3x.ladder.corpus.probes import NEWCOMER
from a3x.ladder.model import Llama
from a3x.ladder.recipe import Recipe
from a3x.ladder.train import Budget, Trainer


def main(arguments: list[str] | None = None) -> int:
    """Entry point; returns the exit status."""
    options = _parser().parse_args(arguments)
    options.act(options)
    return 0


def seed(options: argparse.Namespace) -> None:
    """Tokenizer → training → export → scores, all in the run directory ``--out``."""
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    settings = _recipe(options)
    (out / "recipe.toml").write_text(recipe.dump(settings), encoding="utf-8")
    torch.set_num_threads(options.threads)
    generators = corpus(settings)
    if options.init:  # weights mean nothing under another tokenizer
        shutil.copyfile(options.init.parent / "tokenizer.model", out / "tokenizer.model")
    pieces = _pieces(out, settings, generators)
    export.write(out / "vocabulary.gguf", settings.shape, pieces, None, settings.name)
    budget = Budget(options.steps, options.minutes * 60 if options.minutes else None)
    trainer = Trainer(settings, budget, out, options.device, compiled=options.compile)
    if options.resume and (out / "checkpoint.pt").exists():
        trainer.resume(out / "checkpoint.pt")
    elif options.init:
        trainer.warm_start(options.init)
    source = Source(settings, out / "vocabulary.gguf", salt=str(trainer.step), steps=options.steps)
    stream = Stream(source, trainer.step, options.feeders)
    try:
        trainer.run(stream, None if options.no_probe else _prober(out, settings, pieces, generators))
    finally:
        stream.close()
    made = out / f"{settings.name}.gguf"
    export.write(made, settings.shape, pieces, trainer.weights(), settings.name)
    figures = {"tokens": trainer.tokens, "steps": trainer.step, "training_s": round(trainer.spent_s)}
    _card(made, out / "scores.json", generators, options.n, options.threads, figures)


def card(options: argparse.Namespace) -> None:
    """Score a GGUF and print what it says to a newcomer."""
    _card(options.gguf, options.json, corpus(_recipe(options)), options.n, options.threads, {})
    decoder = evaluate.Decoder(options.gguf, options.threads)
    for question, answer, sensible in newcomer(decoder):
        print(f"{'+' if sensible else '-'} {question!r}\n  {answer!r}")
    decoder.close()


def turn_into_gguf(options: argparse.Namespace) -> None:
    """Export the checkpoint of a run directory as it stands."""
    settings = recipe.load(options.out / "recipe.toml")
    state = torch.load(options.out / "checkpoint.pt", map_location="cpu", weights_only=True)
    pieces = (options.out / "tokenizer.model").read_bytes()
    export.write(options.gguf, settings.shape, pieces, state["exported"], settings.name)


def mean(options: argparse.Namespace) -> None:
    """Write the mean of the weights of several stages of one seed, under the tokenizer beside the first."""
    shape, first = export.read(options.ggufs[0])
    others = [export.read(path) for path in options.ggufs[1:]]
    if any(other != shape for other, _ in others):
        raise ValueError("models of different shapes have no mean")
    stages = [first, *(weights for _, weights in others)]
    weights = {name: torch.stack([stage[name] for stage in stages]).mean(0) for name in first}
    export.write(
        options.out, shape, (options.ggufs[0].parent / "tokenizer.model").read_bytes(), weights, options.out.stem
    )


def lesson(options: argparse.Namespace) -> None:
    """Teach new facts with a LoRA and print how far they carry."""
    torch.set_num_threads(options.threads)
    results = [teach.teach(options.gguf, seed, options.threads) for seed in range(options.seeds)]
    for result in results:
        print(json.dumps(result))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def kept(options: argparse.Namespace) -> None:
    """Write the replay that ships beside the seed."""
    settings = _recipe(options)
    replay.write(options.file, corpus(settings), settings, options.n, settings.seed)


def newcomer(decoder: evaluate.Decoder) -> Iterator[tuple[str, str, bool]]:
    """What somebody new would ask, the seed's answer, and whether it holds what a sensible answer holds."""
    prompts = [decoder.tokenizer.prompt((Message("user", question),)) for _, question, _ in NEWCOMER]
    for (_, question, signs), answer in zip(NEWCOMER, decoder.answers(prompts), strict=True):
        yield question, answer, any(sign.lower() in answer.lower() for sign in signs)


def _recipe(options: argparse.Namespace) -> Recipe:
    return recipe.load(options.recipe) if options.recipe else Recipe()


def _pieces(out: Path, settings: Recipe, generators: Corpus) -> bytes:
    path = out / "tokenizer.model"
    if not path.exists():
        rng = random.Random(f"{settings.seed}/tokenizer")
        talks = (draw(generators, settings, rng, rng.random()) for _ in range(settings.tokenizer_conversations))
        texts = (message.content for talk in talks for message in talk.messages)
        path.write_bytes(tokenizer.grow(texts, settings.shape.vocab))
    return path.read_bytes()


def _prober(out: Path, settings: Recipe, pieces: bytes, generators: Corpus) -> Any:
    def probe(model: Llama, step: int, progress: float) -> dict[str, Any]:
        start = time.monotonic()
        export.write(out / "probe.gguf", settings.shape, pieces, model.state_dict(), settings.name)
        decoder = evaluate.Decoder(out / "probe.gguf", threads=2)
        difficulty = settings.difficulty(progress)
        table = evaluate.scores(decoder, generators, settings.probe_items, ("slots",), difficulty, "probe")
        decoder.close()
        figures = {skill: round(splits["slots"].every, 2) for skill, splits in sorted(table.items())}
        return {"difficulty": round(difficulty, 2), "exact": figures, "probe_s": round(time.monotonic() - start, 1)}

    return probe


def _card(gguf: Path, target: Path | None, generators: Corpus, n: int, threads: int, figures: dict[str, Any]) -> None:
    decoder = evaluate.Decoder(gguf, threads)
    table = evaluate.scores(decoder, generators, n)
    decoder.close()
    print(f"{'skill':32}" + "".join(f"{split:>20}" for split in ("train", "slots", "phrasing")))
    for skill, splits in sorted(table.items()):
        print(f"{skill:32}" + "".join(f"{s.last:>12.1%} ({s.every:.0%})" for s in splits.values()))
    if target:
        plain = {skill: {split: asdict(s) for split, s in splits.items()} for skill, splits in sorted(table.items())}
        document = {"model": gguf.name, "bytes": gguf.stat().st_size, **figures, "exact_match": plain}
        target.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m a3x.ladder", description=__doc__)
    commands = parser.add_subparsers(required=True)
    grow = commands.add_parser("seed", help="grow the seed model from nothing")
    grow.add_argument("--out", type=Path, required=True)
    budget = grow.add_mutually_exclusive_group(required=True)
    budget.add_argument("--minutes", type=float)
    budget.add_argument("--steps", type=int)
    grow.add_argument("--init", type=Path, help="GGUF or checkpoint to start from, its tokenizer beside it")
    grow.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    grow.add_argument("--device", default="cpu")
    grow.add_argument("--feeders", type=int, default=1, help="processes that draw batches")
    grow.add_argument("--compile", action=argparse.BooleanOptionalAction, default=True)
    grow.add_argument("--no-probe", action="store_true", help="do not score while training")
    grow.set_defaults(act=seed)
    score = commands.add_parser("evaluate", help="score a GGUF through llama.cpp")
    score.add_argument("gguf", type=Path)
    score.add_argument("--json", type=Path)
    score.set_defaults(act=card)
    convert = commands.add_parser("export", help="write a run's newest checkpoint as GGUF")
    convert.add_argument("out", type=Path)
    convert.add_argument("gguf", type=Path)
    convert.set_defaults(act=turn_into_gguf)
    middle = commands.add_parser("mean", help="write the mean of several stages of one seed")
    middle.add_argument("out", type=Path)
    middle.add_argument("ggufs", type=Path, nargs="+")
    middle.set_defaults(act=mean)
    rehearsal = commands.add_parser("replay", help="write training conversations that a LoRA replays")
    rehearsal.add_argument("file", type=Path)
    rehearsal.set_defaults(act=kept)
    taught = commands.add_parser("teach", help="measure how teachable a GGUF is")
    taught.add_argument("gguf", type=Path)
    taught.add_argument("--seeds", type=int, default=3)
    taught.add_argument("--json", type=Path)
    taught.set_defaults(act=lesson)
    for command in (grow, score, taught):
        command.add_argument("--threads", type=int, default=2)
    for command in (grow, score, rehearsal):
        command.add_argument("--recipe", type=Path, help="TOML with settings that differ from the default")
        command.add_argument("--n", type=int, default=100, help="conversations a skill and split")
    return parser
