"""The trainer on tiny bases: it learns, resumes exactly, gives way to memory, refuses what does not fit together."""

from __future__ import annotations

import errno
import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from peft import LoraConfig, PeftModel, get_peft_model

from a3x.clock import SystemClock
from a3x.errors import ConfigError
from a3x.runs import ADAPTER_FOLDER, TARGETS, BaseSpec, TrainingExample, read_events, write_records
from a3x.train import bases, checkpoint, device, optimisers
from a3x.train.__main__ import BAD_RUN, DONE, FAILED, NO_ROOM, OUT_OF_MEMORY, main
from a3x.train.batches import MicroBatch, Order, micro_batches
from a3x.train.fused import FusedLinear
from a3x.train.job import Job
from a3x.train.journal import Journal
from a3x.train.loss import hidden_states, loss_sum, losses
from a3x.train.memory import Memory, ScarceMemory
from a3x.train.run import Trainer
from tests.support import tiny, training

pytestmark = [
    pytest.mark.integration,
    # PEFT 0.21 asks transformers 5 by an old name.
    pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning"),
    # bitsandbytes says so where there is no card.
    pytest.mark.filterwarnings("ignore:Paged optimizers are not supported on CPU:UserWarning"),
]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write_model(tmp_path_factory.mktemp("base") / "base.gguf", key_heads=1)


def _losses(directory: Path) -> dict[int, float]:
    """Loss by step; a step done twice counts once, as the last time."""
    return {event["step"]: event["loss"] for event in read_events(directory) if event["event"] == "step"}


def _events(directory: Path, name: str) -> list[dict[str, Any]]:
    return [event for event in read_events(directory) if event["event"] == name]


def _train(directory: Path, base: Path, memory: Memory | None = None, **values: Any) -> dict[int, float]:
    training.write(directory, base, **values)
    assert main([str(directory)], memory) == DONE
    return _losses(directory)


