"""Who is resident: adapters by content hash, contexts, and in which context a mix computes.

A mix computes in one context at a time. It gets one of its own while there are enough; then mixes share a context, whose
adapters are changed from turn to turn. Where the plan says so, what is brief has contexts of its own, as many again.
Memory belongs to sequences, not to contexts: what a sequence holds was computed with one mix and is found again only by
that mix (``slots``), so that prefixes outlive turns and swaps.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from a3x.disk import file_sha256
from a3x.engine import slots
from a3x.engine.plan import Plan
from a3x.errors import EngineFailure, ForeignFile
from a3x.types import BASE_MIX, Adapter, Mix


class Closable(Protocol):
    def close(self) -> None: ...


A = TypeVar("A", bound=Closable)
A_contra = TypeVar("A_contra", bound=Closable, contravariant=True)


class Memory(Protocol[A_contra]):
    """The part of ``llama.Context`` that placing needs."""

    def set_adapters(self, parts: Sequence[tuple[A_contra, float]]) -> None: ...
    def truncate(self, sequence: int, position: int) -> bool: ...
    def copy(self, source: int, target: int) -> None: ...
    def close(self) -> None: ...


C = TypeVar("C", bound=Memory)


class Home(Generic[C]):
    """A context, its sequences, the mix that computed here last, and how many streams each owner has here.

    ``brief``: what is short computes here, and nothing else. ``spoilt`` after a failure: nothing new comes in, and it is
    closed once its streams are done.
    """

    def __init__(self, context: C, sequences: int, brief: bool) -> None:
        self.context = context
        self.brief = brief
        self.slots = slots.Slots(sequences)
        self.mix: Mix | None = None
        self.active: Counter[bytes] = Counter()
        self.known: dict[bytes, Mix] = {}
        self.used = 0
        self.spoilt = False


@dataclass(frozen=True, eq=False)
class Seat:
    """A stream's place: a sequence of a context, the tokens already in it, and the chain of the prompt's stretches."""

    home: Home
    slot: int
    kept: int
    owner: bytes
    chain: list[slots.Link] = field(repr=False)

    def link(self, end: int) -> slots.Link | None:
        """The stretch that ends there; None if nothing is to be found again."""
        return next((link for link in self.chain if link.end == end), None)


class Residents(Generic[A, C]):
    """The adapters and contexts that are loaded. ``open_context``, which is told whether it is for what is brief, and
    ``load_adapter`` may raise A3XErrors."""

    def __init__(
        self, model_sha256: str, plan: Plan, open_context: Callable[[bool], C], load_adapter: Callable[[Path], A]
    ) -> None:
        self._model_sha256 = model_sha256
        self._plan = plan
        self._open_context = open_context
        self._load_adapter = load_adapter
        self._adapters: OrderedDict[str, tuple[A, int]] = OrderedDict()
        self._used: Counter[str] = Counter()
        self._leaving: set[str] = set()
        self._homes: list[Home[C]] = []
        self._most = {False: plan.resident_contexts, True: plan.resident_contexts if plan.brief else 0}
        self._turn = 0
        self.swaps = 0
        self.prefix_hits = 0

    # --- what there is -----------------------------------------------------------------------------------------------

    @property
    def adapter_hashes(self) -> tuple[str, ...]:
        return tuple(self._adapters)

    @property
    def mix_labels(self) -> tuple[str, ...]:
        """Mixes that compute or whose memory is kept."""
        labels = (
            mix.label
            for home in self._homes
            for owner, mix in home.known.items()
            if home.active[owner] or home.slots.knows(owner)
        )
        return tuple(dict.fromkeys(labels))

    def sequences(self) -> dict[str, int]:
        """Sequences by use; contexts not opened yet count as free."""
        total = sum(self._most.values()) * self._plan.sequences
        busy = sum(len(home.slots.busy) for home in self._homes)
        cached = sum(home.slots.cached for home in self._homes)
        return {"total": total, "busy": busy, "cached": cached, "free": total - busy - cached}

    # --- streams come and go -----------------------------------------------------------------------------------------

    def place(self, mix: Mix, prompt: Sequence[int], leave_one: bool = False, brief: bool = False) -> Seat | None:
        """A sequence for a prompt, with the longest prefix that this very mix has computed; None if it has to wait.

        ``leave_one``: not the last idle sequence of a context. ``brief``: where what is short computes.
        ForeignFile or EngineFailure if the mix cannot be had.
        """
        hashes = {adapter.sha256 for adapter, _ in mix.parts}
        if hashes & self._leaving:
            return None
        brief = brief and self._most[True] > 0
        owner = slots.owner(self._model_sha256, mix.key, brief)
        home = self._choose(mix, owner, brief, 2 if leave_one and self._plan.sequences > 1 else 1)
        if home is None:
            no_memory = brief and not self._most[True]
            return self.place(mix, prompt, leave_one) if no_memory else None
        self._used.update(hashes)
        try:
            for adapter, _ in mix.parts:
                self._load(adapter)
            self._evict_adapters()
            seat = self._sit(home, owner, prompt)
        except BaseException:
            self._used.subtract(hashes)
            raise
        home.known = {each: known for each, known in home.known.items() if home.active[each] or home.slots.knows(each)}
        home.known[owner] = mix
        return seat

    def release(self, seat: Seat, mix: Mix) -> None:
        """A stream is done: its sequence keeps what can be found again of the prompt and forgets the rest."""
        home = seat.home
        kept = home.slots.release(seat.slot)
        home.active[seat.owner] -= 1
        home.active += Counter()  # drops what fell to nothing
        self._used.subtract({adapter.sha256 for adapter, _ in mix.parts})
        if home.spoilt:
            self._close_spoilt()
        elif not home.context.truncate(seat.slot, kept):
            home.slots.lost(seat.slot)

    def set_mix(self, home: Home[C], mix: Mix) -> C:
        """The context with its adapters set to ``mix``."""
        if home.mix is None or home.mix.key != mix.key:
            home.context.set_adapters([(self._adapters[adapter.sha256][0], scale) for adapter, scale in mix.parts])
            self.swaps += home.mix is not None
            home.mix = mix
        return home.context

    def spoil(self, home: Home[C]) -> None:
        """After a failure nothing in a context can be trusted."""
        home.spoilt = True
        self._close_spoilt()

    def start_drop(self, sha256: str) -> None:
        """From now on nothing new is placed with this adapter."""
        self._leaving.add(sha256)

    def end_drop(self, sha256: str) -> bool:
        """Unload it and forget what was computed with it, unless streams still use it: then False."""
        if self._used[sha256] > 0:
            return False
        for home in self._homes:
            tainted = [owner for owner, mix in home.known.items() if _uses(mix, sha256)]
            for slot in home.slots.forget(tainted):
                home.context.truncate(slot, 0)
            for owner in tainted:
                del home.known[owner]
        self._unload(sha256)
        self._leaving.discard(sha256)
        return True

    def close(self) -> None:
        for home in self._homes:
            home.context.close()
        for adapter, _ in self._adapters.values():
            adapter.close()
        self._homes.clear()
        self._adapters.clear()

    # --- contexts ----------------------------------------------------------------------------------------------------

    def _choose(self, mix: Mix, owner: bytes, brief: bool, room: int) -> Home[C] | None:
        """Where the mix computes already; else where it has been, a fresh context, the longest unused one, a shared one."""
        sound = [home for home in self._homes if not home.spoilt and home.brief == brief]
        for home in sound:
            if home.active[owner] > 0:
                return home if home.slots.idle >= room else None

        def strange(home: Home[C]) -> bool:
            return not home.slots.knows(owner) and (home.mix is None or home.mix.key != mix.key)

        roomy = [home for home in sound if home.slots.idle >= room]
        best = min(roomy, key=lambda home: (_lanes(home), strange(home), home.used), default=None)
        if best and _lanes(best) == 0 and not strange(best):
            return best
        return self._fresh(brief) or best

    def _fresh(self, brief: bool) -> Home[C] | None:
        """A new context while the plan has room for one and there is memory for it."""
        there = sum(home.brief == brief for home in self._homes)
        if there >= self._most[brief]:
            return None
        try:
            home = Home(self._open_context(brief), self._plan.sequences, brief)
        except EngineFailure:
            if not there and not brief:
                raise
            self._most[brief] = there
            return None
        self._homes.append(home)
        return home

    def _sit(self, home: Home[C], owner: bytes, prompt: Sequence[int]) -> Seat:
        chain = slots.chain(owner, prompt)
        placement = home.slots.take(owner, chain)
        assert placement is not None, "a home is chosen only with an idle slot"
        for source, target in placement.copies:
            home.context.copy(source, target)
        kept = placement.kept
        if not home.context.truncate(placement.slot, kept):
            home.slots.lost(placement.slot)
            kept = 0
        self._turn += 1
        self.prefix_hits += kept > 0
        home.used = self._turn
        home.active[owner] += 1
        return Seat(home, placement.slot, kept, owner, chain)

    def _close_spoilt(self) -> None:
        for home in [home for home in self._homes if home.spoilt and not home.slots.busy]:
            self._homes.remove(home)
            home.context.close()

    # --- adapters ----------------------------------------------------------------------------------------------------

    def _load(self, adapter: Adapter) -> None:
        if adapter.sha256 not in self._adapters:
            _verify(adapter)
            loaded = self._load_adapter(adapter.path)
            self._adapters[adapter.sha256] = (loaded, adapter.path.stat().st_size)
        self._adapters.move_to_end(adapter.sha256)

    def _evict_adapters(self) -> None:
        """Unload the longest unused ones until number and size are within the plan."""
        for sha256 in [sha256 for sha256 in self._adapters if self._used[sha256] <= 0]:
            size = sum(size for _, size in self._adapters.values())
            if len(self._adapters) <= self._plan.resident_adapters and size <= self._plan.adapter_bytes:
                return
            self._unload(sha256)

    def _unload(self, sha256: str) -> None:
        """Out of every context first: llama.cpp would follow a pointer to nothing."""
        for home in self._homes:
            if home.mix and _uses(home.mix, sha256):
                home.context.set_adapters([])
                home.mix = BASE_MIX
        adapter = self._adapters.pop(sha256, None)
        if adapter:
            adapter[0].close()


def _verify(adapter: Adapter) -> None:
    """A file that changed on disk must not be served under the old name. ForeignFile if it did, or is gone."""
    try:
        found = file_sha256(adapter.path)
    except OSError as error:
        raise ForeignFile(f"adapter {adapter.name} cannot be read: {error}") from error
    if found != adapter.sha256:
        raise ForeignFile(
            f"adapter {adapter.name}: {adapter.path} changed on disk, it is {found[:12]} and not {adapter.sha256[:12]}"
        )


def _uses(mix: Mix, sha256: str) -> bool:
    return any(adapter.sha256 == sha256 for adapter, _ in mix.parts)


def _lanes(home: Home) -> int:
    """Mixes that compute here now."""
    return sum(count > 0 for count in home.active.values())
