"""A campaign in slices: what is done is kept in a progress file, so that every call goes on where the last one stopped."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRESS = ROOT / ".campaign"
EVIDENCE = ROOT / "docs" / "evidence"
SLICE_S = 60.0 * float(os.environ.get("CAMPAIGN_MINUTES", "60"))


@dataclass
class Campaign:
    """``wanted`` units of work, counted by outcome; ``peaks`` keep the largest value seen; seconds are of work only."""

    name: str
    seed: int
    wanted: int
    done: int = 0
    seconds: float = 0.0
    slices: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    peaks: dict[str, float] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)

    @classmethod
    def resume(cls, name: str, seed: int, wanted: int) -> Campaign:
        """Where the last call stopped; another seed or goal starts anew."""
        path = PROGRESS / f"{name}.json"
        if path.exists():
            kept = json.loads(path.read_text())
            if (kept["seed"], kept["wanted"]) == (seed, wanted):
                return cls(**{**kept, "counts": Counter(kept["counts"])})
        return cls(name, seed, wanted)

    def batches(self, size: int) -> Iterator[range]:
        """Numbers of the units to do, ``size`` at a time, until all are done or this slice's time is over."""
        end = time.monotonic() + SLICE_S
        self.slices += 1
        while self.done < self.wanted and time.monotonic() < end:
            began = time.monotonic()
            batch = range(self.done, min(self.done + size, self.wanted))
            yield batch
            self.done = batch.stop
            self.seconds += time.monotonic() - began
            self._save(PROGRESS)

    def peak(self, name: str, value: float) -> None:
        self.peaks[name] = max(value, self.peaks.get(name, value))

    def finish(self, judge: Callable[[Campaign], dict[str, bool]]) -> None:
        """Skip the test until all is done; then write the evidence with each criterion's outcome, and check them."""
        if self.done < self.wanted:
            pytest.skip(f"{self.done} of {self.wanted} done, {len(self.troubles)} troubles; `make campaign` goes on")
        criteria = judge(self)
        self._save(EVIDENCE, criteria=criteria)
        (PROGRESS / f"{self.name}.json").unlink()
        assert all(criteria.values()), (criteria, self.troubles[:10])

    def _save(self, folder: Path, **more: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{'campaign-' if folder == EVIDENCE else ''}{self.name}.json"
        part = path.with_suffix(".part")
        part.write_text(json.dumps({**vars(self), **more}, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
        part.replace(path)
