"""Chat completions over HTTP against the scripted agent: the shapes, the order, the refusals."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from a3x.agent.scripted import ScriptedAgent
from a3x.agent.turn import TurnResult
from a3x.config import Server
from a3x.errors import BadRequest, EngineFailure, NotReady, Overloaded, PromptTooLong, UnknownModel
from a3x.http import openai, openai_chat
from a3x.http.app import build
from a3x.memory.recall import Source
from a3x.types import BASE_MIX, Adapter, Completion, Message, Mix, Piece, Sampling, TokenStats
from tests.support.http_house import ASK, FakeServices, StillClock, client

TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}


def chat(body: dict[str, Any], agent: ScriptedAgent | None = None, headers: dict[str, str] | None = None) -> Any:
    return client(FakeServices(agent or ScriptedAgent())).post("/v1/chat/completions", json=body, headers=headers)


def events(text: str) -> list[Any]:
    lines = [line.removeprefix("data: ") for line in text.split("\n\n") if line]
    return [line if line == "[DONE]" else json.loads(line) for line in lines]


def test_whole_answer_names_what_made_it() -> None:
    mix = Mix(((Adapter("cli", 7, "ab" * 32, "cd" * 32, Path("x")), 0.5),))
    agent = ScriptedAgent((Piece("why", reasoning=True), Piece("be"), Piece("cause")), mix=mix, logprobs=(0.0, -2.0))
    answer = chat(ASK, agent).json()
    assert answer["object"] == "chat.completion"
    message = answer["choices"][0]["message"]
    assert (message["content"], message["reasoning_content"]) == ("because", "why")
    assert answer["choices"][0]["finish_reason"] == "stop"
    assert answer["usage"]["total_tokens"] == answer["usage"]["prompt_tokens"] + answer["usage"]["completion_tokens"]
    assert answer["system_fingerprint"] == f"{mix.key}-{agent.model_sha256[:16]}"
    own = answer["a3x"]
    assert own["experience_id"] == "exp-1"
    assert own["mix"] == [{"theme": "cli", "version": 7, "sha256": "ab" * 32, "scale": 0.5}]
    assert own["confidence"] == pytest.approx(0.367879, abs=1e-6)
    assert (own["made_by"], own["recorded"], own["sources"]) == ("engine", True, [])


def test_stream_ends_with_own_object_then_usage_then_done() -> None:
    agent = ScriptedAgent((Piece("mm", reasoning=True), Piece("a"), Piece("é\n")))
    answer = chat({**ASK, "stream": True, "stream_options": {"include_usage": True}}, agent)
    assert answer.headers["content-type"].startswith("text/event-stream")
    first, reasoning, *pieces, last, usage, done = events(answer.text)
    assert first["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert reasoning["choices"][0]["delta"] == {"reasoning_content": "mm"}
    assert "".join(piece["choices"][0]["delta"]["content"] for piece in pieces) == "aé\n"
    assert last["choices"][0]["finish_reason"] == "stop"
    assert last["a3x"]["experience_id"] == "exp-1"
    assert all("a3x" not in event for event in (first, reasoning, *pieces))
    assert (usage["choices"], usage["usage"]["completion_tokens"]) == ([], 3)
    assert done == "[DONE]"
    assert len({event["id"] for event in (first, reasoning, *pieces, last, usage)}) == 1


def test_usage_is_sent_only_when_asked_for() -> None:
    assert all("usage" not in event for event in events(chat({**ASK, "stream": True}).text) if event != "[DONE]")


def test_everything_asked_for_reaches_the_agent() -> None:
    agent = ScriptedAgent()
    messages = [
        {"role": "developer", "content": "be brief"},
        {"role": "assistant", "content": None, "tool_calls": None, "refusal": None, "reasoning_content": "hm"},
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
    ]
    wish = {
        "temperature": 1,
        "top_p": 0.5,
        "top_k": 4,
        "min_p": 0.1,
        "seed": 7,
        "max_completion_tokens": 3,
        "stop": "x",
    }
    harmless = {"user": "u", "metadata": {"a": 1}, "store": True, "n": 1, "tools": [], "logit_bias": None}
    wanted = {**ASK, **wish, **harmless, "messages": messages, "response_format": {"type": "text"}}
    answer = chat(wanted, agent, {"X-A3X-Session": "s 1", "X-A3X-Learn": "off"})
    assert answer.status_code == 200, answer.text
    [turn] = agent.requests
    assert turn.messages == (Message("system", "be brief"), Message("assistant", ""), Message("user", "ab"))
    assert turn.sampling == Sampling(1.0, 0.5, 4, 0.1, 7, 3, ("x",))
    assert (turn.session, turn.learn, turn.model) == ("s 1", False, "a3x")
    assert answer.json()["a3x"]["recorded"] is False


def test_greedy_and_learning_when_nothing_is_said() -> None:
    agent = ScriptedAgent()
    chat(ASK, agent)
    assert agent.requests[0].sampling == Sampling(temperature=0.0)
    assert agent.requests[0].learn


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("functions", [{}]),
        ("function_call", {"name": "f"}),
        ("audio", {}),
        ("modalities", ["text", "audio"]),
        ("reasoning_effort", "high"),
    ],
)
def test_what_would_change_the_answer_is_refused_by_name(field: str, value: Any) -> None:
    answer = chat({**ASK, field: value})
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["code"], error["param"], error["type"]) == ("unsupported", field, "invalid_request_error")


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"temprature": 1}, "temprature"),
        ({"temperature": 2.1}, "temperature"),
        ({"temperature": "1"}, "temperature"),
        ({"temperature": True}, "temperature"),
        ({"top_p": -0.1}, "top_p"),
        ({"seed": 2**63}, "seed"),
        ({"seed": 1.5}, "seed"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": 3, "max_completion_tokens": 4}, "max_tokens"),
        ({"stop": ""}, "stop[0]"),
        ({"stop": ["a"] * 1000}, "stop"),
        ({"stop": "a" * 1025}, "stop[0]"),
        ({"n": 0}, "n"),
        ({"n": 17}, "n"),
        ({"n": True}, "n"),
        ({"repetition_penalty": 0}, "repetition_penalty"),
        ({"presence_penalty": 2.1}, "presence_penalty"),
        ({"frequency_penalty": -3}, "frequency_penalty"),
        ({"dry_multiplier": -1}, "dry_multiplier"),
        ({"dry_base": 0.5}, "dry_base"),
        ({"dry_sequence_breakers": [""]}, "dry_sequence_breakers[0]"),
        ({"logit_bias": {"x": 1}}, "logit_bias"),
        ({"logit_bias": {"1": 101}}, "logit_bias[1]"),
        ({"logit_bias": {str(id): 1 for id in range(1025)}}, "logit_bias"),
        ({"logit_bias": [1]}, "logit_bias"),
        ({"logprobs": 1}, "logprobs"),
        ({"top_logprobs": 2}, "top_logprobs"),
        ({"logprobs": True, "top_logprobs": 21}, "top_logprobs"),
        ({"tools": [{"type": "function"}]}, "tools[0].function"),
        ({"tools": [TOOL, TOOL]}, "tools"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"tools": [TOOL], "tool_choice": "sometimes"}, "tool_choice"),
        ({"response_format": {"type": "yaml"}}, "response_format.type"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema.schema"),
        ({"stop": [1]}, "stop[0]"),
        ({"stream": "yes"}, "stream"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"model": None}, "model"),
        ({"model": ""}, "model"),
        ({"messages": []}, "messages"),
        ({"messages": "hi"}, "messages"),
        ({"messages": ["hi"]}, "messages[0]"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": 1}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": " \n"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": "x"}, {"role": "user", "content": []}]}, "messages[1].content"),
        ({"messages": [{"role": "boss", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": "x", "colour": 1}]}, "messages[0].colour"),
        ({"messages": [{"role": "user", "content": "x", "name": "Bo"}]}, "messages[0].name"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages[0].content[0].type"),
        ({"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]}, "messages"),
    ],
)
def test_wrong_input_names_the_field(change: dict[str, Any], param: str) -> None:
    agent = ScriptedAgent()
    answer = chat({**ASK, **change}, agent)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == param
    assert agent.requests == []


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 50_000, b'{"temperature": NaN}', b'{"model": "\\ud800"}', b"\x00"],
)
def test_a_body_that_is_not_a_json_object_is_a_clear_400(raw: bytes) -> None:
    answer = client().post("/v1/chat/completions", content=raw)
    assert answer.status_code == 400
    assert "JSON" in answer.json()["error"]["message"]


@pytest.mark.parametrize("chunked", [False, True])
def test_oversized_body_is_413_with_limit(chunked: bool) -> None:
    raw = json.dumps(ASK).encode()
    content = iter([raw[:10], raw[10:]]) if chunked else raw
    answer = client(max_body_bytes=len(raw) - 1).post("/v1/chat/completions", content=content)
    assert answer.status_code == 413
    assert str(len(raw) - 1) in answer.json()["error"]["message"]
    assert client(max_body_bytes=len(raw)).post("/v1/chat/completions", content=raw).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{"X-A3X-Session": ""}, {"X-A3X-Session": "x" * 129}, {"X-A3X-Session": "a\tb"}, {"X-A3X-Learn": "maybe"}],
)
def test_wrong_headers_are_400(headers: dict[str, str]) -> None:
    assert chat(ASK, headers=headers).status_code == 400


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (UnknownModel("no"), 404, "model_not_found"),
        (PromptTooLong("9 > 8"), 400, "context_length_exceeded"),
        (Overloaded("full"), 429, "overloaded"),
        (NotReady("loading"), 503, "not_ready"),
        (EngineFailure("lost"), 500, "engine_failure"),
    ],
)
def test_an_error_before_the_first_piece_has_its_status(error: Exception, status: int, code: str, stream: bool) -> None:
    answer = chat({**ASK, "stream": stream}, ScriptedAgent((error,)))
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert ("retry-after" in answer.headers) == (status in (429, 503))


@pytest.mark.parametrize(("error", "told"), [(EngineFailure("lost"), "lost"), (ValueError("secret"), "internal error")])
def test_an_error_in_mid_stream_is_the_last_event(error: Exception, told: str) -> None:
    *_, last = events(chat({**ASK, "stream": True}, ScriptedAgent((Piece("a"), error))).text)
    assert told in last["error"]["message"]


@pytest.mark.parametrize("stream", [False, True])
def test_an_unexpected_error_is_a_generic_500(stream: bool, capsys: pytest.CaptureFixture[str]) -> None:
    answer = chat({**ASK, "stream": stream}, ScriptedAgent((ValueError("secret"),)))
    assert answer.status_code == 500
    assert "secret" not in answer.text
    error_id = answer.json()["error"]["message"].split()[2].rstrip(";")
    logged = capsys.readouterr()
    assert error_id in logged.out + logged.err


class Wire:
    """One request spoken straight to the ASGI app: the body, then silence until ``hang_up``."""

    def __init__(self, agent: ScriptedAgent, stream: bool) -> None:
        self.app = build(FakeServices(agent), Server(), StillClock())
        self.body = json.dumps({**ASK, "stream": stream}).encode()
        self.gone = asyncio.Event()
        self.sent: list[Any] = []

    async def receive(self) -> dict[str, Any]:
        if self.body:
            body, self.body = self.body, b""
            return {"type": "http.request", "body": body, "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    def start(self) -> asyncio.Task[None]:
        scope = {"type": "http", "method": "POST", "path": "/v1/chat/completions", "query_string": b""}
        scope |= {"headers": [(b"host", b"localhost")]}
        return asyncio.create_task(self.app(scope, self.receive, self.send))


SLOW = pytest.mark.parametrize("script", [(30.0,), (Piece("a"), 30.0)])
BOTH = pytest.mark.parametrize("stream", [False, True])


@BOTH
@SLOW
def test_hanging_up_cancels_the_turn(stream: bool, script: tuple[Any, ...]) -> None:
    agent = ScriptedAgent(script)

    async def run() -> None:
        wire = Wire(agent, stream)
        asking = wire.start()
        await asyncio.sleep(0.02)
        assert agent.cancelled == 0
        wire.gone.set()
        await asyncio.wait_for(asking, 5)

    asyncio.run(run())
    assert agent.cancelled == 1


@BOTH
@SLOW
def test_a_stopping_daemon_tells_whom_it_cuts_off(stream: bool, script: tuple[Any, ...]) -> None:
    agent = ScriptedAgent(script)

    async def run() -> list[Any]:
        wire = Wire(agent, stream)
        asking = wire.start()
        await asyncio.sleep(0.02)
        asking.cancel()
        await asyncio.wait_for(asking, 5)
        return wire.sent

    start, *bodies = asyncio.run(run())
    assert agent.cancelled == 1
    assert start["status"] == (200 if stream and len(script) > 1 else 503)
    assert b"stopping" in bodies[-1]["body"]
    assert not bodies[-1].get("more_body")


def test_recall_is_asked_for_unless_told_otherwise_and_its_sources_are_named() -> None:
    assert [
        openai_chat.parse(json.dumps({**ASK, **more}).encode()).turns[0].recall for more in ({}, {"recall": False})
    ] == [
        True,
        False,
    ]
    with pytest.raises(BadRequest, match="recall"):
        openai_chat.parse(json.dumps({**ASK, "recall": "no"}).encode())
    result = TurnResult(
        "exp-9",
        True,
        Completion("8471", "stop", 1, 1, 0, TokenStats((-0.1,), (0.0,)), BASE_MIX, "5eed", raw="8471"),
        BASE_MIX,
        sources=(Source("exp-1", 0.9, "words 1.00", "my code is 8471", "8471"),),
        verdict="agrees",
    )
    own = openai.own(result)
    assert own["sources"] == [{"experience_id": "exp-1", "score": 0.9, "why": "words 1.00", "text": "my code is 8471"}]
    assert own["critique"] == "agrees"
