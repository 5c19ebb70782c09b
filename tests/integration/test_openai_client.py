"""Issue 2, acceptance 2: the official client chats, streamed and not; greedy is repeatable; stream and whole agree."""

from __future__ import annotations

from collections.abc import Iterator

import openai
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


def test_models_are_listed(client: openai.OpenAI) -> None:
    assert {"a3x", "a3x:base"} <= {model.id for model in client.models.list()}


def test_errors_have_the_openai_shape(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="unknown model"):
        client.chat.completions.create(model="gpt-4", messages=[{"role": "user", "content": "hi"}])
    with pytest.raises(openai.BadRequestError, match="context holds"):
        whole(client, "word " * 20_000)
    with pytest.raises(openai.BadRequestError, match="'n'"):
        client.chat.completions.create(model="a3x", messages=[{"role": "user", "content": "hi"}], n=300)
