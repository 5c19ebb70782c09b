"""Imports a model and removes it again, for ever, until it is killed. ``python -m tests.support.import_child HOME FILE MODE``.

``whole`` uses the store; ``torn`` writes the manifest first and in place (the negative control). Prints READY when warm.
"""

from __future__ import annotations

import sys
from pathlib import Path

from a3x.clock import SystemClock
from a3x.disk import RealDisk
from a3x.errors import NotFound
from a3x.gguf.check import ModelFacts
from a3x.stores.models import MANIFEST, WEIGHTS, Models, StoredModel, _manifest

NAME = "coming"


def check(path: Path) -> ModelFacts:
    """The child process of the real one would take longer than everything that can be interrupted here."""
    return ModelFacts("llama", "x", 1024, 1, path.stat().st_size, "F16", True, 100, 64)


def torn(home: Path, file: Path) -> None:
    """What must not be."""
    folder = home / "models" / NAME
    folder.mkdir(parents=True, exist_ok=True)
    size = file.stat().st_size
    model = StoredModel(NAME, folder / WEIGHTS, "0" * 64, size, "", 0.0, check(file))
    (folder / MANIFEST).write_bytes(_manifest(model))
    RealDisk().copy(file, folder / WEIGHTS, lambda _: None)
    (folder / WEIGHTS).unlink()
    (folder / MANIFEST).unlink()


def main(home: Path, file: Path, mode: str) -> None:
    models = Models(home, RealDisk(), SystemClock(), check)
    print("READY", flush=True)
    while True:
        if mode == "torn":
            torn(home, file)
            continue
        try:
            models.remove(NAME)
        except NotFound:
            models.add(file, NAME)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
