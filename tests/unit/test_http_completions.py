"""Plain completions, several choices, tools and log-probabilities over HTTP against the scripted agent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import pytest

from a3x.agent.calling import ClientCall, Wishes
from a3x.agent.scripted import ScriptedAgent
from a3x.agent.turn import TurnRequest, TurnResult
from a3x.errors import EngineFailure, Overloaded
from a3x.http.fan import AT_ONCE, merged
from a3x.types import Message, Piece, TokenLogprob
from tests.support.http_house import ASK, FakeServices, client

RAW: dict[str, Any] = {"model": "a3x", "prompt": "once"}
TOOL: dict[str, Any] = {"type": "function", "function": {"name": "f", "parameters": {"properties": {"a": {}}}}}
TOKEN = TokenLogprob(7, "é".encode(), -0.25, (TokenLogprob(7, "é".encode(), -0.25), TokenLogprob(8, b"x", -1.5)))


def post(path: str, body: dict[str, Any], agent: ScriptedAgent | None = None) -> Any:
    return client(FakeServices(agent or ScriptedAgent())).post(path, json=body)


def complete(body: dict[str, Any], agent: ScriptedAgent | None = None) -> Any:
    return post("/v1/completions", body, agent)


def events(text: str) -> list[Any]:
    lines = [line.removeprefix("data: ") for line in text.split("\n\n") if line]
    return [json.loads(line) for line in lines if line != "[DONE]"]


@pytest.mark.parametrize(
    ("prompt", "raws"),
    [
        ("a", ["a"]),
        (["a", "b"], ["a", "b"]),
        ([1, 2], [(1, 2)]),
        ([[1], [2, 3]], [(1,), (2, 3)]),
    ],
)
def test_prompts_in_every_form_reach_the_agent(prompt: Any, raws: list[Any]) -> None:
    agent = ScriptedAgent()
    answer = complete({**RAW, "prompt": prompt, "n": 2, "seed": 5}, agent)
    assert answer.status_code == 200, answer.text
    turns = sorted(agent.requests, key=lambda turn: (raws.index(turn.raw), turn.choice))
    assert [turn.raw for turn in turns] == [raw for raw in raws for _ in range(2)]
    assert [turn.sampling.seed for turn in turns] == [5, 6] * len(raws)
    assert {turn.sampling.max_tokens for turn in turns} == {16}
    assert [choice["index"] for choice in answer.json()["choices"]] == list(range(2 * len(raws)))


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"prompt": None}, "prompt"),
        ({"prompt": []}, "prompt"),
        ({"prompt": 3}, "prompt"),
        ({"prompt": ["a", 1]}, "prompt[0]"),
        ({"prompt": [[1], "a"]}, "prompt[1]"),
        ({"prompt": [[]]}, "prompt[0]"),
        ({"prompt": [True]}, "prompt[0]"),
        ({"prompt": [2**40]}, "prompt"),
        ({"prompt": ["a"] * 65}, "prompt"),
        ({"prompt": ["a"] * 20, "n": 16}, "n"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"logprobs": True}, "logprobs"),
        ({"logprobs": 21}, "logprobs"),
        ({"best_of": 3}, "best_of"),
        ({"suffix": "x"}, "suffix"),
        ({"messages": []}, "messages"),
        ({"echo": 1}, "echo"),
    ],
)
def test_wrong_input_names_the_field(change: dict[str, Any], param: str) -> None:
    agent = ScriptedAgent()
    answer = complete({**RAW, **change}, agent)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
    assert agent.requests == []


def test_logprobs_of_a_stream_go_on_where_the_last_chunk_ended() -> None:
    agent = ScriptedAgent((Piece("é", tokens=(TOKEN,)), Piece("é", tokens=(TOKEN,))))
    first, second, last = events(complete({**RAW, "logprobs": 1, "stream": True}, agent).text)
    assert first["choices"][0]["logprobs"] == {
        "tokens": ["é"],
        "token_logprobs": [-0.25],
        "top_logprobs": [{"é": -0.25, "x": -1.5}],
        "text_offset": [0],
    }
    assert second["choices"][0]["logprobs"]["text_offset"] == [1]
    assert last["a3x"]["experience_id"] == "exp-1"


def test_chat_logprobs_carry_bytes_and_rivals() -> None:
    agent = ScriptedAgent((Piece("é", tokens=(TOKEN,)),))
    _, chunk, _ = events(
        post("/v1/chat/completions", {**ASK, "logprobs": True, "top_logprobs": 2, "stream": True}, agent).text
    )
    assert agent.requests[0].top_logprobs == 2
    assert chunk["choices"][0]["logprobs"]["content"] == [
        {
            "token": "é",
            "logprob": -0.25,
            "bytes": [195, 169],
            "top_logprobs": [
                {"token": "é", "logprob": -0.25, "bytes": [195, 169]},
                {"token": "x", "logprob": -1.5, "bytes": [120]},
            ],
        }
    ]
    silent = events(post("/v1/chat/completions", {**ASK, "stream": True}, ScriptedAgent((Piece("é"),))).text)
    assert all(event["choices"][0]["logprobs"] is None for event in silent)


class Calling(ScriptedAgent):
    """Ends its turn with two calls."""

    def _result(self, request: TurnRequest) -> TurnResult:
        result = super()._result(request)
        calls = (ClientCall("call_1", "f", '{"a": 1}'), ClientCall("call_2", "f", "{}"))
        return TurnResult(result.experience_id, True, result.completion, result.mix, calls=calls)


def test_calls_are_streamed_as_names_then_arguments() -> None:
    body = {**ASK, "tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "f"}}}
    agent = Calling(())
    whole = post("/v1/chat/completions", body, agent).json()["choices"][0]
    assert (whole["finish_reason"], whole["message"]["content"]) == ("tool_calls", None)
    assert agent.requests[0].wishes.only == "f"
    deltas = [
        call
        for event in events(post("/v1/chat/completions", {**body, "stream": True}, Calling(())).text)
        for choice in event["choices"]
        for call in choice["delta"].get("tool_calls", [])
    ]
    assert [delta["index"] for delta in deltas] == [0, 0, 1, 1]
    assert [(delta["id"], delta["type"]) for delta in deltas[::2]] == [("call_1", "function"), ("call_2", "function")]
    put_together = [
        {"name": deltas[at]["function"]["name"], "arguments": deltas[at + 1]["function"]["arguments"]} for at in (0, 2)
    ]
    assert put_together == [call["function"] for call in whole["message"]["tool_calls"]]


def test_past_calls_are_shown_as_the_model_wrote_them() -> None:
    agent = ScriptedAgent()
    call = {"id": "x", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
    past = [{"role": "assistant", "content": None, "tool_calls": [call]}]
    told = {"role": "tool", "tool_call_id": "x", "name": "f", "content": "2"}
    answer = post("/v1/chat/completions", {**ASK, "messages": [*ASK["messages"], *past, told]}, agent)
    assert answer.status_code == 200, answer.text
    wrote = '<tool_call>{"name": "f", "arguments": {"a": 1}}</tool_call>'
    assert agent.requests[0].messages[1:] == (Message("assistant", wrote), Message("tool", "2"))
    call["function"]["arguments"] = "{"  # type: ignore[index]
    refused = post("/v1/chat/completions", {**ASK, "messages": [*past, told]})
    assert refused.json()["error"]["param"] == "messages[0].tool_calls[0].function.arguments"


def test_the_wanted_form_reaches_the_agent() -> None:
    agent = ScriptedAgent()
    form = {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": {"type": "integer"}}}
    for each in (form, {"type": "json_object"}, {"type": "text"}):
        assert post("/v1/chat/completions", {**ASK, "response_format": each}, agent).status_code == 200
    assert [turn.wishes.schema for turn in agent.requests] == [{"type": "integer"}, {"type": "object"}, None]
    assert agent.requests[2].wishes == Wishes()


def test_each_of_several_choices_has_its_own_record() -> None:
    answer = post("/v1/chat/completions", {**ASK, "n": 3}).json()
    assert {choice["a3x"]["experience_id"] for choice in answer["choices"]} == {"exp-1", "exp-2", "exp-3"}
    assert answer["a3x"] == answer["choices"][0]["a3x"]
    one = answer["usage"]["prompt_tokens"]
    assert one == post("/v1/chat/completions", ASK).json()["usage"]["prompt_tokens"], "the prompt is counted once"


class Crowd:
    """An agent that counts who is under way, and fails in one turn if told to."""

    def __init__(self, failing: int | None = None) -> None:
        self.now = self.most = self.ended = 0
        self.failing = failing

    async def turn(self, request: TurnRequest) -> AsyncGenerator[Piece | TurnResult, None]:
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            for _ in range(3):
                await asyncio.sleep(0.001)
                if request.choice == self.failing:
                    raise Overloaded("full")
                yield Piece(str(request.choice))
        finally:
            self.now -= 1
            self.ended += 1


def turns(count: int) -> list[TurnRequest]:
    return [TurnRequest((), choice=choice) for choice in range(count)]


def test_turns_run_together_but_not_too_many() -> None:
    crowd = Crowd()

    async def run() -> list[Any]:
        return [item async for item in merged(crowd, turns(20))]

    items = asyncio.run(run())
    assert sorted((index, item.text) for index, item in items) == sorted(
        (at, str(at)) for at in range(20) for _ in "123"
    )
    assert 1 < crowd.most <= AT_ONCE


def test_one_failure_ends_all_and_leaving_cancels_all() -> None:
    crowd = Crowd(failing=2)

    async def fail() -> None:
        async for _ in merged(crowd, turns(6)):
            pass

    with pytest.raises(Overloaded):
        asyncio.run(fail())
    assert crowd.now == 0
    crowd = Crowd()

    async def leave() -> None:
        async with aclosing(merged(crowd, turns(6))) as items:
            await anext(items)
        assert crowd.now == 0

    asyncio.run(leave())


@pytest.mark.parametrize("stream", [False, True])
def test_an_agent_without_a_result_is_an_error(stream: bool) -> None:
    answer = post("/v1/chat/completions", {**ASK, "n": 2, "stream": stream}, ScriptedAgent((EngineFailure("lost"),)))
    assert answer.json()["error"]["message"] == "lost"


def test_the_tokeniser_is_served() -> None:
    http = client(FakeServices())
    assert http.post("/tokenize", json={"prompt": "ab", "add_special_tokens": False}).json() == {
        "tokens": [97, 98],
        "count": 2,
    }
    assert http.post("/tokenize", json={"prompt": "ab"}).json()["tokens"] == [0, 97, 98]
    assert http.post("/detokenize", json={"tokens": [97, 98]}).json() == {"prompt": "ab"}
    assert http.get("/tokenizer_info").json()["eos_token"] == "<end>"
    assert http.post("/tokenize", json={"prompt": 1}).status_code == 400
