"""Which of the known models a machine should serve, in what quantisation, and why. Pure: sizes in, a ranked list out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from a3x.models.catalogue import FAMILIES, MIXES, Family
from a3x.models.fit import DEFAULT_CONTEXT, Fit, Machine, fit

GOOD_ENOUGH = ("Q4_K_M", "Q5_K_M", "Q6_K", "Q8_0")
"""From the smallest that people serve without regret upwards; finer ones cost speed, for decoding reads every byte."""
LAST_RESORT = "Q3_K_S"


@dataclass(frozen=True)
class Recommendation:
    """One model in one quantisation. ``context_tokens``: what it was trained for; ``trains``: A³X makes adapters for it."""

    family: str
    quantisation: str
    parameters: int
    context_tokens: int
    trains: bool
    fit: Fit


def recommend(
    on: Machine, context_tokens: int = DEFAULT_CONTEXT, kv_type: str = "f16", families: Sequence[Family] = FAMILIES
) -> list[Recommendation]:
    """Every known model that fits somewhere, each in one quantisation.

    First what the card holds at four bits or more with the whole context, the largest first; then what is squeezed into
    it by three bits or a shorter context; then what main memory holds.
    """
    found = [_best(family, on, context_tokens, kv_type) for family in families]
    whole = [one for one in found if one.fit.place != "nowhere"]
    return sorted(whole, key=lambda one: (one.fit.place != "card", _squeezed(one, context_tokens), -one.parameters))


def everything(
    on: Machine, context_tokens: int = DEFAULT_CONTEXT, kv_type: str = "f16", families: Sequence[Family] = FAMILIES
) -> list[Recommendation]:
    """Every known model in every known quantisation, whether it fits or not."""
    return [_one(family, name, on, context_tokens, kv_type) for family in families for name in MIXES]


def _squeezed(one: Recommendation, context_tokens: int) -> bool:
    return one.quantisation == LAST_RESORT or one.fit.context_tokens < min(context_tokens, one.context_tokens)


def _best(family: Family, on: Machine, context_tokens: int, kv_type: str) -> Recommendation:
    """Q4_K_M where the card or memory holds it with the whole context; below 1 G parameters, where 4 bits hurt, Q8_0."""
    small = family.parameters < 1_000_000_000
    order = (*(reversed(GOOD_ENOUGH) if small else GOOD_ENOUGH[:1]), LAST_RESORT)
    tried = [_one(family, name, on, context_tokens, kv_type) for name in order]
    for one in tried:
        if one.fit.place == "card" and one.fit.context_tokens >= min(context_tokens, family.context_tokens):
            return one
    on_card = [one for one in tried if one.fit.place == "card"]
    return on_card[0] if on_card else next((one for one in tried if one.fit.place != "nowhere"), tried[0])


def _one(family: Family, quantisation: str, on: Machine, context_tokens: int, kv_type: str) -> Recommendation:
    found = fit(family.weights(quantisation), on, kv_type, context_tokens)
    known = (family.parameters, family.context_tokens, family.trains)
    return Recommendation(family.name, quantisation, *known, _with_warning(found, quantisation))


def _with_warning(found: Fit, quantisation: str) -> Fit:
    if quantisation != LAST_RESORT or found.place == "nowhere":
        return found
    return replace(found, reason=f"{found.reason}; three bits a weight cost quality")
