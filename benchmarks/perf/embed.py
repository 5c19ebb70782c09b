"""Texts a second: the embedder alone and batched against llama-cpp-python's ``Llama(embedding=True)``, one at a time.

Same GGUF, same texts, one thread each, sides in turn within the same minute; prints each round's ratio and their median.
Processor time is what is compared: on a shared machine the wall clock measures the neighbours.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from llama_cpp import Llama

from a3x.config import load
from a3x.engine import llama
from a3x.engine.embedder_file import EmbedderFile
from a3x.engine.encoder import Encoder
from tests.support.sentences import TEXTS

Side = Callable[[list[str]], object]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    path = EmbedderFile(load().embedder.model).path
    if not path.is_file():
        print(f"{path} is missing; run python3 tools/install.py --extras embedder", file=sys.stderr)
        return 2
    llama.start_backend()
    encoder = Encoder(path)
    sizes: dict[str, Any] = {"n_ctx": 512, "n_batch": 512, "n_ubatch": 512, "n_threads": 1, "n_threads_batch": 1}
    peer = Llama(str(path), embedding=True, verbose=False, **sizes)
    sides: dict[str, Side] = {
        "Llama one at a time": lambda texts: [peer.embed(text, normalize=True) for text in texts],
        "ours one at a time": lambda texts: [encoder.encode([encoder.tokenize(text)]) for text in texts],
        "ours batched": lambda texts: batched(encoder, texts),
    }
    texts = [text for text in TEXTS if text.isascii()] * 2
    for side in sides.values():
        side(texts[:4])
    speeds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, side in sides.items():
            began = time.process_time()
            side(texts)
            speeds[name].append(len(texts) / (time.process_time() - began))
    report(speeds)
    return 0


def batched(encoder: Encoder, texts: list[str]) -> None:
    """As the embedder packs one request."""
    batch: list[list[int]] = []
    for text in texts:
        ids = encoder.tokenize(text)
        if batch and not encoder.fits(len(batch) + 1, sum(map(len, batch)) + len(ids)):
            encoder.encode(batch)
            batch = []
        batch.append(ids)
    encoder.encode(batch)


def report(speeds: dict[str, list[float]]) -> None:
    peer = speeds["Llama one at a time"]
    for name, each in speeds.items():
        ratios = [ours / theirs for ours, theirs in zip(each, peer, strict=True)]
        spread = f"{statistics.median(ratios):.2f} × ({min(ratios):.2f}–{max(ratios):.2f})"
        print(f"{name:20} {statistics.median(each):7.0f} texts/cpu-s   {spread}")


if __name__ == "__main__":
    sys.exit(main())
