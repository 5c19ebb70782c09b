"""How much an experience can teach: one formula over what is known of it (docs/memory.md). Pure; no clock, no table.

    priority = (1 - Π (1 - weight · value)) · (1 - weight_accepted · accepted)

over the terms uncertainty, error, implicit, explicit and novelty, each value in [0, 1]. One strong sign is enough,
several weak ones add up, none pushes the figure past 1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from a3x.config import PrioritySection
from a3x.memory.novelty import Place
from a3x.memory.signals import Reaction
from a3x.types import Experience, Feedback

RAISING = ("uncertainty", "error", "implicit", "explicit", "novelty")
DOUBTING = ("uncertainty", "implicit", "novelty")
"""What doubt is made of: the terms that do not already say whether the answer was right."""
ACCEPTED = "accepted"

LEFT = ("cancelled", "the client left before the end")
"""``if_not`` of an answer whose reader went away; no fault of the machine."""
IMPLICIT = {"complained": 1.0, "rephrased": 0.8}
LEFT_EARLY = 0.5
ACCEPTANCE = {"thanked": 1.0, "moved_on": 0.4}
TASK_DONE = 0.6
FAILED, RECOVERED, WARNED = 1.0, 0.7, 0.4
"""The last thing run failed; something failed and the last did not; only stderr speaks."""
LOST_NATS = 4.0
"""Surprise of the worst token at which its part of uncertainty reaches 1 - 1/e."""


@dataclass(frozen=True)
class Term:
    """One signal: its value in [0, 1], its weight in [0, 1], and in words where the value comes from."""

    name: str
    value: float
    weight: float
    why: str


@dataclass(frozen=True)
class Evidence:
    """All that the formula looks at; what is not known yet is None or empty."""

    span: Experience
    feedback: Sequence[Feedback] = ()
    reaction: Reaction | None = None
    place: Place | None = None


def terms(evidence: Evidence, weights: PrioritySection) -> tuple[Term, ...]:
    """The five terms that raise a priority, then acceptance, which lowers it."""
    span, implicit = evidence.span, _implicit(evidence)
    found = {
        "uncertainty": _uncertainty(span.uncertainty),
        "error": _error(span),
        "implicit": implicit,
        "explicit": _explicit(evidence.feedback),
        "novelty": _novelty(evidence.place),
    }
    raising = [Term(name, found[name][0], getattr(weights, name), found[name][1]) for name in RAISING]
    bad = found["error"][0] >= FAILED or implicit[0] > 0 or any(_condemns(one) for one in evidence.feedback)
    value, why = (0.0, "it was not accepted as it was") if bad else _accepted(evidence)
    return (*raising, Term(ACCEPTED, value, weights.accepted, why))


def score(found: Sequence[Term], names: Sequence[str] = RAISING) -> float:
    """The priority, in [0, 1]."""
    left = math.prod(1.0 - term.weight * term.value for term in found if term.name in names)
    accepted = math.prod(1.0 - term.weight * term.value for term in found if term.name == ACCEPTED)
    return (1.0 - left) * accepted


def doubt(found: Sequence[Term]) -> float:
    """The same formula without errors and explicit feedback: how doubtful an answer looks before anyone judged it."""
    return score(found, DOUBTING)


def outcome(span: Experience, feedback: Sequence[Feedback]) -> bool | None:
    """Whether an answer is known to be right: the user's last clear word, else the last exit code; None if nobody knows."""
    for one in reversed(feedback):
        if one.correction is not None or one.rating == -1:
            return False
        if one.rating == 1:
            return True
    codes = [tool["exit_code"] for tool in span.tools if isinstance(tool.get("exit_code"), int)]
    return codes[-1] == 0 if codes else None


def explain(components: Mapping[str, Mapping[str, Any]], priority: float) -> list[str]:
    """The number in words and figures, the heaviest term first; the shares are of what raises it."""
    raised = {name: -math.log1p(-one["weight"] * one["value"] * 0.999999) for name, one in components.items()}
    total = sum(value for name, value in raised.items() if name != ACCEPTED)
    lines = [f"priority {priority:.3f}"]
    for name, value in sorted(raised.items(), key=lambda item: (item[0] == ACCEPTED, -item[1])):
        one = components[name]
        figures = f"{one['value']:.2f} × weight {one['weight']:.2f}"
        if name == ACCEPTED:
            effect = f"takes {100 * one['weight'] * one['value']:.0f} % off"
        else:
            effect = f"{100 * value / total if total else 0:.0f} % of it"
        lines.append(f"{name} {figures}: {effect}; {one['why']}")
    return lines


