"""Grammars against llama.cpp: whatever is drawn under one parses and is valid, and nothing drawn ever kills the process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from a3x.engine import schema as converter
from a3x.engine import structure
from a3x.engine.gate import Gate
from a3x.engine.llama import Context, Model
from a3x.engine.sampling import Sampler
from a3x.errors import BadRequest, EngineFailure
from a3x.types import Grammar, Sampling, ToolSpec
from tests.support.engine import seed_model
from tests.support.schema_check import fits, schemas

pytestmark = pytest.mark.integration
MAX_TOKENS = 300
CITY = {"type": "object", "properties": {"city": {"type": "string", "maxLength": 9}}, "required": ["city"]}
TREE = {
    "$defs": {
        "tree": {"anyOf": [{"$ref": "#/$defs/leaf"}, {"$ref": "#/$defs/node"}]},
        "leaf": {"properties": {"kind": {"const": "leaf"}, "is": {"type": "integer"}}, "required": ["kind", "is"]},
        "node": {
            "properties": {"kind": {"const": "node"}, "of": {"items": {"$ref": "#/$defs/tree"}, "maxItems": 2}},
            "required": ["kind", "of"],
        },
    },
    "$ref": "#/$defs/tree",
}


@pytest.fixture(scope="module")
def model() -> Iterator[Model]:
    with seed_model() as loaded:
        yield loaded


class Noise:
    """A context that says anything, and is drawn to ends: every token that closes something is likelier."""

    handle = None

    def __init__(self, model: Model, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        pieces = [model.token_bytes(token) for token in range(model.vocab_size)]
        closing = [any(mark in piece for mark in (b'"', b"]", b"}")) for piece in pieces]
        self._bias = np.array([4.0 if closes else 0.0 for closes in closing], np.float32)
        self._bias[model.end_of_turn] = 8.0

    def logits(self, row: int = -1) -> Any:
        return (self._rng.normal(0.0, 3.0, len(self._bias)) + self._bias).astype(np.float32)


def walk(model: Model, grammar: Grammar | None, seed: int, **sampling: Any) -> tuple[str, bool]:
    """What random logits write, and whether they came to an end."""
    wanted = {"temperature": 1.0, **sampling}
    sampler, noise, written = Sampler(Sampling(seed=seed, grammar=grammar, **wanted), model), Noise(model, seed), b""
    try:
        for _ in range(MAX_TOKENS):
            token = sampler.draw(cast(Context, noise))
            if model.ends_generation(token):
                return written.decode("utf-8", "replace"), True
            written += model.token_bytes(token)
    finally:
        sampler.close()
    return written.decode("utf-8", "replace"), False


def ended(model: Model, grammar: Grammar, seeds: range, **sampling: Any) -> list[str]:
    return [text for text, whole in (walk(model, grammar, seed, **sampling) for seed in seeds) if whole]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(schemas, st.integers(0, 999))
def test_what_is_drawn_is_valid(model: Model, schema: Any, seed: int) -> None:
    try:
        grammar = structure.answer_grammar(schema, "schema")
    except BadRequest as error:
        assert "begin alike" in error.message
        return
    for sampling in ({}, {"temperature": 0.0}, {"top_k": 5, "repetition_penalty": 1.5}):
        text, whole = walk(model, grammar, seed, **sampling)
        if whole:
            assert fits(json.loads(text), schema), text


def test_recursion_works(model: Model) -> None:
    texts = ended(model, structure.answer_grammar(TREE, "schema"), range(30))
    assert len(texts) > 10
    assert all(fits(json.loads(text), TREE) for text in texts)
    assert any(text.count("kind") > 1 for text in texts)


def broken_bounds(schema: Any, what: str, where: str) -> tuple[int, int | None]:
    return 0, None


def broken_required(schema: Any, where: str) -> Any:
    return schema.get("properties", {}), frozenset(), False


@pytest.mark.parametrize(
    ("owner", "name", "broken", "schema"),
    [
        (converter, "_bounds", broken_bounds, {"type": "string", "minLength": 4, "maxLength": 5}),
        (converter._Converter, "_members", lambda self, *given: broken_required(*given), CITY),
        (Gate, "mask", lambda self, candidates: None, {"type": "integer"}),
    ],
)
def test_a_converter_that_forgets_fails_that_test(
    model: Model, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, broken: Callable[..., Any], schema: Any
) -> None:
    """Negative control: a bound, a required member, or the mask left out."""
    if owner is Gate:
        monkeypatch.setattr(Gate, "permits", lambda self, token: True)
        monkeypatch.setattr(Gate, "accept", lambda self, token: None)
    monkeypatch.setattr(owner, name, broken)
    texts = ended(model, structure.answer_grammar(schema, "schema"), range(40))
    assert texts
    assert not all(parses(text) and fits(json.loads(text), schema) for text in texts)


def parses(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def test_half_characters_would_break_the_text(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: llama.cpp's own check takes a quote for the second half of a character."""
    grammar = structure.answer_grammar({"type": "string", "minLength": 6, "maxLength": 12}, "schema")
    bytes_only = {token: 100.0 for token in range(model.vocab_size) if len(model.token_bytes(token)) == 1}
    biased = {"logit_bias": tuple(bytes_only.items())}
    assert all(parses(text) for text in ended(model, grammar, range(20), **biased))
    monkeypatch.setattr(Gate, "_writes_well", lambda self, token: True)
    with pytest.raises((UnicodeDecodeError, AssertionError)):
        assert all(parses(text) for text in ended(model, grammar, range(40), **biased))


