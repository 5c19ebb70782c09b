"""A map of what is asked about: clusters of unit vectors, grown one vector at a time. Pure; deterministic in their order.

Leader clustering with spherical k-means updates (Dhillon, Modha 2001; Zhong 2005, online): a vector joins the nearest
centroid or starts a cluster of its own. Every cluster keeps two part centroids, so that it can split without its
members. A vector costs one product with all centroids; only a new cluster beyond the limit costs all pairs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from a3x.stores.clusters import Cluster, Move, Part, Period

Vector = NDArray[np.float32]

JOIN = 0.5
"""Least cosine to a centroid for a vector to join it."""
MERGE = 0.8
"""Two centroids this close are one cluster."""
PART = 0.65
"""A member farther than that from a cluster's first part starts the second."""
SPLIT = 0.55
"""Parts this far apart are two clusters; well below MERGE, so that none flickers."""
SPLIT_PART = 8
"""Members that each part needs for that."""
MAX_CLUSTERS = 256
MEMORY = 200
"""Members that a centroid's mean remembers: an old cluster still follows where its subject goes."""
PERIOD_S = 7 * 86_400.0
"""Drift is counted from where the centroid was when the period began."""


@dataclass(frozen=True)
class Place:
    """Where a vector lies: its cluster, the distance (1 - cosine) to its centroid, their mean distance, and its size."""

    cluster: int
    part: int
    distance: float
    spread: float
    size: int


@dataclass(frozen=True)
class Change:
    """What one vector did to the map: clusters to store, ids that are gone, members that moved, periods that ended."""

    place: Place
    changed: tuple[Cluster, ...] = ()
    gone: tuple[int, ...] = ()
    moves: tuple[Move, ...] = ()
    ended: tuple[Period, ...] = ()


