"""The fixed benchmark: items read from pinned JSONL files. Knows nothing of answers or scores.

``SHA256SUMS`` beside the suites (readable by ``sha256sum -c``) pins every file; a suite with another hash is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from a3x.errors import ForeignFile, NotFound
from a3x.types import Message

FIXED = ("cli", "python", "tools", "reading", "dialogue")
"""The suites that every candidate is judged on, whatever its theme."""
SUMS = "SHA256SUMS"
ROLES = ("system", "user", "assistant", "tool")


@dataclass(frozen=True)
class Item:
    """One task. ``grader`` is ``{"kind": …, …}`` as in ``graders``; ``gold`` is a right answer in full.

    ``split`` says how it was held out of the seed's training: ``slots``, ``phrasing`` or ``hand``; ``record`` for items
    made of the user's own records.
    """

    id: str
    suite: str
    lang: str
    messages: tuple[Message, ...]
    grader: Mapping[str, Any]
    gold: str
    split: str = "record"


@dataclass(frozen=True)
class Suite:
    """Items in a fixed order; ``sha256`` is the content's identity: results of different contents cannot be compared."""

    name: str
    sha256: str
    items: tuple[Item, ...] = field(repr=False)


def load(folder: Path, name: str) -> Suite:
    """Read one pinned suite. NotFound if it is missing, ForeignFile if it is not the pinned one or malformed."""
    path = folder / f"{name}.jsonl"
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise NotFound(f"there is no suite {name} in {folder}") from error
    found, pinned = hashlib.sha256(data).hexdigest(), pins(folder).get(path.name)
    if pinned is None:
        raise ForeignFile(f"suite {name} is not pinned in {folder / SUMS}")
    if found != pinned:
        raise ForeignFile(f"suite {path} has sha256 {found} and {SUMS} pins {pinned}: it was changed or damaged")
    items = tuple(_item(path, number, line) for number, line in enumerate(data.decode().splitlines(), start=1))
    return _whole(name, found, items)


def load_all(folder: Path) -> dict[str, Suite]:
    """Every fixed suite by name."""
    return {name: load(folder, name) for name in FIXED}


def of_items(name: str, items: tuple[Item, ...]) -> Suite:
    """A suite made at run time, from records: its hash is that of the items themselves."""
    return _whole(name, hashlib.sha256("".join(map(line_of, items)).encode()).hexdigest(), items)


def line_of(item: Item) -> str:
    """One JSONL line, the only spelling there is."""
    content = vars(item) | {"messages": [vars(message) for message in item.messages], "grader": dict(item.grader)}
    return json.dumps(content, ensure_ascii=False, sort_keys=True) + "\n"


def pins(folder: Path) -> dict[str, str]:
    """File name → pinned sha256."""
    try:
        lines = (folder / SUMS).read_text().splitlines()
    except FileNotFoundError as error:
        raise NotFound(f"{folder / SUMS} is missing: the suites cannot be checked") from error
    return {name: digest for digest, name in (line.split() for line in lines if line.strip())}


def _item(path: Path, number: int, line: str) -> Item:
    try:
        content = json.loads(line)
        content["messages"] = tuple(Message(**message) for message in content["messages"])
        item = Item(**content)
        roles = [message.role for message in item.messages]
        if not set(roles) <= set(ROLES) or roles[-1] == "assistant" or not isinstance(item.grader["kind"], str):
            raise ValueError("the roles of the messages or the grader are not as they should be")
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise ForeignFile(f"{path}:{number} is no benchmark item: {error}") from error
    return item


def _whole(name: str, sha256: str, items: tuple[Item, ...]) -> Suite:
    if len({item.id for item in items}) != len(items):
        raise ForeignFile(f"suite {name} has two items with the same id")
    if wrong := [item.id for item in items if item.suite != name]:
        raise ForeignFile(f"suite {name} holds items of another suite: {', '.join(wrong[:3])}")
    return Suite(name, sha256, items)
