"""The map of what is asked about, as rows: clusters, their finished periods, and which experience lies where.

Knows nothing of how clusters are made; ``memory.novelty`` does that. All of it can be rebuilt from the vectors.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import apsw
import numpy as np
from numpy.typing import NDArray

from a3x.stores.db import Database

COLUMNS = "id, embedder_sha256, centroid, parts, part_sizes, size, spread, first_seen, last_seen, anchor, anchored"


@dataclass(frozen=True, eq=False)
class Part:
    """One of the at most two parts of a cluster: a unit vector float32[d] and how many members it has."""

    centroid: NDArray[np.float32]
    size: int


@dataclass(frozen=True, eq=False)
class Cluster:
    """Experiences about the same. ``spread`` is the mean distance (1 - cosine) of its members when they came."""

    id: int
    centroid: NDArray[np.float32]
    parts: tuple[Part, ...]
    size: int
    spread: float
    first_seen: float
    last_seen: float
    anchor: NDArray[np.float32]
    anchored: float

    @property
    def drift(self) -> float:
        """How far the centroid went since ``anchored``: 1 - cosine, 0 to 2."""
        return max(0.0, float(1.0 - self.anchor @ self.centroid))


@dataclass(frozen=True)
class Size:
    """How many members a cluster has and their mean distance to its centroid."""

    members: int
    spread: float


@dataclass(frozen=True)
class Period:
    """A finished week or more of a cluster: its size at the end and how far its centroid went."""

    cluster: int
    since: float
    until: float
    size: int
    drift: float


@dataclass(frozen=True)
class Move:
    """Members of a cluster (of one part, or None: all) that now belong elsewhere."""

    cluster: int
    part: int | None
    to_cluster: int
    to_part: int


class Clusters:
    """The cluster tables. Writes are acknowledged after they are durable; reads block, briefly."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def load(self, embedder_sha256: str) -> list[Cluster]:
        """Every cluster of one embedder's vectors, by id."""
        sql = f"SELECT {COLUMNS} FROM cluster WHERE embedder_sha256 = ? ORDER BY id"
        return self._db.read(lambda connection: [_from_row(row) for row in connection.execute(sql, (embedder_sha256,))])

    def all(self) -> list[Cluster]:
        """Every cluster, the largest first."""
        sql = f"SELECT {COLUMNS} FROM cluster ORDER BY size DESC, id"
        return self._db.read(lambda connection: [_from_row(row) for row in connection.execute(sql)])

    def size(self, cluster: int) -> Size | None:
        """None if there is no such cluster."""
        sql = "SELECT size, spread FROM cluster WHERE id = ?"
        rows: list[tuple[Any, ...]] = self._db.read(lambda connection: connection.execute(sql, (cluster,)).fetchall())
        return Size(*rows[0]) if rows else None

    def periods(self, cluster: int) -> list[Period]:
        """How a cluster grew and drifted, oldest first."""
        sql = "SELECT cluster, since, until, size, drift FROM cluster_period WHERE cluster = ? ORDER BY since"
        return self._db.read(lambda connection: [Period(*row) for row in connection.execute(sql, (cluster,))])

    def nearest(self, cluster: int, limit: int) -> list[str]:
        """Ids of the experiences closest to a cluster's centroid when they came."""
        sql = "SELECT span_id FROM priorities WHERE cluster = ? ORDER BY distance, seq LIMIT ?"
        return self._db.read(lambda connection: [str(row[0]) for row in connection.execute(sql, (cluster, limit))])

    async def clear(self) -> None:
        """Forget the map and who lies where in it."""

        def job(connection: apsw.Connection) -> None:
            connection.execute("DELETE FROM cluster; DELETE FROM cluster_period")
            connection.execute("UPDATE priorities SET cluster = NULL, part = 0, distance = 0.0")

        await asyncio.wrap_future(self._db.write(job))


def store(
    connection: apsw.Connection,
    embedder_sha256: str,
    changed: Sequence[Cluster],
    gone: Sequence[int],
    moves: Sequence[Move],
    ended: Sequence[Period],
) -> None:
    """Write what one vector changed, in the caller's transaction; moves are made in their order."""
    for move in moves:
        connection.execute(
            "UPDATE priorities SET cluster = ?1, part = ?2 WHERE cluster = ?3 AND (?4 IS NULL OR part = ?4)",
            (move.to_cluster, move.to_part, move.cluster, move.part),
        )
    for id in gone:
        connection.execute("DELETE FROM cluster WHERE id = ?", (id,))
    marks = ", ".join("?" * 11)
    for cluster in changed:
        connection.execute(
            f"INSERT OR REPLACE INTO cluster ({COLUMNS}) VALUES ({marks})", _to_row(cluster, embedder_sha256)
        )
    for period in ended:
        values = (period.cluster, period.since, period.until, period.size, period.drift)
        connection.execute("INSERT OR REPLACE INTO cluster_period VALUES (?, ?, ?, ?, ?)", values)


def _to_row(cluster: Cluster, embedder_sha256: str) -> tuple[Any, ...]:
    parts = b"".join(_blob(part.centroid) for part in cluster.parts)
    sizes = json.dumps([part.size for part in cluster.parts])
    return (
        *(cluster.id, embedder_sha256, _blob(cluster.centroid), parts, sizes, cluster.size, cluster.spread),
        *(cluster.first_seen, cluster.last_seen, _blob(cluster.anchor), cluster.anchored),
    )


def _from_row(row: tuple[Any, ...]) -> Cluster:
    id, _, centroid, parts, part_sizes, size, spread, first_seen, last_seen, anchor, anchored = row
    middle = _vector(centroid)
    sizes = json.loads(part_sizes)
    centroids = np.frombuffer(parts, "<f4").astype(np.float32).reshape(len(sizes), len(middle))
    inside = tuple(Part(one, count) for one, count in zip(centroids, sizes, strict=True))
    return Cluster(id, middle, inside, size, spread, first_seen, last_seen, _vector(anchor), anchored)


def _blob(vector: NDArray[np.float32]) -> bytes:
    return vector.astype("<f4").tobytes()


def _vector(blob: bytes) -> NDArray[np.float32]:
    return np.frombuffer(blob, "<f4").astype(np.float32)
