"""What people may read of priorities: why a number is what it is, and the map of what they ask about. Reads only."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from a3x.errors import NotFound
from a3x.memory.priority import explain
from a3x.stores.clusters import Cluster, Clusters
from a3x.stores.experiences import Experiences
from a3x.stores.priorities import Priorities

EXAMPLES = 2


class Insight:
    """Needs no daemon: the stores opened for reading are enough."""

    def __init__(self, experiences: Experiences, priorities: Priorities, clusters: Clusters) -> None:
        self._experiences = experiences
        self._priorities = priorities
        self._clusters = clusters

    def why(self, id: str) -> dict[str, Any]:
        """One experience's priority and label in figures and, as ``words``, in sentences. NotFound."""
        self._experiences.get(id)
        row = self._priorities.get(id)
        calibration = self._priorities.calibration()
        about_labels = {
            "known": "its outcome is known",
            "uncalibrated": f"probability of being right {row.p_right:.2f}, uncalibrated: too few known outcomes",
            "calibrated": f"calibrated probability of being right {row.p_right:.2f}",
        }
        words = [*explain(row.components, row.priority), f"{row.label}: {about_labels[row.basis]}"]
        if calibration is not None and row.basis == "calibrated":
            words[-1] += f" (off by {calibration.ece:.2f} on average over {calibration.n} known outcomes)"
        words.append("in the window of its theme" if row.evicted is None else "no longer in the window of its theme")
        return {**asdict(row), "words": words, "calibration": asdict(calibration) if calibration else None}

    def map(self, limit: int = 20) -> dict[str, Any]:
        """The largest clusters with their shares, drift and typical questions."""
        found = self._clusters.all()
        members = sum(cluster.size for cluster in found)
        rows = [self._row(cluster, members) for cluster in found[:limit]]
        return {"clusters": rows, "count": len(found), "members": members}

    def _row(self, cluster: Cluster, members: int) -> dict[str, Any]:
        return {
            "id": cluster.id,
            "size": cluster.size,
            "share": cluster.size / members,
            "spread": cluster.spread,
            "drift": cluster.drift,
            "drift_since": cluster.anchored,
            "first_seen": cluster.first_seen,
            "last_seen": cluster.last_seen,
            "examples": self._examples(cluster.id),
            "periods": [asdict(period) for period in self._clusters.periods(cluster.id)],
        }

    def _examples(self, cluster: int) -> list[str]:
        questions = []
        for id in self._clusters.nearest(cluster, EXAMPLES):
            try:
                questions.append(self._experiences.get(id).this)
            except NotFound:  # forgotten between two reads
                continue
        return questions
