"""What is allocated for a model before it is loaded: a 4 GB card, no card, too little of everything."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a3x.config import EngineSection
from a3x.engine.plan import COMFORT, Plan, plan
from a3x.errors import ConfigError
from a3x.gguf.sizes import Sizes
from a3x.hardware.room import Room
from tests.support import rx6400
from tests.support.models import MIB, ONE_B, SEED, SEVEN_B, SEVENTY_B, THREE_B

GIB = 1 << 30
PROCESSOR = Room(8, 16 * GIB, 12 * GIB, "no card here")
CARD = Room(
    8, 16 * GIB, 12 * GIB, "card0 gfx1034", rx6400.VRAM_TOTAL_BYTES, rx6400.VRAM_TOTAL_BYTES - 60 * MIB, offload=True
)


def make(sizes: Sizes, room: Room = CARD, **settings: object) -> Plan:
    return plan(EngineSection.model_validate(settings), sizes, room)


def text(made: Plan) -> str:
    return "\n".join(made.reasons)


# --- the 4 GB card ---------------------------------------------------------------------------------------------------


def test_the_seed_goes_to_the_card_with_every_comfort() -> None:
    made = make(SEED)
    assert (made.resident_contexts, made.sequences) == COMFORT[0]
    assert (made.gpu_layers, made.kv_type, made.context_tokens) == (7, "f16", 1024)
    assert (made.resident_adapters, made.adapter_bytes) == (32, 256 * MIB)


def test_one_b_fits_whole_with_several_answers_at_a_time() -> None:
    made = make(ONE_B)
    assert (made.gpu_layers, made.kv_type, made.context_tokens) == (17, "f16", 4096)
    assert (made.resident_contexts, made.sequences) == (2, 8)
    assert "all 16 layers and the output layer on the card" in text(made)
    assert "the model knows 131072" in text(made)


def test_three_b_fits_whole_and_gives_up_answers_at_a_time() -> None:
    made = make(THREE_B)
    assert (made.gpu_layers, made.kv_type, made.context_tokens) == (29, "f16", 4096)
    assert (made.resident_contexts, made.sequences) == (1, 2)
    assert "1 × 2 answers at a time: 4 × 8 do not fit" in text(made)


def test_seven_b_is_partly_offloaded_with_short_kv() -> None:
    made = make(SEVEN_B)
    assert 16 < made.gpu_layers < 33
    assert (made.kv_type, made.context_tokens) == ("q8_0", 4096)
    card, ram = made.bytes
    assert card.fits and ram.fits
    assert not replace(card, weights=card.weights + SEVEN_B.layer_bytes[0]).fits, "one layer more would have fitted"
    assert f"{made.gpu_layers - 1} of 32 layers" in text(made)
    assert "KV in 8 bits" in text(made)


def test_what_fits_nowhere_is_refused_with_the_figures() -> None:
    with pytest.raises(ConfigError, match=r"does not fit.*needs \d+ MiB.*weights.*free.*smaller model") as refused:
        make(SEVENTY_B)
    assert refused.value.param == "engine.model"
    with pytest.raises(ConfigError, match="does not fit"):
        make(SEED, replace(PROCESSOR, ram_free_bytes=512 * MIB))


def test_a_full_card_leaves_the_model_to_the_processor() -> None:
    made = make(THREE_B, replace(CARD, card_free_bytes=300 * MIB))
    assert made.gpu_layers == 0
    assert "not one layer fits card0 gfx1034" in text(made)


def test_a_card_that_cannot_be_read_is_offered_everything_unchecked() -> None:
    made = make(SEVEN_B, replace(CARD, card_free_bytes=None, card_total_bytes=None, card="no AMD card"))
    assert made.gpu_layers == 33
    assert "unchecked" in text(made)


# --- the processor ---------------------------------------------------------------------------------------------------


def test_without_a_card_nothing_is_offloaded_and_the_reason_is_the_rooms() -> None:
    made = make(ONE_B, PROCESSOR)
    (ram,) = made.bytes
    assert made.gpu_layers == 0
    assert made.reasons[0] == "on the processor: no card here"
    assert ram.weights == ONE_B.weight_bytes
    assert ram.kv + ram.compute <= GIB


def test_context_is_in_whole_chunks_and_never_over_what_the_model_knows() -> None:
    def context(trained: int, **settings: object) -> int:
        return make(replace(SEED, trained_context=trained), PROCESSOR, **settings).context_tokens

    assert context(1000) == 960
    assert context(131_072) == 4096
    assert context(131_072, context_tokens=8192) == 8192
    assert context(2048, context_tokens=8192) == 2048
    assert context(2048, context_tokens=1) == 64


def test_threads_are_chosen_as_it_goes_where_their_number_changes_no_sum() -> None:
    assert make(SEED, PROCESSOR).threads == (1, 2, 4, 8)
    assert make(SEED, threads=3).threads == (3,)
    assert make(SEED, threads=99).threads == make(SEED, threads=8).threads == (8,)
    assert make(SEED, PROCESSOR, flash_attention=True).threads == (8,)


# --- settings --------------------------------------------------------------------------------------------------------


def test_what_settings_name_is_obeyed() -> None:
    asked: dict[str, Any] = {
        "context_tokens": 2048,
        "sequences": 3,
        "resident_contexts": 2,
        "resident_adapters": 5,
        "adapter_mib": 9,
        "kv_type": "f32",
    }
    made = make(SEED, **asked, gpu_layers=4)
    assert made.adapter_bytes == asked.pop("adapter_mib") * MIB
    assert {name: getattr(made, name) for name in asked} == asked | {"context_tokens": 1024}
    assert made.gpu_layers == 4


def test_layers_asked_for_are_not_argued_with_but_told() -> None:
    made = make(SEVEN_B, gpu_layers=33)
    assert made.gpu_layers == 33
    assert "may fail to load" in text(made)
    assert make(SEVEN_B, gpu_layers=0).gpu_layers == 0


def test_a_long_context_that_is_asked_for_is_not_refused_for_comfort() -> None:
    made = make(SEVEN_B, PROCESSOR, context_tokens=32_768)
    assert (made.context_tokens, made.kv_type, made.resident_contexts, made.sequences) == (32_768, "f16", 1, 1)


def test_flash_attention_is_for_cards_unless_asked_for() -> None:
    assert make(SEVEN_B, flash_attention=None).flash_attention
    assert not make(SEED, PROCESSOR).flash_attention
    assert make(SEED, PROCESSOR, flash_attention=True).flash_attention
    assert make(SEED, PROCESSOR, kv_type="q8_0").flash_attention
    assert not make(SEVEN_B, flash_attention=False).flash_attention


def test_what_is_brief_is_computed_otherwise_where_nothing_else_is_asked_for() -> None:
    made = make(SEED, PROCESSOR)
    assert made.brief and made.threads == (1, 2, 4, 8)
    assert not make(SEED, CARD).brief
    for asked in ({"flash_attention": True}, {"flash_attention": False}, {"kv_type": "q8_0"}, {"kv_type": "f32"}):
        assert not make(SEED, PROCESSOR, **asked).brief


def test_contexts_for_what_is_brief_are_counted() -> None:
    with_them, without = make(SEED, PROCESSOR).bytes[0], make(SEED, PROCESSOR, flash_attention=False).bytes[0]
    assert without.kv < with_them.kv < 2 * without.kv
    assert without.compute < with_them.compute < 5 * without.compute


def test_short_kv_needs_flash_attention_and_whole_blocks() -> None:
    assert make(SEVEN_B, flash_attention=False).kv_type == "f16"
    assert make(replace(SEVEN_B, head_width=80)).kv_type == "f16"
    with pytest.raises(ConfigError, match="flash attention"):
        make(SEED, kv_type="q8_0", flash_attention=False)


# --- always ----------------------------------------------------------------------------------------------------------

ROOMS = st.builds(
    lambda ram, card, offload: Room(4, 2 * ram, ram, "card", card and 2 * card, card, offload),
    st.integers(512 * MIB, 64 * GIB),
    st.none() | st.integers(0, 48 * GIB),
    st.booleans(),
)


@given(st.sampled_from([SEED, ONE_B, THREE_B, SEVEN_B, SEVENTY_B]), ROOMS)
def test_a_plan_fits_or_there_is_none(sizes: Sizes, room: Room) -> None:
    try:
        made = make(sizes, room)
    except ConfigError:
        return
    assert all(use.fits for use in made.bytes)
    assert made.context_tokens % 64 == 0
    assert made.batch_tokens >= max(64, made.sequences)
    assert 0 <= made.gpu_layers <= sizes.layers + 1
    assert room.offload or made.gpu_layers == 0
    assert made.reasons
    if len(made.bytes) == 2:
        extra = sizes.embedding_bytes if not sizes.output_bytes else 0  # the copy that computes the output
        assert sum(use.weights for use in made.bytes) == sizes.weight_bytes + extra


@given(st.integers(256 * MIB, 8 * GIB), st.integers(0, 2 * GIB))
def test_more_room_never_gives_fewer_layers(free: int, more: int) -> None:
    def layers(card_free: int) -> int:
        return make(THREE_B, replace(CARD, card_total_bytes=16 * GIB, card_free_bytes=card_free)).gpu_layers

    assert layers(free) <= layers(free + more)