class NoveltyMap:
    """The clusters of one embedder's vectors, float32[n, d] of length 1. ``add`` returns what has to be stored."""

    def __init__(self, clusters: Iterable[Cluster] = (), max_clusters: int = MAX_CLUSTERS) -> None:
        self._clusters = {cluster.id: cluster for cluster in sorted(clusters, key=lambda one: one.id)}
        self._max = max_clusters
        self._next = max(self._clusters, default=0) + 1
        self._ids: list[int] = list(self._clusters)
        self._matrix = np.array([one.centroid for one in self._clusters.values()], np.float32)

    @property
    def clusters(self) -> Sequence[Cluster]:
        return tuple(self._clusters.values())

    def get(self, id: int) -> Cluster | None:
        return self._clusters.get(id)

    def add(self, vector: Vector, when: float) -> Change:
        """Place a vector and let its cluster follow it. ValueError if it is not of length 1."""
        if not abs(float(np.linalg.norm(vector)) - 1.0) < 1e-3:
            raise ValueError("the vector must have length 1")
        vector = vector.astype(np.float32)
        cosines = self._matrix @ vector if self._ids else np.zeros(0, np.float32)
        nearest = int(np.argmax(cosines)) if len(cosines) else -1
        if nearest < 0 or cosines[nearest] < JOIN:
            return self._found(vector, when)
        return self._join(self._clusters[self._ids[nearest]], vector, when)

    # --- one vector --------------------------------------------------------------------------------------------------

    def _found(self, vector: Vector, when: float) -> Change:
        gone, moves, changed = (), (), ()
        if len(self._ids) >= self._max:
            keep, lose = self._closest_pair()
            gone, moves, changed = (lose.id,), _moves(keep, lose), (self._merge(keep, lose),)
        part = Part(vector, 1)
        cluster = Cluster(self._next, vector, (part,), 1, 0.0, when, when, vector, when)
        self._next += 1
        self._put(cluster)
        return Change(Place(cluster.id, 0, 0.0, 0.0, 1), (*changed, cluster), gone, moves)

    def _join(self, old: Cluster, vector: Vector, when: float) -> Change:
        parts, part = _into_parts(old.parts, vector)
        centroid = _towards(old.centroid, vector, old.size)
        distance = float(1.0 - centroid @ vector)
        grown = replace(
            old,
            centroid=centroid,
            parts=parts,
            size=old.size + 1,
            spread=old.spread + (distance - old.spread) / min(old.size, MEMORY),
            last_seen=max(old.last_seen, when),
        )
        ended = ()
        if when - old.anchored >= PERIOD_S:
            ended = (Period(old.id, old.anchored, when, grown.size, grown.drift),)
            grown = replace(grown, anchor=grown.centroid, anchored=when)
        self._put(grown)
        place = Place(grown.id, part, distance, grown.spread, grown.size)
        change = self._split(grown, place) or self._merge_near(grown, place) or Change(place, (grown,))
        return replace(change, ended=ended)

    def _split(self, cluster: Cluster, place: Place) -> Change | None:
        """Two clusters of one whose parts lie far apart; the second part gets a new id."""
        if len(cluster.parts) < 2 or len(self._ids) >= self._max:
            return None
        first, second = cluster.parts
        if min(first.size, second.size) < SPLIT_PART or first.centroid @ second.centroid >= SPLIT:
            return None
        stays, leaves = (
            replace(
                cluster,
                id=id,
                centroid=part.centroid,
                parts=(part,),
                size=part.size,
                anchor=part.centroid,
                anchored=cluster.last_seen,
            )
            for id, part in ((cluster.id, first), (self._next, second))
        )
        self._next += 1
        self._put(stays)
        self._put(leaves)
        now = (leaves if place.part else stays).id
        moves = (Move(cluster.id, 1, leaves.id, 0),)
        size = leaves.size if place.part else stays.size
        return Change(replace(place, cluster=now, part=0, size=size), (stays, leaves), (), moves)

    def _merge_near(self, cluster: Cluster, place: Place) -> Change | None:
        """One cluster of two that came too close; the larger keeps its id."""
        cosines = self._matrix @ cluster.centroid
        cosines[self._ids.index(cluster.id)] = -1.0
        nearest = int(np.argmax(cosines))
        if cosines[nearest] < MERGE:
            return None
        other = self._clusters[self._ids[nearest]]
        keep, lose = sorted((cluster, other), key=lambda one: (-one.size, one.id))
        moves, merged = _moves(keep, lose), self._merge(keep, lose)
        place = replace(place, cluster=merged.id, part=int(cluster.id == lose.id), size=merged.size)
        return Change(place, (merged,), (lose.id,), moves)

    # --- the table ---------------------------------------------------------------------------------------------------

    def _merge(self, keep: Cluster, lose: Cluster) -> Cluster:
        size = keep.size + lose.size
        merged = replace(
            keep,
            centroid=_unit(keep.centroid * keep.size + lose.centroid * lose.size),
            parts=(Part(keep.centroid, keep.size), Part(lose.centroid, lose.size)),
            size=size,
            spread=(keep.spread * keep.size + lose.spread * lose.size) / size,
            first_seen=min(keep.first_seen, lose.first_seen),
            last_seen=max(keep.last_seen, lose.last_seen),
        )
        row = self._ids.index(lose.id)
        del self._ids[row], self._clusters[lose.id]
        self._matrix = np.delete(self._matrix, row, axis=0)
        self._put(merged)
        return merged

    def _put(self, cluster: Cluster) -> None:
        if cluster.id in self._clusters:
            self._matrix[self._ids.index(cluster.id)] = cluster.centroid
        else:
            self._ids.append(cluster.id)
            row = cluster.centroid[None, :]
            self._matrix = np.concatenate([self._matrix, row]) if len(self._matrix) else row.copy()
        self._clusters[cluster.id] = cluster

    def _closest_pair(self) -> tuple[Cluster, Cluster]:
        cosines = self._matrix @ self._matrix.T
        np.fill_diagonal(cosines, -2.0)
        row, column = divmod(int(np.argmax(cosines)), len(self._ids))
        pair = (self._clusters[self._ids[row]], self._clusters[self._ids[column]])
        keep, lose = sorted(pair, key=lambda one: (-one.size, one.id))
        return keep, lose


def _moves(keep: Cluster, lose: Cluster) -> tuple[Move, ...]:
    """Merged members: the larger cluster's become the first part, the other's the second."""
    return Move(keep.id, None, keep.id, 0), Move(lose.id, None, keep.id, 1)


def _into_parts(parts: tuple[Part, ...], vector: Vector) -> tuple[tuple[Part, ...], int]:
    """The parts with one member more, and which of them got it: online 2-means inside the cluster."""
    if len(parts) == 1:
        if float(parts[0].centroid @ vector) < PART:
            return (*parts, Part(vector, 1)), 1
        return (_grown(parts[0], vector),), 0
    first, second = parts
    if first.centroid @ vector >= second.centroid @ vector:
        return (_grown(first, vector), second), 0
    return (first, _grown(second, vector)), 1


def _grown(part: Part, vector: Vector) -> Part:
    return Part(_towards(part.centroid, vector, part.size), part.size + 1)


def _towards(centroid: Vector, vector: Vector, size: int) -> Vector:
    """The mean direction after one more vector."""
    return _unit(centroid * min(size, MEMORY) + vector)


def _unit(vector: Vector) -> Vector:
    length = float(np.linalg.norm(vector))
    return (vector / length).astype(np.float32) if length > 1e-9 else vector.astype(np.float32)