# --- learning --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["full", "gguf", "nf4"])
def test_it_learns_and_leaves_an_adapter_for_stock_peft(tmp_path: Path, base: Path, kind: str) -> None:
    losses = _train(tmp_path, base, kind=kind)
    assert list(losses) == list(range(1, 13))
    assert losses[12] < 0.8 * losses[1]
    finished = _events(tmp_path, "finished")[0]
    assert finished["peak_bytes"] > 0
    folder = tmp_path / ADAPTER_FOLDER
    config = json.loads((folder / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"].startswith("base.gguf@sha256:")
    exact = device.Device(torch.device("cpu"), "cpu", torch.float32)
    spec = Job.open(tmp_path).spec
    model = PeftModel.from_pretrained(bases.load(spec.base.model_copy(update={"kind": "gguf"}), exact, 64), str(folder))
    with torch.no_grad():
        scores = model(input_ids=torch.tensor([training.PROBES[0]])).logits[0, -1].numpy()
    with np.load(folder / "probe_logits.npz") as probes:
        np.testing.assert_allclose(probes["adapter"][0], scores, atol=1e-4)
        assert np.abs(probes["adapter"] - probes["base"]).max() > 0.1


def test_only_blocks_of_64_are_quantised(tmp_path: Path) -> None:
    odd = tiny.write_model(tmp_path / "odd.gguf", width=96)
    losses = _train(tmp_path / "run", odd, kind="nf4")
    assert losses[12] < losses[1]
    whole, mixed = (_base(path, "nf4") for path in (tiny.write_model(tmp_path / "64.gguf"), odd))
    kinds = [{type(layer.mlp.up_proj).__name__ for layer in model.model.layers} for model in (whole, mixed)]
    assert kinds == [{"Linear4bit"}, {"Linear"}]


def _base(path: Path, kind: str, compute: torch.dtype = torch.bfloat16) -> Any:
    spec = BaseSpec.model_validate({"path": path, "sha256": "0" * 64, "kind": kind})
    return bases.load(spec, device.Device(torch.device("cpu"), "cpu", compute), 64)


def test_the_served_weights_are_the_ones_trained_on(tmp_path: Path, base: Path) -> None:
    """The dequantised base, put back into GGUF's row order, is the file's tensors."""
    model = _base(base, "gguf")
    stored = {tensor.name: np.array(tensor.data) for tensor in gguf.GGUFReader(base).tensors}
    rows = model.model.layers[0].self_attn.q_proj.weight.numpy()
    assert not np.array_equal(rows, stored["blk.0.attn_q.weight"])
    assert np.array_equal(rows[:16], stored["blk.0.attn_q.weight"][0:32:2])
    assert np.array_equal(model.model.layers[1].mlp.up_proj.weight.numpy(), stored["blk.1.ffn_up.weight"])


def test_only_learnt_tokens_are_scored(base: Path) -> None:
    """The loss equals plain cross-entropy over whole logits, and does not depend on how a step is cut."""
    model = _base(base, "gguf")
    given = [TrainingExample(e.ids, e.loss_mask, weight=1.0 + i) for i, e in enumerate(training.examples(5))]
    expected = 0.0
    with torch.no_grad():
        for example in given:
            logits = model(input_ids=torch.tensor([example.ids])).logits[0]
            per_token = F.cross_entropy(logits[:-1], torch.tensor(example.ids[1:]), reduction="none")
            expected += example.weight * float(per_token[torch.tensor(example.loss_mask[1:])].sum())
        for size in (1, 2, 5):
            pieces = micro_batches(given, size, torch.device("cpu"))
            assert sum(float(loss_sum(model, piece)) for piece in pieces) == pytest.approx(expected, rel=1e-5)


def test_many_learnt_tokens_are_scored_in_chunks(base: Path) -> None:
    model = _base(base, "gguf")
    batch = micro_batches(training.examples(6), 6, torch.device("cpu"))[0]
    whole = loss_sum(model, batch)
    assert float(loss_sum(model, batch, chunk_tokens=5)) == pytest.approx(float(whole), rel=1e-5)


def _lora(llama: Any, scale: float) -> Any:
    """Fused layers on every target, moved away from the base by ``scale``; 0 leaves them where training starts."""
    config = LoraConfig(r=4, lora_alpha=8, target_modules=list(TARGETS), task_type="CAUSAL_LM")
    config._register_custom_module({torch.nn.Linear: FusedLinear})
    torch.manual_seed(3)
    model = get_peft_model(llama, config)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                weight.copy_(scale * torch.randn_like(weight))
    return model


def _divergence(model: Any, llama: Any, pieces: list[MicroBatch], chunk_tokens: int = 512) -> float:
    total = 0.0
    for piece in (each for each in pieces if len(each.kept_rows)):
        with model.disable_adapter():
            held = hidden_states(llama, piece.tokens[piece.kept_rows])
        total += float(losses(llama, piece, held, chunk_tokens)[1])
    return total


@pytest.mark.parametrize("kind", ["gguf", "nf4"])
def test_divergence_is_that_of_whole_distributions(base: Path, kind: str) -> None:
    """KL(base ‖ adapted) over the real tokens of kept rows alone, however it is chunked; none before training."""
    given = [TrainingExample(e.ids, e.loss_mask, kept=i % 2 == 0) for i, e in enumerate(training.examples(5))]
    pieces = micro_batches(given, 5, torch.device("cpu"))
    for scale in (0.0, 0.5):
        llama = _base(base, kind, torch.float32)
        model = _lora(llama, scale)
        with torch.no_grad():
            expected = 0.0
            for example in (each for each in given if each.kept):
                ids = torch.tensor([example.ids])
                ours = llama(input_ids=ids).logits.log_softmax(-1)
                with model.disable_adapter():
                    bases_own = llama(input_ids=ids).logits.log_softmax(-1)
                expected += float((bases_own.exp() * (bases_own - ours)).sum())
            found = [_divergence(model, llama, pieces, chunk) for chunk in (512, 7)]
        assert found == [pytest.approx(expected, rel=1e-4, abs=1e-4)] * 2
        assert (expected > 0.1) == bool(scale)


def test_what_is_kept_stays_closer_to_the_base(base: Path, tmp_path: Path) -> None:
    """The same lessons with and without the hold; without it (the negative control) the kept text drifts."""
    kept = [TrainingExample(e.ids, e.loss_mask, kept=True) for e in training.examples(8, seed=1)]
    lessons = [TrainingExample(e.ids, e.loss_mask) for e in training.examples(8, seed=2)]
    drifts = {}
    for weight in (0.0, 10.0):
        directory = tmp_path / f"kl{weight}"
        loss = _train(directory, base, given=[*kept, *lessons], steps=40, lr=5e-3, kl_to_base=weight, kind="gguf")
        assert loss[40] < loss[1]
        llama = _base(base, "gguf")
        adapted = PeftModel.from_pretrained(llama, directory / ADAPTER_FOLDER)
        with torch.no_grad():
            drifts[weight] = _divergence(adapted, llama, micro_batches(kept, 8, torch.device("cpu")))
    assert drifts[10.0] < 0.5 * drifts[0.0]


@pytest.mark.parametrize("kind", ["gguf", "nf4"])
def test_fused_layers_give_pefts_own_numbers(base: Path, kind: str) -> None:
    """Loss and every gradient in float32, against the same adapter in PEFT's layers."""
    batch = micro_batches(training.examples(4), 4, torch.device("cpu"))[0]
    found = []
    for fused in (True, False):
        config = LoraConfig(
            r=4, lora_alpha=6, target_modules=list(TARGETS), init_lora_weights=False, task_type="CAUSAL_LM"
        )
        torch.manual_seed(1)
        llama = _base(base, kind, torch.float32)
        llama.is_loaded_in_4bit = kind == "nf4"
        if fused:
            config._register_custom_module({torch.nn.Linear: FusedLinear})
        model = get_peft_model(llama, config)
        loss = loss_sum(llama, batch)
        loss.backward()
        gradients = {name: weight.grad for name, weight in model.named_parameters() if weight.grad is not None}
        found.append((loss.detach(), gradients, isinstance(llama.model.layers[0].mlp.up_proj, FusedLinear)))
    (loss, gradients, _), (expected, expected_gradients, _) = found
    assert [one[2] for one in found] == [True, False]
    torch.testing.assert_close(loss, expected)
    assert len(gradients) == 2 * 7 * tiny.LAYERS
    for name, gradient in gradients.items():
        assert float((gradient - expected_gradients[name]).norm() / expected_gradients[name].norm()) < 1e-4


def test_long_and_short_examples_are_not_padded_together() -> None:
    long, short = ((1, *range(10, 10 + length)) for length in (39, 9))
    given = [TrainingExample(ids, (False,) * (len(ids) - 1) + (True,)) for ids in (long, long, short, short, short)]
    pieces = micro_batches(given, 8, torch.device("cpu"))
    assert [tuple(piece.tokens.shape) for piece in pieces] == [(2, 40), (3, 16)]
    assert [tuple(piece.tokens.shape) for piece in micro_batches(given, 2, torch.device("cpu"))] == [
        (2, 40),
        (2, 16),
        (1, 16),
    ]


def test_order_sees_every_example_once_an_epoch() -> None:
    given = training.examples(12)
    order = Order(given, batch=5, seed=3)
    drawn = [example for step in range(12) for example in order.step(step)]
    assert sorted(given.index(example) for example in drawn) == sorted(list(range(12)) * 5)
    assert order.step(4) == Order(given, batch=5, seed=3).step(4)
    assert order.step(4) != Order(given, batch=5, seed=4).step(4)


def test_gradient_checkpointing_changes_memory_not_losses(tmp_path: Path, base: Path) -> None:
    plain = _train(tmp_path / "plain", base, steps=4, gradient_checkpointing=False, lora={"dropout": 0.2})
    kept = _train(tmp_path / "kept", base, steps=4, gradient_checkpointing=True, lora={"dropout": 0.2})
    assert kept == pytest.approx(plain, rel=1e-3)


def test_it_stops_early_and_keeps_the_best(tmp_path: Path, base: Path) -> None:
    """Random answers cannot be guessed: what is withheld soon gets worse."""
    values: dict[str, Any] = {"steps": 60, "lr": 0.02, "validation": {"every_steps": 2, "patience": 3}}
    losses = _train(tmp_path, base, **values)
    checked = _events(tmp_path, "validation")
    assert len(losses) < 60
    assert checked[-1]["stopped"]
    best = min(checked, key=lambda event: event["loss"])
    assert _events(tmp_path, "finished")[0]["best_step"] == best["step"] == len(losses) - 6


def test_the_adapter_is_the_moving_mean_of_the_weights(tmp_path: Path, base: Path) -> None:
    training.write(tmp_path, base, steps=12, average=0.5, validation={"every_steps": 100})
    trainer = Trainer(Job.open(tmp_path), Journal(tmp_path, SystemClock()), Memory())
    mean = {name: weight.detach().clone() for name, weight in trainer.trained.items()}
    for step in range(12):
        trainer._step()
        keep = min(0.5, (step + 1) / (step + 10))
        mean = {name: keep * mean[name] + (1 - keep) * weight.detach() for name, weight in trainer.trained.items()}
    own = {name: weight.detach().clone() for name, weight in trainer.trained.items()}
    for name, weight in trainer.final_adapter().items():
        assert torch.allclose(weight, mean[name])
        assert not torch.equal(weight, own[name])
    unlike = trainer._stop_loss()
    trainer._validate()
    assert trainer.state.best_loss != unlike
    for name, weight in trainer.state.best_adapter.items():
        assert torch.allclose(weight, mean[name])
        assert torch.equal(trainer.trained[name], own[name])


# --- being killed ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("average", [0.0, 0.8])
def test_a_killed_run_goes_on_with_the_same_losses(tmp_path: Path, base: Path, average: float) -> None:
    values: dict[str, Any] = {"steps": 16, "lora": {"dropout": 0.1}, "kind": "nf4", "average": average}
    whole = _train(tmp_path / "whole", base, **values)
    broken = tmp_path / "broken"
    training.write(broken, base, **values)
    _kill_when(broken, lambda: any(event["step"] >= 6 for event in _events(broken, "step")))
    assert not _events(broken, "finished")
    with (broken / "events.jsonl").open("a") as file:
        file.write('{"event": "st')  # the kill fell into a line
    assert main([str(broken)]) == DONE
    resumed = _events(broken, "resumed")[0]["step"]
    assert resumed >= 4
    assert resumed % 4 == 0
    assert _losses(broken) == whole
    names = ("adapter_model.safetensors", "adapter_config.json")
    for name in names:
        assert (broken / ADAPTER_FOLDER / name).read_bytes() == (
            tmp_path / "whole" / ADAPTER_FOLDER / name
        ).read_bytes()


def _kill_when(directory: Path, reached: Callable[[], bool]) -> None:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    child = subprocess.Popen(
        [sys.executable, "-m", "a3x.train", str(directory)], env=environment, stderr=subprocess.DEVNULL
    )
    try:
        end = time.monotonic() + 60
        while not reached() and child.poll() is None and time.monotonic() < end:
            time.sleep(0.005)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()


def test_a_checkpoint_of_other_settings_is_not_resumed(tmp_path: Path, base: Path) -> None:
    _train(tmp_path, base, steps=4)
    training.write(tmp_path, base, steps=8)
    assert main([str(tmp_path)]) == BAD_RUN
    assert "another run.toml" in _events(tmp_path, "failed")[0]["reason"]


def test_half_a_checkpoint_is_never_seen(tmp_path: Path) -> None:
    checkpoint.save(tmp_path, "digest", checkpoint.State(step=3))
    (tmp_path / "checkpoint.pt.partial").write_bytes(b"half")
    state = checkpoint.load(tmp_path, "digest")
    assert state
    assert state.step == 3
    with pytest.raises(ConfigError):
        checkpoint.load(tmp_path, "other")


# --- running out of memory -------------------------------------------------------------------------------------------


def test_out_of_memory_halves_the_micro_batch_and_goes_on(tmp_path: Path, base: Path) -> None:
    alike = [TrainingExample((1, *range(first, first + 12)), (False,) * 9 + (True,) * 4) for first in range(20, 120, 5)]
    roomy = _train(tmp_path / "roomy", base, given=alike, steps=4)
    scarce = _train(tmp_path / "scarce", base, ScarceMemory(3), given=alike, steps=4)
    halved = _events(tmp_path / "scarce", "halved_micro_batch")
    assert [(event["step"], event["micro_batch"]) for event in halved] == [(0, 4), (0, 2)]
    assert scarce == pytest.approx(roomy, rel=1e-2)  # the same gradient, summed in another order and in bf16


def test_no_room_for_one_example_is_said(tmp_path: Path, base: Path) -> None:
    training.write(tmp_path, base)
    assert main([str(tmp_path)], ScarceMemory(0)) == OUT_OF_MEMORY
    failed = _events(tmp_path, "failed")[0]
    assert failed["exit_code"] == OUT_OF_MEMORY
    assert "one example at a time does not fit" in failed["reason"]
    assert not (tmp_path / ADAPTER_FOLDER).exists()


# --- what cannot be trained ------------------------------------------------------------------------------------------


def _foreign_base(directory: Path, base: Path) -> None:
    path = directory / "other.gguf"
    writer = gguf.GGUFWriter(path, "qwen2")
    writer.add_tensor("token_embd.weight", np.ones((4, 4), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    training.write(directory, path)


def _changed_records(directory: Path, base: Path) -> None:
    training.write(directory, base)
    write_records(directory / "records.npz", training.examples(seed=9))


def _swapped_base(directory: Path, base: Path) -> None:
    copy = directory / "copy.gguf"
    copy.write_bytes(base.read_bytes())
    training.write(directory, copy)
    tiny.write_model(copy, seed=5, key_heads=1)


def _unknown_tokens(directory: Path, base: Path) -> None:
    training.write(directory, base, [TrainingExample((1, 99_999), (False, True))])


def _nothing_to_train(directory: Path, base: Path) -> None:
    training.write(directory, base, [TrainingExample((1, 5), (False, True), split="stop")])


BAD_RUNS: list[tuple[Callable[[Path, Path], object], str]] = [
    (lambda directory, base: None, "run.toml cannot be read"),
    (_changed_records, "the run states"),
    (_swapped_base, "the base copy.gguf has sha256"),
    (_unknown_tokens, "outside the vocabulary"),
    (_nothing_to_train, "no example to train on"),
    (_foreign_base, "not implemented for architecture 'qwen2'"),
    (lambda directory, base: training.write(directory, base, loss="dpo"), "'dpo' is not implemented"),
    (lambda directory, base: training.write(directory, base, probes=((1,) * 600,)), "the base reads 512"),
]


@pytest.mark.parametrize(("prepare", "reason"), BAD_RUNS)
def test_a_bad_run_directory_is_refused_with_its_reason(
    tmp_path: Path, base: Path, prepare: Callable[[Path, Path], object], reason: str
) -> None:
    prepare(tmp_path, base)
    assert main([str(tmp_path)]) == BAD_RUN
    assert reason in _events(tmp_path, "failed")[0]["reason"]
    assert not (tmp_path / ADAPTER_FOLDER).exists()


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)"),
    ],
)
def test_a_full_disk_is_told_from_other_failures(
    tmp_path: Path, base: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object) -> int:
        raise error

    training.write(tmp_path, base)
    monkeypatch.setattr("a3x.train.__main__._train", fail)
    assert main([str(tmp_path)]) == NO_ROOM
    assert str(error) in _events(tmp_path, "failed")[0]["reason"]


def test_a_run_that_diverges_fails_and_leaves_no_adapter(tmp_path: Path, base: Path) -> None:
    training.write(tmp_path, base, lr=1e38, schedule={"kind": "linear"})
    assert main([str(tmp_path)]) == FAILED
    assert "diverged" in _events(tmp_path, "failed")[0]["reason"]
    assert not (tmp_path / ADAPTER_FOLDER).exists()
    assert all(math.isfinite(loss) for loss in _losses(tmp_path).values())


# --- optimisers ------------------------------------------------------------------------------------------------------


def test_an_optimiser_is_chosen_by_trying(tmp_path: Path, base: Path) -> None:
    _train(tmp_path, base, steps=1, optimizer="auto")
    tries = _events(tmp_path, "probe")
    assert tries[-1]["works"]
    assert _events(tmp_path, "started")[0]["optimizer"] == tries[-1]["kind"]


def test_an_optimiser_that_steps_wrongly_is_found_out() -> None:
    expected = torch.linspace(-0.03, 0.03, 100)
    assert optimisers.compare(expected * 1.01, expected) == ""
    assert "differ" in optimisers.compare(expected * 2, expected)
    assert "differ" in optimisers.compare(-expected, expected)
    assert optimisers.compare(expected * float("nan"), expected)


def test_an_optimiser_that_is_missing_is_said() -> None:
    assert "KeyError" in optimisers.probe("adamw4bit", device.choose("cpu"))
