"""JSON schema → GBNF. A keyword that the grammar cannot enforce is refused by name and place, never ignored.

What the grammar makes is always valid under the schema; not everything valid can be made: members come in the order in which
they are declared, an object with ``properties`` has no others unless ``additionalProperties`` is a schema, text is on one line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from a3x.engine.gbnf import MAX_REPEAT, Rules, json_text
from a3x.engine.pattern import pattern_rule
from a3x.errors import BadRequest, Unsupported

ANNOTATIONS = frozenset(
    {
        "title",
        "description",
        "default",
        "example",
        "examples",
        "deprecated",
        "readOnly",
        "writeOnly",
        "discriminator",
        "$comment",
        "$schema",
        "$defs",
        "definitions",
    }
)
"""Keywords that allow and forbid nothing."""

BY_TYPE: dict[str, frozenset[str]] = {
    "object": frozenset({"properties", "required", "additionalProperties"}),
    "array": frozenset({"items", "prefixItems", "minItems", "maxItems", "uniqueItems"}),
    "string": frozenset({"minLength", "maxLength", "pattern", "format"}),
    "number": frozenset(),
    "integer": frozenset(),
    "boolean": frozenset(),
    "null": frozenset(),
}
FORMATS = frozenset({"date", "time", "date-time", "uuid"})
COMBINERS = ("$ref", "anyOf", "oneOf", "allOf")
MAX_DEPTH = 64
MAX_PROPERTIES = 256
MAX_ALTERNATIVES = 256
MAX_ENUM = 10_000
MAX_SPREAD = 64
"""Readings of one beginning that llama.cpp may have to follow at once: alternatives that begin alike multiply as they nest."""


def schema_rule(schema: Any, where: str, rules: Rules) -> str:
    """The name of a rule for the JSON text of a value of ``schema``; ``where`` leads to the schema in the request.

    Raises Unsupported for a keyword that cannot be enforced, BadRequest for what is no schema or too big.
    """
    return _Converter(schema, where, rules).visit(schema, where, 0)


class _Converter:
    def __init__(self, root: Any, where: str, rules: Rules) -> None:
        self._root = root
        self._where = where
        self._rules = rules
        self._refs: dict[str, str] = {}
        self._unguarded: frozenset[str] = frozenset()
        self._spread = self._widest = 1
        self._spread_of: dict[str, int] = {}
        """Of a reference: how far it spreads inside; while it is being followed, minus the spread where it began."""

    def visit(self, schema: Any, where: str, depth: int) -> str:
        if depth > MAX_DEPTH:
            raise BadRequest(f"{where}: nested deeper than {MAX_DEPTH}", param=where)
        if schema is True:
            return "value"
        if schema is False:
            raise BadRequest(f"{where}: false allows no value at all", param=where)
        if not isinstance(schema, dict):
            raise BadRequest(f"{where}: a schema is an object or true", param=where)
        kept = {key: value for key, value in schema.items() if key not in ANNOTATIONS}
        for combiner in COMBINERS:
            if combiner in kept:
                return self._combined(combiner, kept, where, depth)
        if "const" in kept or "enum" in kept:
            return self._literals(kept, where)
        types = self._types(kept, where)
        self._refuse_strangers(kept, types, where)
        if not types:
            return "value"
        return self._either([self._of_type(one, kept, where, depth) for one in types])

    def _types(self, schema: Mapping[str, Any], where: str) -> list[str]:
        """The types a schema allows; [] for any. Without ``type``, keywords of one type only stand for that type."""
        if "type" in schema:
            named = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
            if not named or any(not isinstance(one, str) or one not in BY_TYPE for one in named):
                raise BadRequest(f"{where}.type: one or more of {', '.join(BY_TYPE)}", param=f"{where}.type")
            return list(dict.fromkeys(named))
        return [one for one, keywords in BY_TYPE.items() if keywords & schema.keys()]

    def _refuse_strangers(self, schema: Mapping[str, Any], types: list[str], where: str) -> None:
        if len(types) > 1 and "type" not in schema:
            raise BadRequest(f"{where}: keywords of {' and '.join(types)}, but no type", param=where)
        known = {"type"}.union(*(BY_TYPE[one] for one in types))
        for key in schema:
            if key not in known:
                self._refuse(key, where, f" for {' or '.join(types)}" if types else "")

    def _refuse(self, key: str, where: str, why: str = "") -> None:
        raise Unsupported(f"{where}: the schema keyword {key!r} cannot be enforced{why}", param=f"{where}.{key}")

    def _of_type(self, kind: str, schema: Mapping[str, Any], where: str, depth: int) -> str:
        if kind == "object" and BY_TYPE["object"] & schema.keys():
            return self._guarded(self._object, schema, where, depth)
        if kind == "array" and BY_TYPE["array"] & schema.keys():
            return self._guarded(self._array, schema, where, depth)
        if kind == "string":
            return self._string(schema, where)
        return kind

    def _guarded(self, visit: Any, schema: Mapping[str, Any], where: str, depth: int) -> str:
        """Inside brackets a schema may refer to itself: a character has been written."""
        before, self._unguarded = self._unguarded, frozenset()
        try:
            return visit(schema, where, depth)
        finally:
            self._unguarded = before

    # --- combinations ------------------------------------------------------------------------------------------------

    def _combined(self, combiner: str, schema: Mapping[str, Any], where: str, depth: int) -> str:
        for key in schema:
            if key != combiner:
                self._refuse(key, where, f" beside {combiner}")
        inner, path = schema[combiner], f"{where}.{combiner}"
        if combiner == "$ref":
            return self._ref(inner, path, depth)
        if not isinstance(inner, list) or not inner:
            raise BadRequest(f"{path}: must be a list of schemas", param=path)
        if len(inner) > MAX_ALTERNATIVES:
            raise BadRequest(f"{path}: {len(inner)} alternatives; the limit is {MAX_ALTERNATIVES}", param=path)
        if combiner == "allOf" and len(inner) > 1:
            self._refuse("allOf", where, " with more than one schema")
        if combiner == "oneOf" and not self._disjoint(inner):
            self._refuse(
                "oneOf", where, ": one value may match two of its schemas; say anyOf, or give them a const that differs"
            )
        before, self._spread = self._spread, self._spread * self._alike(inner)
        self._check_spread(self._spread, path)
        names = [self.visit(one, f"{path}[{index}]", depth + 1) for index, one in enumerate(inner)]
        self._spread = before
        return self._either(names)

    def _check_spread(self, spread: int, where: str) -> None:
        self._widest = max(self._widest, spread)
        if spread > MAX_SPREAD:
            raise BadRequest(
                f"{where}: too many alternatives begin alike; give each a first required member with a const of its own",
                param=where,
            )

    def _alike(self, schemas: list[Any]) -> int:
        """How many of ``schemas`` at most cannot be told apart by how their texts begin."""
        plain = [self._plain(one) for one in schemas]
        open_ended = [one for one in plain if "object" in _brackets(one) or "array" in _brackets(one)]
        return max([1, *(sum(not _begin_apart(one, other) for other in open_ended) for one in open_ended)])

    def _either(self, names: list[str]) -> str:
        return names[0] if len(names) == 1 else self._rules.add(" | ".join(dict.fromkeys(names)))

    def _ref(self, ref: Any, where: str, depth: int) -> str:
        if not isinstance(ref, str) or not (ref == "#" or ref.startswith("#/")):
            raise Unsupported(f"{where}: only references inside this schema are followed (#/…)", param=where)
        if ref in self._unguarded:
            raise BadRequest(f"{where}: {ref} refers to itself and to nothing else", param=where)
        if ref not in self._refs:
            self._refs[ref] = self._rules.reserve()
            self._follow(ref, where, depth)
        elif self._spread_of[ref] < 0 and self._spread > -self._spread_of[ref]:
            self._check_spread(MAX_SPREAD + 1, where)  # each turn of the recursion would multiply the readings
        else:
            self._check_spread(self._spread * max(1, self._spread_of[ref]), where)
        return self._refs[ref]

    def _follow(self, ref: str, where: str, depth: int) -> None:
        unguarded, widest = self._unguarded, self._widest
        self._unguarded, self._widest, self._spread_of[ref] = unguarded | {ref}, self._spread, -self._spread
        body = self.visit(self._resolve(ref, where), where, depth + 1)
        self._spread_of[ref] = self._widest // self._spread
        self._unguarded, self._widest = unguarded, max(widest, self._widest)
        self._rules.define(self._refs[ref], body)

    def _resolve(self, ref: str, where: str) -> Any:
        """RFC 6901, without percent signs."""
        found = self._root
        for part in ref.split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            if isinstance(found, dict) and key in found:
                found = found[key]
            elif isinstance(found, list) and key.isdecimal() and len(key) < 6 and int(key) < len(found):
                found = found[int(key)]
            else:
                raise BadRequest(f"{where}: there is no {ref} in this schema", param=where)
        return found

    def _disjoint(self, schemas: list[Any]) -> bool:
        """Whether no value can match two of ``schemas``: other types, or another constant in a member all require."""
        plain = [self._plain(one) for one in schemas]
        kinds = [_kinds(one) for one in plain]
        if all(kinds) and sum(len(one) for one in kinds) == len(frozenset().union(*kinds)):
            return True
        tags = [{key: _constants(one, key) for key in _required(one)} for one in plain]
        shared = frozenset(tags[0]).intersection(*tags)
        return any(_apart([tag[key] for tag in tags]) for key in shared)

    def _plain(self, schema: Any) -> Mapping[str, Any]:
        """``schema`` with one step of reference followed."""
        if isinstance(schema, dict) and isinstance(ref := schema.get("$ref"), str) and ref.startswith("#"):
            schema = self._resolve(ref, self._where)
        return schema if isinstance(schema, dict) else {}

    # --- values ------------------------------------------------------------------------------------------------------

    def _literals(self, schema: Mapping[str, Any], where: str) -> str:
        for key in schema:
            if key not in ("const", "enum", "type"):
                self._refuse(key, where, " beside const or enum")
        values = schema.get("enum", [schema.get("const")])
        if not isinstance(values, list) or not 0 < len(values) <= MAX_ENUM:
            raise BadRequest(f"{where}.enum: a list of 1 to {MAX_ENUM} values", param=f"{where}.enum")
        if "const" in schema:
            values = [value for value in values if _same(value, schema["const"])]
        types = self._types(schema, where) if "type" in schema else []
        allowed = [value for value in values if not types or _is_one_of(value, types)]
        if not allowed:
            raise BadRequest(f"{where}: const, enum and type leave no value", param=where)
        return self._rules.one_of(json_text(value) for value in allowed)

    def _string(self, schema: Mapping[str, Any], where: str) -> str:
        bounds = {"minLength", "maxLength"} & schema.keys()
        if ("pattern" in schema) + ("format" in schema) + bool(bounds) > 1:
            self._refuse(
                "pattern" if "pattern" in schema else "format", where, " together with another bound of the text"
            )
        if "format" in schema:
            if schema["format"] not in FORMATS:
                raise Unsupported(
                    f"{where}: format {schema['format']!r} cannot be enforced, only {', '.join(sorted(FORMATS))}",
                    param=f"{where}.format",
                )
            return self._rules.add(rf'"\"" {schema["format"]} "\""')
        if "pattern" in schema:
            return self._rules.add(rf'"\"" {pattern_rule(schema["pattern"], f"{where}.pattern", self._rules)} "\""')
        if not bounds:
            return "string"
        return self._rules.add(rf'"\"" {self._rules.repeat("char", *_bounds(schema, "Length", where))} "\""')

    def _array(self, schema: Mapping[str, Any], where: str, depth: int) -> str:
        if schema.get("uniqueItems"):
            self._refuse("uniqueItems", where)
        low, high = _bounds(schema, "Items", where)
        if "prefixItems" in schema:
            return self._tuple(schema, low, high, where, depth)
        if schema.get("items") is False:
            high = 0 if low == 0 else -1
        if high == -1:
            raise BadRequest(f"{where}: no items are allowed, but minItems asks for some", param=where)
        if high == 0:
            return self._rules.add('"[]"')
        item = self.visit(schema.get("items", True), f"{where}.items", depth + 1)
        more = self._rules.add(f"comma {item}")
        rest = self._rules.repeat(more, max(0, low - 1), None if high is None else high - 1)
        return self._rules.add(f'"[" {item} {rest} "]"' if low else f'"[" ({item} {rest})? "]"')

    def _tuple(self, schema: Mapping[str, Any], low: int, high: int | None, where: str, depth: int) -> str:
        """All of ``prefixItems`` and nothing after them."""
        parts, path = schema["prefixItems"], f"{where}.prefixItems"
        if not isinstance(parts, list) or not 0 < len(parts) <= MAX_ALTERNATIVES:
            raise BadRequest(f"{path}: a list of 1 to {MAX_ALTERNATIVES} schemas", param=path)
        if low > len(parts) or (high is not None and high < len(parts)):
            self._refuse("minItems" if low > len(parts) else "maxItems", where, " beside prefixItems of another length")
        if schema.get("items", False) is not False:
            self._refuse("items", where, " beside prefixItems, unless it is false")
        names = [self.visit(part, f"{path}[{index}]", depth + 1) for index, part in enumerate(parts)]
        return self._rules.add(f'"[" {" comma ".join(names)} "]"')

    # --- objects -----------------------------------------------------------------------------------------------------

    def _object(self, schema: Mapping[str, Any], where: str, depth: int) -> str:
        properties, required, extra = self._members(schema, where)
        named = [
            (self._member(json_text(name), self.visit(one, f"{where}.properties.{name}", depth + 1)), name in required)
            for name, one in properties.items()
        ]
        after = first = self._rules.add('""')
        if isinstance(extra, dict):
            value = self.visit(extra, f"{where}.additionalProperties", depth + 1)
            member = self._rules.add(f"{_other_key(list(properties), self._rules)} colon {value}")
            after = self._rules.add(f"(comma {member})*")
            first = self._rules.add(f"({member} {after})?")
        elif extra is True and not properties:
            return "object"
        for member, must in reversed(
            named
        ):  # each member leads to what may follow it: rules grow with their number only
            first_with, after_with = f"{member} {after}", f"comma {member} {after}"
            first = self._rules.add(first_with if must else f"{first_with} | {first}")
            after = self._rules.add(after_with if must else f"{after_with} | {after}")
        return self._rules.add(f'"{{" {first} "}}"')

    def _member(self, key: str, value: str) -> str:
        return self._rules.add(f"{self._rules.one_of([key])} colon {value}")

    def _members(self, schema: Mapping[str, Any], where: str) -> tuple[dict[str, Any], frozenset[str], Any]:
        properties, required = schema.get("properties", {}), schema.get("required", [])
        extra = schema.get("additionalProperties", "properties" not in schema)
        if not isinstance(properties, dict):
            raise BadRequest(f"{where}.properties: must be an object of schemas", param=f"{where}.properties")
        if not isinstance(required, list) or not all(isinstance(name, str) for name in required):
            raise BadRequest(f"{where}.required: must be a list of names", param=f"{where}.required")
        if not isinstance(extra, (bool, dict)):
            raise BadRequest(
                f"{where}.additionalProperties: a schema or a boolean", param=f"{where}.additionalProperties"
            )
        for name in required:
            if name not in properties:
                if extra is False and "additionalProperties" in schema:
                    raise BadRequest(
                        f"{where}.required: {name!r} is not among the properties", param=f"{where}.required"
                    )
                properties = {**properties, name: extra if isinstance(extra, dict) else True}
        if len(properties) > MAX_PROPERTIES:
            raise BadRequest(f"{where}: {len(properties)} properties; the limit is {MAX_PROPERTIES}", param=where)
        return properties, frozenset(required), extra


def _bounds(schema: Mapping[str, Any], what: str, where: str) -> tuple[int, int | None]:
    """``min…`` and ``max…`` as numbers, no maximum as None."""
    low, high = schema.get(f"min{what}", 0), schema.get(f"max{what}")
    for name, value in ((f"min{what}", low), (f"max{what}", high)):
        good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_REPEAT
        if not good and (value is not None or name in schema):
            raise BadRequest(f"{where}.{name}: an integer from 0 to {MAX_REPEAT}", param=f"{where}.{name}")
    if high is not None and high < low:
        raise BadRequest(f"{where}: min{what} is more than max{what}", param=where)
    return low, high


def _other_key(names: list[str], rules: Rules) -> str:
    """A rule for a quoted key, without escapes, that is none of ``names``."""
    return rules.add(rf'"\"" {_other_than([name for name in names if name], rules, "" in names)}')


def _other_than(endings: list[str], rules: Rules, forbidden: bool) -> str:
    """A rule for characters and the closing quote that spell none of ``endings``; nothing at all, if ``forbidden``, neither."""
    heads: dict[str, list[str]] = {}
    for ending in endings:
        heads.setdefault(ending[0], []).append(ending[1:])
    ways = [
        f"{_class(head)} {_other_than([rest for rest in rests if rest], rules, '' in rests)}"
        for head, rests in heads.items()
        if head not in '"\\' and ord(head) >= 0x20
    ]
    others = "".join(f"\\U{ord(head):08X}" for head in heads)
    ways.append(rf'[^"\\\x00-\x1F\x7F{others}] [^"\\\x00-\x1F\x7F]* "\""')
    if not forbidden:
        ways.append(r'"\""')
    return rules.add(" | ".join(ways))


def _class(character: str) -> str:
    return f"[\\U{ord(character):08X}]"


def _kinds(schema: Mapping[str, Any]) -> frozenset[str]:
    """Names of the JSON types a schema allows, "integer" counted as number; empty if unknown."""
    if "const" in schema or "enum" in schema:
        values = schema.get("enum", [schema.get("const")])
        return frozenset(_kind(value) for value in values) if isinstance(values, list) else frozenset()
    named = schema.get("type", [])
    listed = [named] if isinstance(named, str) else named if isinstance(named, list) else []
    return frozenset("number" if one == "integer" else str(one) for one in listed)


def _required(schema: Mapping[str, Any]) -> list[str]:
    required = schema.get("required", [])
    return [name for name in required if isinstance(name, str)] if isinstance(required, list) else []


def _constants(schema: Mapping[str, Any], key: str) -> list[str]:
    """JSON texts of the constants that the member ``key`` may be; [] if it is no constant."""
    properties = schema.get("properties", {})
    member = properties.get(key, {}) if isinstance(properties, dict) else {}
    if not isinstance(member, dict) or not ("const" in member or isinstance(member.get("enum"), list)):
        return []
    return [json_text(value) for value in member.get("enum", [member.get("const")])]


def _apart(sets: list[list[str]]) -> bool:
    return all(sets) and sum(len(set(one)) for one in sets) == len(set().union(*sets))


def _brackets(schema: Mapping[str, Any]) -> set[str]:
    """The types with brackets among what ``schema`` may begin with; both, if it hides behind another combination."""
    if "const" in schema or "enum" in schema:
        return set()
    named = schema.get("type")
    if named is None:
        keywords = {kind for kind in ("object", "array") if BY_TYPE[kind] & schema.keys()}
        others = BY_TYPE["string"] & schema.keys()
        return keywords if keywords or others else {"object", "array"}
    return {one for one in (named if isinstance(named, list) else [named]) if one in ("object", "array")}


def _begin_apart(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether the first characters of two values tell which schema they follow: another bracket, first name or first constant."""
    if one is other:
        return False
    if not _brackets(one) & _brackets(other):
        return True
    if _brackets(one) != {"object"} or _brackets(other) != {"object"}:
        return False
    first, second = _first_member(one), _first_member(other)
    if first is None or second is None:
        return False
    return first != second or _apart([_constants(one, first), _constants(other, second)])


def _first_member(schema: Mapping[str, Any]) -> str | None:
    """The name that every object of ``schema`` begins with, if there is one."""
    properties = schema.get("properties")
    first = next(iter(properties), None) if isinstance(properties, dict) else None
    return first if first in _required(schema) else None


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    kinds = {str: "string", int: "number", float: "number", list: "array"}
    return kinds.get(type(value), "object")


def _is_one_of(value: Any, types: list[str]) -> bool:
    if _kind(value) == "number" and "integer" in types and "number" not in types:
        return float(value).is_integer()
    return _kind(value) in {"number" if one == "integer" else one for one in types}


def _same(value: Any, other: Any) -> bool:
    return value == other and _kind(value) == _kind(other)
