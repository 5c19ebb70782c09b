"""What to allocate before loading: layers on the card, contexts, sequences, KV type, threads. Pure arithmetic.

From what the header says of the model, the room there is and the settings, with the reasons in words and the bytes it
should come to. What a setting names is obeyed; only what is left to us is planned. Comfort is given up in this order:
sequences and contexts, then the exact KV (f16 → q8_0), then context length, then layers on the card.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from a3x.config import EngineSection
from a3x.engine.llama import CHUNK_TOKENS, cells
from a3x.engine.pace import counts
from a3x.errors import ConfigError
from a3x.gguf.sizes import Sizes
from a3x.hardware.room import Room

DEFAULT_CONTEXT_CAP = 4096
"""A long trained context is not allocated unasked: on a 4 GB card the KV would crowd out the weights."""
SHORTEST_CONTEXT = 1024
"""Below this a conversation does not fit; a model that leaves no room for it is refused, unless settings ask for less."""
COMFORT = ((4, 8), (2, 8), (1, 8), (1, 4), (1, 2), (1, 1))
"""(contexts, sequences), the most comfortable first. Contexts go before sequences: mixes can share a context, but an answer
without a sequence has to wait."""
KV_BYTES = {"f32": 4.0, "f16": 2.0, "q8_0": 34 / 32}
"""Per number; q8_0 keeps 32 of them in 34 bytes (ggml-common.h)."""
BRIEF_CONTEXT, BRIEF_PASS = 512, 128
"""Tokens that a sequence of a context for brief answers holds, and of several prompts a pass."""
ADAPTER_BYTES_PER_NUMBER = 16 * 4
"""A LoRA of rank 16 in float32, the largest the daemon trains itself."""
FEWEST_ADAPTERS, MOST_ADAPTERS = 2, 32
MOST_ADAPTER_BYTES, ADAPTER_STEP_BYTES = 256 << 20, 16 << 20
CARD_RESERVE_SHARE, CARD_RESERVE_BYTES = 0.08, 256 << 20
"""Kept free on the card, the larger of the two: driver, desktop, and what our own prediction misses."""
RAM_RESERVE_SHARE, RAM_RESERVE_BYTES = 0.05, 512 << 20
COMFORT_SHARE, COMFORT_BYTES = 0.25, 1 << 30
"""What answers side by side may take of free main memory, the smaller of the two: the machine is there for other things too."""

Place = Literal["card", "main memory"]


@dataclass(frozen=True)
class Use:
    """Bytes predicted in one place, when every planned context is in use."""

    place: Place
    weights: int
    kv: int
    compute: int
    adapters: int
    reserve: int
    free: int

    @property
    def needed(self) -> int:
        return self.weights + self.kv + self.compute + self.adapters

    @property
    def fits(self) -> bool:
        return self.needed + self.reserve <= self.free


@dataclass(frozen=True)
class Plan:
    """``context_tokens`` is of one sequence; ``batch_tokens`` is the most a step may hold; of adapters at most
    ``resident_adapters`` of ``adapter_bytes`` together stay loaded. ``gpu_layers`` counts the output layer first, as
    llama.cpp does, so "all" is one more than the model has layers. ``brief``: as many contexts again, with flash attention, for
    what is short. ``threads`` are the numbers to choose from.
    """

    context_tokens: int
    sequences: int
    resident_contexts: int
    resident_adapters: int
    adapter_bytes: int
    gpu_layers: int
    kv_type: str
    flash_attention: bool
    brief: bool
    threads: tuple[int, ...]
    batch_tokens: int
    reasons: tuple[str, ...]
    bytes: tuple[Use, ...]


@dataclass(frozen=True)
class _Shape:
    """One way to lay things out."""

    contexts: int
    sequences: int
    kv_type: str
    context: int
    adapter_bytes: int
    gpu_layers: int = 0

    @property
    def batch(self) -> int:
        """A chunk of a prompt, or a token of every sequence."""
        return max(CHUNK_TOKENS, self.sequences)


def plan(settings: EngineSection, sizes: Sizes, room: Room) -> Plan:
    """The most comfortable layout that fits. ConfigError, with the figures, if none does."""
    if settings.kv_type == "q8_0" and not _quantisable(settings, sizes):
        raise ConfigError(
            f"engine.kv_type q8_0 needs flash attention and heads of a multiple of 32, not {sizes.head_width}",
            "engine.kv_type",
        )
    shape = _first_fitting(settings, sizes, room)
    if shape is None:
        raise _too_large(settings, sizes, room)
    if not settings.adapter_mib:
        shape = _with_adapters(shape, settings, sizes, room)
    return Plan(
        context_tokens=shape.context,
        sequences=shape.sequences,
        resident_contexts=shape.contexts,
        resident_adapters=settings.resident_adapters or MOST_ADAPTERS,
        adapter_bytes=shape.adapter_bytes,
        gpu_layers=shape.gpu_layers,
        kv_type=shape.kv_type,
        flash_attention=_flash(shape, settings),
        brief=_brief(shape, settings),
        threads=_threads(shape, settings, room),
        batch_tokens=shape.batch,
        reasons=tuple(_reasons(shape, settings, sizes, room)),
        bytes=_uses(shape, settings, sizes, room),
    )


# --- which layouts there are -----------------------------------------------------------------------------------------


def _first_fitting(settings: EngineSection, sizes: Sizes, room: Room) -> _Shape | None:
    """With all asked or wanted layers on the card, else with as many as fit, else in main memory alone."""
    wanted = _wanted_layers(settings, sizes, room)
    shapes = list(_shapes(settings, sizes))
    for shape in shapes:
        if _fits(whole := replace(shape, gpu_layers=wanted), settings, sizes, room):
            return whole
    if settings.gpu_layers >= 0:
        return None
    # A layer more on the card is worth more than answers side by side or exact KV, the wanted context worth more than it.
    narrow = [shape for shape in shapes if shape.context == shapes[0].context][-1]
    for layers in range(wanted - 1, 1, -1):
        if _fits(partial := replace(narrow, gpu_layers=layers), settings, sizes, room):
            return partial
    return next((shape for shape in shapes if _fits(shape, settings, sizes, room)), None)


def _shapes(settings: EngineSection, sizes: Sizes) -> Iterator[_Shape]:
    """Every layout that settings leave open, the most comfortable first."""
    pairs = dict.fromkeys(
        (settings.resident_contexts or contexts, settings.sequences or sequences) for contexts, sequences in COMFORT
    )
    few = FEWEST_ADAPTERS * sizes.adapter_numbers * ADAPTER_BYTES_PER_NUMBER
    adapters = settings.adapter_mib << 20 or min(few, MOST_ADAPTER_BYTES)
    for context in _contexts(settings, sizes):
        for kv_type in _kv_types(settings, sizes):
            for contexts, sequences in pairs:
                yield _Shape(contexts, sequences, kv_type, context, adapters)


def _contexts(settings: EngineSection, sizes: Sizes) -> Iterator[int]:
    """What is wanted, in whole chunks and never over what the model was trained for; then halves of it, if not asked for."""
    wanted = settings.context_tokens or min(sizes.trained_context, DEFAULT_CONTEXT_CAP)
    context = max(CHUNK_TOKENS, min(wanted, sizes.trained_context) // CHUNK_TOKENS * CHUNK_TOKENS)
    yield context
    while not settings.context_tokens and context // 2 >= SHORTEST_CONTEXT:
        context = context // 2 // CHUNK_TOKENS * CHUNK_TOKENS
        yield context


def _kv_types(settings: EngineSection, sizes: Sizes) -> tuple[str, ...]:
    if settings.kv_type != "auto":
        return (settings.kv_type,)
    return ("f16", "q8_0") if _quantisable(settings, sizes) else ("f16",)


def _quantisable(settings: EngineSection, sizes: Sizes) -> bool:
    """llama.cpp quantises V with flash attention only, and heads in whole blocks of 32."""
    return settings.flash_attention is not False and sizes.head_width % 32 == 0


def _flash(shape: _Shape, settings: EngineSection) -> bool:
    """Unasked only where it pays: the processor's is fast for whole chunks alone (docs/decisions/0022)."""
    if settings.flash_attention is None:
        return shape.gpu_layers > 0 or shape.kv_type == "q8_0"
    return settings.flash_attention


