"""Entry point of ``python -m a3x.ladder``; knows only what must happen before torch is loaded."""

from __future__ import annotations

import os
import sys


def start() -> int:
    """Run the command line with OpenMP threads that sleep while they wait."""
    # A spinning thread keeps the core that its partner needs: with one busy neighbour on two cores a step took 4.3 s
    # spinning and 0.24 s sleeping. OpenMP reads this once, when torch is imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    from a3x.ladder.commands import main

    return main()


if __name__ == "__main__":
    sys.exit(start())
