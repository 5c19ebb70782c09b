"""Model names over HTTP: ``a3x``, ``a3x:base``, ``a3x:cli@7``, ``a3x:cli@7=1.0+general@3=0.5``. Parsing only; no store."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from a3x.errors import UnknownModel
from a3x.types import THEMES

ROUTED = "a3x"
BASE = "a3x:base"
MAX_PARTS = 4
MAX_SCALE = 8.0

_PART = re.compile(r"(?P<theme>[a-z]+)@(?P<version>[1-9][0-9]{0,8})(=(?P<scale>[0-9]+(\.[0-9]+)?))?")


@dataclass(frozen=True)
class NamedPart:
    """One adapter asked for by name."""

    theme: str
    version: int
    scale: float


def parse(model: str) -> tuple[NamedPart, ...] | None:
    """Parts asked for: None when the router decides, () for the base. Raises UnknownModel."""
    if model == ROUTED:
        return None
    if model == BASE:
        return ()
    if not model.startswith("a3x:"):
        raise UnknownModel(f"unknown model {model!r}; known: {ROUTED}, {BASE}, a3x:THEME@N[=SCALE][+…]", param="model")
    parts = tuple(_part(text, model) for text in model[len("a3x:") :].split("+"))
    if len(parts) > MAX_PARTS:
        raise UnknownModel(f"{model!r} mixes {len(parts)} adapters; the limit is {MAX_PARTS}", param="model")
    if len({(part.theme, part.version) for part in parts}) < len(parts):
        raise UnknownModel(f"{model!r} names an adapter twice", param="model")
    return parts


def _part(text: str, model: str) -> NamedPart:
    match = _PART.fullmatch(text)
    if not match or match["theme"] not in THEMES:
        raise UnknownModel(
            f"{text!r} in model {model!r} is not THEME@N[=SCALE]; themes: {', '.join(THEMES)}", param="model"
        )
    scale = float(match["scale"] or 1.0)
    if not math.isfinite(scale) or scale > MAX_SCALE:
        raise UnknownModel(f"scale {match['scale']} in model {model!r} is over {MAX_SCALE}", param="model")
    return NamedPart(match["theme"], int(match["version"]), scale)
