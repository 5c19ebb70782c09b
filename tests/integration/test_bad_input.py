"""Issue 2, "Bad input": a real daemon is given every kind of it, says what is wrong, and answers as before.

After each test the same process is ready and gives the answer it gave at first. What a full disk does stands in
``test_full_disk.py``, what the stores do on broken disks in ``test_durability.py``.
"""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
import httpx
import numpy as np
import pytest

import a3x.gguf.lora
from a3x import resources
from tests.support import tiny
from tests.support.daemon import Daemon
from tests.support.mutants import mutate

pytestmark = pytest.mark.integration

QUESTION = "Who are you?"
QUEUE_LIMIT = 16
MUTATIONS = 50


@dataclass(frozen=True)
class House:
    """The daemon of this module, the answer it gave at first, and a good adapter for its model."""

    daemon: Daemon
    client: httpx.Client
    answer: str
    adapter: bytes

    def post(self, body: Any, **headers: str) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.post("/v1/chat/completions", content=content, headers=headers)

    def upload(self, data: bytes, theme: str = "cli") -> httpx.Response:
        return self.client.post(f"/a3x/adapters/{theme}", content=data)

    def ask(self, model: str = "a3x") -> str:
        answer = self.daemon.chat(QUESTION, model=model, max_tokens=24)
        return answer["choices"][0]["message"]["content"]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("bad")
    adapter = tiny.write_adapter(folder / "good.gguf", resources.seed_model(), seed=1).read_bytes()
    daemon = Daemon(folder / "home", env={"A3X_SERVER__QUEUE_LIMIT": str(QUEUE_LIMIT)})
    with daemon, daemon.client() as client:
        first = daemon.chat(QUESTION, max_tokens=24)["choices"][0]["message"]["content"]
        assert first
        yield House(daemon, client, first, adapter)


@pytest.fixture(autouse=True)
def unharmed(house: House) -> Iterator[None]:
    """After every test: the same process, ready, with nothing waiting, and the same answer."""
    yield
    assert house.client.get("/readyz").status_code == 200
    assert house.ask() == house.answer
    status = house.client.get("/a3x/status").json()
    assert status["pid"] == house.daemon.pid
    assert status["engine"]["waiting"] == 0


def refused(answer: httpx.Response, status: int, code: str, *words: str) -> None:
    """The OpenAI error shape, with a message that says each of ``words``."""
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert set(answer.json()) == {"error"}
    assert set(error) == {"message", "type", "param", "code"}
    assert error["code"] == code
    assert isinstance(error["type"], str)
    assert [word for word in words if word not in error["message"]] == [], error["message"]


def ask(**fields: Any) -> dict[str, Any]:
    return {"model": "a3x", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 4, **fields}


def tool(parameters: dict[str, Any]) -> dict[str, Any]:
    return {"type": "function", "function": {"name": "f", "parameters": parameters}}