def _brief(shape: _Shape, settings: EngineSection) -> bool:
    """Whether what is short is computed otherwise than the rest: where flash attention is ours to choose, and is the quicker
    one for few tokens only. With KV in 32 bits it never is."""
    return settings.flash_attention is None and not _flash(shape, settings) and shape.kv_type == "f16"


def _threads(shape: _Shape, settings: EngineSection, room: Room) -> tuple[int, ...]:
    """Numbers to choose from as it goes (``pace``). With a card there is little to choose, and flash attention on the processor
    splits a sequence among threads, so that another number gives other sums. Never more than cores, for they wait awake."""
    most = max(1, room.cores)
    if settings.threads:
        return (min(settings.threads, most),)
    return (most,) if shape.gpu_layers or _flash(shape, settings) else counts(most)


def _wanted_layers(settings: EngineSection, sizes: Sizes, room: Room) -> int:
    if not room.offload:
        return 0
    everything = sizes.layers + 1
    return everything if settings.gpu_layers < 0 else min(settings.gpu_layers, everything)


def _with_adapters(shape: _Shape, settings: EngineSection, sizes: Sizes, room: Room) -> _Shape:
    """As much room for adapters as is left over."""
    for more in range(MOST_ADAPTER_BYTES, shape.adapter_bytes, -ADAPTER_STEP_BYTES):
        if _fits(roomy := replace(shape, adapter_bytes=more), settings, sizes, room):
            return roomy
    return shape


