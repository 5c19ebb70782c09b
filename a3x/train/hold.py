"""Holds every adapted layer still on kept text: what an adapter adds to a layer's outputs there costs, whatever it does elsewhere.

The second moments of each layer's inputs on kept text are read once, from the base; the price of a step needs no text
then. It is exact for the layer and blind to what other layers do. A diagonal-free relative of elastic weight
consolidation (Kirkpatrick et al., arXiv 1612.00796), with second moments of inputs as in Aljundi et al., arXiv 1711.09601.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from a3x.train.fused import ADAPTER, FusedLinear, frozen_weight


@dataclass(frozen=True)
class _Held:
    """A layer with ``moments`` float32[in, in], the mean of x xᵀ over kept tokens, per unit of the layer's own output."""

    layer: FusedLinear
    moments: Tensor


class LayerHold:
    """The price of what the adapters in ``model`` do to kept text."""

    def __init__(self, model: nn.Module) -> None:
        self._layers = [module for module in model.modules() if isinstance(module, FusedLinear)]
        self._held: list[_Held] = []

    def observe(self, passes: Iterable[object]) -> None:
        """Read the layers' inputs while ``passes``, each a forward pass of the base, are drawn."""
        sums = [torch.zeros(layer.in_features, layer.in_features) for layer in self._layers]
        counts = [0] * len(sums)

        def reader(at: int):  # noqa: ANN202
            def read(_module: nn.Module, given: tuple[Tensor, ...]) -> None:
                flat = given[0].detach().reshape(-1, given[0].shape[-1]).float()
                sums[at] = sums[at].to(flat.device).addmm_(flat.T, flat)
                counts[at] += len(flat)

            return read

        hooks = [layer.register_forward_pre_hook(reader(at)) for at, layer in enumerate(self._layers)]
        with torch.no_grad():
            for _ in passes:
                pass
        for hook in hooks:
            hook.remove()
        for layer, total, count in zip(self._layers, sums, counts, strict=True):
            moments = total / max(1, count)
            weight = frozen_weight(layer.get_base_layer(), torch.float32)
            self._held.append(_Held(layer, moments / ((weight @ moments) * weight).sum().clamp_min(1e-12)))

    def price(self) -> Tensor:
        """Summed over layers: mean squared length of what the adapter adds, as a share of the layer's own output."""
        total = torch.zeros(())
        for held in self._held:
            down, up = held.layer.lora_A[ADAPTER].weight, held.layer.lora_B[ADAPTER].weight
            scale = held.layer.scaling[ADAPTER]
            total = total + scale**2 * ((down @ held.moments @ down.T) * (up.T @ up)).sum()
        return total
