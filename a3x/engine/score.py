"""The log-probability of every token of a prompt, for evaluation. Runs on the engine thread, between answers.

Computes in the same chunks as an answer's prompt, so the figures are the ones the answer was made with.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from a3x.engine.contexts import Residents
from a3x.engine.llama import CHUNK_TOKENS, Context, Model
from a3x.engine.sampling import surprise, top
from a3x.engine.writer import described
from a3x.errors import EngineFailure
from a3x.types import Mix, TokenLogprob


def score(model: Model, residents: Residents, prompt: Sequence[int], mix: Mix, rivals: int) -> tuple[TokenLogprob, ...]:
    """Every token of ``prompt`` with its log-probability and its ``rivals`` likeliest ones; the first has neither.

    The prompt must fit the context. EngineFailure if the numbers are not finite.
    """
    resident = residents.acquire(mix)
    resident.rewind(())
    try:
        return _scored(model, resident.context, list(prompt), rivals)
    except EngineFailure:
        residents.discard(mix)
        raise


def _scored(model: Model, context: Context, prompt: list[int], rivals: int) -> tuple[TokenLogprob, ...]:
    found = [TokenLogprob(prompt[0], model.token_bytes(prompt[0]), None)]
    for start in range(0, len(prompt) - 1, CHUNK_TOKENS):
        chunk = prompt[start : start + CHUNK_TOKENS]
        context.decode(chunk, start, want_logits=True, every=True)
        for row, token in enumerate(prompt[start + 1 : start + len(chunk) + 1]):
            logits = context.logits(row)
            logprob, _ = surprise(logits, token)
            if not math.isfinite(logprob):
                raise EngineFailure("the model's numbers are not finite with this mix; nothing can be scored")
            found.append(TokenLogprob(token, model.token_bytes(token), logprob, described(model, top(logits, rivals))))
    return tuple(found)