# --- what a layout takes ---------------------------------------------------------------------------------------------


def _fits(shape: _Shape, settings: EngineSection, sizes: Sizes, room: Room) -> bool:
    """Whether it fits everywhere. Layers that settings ask for are not argued with, only the rest is."""
    uses = _uses(shape, settings, sizes, room)
    ram = uses[-1]
    asked = settings.gpu_layers > 0
    fewest = (settings.resident_contexts or 1, settings.sequences or 1)
    modest = ram.kv + ram.compute <= min(COMFORT_SHARE * ram.free, COMFORT_BYTES)
    comfortable = modest or (shape.contexts, shape.sequences) == fewest
    return ram.fits and comfortable and all(use.fits or asked for use in uses[:-1])


def _uses(shape: _Shape, settings: EngineSection, sizes: Sizes, room: Room) -> tuple[Use, ...]:
    """The card's first, if one is used whose memory can be read; main memory last."""
    first = sizes.layers - max(0, shape.gpu_layers - 1)
    on_card = sum(sizes.layer_bytes[first:]) + (sizes.head_bytes + sizes.other_bytes if shape.gpu_layers else 0)
    share = (sizes.layers - first) / sizes.layers if shape.gpu_layers else 0.0
    kv = _kv_bytes(shape, settings, sizes, slice(first, None)) if shape.gpu_layers else 0
    compute = shape.contexts * _compute_bytes(shape, settings, sizes)
    ram = Use(
        "main memory",
        weights=sizes.embedding_bytes
        + sum(sizes.layer_bytes[:first])
        + (0 if shape.gpu_layers else sizes.output_bytes + sizes.other_bytes),
        kv=_kv_bytes(shape, settings, sizes, slice(0, first)),
        compute=compute if share < 1 else shape.contexts * 4 * shape.batch * sizes.width,
        adapters=round(shape.adapter_bytes * (1 - share)),
        reserve=max(RAM_RESERVE_BYTES, round(RAM_RESERVE_SHARE * room.ram_total_bytes)),
        free=room.ram_free_bytes,
    )
    if not shape.gpu_layers or room.card_free_bytes is None or room.card_total_bytes is None:
        return (ram,)
    reserve = max(CARD_RESERVE_BYTES, round(CARD_RESERVE_SHARE * room.card_total_bytes))
    card = Use("card", on_card, kv, compute, round(shape.adapter_bytes * share), reserve, room.card_free_bytes)
    return (card, ram)


