"""Safe handles on llama.cpp's C API for an embedder: a model that pools, and the context that batches its texts.

Runs on the processor, so that an embedder never takes memory from the card. Knows nothing of requests or threads; every
method must be called from the thread that made it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path

import llama_cpp.llama_cpp as lib
import numpy as np
from numpy.typing import NDArray

from a3x.engine.llama import Model, held, last_log
from a3x.errors import EngineFailure, ForeignFile

TOKEN_LIMIT = 512
"""Tokens of one text, unless the settings ask for more: memory is set aside for the longest."""

PACK_TOKENS = 64
"""Short texts share a batch up to here. Attention is computed over the whole batch and masked, so what sharing saves is
soon lost: on a processor, batches of 512 are slower than texts one by one (*measured*, docs/embeddings.md)."""

PACK_TEXTS = 32
"""Sequences of a batch; more of them than tokens would make llama.cpp abort."""

POOLED = (lib.LLAMA_POOLING_TYPE_MEAN, lib.LLAMA_POOLING_TYPE_CLS, lib.LLAMA_POOLING_TYPE_LAST)


class Encoder:
    """A loaded embedder. ForeignFile if llama.cpp refuses it or it does not pool, EngineFailure without memory."""

    def __init__(
        self, path: Path, threads: int = 1, token_limit: int = TOKEN_LIMIT, plain_kernels: bool = False
    ) -> None:
        self._model = Model(path, gpu_layers=0, plain_kernels=plain_kernels)
        self.max_tokens = min(token_limit, self._model.trained_context)
        self._room = max(PACK_TOKENS, self.max_tokens)
        handle = self._open(threads)
        self._handle: lib.llama_context_p | None = handle
        self._batch = lib.llama_batch_init(self._room, 0, 1)
        if lib.llama_pooling_type(handle) not in POOLED:
            self.close()
            raise ForeignFile(f"{path.name} does not say how to pool tokens into one vector: not an embedder")
        self._memory = lib.llama_get_memory(handle)
        self.dimensions: int = lib.llama_model_n_embd_out(self._model.handle)
        self.name = self._model.meta("general.name") or path.stem
        self._decomposes = _strips_accents(self._model)

    def _open(self, threads: int) -> lib.llama_context_p:
        params = lib.llama_context_default_params()
        params.embeddings = True
        params.n_ctx = params.n_batch = params.n_ubatch = self._room
        params.n_seq_max = PACK_TEXTS
        # An encoder has no KV; a decoder that embeds shares one among the texts of a batch and forgets it afterwards.
        params.kv_unified = True
        params.flash_attn_type = lib.LLAMA_FLASH_ATTN_TYPE_DISABLED
        params.no_perf = True
        handle = lib.llama_init_from_model(self._model.handle, params)
        if not handle:
            self._model.close()
            raise EngineFailure(f"no memory for an embedder's context of {self._room} tokens: {last_log()}")
        self._model.crew.attach(handle, threads)
        return handle

    @property
    def vocab_size(self) -> int:
        return self._model.vocab_size

    def tokenize(self, text: str) -> list[int]:
        """Token ids with the model's special tokens around them; what the text says of such tokens is plain text."""
        raw = (unicodedata.normalize("NFD", text) if self._decomposes else text).encode("utf-8")
        room = len(raw) + 16
        ids = (lib.llama_token * room)()
        count = lib.llama_tokenize(self._model.vocab, raw, len(raw), ids, room, True, False)
        if count < 0:
            raise EngineFailure(f"tokeniser needs {-count} tokens for {len(raw)} bytes")
        return list(ids[:count])

    def truncate(self, ids: Sequence[int]) -> list[int]:
        """The first ``max_tokens`` of a text, with its own last token (BERT's ``[SEP]``) kept last."""
        return list(ids) if len(ids) <= self.max_tokens else [*ids[: self.max_tokens - 1], ids[-1]]

    def fits(self, texts: int, tokens: int) -> bool:
        """Whether so many texts with so many tokens in all should share a batch; a text alone always may."""
        return texts == 1 or (texts <= PACK_TEXTS and tokens <= PACK_TOKENS)

    def encode(self, texts: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """One batch that ``fits`` → float32[n, dimensions], rows of length 1. EngineFailure on any refusal."""
        self._fill(texts)
        if self._memory:
            lib.llama_memory_clear(self._memory, True)
        status = lib.llama_decode(held(self._handle, "the embedder"), self._batch)
        if status != 0:
            raise EngineFailure(f"llama_decode failed with status {status} on a batch of texts: {last_log()}")
        vectors = np.stack([self._pooled(index) for index in range(len(texts))])
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.isfinite(lengths).all() or not lengths.all():
            raise EngineFailure("the embedder's numbers are not finite, or zero")
        return vectors / lengths

    def _fill(self, texts: Sequence[Sequence[int]]) -> None:
        """Every limit whose breach makes llama.cpp abort is checked here."""
        if not texts or not self.fits(len(texts), sum(map(len, texts))):
            raise EngineFailure(f"a batch of {len(texts)} texts with {sum(map(len, texts))} tokens does not fit")
        batch, at = self._batch, 0
        for sequence, ids in enumerate(texts):
            if not 0 < len(ids) <= self.max_tokens or min(ids) < 0 or max(ids) >= self.vocab_size:
                raise EngineFailure(f"text {sequence} of a batch is empty, too long or not of this vocabulary")
            for position, token in enumerate(ids):
                batch.token[at] = token
                batch.pos[at] = position
                batch.n_seq_id[at] = 1
                batch.seq_id[at][0] = sequence
                batch.logits[at] = 1
                at += 1
        batch.n_tokens = at

    def _pooled(self, sequence: int) -> NDArray[np.float32]:
        """float32[dimensions], a copy."""
        pointer = lib.llama_get_embeddings_seq(held(self._handle, "the embedder"), sequence)
        if not pointer:
            raise EngineFailure(f"llama.cpp gave no vector for text {sequence} of a batch")
        return np.ctypeslib.as_array(pointer, shape=(self.dimensions,)).copy()

    def close(self) -> None:
        if self._handle:
            lib.llama_batch_free(self._batch)
            lib.llama_free(self._handle)
            self._handle = None
            self._model.close()


def _strips_accents(model: Model) -> bool:
    """Whether the tokeniser drops accents, as uncased BERTs do: llama.cpp then keeps only the first character of a
    decomposition, which loses Hangul's vowels, so the text is decomposed before (*measured*; BERT does the same)."""
    if model.meta("tokenizer.ggml.model") != "bert":
        return False
    lowers = model.meta("tokenizer.ggml.normalizer.lowercase")
    strips = model.meta("tokenizer.ggml.normalizer.strip_accents")
    return (strips or lowers or "true") == "true"
