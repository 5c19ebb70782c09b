"""Where a run computes and in which precision. Asks torch, and distrusts it where it is known to lie."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch

from a3x.errors import ConfigError


@dataclass(frozen=True)
class Device:
    """``compute`` is the type of matrix products; float32 means no autocast at all."""

    torch: torch.device
    name: str
    compute: torch.dtype

    def autocast(self) -> AbstractContextManager[object]:
        return torch.autocast(self.torch.type, self.compute, enabled=self.compute != torch.float32)

    def peak_bytes(self) -> int:
        """Most memory this process has held: on the card, or resident on the machine."""
        if self.torch.type == "cuda":
            return torch.cuda.max_memory_allocated()
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def choose(wanted: str) -> Device:
    """``auto`` takes a card if there is one. Raises ConfigError for a card that is not there."""
    if wanted == "cuda" and not torch.cuda.is_available():
        raise ConfigError("device cuda: torch sees no card", "device")
    if wanted != "cpu" and torch.cuda.is_available():
        properties = torch.cuda.get_device_properties(0)
        # RDNA2 claims bf16 and then kills the process.
        rdna2 = getattr(properties, "gcnArchName", "").startswith("gfx10")
        good = not rdna2 and torch.cuda.is_bf16_supported()
        return Device(torch.device("cuda"), properties.name, torch.bfloat16 if good else torch.float32)
    fast = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return Device(torch.device("cpu"), "cpu", torch.bfloat16 if fast else torch.float32)
