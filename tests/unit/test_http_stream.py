"""The event of a piece, written around its text: byte for byte what the whole object gives."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a3x.agent.turn import TurnRequest
from a3x.http.openai_chat import ChatCall
from a3x.http.stream import PieceFrame
from a3x.types import Message, Piece

TURN = TurnRequest((Message("user", "hi"),), model='a3x:"odd"\n')


@pytest.mark.parametrize("include_usage", [False, True])
@given(text=st.text(st.characters(exclude_categories=("Cs",))), reasoning=st.booleans())
def test_a_piece_is_the_event_it_would_be_as_a_whole(text: str, reasoning: bool, include_usage: bool) -> None:
    call = ChatCall((TURN, TURN), stream=True, include_usage=include_usage)
    event = PieceFrame(call, 1, reasoning).event(text)
    assert event.startswith(b"data: ")
    assert event.endswith(b"}\n\n")
    assert event.count(b"\n") == 2
    assert json.loads(event[6:]) == call.piece(1, Piece(text, reasoning))
