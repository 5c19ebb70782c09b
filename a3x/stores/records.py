"""Records: the texts that may be trained on, each made of a user's correction or of text that is vouched for.

A user's fact is taught in one or more phrasings. Of three or more, one is withheld from training for good, and the
gate asks it; with fewer, all are trained on, since the lesson is worth more than the exam. Other records are split by
the hash of their source alone, so that everything made of one source stays together. Nothing here selects or trains.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import apsw

from a3x import ids
from a3x.errors import BadRequest, NotFound
from a3x.stores import facts, phrasing
from a3x.stores.db import Database
from a3x.stores.experiences import insert_feedback, seq_of
from a3x.types import THEMES, Clock, Feedback

TrainingOrigin = Literal["user", "verified", "owner_dataset"]
SplitName = Literal["train", "stop", "gate"]

ORIGINS = ("user", "verified", "owner_dataset")
FOREIGN_ORIGINS = ("tool", "file", "web")
"""Text that came to the user from elsewhere; what it says or asks is never taught, whoever corrects it."""
WITHHOLD_FROM = 3
"""Phrasings of one fact from which on one is kept for the gate."""
MAX_CORRECTION_CHARS = 8_000
MAX_FACT_CHARS = 200
"""Of a correction that is recalled before answering, too."""
STOP_PERCENT, GATE_PERCENT = 5, 10
"""Shares of what is not the user's own, by source."""
FIELDS = "id, theme, lang, origin, weight, messages, source_ids, split, created, learned_in, superseded_by"
LIVE = "superseded_by IS NULL"


@dataclass(frozen=True)
class Record:
    """One text to train on: ``messages`` end with the assistant's, the target.

    ``source_ids`` are the experiences it comes from. ``split`` is None until ``assign_splits``. ``learned_in`` names
    the adapter version that was trained on it (or, for a gate record, examined with it); ``superseded_by`` is the
    record that took its place.
    """

    id: str
    theme: str
    lang: str
    origin: TrainingOrigin
    weight: float
    messages: tuple[Mapping[str, str], ...]
    source_ids: tuple[str, ...]
    split: SplitName | None
    created: float
    learned_in: str | None = None
    superseded_by: str | None = None

    @property
    def question(self) -> str:
        return next((message["content"] for message in reversed(self.messages) if message["role"] == "user"), "")

    @property
    def answer(self) -> str:
        return self.messages[-1]["content"]


