"""A crowd of clients, good and bad, each request decided by its number alone: streams read to the end, left in the middle,
left at once, read slowly, asked wrongly. Speaks HTTP over raw sockets, so that it can misbehave."""

from __future__ import annotations

import json
import random
import socket
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

WORDS = (
    "list",
    "files",
    "by",
    "size",
    "what",
    "is",
    "seven",
    "times",
    "quem",
    "és",
    "tu",
    "write",
    "explain",
    "memory",
)
TIME_LIMIT_S = 120.0
END = b"data: [DONE]\n\n"


@dataclass(frozen=True)
class Outcome:
    """What was tried and what came of it; ``trouble`` says what should not have happened."""

    kind: str
    status: int
    trouble: str = ""

    @property
    def name(self) -> str:
        return f"{self.kind} {self.status}" if self.status else self.kind


@dataclass(frozen=True)
class Crowd:
    """``models`` are asked at random. Thread-safe: a request has a connection of its own."""

    url: str
    seed: int
    models: Sequence[str]
    context_tokens: int = 1024
    max_tokens: int = 24
    headers: dict[str, str] = field(default_factory=dict)

    def ask_all(self, numbers: Sequence[int], clients: int) -> list[Outcome]:
        """The requests of these numbers from so many clients at once."""
        with ThreadPoolExecutor(clients) as pool:
            return list(pool.map(self.ask, numbers))

    def ask(self, number: int) -> Outcome:
        rng = random.Random(f"{self.seed}/{number}")
        kind = rng.choices(tuple(KINDS), weights=[weight for weight, _ in KINDS.values()])[0]
        try:
            return KINDS[kind][1](self, kind, rng)
        except OSError as error:
            return Outcome(kind, 0, f"{type(error).__name__}: {error}")

    def body(self, rng: random.Random, **fields: Any) -> dict[str, Any]:
        text = " ".join(rng.choices(WORDS, k=rng.choice((3, 8, 40, 200))))
        body = {"model": rng.choice(self.models), "messages": [{"role": "user", "content": text}]}
        return {**body, "max_tokens": rng.randrange(1, self.max_tokens), **rng.choice(SAMPLINGS), **fields}

    def send(self, method: str, path: str, body: dict[str, Any] | None, part: float = 1.0) -> socket.socket:
        """A connection on which the first ``part`` of the request has been sent."""
        where = urlsplit(self.url)
        data = json.dumps(body).encode() if body is not None else b""
        given = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        head = f"{method} {path} HTTP/1.1\r\nHost: {where.netloc}\r\nConnection: close\r\n{given}"
        whole = f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data
        channel = socket.create_connection((where.hostname or "", where.port or 80), timeout=TIME_LIMIT_S)
        channel.sendall(whole[: max(1, int(len(whole) * part))])
        return channel


def _expecting(kind: str, status: int, heard: bytes, *wanted: int) -> Outcome:
    """An outcome that is trouble unless its status was to be expected and its body is whole."""
    if status not in wanted:
        return Outcome(kind, status, f"status {status}: {heard[-400:]!r}")
    if status == 200 and b'"error"' in heard:
        return Outcome(kind, status, f"an error after all: {heard[-400:]!r}")
    return Outcome(kind, status)


def _read(channel: socket.socket, pause_s: float = 0.0, size: int = 1 << 16) -> tuple[int, bytes]:
    """Everything up to the end, and the status."""
    parts = []
    with channel:
        while part := channel.recv(size):
            parts.append(part)
            if pause_s:
                time.sleep(pause_s)
    heard = b"".join(parts)
    return (int(heard[9:12]) if heard.startswith(b"HTTP/1.1 ") else 0), heard


def _whole(crowd: Crowd, kind: str, rng: random.Random) -> Outcome:
    return _expecting(kind, *_read(crowd.send("POST", "/v1/chat/completions", crowd.body(rng))), 200)


def _stream(crowd: Crowd, kind: str, rng: random.Random) -> Outcome:
    return _streamed(kind, crowd.send("POST", "/v1/chat/completions", crowd.body(rng, stream=True)))


def _slow(crowd: Crowd, kind: str, rng: random.Random) -> Outcome:
    channel = crowd.send("POST", "/v1/chat/completions", crowd.body(rng, stream=True))
    channel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    return _streamed(kind, channel, rng.choice((0.001, 0.01)), 256)


def _streamed(kind: str, channel: socket.socket, pause_s: float = 0.0, size: int = 1 << 16) -> Outcome:
    status, heard = _read(channel, pause_s, size)
    if status == 200 and END not in heard:
        return Outcome(kind, status, f"a stream without its end: {heard[-200:]!r}")
    return _expecting(kind, status, heard, 200)


def _leave(crowd: Crowd, kind: str, rng: random.Random) -> Outcome:
    """Hang up in mid-stream, or while the whole answer is being made."""
    body = crowd.body(rng, stream=rng.random() < 0.7, max_tokens=rng.choice((24, 200)))
    with crowd.send("POST", "/v1/chat/completions", body) as channel:
        if body["stream"]:
            channel.recv(rng.choice((1, 400, 4000)))
        else:
            time.sleep(rng.random() * 0.02)
    return Outcome(kind, 0)


def _leave_early(crowd: Crowd, kind: str, rng: random.Random) -> Outcome:
    crowd.send("POST", "/v1/chat/completions", crowd.body(rng, stream=True), part=rng.random()).close()
    return Outcome(kind, 0)


def _too_long(crowd: Crowd, kind: str, rng: random.Random) -> Outcome:
    messages = [{"role": "user", "content": "word " * (4 * crowd.context_tokens)}]
    channel = crowd.send("POST", "/v1/chat/completions", crowd.body(rng, messages=messages))
    return _expecting(kind, *_read(channel), 400)


def _wrong(crowd: Crowd, kind: str, rng: random.Random) -> Outcome:
    wrong = rng.choice(({"model": "gpt-4"}, {"temperature": 9}, {"messages": []}, {"temprature": 1}, {"stop": [""]}))
    channel = crowd.send("POST", "/v1/chat/completions", crowd.body(rng, **wrong))
    return _expecting(kind, *_read(channel), 400, 404)


def _look(crowd: Crowd, kind: str, rng: random.Random) -> Outcome:
    path = rng.choice(("/a3x/status", "/v1/models", "/a3x/memory?limit=3", "/a3x/adapters", "/healthz"))
    return _expecting(kind, *_read(crowd.send("GET", path, None)), 200)


SAMPLINGS: tuple[dict[str, Any], ...] = (
    {},
    {"temperature": 1.2, "seed": 3},
    {"temperature": 0.8, "top_p": 0.9},
    {"temperature": 2, "top_k": 5},
    {"stop": ["e", "\n"]},
)
"""Ways of drawing that every daemon understands."""

KINDS: dict[str, tuple[int, Callable[[Crowd, str, random.Random], Outcome]]] = {
    "whole": (20, _whole),
    "stream": (30, _stream),
    "slow reader": (4, _slow),
    "left": (20, _leave),
    "left early": (8, _leave_early),
    "too long": (3, _too_long),
    "wrong": (8, _wrong),
    "look": (7, _look),
}
"""Kind → (weight, how it is done)."""
