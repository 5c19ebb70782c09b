"""Frozen bases out of the served GGUF, as transformers models; nothing else is downloaded.

``full`` holds the weights in the computing type, ``gguf`` exactly as served (float32, dequantised when loaded), ``nf4``
the matrices quantised again by bitsandbytes: NF4, double quantisation. Knows nothing of adapters.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn
from transformers import LlamaConfig, LlamaForCausalLM
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

from a3x.gguf.read import Shape, Weights
from a3x.runs import BaseSpec
from a3x.train.device import Device

SHORT_TOKENS = 256
"""Up to here attention written out is faster on the CPU than torch's fused one, whose backward pass is slow there."""
NF4_MULTIPLE = 64
"""NF4 blocks; bitsandbytes repacks narrower widths into a crash on some CPUs, so such layers stay unquantised."""


def load(spec: BaseSpec, device: Device, longest_tokens: int) -> LlamaForCausalLM:
    """The frozen base of ``spec``, on the device, in training mode (which changes nothing in a Llama)."""
    weights = Weights(spec.path)
    model = _skeleton(weights.shape, spec, _attention(device, longest_tokens))
    for module, values in weights:
        _fill(model, module, torch.from_numpy(values), spec.kind, device)
    model.model.rotary_emb = LlamaRotaryEmbedding(model.config).to(device.torch)  # a table that no file holds
    if weights.shape.tied:
        model.lm_head.weight = model.model.embed_tokens.weight
    return model.train()


def _attention(device: Device, longest_tokens: int) -> str:
    return "eager" if device.torch.type == "cpu" and longest_tokens <= SHORT_TOKENS else "sdpa"


def describe(path: Path, sha256: str) -> str:
    """What an adapter's ``base_model_name_or_path`` says: the file's name and its hash, no folder of this machine."""
    return f"{path.name}@sha256:{sha256}"


def _skeleton(shape: Shape, spec: BaseSpec, attention: str) -> LlamaForCausalLM:
    config = LlamaConfig(
        vocab_size=shape.vocab,
        hidden_size=shape.width,
        intermediate_size=shape.ffn,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.key_heads,
        head_dim=shape.head_width,
        max_position_embeddings=shape.context,
        rms_norm_eps=shape.norm_eps,
        rope_parameters={"rope_type": "default", "rope_theta": shape.rope_theta},
        tie_word_embeddings=shape.tied,
        use_cache=False,
    )
    config._name_or_path = describe(spec.path, spec.sha256)
    with torch.device("meta"):
        model = LlamaForCausalLM._from_config(config, attn_implementation=attention)
    return model.requires_grad_(False)


def _fill(model: LlamaForCausalLM, name: str, values: torch.Tensor, kind: str, device: Device) -> None:
    module = model.get_submodule(name)
    matrix = isinstance(module, nn.Linear) and name != "lm_head"
    if matrix and kind == "nf4" and not any(size % NF4_MULTIPLE for size in values.shape):
        model.set_submodule(name, _nf4(values, device))
        return
    # Rounded once, where autocast would at every step; norms and embeddings too, so that activations need no casts.
    dtype = torch.float32 if kind == "gguf" else device.compute
    module.weight = nn.Parameter(values.to(device.torch, dtype), requires_grad=False)


def _nf4(values: torch.Tensor, device: Device) -> nn.Module:
    from bitsandbytes.nn.modules import Linear4bit, Params4bit

    rows, columns = values.shape
    layer = Linear4bit(columns, rows, bias=False, compute_dtype=device.compute, device="meta")
    layer.weight = Params4bit(values, quant_type="nf4", compress_statistics=True, module=layer)  # type: ignore[call-arg]
    return layer.to(device.torch)
