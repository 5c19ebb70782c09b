"""Vector stores to compare ours with. They are no dependency: whoever wants the comparison installs them beside."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any, Self

from benchmarks.support.vectors import Floats

REFINED = 4
"""Candidates a result that LanceDB scores again exactly; ours does the same."""
HOW = "pip install --target FOLDER lancedb, then --peers FOLDER"


class Lance:
    """LanceDB with the graph index that its documentation offers for speed with recall, at its own defaults."""

    def __init__(self, lancedb: Any, folder: Path) -> None:
        self.name = f"LanceDB {lancedb.__version__}"
        self._database = lancedb.connect(str(folder))
        self._table: Any = None

    @classmethod
    def found(cls, peers: Path | None, folder: Path) -> Self | str:
        """The store, or why there is none."""
        if peers is not None:
            sys.path.append(str(peers))  # last: what we have in common is ours
        try:
            return cls(importlib.import_module("lancedb"), folder)
        except ImportError as error:
            return f"{error}; {HOW}"

    def fill(self, rows: Floats) -> None:
        """Store float32[n, dimensions] under the numbers from 0 on, and index them."""
        import pyarrow

        flat = pyarrow.array(rows.reshape(-1))
        vectors = pyarrow.FixedSizeListArray.from_arrays(flat, rows.shape[1])
        table = pyarrow.table({"number": pyarrow.array(range(len(rows))), "vector": vectors})
        self._table = self._database.create_table("vectors", table)
        self._table.create_index(metric="cosine", vector_column_name="vector", index_type="IVF_HNSW_SQ")

    def near(self, query: Floats, limit: int) -> list[int]:
        """Numbers of the closest."""
        asked = self._table.search(query).distance_type("cosine").refine_factor(REFINED)
        found = asked.select(["number", "_distance"]).limit(limit).to_arrow()
        return found.column("number").to_pylist()
