"""What a mailbox does with pieces that nobody fetched yet."""

from __future__ import annotations

import asyncio

from a3x.engine.streams import Item, Mailbox
from a3x.types import Piece, TokenLogprob


def test_pieces_grow_together_with_their_tokens_and_reasoning_stays_apart() -> None:
    async def body() -> list[Item]:
        mailbox = Mailbox(asyncio.get_running_loop())
        for item in (piece_of("a", reasoning=True), piece_of("b"), piece_of("c")):
            mailbox.receive(item)
        return [await mailbox.next(), await mailbox.next()]

    thought, said = asyncio.run(body())
    assert thought == piece_of("a", reasoning=True)
    assert said == piece_of("bc")


def piece_of(text: str, reasoning: bool = False) -> Piece:
    return Piece(text, reasoning, tuple(TokenLogprob(ord(each), each.encode(), -0.5) for each in text))
