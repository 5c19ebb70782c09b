"""A LoRA layer in one step of autograd: PEFT's parameters, names and numbers in fewer passes over memory.

Keeps the input and the narrow product for the backward pass; a quantised weight is dequantised anew each time. With
dropout PEFT's own forward is used.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from peft.tuners import lora
from torch import Tensor, nn
from torch.nn import functional as F

ADAPTER = "default"


class FusedLinear(lora.Linear):
    """PEFT's LoRA layer over any frozen linear layer without bias, 4-bit ones included."""

    def forward(self, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        if not isinstance(self.lora_dropout[ADAPTER], nn.Identity):
            return super().forward(x, *args, **kwargs)
        kind = x.device.type
        dtype = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else x.dtype
        if self.disable_adapters:
            return F.linear(x.to(dtype), frozen_weight(cast(nn.Linear, self.get_base_layer()), dtype))
        down, up = self.lora_A[ADAPTER].weight, self.lora_B[ADAPTER].weight
        return _Adapted.apply(x.to(dtype), down, up, self.scaling[ADAPTER], self.get_base_layer())


def frozen_weight(layer: nn.Linear, dtype: torch.dtype) -> Tensor:
    """``[out, in]`` in the computing type, out of whatever ``layer`` keeps."""
    quantised = getattr(layer.weight, "quant_state", None)
    if quantised is None:
        return layer.weight.to(dtype)
    from bitsandbytes.functional import dequantize_4bit

    return dequantize_4bit(layer.weight.data, quantised).to(dtype)


class _Adapted(torch.autograd.Function):
    """``x Wᵀ + s · (x Aᵀ) Bᵀ``, with gradients for x, A and B."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, down: Tensor, up: Tensor, scale: float, layer: nn.Linear) -> Tensor:
        flat = x.reshape(-1, x.shape[-1])
        scaled, raised = (down * scale).to(x.dtype), up.to(x.dtype)
        low = flat @ scaled.T
        out = flat @ frozen_weight(layer, x.dtype).T
        out.addmm_(low, raised.T)
        ctx.save_for_backward(flat, low, scaled, raised)
        ctx.layer, ctx.scale, ctx.shape = layer, scale, x.shape
        return out.view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor, Tensor, None, None]:
        flat, low, scaled, raised = ctx.saved_tensors
        above = gradients[0].reshape(-1, gradients[0].shape[-1])
        above_low = above @ raised
        below = None
        if ctx.needs_input_grad[0]:
            below = (above @ frozen_weight(ctx.layer, above.dtype)).addmm_(above_low, scaled).view(ctx.shape)
        return below, (above_low.T @ flat).float() * ctx.scale, (above.T @ low).float(), None, None
