"""What a run leaves: the adapter as stock PEFT reads it, and the logits that the converted adapter must give again."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from peft import PeftModel, get_peft_model_state_dict
from safetensors.torch import save_file
from torch import Tensor

from a3x.runs import ADAPTER_FOLDER, PROBE_FILE
from a3x.train import bases
from a3x.train.device import Device
from a3x.train.job import Job


def save(model: PeftModel, adapter: dict[str, Tensor], job: Job, device: Device) -> None:
    """Write ``adapter/`` in one rename, replacing one that an earlier end of this run may have left."""
    final = job.directory / ADAPTER_FOLDER
    partial = final.with_name(final.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    state = get_peft_model_state_dict(model, state_dict=adapter, save_embedding_layers=False)
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, partial / "adapter_model.safetensors")
    config = model.peft_config["default"]
    config.base_model_name_or_path = bases.describe(job.spec.base.path, job.spec.base.sha256)
    config.inference_mode = True
    config.save_pretrained(str(partial))
    if job.spec.probes:
        _probe(partial, job, device)
    shutil.rmtree(final, ignore_errors=True)
    partial.rename(final)


def _probe(folder: Path, job: Job, device: Device) -> None:
    """Logits after each probe, of the base as it is served and of the saved adapter on it: float32[n, vocab] both.

    Not of the base that was trained on: then a fault of the conversion would hide among the errors of quantisation.
    """
    exact = Device(device.torch, device.name, torch.float32)
    base = bases.load(job.spec.base.model_copy(update={"kind": "gguf"}), exact, max(map(len, job.spec.probes)))
    before = _last_logits(base, job.spec.probes, exact)
    adapted = PeftModel.from_pretrained(base, str(folder))
    after = _last_logits(adapted, job.spec.probes, exact)
    np.savez(folder / PROBE_FILE, base=before, adapter=after)


@torch.no_grad()
def _last_logits(model: torch.nn.Module, probes: Sequence[Sequence[int]], device: Device) -> NDArray[np.float32]:
    rows = []
    for probe in probes:
        tokens = torch.tensor([probe], device=device.torch)
        rows.append(model(input_ids=tokens, logits_to_keep=1).logits[0, -1].float().cpu().numpy())
    return np.stack(rows)