def test_calls_are_held_to_the_tools_and_text_is_free(model: Model) -> None:
    tools = (ToolSpec("weather", "", CITY), ToolSpec("now", ""))
    call = {"logit_bias": tuple((token, 12.0) for token in model.tokenize("<tool_call>", False))}
    free = structure.call_grammar(tools)
    for seed in range(10):
        text, _ = walk(model, free, seed, **call)
        for each in text.split("<tool_call>")[1:]:
            body, closing, _ = each.rpartition("</tool_call>") if "</tool_call>" in each else (each, "", "")
            if closing:
                asked = json.loads(body)
                assert asked["name"] in ("weather", "now")
                assert fits(asked["arguments"], CITY if asked["name"] == "weather" else {"type": "object"})
    forced = ended(model, structure.forced_grammar(tools, several=False, only="now"), range(5))
    assert {text.replace(" ", "").replace("\n", "") for text in forced} == {
        '<tool_call>{"name":"now","arguments":{}}</tool_call>'
    }


def test_a_place_where_nothing_fits_is_an_error_not_a_crash(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Gate, "permits", lambda self, token: False)
    with pytest.raises(EngineFailure, match="as its structure demands"):
        walk(model, structure.answer_grammar({"type": "integer"}, "schema"), 0)


def test_a_grammar_that_is_none_is_an_error_not_a_crash(model: Model) -> None:
    with pytest.raises(EngineFailure, match="refused the grammar"):
        walk(model, Grammar("root ::= (", "always"), 0)


class Still:
    """A context that always says the same: token 300, then 301 a little less, the rest far behind."""

    handle = None

    def __init__(self, model: Model) -> None:
        self._logits = np.full(model.vocab_size, -10.0, np.float32)
        self._logits[300], self._logits[301] = 2.0, 1.5

    def logits(self, row: int = -1) -> Any:
        return self._logits


@pytest.mark.parametrize(
    ("adjustment", "expected"),
    [
        ({}, [300, 300, 300]),
        ({"presence_penalty": 1.0}, [300, 301, 300]),
        ({"frequency_penalty": 0.4}, [300, 300, 301]),
        ({"repetition_penalty": 1.5}, [300, 301, 300]),
        ({"logit_bias": ((301, 1.0),)}, [301, 301, 301]),
        ({"logit_bias": ((300, -100.0), (301, -100.0), (302, 5.0))}, [302, 302, 302]),
        ({"dry_multiplier": 5.0, "dry_allowed_length": 1, "dry_breakers": ()}, [300, 300, 301]),
        ({"dry_multiplier": 5.0, "dry_allowed_length": 9, "dry_breakers": ()}, [300, 300, 300]),
        ({"temperature": 1e-30}, [300, 300, 300]),
    ],
)
def test_each_adjustment_does_what_it_says(model: Model, adjustment: dict[str, Any], expected: list[int]) -> None:
    """The first row is the negative control: nothing asked, nothing changed."""
    sampler = Sampler(Sampling(grammar=Grammar("root ::= [^\\x00]*"), **adjustment), model)
    try:
        assert [sampler.draw(cast(Context, Still(model))) for _ in expected] == expected
    finally:
        sampler.close()
