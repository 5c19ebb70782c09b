"""The idle daemon: memory and wake-ups a second with the model awake and asleep, and from asleep to the first word.

    python benchmarks/perf/idle.py [MODEL.gguf]

Budget (docs/hardware.md): asleep at most 150 MB PSS and 2 wake-ups a second. PSS shares the pages of libraries among the
processes that map them, so other Python programs on the machine lower it a little.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.support.daemon import Daemon
from tests.support.idle import ASLEEP, AWAKE, cost, first_word_s, wait_until_asleep

ROUNDS = 5


def main(arguments: list[str]) -> None:
    model = Path(arguments[0]) if arguments else None
    with tempfile.TemporaryDirectory(prefix="a3x-idle-") as folder:
        with Daemon(Path(folder) / "awake", model, env=AWAKE) as daemon:
            awake_s = [first_word_s(daemon) for _ in range(ROUNDS + 1)][1:]
            tell("awake", cost(daemon), awake_s)
        with Daemon(Path(folder) / "asleep", model, env=ASLEEP) as daemon:
            asleep_s = []
            for _ in range(ROUNDS):
                wait_until_asleep(daemon)
                asleep_s.append(first_word_s(daemon))
            wait_until_asleep(daemon)
            tell("asleep", cost(daemon), asleep_s)


def tell(state: str, measured: tuple[float, float], seconds: list[float]) -> None:
    pss_mb, rate = measured
    first = f"{statistics.median(seconds) * 1000:.0f} ms ({min(seconds) * 1000:.0f}–{max(seconds) * 1000:.0f})"
    print(
        f"{state:>6}: {pss_mb:5.1f} MB PSS, {rate:4.2f} wake-ups/s, first word after {first}, median of {len(seconds)}"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