def shaped(schema: dict[str, Any]) -> dict[str, Any]:
    return ask(response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": schema}})


def nested(depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "integer"}
    for _ in range(depth):
        schema = {"type": "array", "items": schema}
    return schema


def says(*content: Any) -> dict[str, Any]:
    return ask(messages=[{"role": "user", "content": part} for part in content])


# --- one request -----------------------------------------------------------------------------------------------------

NESTED = b'{"model": "a3x", "messages": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"

WRONG: list[tuple[Any, int, str, str]] = [
    # names
    (ask(model="gpt-4"), 404, "model_not_found", "unknown model 'gpt-4'"),
    (ask(model="a3x:cli@7"), 404, "model_not_found", "no adapter cli@7"),
    (ask(model="a3x:cooking@1"), 404, "model_not_found", "themes: python"),
    (ask(model="a3x:cli@1=99"), 404, "model_not_found", "over 8.0"),
    (ask(model="a3x:" + "+".join(["cli@1"] * 60)), 400, "bad_request", "256"),
    (ask(model="a3x:../../etc/passwd@1"), 404, "model_not_found", "is not THEME@N"),
    # not JSON
    (b"", 400, "bad_request", "not valid JSON"),
    (b'{"model": "a3x", "messages": [', 400, "bad_request", "not valid JSON"),
    (b'{"model": "a3x"} trailing', 400, "bad_request", "not valid JSON"),
    (b"[1, 2]", 400, "bad_request", "must be a JSON object"),
    (b'{"model": "a3x", "messages": [{"role": "user", "content": "\xff\xfe"}]}', 400, "bad_request", "JSON"),
    (b'{"model": "a3x", "messages": [{"role": "user", "content": "\\ud800"}]}', 400, "bad_request", "JSON"),
    (b'{"model": "a3x", "temperature": NaN}', 400, "bad_request", "JSON"),
    (NESTED, 400, "bad_request", "recursion limit"),
    # prompts
    (ask(messages=[]), 400, "bad_request", "messages"),
    ({"model": "a3x"}, 400, "bad_request", "messages"),
    (says(""), 400, "bad_request", "empty"),
    (says(" \n\t"), 400, "bad_request", "empty"),
    (says(None), 400, "bad_request", "messages[0].content"),
    # wrong types and ranges
    (ask(temperature="hot"), 400, "bad_request", "temperature"),
    (ask(temperature=-1), 400, "bad_request", "temperature"),
    (ask(max_tokens=1.5), 400, "bad_request", "max_tokens"),
    (ask(max_tokens=0), 400, "bad_request", "max_tokens"),
    (ask(max_tokens=2**40), 400, "bad_request", "max_tokens"),
    (ask(top_k=-5), 400, "bad_request", "top_k"),
    (ask(seed=2**63), 400, "bad_request", "seed"),
    (ask(stream="yes"), 400, "bad_request", "stream"),
    (ask(stop=[1]), 400, "bad_request", "stop"),
    (ask(model=7), 400, "bad_request", "model"),
    (ask(messages="hi"), 400, "bad_request", "messages"),
    (ask(messages=[7]), 400, "bad_request", "messages[0]"),
    (ask(messages=[{"role": "wizard", "content": "hi"}]), 400, "bad_request", "messages[0].role"),
    # what would change the answer and is not supported, and what nobody knows
    (ask(tools=[{"type": "function", "function": {"name": "f f"}}]), 400, "bad_request", "tools[0].function.name"),
    (ask(n=99), 400, "bad_request", "'n'"),
    (ask(logprobs=7), 400, "bad_request", "'logprobs'"),
    (ask(logit_bias={"999999": 1}), 400, "bad_request", "999999"),
    (ask(stop=["x"] * 1000), 400, "bad_request", "'stop'"),
    (ask(tools=[tool({"type": "object", "minProperties": 1})]), 400, "unsupported", "minProperties"),
    (ask(tools=[tool({"type": "string"})]), 400, "bad_request", "tools[0].function.parameters"),
    (ask(tools=[tool({})], tool_choice={"type": "function", "function": {"name": "g"}}), 400, "bad_request", "'g'"),
    (shaped({"type": "array", "uniqueItems": True}), 400, "unsupported", "uniqueItems"),
    (shaped({"properties": {"a": {"not": {}}}}), 400, "unsupported", "properties.a: the schema keyword 'not'"),
    (shaped({"$ref": "http://example.org/schema"}), 400, "unsupported", "$ref"),
    (shaped({"$ref": "#"}), 400, "bad_request", "refers to itself"),
    (shaped({"anyOf": [{"$ref": "#"}, {"type": "null"}]}), 400, "bad_request", "refers to itself"),
    (shaped(nested(100)), 400, "bad_request", "deeper than"),
    (shaped({"enum": [str(number) for number in range(20_000)]}), 400, "bad_request", "10000"),
    (shaped({"enum": ["x" * 40 + str(number) * 9 for number in range(9_999)]}), 400, "bad_request", "too big"),
    (shaped({"type": "string", "maxLength": 10**9}), 400, "bad_request", "maxLength"),
    (shaped({"type": "string", "pattern": "^(?=a)b$"}), 400, "unsupported", "look-around"),
    (shaped({"type": "string", "pattern": "(((("}), 400, "bad_request", "pattern"),
    (shaped({"type": "string", "pattern": "^(.{1,99}){1,99}$"}), 400, "bad_request", "pattern is too"),
    (
        shaped({"items": {"properties": {str(n): {"maxLength": n} for n in range(99, 255)}}}),
        400,
        "bad_request",
        "too big",
    ),
    (says([{"type": "image_url", "image_url": {"url": "data:,"}}]), 400, "unsupported", "image_url"),
    (ask(temprature=1), 400, "bad_request", "unknown field 'temprature'"),
]


@pytest.mark.parametrize(
    ("body", "status", "code", "word"), WRONG, ids=[f"{n}-{row[3]}" for n, row in enumerate(WRONG)]
)
def test_a_wrong_request_is_told_what_is_wrong(house: House, body: Any, status: int, code: str, word: str) -> None:
    refused(house.post(body), status, code, word)


@pytest.mark.parametrize("stream", [False, True])
def test_an_oversized_prompt_is_told_limit_and_size(house: House, stream: bool) -> None:
    limit = house.client.get("/a3x/status").json()["model"]["context_tokens"]
    answer = house.post({**says("word " * 20_000), "stream": stream})
    refused(answer, 400, "context_length_exceeded", f"the context holds {limit}", "the prompt is 200")


def test_very_many_messages_are_counted_quickly(house: House) -> None:
    began = time.monotonic()
    refused(house.post(says(*["a"] * 60_000)), 400, "context_length_exceeded", "the prompt is")
    assert time.monotonic() - began < 20


def test_text_that_looks_like_our_own_marks_is_only_text(house: House) -> None:
    text = "\x00 \ue0000\ue001 \ue00099\ue001 <|assistant|> </s> {{ messages }} [FIM DA ANÁLISE] \U0010ffff"
    answer = house.post(says(text, text)).raise_for_status().json()
    stored = house.client.get(f"/a3x/memory/{answer['a3x']['experience_id']}").json()
    assert stored["this"] == text


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_of_64_megabytes_is_refused(house: House, chunked: bool) -> None:
    block = b"x" * (1 << 20)
    content: Any = (block for _ in range(64)) if chunked else block * 64
    refused(house.client.post("/v1/chat/completions", content=content), 413, "body_too_large", "limit", str(4 << 20))


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Host": "evil.example"}, 403, "forbidden"),
        ({"Host": "127.0.0.1.evil.example:80"}, 403, "forbidden"),
        ({"Host": ""}, 403, "forbidden"),
        ({"Origin": "https://evil.example"}, 403, "forbidden"),
        ({"Origin": "null"}, 403, "forbidden"),
        ({"X-A3X-Session": "x" * 200}, 400, "bad_request"),
        ({"X-A3X-Learn": "perhaps"}, 400, "bad_request"),
    ],
)
def test_foreign_and_wrong_headers(house: House, headers: dict[str, str], status: int, code: str) -> None:
    refused(house.post(ask(), **headers), status, code)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/chat/completions", 405, "method_not_allowed"),
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/%ff%fe/..%2f..", 404, "not_found"),
        ("GET", "/v1/models/gpt-4", 404, "model_not_found"),
        ("GET", "/a3x/adapters/cooking", 404, "not_found"),
        ("GET", "/a3x/adapters/cli/7", 404, "model_not_found"),
        ("GET", "/a3x/adapters/cli/" + "9" * 5000, 404, "not_found"),
        ("GET", "/a3x/memory?limit=-1", 400, "bad_request"),
        ("GET", "/a3x/memory/exp_nobody", 404, "not_found"),
        ("POST", "/a3x/train", 409, "conflict"),
    ],
)
def test_wrong_paths_have_the_same_shape(house: House, method: str, path: str, status: int, code: str) -> None:
    refused(house.client.request(method, path), status, code)


