"""Several turns at once, their items as one stream. Knows nothing of the wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from a3x.agent.turn import TurnRequest, TurnResult
from a3x.http.services import Answering
from a3x.types import Piece

AT_ONCE = 8
"""Turns of one request that are under way together; the others wait here, not in the engine's queue."""
AHEAD = 64
"""Items that may wait for the client."""

Item = tuple[int, Piece | TurnResult]


async def merged(agent: Answering, turns: Sequence[TurnRequest]) -> AsyncGenerator[Item, None]:
    """Items with the number of their turn. The first error ends all turns and is raised; closing cancels them."""
    if len(turns) == 1:  # the common case needs no task and no queue
        async with aclosing(agent.turn(turns[0])) as items:
            async for item in items:
                yield 0, item
        return
    queue: asyncio.Queue[Item | Exception | None] = asyncio.Queue(AHEAD)
    room = asyncio.Semaphore(AT_ONCE)
    tasks = [asyncio.create_task(_play(agent, index, turn, queue, room)) for index, turn in enumerate(turns)]
    try:
        ended = 0
        while ended < len(tasks):
            item = await queue.get()
            if isinstance(item, Exception):
                raise item
            if item is None:
                ended += 1
            else:
                yield item
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _play(
    agent: Answering,
    index: int,
    turn: TurnRequest,
    queue: asyncio.Queue[Item | Exception | None],
    room: asyncio.Semaphore,
) -> None:
    """One turn into the queue, then None; whatever it raises goes there too."""
    async with room:
        try:
            async with aclosing(agent.turn(turn)) as items:
                async for item in items:
                    await queue.put((index, item))
        except Exception as error:  # it is the reader who knows what an error becomes
            await queue.put(error)
            return
    await queue.put(None)
