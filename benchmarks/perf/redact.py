"""Microseconds to redact a span of 1.5 KB, and how many times longer detect-secrets takes for the same text.

Four spans: prose, code, a conversation, and one full of secrets; processor time, sides in turn. The budget is 200 µs.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from detect_secrets.core.scan import scan_line
from detect_secrets.settings import default_settings

from a3x.memory.redact import redact
from tests.support.secrets_planted import planted

ROOT = Path(__file__).resolve().parents[2]
SPAN_CHARS, BUDGET_US = 1_500, 200.0


def spans() -> dict[str, str]:
    code = (ROOT / "a3x/learn/cycle.py").read_text()
    replay = (ROOT / "models/seed/replay.jsonl").read_text()
    texts = {"prose": (ROOT / "docs/learning.md").read_text(), "code": code[4_000:], "chat": replay}
    texts["secrets"] = "\n".join(one.text for one in planted(1)[::4])
    return {name: text[:SPAN_CHARS] for name, text in texts.items()}


def theirs(text: str) -> None:
    for line in text.splitlines():
        list(scan_line(line))


def microseconds(side: Callable[[str], object], text: str, calls: int) -> float:
    began = time.process_time()
    for _ in range(calls):
        side(text)
    return (time.process_time() - began) / calls * 1e6


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="two rounds")
    options = parser.parse_args()
    rounds, missed = 2 if options.quick else options.rounds, False
    with default_settings():
        for name, text in spans().items():
            ours, ratios = [], []
            for _ in range(rounds):
                ours.append(microseconds(redact, text, 200))
                ratios.append(microseconds(theirs, text, 3) / ours[-1])
            typical = statistics.median(ours)
            missed |= typical > BUDGET_US and name != "secrets"  # replacing costs a second pass
            print(f"{name:8} {typical:6.0f} µs a span   detect-secrets takes {statistics.median(ratios):5.0f} ×")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