@pytest.mark.parametrize(
    ("body", "status", "code", "word"),
    [
        ({"experience_id": "exp_nobody", "rating": 1}, 404, "not_found", "exp_nobody"),
        ({"experience_id": "x", "rating": 5}, 400, "bad_request", "rating"),
        ({"experience_id": "x", "rating": True}, 400, "bad_request", "rating"),
        ({"experience_id": "x", "rating": -1, "correction": " "}, 400, "bad_request", "correction"),
        ({"rating": 1}, 400, "bad_request", "experience_id"),
    ],
)
def test_wrong_feedback(house: House, body: dict[str, Any], status: int, code: str, word: str) -> None:
    refused(house.client.post("/a3x/feedback", json=body), status, code, word)


def test_any_seed_repeats(house: House) -> None:
    """-1 is 0xFFFFFFFF in 32 bits, which llama.cpp takes as a wish for a random seed."""
    for seed in (-1, 2**32 - 1, -(2**63), 2**63 - 1):
        answers = {house.post(ask(seed=seed, temperature=1.5, max_tokens=12)).json()["choices"][0]["message"]["content"]
                   for _ in range(3)}  # fmt: skip
        assert len(answers) == 1, seed


def test_a_token_once_set_is_asked_for(tmp_path: Path) -> None:
    with Daemon(tmp_path / "home", env={"A3X_SERVER__TOKEN": "s3cret"}) as daemon, daemon.client() as client:
        for given in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic s3cret"}):
            answer = client.post("/v1/chat/completions", json=ask(), headers=given)
            refused(answer, 401, "invalid_api_key", "token")
            assert answer.headers["www-authenticate"] == "Bearer"
        right = {"Authorization": "Bearer s3cret"}
        assert client.post("/v1/chat/completions", json=ask(), headers=right).status_code == 200


