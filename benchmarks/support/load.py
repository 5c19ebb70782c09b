"""The load generator: requests over raw sockets from one thread, the same code for every server that is measured.

Its cost a chunk is one ``recv`` and one comparison, so that it takes as little as it can from the cores it shares with
the servers. Everything else is parsed when the clock no longer matters. Speaks HTTP/1.1 with chunked event streams only.
"""

from __future__ import annotations

import json
import re
import selectors
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

LAST_CHUNK = b"\r\n0\r\n\r\n"
TEXT = re.compile(rb'"content":\s*"[^"]')
ANSWER_LIMIT_S = 120.0


@dataclass(frozen=True)
class Answer:
    """One streamed answer. Times are seconds of one monotonic clock; tokens as the server counts them."""

    sent: float
    first: float
    ended: float
    tokens: int
    prompt_tokens: int
    events: int

    @property
    def first_s(self) -> float:
        """From the request to the first piece of text."""
        return self.first - self.sent


@dataclass
class _Line:
    """The requests of one stream, one after the other's answer, each on a connection of its own.

    Servers differ in when they close a connection that has carried a stream; a new one costs both sides the same.
    """

    where: tuple[str, int]
    waiting: list[bytes]
    channel: socket.socket = field(init=False)
    heard: bytearray = field(default_factory=bytearray)
    sent: float = 0.0
    first: float = 0.0
    answers: list[Answer] = field(default_factory=list)

    def send_next(self) -> None:
        self.channel = socket.create_connection(self.where, timeout=ANSWER_LIMIT_S)
        self.channel.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.heard = bytearray()
        self.first = 0.0
        self.sent = clock()
        self.channel.sendall(self.waiting.pop(0))

    def receive(self) -> bool:
        """Take what is there; True when the answer is whole. RuntimeError for an answer that is not a stream."""
        part = self.channel.recv(1 << 16)
        now = clock()
        self.heard += part
        if not self.first and TEXT.search(self.heard):
            self.first = now
        if self.heard.endswith(LAST_CHUNK):
            self.answers.append(_read(bytes(self.heard), self.sent, self.first or now, now))
            return True
        if not part or not self.heard.startswith(b"HTTP/1.1 200"[: len(self.heard)]):
            raise RuntimeError(f"not a streamed answer: {bytes(self.heard[-600:])!r}")
        return False


def request(url: str, path: str, body: dict[str, Any]) -> bytes:
    """One POST, ready to be sent."""
    data = json.dumps(body).encode()
    head = (f"POST {path} HTTP/1.1", f"Host: {urlsplit(url).netloc}", "Content-Type: application/json")
    return "\r\n".join((*head, f"Content-Length: {len(data)}", "", "")).encode() + data


def clock() -> float:
    """The clock of every time in an Answer."""
    return time.perf_counter()


def run(url: str, streams: Sequence[Sequence[bytes]]) -> list[list[Answer]]:
    """Send each stream's requests over a connection of its own, all streams at once. RuntimeError, TimeoutError."""
    parts = urlsplit(url)
    lines = [_Line((parts.hostname or "", parts.port or 80), list(stream)) for stream in streams if stream]
    with selectors.DefaultSelector() as selector:
        try:
            for line in lines:
                line.send_next()
                selector.register(line.channel, selectors.EVENT_READ, line)
            while selector.get_map():
                ready = selector.select(ANSWER_LIMIT_S)
                if not ready:
                    raise TimeoutError(f"{url} said nothing for {ANSWER_LIMIT_S:.0f} s")
                for key, _ in ready:
                    _go_on(selector, key.data)
        finally:
            for key in list(selector.get_map().values()):
                key.data.channel.close()
    return [line.answers for line in lines]


def _go_on(selector: selectors.BaseSelector, line: _Line) -> None:
    """Hear what there is; at the end of an answer ask the next thing, if there is one."""
    if not line.receive():
        return
    selector.unregister(line.channel)
    line.channel.close()
    if line.waiting:
        line.send_next()
        selector.register(line.channel, selectors.EVENT_READ, line)


def tokens(answers: Sequence[Sequence[Answer]]) -> int:
    """Of all streams, as the server counted them."""
    return sum(answer.tokens for stream in answers for answer in stream)


def tokens_per_s(answers: Sequence[Sequence[Answer]]) -> float:
    """Tokens of all streams over the time from the first request to the last answer's end: prompts and all included."""
    every = [answer for stream in answers for answer in stream]
    took = max(answer.ended for answer in every) - min(answer.sent for answer in every)
    return tokens(answers) / took


def written_per_s(answer: Answer) -> float:
    """Tokens a second from the first of them to the last: what llama-bench calls tg."""
    return (answer.tokens - 1) / (answer.ended - answer.first)


def _read(heard: bytes, sent: float, first: float, ended: float) -> Answer:
    """The counts of a finished answer, from OpenAI's usage chunk or llama-server's own last event."""
    events = [line[6:] for line in heard.split(b"\n") if line.startswith(b"data: {")]
    if not events:
        raise RuntimeError(f"a stream without events: {heard[-300:]!r}")
    for event in reversed(events):
        said = json.loads(event)
        if usage := said.get("usage"):
            return Answer(sent, first, ended, usage["completion_tokens"], usage["prompt_tokens"], len(events))
        if "tokens_predicted" in said and said.get("stop"):
            return Answer(sent, first, ended, said["tokens_predicted"], said["tokens_evaluated"], len(events))
    raise RuntimeError(f"a stream that does not say its tokens: {events[-1]!r}")
