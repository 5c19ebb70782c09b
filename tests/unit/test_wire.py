"""Writes of one turn of the loop are one write; none is lost or comes late."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from a3x.http.wire import MOST_HELD_BYTES, Gathered


class NotedTransport(asyncio.Transport):
    """Keeps what is written; writes nothing."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1)})
        self.written: list[bytes] = []
        self.closed_after: int | None = None

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return self.closed_after is not None

    def close(self) -> None:
        self.closed_after = len(self.written)


async def turns(number: int) -> None:
    """Of the loop."""
    for _ in range(number):
        await asyncio.sleep(0)


@given(st.lists(st.lists(st.binary(max_size=40), max_size=6), max_size=6))
def test_what_a_turn_writes_is_one_write_in_its_order(wanted: list[list[bytes]]) -> None:
    async def play() -> list[bytes]:
        noted = NotedTransport()
        gathered = Gathered(noted, asyncio.get_running_loop())
        for each in wanted:
            for data in each:
                gathered.write(data)
            await turns(1)
        return noted.written

    assert asyncio.run(play()) == [whole for each in wanted if (whole := b"".join(each))]


def test_the_end_goes_out_before_the_connection_closes_and_nothing_after() -> None:
    async def play() -> NotedTransport:
        noted = NotedTransport()
        gathered = Gathered(noted, asyncio.get_running_loop())
        gathered.write(b"the end")
        gathered.close()
        gathered.write(b"too late")
        await turns(2)
        return noted

    noted = asyncio.run(play())
    assert noted.written == [b"the end"]
    assert noted.closed_after == 1


def test_what_is_large_does_not_wait() -> None:
    async def play() -> list[bytes]:
        noted = NotedTransport()
        gathered = Gathered(noted, asyncio.get_running_loop())
        gathered.write(b"head")
        gathered.write(bytes(MOST_HELD_BYTES))
        return noted.written

    assert asyncio.run(play()) == [b"head" + bytes(MOST_HELD_BYTES)]


def test_everything_else_is_the_transports() -> None:
    async def play() -> object:
        return Gathered(NotedTransport(), asyncio.get_running_loop()).get_extra_info("peername")

    assert asyncio.run(play()) == ("127.0.0.1", 1)
