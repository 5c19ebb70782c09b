"""Asking items through an engine: what a full queue does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, cast

import pytest

from a3x.errors import Overloaded
from a3x.judge import run
from a3x.judge.suites import Item
from a3x.types import BASE_MIX, Completion, Engine, Generation, Message, TokenStats


class Crowded:
    """An engine whose queue is full for the first three tries."""

    def __init__(self) -> None:
        self.tries = 0

    async def generate(self, request: Generation) -> AsyncGenerator[Completion, None]:
        self.tries += 1
        if self.tries <= 3:
            raise Overloaded("full")
        yield Completion("8471", "stop", 1, 1, 0, TokenStats((), ()), request.mix, "", "8471")


def test_an_item_waits_while_users_fill_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "PATIENCE_S", 0.0)
    engine: Any = Crowded()
    item = Item("x-1", "x", "en", (Message("user", "?"),), {"kind": "exact"}, "8471")

    async def ask() -> str:
        return (await run.answer_with(cast(Engine, engine), BASE_MIX)(item)).text

    assert asyncio.run(ask()) == "8471"
    assert engine.tries == 4
