"""Names for things that are made once: a prefix and a ULID. Knows nothing of what is named."""

from __future__ import annotations

import secrets

from a3x.types import Clock

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_id(prefix: str, clock: Clock) -> str:
    """``prefix_`` and a ULID: ids of different milliseconds sort by time, 80 random bits keep those of one apart."""
    number = int(clock.now() * 1000) << 80 | secrets.randbits(80)
    return f"{prefix}_" + "".join(CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))