# --- clients that misbehave ------------------------------------------------------------------------------------------


def connect(house: House) -> socket.socket:
    url = httpx.URL(house.daemon.url)
    return socket.create_connection((url.host, url.port or 80), timeout=30)


def head(length: int, *more: str) -> bytes:
    lines = ("POST /v1/chat/completions HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {length}", *more, "", "")
    return "\r\n".join(lines).encode()


def test_clients_that_leave_early_free_their_place(house: House) -> None:
    streamed = json.dumps({**ask(stream=True, max_tokens=None), "temperature": 1.5}).encode()
    for data in (b"", b"POST /v1", head(100), head(100) + b'{"model"', head(len(streamed)) + streamed):
        with connect(house) as channel:
            channel.sendall(data)
    with connect(house) as channel:  # the same, after the first of the answer has come
        channel.sendall(head(len(streamed)) + streamed)
        assert channel.recv(12) == b"HTTP/1.1 200"
    deadline = time.monotonic() + 20
    while house.client.get("/a3x/status").json()["engine"]["waiting"] and time.monotonic() < deadline:
        time.sleep(0.05)


def test_a_slow_client_is_served_and_holds_nobody_up(house: House) -> None:
    body = json.dumps(ask()).encode()
    with connect(house) as slow:
        for start in range(0, len(body), 16):
            slow.sendall((head(len(body), "Connection: close") if start == 0 else b"") + body[start : start + 16])
            if start == 16:
                assert house.ask() == house.answer
            time.sleep(0.02)
        received = b"".join(iter(lambda: slow.recv(65536), b""))
    assert received.startswith(b"HTTP/1.1 200")
    assert json.loads(received.partition(b"\r\n\r\n")[2])["choices"][0]["message"]["content"]


