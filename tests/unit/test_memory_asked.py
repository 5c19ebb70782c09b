"""One question, one embedding, whoever asks and whoever gives up."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest

from a3x.engine.embedding import Embedded, EmbedInput
from a3x.engine.scripted import ScriptedEmbedder
from a3x.errors import NotReady
from a3x.memory.asked import Asked


class Slow(ScriptedEmbedder):
    """Answers when it is told to."""

    def __init__(self, installed: bool = True) -> None:
        super().__init__(installed=installed)
        self.go = asyncio.Event()

    async def embed(self, inputs: Sequence[EmbedInput], truncate: bool = True) -> Embedded:
        await self.go.wait()
        return await super().embed(inputs, truncate)


def test_who_asks_the_same_at_the_same_time_shares_the_answer() -> None:
    async def run() -> None:
        slow = Slow()
        asked = Asked(slow)
        both = [asyncio.create_task(asked.embed(["how big?"])) for _ in range(2)]
        other = asyncio.create_task(asked.embed(["how small?"]))
        await asyncio.sleep(0)
        slow.go.set()
        first, second = await asyncio.gather(*both)
        assert np.array_equal(first.vectors, second.vectors)
        assert not np.array_equal(first.vectors, (await other).vectors)
        assert sorted(map(str, slow.asked)) == ["how big?", "how small?"]
        await asked.embed(["how big?"])
        await asked.embed(["how big?", "how big?"])
        assert len(slow.asked) == 5

    asyncio.run(run())


def test_who_gives_up_takes_it_from_nobody() -> None:
    async def run() -> None:
        slow = Slow()
        asked = Asked(slow)
        one, other = (asyncio.create_task(asked.embed(["how big?"])) for _ in range(2))
        await asyncio.sleep(0)
        one.cancel()
        await asyncio.gather(one, return_exceptions=True)
        slow.go.set()
        assert len((await other).vectors) == 1

    asyncio.run(run())


def test_what_fails_fails_for_all_and_is_tried_again() -> None:
    async def run() -> None:
        slow = Slow(installed=False)
        asked = Asked(slow)
        slow.go.set()
        found = await asyncio.gather(*(asked.embed(["how big?"]) for _ in range(2)), return_exceptions=True)
        assert all(isinstance(each, NotReady) for each in found)
        slow.installed = True
        assert len((await asked.embed(["how big?"])).vectors) == 1

    asyncio.run(run())


@pytest.mark.parametrize("installed", [True, False])
def test_the_rest_is_the_embedders(installed: bool) -> None:
    slow = ScriptedEmbedder(installed=installed)
    assert Asked(slow).installed is installed
    assert Asked(slow).status() == slow.status()
