"""The two servers that are compared, each behind the same few questions. Starts them; measures nothing."""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import httpx
import psutil

from benchmarks.support import load
from tests.support.daemon import Daemon
from tests.support.peers import LlamaServer, program

CONTEXT_TOKENS = 2048
QUIET_S, BUSY_S, SETTLE_LIMIT_S = 1.3, 0.02, 30.0
"""Embedding begins a second after the last answer; less processor time than this in a tenth of a second is idleness."""
Endpoint = Literal["chat", "completion"]


@dataclass(frozen=True)
class Ours:
    """A running daemon. ``model`` of a request is ``a3x:base`` or an installed adapter."""

    daemon: Daemon
    adapters: tuple[str, ...]

    @property
    def url(self) -> str:
        return self.daemon.url

    def request(self, text: str, tokens: int, model: str = "a3x:base") -> bytes:
        return load.request(self.url, "/v1/chat/completions", {"model": model, **_chat(text, tokens)})

    def computed_s(self) -> float:
        """Seconds that llama.cpp has computed for the daemon, as it says."""
        with self.daemon.client() as client:
            return float(client.get("/a3x/status").raise_for_status().json()["engine"]["computed_s"])

    def settle(self) -> None:
        """Wait until the daemon has done what it put off while it answered: the peer's turn must not pay for that.

        Ours is waited for too: a machine that has rested for a second computes faster than one that comes from work.
        """
        process, quiet_since = psutil.Process(self.daemon.pid), time.monotonic()
        end = quiet_since + SETTLE_LIMIT_S
        used = sum(process.cpu_times()[:2])
        while time.monotonic() < end and time.monotonic() - quiet_since < QUIET_S:
            time.sleep(0.1)
            before, used = used, sum(process.cpu_times()[:2])
            if used - before > BUSY_S:
                quiet_since = time.monotonic()


def daemon(home: Path, model: Path) -> Daemon:
    """The daemon as users have it, recording and all; it only does not learn meanwhile.

    It does not draft what an answer repeats either, and neither does the peer: a model that never stops talking repeats
    itself, and drafts would measure how soon.
    """
    return Daemon(home, model, env={"A3X_LEARN__MODE": "off", "A3X_ENGINE__LOOKUP": "off"})


def install(running: Daemon, adapters: Sequence[Path]) -> Ours:
    """The daemon with these adapters, at most one a theme, as ``a3x:THEME@1``."""
    names = []
    with running.client() as client:
        for theme, path in zip(("cli", "python", "general"), adapters, strict=False):
            answer = client.post(f"/a3x/adapters/{theme}", content=path.read_bytes()).raise_for_status()
            names.append(f"a3x:{answer.json()['name']}")
    return Ours(running, tuple(names))


@dataclass(frozen=True)
class Theirs:
    """A running llama-server and how it is asked."""

    server: LlamaServer
    endpoint: Endpoint

    @property
    def url(self) -> str:
        return self.server.url

    def request(self, text: str, tokens: int, cache: bool = True) -> bytes:
        """Greedy with the shortest sampler chain there is; the native route gets the chat template's text ready made."""
        extra = {"samplers": ["top_k"], "top_k": 1, "cache_prompt": cache}
        if self.endpoint == "chat":
            return load.request(self.url, "/v1/chat/completions", {**_chat(text, tokens), **extra})
        messages = _chat(text, tokens)["messages"]
        rendered = httpx.post(f"{self.url}/apply-template", json={"messages": messages}).raise_for_status().json()
        body = {"prompt": rendered["prompt"], "n_predict": tokens, "temperature": 0, "stream": True, **extra}
        return load.request(self.url, "/completion", body)

    def use_adapter(self, wanted: int, of: int) -> None:
        """Give adapter ``wanted`` scale 1 and the others 0, for every slot."""
        scales = [{"id": number, "scale": float(number == wanted)} for number in range(of)]
        httpx.post(f"{self.url}/lora-adapters", json=scales, timeout=60.0).raise_for_status()


@dataclass(frozen=True)
class Settings:
    """What llama-server is given: the number of threads, the route it is asked on, and whether attention is fused."""

    threads: int
    endpoint: Endpoint
    flash: bool

    @property
    def label(self) -> str:
        return f"{self.threads} threads, /{self.endpoint}, flash attention {'on' if self.flash else 'off'}"


def llama_server(model: Path, log: Path, wanted: Settings, slots: int, adapters: Sequence[Path] = ()) -> LlamaServer:
    """llama-server with room for ``slots`` conversations as long as ours may be."""
    flags = [
        "-t",
        str(wanted.threads),
        "-fa",
        "on" if wanted.flash else "off",
        "-np",
        str(slots),
        "-c",
        str(slots * CONTEXT_TOKENS),
        "-ngl",
        "0",
        "--cache-prompt",
    ]
    flags += ["--reasoning-format", "none", "--no-slots"]
    if adapters:
        flags += ["--lora", ",".join(map(str, adapters)), "--lora-init-without-apply"]
    return LlamaServer(model, log, *flags)


def bench_tokens_per_s(model: Path, threads: int, tokens: int) -> float:
    """llama-bench's tg: one stream, no server, no sampler, no text."""
    command = [str(program("llama-bench")), "-m", str(model), "-t", str(threads), "-p", "0", "-n", str(tokens)]
    done = subprocess.run([*command, "-r", "3", "-o", "json", "-ngl", "0"], capture_output=True, check=True)
    return float(json.loads(done.stdout)[0]["avg_ts"])


PEER_TRIES = 20
"""llama-batched-bench's log thread at times ends before it has printed the figures."""


def batched_tokens_per_s(
    model: Path, threads: int, prompt: int, tokens: int, streams: int, what: Literal["speed_tg", "speed"] = "speed_tg"
) -> float:
    """llama-batched-bench's speed of text generation, all streams together, or with ``speed`` of prompts and text: the median of
    three turns of one run, because a turn takes a fraction of a second."""
    room = streams * (prompt + tokens)
    command = [str(program("llama-batched-bench")), "-m", str(model), "-t", str(threads), "-c", str(room), "-ngl", "0"]
    shape = ["-npp", str(prompt), "-ntg", str(tokens), "-npl", ",".join([str(streams)] * 3), "--output-format", "jsonl"]
    for _ in range(PEER_TRIES):
        done = subprocess.run([*command, *shape], capture_output=True, check=True, text=True)
        if found := re.findall(rf'"{what}": ([0-9.]+)', done.stdout):
            return statistics.median(map(float, found))
    raise RuntimeError(f"llama-batched-bench printed no figure in {PEER_TRIES} runs")


def _chat(text: str, tokens: int) -> dict[str, Any]:
    """The part of a streamed chat request that both servers understand alike."""
    messages = [{"role": "user", "content": text}]
    more = {"temperature": 0, "stream": True, "stream_options": {"include_usage": True}}
    return {"messages": messages, "max_tokens": tokens, **more}