@pytest.mark.parametrize(
    "data",
    [b"GARBAGE\r\n\r\n", b"\x16\x03\x01\x02\x00", head(-5), b"GET / HTTP/1.1\r\nHost: " + b"x" * 200_000 + b"\r\n\r\n"],
)
def test_what_is_not_http_is_closed(house: House, data: bytes) -> None:
    with connect(house) as channel:
        try:
            channel.sendall(data)
            channel.shutdown(socket.SHUT_WR)
            assert b" 200 " not in channel.recv(4096)
        except OSError:  # closed while it was still talking
            pass


def test_a_hundred_at_once_are_answered_or_told_to_come_back(house: House) -> None:
    before = house.client.get("/a3x/memory?limit=1").json()["count"]

    def one(number: int) -> httpx.Response:
        with house.daemon.client() as client:
            return client.post("/v1/chat/completions", json={**says(f"hello {number}"), "max_tokens": 16})

    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(one, range(100)))
    good = [answer for answer in answers if answer.status_code == 200]
    full = [answer for answer in answers if answer.status_code == 429]
    assert len(good) + len(full) == 100
    assert len(good) >= QUEUE_LIMIT
    assert full
    for answer in full:
        refused(answer, 429, "overloaded", f"the limit is {QUEUE_LIMIT}")
        assert int(answer.headers["retry-after"]) >= 1
    assert all(answer.json()["a3x"]["recorded"] for answer in good)
    assert len({answer.json()["a3x"]["experience_id"] for answer in good}) == len(good)
    assert house.client.get("/a3x/memory?limit=1").json()["count"] == before + len(good)


# --- adapters --------------------------------------------------------------------------------------------------------


def write(path: Path, architecture: str = "llama", fill: float = 0.01, rank: int = 4, target: str = "") -> bytes:
    """An adapter for one matrix of the seed model."""
    name, (rows, columns) = next(
        (tensor.name, tensor.data.shape)
        for tensor in gguf.GGUFReader(resources.seed_model()).tensors
        if target in tensor.name and len(tensor.shape) == 2
    )
    pair = (np.full((rank, columns), fill, np.float32), np.full((rows, rank), fill, np.float32))
    a3x.gguf.lora.write(path, architecture, 8.0, {name: pair})
    return path.read_bytes()


def another_base(folder: Path) -> bytes:
    return tiny.write_adapter(folder / "other.gguf", tiny.write_model(folder / "m.gguf"), seed=1).read_bytes()


ADAPTERS: list[tuple[str, Callable[[Path], bytes], str]] = [
    ("another architecture", lambda folder: write(folder / "x.gguf", architecture="qwen2"), "'qwen2'"),
    ("another base", another_base, "another base"),
    ("NaN", lambda folder: write(folder / "x.gguf", fill=float("nan"), target="attn_q"), "NaN"),
    ("infinite", lambda folder: write(folder / "x.gguf", fill=float("inf"), target="attn_q"), "NaN or infinite"),
    ("token embeddings", lambda folder: write(folder / "x.gguf", target="token_embd"), "token embeddings"),
    ("huge rank", lambda folder: write(folder / "x.gguf", rank=600, target="attn_q"), "rank 600"),
    ("a model", lambda folder: tiny.write_model(folder / "x.gguf").read_bytes(), "not a LoRA adapter"),
    ("text", lambda folder: b"this is not a GGUF at all " * 10, "not a whole GGUF"),
]


@pytest.mark.parametrize(("make", "word"), [row[1:] for row in ADAPTERS], ids=[row[0] for row in ADAPTERS])
def test_a_foreign_adapter_is_refused(house: House, tmp_path: Path, make: Callable[[Path], bytes], word: str) -> None:
    refused(house.upload(make(tmp_path)), 400, "foreign_file", word)


@pytest.mark.parametrize("kept", [1, 20, 31, 400, 1500, -4096, -1])
def test_a_truncated_adapter_is_refused(house: House, kept: int) -> None:
    refused(house.upload(house.adapter[:kept]), 400, "foreign_file")


