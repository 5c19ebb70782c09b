"""Issue 2, acceptance 2: the official client chats, streamed and not; greedy is repeatable; stream and whole agree."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import openai
import pydantic
import pytest

from tests.support.daemon import Daemon

pytestmark = pytest.mark.integration
QUESTIONS = ("Who are you?", "Quem é você?", "List files by size", "17 × 23", "Tell me about rollback, please.")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[openai.OpenAI]:
    with Daemon(tmp_path_factory.mktemp("openai") / "home") as daemon:
        yield openai.OpenAI(base_url=f"{daemon.url}/v1", api_key="unused", max_retries=0)


def whole(client: openai.OpenAI, question: str, temperature: float = 0.0, seed: int | None = None) -> str:
    answer = client.chat.completions.create(
        model="a3x", messages=[{"role": "user", "content": question}], temperature=temperature, seed=seed
    )
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    return answer.choices[0].message.content or ""


def streamed(client: openai.OpenAI, question: str) -> str:
    text, usage, finish = "", None, None
    stream = client.chat.completions.create(
        model="a3x",
        messages=[{"role": "user", "content": question}],
        temperature=0,
        stream=True,
        stream_options={"include_usage": True},
    )
    for chunk in stream:
        usage = chunk.usage or usage
        for choice in chunk.choices:
            text += choice.delta.content or ""
            finish = choice.finish_reason or finish
    assert usage is not None
    assert finish in ("stop", "length")
    return text


@pytest.mark.parametrize("question", QUESTIONS)
def test_greedy_twice_and_streamed_give_the_same_bytes(client: openai.OpenAI, question: str) -> None:
    first = whole(client, question)
    assert first
    assert first.encode() == whole(client, question).encode() == streamed(client, question).encode()


def test_a_seed_repeats_a_sampled_answer(client: openai.OpenAI) -> None:
    question = "Tell me something about yourself"
    assert whole(client, question, 1.0, 7) == whole(client, question, 1.0, 7)


WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "What the weather is like",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "maxLength": 30}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}
ASKED: Any = [{"role": "user", "content": "Get the weather in Lisbon"}]
NAMED: Any = {"type": "function", "function": {"name": "get_weather"}}


@pytest.mark.parametrize("choice", ["auto", "required", NAMED])
def test_a_tool_is_called_and_its_result_answered(client: openai.OpenAI, choice: Any) -> None:
    first = client.chat.completions.create(model="a3x", messages=ASKED, tools=[WEATHER], tool_choice=choice)
    assert first.choices[0].finish_reason == "tool_calls"
    (call,) = first.choices[0].message.tool_calls or []
    assert call.type == "function"
    assert call.function.name == "get_weather"
    assert set(json.loads(call.function.arguments)) == {"city"}
    result: Any = {"role": "tool", "tool_call_id": call.id, "content": "22 degrees, sunny"}
    told: Any = [*ASKED, first.choices[0].message.to_dict(), result]
    second = client.chat.completions.create(model="a3x", messages=told, tools=[WEATHER], max_tokens=60)
    assert second.choices[0].message.content or second.choices[0].message.tool_calls


def test_a_streamed_call_is_the_whole_one(client: openai.OpenAI) -> None:
    wanted: Any = {"model": "a3x", "messages": ASKED, "tools": [WEATHER], "tool_choice": "required"}
    (whole_call,) = client.chat.completions.create(**wanted).choices[0].message.tool_calls or []
    assert whole_call.type == "function"
    with client.chat.completions.stream(**wanted) as stream:
        for _ in stream:
            pass
        message = stream.get_final_completion().choices[0].message
    (call,) = message.tool_calls or []
    assert (call.function.name, call.function.arguments) == (
        whole_call.function.name,
        whole_call.function.arguments,
    )
    assert call.id


def test_no_tool_is_called_when_none_may_be(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model="a3x", messages=ASKED, tools=[WEATHER], tool_choice="none")
    assert answer.choices[0].finish_reason == "stop"
    assert not answer.choices[0].message.tool_calls


class Person(pydantic.BaseModel):
    name: str
    age: int


def test_structured_output_is_parsed(client: openai.OpenAI) -> None:
    question = "Give me JSON with name and age: Ana is 31 years old."
    answer = client.chat.completions.parse(
        model="a3x", messages=[{"role": "user", "content": question}], response_format=Person, max_tokens=200
    )
    assert answer.choices[0].message.parsed == Person.model_validate_json(answer.choices[0].message.content or "")
    anything = client.chat.completions.create(
        model="a3x",
        messages=[{"role": "user", "content": "Hello"}],
        response_format={"type": "json_object"},
        max_tokens=200,
        temperature=0,
    )
    if anything.choices[0].finish_reason == "stop":
        assert isinstance(json.loads(anything.choices[0].message.content or ""), dict)


def test_logprobs_are_those_of_the_text_and_rivals_are_ordered(client: openai.OpenAI) -> None:
    wanted: Any = {"model": "a3x", "messages": [{"role": "user", "content": "Quem é você?"}], "max_tokens": 12}
    answer = client.chat.completions.create(**wanted, logprobs=True, top_logprobs=3).choices[0]
    assert answer.logprobs is not None
    tokens = answer.logprobs.content or []
    assert b"".join(bytes(token.bytes or []) for token in tokens).decode() == answer.message.content
    for token in tokens:
        rivals = [rival.logprob for rival in token.top_logprobs]
        assert rivals == sorted(rivals, reverse=True)
        assert token.logprob == rivals[0] <= 0, "greedy draws the likeliest"
    streamed_tokens = [
        token
        for chunk in client.chat.completions.create(**wanted, logprobs=True, top_logprobs=3, stream=True)
        for choice in chunk.choices
        for token in (choice.logprobs.content if choice.logprobs and choice.logprobs.content else [])
    ]
    assert streamed_tokens == tokens


def test_n_answers_have_seeds_and_records_of_their_own(client: openai.OpenAI) -> None:
    wanted: Any = {"model": "a3x", "messages": [{"role": "user", "content": "Tell me something"}], "temperature": 1.5}
    both = client.chat.completions.create(**wanted, n=2, seed=3)
    alone = [client.chat.completions.create(**wanted, seed=seed).choices[0].message.content for seed in (3, 4)]
    assert [choice.message.content for choice in both.choices] == alone
    assert len({choice.to_dict()["a3x"]["experience_id"] for choice in both.choices}) == 2  # type: ignore[index]
    texts = ["", ""]
    for chunk in client.chat.completions.create(**wanted, n=2, seed=3, stream=True):
        for choice in chunk.choices:
            texts[choice.index] += choice.delta.content or ""
    assert texts == alone


def test_a_raw_prompt_is_continued_as_the_chat_would(client: openai.OpenAI) -> None:
    question = "Who are you?"
    raw = client.completions.create(model="a3x", prompt=f"<|user|>{question}<|end|><|assistant|>", max_tokens=200)
    assert raw.choices[0].text == whole(client, question)
    streamed_text = "".join(
        chunk.choices[0].text
        for chunk in client.completions.create(
            model="a3x", prompt=f"<|user|>{question}<|end|><|assistant|>", max_tokens=200, stream=True
        )
    )
    assert streamed_text == raw.choices[0].text


def test_echo_scores_the_prompt_as_generation_does(client: openai.OpenAI) -> None:
    """What a greedy answer's tokens got while they were drawn is what they get as part of a prompt, chunks apart."""
    prompt = "<|user|>Tell me about rollback, please.<|end|><|assistant|>"
    drawn = client.completions.create(model="a3x", prompt=prompt, max_tokens=80, logprobs=1).choices[0]
    both = client.completions.create(model="a3x", prompt=prompt + drawn.text, max_tokens=0, echo=True, logprobs=1)
    echoed = both.choices[0]
    assert drawn.logprobs is not None
    assert echoed.logprobs is not None
    size = len(drawn.logprobs.tokens or [])
    assert (echoed.logprobs.tokens or [])[-size:] == drawn.logprobs.tokens
    assert (echoed.logprobs.token_logprobs or [])[-size:] == pytest.approx(drawn.logprobs.token_logprobs, abs=0.02)
    assert (echoed.logprobs.token_logprobs or [])[0] is None
    wrong = client.completions.create(
        model="a3x", prompt=prompt + drawn.text[::-1], max_tokens=0, echo=True, logprobs=1
    )
    assert wrong.choices[0].logprobs is not None
    worst = min(value for value in wrong.choices[0].logprobs.token_logprobs or [] if value is not None)
    assert worst < min(drawn.logprobs.token_logprobs or []), "a text that nobody would draw must score worse"


