"""A home in which a user states and corrects things, as the daemon would record it, and what is known of it afterwards."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

from a3x.clock import HandClock
from a3x.disk import RealDisk
from a3x.memory.record import Recorder
from a3x.stores.db import Database, migrations
from a3x.stores.experiences import Experiences
from a3x.stores.facts import Facts
from a3x.stores.records import Records
from a3x.types import Experience, Feedback

THINGS = ("locker code", "cat's name", "dentist", "door code")
QUESTION = "what is my {}?"
Known = list[tuple[str, str, str | None]]
"""(text, value, text of what replaced it), in the order in which they were stated."""


class Teller:
    """Every turn takes a minute; ``number`` goes on where an earlier teller of the same home stopped."""

    def __init__(self, home: Path, number: int = 0) -> None:
        self.clock = HandClock(1_700_000_000.0 + 60.0 * number)
        self.number = number
        self.db = Database(home / "a3x.db", RealDisk(), self.clock)
        self.experiences, self.facts = Experiences(self.db), Facts(self.db)
        self.records = Records(self.db, self.clock)
        self._recorder = Recorder(self.experiences, self.clock)

    def say(self, text: str, **changes: object) -> str:
        """The id of the turn."""
        self.clock.advance(60)
        self.number += 1
        turn: dict[str, object] = {
            "id": f"exp_{self.number:06d}",
            "who": "user:local",
            "did": "chat",
            "this": text,
            "when": self.clock.now(),
            "status": "completed",
            "if_ok": "Noted.",
            "messages": ({"role": "user", "content": text},),
            "model_sha256": "5" * 64,
        }
        asyncio.run(self._recorder.record(Experience(**{**turn, **changes})))  # type: ignore[arg-type]
        return str(changes.get("id", turn["id"]))

    def correct(self, id: str, answer: str) -> str:
        """The id of the record."""
        self.clock.advance(60)
        return asyncio.run(self.records.correct(Feedback(id, -1, answer, self.clock.now()))).id

    def live(self, seed: int, turns: int = 30) -> None:
        """State, ask about and correct a few things, over and over, corrections long after their question among them."""
        chance = random.Random(seed)
        asked: list[str] = []
        for _ in range(turns):
            thing, value = chance.choice(THINGS), str(chance.randrange(1000, 9999))
            what = chance.choice(("state", "state", "ask", "correct", "chat"))
            if what == "state":
                self.say(f"my {thing} is {value}")
            elif what == "ask":
                asked.append(self.say(QUESTION.format(thing)))
            elif what == "correct" and asked:
                self.correct(chance.choice(asked), value)
            else:
                self.say("list the files")


def make_old(db: Database) -> None:
    """As a home is that was written before facts were kept, right after today's schema came."""
    db.write(lambda c: c.execute("UPDATE fact SET superseded_by = NULL; DELETE FROM fact").fetchall()).result()
    migrate_again(db)


def migrate_again(db: Database) -> None:
    """The step that notes what is to be read, on a home that has something."""
    sql = dict(migrations())[12]
    db.write(lambda c: c.execute(f"DROP TABLE fact_backlog; {sql}").fetchall()).result()


def known(db: Database) -> Known:
    found = sorted(Facts(db).recent(10_000, replaced=True), key=lambda fact: fact.number)
    texts = {fact.number: fact.text for fact in found}
    return [
        (fact.text, fact.value, None if fact.superseded_by is None else texts[fact.superseded_by]) for fact in found
    ]