def test_an_empty_upload_and_an_unknown_theme(house: House) -> None:
    refused(house.upload(b""), 400, "bad_request", "empty")
    refused(house.upload(house.adapter, "cooking"), 404, "not_found", "no theme 'cooking'")


def test_numbers_that_overflow_fail_their_own_answer_only(house: House, tmp_path: Path) -> None:
    """Finite weights can still give no finite logits; the mix is refused, the base is not touched."""
    made = (
        house.upload(write(tmp_path / "x.gguf", fill=3e38, target="attn_output"), "summary").raise_for_status().json()
    )
    for temperature in (0, 1.5):
        answer = house.post(ask(model=f"a3x:{made['name']}", temperature=temperature))
        refused(answer, 500, "engine_failure", "not finite")


def test_mutated_adapters_are_refused_or_harmless(house: House, tmp_path: Path) -> None:
    (tmp_path / "good.gguf").write_bytes(house.adapter)
    header = int(gguf.GGUFReader(tmp_path / "good.gguf").data_offset)
    installed = []
    for seed in range(MUTATIONS):
        answer = house.upload(mutate(house.adapter, header, random.Random(seed)))
        if answer.status_code == 201:
            installed.append(answer.json()["name"])
        elif answer.status_code == 409:  # a change that changed nothing, for the second time
            refused(answer, 409, "conflict", "already installed")
        else:
            refused(answer, 400, "foreign_file")
            assert "broke its checker" not in answer.json()["error"]["message"], seed
    for name in installed:
        assert isinstance(house.ask(f"a3x:{name}"), str)
    assert len(installed) < MUTATIONS


# --- models ----------------------------------------------------------------------------------------------------------


def renamed(path: Path, old: bytes, new: bytes) -> Path:
    """The tiny model with a name, of its architecture or of a token, changed to another that is as long."""
    path.write_bytes(tiny.write_model(path).read_bytes().replace(old, new))
    return path


def cut(path: Path, kept: int) -> Path:
    path.write_bytes(tiny.write_model(path).read_bytes()[:kept])
    return path


MODELS: list[tuple[str, Callable[[Path], Path], str]] = [
    ("unknown architecture", lambda folder: renamed(folder / "m.gguf", b"llama", b"zzzzz"), "'zzzzz'"),
    ("architecture with other tensors", lambda folder: renamed(folder / "m.gguf", b"llama", b"bloom"), "cannot load"),
    ("truncated tensors", lambda folder: cut(folder / "m.gguf", -5000), "not a whole GGUF"),
    ("truncated header", lambda folder: cut(folder / "m.gguf", 700), "not a whole GGUF"),
    ("a token twice", lambda folder: renamed(folder / "m.gguf", b"<0x41>", b"<0x42>"), "a token twice"),
    ("nothing", lambda folder: cut(folder / "m.gguf", 0), "0 bytes"),
    ("an adapter", lambda folder: tiny.write_adapter(folder / "a.gguf", resources.seed_model(), 1), "is an adapter"),
    ("no file", lambda folder: folder / "missing.gguf", "there is no file"),
    ("a folder", lambda folder: folder, "there is no file"),
]


@pytest.mark.parametrize(("make", "word"), [row[1:] for row in MODELS], ids=[row[0] for row in MODELS])
def test_a_foreign_model_ends_the_daemon_with_one_clear_line(
    tmp_path: Path, make: Callable[[Path], Path], word: str
) -> None:
    command = [sys.executable, "-m", "a3x.cli.main", "serve", "--port", "0", "--home", str(tmp_path / "home")]
    done = subprocess.run(
        [*command, "--model", str(make(tmp_path))], capture_output=True, text=True, timeout=60, env=dict(os.environ)
    )
    assert done.returncode == 1, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("a3x: ")
    assert word in line
