"""The turn over a scripted engine: tool rounds, recording, cancellation, failures."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from a3x.agent.calling import Wishes
from a3x.agent.router import Router
from a3x.agent.tools.calc import Calc
from a3x.agent.turn import MAX_TOOL_ROUNDS, Agent, TurnRequest, TurnResult
from a3x.clock import HandClock
from a3x.engine.scripted import ScriptedEngine
from a3x.errors import BadRequest, EngineFailure, PromptTooLong, UnknownModel
from a3x.memory.recall import Recalled, Source, with_notes
from a3x.types import Adapter, Experience, Generation, Message, Piece, Sampling, ToolSpec


class NoAdapters:
    def get(self, theme: str, version: int) -> Adapter:
        raise UnknownModel(f"no {theme}@{version}")

    def active(self, base_sha256: str) -> dict[str, Adapter]:
        return {}


class ListSink:
    def __init__(self, full: bool = False) -> None:
        self.experiences: list[Experience] = []
        self.full = full

    async def record(self, experience: Experience) -> bool:
        self.experiences.append(experience)
        return not self.full


def make(answer: Any, full: bool = False, delay: float = 0.0) -> tuple[Agent, ScriptedEngine, ListSink]:
    engine, sink = ScriptedEngine(answer, delay), ListSink(full)
    return Agent(engine, Router(NoAdapters(), "b"), sink, {"calc": Calc()}, HandClock()), engine, sink


def ask(agent: Agent, text: str = "hi", **options: Any) -> tuple[str, TurnResult]:
    async def run() -> tuple[str, TurnResult]:
        pieces = ""
        async for item in agent.turn(TurnRequest((Message("user", text),), **options)):
            if isinstance(item, Piece):
                pieces += item.text
            else:
                return pieces, item
        raise AssertionError("no result")

    return asyncio.run(run())


class Notes:
    """Recalls one fact, always."""

    source = Source("exp_1", 0.9, "", "my code is 8471", "8471")

    async def recall(self, messages: tuple[Message, ...]) -> Recalled:
        return Recalled(with_notes(messages, [self.source.text]), (self.source,))


def remembering(answer: Any) -> tuple[Agent, ScriptedEngine, ListSink]:
    engine, sink = ScriptedEngine(answer, 0.0), ListSink()
    return Agent(engine, Router(NoAdapters(), "b"), sink, {}, HandClock(), None, Notes()), engine, sink


def test_what_is_recalled_is_read_named_and_recorded() -> None:
    agent, engine, sink = remembering(lambda _: "8471")
    pieces, result = ask(agent, "my code?")
    assert pieces == "8471"
    assert (result.sources, result.verdict) == ((Notes.source,), "agrees")
    assert "My code is 8471." in engine.requests[0].messages[-1].content
    assert sink.experiences[0].this == "my code?"
    assert sink.experiences[0].context["sources"] == [{"experience_id": "exp_1", "score": 0.9}]


@pytest.mark.parametrize("options", [{"recall": False}, {"raw": "my code?"}])
def test_without_recall_the_prompt_is_what_the_client_sent(options: dict[str, Any]) -> None:
    agent, engine, _ = remembering(lambda _: "x")
    _, result = ask(agent, "my code?", **options)
    assert engine.requests[0].messages == (Message("user", "my code?"),)
    assert (result.sources, result.verdict) == ((), None)


def test_a_contradiction_is_written_once_more() -> None:
    answers = iter(["9021", "it is 8471"])
    agent, engine, _ = remembering(lambda _: next(answers))
    pieces, result = ask(agent, "my code?")
    assert (pieces, result.completion.text, result.verdict) == ("it is 8471",) * 2 + ("repaired",)
    assert len(engine.requests) == 2


def test_a_repair_that_fails_is_flagged_and_the_first_answer_stands() -> None:
    answers = iter(["9021", "5555"])
    agent, engine, _ = remembering(lambda _: next(answers))
    pieces, result = ask(agent, "my code?")
    assert (pieces, result.completion.text, result.verdict) == ("9021", "9021", "contradicts")
    assert len(engine.requests) == 2


def test_a_repair_that_breaks_leaves_the_first_answer() -> None:
    answers = iter(["9021"])

    def answer(_: Generation) -> str:
        try:
            return next(answers)
        except StopIteration:
            raise EngineFailure("broken") from None

    agent, _, _ = remembering(answer)
    pieces, result = ask(agent, "my code?")
    assert (pieces, result.verdict) == ("9021", "contradicts")


def test_what_is_streamed_is_flagged_only() -> None:
    agent, engine, _ = remembering(lambda _: "9021")
    _, result = ask(agent, "my code?", streamed=True)
    assert (result.verdict, len(engine.requests)) == ("contradicts", 1)


def test_notes_never_make_a_prompt_too_long() -> None:
    def tight(request: Generation) -> str:
        if len(request.messages[-1].content) > 20:
            raise PromptTooLong("too long")
        return "short"

    agent, _, _ = remembering(tight)
    _, result = ask(agent, "my code?")
    assert (result.completion.text, result.sources) == ("short", ())
    with pytest.raises(PromptTooLong):
        ask(agent, "a question that is too long by itself")


def sums(request: Generation) -> str:
    if request.messages[-1].role == "tool":
        return f"17 × 23 = {request.messages[-1].content}"
    return '<tool_call>{"name": "calc", "arguments": {"expression": "17*23"}}</tool_call>'


def test_a_tool_call_is_carried_out_and_never_shown() -> None:
    agent, engine, sink = make(sums)
    pieces, result = ask(agent, "17 × 23")
    assert pieces == result.completion.text == "17 × 23 = 391"
    assert [use.result for use in result.tools] == ["391"]
    assert [message.role for message in engine.requests[1].messages] == ["user", "assistant", "tool"]
    assert [use["result"] for use in sink.experiences[0].tools] == ["391"]


def test_unknown_tools_and_bad_json_come_back_as_errors_and_rounds_are_bounded() -> None:
    for call in (
        '{"name": "rm", "arguments": {}}',
        "nonsense",
        "[1]",
        '{"name": "calc", "arguments": {"expression": 3}}',
    ):
        agent, engine, _ = make(lambda _, call=call: f"<tool_call>{call}</tool_call>")
        _, result = ask(agent)
        assert len(engine.requests) == MAX_TOOL_ROUNDS
        assert not any(use.ok for use in result.tools)


def test_learning_off_records_nothing_and_a_full_disk_is_said() -> None:
    agent, _, sink = make(lambda _: "yes")
    assert not ask(agent, learn=False)[1].recorded
    assert sink.experiences == []
    agent, _, _ = make(lambda _: "yes", full=True)
    assert not ask(agent)[1].recorded


def test_bad_requests_are_not_experiences_but_failures_are() -> None:
    def fail(error: Exception) -> Any:
        def answer(_: Generation) -> str:
            raise error

        return answer

    agent, _, sink = make(fail(PromptTooLong("too long")))
    with pytest.raises(PromptTooLong):
        ask(agent)
    assert sink.experiences == []
    agent, _, sink = make(fail(EngineFailure("broken")))
    with pytest.raises(EngineFailure):
        ask(agent)
    assert sink.experiences[0].if_not == "broken"


def test_a_client_that_leaves_is_recorded_as_a_failed_turn() -> None:
    agent, _, sink = make(lambda _: "one two three")

    async def leave() -> None:
        turn = agent.turn(TurnRequest((Message("user", "hi"),)))
        await anext(turn)
        await turn.aclose()
        await agent.settle()

    asyncio.run(leave())
    assert "left" in sink.experiences[0].if_not


def test_tokens_are_summed_and_max_tokens_spans_the_rounds() -> None:
    agent, engine, _ = make(sums)
    _, result = ask(agent, sampling=Sampling(max_tokens=20))
    assert result.completion.completion_tokens == len(result.completion.stats.logprobs) == 5 + 5
    assert engine.requests[1].sampling.max_tokens == 20 - 5


def test_unknown_adapter() -> None:
    agent, _, _ = make(lambda _: "x")
    with pytest.raises(UnknownModel):
        ask(agent, model="a3x:cli@1")


WEATHER = ToolSpec("weather", "", {"type": "object", "properties": {"city": {"type": "string"}}})
CALL = '<tool_call>{"name": "weather", "arguments": {"city": "Faro </tool_call>"}}</tool_call>'


def test_a_client_s_tool_is_handed_over_and_not_run() -> None:
    agent, engine, sink = make(lambda _: CALL)
    pieces, result = ask(agent, wishes=Wishes((WEATHER,)))
    assert (pieces, len(engine.requests), result.tools) == ("", 1, ())
    assert [(call.name, call.arguments) for call in result.calls] == [("weather", '{"city": "Faro </tool_call>"}')]
    assert sink.experiences[0].tools[0]["run_by"] == "client"
    grammar = engine.requests[0].sampling.grammar
    assert grammar is not None
    assert grammar.when == "in_calls"
    assert "calc" in grammar.gbnf, "the agent's own tools go on working"
    assert engine.requests[0].tools == (WEATHER,)


def test_own_tools_run_beside_the_client_s_unless_a_name_is_taken() -> None:
    agent, engine, _ = make(sums)
    assert ask(agent, wishes=Wishes((WEATHER,)))[1].completion.text == "17 × 23 = 391"
    _, result = ask(make(sums)[0], wishes=Wishes((ToolSpec("calc"),)))
    assert [call.name for call in result.calls] == ["calc"]
    assert len(engine.requests) == 2


def test_the_choice_of_tools_decides_the_grammar() -> None:
    agent, engine, _ = make(lambda _: CALL)
    ask(agent, wishes=Wishes((WEATHER,), "none"))
    ask(agent, wishes=Wishes((WEATHER, ToolSpec("other")), "required", "other"))
    none, named = (engine.requests[at] for at in (0, -1))
    assert (none.sampling.grammar, none.tools) == (None, ())
    assert named.sampling.grammar is not None
    assert "other" in named.sampling.grammar.gbnf
    assert "weather" not in named.sampling.grammar.gbnf
    with pytest.raises(BadRequest, match="no tool 'missing'"):
        ask(agent, wishes=Wishes((WEATHER,), "required", "missing"))


def test_one_call_at_most_if_the_client_wants_no_more() -> None:
    agent, _, _ = make(lambda _: CALL * 2)
    assert len(ask(agent, wishes=Wishes((WEATHER,)))[1].calls) == 2
    assert len(ask(agent, wishes=Wishes((WEATHER,), several=False))[1].calls) == 1


def test_marks_in_structured_text_are_text() -> None:
    agent, _, _ = make(lambda _: '{"a": "<think>x</think><tool_call>y"}')
    assert ask(agent, wishes=Wishes(schema={"type": "object"}))[0] == '{"a": "<think>x</think><tool_call>y"}'
    assert ask(agent)[0] != '{"a": "<think>x</think><tool_call>y"}', "negative control: free text has marks"


def test_a_raw_prompt_is_recorded_as_such_and_a_measurement_is_not() -> None:
    agent, _, sink = make(lambda _: "world")
    ask(agent, raw="hello ")
    assert (sink.experiences[0].did, sink.experiences[0].this, sink.experiences[0].if_ok) == (
        "complete",
        "hello ",
        "world",
    )
    ask(agent, raw=(104, 105))
    assert sink.experiences[1].this == "hi"
    pieces, result = ask(agent, raw="hello ", echo=True, top_logprobs=1, sampling=Sampling(max_tokens=0))
    assert (pieces, result.completion.text, result.completion.prompt_tokens) == ("hello ", "", 6)
    assert result.echoed is not None
    assert [token.logprob for token in result.echoed.tokens] == [None, *[-0.5] * 5]
    assert (result.recorded, len(sink.experiences)) == (False, 2)


def test_only_the_first_of_several_choices_is_looked_at_for_a_correction() -> None:
    noticed: list[str] = []

    class Notes:
        async def notice(self, messages: Any, session: str, experience_id: str) -> None:
            noticed.append(experience_id)

    engine, sink = ScriptedEngine(lambda _: "x"), ListSink()
    agent = Agent(engine, Router(NoAdapters(), "b"), sink, {}, HandClock(), Notes())
    for choice in (0, 1):
        ask(agent, choice=choice)
    assert (len(noticed), len(sink.experiences)) == (1, 2)