# --- the terms -------------------------------------------------------------------------------------------------------


def _uncertainty(figures: Mapping[str, float]) -> tuple[float, str]:
    """Mean of three: 1 - exp(mean log-probability), 1 - exp(worst / 4), 1 - exp(-mean entropy)."""
    if not figures.get("tokens", 1) or not figures.keys() & {"mean_logprob", "worst_logprob", "mean_entropy"}:
        return 0.0, "no token was measured"
    parts, said = [], []
    if "mean_logprob" in figures:
        parts.append(1.0 - math.exp(min(figures["mean_logprob"], 0.0)))
        said.append(f"tokens had probability {math.exp(min(figures['mean_logprob'], 0.0)):.2f} on (geometric) average")
    if "worst_logprob" in figures:
        parts.append(1.0 - math.exp(min(figures["worst_logprob"], 0.0) / LOST_NATS))
        said.append(f"the least likely {math.exp(min(figures['worst_logprob'], 0.0)):.2g}")
    if "mean_entropy" in figures:
        parts.append(1.0 - math.exp(-max(figures["mean_entropy"], 0.0)))
        said.append(f"mean entropy {figures['mean_entropy']:.2f} nats")
    return sum(parts) / len(parts), ", ".join(said)


def _error(span: Experience) -> tuple[float, str]:
    if span.status == "failed" and span.if_not not in LEFT:
        return FAILED, "it failed with an error"
    failed = [_tool_failed(tool) for tool in span.tools]
    if failed and failed[-1]:
        return FAILED, f"the last of {len(failed)} tool calls failed" + _code(span.tools[-1])
    if any(failed):
        return RECOVERED, f"{sum(failed)} of {len(failed)} tool calls failed, the last worked"
    if any(str(tool.get("stderr") or "").strip() for tool in span.tools):
        return WARNED, "a tool wrote to stderr"
    return 0.0, "nothing failed" if failed else "nothing was run and nothing failed"


def _tool_failed(tool: Mapping[str, Any]) -> bool:
    return tool.get("ok") is False or bool(tool.get("exit_code")) or bool(tool.get("exception"))


def _code(tool: Mapping[str, Any]) -> str:
    return f" with exit code {tool['exit_code']}" if tool.get("exit_code") else ""


def _implicit(evidence: Evidence) -> tuple[float, str]:
    reaction = evidence.reaction
    if reaction is not None and reaction.kind in IMPLICIT:
        words = {
            "complained": "the next message complains",
            "rephrased": f"the next message asks the same again (similarity {reaction.similarity:.2f})",
        }
        return IMPLICIT[reaction.kind], words[reaction.kind]
    if evidence.span.if_not in LEFT:
        return LEFT_EARLY, "the reader left before its end"
    return 0.0, "no sign of displeasure" if reaction else "nothing was said after it"


def _explicit(feedback: Sequence[Feedback]) -> tuple[float, str]:
    if any(one.correction is not None for one in feedback):
        return 1.0, "the user corrected it"
    if not feedback or feedback[-1].rating == 0:
        return 0.0, "the user did not rate it"
    return (0.8, "rated bad") if feedback[-1].rating == -1 else (0.3, "rated good: an example to keep")


def _condemns(feedback: Feedback) -> bool:
    return feedback.correction is not None or feedback.rating == -1


def _novelty(place: Place | None) -> tuple[float, str]:
    """1 - (1 - outlying)(1 - rarity): how much farther from the centroid than usual, and 1 / √size."""
    if place is None:
        return 0.0, "not embedded yet"
    usual = place.distance / place.spread - 1.0 if place.spread > 0 else 0.0
    outlying, rarity = min(max(usual, 0.0), 1.0), 1.0 / math.sqrt(max(place.size, 1))
    why = f"in a cluster of {place.size}, at distance {place.distance:.2f} where {place.spread:.2f} is usual"
    return 1.0 - (1.0 - outlying) * (1.0 - rarity), why


def _accepted(evidence: Evidence) -> tuple[float, str]:
    reaction, last = evidence.reaction, evidence.span.tools[-1:]
    if reaction is not None and reaction.kind == "thanked":
        return ACCEPTANCE["thanked"], "the next message says thanks"
    if last and not _tool_failed(last[0]) and last[0].get("exit_code") == 0:
        return TASK_DONE, "what was run ended with exit code 0"
    if reaction is not None and reaction.kind == "moved_on":
        return ACCEPTANCE["moved_on"], "the next message goes on to something else"
    return 0.0, "no sign of approval"