def test_several_prompts_of_texts_or_tokens(client: openai.OpenAI) -> None:
    texts = client.completions.create(model="a3x", prompt=["Hello", "Olá"], max_tokens=3, n=2)
    assert [choice.index for choice in texts.choices] == [0, 1, 2, 3]
    assert texts.choices[0].text == texts.choices[1].text
    tokens = client.completions.create(model="a3x", prompt=[[1, 5, 300], [1, 5]], max_tokens=1, echo=True)
    assert len(tokens.choices) == 2
    with pytest.raises(openai.BadRequestError, match="token id"):
        client.completions.create(model="a3x", prompt=[10**6], max_tokens=1)


def test_penalties_and_biases_change_what_is_drawn(client: openai.OpenAI) -> None:
    wanted: Any = {"model": "a3x", "prompt": "Hello", "max_tokens": 12, "logit_bias": {"300": 60.0}}
    stuck = client.completions.create(**wanted).choices[0].text
    assert stuck == "om" * 12, "one token, again and again"
    for change in (
        {"frequency_penalty": 2.0, "max_tokens": 60},
        {"extra_body": {"repetition_penalty": 10.0}},
        {"extra_body": {"dry_multiplier": 90.0, "dry_allowed_length": 1}},
    ):
        text = client.completions.create(**{**wanted, **change}).choices[0].text  # type: ignore[arg-type]
        assert text.replace("om", ""), change


def test_what_a_grammar_cannot_say_is_refused_by_path(client: openai.OpenAI) -> None:
    schema: Any = {"type": "object", "properties": {"age": {"type": "integer", "minimum": 0}}}
    wanted: Any = {"type": "json_schema", "json_schema": {"name": "person", "schema": schema}}
    with pytest.raises(openai.BadRequestError, match="minimum") as refused:
        client.chat.completions.create(model="a3x", messages=ASKED, response_format=wanted)
    assert refused.value.param == "response_format.json_schema.schema.properties.age.minimum"


def test_models_are_listed(client: openai.OpenAI) -> None:
    assert {"a3x", "a3x:base"} <= {model.id for model in client.models.list()}


def test_errors_have_the_openai_shape(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="unknown model"):
        client.chat.completions.create(model="gpt-4", messages=[{"role": "user", "content": "hi"}])
    with pytest.raises(openai.BadRequestError, match="context holds"):
        whole(client, "word " * 20_000)
    with pytest.raises(openai.BadRequestError, match="'n'"):
        client.chat.completions.create(model="a3x", messages=[{"role": "user", "content": "hi"}], n=300)
