"""A correction typed in a chat becomes a record of the turn it corrects; nothing else does."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from a3x.agent.corrections import ChatCorrections
from a3x.clock import HandClock
from a3x.errors import BadRequest
from a3x.types import Experience, Feedback, Message, Role


@dataclass
class Shelf:
    rows: list[Experience]
    taken: list[Feedback] = field(default_factory=list)
    refuse: bool = False

    def recent(
        self, limit: int = 50, before_seq: int | None = None, session: str | None = None
    ) -> Sequence[Experience]:
        return [row for row in reversed(self.rows) if session is None or row.session == session][:limit]

    async def correct(self, feedback: Feedback, also_from: Sequence[str] = ()) -> None:
        if self.refuse:
            raise BadRequest("no")
        self.taken.append(feedback)


def shelf(session: str = "s") -> Shelf:
    asked = Experience(
        "exp_1", "user:local", "chat", "What is the code?", 0.0, "completed", "I don't know that yet.", session=session
    )
    return Shelf([asked])


def said(*turns: tuple[Role, str]) -> list[Message]:
    return [Message(role, content) for role, content in turns]


CHAT = said(("user", "What is the code?"), ("assistant", "I don't know that yet."), ("user", "no, it is 8471"))


def notice(store: Shelf, messages: Sequence[Message], session: str = "s") -> list[tuple[str, str | None]]:
    asyncio.run(ChatCorrections(store, store, HandClock()).notice(messages, session, "exp_2"))
    return [(feedback.experience_id, feedback.correction) for feedback in store.taken]


def test_a_correction_is_kept_against_the_turn_it_corrects() -> None:
    assert notice(shelf(), CHAT) == [("exp_1", "8471")]


@pytest.mark.parametrize(
    "messages",
    [
        CHAT[:2],
        [*CHAT[:2], Message("user", "thanks")],
        [*CHAT[:2], Message("tool", "no, it is 8471")],
        said(("user", "What is the code?"), ("assistant", "something it never said"), ("user", "no, it is 8471")),
    ],
)
def test_everything_else_is_no_correction(messages: list[Message]) -> None:
    assert notice(shelf(), messages) == []


def test_another_session_is_another_conversation() -> None:
    assert notice(shelf("t"), CHAT, "s") == []


def test_a_record_that_is_refused_does_not_break_the_turn() -> None:
    store = shelf()
    store.refuse = True
    assert notice(store, CHAT) == []
