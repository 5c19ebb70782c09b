"""Where the running daemon can be reached: a small file in its home. Knows no HTTP; says nothing of who may connect."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

ADDRESS = "daemon.json"


@contextlib.contextmanager
def address_file(home: Path, url: str) -> Iterator[None]:
    """``daemon.json`` while the daemon is ready, so that the CLI finds it whatever its port."""
    path = home / ADDRESS
    temporary = home / f"{ADDRESS}.tmp"
    temporary.write_text(json.dumps({"pid": os.getpid(), "url": url}))
    temporary.replace(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def read_address(home: Path) -> dict[str, object] | None:
    """What ``daemon.json`` says; None without one. It may be left over from a daemon that was killed."""
    try:
        found = json.loads((home / ADDRESS).read_text())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and {"pid", "url"} <= found.keys() else None
