"""Files with a few bytes changed, the same for the same seed."""

from __future__ import annotations

import random


def mutate(data: bytes, within: int, rng: random.Random) -> bytes:
    """One to four changes in the first ``within`` bytes: overwritten, numbers blown up, stretches cut out or put in."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(within)
        match rng.randrange(6):
            case 0 | 1 | 2:
                changed[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, changed[at] ^ 1 << rng.randrange(8)))
            case 3:
                changed[at : at + 8] = rng.choice((b"\xff" * 8, bytes(8), (1 << 40).to_bytes(8, "little")))
            case 4:
                del changed[at : at + rng.randrange(1, 40)]
            case 5:
                changed[at:at] = rng.randbytes(rng.randrange(1, 40))
    return bytes(changed)


def mutate_anywhere(data: bytes, header: int, rng: random.Random) -> bytes:
    """Mostly the header, where the parser is; else the numbers, or the file cut off."""
    match rng.randrange(10):
        case 0:
            return data[: rng.randrange(len(data))]
        case 1 | 2:
            return mutate(data, len(data), rng)
        case 3:  # NaN and infinity, as float16 and as float32
            at = rng.randrange(header, len(data) - 4)
            return (
                data[:at] + rng.choice((b"\xff\x7f\xff\x7f", b"\x00\x00\x80\x7f", b"\x00\x7e\x00\x7e")) + data[at + 4 :]
            )
        case _:
            return mutate(data, header, rng)
