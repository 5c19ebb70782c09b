"""Trains the seed from packed batches within a budget, with checkpoints that survive a kill.

Knows model, optimiser and schedule; knows nothing of skills. Everything it has to say goes to ``events.jsonl``.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from a3x.ladder import export
from a3x.ladder.batches import Batch, Stream
from a3x.ladder.model import Llama
from a3x.ladder.recipe import Recipe
from a3x.runs import mean_keeps

Probe = Callable[[Llama, int, float], dict[str, Any]]
"""Given model, step and progress, returns figures for the events file."""


@dataclass(frozen=True)
class Budget:
    """How long to train: steps, or seconds of training (probes and checkpoints excluded)."""

    steps: int | None = None
    seconds: float | None = None

    def progress(self, step: int, spent_s: float) -> float:
        """How much of the budget is used, in [0, 1]."""
        done = step / self.steps if self.steps else spent_s / self.seconds if self.seconds else 1.0
        return min(1.0, done)


class Trainer:
    """One training run and its state on disk."""

    def __init__(self, recipe: Recipe, budget: Budget, out: Path, device: str = "cpu", compiled: bool = False) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe, self.budget, self.out = recipe, budget, out
        self.device = torch.device(device)
        self.model = Llama(recipe.shape).to(self.device)
        graphs = "reduce-overhead" if self.device.type == "cuda" else None
        self.forward = torch.compile(self.model, dynamic=False, mode=graphs) if compiled else self.model
        self.score = torch.compile(_score, dynamic=True) if compiled else _score
        self.optimiser = _optimiser(self.model, recipe)
        self.mean = [w.detach().clone() for w in self.model.parameters()] if recipe.average else []
        self.half = self.device.type == "cuda" or torch.cpu._is_avx512_bf16_supported()
        self.step = 0
        self.tokens = 0
        self.spent_s = 0.0

    def run(self, stream: Stream, probe: Probe | None = None) -> None:
        """Train until the budget is used."""
        recipe, progress = self.recipe, self.budget.progress(self.step, self.spent_s)
        saved_at = self.spent_s
        seen = _Mean()
        while progress < 1.0:
            start = time.monotonic()
            stream.set_progress(progress)
            batch = stream.next()
            waited = time.monotonic() - start
            seen.add(self.learn(batch, progress), int((batch.documents >= 0).sum()), waited)
            self.step += 1
            self.spent_s += time.monotonic() - start
            if self.step % recipe.report_steps == 0:
                self._report(seen, progress)
                seen = _Mean()
            if self.spent_s - saved_at > recipe.checkpoint_s:
                self.save()
                saved_at = self.spent_s
            progress = self.budget.progress(self.step, self.spent_s)
            if probe and self.step % recipe.probe_steps == 0:
                self.log({"event": "probe", "step": self.step, **probe(self.model, self.step, progress)})
        self.save()

    def learn(self, batch: Batch, progress: float) -> tuple[Tensor, Tensor]:
        """One optimiser step; returns the weighted loss and the loss on answers."""
        for group in self.optimiser.param_groups:
            group["lr"] = rate(self.recipe, self.step, progress)
        tokens, positions, documents, where, targets, weights, answer = (
            torch.from_numpy(part).to(self.device)
            for part in (
                batch.tokens.astype("int64"),
                batch.positions.astype("int64"),
                batch.documents.astype("int64"),
                batch.where.astype("int64"),
                batch.targets.astype("int64"),
                batch.weights,
                batch.answer,
            )
        )
        moved = self._move_weights()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.half):
            hidden = self.forward(tokens, positions, documents)
            each = self.score(hidden.flatten(0, 1), where, targets, self.model.token_embd.weight)
        loss = (each * weights).sum() / weights.sum()
        loss.backward()
        with torch.no_grad():
            for weight, way in moved:
                weight.sub_(way)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.recipe.clip_norm)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self._average()
        self.tokens += int((batch.documents >= 0).sum())
        return loss.detach(), (each.detach() * answer).sum() / answer.sum().clamp(min=1)

    @torch.no_grad()
    def _average(self) -> None:
        """Take the weights into their moving mean, whose memory grows with the steps up to what the recipe says."""
        if self.mean:
            keep = mean_keeps(self.recipe.average, self.step)
            for mean, weight in zip(self.mean, self.model.parameters(), strict=True):
                mean.lerp_(weight, 1 - keep)

    def weights(self) -> dict[str, Tensor]:
        """What is exported: the mean of the weights if the recipe keeps one, else the weights."""
        if not self.mean:
            return self.model.state_dict()
        return dict(zip((name for name, _ in self.model.named_parameters()), self.mean, strict=True))

    @torch.no_grad()
    def _move_weights(self) -> list[tuple[Tensor, Tensor]]:
        """Shake the layers' matrices for one step, so that answers come to stand on more than a hair; what was added to each.

        A share of each matrix's own size, in random directions: a flat minimum keeps its answers when a lesson moves it
        (Bisla et al., arXiv 2201.08025).
        """
        share = self.recipe.weight_noise * float(torch.rand(()))
        if not share:
            return []
        moved = []
        for name, weight in self.model.named_parameters():
            if weight.dim() == 2 and not name.startswith("token_embd"):
                way = torch.randn_like(weight) * (share * weight.square().mean().sqrt())
                weight.add_(way)
                moved.append((weight, way))
        return moved

    def save(self) -> None:
        """Write ``checkpoint.pt`` atomically."""
        state = {
            "model": self.model.state_dict(),
            "exported": self.weights(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "tokens": self.tokens,
            "spent_s": self.spent_s,
            "torch_rng": torch.get_rng_state(),
        }
        partial = self.out / "checkpoint.pt.partial"
        torch.save(state, partial)
        partial.replace(self.out / "checkpoint.pt")

    def resume(self, checkpoint: Path) -> None:
        """Go on exactly where a checkpoint was written."""
        state = torch.load(checkpoint, map_location=self.device, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.mean = list(state["exported"].values()) if self.mean else []
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.tokens, self.spent_s = state["step"], state["tokens"], state["spent_s"]
        torch.set_rng_state(state["torch_rng"].cpu())

    def warm_start(self, checkpoint: Path) -> None:
        """Take the weights of an earlier run, a checkpoint or the seed's GGUF, and nothing else."""
        if checkpoint.suffix == ".gguf":
            self.model.load_state_dict(export.read(checkpoint)[1])
        else:
            self.model.load_state_dict(torch.load(checkpoint, map_location=self.device, weights_only=True)["exported"])

    def log(self, event: dict[str, Any]) -> None:
        """Append one line to ``events.jsonl``."""
        with (self.out / "events.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(event) + "\n")

    def _report(self, seen: _Mean, progress: float) -> None:
        figures = {"event": "step", "step": self.step, "tokens": self.tokens, "spent_s": round(self.spent_s, 1)}
        figures |= {"progress": round(progress, 4), "rate": rate(self.recipe, self.step, progress), **seen.figures()}
        self.log(figures)


class _Mean:
    """Means over the steps of one report; losses stay tensors until they are asked for."""

    def __init__(self) -> None:
        self.losses: list[tuple[Tensor, Tensor]] = []
        self.tokens, self.waited = 0, 0.0
        self.start = time.monotonic()

    def add(self, losses: tuple[Tensor, Tensor], tokens: int, waited: float) -> None:
        self.losses.append(losses)
        self.tokens += tokens
        self.waited += waited

    def figures(self) -> dict[str, float]:
        loss, answer = (float(torch.stack(part).mean()) for part in zip(*self.losses, strict=True))
        spent = time.monotonic() - self.start
        return {
            "loss": round(loss, 4),
            "answer_loss": round(answer, 4),
            "tokens_per_s": round(self.tokens / spent),
            "waited_share": round(self.waited / spent, 3),
        }


def rate(recipe: Recipe, step: int, progress: float) -> float:
    """Learning rate: linear warm-up over steps, cosine over the budget."""
    low = recipe.final_rate_share
    cosine = low + (1 - low) * (1 + math.cos(math.pi * progress)) / 2
    return recipe.learning_rate * cosine * min(1.0, (step + 1) / recipe.warmup_steps)


def _score(hidden: Tensor, where: Tensor, targets: Tensor, head: Tensor) -> Tensor:
    """Cross-entropy at ``where``; other positions never meet the vocabulary."""
    return F.cross_entropy(F.linear(hidden[where], head).float(), targets, reduction="none")


def _optimiser(model: Llama, recipe: Recipe) -> torch.optim.AdamW:
    matrices = [w for name, w in model.named_parameters() if w.dim() == 2 and not name.startswith("token_embd")]
    others = [w for name, w in model.named_parameters() if w.dim() != 2 or name.startswith("token_embd")]
    groups = [{"params": matrices, "weight_decay": recipe.weight_decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, betas=(recipe.beta1, recipe.beta2), fused=True)
