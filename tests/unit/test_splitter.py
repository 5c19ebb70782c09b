"""The splitter gives the same text however the bytes arrive, and never leaks marks or stop strings."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from a3x.engine.chat import Splitter

PARTS = ["olá ", "<think>", "</think>", "a<b", "<tool_call>", "</tool_call>", '{"x": 1}', "STOP", "S", "é", "日本"]


def split(data: bytes, cuts: list[int], stop: tuple[str, ...] = ()) -> tuple[str, str, list[str], bool, str]:
    splitter = Splitter(stop)
    spans = []
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    for start, end in itertools.pairwise(edges):
        spans += splitter.feed(data[start:end])
    spans += splitter.finish()
    texts = {"answer": "", "reasoning": ""}
    for span in spans:
        texts[span.kind] += span.text
    return texts["answer"], texts["reasoning"], splitter.tool_calls, splitter.stopped, splitter.raw


@given(st.lists(st.sampled_from(PARTS), max_size=8), st.lists(st.integers(0, 200), max_size=12))
def test_cuts_do_not_matter(parts: list[str], cuts: list[int]) -> None:
    data = "".join(parts).encode()
    assert split(data, cuts, ("STOP",)) == split(data, [], ("STOP",))


def test_reasoning_and_tool_calls_are_told_apart() -> None:
    text = '<think>hm</think>A<tool_call>{"a":1}</tool_call><tool_call>{"b":2}</tool_call>B'
    answer, reasoning, calls, stopped, raw = split(text.encode(), [3, 9, 21, 40])
    assert (answer, reasoning, calls, stopped, raw) == ("AB", "hm", ['{"a":1}', '{"b":2}'], False, text)


def test_stop_string_across_tokens_is_cut_and_ends() -> None:
    answer, _, _, stopped, raw = split(b"one ST" + b"OP two", [6], ("STOP",))
    assert (answer, stopped, raw) == ("one ", True, "one ")


def test_half_a_stop_string_at_the_end_is_text() -> None:
    assert split(b"one STO", [5], ("STOP",))[0] == "one STO"


def test_broken_utf8_becomes_a_replacement_character() -> None:
    assert split(b"a\xff\xc3", [1])[0] == "a\ufffd\ufffd"


def test_the_earliest_of_several_stop_strings_wins() -> None:
    assert split(b"xyabz", [], ("b", "ya"))[0] == "x"


def parts(text: str, step: int, marks: str, json_calls: bool) -> tuple[str, list[str]]:
    splitter = Splitter((), marks, json_calls)  # type: ignore[arg-type]
    data, spans = text.encode(), []
    for at in range(0, len(data), step):
        spans += splitter.feed(data[at : at + step])
        assert 0 <= splitter.settled <= len(splitter.raw)
    spans += splitter.finish()
    assert splitter.settled == len(splitter.raw)
    return "".join(span.text for span in spans), splitter.tool_calls


def test_marks_count_where_they_are_told_to() -> None:
    text = 'a <tool_call>{"x": 1}</tool_call>'
    for step in (1, 5, 99):
        assert parts(text, step, "none", False) == (text, [])
        assert parts(text, step, "leading", False) == (text, [])
        assert parts(text[2:], step, "leading", False) == ("", ['{"x": 1}'])
        assert parts(text, step, "all", False) == ("a ", ['{"x": 1}'])


def test_a_closing_mark_in_a_json_string_is_text() -> None:
    call = r'{"x": "a\"</tool_call>", "y": "\\"}'
    for step in (1, 4, 99):
        assert parts(f"<tool_call>{call}</tool_call>b", step, "all", True) == ("b", [call])
        assert parts(f"<tool_call>{call}</tool_call>b", step, "all", False)[1] != [call], "negative control"
