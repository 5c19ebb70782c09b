"""Regular expressions of JSON schemas (ECMA-262) → GBNF. What a grammar cannot say, such as look-around, is refused.

An expression becomes a deterministic automaton and each of its states a rule, so that one state lives at a time however
ambiguous the expression: llama.cpp follows all readings at once, and nested repetitions would have thousands. A rule matches
the text as it stands inside JSON quotes, so quotes, backslashes and line breaks appear escaped.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NoReturn

from a3x.engine.gbnf import MAX_REPEAT, Rules
from a3x.errors import BadRequest, Unsupported

Ranges = list[tuple[int, int]]
"""Inclusive ranges of code points."""

LAST = 0x10FFFF
DIGITS: Ranges = [(0x30, 0x39)]
WORD: Ranges = [(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)]
SPACES: Ranges = [(9, 13), (0x20, 0x20), (0xA0, 0xA0), (0x2028, 0x2029)]
SETS = {"d": DIGITS, "w": WORD, "s": SPACES}
CONTROLS = {"n": 10, "t": 9, "r": 13, "f": 12, "v": 11}
ESCAPED = {0x22: r'"\\\""', 0x5C: r'"\\\\"', 8: r'"\\b"', 9: r'"\\t"', 10: r'"\\n"', 12: r'"\\f"', 13: r'"\\r"'}
"""How a GBNF literal spells JSON's escape of a code point."""
UNWRITABLE: Ranges = [(0, 0x1F), (0x22, 0x22), (0x5C, 0x5C), (0x7F, 0x7F), (0xD800, 0xDFFF)]
MAX_DEPTH = 32
MAX_STATES = 4_000
MAX_WORK = 200_000
"""Steps of building the automaton, a fraction of a second."""
ANYTHING: Ranges = [(0, LAST)]


def pattern_rule(pattern: Any, where: str, rules: Rules) -> str:
    """The name of a rule for texts that ``pattern`` finds something in. BadRequest, Unsupported."""
    if not isinstance(pattern, str):
        raise BadRequest(f"{where}: must be a string", param=where)
    return _Automaton(where).rule(_Parser(pattern, where).whole(), rules)


@dataclass(frozen=True)
class _Node:
    """A part of an expression: one character of ``ranges``, or ``parts`` in a row, or one of them, or the first repeated."""

    kind: str
    parts: tuple[_Node, ...] = ()
    ranges: tuple[tuple[int, int], ...] = ()
    low: int = 1
    high: int | None = 1


ALL = _Node("repeat", (_Node("set", ranges=tuple(ANYTHING)),), low=0, high=None)