class Records:
    """The record table. Writes are acknowledged after they are durable; reads block, briefly."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def correct(self, feedback: Feedback, also_from: Sequence[str] = ()) -> Record:
        """Store the feedback and make a record of its correction, both or neither. The user's word, so origin "user".

        The record asks the experience's question and answers with the correction. Repeating a correction gives the
        record there is; a different answer to a question supersedes what was taught before, its other phrasings too.
        ``also_from`` are further experiences it was said in. Raises NotFound, BadRequest for an empty or overlong
        correction, or an experience without a question or of foreign text.
        """
        answer = (feedback.correction or "").strip()
        if not answer:
            raise BadRequest("the correction is empty: say what the answer should have been", param="correction")
        if len(answer) > MAX_CORRECTION_CHARS:
            raise BadRequest(
                f"the correction has {len(answer)} characters; the limit is {MAX_CORRECTION_CHARS}", param="correction"
            )
        _require_text("correction", answer)
        id, now = ids.new_id("rec", self._clock), self._clock.now()

        def job(connection: apsw.Connection) -> Record:
            insert_feedback(connection, feedback)
            question, theme, lang = _question(connection, feedback.experience_id)
            sources = (feedback.experience_id, *also_from)
            messages = ({"role": "user", "content": question}, {"role": "assistant", "content": answer})
            record = _teach(connection, Record(id, theme, lang, "user", 1.0, messages, sources, None, now))
            _remember(connection, record, feedback.experience_id, answer, now)
            return record

        try:
            return await asyncio.wrap_future(self._db.write(job))
        except apsw.ConstraintError as error:
            raise BadRequest(f"feedback cannot be stored: {error}") from error

    async def add(
        self,
        messages: Sequence[Mapping[str, str]],
        origin: TrainingOrigin,
        theme: str,
        source: str,
        source_ids: Sequence[str] = (),
        lang: str = "",
        weight: float = 1.0,
    ) -> Record:
        """Store a text that a named verifier or the owner's data set vouches for; ``source`` decides its split.

        BadRequest for any other origin, an unknown theme, or messages that do not end with an answer.
        """
        if origin not in ORIGINS[1:]:
            raise BadRequest(f"text of origin {origin!r} is not added as such: only {ORIGINS[1:]}", param="origin")
        if theme not in THEMES:
            raise BadRequest(f"there is no theme {theme!r}; themes are {', '.join(THEMES)}", param="theme")
        if not messages or messages[-1].get("role") != "assistant" or not messages[-1].get("content", "").strip():
            raise BadRequest("a record ends with an assistant message that is not empty", param="messages")
        if not 0 < weight < float("inf"):
            raise BadRequest("weight must be positive", param="weight")
        source_key = phrasing.digest(theme, source)
        id, now = ids.new_id("rec", self._clock), self._clock.now()
        kept, split = tuple(dict(message) for message in messages), split_of(source_key)
        record = Record(id, theme, lang, origin, weight, kept, tuple(source_ids), split, now)
        for message in kept:
            _require_text("messages", message["content"])
        await asyncio.wrap_future(self._db.write(lambda connection: _insert(connection, record, source_key)))
        return record

    async def assign_splits(self, theme: str) -> int:
        """Give every record of the theme that has none its split, for good; how many there were.

        Asked when a cycle curates, so that the phrasings taught by then are weighed together.
        """
        return await asyncio.wrap_future(self._db.write(lambda connection: _assign(connection, theme)))

    async def mark_learned(self, ids: Sequence[str], version: str) -> None:
        """Note the adapter version (``theme@N``) that the records went into. NotFound, and nothing noted, if one is unknown."""
        await asyncio.wrap_future(self._db.write(lambda connection: mark_learned(connection, ids, version)))

    def taught_in(self, experience_id: str) -> list[Record]:
        """The user's own that come from an experience, superseded or not, oldest first."""
        among = "? IN (SELECT value FROM json_each(source_ids))"
        return self._select(f"WHERE origin = 'user' AND {among} ORDER BY seq", (experience_id,))

    def get(self, id: str) -> Record:
        """NotFound if there is no such record."""
        found = self._select("WHERE id = ?", (id,))
        if not found:
            raise NotFound(f"there is no record {id}", param="id")
        return found[0]

    def unlearned(self, theme: str) -> list[Record]:
        """What no version has learned yet and nothing has superseded, oldest first."""
        return self._select(f"WHERE theme = ? AND learned_in IS NULL AND {LIVE} ORDER BY seq", (theme,))

    def learned(self, theme: str) -> list[Record]:
        """What some version has learned and still holds, oldest first: for replay, and for the gate to ask again."""
        return self._select(f"WHERE theme = ? AND learned_in IS NOT NULL AND {LIVE} ORDER BY seq", (theme,))

    def contradictions(self, theme: str) -> list[tuple[Record, Record]]:
        """(unlearned, learned) pairs in which the first took the place of the second: what a cycle would unlearn."""
        rows = {record.id: record for record in self._select("WHERE theme = ?", (theme,))}
        found = []
        for old in rows.values():
            newest = old
            while newest.superseded_by is not None:
                newest = rows[newest.superseded_by]
            if newest is not old and old.learned_in is not None and newest.learned_in is None:
                found.append((newest, old))
        return found

    def _select(self, rest: str, values: tuple[Any, ...]) -> list[Record]:
        return self._db.read(lambda connection: _select(connection, rest, values))


def split_of(source_key: str) -> SplitName:
    """The split of everything made of one source that is not the user's own word."""
    percent = int(source_key[:8], 16) % 100
    return "gate" if percent < GATE_PERCENT else "stop" if percent < GATE_PERCENT + STOP_PERCENT else "train"


def correction_fact(record: Record, answer: str) -> facts.NewFact | None:
    """A short answer is a fact to be recalled, too, as long as no version has learned it and after; a long one is none."""
    if len(answer) > MAX_FACT_CHARS or "\n" in answer:
        return None
    question = " ".join(record.question.split())
    return facts.NewFact(f"{question.rstrip(' ?')}: {answer}", question, phrasing.about_key(question), answer)


# --- jobs of the writer thread ---------------------------------------------------------------------------------------


def mark_learned(connection: apsw.Connection, ids: Sequence[str], version: str) -> None:
    """See ``Records.mark_learned``; in the caller's transaction."""
    for id in ids:
        sql = "UPDATE record SET learned_in = ? WHERE id = ? RETURNING id"
        if not connection.execute(sql, (version, id)).fetchall():
            raise NotFound(f"there is no record {id}")


def _question(connection: apsw.Connection, experience_id: str) -> tuple[str, str, str]:
    """An experience's question, theme and language. BadRequest if no user asked it."""
    sql = "SELECT this, theme, lang, origin FROM experience WHERE id = ?"
    rows: list[tuple[Any, ...]] = connection.execute(sql, (experience_id,)).fetchall()
    question, theme, lang, origin = rows[0]
    if origin in FOREIGN_ORIGINS:
        raise BadRequest(
            f"experience {experience_id} is text of origin {origin!r}, not the user's: it is not learnt from",
            param="experience_id",
        )
    if not question.strip():
        raise BadRequest(f"experience {experience_id} has no question to learn an answer to", param="experience_id")
    return question, theme, lang


