"""Safe handles on llama.cpp's C API: a model, its adapters, its contexts.

Every limit whose breach makes a C call abort the process (batch size, context end, unknown token ids) is checked here
first. Knows nothing of requests, threads or chat; every method must be called from the engine thread.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar, cast

import llama_cpp.llama_cpp as lib
import numpy as np
from numpy.typing import NDArray

from a3x.errors import EngineFailure, ForeignFile

CHUNK_TOKENS = 64
"""Prompts are computed in chunks of this many tokens from position 0, so that a reused prefix holds the very same numbers."""

KV_TYPES = {"f32": 0, "f16": 1, "q8_0": 8}
"""ggml_type ids, ggml.h."""

T = TypeVar("T")

_log_lines: list[str] = []


@lib.llama_log_callback
def _keep_log(_level: int, text: bytes, _user: ctypes.c_void_p) -> None:
    """Keep llama.cpp's last words for error messages instead of printing them."""
    _log_lines.append(text.decode("utf-8", "replace").rstrip())
    del _log_lines[:-20]


def start_backend() -> None:
    """Initialise llama.cpp once in this process and take over its log."""
    lib.llama_log_set(_keep_log, ctypes.c_void_p(0))
    lib.llama_backend_init()


def last_log() -> str:
    """The last error-like line that llama.cpp printed, for people."""
    wanted = [line for line in _log_lines if "error" in line.lower() or "fail" in line.lower()]
    return (wanted or _log_lines or ["no reason given"])[-1]


def held(handle: T | None, what: str) -> T:
    """A handle that is still open: the C API would crash on a null one. Raises EngineFailure."""
    if not handle:
        raise EngineFailure(f"{what} is closed")
    return handle


class Model:
    """A loaded GGUF: weights, vocabulary, metadata. Raises ForeignFile if llama.cpp refuses the file.

    ``plain_kernels`` keeps the weights in the file's layout: slower, and free of what repacking does to them.
    """

    def __init__(self, path: Path, gpu_layers: int = -1, plain_kernels: bool = False) -> None:
        params = lib.llama_model_default_params()
        params.n_gpu_layers = gpu_layers if gpu_layers >= 0 else 999
        params.check_tensors = True
        params.use_extra_bufts = not plain_kernels
        handle = lib.llama_model_load_from_file(str(path).encode(), params)
        if not handle:
            raise ForeignFile(f"llama.cpp cannot load {path}: {last_log()}")
        self._handle: lib.llama_model_p | None = handle
        self.vocab = held(lib.llama_model_get_vocab(handle), "the vocabulary")
        self.vocab_size: int = lib.llama_vocab_n_tokens(self.vocab)
        self.trained_context: int = lib.llama_model_n_ctx_train(handle)
        self.parameters: int = lib.llama_model_n_params(handle)
        self.size_bytes: int = lib.llama_model_size(handle)
        self.bos = cast(int, lib.llama_vocab_bos(self.vocab))
        self.eos = cast(int, lib.llama_vocab_eos(self.vocab))
        turn_end = cast(int, lib.llama_vocab_eot(self.vocab))
        self.end_of_turn = turn_end if turn_end >= 0 else self.eos
        self.adds_bos: bool = bool(lib.llama_vocab_get_add_bos(self.vocab)) and self.bos >= 0

    @property
    def handle(self) -> lib.llama_model_p:
        return held(self._handle, "the model")

    def meta(self, key: str) -> str | None:
        """One metadata value as text; None if the file has no such key."""
        size = self._write_meta(key, ctypes.create_string_buffer(1))
        if size < 0:
            return None
        buffer = ctypes.create_string_buffer(size + 1)
        self._write_meta(key, buffer)
        return buffer.value.decode("utf-8", "replace")

    def _write_meta(self, key: str, buffer: ctypes.Array[ctypes.c_char]) -> int:
        """Bytes that the value has, whether they fit or not; the binding declares a buffer as bytes."""
        return lib.llama_model_meta_val_str(self.handle, key.encode(), cast(bytes, buffer), len(buffer))

    @property
    def chat_template(self) -> str | None:
        text = lib.llama_model_chat_template(self.handle, None)
        return text.decode("utf-8", "replace") if text else None

    def tokenize(self, text: str, parse_special: bool) -> list[int]:
        """Token ids; ``parse_special`` False keeps control tokens in ``text`` as plain characters."""
        raw = text.encode("utf-8")
        room = len(raw) + 16
        ids = (lib.llama_token * room)()
        count = lib.llama_tokenize(self.vocab, raw, len(raw), ids, room, False, parse_special)
        if count < 0:
            raise EngineFailure(f"tokeniser needs {-count} tokens for {len(raw)} bytes")
        return list(ids[:count])

    def token_bytes(self, token: int) -> bytes:
        """What one token prints; control tokens print nothing."""
        buffer = ctypes.create_string_buffer(64)
        size = lib.llama_token_to_piece(self.vocab, token, buffer, 64, 0, False)
        if size < 0:
            buffer = ctypes.create_string_buffer(-size)
            size = lib.llama_token_to_piece(self.vocab, token, buffer, -size, 0, False)
        return buffer.raw[:size]

    def token_text(self, token: int) -> str:
        """The vocabulary entry of a token, for templates (``<s>``)."""
        return lib.llama_vocab_get_text(self.vocab, token).decode("utf-8", "replace") if token >= 0 else ""

    def ends_generation(self, token: int) -> bool:
        return bool(lib.llama_vocab_is_eog(self.vocab, token))

    def is_control(self, token: int) -> bool:
        return bool(lib.llama_vocab_is_control(self.vocab, token))

    def load_adapter(self, path: Path) -> LoadedAdapter:
        """Read a LoRA GGUF that has passed gguf.check; ForeignFile if llama.cpp still refuses it."""
        handle = lib.llama_adapter_lora_init(self.handle, str(path).encode())
        if not handle:
            raise ForeignFile(f"llama.cpp cannot load adapter {path.name}: {last_log()}")
        return LoadedAdapter(handle)

    def close(self) -> None:
        if self._handle:
            lib.llama_model_free(self._handle)
            self._handle = None