class _Parser:
    def __init__(self, pattern: str, where: str) -> None:
        self._text = pattern
        self._at = 0
        self._where = where

    def whole(self) -> _Node:
        begins, ends = self._text.startswith("^"), self._ends_anchored()
        self._at, end = int(begins), len(self._text) - int(ends)
        self._text = self._text[:end]
        body = self._ways(0)
        if self._at < end:
            raise BadRequest(f"{self._where}: a ')' without '('", param=self._where)
        if body.kind == "either" and (begins or ends):
            self._refuse("'^' or '$' beside '|' outside parentheses")
        return _Node("row", (*(() if begins else (ALL,)), body, *(() if ends else (ALL,))))

    def _ends_anchored(self) -> bool:
        body = self._text.removesuffix("$")
        return body != self._text and (len(body) - len(body.rstrip("\\"))) % 2 == 0

    def _refuse(self, what: str) -> NoReturn:
        raise Unsupported(f"{self._where}: a pattern with {what} cannot be enforced", param=self._where)

    def _next(self) -> str:
        """The character here, "" at the end."""
        return self._text[self._at : self._at + 1]

    def _take(self) -> str:
        if not self._next():
            raise BadRequest(f"{self._where}: the pattern ends too early", param=self._where)
        self._at += 1
        return self._text[self._at - 1]

    def _ways(self, depth: int) -> _Node:
        """What stands up to a ')' or the end."""
        if depth > MAX_DEPTH:
            raise BadRequest(f"{self._where}: parentheses deeper than {MAX_DEPTH}", param=self._where)
        found = [self._sequence(depth)]
        while self._next() == "|":
            self._take()
            found.append(self._sequence(depth))
        return found[0] if len(found) == 1 else _Node("either", tuple(found))

    def _sequence(self, depth: int) -> _Node:
        parts: list[_Node] = []
        while self._next() not in ("", "|", ")"):
            atom = self._atom(depth)
            low, high = self._quantifier()
            parts.append(atom if (low, high) == (1, 1) else _Node("repeat", (atom,), low=low, high=high))
        return _Node("row", tuple(parts))

    def _quantifier(self) -> tuple[int, int | None]:
        sign = self._next()
        if sign not in ("*", "+", "?", "{") or not sign:
            return 1, 1
        self._take()
        bounds: tuple[int, int | None] = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(sign, (0, None))
        if sign == "{":
            bounds = self._braces()
        if self._next() == "?":  # lazy: the same texts match
            self._take()
        return bounds

    def _braces(self) -> tuple[int, int | None]:
        low, comma, high = self._until("}").partition(",")
        numbers = [number for number in (low, high) if number]
        if not low or not all(number.isascii() and number.isdigit() and len(number) < 7 for number in numbers):
            self._refuse("'{' that is no repetition")
        least, most = int(low), int(high) if high else None if comma else int(low)
        if most is not None and not least <= most <= MAX_REPEAT:
            raise BadRequest(
                f"{self._where}: a repetition of {least} to {most}; the limit is {MAX_REPEAT}", self._where
            )
        return least, most

    def _until(self, mark: str) -> str:
        end = self._text.find(mark, self._at)
        if end < 0:
            raise BadRequest(f"{self._where}: there is no {mark!r}", param=self._where)
        found, self._at = self._text[self._at : end], end + 1
        return found

    def _atom(self, depth: int) -> _Node:
        character = self._take()
        if character == "(":
            return self._group(depth)
        if character == "[":
            return _set(self._class())
        if character == ".":
            return _set(_without(ANYTHING, [(10, 10), (13, 13), (0x2028, 0x2029)]))
        if character == "\\":
            return _set(self._escape())
        if character in "^$":
            self._refuse(f"{character!r} in its middle")
        if character in "*+?{":
            raise BadRequest(f"{self._where}: nothing to repeat before {character!r}", param=self._where)
        return _set([(ord(character), ord(character))])

    def _group(self, depth: int) -> _Node:
        if self._next() == "?":
            self._take()
            kind = self._take()
            if kind == "<" and self._next() not in ("=", "!"):
                self._until(">")
            elif kind != ":":
                self._refuse("look-around")
        inside = self._ways(depth + 1)
        if self._next() != ")":
            raise BadRequest(f"{self._where}: there is no ')'", param=self._where)
        self._take()
        return inside

    def _escape(self) -> Ranges:
        character = self._take()
        if character.lower() in SETS:
            found = SETS[character.lower()]
            return _without(ANYTHING, found) if character.isupper() else found
        if character in CONTROLS:
            return [(CONTROLS[character], CONTROLS[character])]
        if character in "xu":
            code = "".join(self._take() for _ in range(2 if character == "x" else 4))
            if not all(digit in "0123456789abcdefABCDEF" for digit in code):
                self._refuse(f"\\{character}{code}")
            return [(int(code, 16), int(code, 16))]
        if character.isalnum():
            self._refuse(f"\\{character}")
        return [(ord(character), ord(character))]

    def _class(self) -> Ranges:
        """What stands in brackets, after the opening one."""
        negated = self._next() == "^"
        if negated:
            self._take()
        found: Ranges = []
        while (character := self._take()) != "]":
            low = self._escape() if character == "\\" else [(ord(character), ord(character))]
            if self._next() != "-" or self._text[self._at + 1 : self._at + 2] == "]":
                found += low
                continue
            self._take()
            character = self._take()
            high = self._escape() if character == "\\" else [(ord(character), ord(character))]
            if len(low) > 1 or len(high) > 1 or low[0][0] > high[0][0]:
                raise BadRequest(f"{self._where}: a range in brackets goes backwards", param=self._where)
            found.append((low[0][0], high[0][0]))
        return _without(ANYTHING, found) if negated else found


