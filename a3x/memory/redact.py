"""Takes secrets out of what is about to be stored. Knows no table; what a secret looks like is ``secrets``' business.

A secret becomes ``[redacted: KIND]``. Redacting twice changes nothing more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from a3x.errors import BadRequest
from a3x.memory import secrets
from a3x.memory.secrets import PLACEHOLDER
from a3x.types import Experience

Read = Callable[[str], str]
"""``redact``, or that with a memory."""

PASSES = 8
"""More than any text needed until nothing new was found."""
MAX_DEPTH = 40
"""Of nested lists and objects; deeper ones are taken for text as a whole."""
_KINDS = re.compile(r"\[redacted: ([^\]\n]{1,40})\]")
_TEXTS = ("this", "if_ok", "if_not", "who", "did")
_VALUES = ("messages", "tools", "context", "metadata", "extra")


def redact(text: str) -> str:
    """``text`` with a placeholder for every secret; the same object if there is none."""
    for _ in range(PASSES):
        found = _outside_placeholders(text, secrets.find(text))
        if not found:
            return text
        text = _replaced(text, found)
    return text


def _outside_placeholders(text: str, found: Sequence[secrets.Span]) -> Sequence[secrets.Span]:
    """Without what begins inside a placeholder: "password [redacted: …" looks like a password that begins with a bracket."""
    if PLACEHOLDER not in text:
        return found
    there = [match.span() for match in _KINDS.finditer(text)]
    return [span for span in found if not any(start <= span[0] < end for start, end in there)]


def _replaced(text: str, found: Sequence[secrets.Span]) -> str:
    parts: list[str] = []
    done = 0
    for start, end, kind in _merged(found):
        parts += [text[done:start], f"{PLACEHOLDER}{kind}]"]
        done = end
    return "".join([*parts, text[done:]])


def _merged(found: Sequence[secrets.Span]) -> list[secrets.Span]:
    """Spans that overlap as one, under the name of the longest of them."""
    merged: list[secrets.Span] = []
    longest = 0
    for start, end, kind in found:
        if merged and start < merged[-1][1]:
            first, last, name = merged[-1]
            if end - start > longest:
                longest, name = end - start, kind
            merged[-1] = (first, max(last, end), name)
        else:
            merged.append((start, end, kind))
            longest = end - start
    return merged


def redact_value(value: Any) -> Any:
    """The same for JSON: every text in it; a member whose name says "password" is judged with its name."""
    return _value(value, redact, 0)


def _value(value: Any, read: Read, depth: int) -> Any:
    if isinstance(value, str):
        return read(value)
    if depth > MAX_DEPTH:
        return read(str(value))
    if isinstance(value, Mapping):
        return {
            read(name) if isinstance(name, str) else name: _member(name, inner, read, depth + 1)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return type(value)(_value(inner, read, depth + 1) for inner in value)
    return value


def _member(name: object, value: Any, read: Read, depth: int) -> Any:
    if not isinstance(value, str):
        return _value(value, read, depth)
    alone = read(value)
    if alone != value or not isinstance(name, str) or len(value) > 400 or '"' in value or "\n" in value:
        return alone
    if not secrets.tells(name):
        return alone
    head = f'"{name}": "'
    return _after(redact(f'{head}{value}"'), head, value)


def _after(said: str, head: str, value: str) -> str:
    """The value as it was redacted behind its name; where the name itself went, the value stays."""
    return said[len(head) : -1] if said.startswith(head) and said.endswith('"') else value


def redact_experience(experience: Experience) -> Experience:
    """A span as it may be stored: every text a person, a model or a tool wrote. Ids and hashes stay.

    The same object if there is no secret in it.
    """
    read = cache(redact)  # the question and the answer are among the messages once more
    texts = {name: read(getattr(experience, name)) for name in _TEXTS}
    values = {name: _value(held, read, 0) for name in _VALUES if (held := getattr(experience, name))}
    changed = {name: value for name, value in (texts | values).items() if value != getattr(experience, name)}
    return replace(experience, **changed) if changed else experience


def kinds(text: str) -> tuple[str, ...]:
    """The kinds named by the placeholders in a text, each once."""
    return tuple(dict.fromkeys(_KINDS.findall(text)))


def require_teachable(question: str, correction: str) -> None:
    """BadRequest if a lesson would hold a secret, or a placeholder in its place: neither is trained on."""
    if found := kinds(redact(correction)):
        raise BadRequest(
            f"the correction holds a secret ({', '.join(found)}), which is neither stored nor learnt, and without it "
            "there is no lesson; nothing of this feedback was kept. Send the rating alone, or a correction without it",
            param="correction",
        )
    if found := kinds(question):
        raise BadRequest(
            f"the question held a secret ({', '.join(found)}) that was not stored, so no answer to it can be learnt; "
            "ask again without the secret and correct that answer",
            param="experience_id",
        )