def _kv_bytes(shape: _Shape, settings: EngineSection, sizes: Sizes, layers: slice) -> int:
    a_sequence = cells(shape.context, _flash(shape, settings)) + BRIEF_CONTEXT * _brief(shape, settings)
    count = a_sequence * shape.sequences * shape.contexts
    return round(sum(sizes.kv_widths[layers]) * count * KV_BYTES[shape.kv_type])


def _compute_bytes(shape: _Shape, settings: EngineSection, sizes: Sizes) -> int:
    """llama.cpp's scratch buffers of one context, and of one for brief answers, fitted to what it reports for models of several
    shapes: the logits of a batch or the widest layer, whichever is larger, and the attention mask; without flash attention
    the scores too.
    """
    a_token = max(4 * sizes.vocab, 4 * (3 * sizes.ffn + 4 * sizes.width))
    mask = shape.context * shape.batch
    if _flash(shape, settings):
        return a_token * shape.batch + 2 * mask
    brief = max(BRIEF_PASS, shape.batch) * (a_token + 2 * BRIEF_CONTEXT) if _brief(shape, settings) else 0
    return max(a_token * shape.batch, 4 * sizes.heads * mask + 24 * shape.batch * sizes.width) + 4 * mask + brief


# --- in words --------------------------------------------------------------------------------------------------------


def _reasons(shape: _Shape, settings: EngineSection, sizes: Sizes, room: Room) -> Iterator[str]:
    uses = _uses(shape, settings, sizes, room)
    yield _where(shape, settings, sizes, room)
    best = next(_shapes(settings, sizes))
    if shape.context < best.context:
        yield f"context of {shape.context} tokens: {best.context} do not fit"
    elif not settings.context_tokens and shape.context < sizes.trained_context:
        yield f"context of {shape.context} tokens; the model knows {sizes.trained_context}, engine.context_tokens asks for more"
    if _brief(shape, settings):
        yield "what is short in contexts of its own, with flash attention"
    if settings.kv_type == "auto" and shape.kv_type != "f16":
        yield "KV in 8 bits: in 16 it does not fit; engine.kv_type f16 insists"
    if (shape.contexts, shape.sequences) != (best.contexts, best.sequences):
        yield f"{shape.contexts} × {shape.sequences} answers at a time: {best.contexts} × {best.sequences} do not fit"
    for use in uses:
        if not use.fits:
            yield f"{_mib(use.needed)} predicted on the {use.place}, of which {_mib(use.free)} are free: may fail to load"


def _where(shape: _Shape, settings: EngineSection, sizes: Sizes, room: Room) -> str:
    if not room.offload or not shape.gpu_layers:
        why = f": {room.card}" if not room.offload else ": engine.gpu_layers is 0" if settings.gpu_layers == 0 else ""
        return f"on the processor{why or f': not one layer fits {room.card}'}"
    if settings.gpu_layers >= 0:
        return f"{shape.gpu_layers} layers on the card, as engine.gpu_layers asks"
    if room.card_free_bytes is None:
        return f"all layers offered to the card, unchecked: {room.card}"
    free = f"{_mib(room.card_free_bytes)} are free on {room.card}"
    if shape.gpu_layers > sizes.layers:
        return f"all {sizes.layers} layers and the output layer on the card: {free}"
    return f"{shape.gpu_layers - 1} of {sizes.layers} layers and the output layer on the card: {free}"


def _too_large(settings: EngineSection, sizes: Sizes, room: Room) -> ConfigError:
    smallest = list(_shapes(settings, sizes))[-1]
    layers = _wanted_layers(settings, sizes, room) if settings.gpu_layers >= 0 else 0
    use = _uses(replace(smallest, gpu_layers=layers), settings, sizes, room)[-1]
    return ConfigError(
        f"the model does not fit: at its smallest it needs {_mib(use.needed)} of main memory "
        f"({_mib(use.weights)} weights, {_mib(use.kv)} KV for {smallest.context} tokens, {_mib(use.compute)} to compute), "
        f"{_mib(use.free)} are free and {_mib(use.reserve)} of them stay so; choose a smaller model or a shorter "
        "engine.context_tokens",
        "engine.model",
    )


def _mib(count: int) -> str:
    return f"{count / 2**20:.0f} MiB"
