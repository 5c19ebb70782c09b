"""Finds the files the program comes with, in an installed wheel or in a checkout. Opens none of them."""

from __future__ import annotations

import sys
from pathlib import Path

from a3x.errors import NotFound

PACKAGE = Path(__file__).resolve().parent
SEED_MODEL = "a3x-seed-2.gguf"
EMBEDDER = "all-MiniLM-L6-v2-f16.gguf"
NAMES = ("loras", "memory", "benchmarks/suites", "models/seed")
"""What the wheel carries under a3x/_data (pyproject, force-include)."""


def path(name: str, package: Path = PACKAGE) -> Path:
    """The folder or file ``name``, e.g. ``loras/python.toml``; NotFound when this installation lacks it."""
    if not any(name == known or name.startswith(known + "/") for known in NAMES) or ".." in Path(name).parts:
        raise NotFound(f"{name} is not among the files A³X comes with ({', '.join(NAMES)})")
    for root in (package / "_data", package.parent):
        if (root / name).exists():
            return root / name
    raise NotFound(f"{name} is missing from this installation of A³X; install it again")


def seed_model(package: Path = PACKAGE) -> Path:
    """The embedded model."""
    return path(f"models/seed/{SEED_MODEL}", package)


def embedder(prefix: str = sys.prefix) -> Path:
    """Where the installer puts the sentence encoder: beside the packages it came with. It may not be there yet."""
    return Path(prefix) / "share" / "a3x" / EMBEDDER
