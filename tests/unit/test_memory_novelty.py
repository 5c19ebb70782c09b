"""The map: nobody is lost, the same order gives the same map, subjects are told apart, mixed ones split, equal ones merge."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from a3x.memory.novelty import MERGE, PERIOD_S, NoveltyMap

Vectors = NDArray[np.float32]


def around(centre: Vectors, n: int, noise: float, seed: int = 0) -> Vectors:
    chance = np.random.default_rng(seed)
    drawn = centre + noise * chance.standard_normal((n, len(centre))) / np.sqrt(len(centre))
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)


def axis(number: int, d: int = 64) -> Vectors:
    return np.eye(d, dtype=np.float32)[number]


def follow(map: NoveltyMap, vectors: Vectors) -> list[int]:
    """Every vector's cluster at the end, moved as the changes say: what the table holds."""
    where: list[tuple[int, int]] = []
    for when, vector in enumerate(vectors):
        change = map.add(vector, float(when))
        for move in change.moves:
            where = [
                (move.to_cluster, move.to_part) if at[0] == move.cluster and move.part in (None, at[1]) else at
                for at in where
            ]
        where.append((change.place.cluster, change.place.part))
    return [cluster for cluster, _ in where]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 8), st.floats(0.2, 3.0))
def test_nobody_is_lost_and_order_decides(seed: int, limit: int, noise: float) -> None:
    chance = np.random.default_rng(seed)
    vectors = np.concatenate([around(axis(n), 12, noise, seed + n) for n in range(6)])[chance.permutation(72)]
    one, other = NoveltyMap(max_clusters=limit), NoveltyMap(max_clusters=limit)
    where = follow(one, vectors)
    assert where == follow(other, vectors)
    assert len(one.clusters) <= limit
    assert sum(cluster.size for cluster in one.clusters) == len(vectors)
    for cluster in one.clusters:
        assert where.count(cluster.id) == cluster.size == sum(part.size for part in cluster.parts)
        assert np.linalg.norm(cluster.centroid) == pytest.approx(1.0, abs=1e-4)


def test_subjects_are_told_apart() -> None:
    where = follow(NoveltyMap(), np.concatenate([around(axis(n), 30, 0.6, n) for n in range(4)]))
    assert [len(set(where[n * 30 : n * 30 + 30])) for n in range(4)] == [1, 1, 1, 1]
    assert len(set(where)) == 4


def test_a_mixed_cluster_splits() -> None:
    """The first vector lies between two subjects and draws both; when both have grown, they part."""
    left, right = axis(0), 0.3 * axis(0) + np.sqrt(0.91, dtype=np.float32) * axis(1)
    between = (left + right) / np.linalg.norm(left + right)
    mixed = np.stack([one for pair in zip(around(left, 20, 0.3), around(right, 20, 0.3), strict=True) for one in pair])
    where = follow(NoveltyMap(), np.concatenate([between[None], mixed]).astype(np.float32))
    assert len(set(where)) == 2
    assert len(set(where[-20::2])) == len(set(where[-19::2])) == 1


def test_clusters_that_grow_together_merge() -> None:
    """Two subjects approach each other until they are one."""
    steps = [
        around(_unit(axis(0) + share * axis(1)), 40, 0.1) for share in (0.0, 2.2, 1.6, 1.2, 0.9, 0.7, 0.5, 0.4, 0.3)
    ]
    map = NoveltyMap()
    counts = []
    for vectors in steps:
        follow(map, vectors)
        counts.append(len(map.clusters))
    assert max(counts) == 2
    assert counts[-1] == 1
    assert 0 < MERGE < 1


def test_drift_is_counted_by_period() -> None:
    map = NoveltyMap()
    map.add(axis(0), 0.0)
    for n in range(50):
        map.add(_unit(axis(0) + 0.5 * axis(1)), float(n))
    [cluster] = map.clusters
    assert cluster.drift > 0.05
    ended = map.add(_unit(axis(0) + 0.5 * axis(1)), PERIOD_S + 1).ended
    assert [(one.cluster, one.size) for one in ended] == [(cluster.id, 52)]
    assert map.clusters[0].drift == pytest.approx(0.0, abs=1e-6)


def test_a_vector_must_have_length_1() -> None:
    with pytest.raises(ValueError, match="length 1"):
        NoveltyMap().add(axis(0) * 2, 0.0)


def _unit(vector: NDArray[Any]) -> Vectors:
    return (vector / np.linalg.norm(vector)).astype(np.float32)