@dataclass
class _Automaton:
    """States with steps over characters and over nothing; a count of the work done, so that none is endless."""

    where: str
    steps: list[list[tuple[Ranges, int]]] = field(default_factory=list)
    free: list[list[int]] = field(default_factory=list)
    work: int = 0

    def rule(self, node: _Node, rules: Rules) -> str:
        """The name of the rule of the first state; Unsupported if nothing can be written."""
        start, end = self._state(), self._state()
        self._join(node, start, end)
        first = self._closure((start,))
        names = {first: rules.reserve()}
        waiting, moves, accepting = [first], {}, set()
        while waiting:
            states = waiting.pop()
            if end in states:
                accepting.add(states)
            moves[states] = self._moves(states)
            for target in moves[states]:
                if target not in names:
                    names[target] = rules.reserve()
                    waiting.append(target)
        live = _reaching(moves, accepting)
        if first not in live:
            raise Unsupported(f"{self.where}: no text that JSON can write matches this pattern", param=self.where)
        for states, name in names.items():
            ways = [f"({_spelt(ranges)}) {names[to]}" for to, ranges in moves[states].items() if to in live]
            rules.define(name, " | ".join([*ways, *(['""'] if states in accepting else [])]) or '"\\x00"')
        return names[first]

    def _state(self) -> int:
        self.steps.append([])
        self.free.append([])
        if len(self.steps) > MAX_STATES:
            raise BadRequest(f"{self.where}: the pattern is too big to be enforced", param=self.where)
        return len(self.steps) - 1

    def _join(self, node: _Node, start: int, end: int) -> None:
        """Lead from ``start`` to ``end`` over ``node``."""
        if node.kind == "set":
            self.steps[start].append((list(node.ranges), end))
        elif node.kind == "either":
            for part in node.parts:
                self._join(part, start, end)
        elif node.kind == "row":
            self._row(node.parts, start, end)
        else:
            self._repeat(node, start, end)

    def _row(self, parts: Iterable[_Node], start: int, end: int) -> int:
        at = start
        for part in parts:
            after = self._state()
            self._join(part, at, after)
            at = after
        self.free[at].append(end)
        return at

    def _repeat(self, node: _Node, start: int, end: int) -> None:
        (part,) = node.parts
        at = self._row((part,) * node.low, start, self._state())
        if node.high is None:
            around = self._state()
            self.free[at].append(around)
            self._row((part,), around, around)
            self.free[around].append(end)
            return
        self.free[at].append(end)
        for _ in range(node.high - node.low):
            at = self._row((part,), at, end)

    def _closure(self, states: Iterable[int]) -> frozenset[int]:
        """``states`` and all that nothing leads to from them."""
        found: set[int] = set()
        waiting = list(states)
        while waiting:
            state = waiting.pop()
            if state not in found:
                found.add(state)
                waiting += self.free[state]
                self.work += 1 + len(self.free[state])
        if self.work > MAX_WORK:
            raise BadRequest(f"{self.where}: the pattern is too ambiguous to be enforced", param=self.where)
        return frozenset(found)

    def _moves(self, states: frozenset[int]) -> dict[frozenset[int], Ranges]:
        """Where each character leads, characters with the same target together."""
        steps = [(low, high, to) for state in states for ranges, to in self.steps[state] for low, high in ranges]
        edges = sorted({edge for low, high, _ in steps for edge in (low, high + 1)})
        self.work += len(edges) * len(steps)
        found: dict[frozenset[int], Ranges] = {}
        for low, after in pairwise(edges):
            targets = frozenset(to for start, end, to in steps if start <= low <= end)
            if targets and _spelt([(low, after - 1)]):
                found.setdefault(self._closure(targets), []).append((low, after - 1))
        return found


def _reaching(
    moves: dict[frozenset[int], dict[frozenset[int], Ranges]], accepting: set[frozenset[int]]
) -> set[frozenset[int]]:
    """The states from which an end can be reached."""
    sources: dict[frozenset[int], list[frozenset[int]]] = {}
    for state, targets in moves.items():
        for target in targets:
            sources.setdefault(target, []).append(state)
    live, waiting = set(accepting), list(accepting)
    while waiting:
        for source in sources.get(waiting.pop(), ()):
            if source not in live:
                live.add(source)
                waiting.append(source)
    return live


def _set(ranges: Ranges) -> _Node:
    return _Node("set", ranges=tuple(ranges))


def _spelt(ranges: Ranges) -> str:
    """One character of ``ranges``, escaped where JSON wants it; "" if JSON can write none of them."""
    plain = _without(ranges, UNWRITABLE)
    spans = "".join(rf"\U{low:08X}-\U{high:08X}" for low, high in plain)
    ways = [f"[{spans}]"] if plain else []
    ways += [text for code, text in ESCAPED.items() if any(low <= code <= high for low, high in ranges)]
    return " | ".join(ways)


def _without(ranges: Ranges, taken: Ranges) -> Ranges:
    """``ranges`` less ``taken``."""
    left = ranges
    for low, high in taken:
        left = [
            part
            for start, end in left
            for part in ((start, min(end, low - 1)), (max(start, high + 1), end))
            if part[0] <= part[1]
        ]
    return left
