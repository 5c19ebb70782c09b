"""The learning rate at a step. Pure arithmetic."""

from __future__ import annotations

import math

from a3x.runs import ScheduleSpec


def rate(spec: ScheduleSpec, peak: float, step: int, steps: int) -> float:
    """Rate of step ``step`` (from 0) of ``steps``: linear warm-up to ``peak``, then decay to ``eta_min``.

    Restarts: Loshchilov and Hutter, SGDR, arXiv 1608.03983; the first period is ``t_0`` steps,
    each next ``t_mult`` × the one before.
    """
    if step < spec.warmup_steps:
        return peak * (step + 1) / spec.warmup_steps
    done, span = step - spec.warmup_steps, max(1, steps - spec.warmup_steps)
    if spec.kind == "cosine_restarts":
        span = spec.t_0
        while done >= span:
            done, span = done - span, span * spec.t_mult
    share = min(1.0, done / span)
    fall = 1.0 - share if spec.kind == "linear" else (1.0 + math.cos(math.pi * share)) / 2.0
    return spec.eta_min + (peak - spec.eta_min) * fall
