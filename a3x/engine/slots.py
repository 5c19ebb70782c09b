"""Which sequence of a context holds which prompt, and where the next one goes. Pure bookkeeping; touches no llama.cpp.

A slot is one sequence. It is busy while a stream uses it and keeps the prompt's stretches but the last afterwards, as a
cache. Stretches are known by a chain of digests that begins with their owner (model and mix), so that a prefix can only ever be
found by the same weights, cut alike; the index maps each link to the slots whose memory begins with the chain up to it.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from a3x.engine.cuts import stretches
from a3x.engine.llama import CHUNK_TOKENS


class Link(NamedTuple):
    """A stretch of a prompt and all before it: their digest, and the position at which it ends."""

    digest: bytes
    end: int


def owner(model_sha256: str, mix_key: str, brief: bool = False) -> bytes:
    """What a chain begins with: only equal weights and the same attention may share computed prefixes."""
    return hashlib.blake2b(f"{model_sha256}/{mix_key}{'/brief' * brief}".encode(), digest_size=16).digest()


def chain(owner: bytes, prompt: Sequence[int]) -> list[Link]:
    """A link for each stretch of ``prompt`` but the last, of which something must be left to compute."""
    links, last = list[Link](), owner
    for start, end in list(stretches(len(prompt)))[:-1]:
        last = hashlib.blake2b(last + array("i", prompt[start:end]).tobytes(), digest_size=16).digest()
        links.append(Link(last, end))
    return links


@dataclass
class Slot:
    """One sequence: the chain its memory begins with, whether a stream uses it, when it was last given out."""

    number: int
    chain: list[Link] = field(default_factory=list)
    owner: bytes = b""
    busy: bool = False
    used: int = 0


@dataclass(frozen=True)
class Placement:
    """Where a stream goes. ``copies`` of whole sequences, (from, to), come first, in order; then ``slot`` is cut to ``kept``."""

    slot: int
    kept: int
    copies: tuple[tuple[int, int], ...] = ()


class Slots:
    """The sequences of one context."""

    def __init__(self, count: int) -> None:
        self._slots = [Slot(number) for number in range(count)]
        self._index: dict[Link, set[int]] = {}
        self._turn = 0

    # --- what there is -----------------------------------------------------------------------------------------------

    @property
    def busy(self) -> list[int]:
        return [slot.number for slot in self._slots if slot.busy]

    @property
    def idle(self) -> int:
        return sum(not slot.busy for slot in self._slots)

    @property
    def cached(self) -> int:
        """Idle slots that hold a prompt."""
        return sum(bool(slot.chain) and not slot.busy for slot in self._slots)

    def match(self, wanted: Sequence[Link]) -> int:
        """Links of a chain that some slot holds."""
        low, high = 0, len(wanted)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if wanted[middle - 1] in self._index else (low, middle - 1)
        return low

    def knows(self, owner: bytes) -> bool:
        """Whether any slot holds a prompt of this owner."""
        return any(slot.owner == owner and slot.chain for slot in self._slots)

    # --- giving out and taking back ----------------------------------------------------------------------------------

    def take(self, owner: bytes, wanted: Sequence[Link]) -> Placement | None:
        """Make an idle slot busy for a prompt with this chain; None if all are busy.

        Busy slots are kept side by side, because llama.cpp computes only neighbours in one pass. What the chosen slot
        held moves to the idle slot whose content is worth least, if a whole chunk of it would be lost: a copy costs more than
        a few tokens computed again.
        """
        idle = [slot for slot in self._slots if not slot.busy]
        if not idle:
            return None
        self._turn += 1
        kept = self.match(wanted)
        source = self._holder(wanted, kept)
        target = min(idle, key=lambda slot: (self._runs_with(slot.number), slot is not source, self._worth(slot)))
        copies = []
        victim = min((slot for slot in idle if slot is not source), key=self._worth, default=target)
        lost = self._tail(target, kept if target is source else 0)
        if lost >= CHUNK_TOKENS and self._worth(target) > self._worth(victim):
            copies.append((target.number, victim.number))
            self._hold(victim, target.owner, target.chain)
            victim.used = target.used
        if source is not None and source is not target:
            copies.append((source.number, target.number))
        self._hold(target, owner, wanted[:kept])
        target.busy, target.used = True, self._turn
        return Placement(target.number, _end(wanted[:kept]), tuple(copies))

    def computed(self, number: int, link: Link) -> None:
        """A busy slot's memory now holds one more stretch."""
        slot = self._slots[number]
        self._hold(slot, slot.owner, [*slot.chain, link])

    def release(self, number: int) -> int:
        """The stream is done; tokens of the slot that stay as a cache."""
        slot = self._slots[number]
        slot.busy = False
        return _end(slot.chain)

    def lost(self, number: int) -> None:
        """A slot's memory is empty after all: this architecture cannot cut it."""
        slot = self._slots[number]
        self._hold(slot, slot.owner, [])

    def forget(self, owners: Iterable[bytes]) -> list[int]:
        """Drop what idle slots hold of these owners; the slots to empty."""
        gone = set(owners)
        dropped = [slot for slot in self._slots if slot.owner in gone and slot.chain and not slot.busy]
        for slot in dropped:
            self._hold(slot, b"", [])
        return [slot.number for slot in dropped]

    # --- the index and what content is worth -------------------------------------------------------------------------

    def _hold(self, slot: Slot, owner: bytes, links: Sequence[Link]) -> None:
        for link in slot.chain:
            holders = self._index[link]
            holders.discard(slot.number)
            if not holders:
                del self._index[link]
        slot.owner, slot.chain = owner, list(links)
        for link in slot.chain:
            self._index.setdefault(link, set()).add(slot.number)

    def _holder(self, wanted: Sequence[Link], kept: int) -> Slot | None:
        """Of the slots that hold the match: an idle one with nothing beyond it first, since that needs no copy."""
        if kept == 0:
            return None
        holders = [self._slots[number] for number in self._index[wanted[kept - 1]]]
        return min(holders, key=lambda slot: (slot.busy, self._tail(slot, kept), slot.number))

    def _tail(self, slot: Slot, kept: int) -> int:
        """Tokens that would be lost by cutting a slot to ``kept`` links."""
        return _end(slot.chain) - _end(slot.chain[:kept])

    def _worth(self, slot: Slot) -> float:
        """Tokens that only this slot holds and would be computed again, less the longer nobody asked for them."""
        shared = sum(len(self._index[link]) > 1 for link in slot.chain)  # those it shares come first
        return (_end(slot.chain) - _end(slot.chain[:shared])) / (1 + self._turn - slot.used)

    def _runs_with(self, number: int) -> int:
        """Stretches of neighbours that the busy slots would form with this one among them."""
        numbers = {*self.busy, number}
        return sum(each - 1 not in numbers for each in numbers)


def _end(links: Sequence[Link]) -> int:
    return links[-1].end if links else 0
