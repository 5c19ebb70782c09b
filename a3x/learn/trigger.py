"""When to learn, as a pure decision: what is waiting, what the machine is doing, and the reason in words. Does nothing."""

from __future__ import annotations

from dataclasses import dataclass

from a3x.config import LearnSection


@dataclass(frozen=True)
class Situation:
    """What is known at a tick. ``cpu_busy`` is a share of all cores, None when unknown; times in seconds.

    ``paused`` says why nothing can be learnt at all, "" if it can.
    """

    unlearned: int
    unfinished: bool
    cpu_busy: float | None
    since_request_s: float
    since_cycle_s: float
    paused: str = ""


@dataclass(frozen=True)
class Decision:
    """Whether to open a cycle now, and why or why not."""

    train: bool
    reason: str


def decide(situation: Situation, settings: LearnSection) -> Decision:
    """Enough unlearned corrections, a machine that idles, and no cycle just before; the first rule that fails speaks."""
    if settings.mode != "auto":
        return Decision(False, f"learning mode is {settings.mode}")
    if situation.paused:
        return Decision(False, situation.paused)
    if situation.unfinished:
        return Decision(False, "a cycle is not finished")
    if situation.unlearned < settings.min_corrections:
        return Decision(False, f"{situation.unlearned} unlearned corrections; {settings.min_corrections} are needed")
    if situation.since_cycle_s < settings.cooldown_s:
        left = settings.cooldown_s - situation.since_cycle_s
        return Decision(False, f"the last cycle ended a short while ago; {left:.0f} s to wait")
    if situation.since_request_s < settings.idle_s:
        return Decision(
            False, f"a request came {situation.since_request_s:.0f} s ago; {settings.idle_s:.0f} s are needed"
        )
    if situation.cpu_busy is None:
        return Decision(False, "how busy the CPU is cannot be read")
    if situation.cpu_busy >= settings.max_busy:
        return Decision(False, f"the CPU is {situation.cpu_busy:.0%} busy; it must be under {settings.max_busy:.0%}")
    return Decision(True, f"{situation.unlearned} unlearned corrections and the CPU is {situation.cpu_busy:.0%} busy")
