"""How runs are made: shares, size, rate, and how much of the base is held on to. Measured in docs/decisions/0007."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """Of the examples of a step, ``lesson_share`` are lessons; the rest is replay, which is also held to the base.

    ``kl_to_base`` weighs that hold.
    """

    batch: int = 24
    lesson_share: float = 0.4
    form_share: float = 0.6
    """Of the lessons, how many are asked in another form of the question, where there is one."""
    after_share: float = 0.15
    """Of the lessons, how many come as the second turn of a conversation."""
    steps_per_record: float = 6.0
    min_steps: int = 80
    max_steps: int = 300
    lr: float = 3e-3
    warmup_steps: int = 10
    kl_to_base: float = 20.0
    average: float = 0.97
    """The adapter is a moving mean over about the last 1 / (1 - ``average``) steps."""
    r: int = 8
    alpha: float = 16.0
    checkpointing_from_bytes: int = 256 << 20
    """Bases of fewer bytes keep their activations: they fit, and computing them twice costs a third of a step."""

    def steps(self, records: int) -> int:
        return int(min(self.max_steps, max(self.min_steps, self.steps_per_record * records)))
