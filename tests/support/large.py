"""How much of this process's memory lies in large pages."""

from __future__ import annotations

import re
from pathlib import Path


def large_bytes() -> int:
    """0 on a system that does not tell."""
    found = re.search(r"^AnonHugePages:\s+(\d+) kB$", Path("/proc/self/smaps_rollup").read_text(), re.MULTILINE)
    return int(found.group(1)) * 1024 if found else 0
