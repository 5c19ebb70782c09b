"""Writes conversations of the training split as records: the replay that keeps a LoRA from forgetting what the seed can do."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path

from a3x.ladder.batches import Corpus, draw
from a3x.ladder.recipe import Recipe

MAX_CHARACTERS = 500
"""Longer conversations cost a LoRA run more than they protect."""


def write(path: Path, corpus: Corpus, recipe: Recipe, count: int, seed: int) -> None:
    """``count`` different conversations in the seed's final mixture, one JSON record a line (DESIGN, Record)."""
    rng = random.Random(seed)
    lines: dict[str, str] = {}
    while len(lines) < count:
        example = draw(corpus, recipe, rng, progress=1.0)
        messages = [vars(message) for message in example.messages]
        if sum(len(message["content"]) for message in messages) > MAX_CHARACTERS:
            continue
        id = "rpl_" + hashlib.sha256(json.dumps(messages).encode()).hexdigest()[:16]
        record = {"id": id, "messages": messages, "weight": 1.0, "origin": "owner_dataset", "theme": "general"}
        content = {**record, "category": example.skill, "lang": example.lang, "source_ids": ["ladder"]}
        lines[id] = json.dumps(content, ensure_ascii=False)
    path.write_text("\n".join(lines.values()) + "\n", encoding="utf-8")
