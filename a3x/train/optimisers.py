"""AdamW in 8-bit or plain, chosen by trying: an optimiser that cannot take a right step on this machine is not used."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn
from torch.optim import Optimizer

from a3x.errors import ConfigError
from a3x.train.device import Device
from a3x.train.journal import Journal

PROBE_SIZE = 1 << 14
"""bitsandbytes keeps parameters under 4 096 numbers in 32 bits; a probe of the 8-bit code must be larger."""
PROBE_TOLERANCE = 0.03
"""Mean distance from plain AdamW after three steps, as a share of the mean way; 8-bit moments came to 0.006."""


def choose(wanted: str, device: Device, journal: Journal) -> str:
    """The first that works of the wanted kind; ``auto`` tries 8-bit first. Journals every try with its reason."""
    automatic = ("paged_adamw8bit", "adamw8bit", "adamw") if device.torch.type == "cuda" else ("adamw8bit", "adamw")
    for kind in automatic if wanted == "auto" else (wanted,):
        fault = probe(kind, device)
        journal.write(
            "probe", what="optimizer", kind=kind, works=not fault, reason=fault or "takes the same steps as AdamW"
        )
        if not fault:
            return kind
    raise ConfigError(f"optimizer {wanted!r} does not work on this machine", "optimizer")


def build(kind: str, parameters: Iterable[nn.Parameter], lr: float, weight_decay: float) -> Optimizer:
    if kind == "adamw":
        return torch.optim.AdamW(parameters, lr=lr, weight_decay=weight_decay)
    import bitsandbytes

    family = {"adamw8bit": "AdamW8bit", "paged_adamw8bit": "PagedAdamW8bit"}[kind]
    return getattr(bitsandbytes.optim, family)(parameters, lr=lr, weight_decay=weight_decay)


def probe(kind: str, device: Device) -> str:
    """Why ``kind`` cannot be used here; empty if it can."""
    try:
        moved, expected = _three_steps(kind, device), _three_steps("adamw", device)
    except Exception as error:  # a missing kernel says so in as many ways as there are backends
        return f"{type(error).__name__}: {error}"
    return compare(moved, expected)


def compare(moved: torch.Tensor, expected: torch.Tensor) -> str:
    """Why ``moved`` is not where AdamW goes; empty if it is, within what 8-bit moments cost."""
    far = float((moved - expected).abs().mean() / expected.abs().mean())
    return "" if far <= PROBE_TOLERANCE else f"its steps differ from AdamW's by {far:.1%}"


def _three_steps(kind: str, device: Device) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    weight = nn.Parameter(torch.zeros(PROBE_SIZE, device=device.torch))
    optimiser = build(kind, [weight], lr=1e-2, weight_decay=0.0)
    for _ in range(3):
        weight.grad = torch.randn(PROBE_SIZE, generator=generator).to(device.torch)
        optimiser.step()
    return weight.detach()