def _teach(connection: apsw.Connection, record: Record) -> Record:
    """Store a lesson, or find that it is known; what it contradicts is superseded by it."""
    question, answer = phrasing.key(record.question), phrasing.answer_key(record.answer)
    asked = _select(connection, f"WHERE theme = ? AND question_key = ? AND {LIVE}", (record.theme, question))
    for known in asked:
        if phrasing.answer_key(known.answer) == answer:
            return _say_again(connection, known, record.source_ids)
    source_key = _source_key(connection, record)
    _insert(connection, record, source_key)
    for old in asked:
        connection.execute(
            f"UPDATE record SET superseded_by = ?1 WHERE {LIVE} AND id != ?1 AND (id = ?2 OR origin = 'user' "
            "AND theme = ?3 AND source_key = (SELECT source_key FROM record WHERE id = ?2))",
            (record.id, old.id, record.theme),
        )
    return record


def _remember(connection: apsw.Connection, record: Record, experience_id: str, answer: str, now: float) -> None:
    new = correction_fact(record, answer)
    if new is not None:
        facts.put(connection, seq_of(connection, experience_id), [new], now, record.id)


def _say_again(connection: apsw.Connection, known: Record, source_ids: Sequence[str]) -> Record:
    sources = tuple(dict.fromkeys((*known.source_ids, *source_ids)))
    connection.execute("UPDATE record SET source_ids = ? WHERE id = ?", (_to_json(sources), known.id))
    return _select(connection, "WHERE id = ?", (known.id,))[0]


def _source_key(connection: apsw.Connection, record: Record) -> str:
    """The fact that a lesson is a phrasing of: one taught before with the same answer, or a new one."""
    sql = f"WHERE theme = ? AND origin = 'user' AND {LIVE} ORDER BY seq"
    answer = phrasing.answer_key(record.answer)
    for other in _select(connection, sql, (record.theme,)):
        if phrasing.answer_key(other.answer) == answer and phrasing.same_fact(other.question, record.question):
            rows = connection.execute("SELECT source_key FROM record WHERE id = ?", (other.id,)).fetchall()
            return str(rows[0][0])
    return phrasing.digest(record.theme, answer, phrasing.key(record.question))


def _assign(connection: apsw.Connection, theme: str) -> int:
    columns = "source_key, question_key, id, split"
    sql = f"SELECT {columns} FROM record WHERE theme = ? AND origin = 'user' AND {LIVE} ORDER BY seq"
    facts: dict[str, list[tuple[str, str, SplitName | None]]] = {}
    for source_key, question_key, id, split in connection.execute(sql, (theme,)):
        facts.setdefault(source_key, []).append((phrasing.digest(source_key, question_key), id, split))
    assigned = 0
    for phrasings in facts.values():
        new = sorted((order, id) for order, id, split in phrasings if split is None)
        examined = any(split == "gate" for *_, split in phrasings)
        withheld = new[0][1] if new and not examined and len(phrasings) >= WITHHOLD_FROM else None
        for _, id in new:
            split = "gate" if id == withheld else "train"
            connection.execute("UPDATE record SET split = ? WHERE id = ?", (split, id))
        assigned += len(new)
    return assigned


def _insert(connection: apsw.Connection, record: Record, source_key: str) -> None:
    key = phrasing.key(record.question)
    connection.execute(
        "INSERT INTO record (id, theme, lang, origin, weight, messages, source_ids, question_key, source_key, split, "
        "created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(record.id, record.theme, record.lang, record.origin, record.weight),
            *(_to_json(record.messages), _to_json(record.source_ids), key, source_key, record.split, record.created),
        ),
    )


def _select(connection: apsw.Connection, rest: str, values: tuple[Any, ...]) -> list[Record]:
    rows: list[tuple[Any, ...]] = connection.execute(f"SELECT {FIELDS} FROM record {rest}", values).fetchall()
    return [_from_row(row) for row in rows]


def _from_row(row: tuple[Any, ...]) -> Record:
    id, theme, lang, origin, weight, messages, source_ids, *rest = row
    said, sources = tuple(json.loads(messages)), tuple(json.loads(source_ids))
    return Record(id, theme, lang, origin, weight, said, sources, *rest)


def _to_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _require_text(name: str, text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise BadRequest(f"{name} is not valid Unicode text: {error.reason}", param=name) from error
