"""Prints what the embedded model answers greedily, with the devices that computed it, as JSON. Settings as JSON on stdin."""

from __future__ import annotations

import asyncio
import json
import sys

from a3x.app import build_engine
from a3x.clock import SystemClock
from a3x.config import Settings
from a3x.engine.build import describe
from a3x.types import Completion, Generation, Message, Sampling

QUESTIONS = (
    *("who are you?", "list files by size", "quanto é 17 vezes 23?", "What is the capital of France?"),
    *("show disk usage of each folder", "what can you do?", "what is 12 plus 30?", "mostra as últimas linhas do log"),
)


async def main(settings: Settings) -> None:
    engine = build_engine(settings, SystemClock())
    await engine.start()
    told = []
    for question in QUESTIONS:
        request = Generation((Message("user", question),), sampling=Sampling(max_tokens=48))
        async for item in engine.generate(request):
            if isinstance(item, Completion):
                told.append(
                    {"question": question, "raw": item.raw, "tokens": item.completion_tokens, "s": item.decode_s}
                )
    await engine.close()
    devices = [f"{one.backend}: {one.description}" for one in describe().devices]
    print(json.dumps({"devices": devices, "answers": told}))


if __name__ == "__main__":
    asyncio.run(main(Settings.model_validate(json.load(sys.stdin))))
