"""Every setting of the seed recipe, stated once, and its TOML form.

Knows nothing of tensors or files beyond the recipe's own; other ladder modules take a ``Recipe`` and read from it.
"""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Shape:
    """A Llama: RMSNorm, rotary positions, SwiGLU, tied embeddings, as many key heads as query heads."""

    vocab: int = 4096
    width: int = 256
    layers: int = 6
    heads: int = 4
    ffn: int = 768
    context: int = 1024
    rope_theta: float = 10_000.0
    norm_eps: float = 1e-5

    @property
    def head_width(self) -> int:
        return self.width // self.heads


@dataclass(frozen=True)
class Mixture:
    """Share of each skill, at the start (``copying``) and from the end of the copying phase on (``whole``)."""

    copying: dict[str, float] = field(
        default_factory=lambda: {
            "copy": 0.20,
            "reading": 0.25,
            "memo": 0.05,
            "correction": 0.05,
            "absent": 0.02,
            "shell": 0.12,
            "python": 0.06,
            "sums": 0.12,
            "json": 0.05,
            "dialogue": 0.04,
            "identity": 0.02,
            "howto": 0.02,
        }
    )
    whole: dict[str, float] = field(
        default_factory=lambda: {
            "copy": 0.12,
            "reading": 0.18,
            "memo": 0.06,
            "correction": 0.05,
            "absent": 0.04,
            "shell": 0.18,
            "python": 0.08,
            "sums": 0.05,
            "json": 0.10,
            "dialogue": 0.06,
            "identity": 0.04,
            "howto": 0.04,
        }
    )

    def at(self, progress: float, copying_share: float) -> dict[str, float]:
        """Weights at ``progress`` in [0, 1]: copying first, then a linear change of the same length to the whole."""
        mix = min(1.0, max(0.0, progress / copying_share - 1.0)) if copying_share else 1.0
        return {name: (1 - mix) * self.copying.get(name, 0.0) + mix * self.whole[name] for name in self.whole}


@dataclass(frozen=True)
class Recipe:
    """How the seed is grown. Shares are fractions of the training budget.

    A token of an answer of ``short_answer`` tokens weighs 1 in the loss, of a longer answer less, by the square root of
    its length: else a few recited paragraphs outweigh all the facts copied from context. Other tokens weigh
    ``rest_weight``; of them a share ``rest_sampled`` is scored, at a weight that makes up for it.

    From ``session_from`` on, ``session_share`` of the conversations come after up to ``session_turns`` others of
    ``session_skills``, so that distances far beyond one conversation are learnt too.
    """

    name: str = "first"
    seed: int = 1
    shape: Shape = field(default_factory=Shape)
    modules: tuple[str, ...] = ("identity", "dialogue", "shell", "python_code", "sums", "reading", "json_calls")
    mixture: Mixture = field(default_factory=Mixture)
    tokenizer_conversations: int = 60_000
    batch_tokens: int = 2048
    row_tokens: tuple[int, ...] = (256, 512, 1024)
    learning_rate: float = 3e-3
    final_rate_share: float = 0.03
    warmup_steps: int = 200
    beta1: float = 0.9
    beta2: float = 0.95
    weight_decay: float = 0.1
    clip_norm: float = 1.0
    weight_noise: float = 0.0
    """Of each matrix's own size, up to how far it is shaken at random in every step; 0 leaves it still."""
    average: float = 0.0
    """What is exported is a moving mean of the weights that forgets with this factor a step; 0 exports them as they are."""
    guise_share: float = 0.0
    """Of the conversations, how many are asked as somebody else would type them (``corpus.guise``)."""
    rest_weight: float = 0.05
    short_answer: int = 8
    rest_sampled: float = 0.25
    copying_share: float = 0.15
    growing_share: float = 0.5
    session_share: float = 0.03
    session_from: float = 0.25
    session_turns: int = 6
    session_skills: tuple[str, ...] = ("shell", "python", "sums", "howto", "identity", "json", "copy")
    checkpoint_s: float = 180.0
    report_steps: int = 50
    probe_steps: int = 1000
    probe_items: int = 16

    def difficulty(self, progress: float) -> float:
        """Grows from 0 to 1 over ``growing_share`` of the budget."""
        return min(1.0, progress / self.growing_share)


def load(path: Path) -> Recipe:
    """Read a recipe; raises ``ValueError`` on an unknown key."""
    return _build(Recipe, tomllib.loads(path.read_text(encoding="utf-8")))


def dump(recipe: Recipe) -> str:
    """The recipe as TOML."""
    return "\n".join(_lines(asdict(recipe), "")) + "\n"


def _build(kind: type, values: dict[str, Any]) -> Any:
    nested = {"shape": Shape, "mixture": Mixture}
    unknown = set(values) - {f.name for f in fields(kind)}
    if unknown:
        raise ValueError(f"unknown recipe keys: {', '.join(sorted(unknown))}")
    known = {key: _build(nested[key], value) if key in nested else value for key, value in values.items()}
    return kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in known.items()})


def _lines(table: dict[str, Any], prefix: str) -> list[str]:
    plain = {key: value for key, value in table.items() if not isinstance(value, dict)}
    lines = [f"{key} = {_value(value)}" for key, value in plain.items()]
    for key, value in table.items():
        if isinstance(value, dict):
            lines += ["", f"[{prefix}{key}]", *_lines(value, f"{prefix}{key}.")]
    return lines


def _value(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value)
