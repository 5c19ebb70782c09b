"""llama.cpp's own sampler chains, and the likeliest tokens of a row. Knows no text."""

from __future__ import annotations

import ctypes
import secrets

import llama_cpp.llama_cpp as lib
import numpy as np
from numpy.typing import NDArray

from a3x.engine.gate import CANDIDATE, Candidates, Gate, token_array
from a3x.engine.llama import Context, Model, held
from a3x.errors import BadRequest, EngineFailure
from a3x.types import Sampling

RANDOM_SEED = 0xFFFFFFFF
"""llama.cpp takes this one seed as a wish for a random one (LLAMA_DEFAULT_SEED, llama.h)."""

COLDEST = 1e-3
"""Below this temperature logits divided by it leave float32; what is drawn is the greedy token anyway."""

HISTORY_TOKENS = 1 << 16
"""How far penalties and DRY look back: the whole answer of any context we open."""


def seed32(seed: int) -> int:
    """Any integer as a seed of llama.cpp, ``RANDOM_SEED`` never among them: the same seed must repeat the answer."""
    return seed % RANDOM_SEED


class Sampler:
    """A sampler chain for one answer; ``seed`` is the one really used, so that an answer can be drawn again.

    Raises BadRequest for a biased token that the vocabulary does not have.
    """

    def __init__(self, sampling: Sampling, model: Model) -> None:
        self.seed = secrets.randbits(31) if sampling.seed is None else seed32(sampling.seed)
        adjustments = _adjustments(sampling, model)
        self._plain = not adjustments and sampling.temperature < COLDEST
        links = [*adjustments, *self._choice(sampling)]
        chain = held(lib.llama_sampler_chain_init(lib.llama_sampler_chain_default_params()), "the sampler")
        for link in links:
            lib.llama_sampler_chain_add(chain, link)
        self._chain: lib.llama_sampler_p | None = chain
        self._gate: Gate | None = None
        if sampling.grammar:
            try:
                self._gate = Gate(sampling.grammar, model)
            except BaseException:
                self.close()
                raise

    def _choice(self, sampling: Sampling) -> list[lib.llama_sampler_p]:
        if sampling.temperature < COLDEST:
            return [lib.llama_sampler_init_greedy()]
        links = []
        if sampling.top_k > 0:
            links.append(lib.llama_sampler_init_top_k(sampling.top_k))
        if sampling.top_p < 1.0:
            links.append(lib.llama_sampler_init_top_p(sampling.top_p, 1))
        if sampling.min_p > 0.0:
            links.append(lib.llama_sampler_init_min_p(sampling.min_p, 1))
        return [
            *links,
            lib.llama_sampler_init_temp(sampling.temperature),
            lib.llama_sampler_init_dist(self.seed),
        ]

    @property
    def chain(self) -> int | None:
        """As ``burst.Hand`` says: the chain's address, 0 if it only takes the likeliest token, None with a grammar."""
        if self._gate:
            return None
        return 0 if self._plain else ctypes.cast(held(self._chain, "the sampler"), ctypes.c_void_p).value

    def draw(self, context: Context, row: int = -1) -> int:
        """The next token from one row of the last decode (-1 is its last); it is accepted."""
        chain = held(self._chain, "the sampler")
        if self._gate is None:
            return int(lib.llama_sampler_sample(chain, context.handle, row))
        token = self._permitted(chain, self._gate, context.logits(row))
        self._gate.accept(token)
        lib.llama_sampler_accept(chain, token)
        return token

    def _permitted(self, chain: lib.llama_sampler_p, gate: Gate, logits: NDArray[np.float32]) -> int:
        """The chain's own wish if the gate permits it, else its choice among what is permitted.

        Two steps because the second costs a look at every token of the vocabulary. Without top_k, top_p and min_p the
        distribution is the same as masking first; with them the filter sees the model's own ranking, as in llama.cpp.
        """
        candidates = np.zeros(len(logits), CANDIDATE)
        candidates["id"], candidates["logit"] = np.arange(len(logits)), logits
        token = _choose(chain, candidates)
        if gate.permits(token):
            return token
        gate.mask(candidates)
        candidates = candidates[np.isfinite(candidates["logit"])]
        while len(candidates):
            token = _choose(chain, candidates)
            if gate.permits(token):
                return token
            candidates = candidates[candidates["id"] != token]
        raise EngineFailure("no token of this model's vocabulary continues the answer as its structure demands")

    def close(self) -> None:
        if self._chain:
            lib.llama_sampler_free(self._chain)
            self._chain = None
        if self._gate:
            self._gate.close()


def _adjustments(sampling: Sampling, model: Model) -> list[lib.llama_sampler_p]:
    """What changes logits before anything is chosen: bias, penalties, DRY; nothing for a plain request."""
    links = []
    if sampling.logit_bias:
        links.append(_bias(sampling.logit_bias, model))
    penalties = (sampling.repetition_penalty, sampling.frequency_penalty, sampling.presence_penalty)
    if penalties != (1.0, 0.0, 0.0):
        links.append(lib.llama_sampler_init_penalties(model.vocab_size, HISTORY_TOKENS, *penalties))
    if sampling.dry_multiplier > 0.0:
        texts = [text.encode() for text in sampling.dry_breakers]
        breakers = (ctypes.c_char_p * len(texts))(*texts)
        strength = (sampling.dry_multiplier, sampling.dry_base, sampling.dry_allowed_length, HISTORY_TOKENS)
        links.append(lib.llama_sampler_init_dry(model.vocab, *strength, breakers, len(texts)))
    return links


def _bias(wanted: tuple[tuple[int, float], ...], model: Model) -> lib.llama_sampler_p:
    entries = (lib.llama_logit_bias * len(wanted))()
    for entry, (token, bias) in zip(entries, wanted, strict=True):
        if not 0 <= token < model.vocab_size:
            raise BadRequest(f"logit_bias: there is no token {token}; ids go to {model.vocab_size - 1}", "logit_bias")
        entry.token, entry.bias = token, bias
    return lib.llama_sampler_init_logit_bias(model.vocab_size, len(entries), entries)


def _choose(chain: lib.llama_sampler_p, candidates: Candidates) -> int:
    """What the chain selects of ``candidates``, which stay as they are; nothing is accepted."""
    scratch = candidates.copy()
    array = token_array(scratch)
    lib.llama_sampler_apply(chain, ctypes.byref(array))  # type: ignore[arg-type]
    if not 0 <= array.selected < array.size:
        raise EngineFailure("the sampler selected nothing")
    return int(array.data[array.selected].id)


def top(logits: NDArray[np.float32], count: int, total: float) -> list[tuple[int, float]]:
    """The ``count`` likeliest tokens with their log-probabilities, best first, the lower id first among equals.

    ``total`` is the row's normaliser, the first of ``uncertainty.spread``.
    """
    if count <= 0:
        return []
    count = min(count, len(logits))
    found = np.argpartition(-logits, count - 1)[:count]
    order = sorted((int(token) for token in found), key=lambda token: (-float(logits[token]), token))
    return [(token, float(logits[token]) - total) for token in order]
