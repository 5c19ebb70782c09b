"""One run from its base to a saved adapter: load, resume, step, validate, checkpoint, save, probe.

Knows the run directory and the libraries; knows nothing of tokenizers, GGUF adapters or what the result is worth.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from torch import nn
from transformers import LlamaForCausalLM

from a3x.errors import ConfigError, EngineFailure
from a3x.runs import mean_keeps
from a3x.train import bases, checkpoint, device, optimisers, output
from a3x.train.batches import MicroBatch, Order, longest_first, micro_batches
from a3x.train.fused import FusedLinear
from a3x.train.job import Job
from a3x.train.journal import Journal
from a3x.train.loss import hidden_states, loss_sum, losses
from a3x.train.memory import Memory, is_out_of_memory
from a3x.train.schedule import rate


def run(job: Job, journal: Journal, memory: Memory | None = None, told: Callable[[], bool] = lambda: False) -> bool:
    """Train ``job`` to its end and write the adapter. Raises ConfigError, MemoryError, EngineFailure if it diverges.

    ``told`` is asked after every step; once it says yes the run stops at a checkpoint, and the answer is False.
    """
    began = time.monotonic()
    trainer = Trainer(job, journal, memory or Memory())
    loaded = time.monotonic()
    if not trainer.train(told):
        journal.write("stopped", step=trainer.state.step)
        return False
    trained = time.monotonic()
    output.save(trainer.model, trainer.final_adapter(), job, trainer.device)
    journal.write(
        "finished",
        step=trainer.state.step,
        best_step=trainer.state.best_step if job.stop else trainer.state.step,
        load_s=round(loaded - began, 3),
        train_s=round(trained - loaded, 3),
        output_s=round(time.monotonic() - trained, 3),
        peak_bytes=trainer.device.peak_bytes(),
    )
    return True


class Trainer:
    """The frozen base with its adapter, the optimiser, and where they stand."""

    def __init__(self, job: Job, journal: Journal, memory: Memory) -> None:
        self.job, self.spec, self._journal, self._memory = job, job.spec, journal, memory
        if self.spec.threads:
            torch.set_num_threads(self.spec.threads)
        self.device = device.choose(self.spec.device)
        self.steps = self.spec.total_steps(len(job.train))
        self.order = Order(job.train, self.spec.batch, self.spec.seed)
        saved = checkpoint.load(job.directory, job.digest)
        kind = saved.optimizer if saved else optimisers.choose(self.spec.optimizer, self.device, journal)
        self.state = saved or checkpoint.State(micro_batch=min(self.spec.micro_batch, self.spec.batch), optimizer=kind)
        self.model = self._adapted_base()
        self.trained = {name: weight for name, weight in self.model.named_parameters() if weight.requires_grad}
        self._optimiser = optimisers.build(kind, self.trained.values(), self.spec.lr, self.spec.weight_decay)
        self._journal.write("started", **self._facts(kind))
        if saved:
            self._load_adapter(saved.adapter)
            self._optimiser.load_state_dict(saved.moments)
            journal.write("resumed", step=saved.step)
        elif self.spec.average:
            self.state.mean = self._adapter()

    def train(self, told: Callable[[], bool]) -> bool:
        """Step to the end, or to the next checkpoint after being told to stop; whether it was the end."""
        state, spec = self.state, self.spec
        while state.step < self.steps and not state.stopped:
            if told():
                self._save_checkpoint()
                return False
            self._step()
            if self.job.stop and (state.step % spec.validation.every_steps == 0 or state.step == self.steps):
                self._validate()
            if state.step % spec.checkpoint_every_steps == 0 or state.step == self.steps or state.stopped:
                self._save_checkpoint()
        return True

    def final_adapter(self) -> dict[str, torch.Tensor]:
        """The adapter that validated best, or the last where nothing was withheld to validate on; a mean if one is kept."""
        return self.state.best_adapter or self.state.mean or self._adapter()

    # --- one step ----------------------------------------------------------------------------------------------------

    def _step(self) -> None:
        began, state = time.monotonic(), self.state
        lr = rate(self.spec.schedule, self.spec.lr, state.step, self.steps)
        for group in self._optimiser.param_groups:
            group["lr"] = lr
        loss, tokens = self._gradients()
        norm = float(nn.utils.clip_grad_norm_(self.trained.values(), self.spec.max_grad_norm))
        if not (math.isfinite(loss) and math.isfinite(norm)):
            raise EngineFailure(f"training diverged: loss {loss}, gradient norm {norm} at step {state.step + 1}")
        self._optimiser.step()
        self._average()
        state.step += 1
        seconds = time.monotonic() - began
        self._journal.write(
            "step",
            step=state.step,
            loss=loss,
            lr=lr,
            tokens_per_s=round(tokens / seconds, 1),
            seconds=round(seconds, 4),
            peak_bytes=self.device.peak_bytes(),
        )

    @torch.no_grad()
    def _average(self) -> None:
        """Take the weights into their moving mean, whose memory grows with the steps up to what the run says."""
        keep = mean_keeps(self.spec.average, self.state.step)
        for name, mean in self.state.mean.items():
            mean.lerp_(self.trained[name].to(mean.device), 1 - keep)

    def _gradients(self) -> tuple[float, int]:
        """Loss and tokens of this step; when memory ends, halves the micro-batch and begins the step anew."""
        while True:
            try:
                return self._accumulate(self.state.micro_batch)
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                reason = str(error)
            self._halve(reason)

    def _accumulate(self, size: int) -> tuple[float, int]:
        # Seeded by step, so that dropout repeats after a resume and after a halving that changes nothing else.
        torch.manual_seed((self.spec.seed << 32) + self.state.step)
        self._optimiser.zero_grad(set_to_none=True)
        pieces = micro_batches(self.order.step(self.state.step), size, self.device.torch)
        whole = sum(float(piece.weights.sum()) for piece in pieces)
        kept = max(1, sum(len(piece.kept) for piece in pieces))
        total = 0.0
        for piece in pieces:
            self._memory.reserve(len(piece.tokens))
            with self.device.autocast():
                learnt, moved = losses(self._llama, piece, self._base_hidden(piece))
                loss = learnt / whole + self.spec.kl_to_base * moved / kept
            loss.backward()
            total += float(loss.detach())
        return total, sum(piece.real_tokens for piece in pieces)

    def _base_hidden(self, piece: MicroBatch) -> torch.Tensor | None:
        """The frozen base's last states of the rows that are to be kept; None when the run keeps nothing."""
        if not self.spec.kl_to_base or not len(piece.kept_rows):
            return None
        with torch.no_grad(), self.model.disable_adapter():
            return hidden_states(self._llama, piece.tokens[piece.kept_rows])

    def _halve(self, reason: str) -> None:
        """Called outside the handler: a handled error keeps the failed step's tensors alive."""
        size = self.state.micro_batch
        self._optimiser.zero_grad(set_to_none=True)
        if self.device.torch.type == "cuda":
            torch.cuda.empty_cache()
        if size == 1:
            raise MemoryError(f"one example at a time does not fit: {reason}")
        self.state.micro_batch = size // 2
        self._journal.write(
            "halved_micro_batch", step=self.state.step, micro_batch=self.state.micro_batch, reason=reason
        )

    # --- validation --------------------------------------------------------------------------------------------------

    def _validate(self) -> None:
        state = self.state
        with self._averaged():
            loss = self._stop_loss()
        if loss < state.best_loss:
            state.best_loss, state.best_step, state.fruitless = loss, state.step, 0
            state.best_adapter = {name: mean.clone() for name, mean in state.mean.items()} or self._adapter()
        else:
            state.fruitless += 1
        state.stopped = 0 < self.spec.validation.patience <= state.fruitless
        self._journal.write("validation", step=state.step, loss=loss, best_step=state.best_step, stopped=state.stopped)

    @contextmanager
    def _averaged(self) -> Iterator[None]:
        """The model with the mean of its weights, where one is kept."""
        if not self.state.mean:
            yield
            return
        own = self._adapter()
        self._load_adapter(self.state.mean)
        yield
        self._load_adapter(own)

    def _stop_loss(self) -> float:
        """Mean loss on what is withheld, without dropout."""
        dropouts = [module for module in self.model.modules() if isinstance(module, nn.Dropout)]
        for module in dropouts:  # not model.eval(), which makes bitsandbytes repack its weights on some CPUs
            module.eval()
        with torch.no_grad(), self.device.autocast():
            pieces = micro_batches(longest_first(self.job.stop), self.state.micro_batch, self.device.torch)
            total = sum(float(loss_sum(self._llama, piece)) for piece in pieces)
        for module in dropouts:
            module.train()
        return total / sum(float(piece.weights.sum()) for piece in pieces)

    # --- the adapter -------------------------------------------------------------------------------------------------

    def _adapted_base(self) -> PeftModel:
        spec = self.spec
        longest = max(len(example.ids) for example in (*self.job.train, *self.job.stop))
        base = bases.load(spec.base, self.device, longest)
        torch.manual_seed(spec.seed)
        lora = spec.lora
        config = LoraConfig(
            r=lora.r,
            lora_alpha=lora.alpha,  # type: ignore[arg-type]  # PEFT divides it by r, whatever number it is
            lora_dropout=lora.dropout,
            target_modules=list(lora.targets),
            bias="none",
            task_type="CAUSAL_LM",
        )
        config._register_custom_module({nn.Linear: FusedLinear})
        model = get_peft_model(base, config)
        if spec.gradient_checkpointing:
            base.activation_checkpointing_enable({"use_reentrant": False})
        return model  # type: ignore[return-value]

    @property
    def _llama(self) -> LlamaForCausalLM:
        """The base inside PEFT's wrappers; PEFT has put its layers into it."""
        return self.model.get_base_model()  # type: ignore[return-value]

    def _adapter(self) -> dict[str, torch.Tensor]:
        return {name: weight.detach().cpu().clone() for name, weight in self.trained.items()}

    def _load_adapter(self, saved: dict[str, torch.Tensor]) -> None:
        if saved.keys() != self.trained.keys():
            raise ConfigError("the checkpoint holds another adapter's weights")
        with torch.no_grad():
            for name, weight in self.trained.items():
                weight.copy_(saved[name])

    def _save_checkpoint(self) -> None:
        state = self.state
        state.adapter, state.moments = self._adapter(), self._optimiser.state_dict()
        checkpoint.save(self.job.directory, self.job.digest, state)
        self._journal.write("checkpoint", step=state.step)

    def _facts(self, optimizer: str) -> dict[str, Any]:
        return {
            "base": self.spec.base.kind,
            "device": self.device.name,
            "compute": str(self.device.compute).removeprefix("torch."),
            "optimizer": optimizer,
            "threads": torch.get_num_threads(),
            "steps": self.steps,
            "examples": len(self.job.train),
            "withheld": len(self.job.stop),
            "trained_parameters": sum(weight.numel() for weight in self.trained.values()),
        }
