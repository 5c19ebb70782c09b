"""Search by words (SQLite FTS5, bm25). Knows no vectors."""

from __future__ import annotations

import re
from collections.abc import Sequence

from a3x.stores.db import Database
from a3x.stores.filters import EVERYTHING, Filter

MAX_WORDS = 32
"""Words of a question that are looked for; the cost grows with each."""
FIND = """
SELECT experience.seq FROM experience_text JOIN experience ON experience.seq = experience_text.rowid
WHERE experience_text MATCH ?{filters} ORDER BY experience_text.rank, experience.seq DESC LIMIT ?
"""


class Words:
    """The words of questions and answers."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def find(self, words: Sequence[str], limit: int, only: Filter = EVERYTHING) -> list[int]:
        """Sequence numbers of experiences with any of the words, best first; case and accents make no difference."""
        if not words:
            return []
        filters, values = only.where()
        match = " OR ".join(f'"{word}"' for word in words[:MAX_WORDS])
        sql = FIND.format(filters=filters)
        return self._db.read(
            lambda connection: [int(str(seq)) for (seq,) in connection.execute(sql, (match, *values, limit))]
        )


def words_of(text: str) -> list[str]:
    """The different words of a text, in order, in lower case."""
    return list(dict.fromkeys(re.findall(r"\w+", text.lower())))
