"""Schemas become bounded grammars, or errors that name the place. What llama.cpp makes of them: tests/integration."""

from __future__ import annotations

from typing import Any

import pytest

from a3x.engine import structure
from a3x.engine.gbnf import MAX_BYTES, quoted
from a3x.engine.schema import ANNOTATIONS, BY_TYPE, COMBINERS
from a3x.errors import BadRequest, Unsupported
from a3x.types import ToolSpec

KEYWORDS = [
    "not",
    "if",
    "then",
    "else",
    "dependentSchemas",
    "dependentRequired",
    "patternProperties",
    "propertyNames",
    "minProperties",
    "maxProperties",
    "contains",
    "minContains",
    "maxContains",
    "unevaluatedItems",
    "unevaluatedProperties",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "$anchor",
    "$dynamicRef",
    "$id",
    "whatever",
]
"""JSON schema 2020-12 and a stranger, less what is enforced."""


@pytest.mark.parametrize("keyword", KEYWORDS)
@pytest.mark.parametrize("kind", [None, "object", "array", "string", "integer"])
def test_a_keyword_that_is_not_enforced_is_refused_by_name(keyword: str, kind: str | None) -> None:
    inner = {keyword: 1} if kind is None else {"type": kind, keyword: 1}
    with pytest.raises(Unsupported) as refused:
        structure.answer_grammar({"type": "object", "properties": {"a": inner}}, "schema")
    assert refused.value.param == f"schema.properties.a.{keyword}"
    assert keyword in refused.value.message


def test_no_keyword_is_both_enforced_and_refused() -> None:
    enforced = ANNOTATIONS.union(COMBINERS, ["type", "enum", "const"], *BY_TYPE.values())
    assert not enforced & set(KEYWORDS)


@pytest.mark.parametrize(
    ("schema", "word"),
    [
        (7, "a schema is an object"),
        (False, "no value"),
        ({"type": "text"}, "type"),
        ({"type": []}, "type"),
        ({"enum": []}, "enum"),
        ({"type": "string", "enum": [1]}, "leave no value"),
        ({"const": 1, "enum": [2]}, "leave no value"),
        ({"const": True, "enum": [1]}, "leave no value"),
        ({"anyOf": []}, "list of schemas"),
        ({"anyOf": [{}], "type": "string"}, "beside anyOf"),
        ({"allOf": [{}, {}]}, "allOf"),
        ({"oneOf": [{"type": "integer"}, {"type": "number"}]}, "oneOf"),
        ({"$ref": "#/$defs/nobody"}, "there is no"),
        ({"$ref": "other.json"}, "inside this schema"),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}, "refers to itself"),
        ({"minLength": 1, "minItems": 1}, "no type"),
        ({"type": "string", "minLength": 3, "maxLength": 2}, "more than"),
        ({"type": "string", "maxLength": True}, "integer"),
        ({"type": "string", "format": "email"}, "email"),
        ({"type": "string", "pattern": "a", "maxLength": 2}, "pattern"),
        ({"type": "array", "uniqueItems": True}, "uniqueItems"),
        ({"type": "array", "prefixItems": [{}], "maxItems": 0}, "maxItems"),
        ({"type": "array", "items": False, "minItems": 1}, "no items"),
        ({"properties": {}, "required": ["a"], "additionalProperties": False}, "not among"),
        ({"properties": {str(number): {} for number in range(257)}}, "257 properties"),
        ({"type": "string", "pattern": "(?!a)"}, "look-around"),
        ({"type": "string", "pattern": r"(a)\1"}, "pattern"),
        ({"type": "string", "pattern": "[z-a]"}, "backwards"),
        ({"type": "string", "pattern": "^a|b$"}, "beside '|'"),
        ({"type": "string", "pattern": "a{3,1}"}, "repetition"),
        ({"type": "string", "pattern": "^(.{1,99}){1,99}$"}, "too"),
        ({"type": "string", "pattern": r"^\x01$"}, "no text"),
    ],
)
def test_what_is_no_schema_or_says_nothing_is_told(schema: Any, word: str) -> None:
    with pytest.raises(BadRequest) as refused:
        structure.answer_grammar(schema, "schema")
    assert word in refused.value.message
    assert (refused.value.param or "").startswith("schema")


def test_one_of_is_taken_when_a_constant_tells_them_apart() -> None:
    def tagged(tag: str) -> dict[str, Any]:
        return {"properties": {"kind": {"const": tag}}, "required": ["kind"]}

    structure.answer_grammar({"oneOf": [tagged("a"), tagged("b")]}, "schema")
    with pytest.raises(Unsupported):
        structure.answer_grammar({"oneOf": [tagged("a"), tagged("a")]}, "schema")


def test_grammars_are_bounded_and_grow_with_the_schema_only() -> None:
    wide = {"properties": {f"p{number}": {"type": "integer"} for number in range(256)}}
    assert len(structure.answer_grammar(wide, "schema").gbnf) < 64 * 1024
    with pytest.raises(BadRequest, match=str(MAX_BYTES)):
        structure.answer_grammar({"enum": [str(number) * 20 for number in range(9_000)]}, "schema")


def test_names_of_tools_are_checked_and_errors_say_which() -> None:
    with pytest.raises(BadRequest) as refused:
        structure.call_grammar((ToolSpec("fine"), ToolSpec("not fine")))
    assert refused.value.param == "tools[1].function.name"
    with pytest.raises(Unsupported) as unsupported:
        structure.call_grammar((ToolSpec("f", "", {"properties": {"a": {"minimum": 1}}}),))
    assert unsupported.value.param == "tools[0].function.parameters.properties.a.minimum"


def test_literals_are_escaped() -> None:
    assert quoted('a"b\\c\nd') == r'"a\"b\\c\nd"'
