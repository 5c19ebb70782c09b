"""GBNF rules under construction, bounded. Knows the notation (llama.cpp, grammars/README.md), nothing of JSON schema."""

from __future__ import annotations

import json
from collections.abc import Iterable

from a3x.errors import BadRequest

MAX_BYTES = 256 * 1024
MAX_RULES = 5_000
MAX_REPEAT = 2_000
"""llama.cpp takes a larger bound for no bound at all."""
MAX_REPEATS = 20_000
"""The sum of all bounds: llama.cpp writes a rule for each."""
TRIE_DEPTH = 64

PRIMITIVES = {
    "char": r'[^"\\\x00-\x1F\x7F] | "\\" (["\\/bfnrt] | "u" ([0-9a-cA-CefEF] hex | [dD] [0-7]) hex hex)',
    "hex": "[0-9a-fA-F]",
    "string": r'"\"" char* "\""',
    "digits": "[0-9] [0-9]{0,15}",
    "integer": '"-"? ("0" | [1-9] [0-9]{0,15})',
    "number": 'integer ("." digits)? ([eE] [-+]? [0-9] [0-9]?)?',
    "boolean": '"true" | "false"',
    "null": '"null"',
    "value": "object | array | string | number | boolean | null",
    "member": "string colon value",
    "object": '"{" (member (comma member)*)? "}"',
    "array": '"[" (value (comma value)*)? "]"',
    "name-key": r'"\"name\"" colon',
    "arguments-key": r'"\"arguments\"" colon',
    "newline": r'"\n"?',
    "colon": '":" " "?',
    "comma": '"," " "?',
    "year": "[0-9] [0-9] [0-9] [0-9]",
    "day": '"0" [1-9] | [12] [0-9]',
    "month-day": '("0" [13578] | "1" [02]) "-" (day | "3" [01]) | ("0" [469] | "11") "-" (day | "30") | "02-" day',
    "date": 'year "-" month-day',
    "minutes": '([01] [0-9] | "2" [0-3]) ":" [0-5] [0-9]',
    "time": 'minutes ":" [0-5] [0-9] ("." [0-9]{1,6})? ("Z" | [-+] minutes)',
    "date-time": 'date "T" time',
    "uuid": 'hex{8} "-" hex{4} "-" hex{4} "-" hex{4} "-" hex{12}',
}
"""JSON on one line, at most one space after a colon or a comma, no lone surrogates, numbers that a double can hold."""


class Rules:
    """Named rules. Adding raises BadRequest once there are too many; ``where`` names the schema in the message."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._bodies: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._bytes = 0
        self._repeats = 0

    def add(self, body: str) -> str:
        """The name of a rule with this body."""
        if body not in self._names:
            self._names[body] = self.define(self.reserve(), body)
        return self._names[body]

    def reserve(self) -> str:
        """A name for a rule that refers to itself; ``define`` it later."""
        name = f"r{len(self._bodies)}"
        self._bodies[name] = ""
        self._count(MAX_RULES - len(self._bodies), f"more than {MAX_RULES} rules")
        return name

    def define(self, name: str, body: str) -> str:
        self._bodies[name] = body
        self._bytes += len(name) + len(body.encode()) + 6
        self._count(MAX_BYTES - self._bytes, f"more than {MAX_BYTES} bytes of grammar")
        return name

    def repeat(self, item: str, low: int, high: int | None) -> str:
        """The name of a rule for ``item`` at least ``low`` and at most ``high`` times."""
        most = low if high is None else high
        self._repeats += most
        self._count(MAX_REPEAT - most, f"a repetition of more than {MAX_REPEAT}")
        self._count(MAX_REPEATS - self._repeats, f"more than {MAX_REPEATS} repetitions in all")
        if high == 0:
            return self.add('""')
        return self.add(f"{item}{{{low},{'' if high is None else high}}}")

    def one_of(self, texts: Iterable[str]) -> str:
        """The name of a rule for any of ``texts``; common beginnings are written once, so few states live at a time."""
        return self._trie(sorted(set(texts)), 0)

    def text(self, root: str) -> str:
        """The whole grammar, beginning at the rule ``root``."""
        written = {"root": root, **self._bodies, **PRIMITIVES}
        return "".join(f"{name} ::= {body}\n" for name, body in written.items())

    def _trie(self, texts: list[str], depth: int) -> str:
        prefix = _common(texts[0], texts[-1])
        if len(texts) == 1 or depth > TRIE_DEPTH:
            return self.add(" | ".join(quoted(text) for text in texts))
        groups: dict[str, list[str]] = {}
        for text in texts:
            rest = text[len(prefix) :]
            groups.setdefault(rest[:1], []).append(rest)
        branches = [self._trie(group, depth + 1) if start else '""' for start, group in groups.items()]
        return self.add(f"{quoted(prefix)} ({' | '.join(branches)})")

    def _count(self, left: int, excess: str) -> None:
        if left < 0:
            raise BadRequest(f"{self._where} is too big to be enforced: it makes {excess}", param=self._where)


def _common(first: str, last: str) -> str:
    """What two texts begin with; of a sorted list's ends, what all in it begin with."""
    size = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    return first[:size]


def quoted(text: str) -> str:
    """A GBNF literal that matches ``text``."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'


def json_text(value: object) -> str:
    """A value as the grammar wants it written: one line, a space after colon and comma, accents kept."""
    return json.dumps(value, ensure_ascii=False)
