"""Which of a repository's GGUF files to take. Pure: names and sizes in, one file and the reason out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from a3x.errors import BadRequest, NotFound, NotImplementedHere
from a3x.models.fit import CARD_RESERVE_BYTES, MEMORY_RESERVE_BYTES, Machine

PREFERRED = (
    *("Q4_K_M", "Q4_K_S", "IQ4_XS", "Q4_0", "Q5_K_M", "Q5_K_S", "Q6_K", "Q8_0"),
    *("Q3_K_L", "Q3_K_M", "Q3_K_S", "BF16", "F16", "F32"),
)
"""Best first: four bits a weight are the smallest that lose little, and decoding is as slow as the file is large."""
UNKNOWN_CACHE_BYTES = 384 << 20
"""Kept for context and buffers before the file's header can be read."""
NOT_A_MODEL = re.compile(r"(^|/)(mmproj|imatrix)|[-_.](mmproj|imatrix)[-_.]", re.IGNORECASE)
PART = re.compile(r"-\d{5}-of-\d{5}\.gguf$", re.IGNORECASE)


@dataclass(frozen=True)
class RemoteFile:
    """A file on the hub at one commit. ``sha256`` is empty for what is not in large-file storage."""

    repo: str
    revision: str
    path: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class Choice:
    file: RemoteFile
    reason: str


def choose(files: Sequence[RemoteFile], wanted: str | None, on: Machine) -> Choice:
    """``wanted`` is a path in the repository, else the best that fits. NotFound and BadRequest list what there is."""
    whole = [one for one in files if one.path.lower().endswith(".gguf") and not NOT_A_MODEL.search(one.path)]
    if wanted is not None:
        return Choice(_named(whole, wanted), "asked for")
    single = [one for one in whole if not PART.search(one.path)]
    if not single:
        raise NotFound(f"{_repo(files)} has no GGUF file that is a model in one piece: {_listed(whole)}")
    if len(single) == 1:
        return Choice(single[0], "the only model file there")
    room, where = _room(on)
    fitting = [one for one in single if one.size_bytes <= room]
    if not fitting:
        raise BadRequest(
            f"none of these fits {where}; name one as REPO:FILE to take it all the same: {_listed(single)}"
        )
    best = min(fitting, key=lambda one: (_rank(one.path), one.size_bytes))
    larger = len(single) - len(fitting)
    over = f"; {larger} of {len(single)} files are too large" if larger else ""
    return Choice(best, f"{quantisation(best.path) or best.path} is the best that fits {where}{over}")


def quantisation(path: str) -> str:
    """``Q4_K_M`` of a file's name, "" if it names none."""
    found = re.findall(r"(?<![A-Z0-9])(?:I?Q[1-8](?:_[A-Z0-9]+)*|BF16|F16|F32)(?![A-Z0-9])", path.upper())
    return found[-1] if found else ""


def _named(files: Sequence[RemoteFile], wanted: str) -> RemoteFile:
    found = [one for one in files if one.path == wanted]
    if not found:
        raise NotFound(f"there is no {wanted!r}; files: {_listed(files)}", param="file")
    if PART.search(wanted):
        raise NotImplementedHere(f"{wanted} is one piece of a split model; models in pieces are not implemented yet")
    return found[0]


def _room(on: Machine) -> tuple[int, str]:
    """Bytes a file may have, and where."""
    if on.card_bytes:
        return on.card_bytes - CARD_RESERVE_BYTES - UNKNOWN_CACHE_BYTES, f"the card's {on.card_bytes >> 20} MiB"
    room = on.memory_bytes - MEMORY_RESERVE_BYTES - UNKNOWN_CACHE_BYTES
    return room, f"{on.memory_bytes >> 20} MiB of main memory"


def _rank(path: str) -> int:
    name = quantisation(path)
    return PREFERRED.index(name) if name in PREFERRED else len(PREFERRED)


def _listed(files: Sequence[RemoteFile]) -> str:
    return ", ".join(f"{one.path} ({one.size_bytes >> 20} MiB)" for one in files) or "none"


def _repo(files: Sequence[RemoteFile]) -> str:
    return files[0].repo if files else "the repository"
