"""What fits: the arithmetic, the catalogue against sizes that people publish, the ranking, the choice of a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a3x.errors import BadRequest, NotFound, NotImplementedHere
from a3x.hardware.amd import Card
from a3x.models import recommend as ranking
from a3x.models.catalogue import FAMILIES, MIXES, Family
from a3x.models.choice import RemoteFile, choose, quantisation
from a3x.models.fit import CHUNK_TOKENS, Machine, Weights, ceiling_tok_s, fit, kv_bytes, machine

MIB = 1 << 20
RX_6400 = Machine(card_bytes=4080 * MIB, memory_bytes=16 << 30, card_bandwidth=128e9)
NO_CARD = Machine(card_bytes=0, memory_bytes=16 << 30)


def family(name: str) -> Family:
    return next(one for one in FAMILIES if one.name.startswith(name))


PUBLISHED = {
    # parameters in millions as the models' cards count them, bytes of a published Q4_K_M in millions
    "Qwen2.5-0.5B": (494.0, 397.8),
    "TinyLlama": (1100.0, 669.0),
    "Llama-3.2-1B": (1235.8, 807.7),
    "Qwen2.5-1.5B": (1543.7, 986.0),
    "SmolLM2-1.7B": (1711.4, 1055.6),
    "gemma-2-2b": (2614.3, 1708.6),
    "Qwen2.5-3B": (3085.9, 1929.9),
    "Llama-3.2-3B": (3212.7, 2019.4),
    "Phi-3.5-mini": (3821.1, 2393.2),
    "Llama-3.1-8B": (8030.3, 4920.7),
    "Qwen3-8B": (8190.7, 5027.8),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_catalogue_agrees_with_what_is_published(name: str) -> None:
    parameters, size = PUBLISHED[name]
    assert family(name).parameters / 1e6 == pytest.approx(parameters, rel=0.002)
    assert family(name).weights("Q4_K_M").size_bytes / 1e6 == pytest.approx(size, rel=0.04)


def test_a_catalogue_without_the_rule_for_odd_widths_is_caught() -> None:
    """Negative control: rows of 896 cannot be Q4_K, and a size that forgets it is a fifth too small."""
    careless = replace(family("Qwen2.5-0.5B"), width=1024, heads=14)
    assert careless.weights("Q4_K_M").size_bytes / careless.parameters < 0.7
    true = family("Qwen2.5-0.5B")
    assert true.weights("Q4_K_M").size_bytes / true.parameters > 0.78


def test_the_ceilings_are_bandwidth_by_size() -> None:
    for name, expected in (("Llama-3.2-1B", 160), ("Llama-3.2-3B", 64)):
        found = fit(family(name).weights("Q4_K_M"), RX_6400)
        assert found.place == "card"
        assert found.ceiling_tok_s == pytest.approx(expected, rel=0.02)
    assert ceiling_tok_s(128e9, 2_000_000_000, kv=560_000_000) == 50
    assert kv_bytes(36_864, 4096, "q8_0") == 36_864 * 4096 * 34 // 32


def test_where_a_model_goes() -> None:
    three, eight = family("Llama-3.2-3B").weights("Q4_K_M"), family("Llama-3.1-8B").weights("Q4_K_M")
    assert (fit(three, RX_6400).place, fit(three, RX_6400).context_tokens) == ("card", 4096)
    assert fit(three, RX_6400, context_tokens=32_768).context_tokens < 32_768
    assert "instead of 32768" in fit(three, RX_6400, context_tokens=32_768).reason
    assert fit(eight, RX_6400).place == "main memory"
    assert "too large for the card" in fit(eight, RX_6400).reason
    assert fit(eight, replace(RX_6400, memory_bytes=4 << 30)).place == "nowhere"
    assert fit(three, NO_CARD) == fit(three, replace(NO_CARD, card_bandwidth=1.0))
    assert fit(three, NO_CARD).ceiling_tok_s is None


WEIGHTS = st.builds(
    Weights,
    size_bytes=st.integers(1 << 20, 8 << 30),
    kv_per_token=st.integers(0, 400_000),
    vocabulary=st.integers(100, 300_000),
    context_tokens=st.integers(CHUNK_TOKENS, 131_072),
)
MACHINES = st.builds(
    Machine,
    card_bytes=st.integers(0, 24 << 30),
    memory_bytes=st.integers(1 << 30, 64 << 30),
    card_bandwidth=st.one_of(st.none(), st.floats(1e9, 1e12)),
)


@given(WEIGHTS, MACHINES, st.integers(CHUNK_TOKENS, 131_072), st.sampled_from(["f16", "q8_0", "f32"]))
def test_what_is_said_to_fit_does(weights: Weights, on: Machine, context: int, kv_type: str) -> None:
    found = fit(weights, on, kv_type, context)
    room = {"card": on.card_bytes, "main memory": on.memory_bytes}
    if found.place != "nowhere":
        assert found.total_bytes <= room[found.place]
        assert 0 < found.context_tokens <= min(context, weights.context_tokens)
    larger = fit(weights, replace(on, card_bytes=on.card_bytes * 2, memory_bytes=on.memory_bytes * 2), kv_type, context)
    order = ("nowhere", "main memory", "card")
    assert order.index(larger.place) >= order.index(found.place)


def test_the_largest_card_counts_and_only_where_the_build_can_use_it() -> None:
    small = Card("card0", "1002:743f", "gfx1034", 4080 * MIB, 0, 0, None)
    large = replace(small, name="card1", gfx_target="gfx1100", vram_total_bytes=16 << 30)
    assert machine((small,), 1 << 34, offload=True) == Machine(4080 * MIB, 1 << 34, 128e9)
    assert machine((small, large), 1 << 34, offload=True) == Machine(16 << 30, 1 << 34, None)
    assert machine((small,), 1 << 34, offload=False) == machine((), 1 << 34, True) == Machine(0, 1 << 34, None)
    assert machine((replace(small, vram_total_bytes=None),), 1 << 34, True).card_bytes == 0


def test_recommendations_fit_and_the_comfortable_come_first() -> None:
    found = ranking.recommend(RX_6400)
    assert found[0].family == "Qwen3-4B"
    assert {one.quantisation for one in found[:10]} == {"Q4_K_M"}
    squeezed = [one for one in found if one.quantisation == "Q3_K_S"]
    assert squeezed
    assert all("three bits" in one.fit.reason for one in squeezed)
    comfortable = [one for one in found if one not in squeezed and one.fit.place == "card"]
    assert found.index(squeezed[0]) == len(comfortable)
    assert all(one.fit.total_bytes <= RX_6400.card_bytes for one in comfortable)
    assert ranking.recommend(Machine(0, 1 << 30)) == []
    assert {one.fit.place for one in ranking.recommend(NO_CARD)} == {"main memory"}
    assert len(ranking.everything(RX_6400)) == len(FAMILIES) * len(MIXES)


def test_the_page_of_the_card_says_what_the_program_says() -> None:
    page = (Path(__file__).parents[2] / "docs/rx-6400.md").read_text()
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in page.splitlines()
        if "_K_" in line or "Q8_0 |" in line
    ]
    told = [row for row in rows if len(row) == 9]
    assert len(told) == 8
    for name, quant, kv_type, *figures in told:
        weights = family(name).weights(quant)
        found = fit(weights, RX_6400, kv_type)
        longest = fit(weights, RX_6400, kv_type, context_tokens=1 << 20).context_tokens
        full = ceiling_tok_s(128e9, found.weights_bytes, found.kv_bytes)
        sizes = [round(size / MIB) for size in (found.weights_bytes, found.kv_bytes, found.total_bytes)]
        assert [int(one) for one in figures] == [*sizes, longest, round(found.ceiling_tok_s or 0), round(full)], name
        assert (found.place, found.context_tokens) == ("card", 4096)


# --- which file of a repository --------------------------------------------------------------------------------------


def remote(path: str, size_mib: int) -> RemoteFile:
    return RemoteFile("owner/name", "c0ffee", path, size_mib * MIB, "ab" * 32)


FILES = [
    remote("README.md", 0),
    remote("m-Q2_K.gguf", 1300),
    remote("m-Q3_K_M.gguf", 1500),
    remote("m-Q4_K_M.gguf", 1900),
    remote("m-Q8_0.gguf", 3300),
    remote("m-f16.gguf", 6100),
    remote("mmproj-m-f16.gguf", 600),
    remote("m-bf16-00001-of-00002.gguf", 4000),
]


def test_the_file_that_fits_is_chosen_and_why() -> None:
    chosen = choose(FILES, None, RX_6400)
    assert chosen.file.path == "m-Q4_K_M.gguf"
    assert chosen.reason == "Q4_K_M is the best that fits the card's 4080 MiB; 1 of 5 files are too large"
    assert choose(FILES, None, replace(RX_6400, card_bytes=2200 * MIB)).file.path == "m-Q3_K_M.gguf"
    assert choose(FILES, None, NO_CARD).file.path == "m-Q4_K_M.gguf"
    assert choose(FILES, "m-f16.gguf", RX_6400).reason == "asked for"
    assert choose(FILES[:2], None, replace(RX_6400, card_bytes=MIB)).reason == "the only model file there"


def test_what_cannot_be_chosen_is_refused_with_the_list() -> None:
    with pytest.raises(BadRequest, match=r"none of these fits .*REPO:FILE.*m-Q2_K.gguf \(1300 MiB\)"):
        choose(FILES, None, replace(RX_6400, card_bytes=512 * MIB))
    with pytest.raises(NotFound, match="m-Q4_K_M"):
        choose(FILES, "other.gguf", RX_6400)
    with pytest.raises(NotFound, match="no GGUF"):
        choose(FILES[:1] + FILES[-2:], None, RX_6400)
    with pytest.raises(NotFound, match="no GGUF"):
        choose([], None, RX_6400)
    with pytest.raises(NotImplementedHere, match="in pieces"):
        choose(FILES, "m-bf16-00001-of-00002.gguf", RX_6400)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("Qwen2.5-3B-Instruct-Q4_K_M.gguf", "Q4_K_M"),
        ("sub/model.IQ4_XS.gguf", "IQ4_XS"),
        ("model-bf16.gguf", "BF16"),
        ("q8_0/model.gguf", "Q8_0"),
        ("Phi-Q.gguf", ""),
    ],
)
def test_a_file_name_says_its_quantisation(path: str, said: str) -> None:
    assert quantisation(path) == said