class LoadedAdapter:
    """An adapter in memory; detach it from every context before ``close``, and close it before its model."""

    def __init__(self, handle: lib.llama_adapter_lora_p) -> None:
        self.handle = handle

    def close(self) -> None:
        lib.llama_adapter_lora_free(self.handle)


class Context:
    """One llama.cpp context with per-sequence KV streams; ``tokens`` sized, sequence 0 only.

    Raises EngineFailure when llama.cpp cannot allocate it.
    """

    def __init__(
        self, model: Model, tokens: int, threads: int, kv_type: str = "f16", flash_attention: bool = True
    ) -> None:
        params = lib.llama_context_default_params()
        params.n_ctx = tokens
        params.n_batch = CHUNK_TOKENS
        params.n_ubatch = CHUNK_TOKENS
        params.n_seq_max = 1
        params.n_threads = threads
        params.n_threads_batch = threads
        params.type_k = params.type_v = KV_TYPES[kv_type]
        flash = lib.LLAMA_FLASH_ATTN_TYPE_AUTO if flash_attention else lib.LLAMA_FLASH_ATTN_TYPE_DISABLED
        params.flash_attn_type = flash
        params.kv_unified = False
        params.no_perf = True
        handle = lib.llama_init_from_model(model.handle, params)
        if not handle:
            raise EngineFailure(f"no memory for a context of {tokens} tokens: {last_log()}")
        self._handle: lib.llama_context_p | None = handle
        self.capacity: int = lib.llama_n_ctx(handle)
        self._model = model
        self._memory = held(lib.llama_get_memory(handle), "the context's memory")
        self._batch = lib.llama_batch_init(CHUNK_TOKENS, 0, 1)

    @property
    def handle(self) -> lib.llama_context_p:
        return held(self._handle, "the context")

    def set_adapters(self, parts: Sequence[tuple[LoadedAdapter, float]]) -> None:
        """Replace the whole adapter set. The caller clears the memory: KV of another mix must never be reused."""
        if any(not math.isfinite(scale) for _, scale in parts):
            raise EngineFailure("adapter scale is not finite")
        handles = (lib.llama_adapter_lora_p_ctypes * max(1, len(parts)))(*(adapter.handle for adapter, _ in parts))
        scales = (ctypes.c_float * max(1, len(parts)))(*(scale for _, scale in parts))
        if lib.llama_set_adapters_lora(self.handle, handles, len(parts), scales) != 0:
            raise EngineFailure(f"llama.cpp refused the adapters: {last_log()}")

    def clear(self) -> None:
        lib.llama_memory_clear(self._memory, True)

    def truncate(self, position: int) -> bool:
        """Forget every token from ``position`` on; False if this architecture cannot, and then the memory is empty."""
        if lib.llama_memory_seq_rm(self._memory, 0, position, -1):
            return True
        self.clear()
        return False

    def decode(self, tokens: Sequence[int], position: int, want_logits: bool, every: bool = False) -> None:
        """Append ``tokens`` at ``position``; logits of the last one, or of ``every`` one. Raises EngineFailure on any refusal."""
        count = len(tokens)
        if not 0 < count <= CHUNK_TOKENS:
            raise EngineFailure(f"a batch of {count} tokens; the limit is {CHUNK_TOKENS}")
        if position + count > self.capacity:
            raise EngineFailure(f"{position + count} tokens do not fit a context of {self.capacity}")
        if min(tokens) < 0 or max(tokens) >= self._model.vocab_size:
            raise EngineFailure("a token id is outside the vocabulary")
        batch = self._batch
        batch.n_tokens = count
        for index, token in enumerate(tokens):
            batch.token[index] = token
            batch.pos[index] = position + index
            batch.n_seq_id[index] = 1
            batch.seq_id[index][0] = 0
            batch.logits[index] = 1 if want_logits and (every or index == count - 1) else 0
        status = lib.llama_decode(self.handle, batch)
        if status != 0:
            raise EngineFailure(f"llama_decode failed with status {status}: {last_log()}")

    def logits(self, row: int = -1) -> NDArray[np.float32]:
        """float32[n_vocab] of the batch's token ``row``, natural-log scale, a view valid until the next decode."""
        pointer = held(lib.llama_get_logits_ith(self.handle, row), f"output {row} of the last batch")
        return np.ctypeslib.as_array(pointer, shape=(self._model.vocab_size,))

    def close(self) -> None:
        if self._handle:
            lib.llama_batch_free(self._batch)
            lib.llama_free(self._handle)
            self._handle = None
