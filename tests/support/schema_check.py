"""A small JSON-schema validator and random schemas of what ``a3x.engine.schema`` enforces. Written apart from it, to judge it."""

from __future__ import annotations

import datetime
import re
from typing import Any

from hypothesis import strategies as st

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "null": (type(None),),
}


def fits(value: Any, schema: Any, root: Any = None) -> bool:
    """Whether ``value`` is valid under ``schema``, as JSON schema 2020-12 means it."""
    root = schema if root is None else root
    if isinstance(schema, bool):
        return schema
    if "$ref" in schema:
        target = root
        for part in schema["$ref"].split("/")[1:]:
            target = target[part]
        return fits(value, target, root)
    if "anyOf" in schema and not any(fits(value, one, root) for one in schema["anyOf"]):
        return False
    if "oneOf" in schema and sum(fits(value, one, root) for one in schema["oneOf"]) != 1:
        return False
    if "const" in schema and not same(value, schema["const"]):
        return False
    if "enum" in schema and not any(same(value, one) for one in schema["enum"]):
        return False
    named = schema.get("type", list(TYPES))
    if not any(is_a(value, one) for one in (named if isinstance(named, list) else [named])):
        return False
    checks = {dict: object_fits, list: array_fits, str: string_fits}
    return checks[type(value)](value, schema, root) if type(value) in checks else True


def is_a(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, TYPES[kind])


def same(value: Any, other: Any) -> bool:
    return value == other and isinstance(value, bool) == isinstance(other, bool)


def object_fits(value: dict[str, Any], schema: dict[str, Any], root: Any) -> bool:
    known, extra = schema.get("properties", {}), schema.get("additionalProperties", True)
    return set(schema.get("required", ())) <= value.keys() and all(
        fits(one, known.get(name, extra), root) for name, one in value.items()
    )


def array_fits(value: list[Any], schema: dict[str, Any], root: Any) -> bool:
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        return False
    first = schema.get("prefixItems", [])
    pairs = zip(value, [*first, *[schema.get("items", True)] * len(value)], strict=False)
    return all(fits(one, each, root) for one, each in pairs)


def string_fits(value: str, schema: dict[str, Any], root: Any) -> bool:
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        return False
    if "pattern" in schema and not re.search(schema["pattern"], value, re.ASCII):
        return False
    return "format" not in schema or well_formed(value, schema["format"])


def well_formed(value: str, form: str) -> bool:
    if form == "uuid":
        return re.fullmatch("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", value) is not None
    date, _, time = value.partition("T") if form == "date-time" else (value, "", value)
    try:
        if form != "time" and date[5:] != "02-29" and date[:4] != "0000":
            datetime.date.fromisoformat(date)
        if form != "date":
            datetime.time.fromisoformat(time)
    except ValueError:
        return False
    return True


names = st.text(st.sampled_from('abé"\\ x'), max_size=3)
literals = st.none() | st.booleans() | st.integers(-99, 99) | names | st.lists(st.integers(0, 9), max_size=2)
texts = st.one_of(
    st.just({}),
    st.tuples(st.integers(0, 3), st.integers(3, 6)).map(lambda pair: {"minLength": pair[0], "maxLength": pair[1]}),
    st.sampled_from(["date", "time", "date-time", "uuid"]).map(lambda form: {"format": form}),
    st.sampled_from(
        ["^[a-z]+(-[a-z]+)*$", r"^\d{2,4}$", 'a"b', r"^(\\|[^a-z]){1,3}$", r"^(x|xy|\w*z)$", "^.?$", r"^(a?){1,5}b$"]
    ).map(lambda pattern: {"pattern": pattern}),
).map(lambda bounds: {"type": "string", **bounds})
leaves = st.one_of(
    texts,
    st.sampled_from([{"type": one} for one in ("integer", "number", "boolean", "null")]),
    st.lists(literals, min_size=1, max_size=5).map(lambda values: {"enum": values}),
    literals.map(lambda value: {"const": value}),
    st.just({"type": ["integer", "null", "boolean"], "title": "several"}),
)


def _objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    def build(members: dict[str, Any], must: list[bool], extra: Any) -> dict[str, Any]:
        required = [name for name, wanted in zip(members, must, strict=False) if wanted]
        closed = {} if extra is None else {"additionalProperties": extra}
        return {"type": "object", "properties": members, "required": required, **closed}

    extras = st.sampled_from([None, False, {"type": "integer"}])
    return st.builds(build, st.dictionaries(names, inner, max_size=4), st.lists(st.booleans(), min_size=4), extras)


def _arrays(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    bounds = st.tuples(st.integers(0, 2), st.integers(2, 4))
    plain = st.builds(
        lambda items, low_high: {"type": "array", "items": items, "minItems": low_high[0], "maxItems": low_high[1]},
        inner,
        bounds,
    )
    tuples = st.lists(inner, min_size=1, max_size=3).map(
        lambda parts: {"type": "array", "prefixItems": parts, "items": False, "minItems": len(parts)}
    )
    return plain | tuples


def _unions(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, min_size=1, max_size=3).map(lambda ways: {"anyOf": ways})


schemas = st.recursive(leaves, lambda inner: _objects(inner) | _arrays(inner) | _unions(inner), max_leaves=8)
