"""A grammar beside the sampler chain: which tokens may come next. Knows GBNF only as text; ``structure`` writes it.

llama.cpp ends the process when a grammar accepts a token that it would have rejected, so ``accept`` is only ever called
with a token that ``permits`` said yes to. Beyond the grammar, a token must keep the text valid UTF-8 (llama.cpp's decoder
takes a quote for the second half of a broken character) and must not be a control token (its name is not its text).
"""

from __future__ import annotations

import codecs
import ctypes

import llama_cpp.llama_cpp as lib
import numpy as np
from numpy.typing import NDArray

from a3x.engine.chat import TOOL_MARKS
from a3x.engine.llama import Model, last_log
from a3x.errors import EngineFailure, Unsupported
from a3x.types import Grammar

Candidates = NDArray[np.void]
CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])
"""llama_token_data, llama.h."""

OPENING = TOOL_MARKS[0].encode()


class Gate:
    """Follows one answer token by token. Frees the native grammar on ``close``."""

    def __init__(self, grammar: Grammar, model: Model) -> None:
        if not model.ends_generation(model.end_of_turn):
            raise Unsupported("this model has no end token, so no structure can be demanded of it", param="model")
        self._model = model
        self._source = grammar.gbnf.encode()
        self._in_calls = grammar.when == "in_calls"
        self._native: lib.llama_sampler_p | None = None
        self._seen = b""
        if not self._in_calls:
            self._begin()

    def permits(self, token: int) -> bool:
        """Whether ``token`` may come next."""
        if self._native:
            lone = np.array([(token, 0.0, 0.0)], CANDIDATE)
            self.mask(lone)
            if not np.isfinite(lone["logit"][0]):
                return False
        return self._writes_well(token)

    def mask(self, candidates: Candidates) -> None:
        """Set the logits of what the grammar forbids to -inf, in place; ``permits`` still has to be asked."""
        if self._native:
            array = token_array(candidates)
            lib.llama_sampler_apply(self._native, ctypes.byref(array))  # type: ignore[arg-type]

    def accept(self, token: int) -> None:
        """Go on past a token that is permitted."""
        if self._model.ends_generation(token):
            return
        data = self._model.token_bytes(token)
        if self._native:
            lib.llama_sampler_accept(self._native, token)
            self._text.decode(data)
            if self._in_calls and self.permits(self._model.end_of_turn):
                self.close()
        else:
            self._seen = (self._seen + data)[-len(OPENING) :]
            if self._seen == OPENING:
                self._begin()

    def close(self) -> None:
        if self._native:
            lib.llama_sampler_free(self._native)
            self._native = None

    def _begin(self) -> None:
        self._native = lib.llama_sampler_init_grammar(self._model.vocab, self._source, b"root") or None
        if not self._native:
            raise EngineFailure(f"llama.cpp refused the grammar: {last_log()}")
        self._text = codecs.getincrementaldecoder("utf-8")("strict")
        self._seen = b""

    def _writes_well(self, token: int) -> bool:
        if self._model.ends_generation(token):
            return True
        data = self._model.token_bytes(token)
        if not self._native:
            # a token must not open a call and write more: the grammar begins with a whole token
            at = (self._seen + data).find(OPENING)
            return at < 0 or at + len(OPENING) == len(self._seen + data)
        state = self._text.getstate()
        try:
            self._text.decode(data)
            half = self._text.getstate()[0]
        except UnicodeDecodeError:
            return False
        finally:
            self._text.setstate(state)
        return bool(data) and not (
            half[:1] == b"\xed" and half[1:] >= b"\xa0"
        )  # a surrogate that Python still waits for


def token_array(candidates: Candidates) -> lib.llama_token_data_array:
    """llama.cpp's view of ``candidates``, which must outlive it."""
    data = candidates.ctypes.data_as(ctypes.POINTER(lib.llama_token_data))
    return lib.llama_token_data_array(data=data, size=len(candidates), selected=-1, sorted=False)
