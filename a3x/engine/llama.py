"""Safe handles on llama.cpp's C API: a model, its adapters, its contexts.

Every limit whose breach makes a C call abort the process (batch size, context end, unknown token ids) is checked here
first. Knows nothing of requests, threads or chat; every method must be called from the engine thread.
"""

from __future__ import annotations

import ctypes
import math
import time
from collections.abc import Sequence
from contextlib import nullcontext
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar, cast

import llama_cpp.llama_cpp as lib
import numpy as np
from numpy.typing import NDArray

from a3x.engine.burst import Desk, Flag, Hand, Rounds
from a3x.engine.crew import Crew
from a3x.engine.pace import Pace
from a3x.errors import EngineFailure, ForeignFile
from a3x.hardware.pages import large_pages
from a3x.hardware.process import keep_large_blocks_apart

CHUNK_TOKENS = 64
"""The most that is read of one prompt in a pass; ``cuts`` says where, so that a reused prefix holds the very same numbers."""

BRIDGE = 1
"""Idle sequences side by side that a token is computed for in vain, so that the answers on both sides share a pass: on the seed
one costs less than another pass, two cost as much (docs/decisions/0009)."""

CELLS = 256
"""llama.cpp rounds what a sequence can hold up to a multiple of this."""

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
    """Initialise llama.cpp once in this process, take over its log, and see to it that what it frees is free."""
    keep_large_blocks_apart()
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


