"""Writes conversations of the training split as records: the replay that keeps a LoRA from forgetting what the seed can do."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path

from a3x.ladder.batches import Corpus, as_typed, judged
from a3x.ladder.recipe import Recipe

MAX_CHARACTERS = 400
"""Longer conversations cost a LoRA run more than they protect."""
SHARES = {
    "identity": 0.12,
    "dialogue": 0.17,
    "howto": 0.07,
    "shell": 0.16,
    "python": 0.18,
    "sums": 0.02,
    "json": 0.06,
    "reading": 0.14,
    "copy": 0.03,
    "memo": 0.03,
    "correction": 0.01,
    "absent": 0.01,
}
"""Of the conversations, by skill: short questions without a context are the likest to lessons, so most are lost there."""


def write(path: Path, corpus: Corpus, recipe: Recipe, count: int, seed: int) -> None:
    """``count`` different conversations, by ``SHARES``, in guises as the recipe says, one JSON record a line (DESIGN, Record)."""
    rng, asked = random.Random(seed), judged()
    lines: dict[str, str] = {}
    room = {skill: round(share * count) for skill, share in SHARES.items()}
    while any(room.values()):
        example = as_typed(corpus, recipe, rng, 1.0, asked)
        messages = [vars(message) for message in example.messages]
        if sum(len(message["content"]) for message in messages) > MAX_CHARACTERS or not room.get(example.skill):
            continue
        id = "rpl_" + hashlib.sha256(json.dumps(messages).encode()).hexdigest()[:16]
        record = {"id": id, "messages": messages, "weight": 1.0, "origin": "owner_dataset", "theme": "general"}
        content = {**record, "category": example.skill, "lang": example.lang, "source_ids": ["ladder"]}
        if id in lines:
            continue
        room[example.skill] -= 1
        lines[id] = json.dumps(content, ensure_ascii=False)
    path.write_text("\n".join(lines.values()) + "\n", encoding="utf-8")
