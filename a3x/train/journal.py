"""Progress lines of a run: ``events.jsonl``, one JSON object a line, appended and flushed. Knows no event by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from a3x.runs import EVENTS_FILE
from a3x.types import Clock


class Journal:
    """Appends to the events of one run directory; a half line left by a killed process is closed first."""

    def __init__(self, directory: Path, clock: Clock) -> None:
        self._path = directory / EVENTS_FILE
        self._clock = clock
        if self._path.exists() and (raw := self._path.read_bytes()) and not raw.endswith(b"\n"):
            self._path.write_bytes(raw[: raw.rfind(b"\n") + 1])

    def write(self, event: str, **values: Any) -> None:
        line = json.dumps({"event": event, "when": round(self._clock.now(), 3), **values}, ensure_ascii=False)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