def cells(tokens: int, flash_attention: bool) -> int:
    """Room for so many tokens of a sequence; without flash attention in an odd number of ``CELLS``: values then lie in rows as
    long as that, and rows a power of two apart share few places of a processor's cache (docs/decisions/0009)."""
    multiple = -(-tokens // CELLS)
    return (multiple if flash_attention else multiple | 1) * CELLS


class Model:
    """A loaded GGUF: weights, vocabulary, metadata. Raises ForeignFile if llama.cpp refuses the file.

    Without layers on the card the weights are read into memory, where they can lie in large pages, and not mapped; ``briefly``
    maps them, for a process that shares them with one that serves, computes a few tokens and goes.
    ``plain_kernels`` keeps them in the file's layout: slower, and free of what repacking does to them.
    """

    def __init__(self, path: Path, gpu_layers: int = -1, plain_kernels: bool = False, briefly: bool = False) -> None:
        params = lib.llama_model_default_params()
        params.n_gpu_layers = gpu_layers if gpu_layers >= 0 else 999
        params.check_tensors = True
        params.use_extra_bufts = not plain_kernels
        if gpu_layers == 0 and not briefly:
            params.load_mode = lib.LLAMA_LOAD_MODE_NONE
        with nullcontext() if briefly else large_pages():
            handle = lib.llama_model_load_from_file(str(path).encode(), params)
        if not handle:
            raise ForeignFile(f"llama.cpp cannot load {path}: {last_log()}")
        self._handle: lib.llama_model_p | None = handle
        self.crew = Crew()
        self.vocab = held(lib.llama_model_get_vocab(handle), "the vocabulary")
        self.vocab_size: int = lib.llama_vocab_n_tokens(self.vocab)
        self.trained_context: int = lib.llama_model_n_ctx_train(handle)
        self.parameters: int = lib.llama_model_n_params(handle)
        self.size_bytes: int = lib.llama_model_size(handle)
        self.bos = cast(int, lib.llama_vocab_bos(self.vocab))
        self.eos = cast(int, lib.llama_vocab_eos(self.vocab))
        turn_end = cast(int, lib.llama_vocab_eot(self.vocab))
        self.end_of_turn = turn_end if turn_end >= 0 else self.eos
        self._printed: dict[int, bytes] = {}
        self._ends: dict[int, bool] = {}
        self.cuts_cleanly: bool = not (
            lib.llama_model_is_recurrent(handle) or lib.llama_model_is_hybrid(handle) or lib.llama_model_n_swa(handle)
        )
        """A sequence that is cut back holds what it held before; states that fold tokens together cannot."""
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
        """What one token prints; control tokens print nothing. Asked of llama.cpp once a token."""
        known = self._printed.get(token)
        if known is None:
            known = self._printed[token] = self._piece(token)
        return known

    def _piece(self, token: int) -> bytes:
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
        known = self._ends.get(token)
        if known is None:
            known = self._ends[token] = bool(lib.llama_vocab_is_eog(self.vocab, token))
        return known

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
            self.crew.close()


class LoadedAdapter:
    """An adapter in memory; detach it from every context before ``close``, and close it before its model."""

    def __init__(self, handle: lib.llama_adapter_lora_p) -> None:
        self.handle = handle

    def close(self) -> None:
        lib.llama_adapter_lora_free(self.handle)


class Context:
    """One llama.cpp context with a KV stream a sequence, ``tokens`` each; sequences are numbered from 0.

    ``pass_tokens``, at least a chunk, is the most that a pass may hold of several prompts.
    Raises EngineFailure when llama.cpp cannot allocate it.
    """

    def __init__(
        self,
        model: Model,
        tokens: int,
        pace: Pace,
        kv_type: str = "f16",
        flash_attention: bool = True,
        sequences: int = 1,
        pass_tokens: int = CHUNK_TOKENS,
    ) -> None:
        params = lib.llama_context_default_params()
        params.n_ctx = cells(tokens, flash_attention) * sequences
        self._most_rows = max(pass_tokens, sequences)
        params.n_batch = params.n_ubatch = self._most_rows
        params.n_seq_max = sequences
        params.type_k = params.type_v = KV_TYPES[kv_type]
        flash = lib.LLAMA_FLASH_ATTN_TYPE_AUTO if flash_attention else lib.LLAMA_FLASH_ATTN_TYPE_DISABLED
        params.flash_attn_type = flash
        params.kv_unified = False
        params.no_perf = True
        handle = lib.llama_init_from_model(model.handle, params)
        if not handle:
            raise EngineFailure(f"no memory for {sequences} sequences of {tokens} tokens: {last_log()}")
        self._handle: lib.llama_context_p | None = handle
        self._crew, self._pace, self._threads = model.crew, pace, pace.most
        self._crew.attach(handle, self._threads)
        self.sequences = sequences
        self.pass_tokens = pass_tokens if model.cuts_cleanly else 0
        """Of several sequences' chunks that are read together; 0: none may be."""
        self.capacity: int = lib.llama_n_ctx_seq(handle)
        self._vocab_size = model.vocab_size
        self._bridge = BRIDGE if model.cuts_cleanly else 0
        self._ends = [0] * sequences
        self._memory = held(lib.llama_get_memory(handle), "the context's memory")
        self._batch = _Batch(self._most_rows)
        self._desk = Desk(handle, self._memory, model.vocab, model.vocab_size, sequences)
        self._rows = np.empty((0, 0), np.float32)
        self._rows_at = 0

    @property
    def handle(self) -> lib.llama_context_p:
        return held(self._handle, "the context")

    def set_adapters(self, parts: Sequence[tuple[LoadedAdapter, float]]) -> None:
        """Replace the whole adapter set. The caller answers for the memory: KV of another mix must never be reused."""
        if any(not math.isfinite(scale) for _, scale in parts):
            raise EngineFailure("adapter scale is not finite")
        handles = (lib.llama_adapter_lora_p_ctypes * max(1, len(parts)))(*(adapter.handle for adapter, _ in parts))
        scales = (ctypes.c_float * max(1, len(parts)))(*(scale for _, scale in parts))
        if lib.llama_set_adapters_lora(self.handle, handles, len(parts), scales) != 0:
            raise EngineFailure(f"llama.cpp refused the adapters: {last_log()}")

    def clear(self) -> None:
        lib.llama_memory_clear(self._memory, True)
        self._ends = [0] * self.sequences

    def truncate(self, sequence: int, position: int) -> bool:
        """Forget a sequence from ``position`` on; False if this architecture cannot, and then the sequence is empty."""
        if position > 0 and lib.llama_memory_seq_rm(self._memory, sequence, position, -1):
            self._ends[sequence] = min(self._ends[sequence], position)
            return True
        lib.llama_memory_seq_rm(self._memory, sequence, -1, -1)
        self._ends[sequence] = 0
        return position == 0

    def copy(self, source: int, target: int) -> None:
        """Make ``target`` hold exactly what ``source`` holds. Only whole sequences: a range would end the process."""
        if source == target:
            raise EngineFailure("a sequence is not copied onto itself")
        lib.llama_memory_seq_cp(self._memory, source, target, -1, -1)
        self._ends[target] = self._ends[source]

    def decode(
        self, tokens: Sequence[int], position: int, want_logits: bool, sequence: int = 0, every: bool = False
    ) -> None:
        """Append a chunk to one sequence; logits of its last token, or of ``every`` one. Raises EngineFailure on any refusal.

        A chunk is a llama_batch of its own: with neighbours llama.cpp would cut it elsewhere, and other cuts are other sums.
        """
        count = len(tokens)
        if not 0 < count <= CHUNK_TOKENS:
            raise EngineFailure(f"a batch of {count} tokens; the limit is {CHUNK_TOKENS}")
        batch = self._batch
        batch.sequences[:count] = sequence
        batch.positions[:count] = np.arange(position, position + count)
        batch.wanted[:count] = want_logits and every
        batch.wanted[count - 1] = want_logits
        self._check(tokens, position + count)
        self._decode()
        self._ends[sequence] = position + count

    def read(
        self, chunks: Sequence[Sequence[int]], positions: Sequence[int], sequences: Sequence[int]
    ) -> Sequence[int]:
        """Append a chunk to each of several neighbouring sequences, in one pass; the places of their last tokens.

        Together ``pass_tokens`` at most, the shorter filled up to the longest: what fills them is forgotten again.
        """
        longest = max(map(len, chunks))
        count = longest * len(chunks)
        if count > self.pass_tokens or any(b != a + 1 for a, b in pairwise(sequences)):
            raise EngineFailure(f"{len(chunks)} chunks of {longest} tokens, or of sequences apart, in one pass")
        tokens, where, owners, wanted = list[int](), list[int](), list[int](), [0] * count
        places = [number * longest + len(chunk) - 1 for number, chunk in enumerate(chunks)]
        for chunk, position, sequence, place in zip(chunks, positions, sequences, places, strict=True):
            tokens += [*chunk, *[0] * (longest - len(chunk))]
            where += range(position, position + longest)
            owners += [sequence] * longest
            wanted[place] = 1
        self._lay(tokens, where, owners, wanted)
        self._decode()
        for chunk, position, sequence in zip(chunks, positions, sequences, strict=True):
            self._ends[sequence] = position + longest
            self.truncate(sequence, position + len(chunk))
        return places

    def _decode(self) -> None:
        """The batch as it lies there, timed."""
        self._take_threads()
        began = time.monotonic()
        status = int(lib.llama_decode(self.handle, self._batch.struct))
        took = time.monotonic() - began
        self._pace.spent_s += took
        self._pace.took(self._batch.struct.n_tokens, took)
        if status != 0:
            raise EngineFailure(f"llama_decode failed with status {status}: {last_log()}")

    def advance(self, tokens: Sequence[int], positions: Sequence[int], sequences: Sequence[int]) -> Sequence[int]:
        """Append one token to each of several sequences, numbers rising; row i of ``rows`` is of the i-th.

        Sequences without gaps between them share one pass. llama.cpp cuts the batch at every gap, so short ones are filled:
        an idle sequence gets a token that it loses again. Returns each token's place in the batch, for the samplers.
        """
        if not 0 < len(tokens) <= self.sequences:
            raise EngineFailure(f"{len(tokens)} sequences at once; the limit is {self.sequences}")
        places, _ = self.burst(tokens, positions, sequences, [], [], 1, 0.0, Flag())
        return places

    def burst(
        self,
        tokens: Sequence[int],
        positions: Sequence[int],
        sequences: Sequence[int],
        hands: Sequence[Hand],
        rooms: Sequence[int],
        rounds: int,
        seconds: float,
        news: Flag,
    ) -> tuple[Sequence[int], Rounds]:
        """``advance``, and again with the tokens that ``hands`` draw: places of the last round, and what was drawn.

        At least one round, or EngineFailure; otherwise see ``burst.Desk``. Without hands nothing is drawn, and one round is all.
        """
        places, bridges = self._fill(tokens, positions, sequences)
        rounds = min(rounds, self.capacity - max(positions), self._pace.certain)
        ends = [(between, self._ends[between]) for between in bridges]
        threads = self._take_threads()
        where = places[: len(hands)]
        drawn, took = self._desk.burst(self._batch.struct, hands, where, rooms, ends, rounds, seconds, news)
        self._pace.spent_s += sum(took)
        for each in took:
            if self._pace.threads() == threads:  # else the rest says nothing of the number now in use
                self._pace.took(self._batch.struct.n_tokens, each)
        for sequence, position in zip(sequences, positions, strict=True):
            self._ends[sequence] = position + len(took)
        if not took:
            raise EngineFailure(f"llama_decode failed with status {self._desk.status}: {last_log()}")
        return places, drawn

    def draw(self, hands: Sequence[Hand], places: Sequence[int]) -> Rounds:
        """A token for each from its place in the last decode; -1 is its last."""
        return self._desk.draw(hands, places)

    def _fill(
        self, tokens: Sequence[int], positions: Sequence[int], sequences: Sequence[int]
    ) -> tuple[Sequence[int], Sequence[int]]:
        """Lay out one token of each sequence and of the idle ones that bridge gaps: (the former's places, the latter)."""
        if not 0 < len(tokens) <= self.sequences:
            raise EngineFailure(f"{len(tokens)} sequences at once; the limit is {self.sequences}")
        bridges = self._bridges(sequences)
        if not bridges:
            self._lay(tokens, positions, sequences, [1] * len(tokens))
            return range(len(tokens)), ()
        rows = sorted(
            [
                *zip(sequences, tokens, positions, [1] * len(tokens), strict=True),
                *((between, 0, self._ends[between], 0) for between in bridges),
            ]
        )
        ordered = [list(column) for column in zip(*rows, strict=True)]
        self._lay(ordered[1], ordered[2], ordered[0], ordered[3])
        return [place for place, row in enumerate(rows) if row[3]], bridges

    def _bridges(self, sequences: Sequence[int]) -> list[int]:
        """The sequences in short gaps that have room for a token."""
        return [
            between
            for left, right in pairwise(sequences)
            if 1 < right - left <= self._bridge + 1
            for between in range(left + 1, right)
            if self._ends[between] < self.capacity
        ]

    def _lay(
        self, tokens: Sequence[int], positions: Sequence[int], sequences: Sequence[int], wanted: Sequence[int]
    ) -> None:
        count, batch = len(tokens), self._batch
        batch.sequences[:count] = sequences
        batch.positions[:count] = positions
        batch.wanted[:count] = wanted
        self._check(tokens, max(positions) + 1)

    def _check(self, tokens: Sequence[int], end: int) -> None:
        """Everything whose breach would end the process; the batch is whole afterwards."""
        count = len(tokens)
        if end > self.capacity:
            raise EngineFailure(f"{end} tokens do not fit a sequence of {self.capacity}")
        if min(tokens) < 0 or max(tokens) >= self._vocab_size:
            raise EngineFailure("a token id is outside the vocabulary")
        last = max(self._batch.sequences[:count].tolist())
        if last >= self.sequences:
            raise EngineFailure(f"there is no sequence {last}")
        self._batch.tokens[:count] = tokens
        self._batch.struct.n_tokens = count

    def _take_threads(self) -> int:
        threads = self._pace.threads()
        if threads != self._threads:
            self._crew.attach(self.handle, threads)
            self._threads = threads
        return threads

    def logits(self, row: int = -1) -> NDArray[np.float32]:
        """float32[n_vocab] of one token of the last batch, natural-log scale, a view valid until the next decode."""
        pointer = held(lib.llama_get_logits_ith(self.handle, row), f"output {row} of the last batch")
        return np.ctypeslib.as_array(pointer, shape=(self._vocab_size,))

    def rows(self, count: int) -> NDArray[np.float32]:
        """float32[count, n_vocab]: all outputs of the last decode, in their order, as such a view."""
        pointer: Any = lib.llama_get_logits(self.handle)
        address = ctypes.addressof(pointer.contents)
        if address != self._rows_at:
            self._rows = np.ctypeslib.as_array(pointer, shape=(self._most_rows, self._vocab_size))
            self._rows_at = address
        return self._rows[:count]

    def close(self) -> None:
        if self._handle:
            lib.llama_free(self._handle)
            self._handle = None


class _Batch:
    """A llama_batch whose arrays are numpy's, so that a step fills them without a loop."""

    def __init__(self, room: int) -> None:
        self.tokens = np.zeros(room, np.int32)
        self.positions = np.zeros(room, np.int32)
        self.sequences = np.zeros(room, np.int32)
        self.wanted = np.zeros(room, np.int8)
        self._counts = np.ones(room, np.int32)
        base = self.sequences.ctypes.data
        self._owners = np.arange(base, base + 4 * room, 4, dtype=np.uintp)
        struct: Any = lib.llama_batch()  # the binding declares arrays where the C struct has pointers
        struct.token = self.tokens.ctypes.data_as(ctypes.POINTER(lib.llama_token))
        struct.pos = self.positions.ctypes.data_as(ctypes.POINTER(lib.llama_pos))
        struct.n_seq_id = self._counts.ctypes.data_as(ctypes.POINTER(ctypes.c_int32))
        struct.seq_id = self._owners.ctypes.data_as(ctypes.POINTER(ctypes.POINTER(lib.llama_seq_id)))
        struct.logits = self.wanted.ctypes.data_as(ctypes.POINTER(ctypes.c_int8))
        self.struct = struct
