"""Which experiences of a theme learning still looks at. A pure decision; what leaves the window stays in memory."""

from __future__ import annotations

from collections.abc import Sequence

from a3x.stores.priorities import Candidate


def evict(candidates: Sequence[Candidate], capacity: int) -> list[str]:
    """Ids to let go of so that ``capacity`` stay, the first to go first; none if there is room.

    Kept first are corrections, the newest first; then the best of each cluster that has none among them, the largest
    cluster first; then the worthiest. Worth halves with every turn of the window (``capacity`` newer experiences), so
    the window slides: what was once important makes room, what is equally important goes in the order it came.
    """
    if len(candidates) <= capacity:
        return []
    worths = _worths(candidates, max(capacity, 1))
    rank = {one.id: (worths[one.id], one.seq) for one in candidates}
    corrected = sorted((one for one in candidates if one.corrected), key=lambda one: -one.seq)
    best = _representatives(candidates, rank, {one.cluster for one in corrected})
    first = [one.id for one in (*corrected, *best)]
    kept_first = set(first)
    rest = sorted((one.id for one in candidates if one.id not in kept_first), key=lambda id: rank[id], reverse=True)
    return [*first, *rest][max(capacity, 0) :][::-1]


def _worths(candidates: Sequence[Candidate], capacity: int) -> dict[str, float]:
    newest_first = sorted(candidates, key=lambda one: one.seq, reverse=True)
    return {one.id: one.priority * 0.5 ** (newer / capacity) for newer, one in enumerate(newest_first)}


def _representatives(
    candidates: Sequence[Candidate], rank: dict[str, tuple[float, int]], covered: set[int | None]
) -> list[Candidate]:
    members: dict[int, list[Candidate]] = {}
    for one in candidates:
        if one.cluster is not None and one.cluster not in covered:
            members.setdefault(one.cluster, []).append(one)
    largest_first = sorted(members.items(), key=lambda item: (-len(item[1]), item[0]))
    return [max(inside, key=lambda one: rank[one.id]) for _, inside in largest_first]
