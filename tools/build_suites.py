"""Builds the fixed benchmark once: ``python tools/build_suites.py benchmarks/suites``. The same code gives the same bytes.

Items come from the held-out splits of the corpus generators and from ``suites_by_hand``. Whatever shares an n-gram with
a large sample of the training split is drawn again. Knows nothing of scores.
"""

from __future__ import annotations

import hashlib
import random
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, cast

import suites_by_hand as hand

from a3x.judge.overlap import Seen
from a3x.judge.suites import FIXED, SUMS, Item, line_of
from a3x.ladder.corpus import dialogue, identity, json_calls, python_code, reading, shell, sums
from a3x.ladder.corpus.doing import Exchange, choose_language, fill
from a3x.ladder.corpus.example import Example, Generator, Split
from a3x.ladder.corpus.verify_python import SCRIPTS
from a3x.ladder.corpus.verify_shell import CHECKED_ONLY, CHECKS, Scene
from a3x.types import Message

SEED = "benchmark 1"
DRAWN = 98
"""Drawn items a suite, more where there are more families; the hand-written ones come on top."""
SAMPLE = 40_000
"""Training conversations of each skill that items are compared with."""
TRIES = 2000

VOLATILE = ("df", "free", "uptime", "ps_memory", "ps_cpu", "date", "env", "nproc", "whoami", "du", "du_sorted")
"""Their output depends on the machine or the moment: the command itself is compared."""
UNORDERED = ("find_", "grep_dir", "grep_files", "ls_tree")
"""They print in the order of the folder, which means nothing."""
MINUTE_S = 60
TEXT_SIZE = 16_384
"""What fixtures hold beyond this is empty space (sparse files)."""

READING_SHARES = {"reading": 40, "absent": 12, "memo": 14, "correction": 14, "copy": 18}
DIALOGUE_SHARES = {"identity": 36, "howto": 24, "dialogue": 38}

GENERATORS: dict[str, Generator] = {
    generator.skill: generator
    for module in (identity, dialogue, shell, python_code, sums, reading, json_calls)
    for generator in module.GENERATORS
}

Draft = tuple[str, str, tuple[Message, ...], dict[str, Any], str]
"""Language, split, messages, grader, gold."""
Draw = Callable[[random.Random], Draft]


# --- what training has seen ------------------------------------------------------------------------------------------


def exchanges(example: Example) -> Iterator[tuple[str, str]]:
    """Every (question, answer) of a conversation; the answer after a tool belongs to the user's question."""
    question = ""
    for message in example.messages:
        if message.role == "user":
            question = message.content
        elif message.role == "assistant":
            yield question, message.content


def training(per_skill: int, seed: str) -> Seen:
    """A sample of the training split of every skill."""
    seen = Seen()
    for skill, generator in GENERATORS.items():
        rng = random.Random(f"{seed}/{skill}")
        for _ in range(per_skill):
            for question, answer in exchanges(generator.sample(rng, "train", rng.random())):
                seen.add(question, answer)
    return seen


def asked(messages: Iterable[Message]) -> str:
    """The last question of a conversation."""
    return [message.content for message in messages if message.role == "user"][-1]


# --- drawing ---------------------------------------------------------------------------------------------------------


def _messages(turns: Iterable[Any]) -> tuple[Message, ...]:
    return tuple(Message(turn.role, turn.content) for turn in turns)


def _cut(example: Example, split: Split, grader: dict[str, Any]) -> Draft:
    """Everything before the last assistant turn is the question."""
    *before, last = _messages(example.messages)
    accept = {"accept": list(example.accept)} if example.accept else {}
    return example.lang, split, tuple(before), grader | accept, last.content


def _shell(family: Any, at: int) -> Draw:
    split: Split = "slots" if family.slots and at % 2 == 0 else "phrasing"

    def draw(rng: random.Random) -> Draft:
        exchange = shell.draw_family(family, rng, split, rng.random(), choose_language(rng))
        *before, last = _messages(exchange.messages)
        return exchange.lang, split, tuple(before), _shell_grader(family, exchange), last.content

    return draw


def _shell_grader(family: Any, exchange: Exchange) -> dict[str, Any]:
    if family.name in CHECKED_ONLY or family.name in VOLATILE:
        return {"kind": "command", "accept": list(exchange.accept)}
    values, check = dict(exchange.slots), CHECKS[family.name]
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder) / "work"
        work.mkdir()
        check.build(Scene(work, values))
        files, setup = _fixture(work)
    parts = {
        "files": files,
        "setup": "\n".join(filter(None, (setup, fill(check.before, values)))),
        "prefix": fill(check.prefix, values),
        "after": fill(check.after, values),
        "stdin": check.stdin,
        "unordered": family.name.startswith(UNORDERED),
    }
    return {"kind": "shell"} | {name: part for name, part in parts.items() if part}


def _fixture(work: Path) -> tuple[dict[str, str], str]:
    """A folder as data: small texts, and the lines that make what is no small text (empty folders, sizes, ages)."""
    now = max(path.stat().st_mtime for path in (work, *work.rglob("*")))
    files, lines = {}, []
    for path in sorted(work.rglob("*")):
        name, status = str(path.relative_to(work)), path.stat()
        word = "'" + name.replace("'", "'\\''") + "'"
        if path.is_dir():
            lines.append(f"mkdir -p {word}")
            continue
        with path.open() as opened:
            files[name] = opened.read(TEXT_SIZE).rstrip("\0")
        if status.st_size > len(files[name].encode()):
            lines.append(f"truncate -s {status.st_size} {word}")
        if status.st_mode & 0o100:
            lines.append(f"chmod 755 {word}")
        if age := round((now - status.st_mtime) / MINUTE_S) * MINUTE_S:
            lines.append(f'touch -d "@$((STAMP - {age}))" {word}')
    return files, "\n".join(lines)


def _python(family: Any, at: int) -> Draw:
    # What a function does is said in words without slots: only a new phrasing makes the question new.
    split: Split = "slots" if at % 2 == 0 and "func" not in family.slots else "phrasing"

    def draw(rng: random.Random) -> Draft:
        exchange = python_code.draw_family(family, rng, split, rng.random(), choose_language(rng))
        while "i" in dict(exchange.slots).values():  # the answers' own loop variable
            exchange = python_code.draw_family(family, rng, split, rng.random(), exchange.lang)
        before, after = (fill(part, dict(exchange.slots)) for part in SCRIPTS[family.name])
        *messages, last = _messages(exchange.messages)
        grader = {"kind": "python", "after": after} | ({"before": before} if before else {})
        return exchange.lang, split, tuple(messages), grader, last.content

    return draw


def _sum(family: Any, at: int) -> Draw:
    """The call, or, for every fifth, the answer once the calculator has spoken."""

    def draw(rng: random.Random) -> Draft:
        split: Split = rng.choice(("slots", "phrasing"))
        exchange = sums.draw_family(family, rng, split, rng.random(), choose_language(rng))
        question, call, result, last = _messages(exchange.messages)
        if at % 5 == 4:
            return exchange.lang, split, (question, call, result), {"kind": "normalised"}, last.content
        return exchange.lang, split, (question,), {"kind": "tool_call"}, call.content

    return draw


def _skill(skill: str, at: int, kind: str, splits: tuple[Split, ...] = ("slots", "phrasing")) -> Draw:
    split = splits[at % len(splits)]

    def draw(rng: random.Random) -> Draft:
        return _cut(GENERATORS[skill].sample(rng, split, rng.random()), split, {"kind": kind})

    return draw


def _json(at: int) -> Draw:
    plain = _skill("json", at, "json")

    def draw(rng: random.Random) -> Draft:
        lang, split, messages, grader, gold = plain(rng)
        return lang, split, messages, grader | ({"kind": "tool_call"} if "<tool_call>" in gold else {}), gold

    return draw


def draws(suite: str) -> list[Draw]:
    """One draw for each item of a suite."""
    if suite == "cli":
        return [_shell(family, at) for at, family in enumerate(shell.FAMILIES)]
    if suite == "python":
        families = python_code.FAMILIES
        return [_python(families[at % len(families)], at + at // len(families)) for at in range(DRAWN)]
    if suite == "tools":
        families = sums.FAMILIES
        added = [_sum(families[at % len(families)], at + at // len(families)) for at in range(DRAWN // 2)]
        return added + [_json(at) for at in range(DRAWN - len(added))]
    if suite == "reading":
        return [_skill(skill, at, "normalised") for skill, n in READING_SHARES.items() for at in range(n)]
    return [_skill(skill, at, "normalised", ("phrasing",)) for skill, n in DIALOGUE_SHARES.items() for at in range(n)]


# --- the hand-written ------------------------------------------------------------------------------------------------


def by_hand(suite: str) -> list[Draft]:
    """The hand-written items of a suite."""
    return {"cli": _hand_cli, "python": _hand_python, "tools": _hand_tools, "reading": _hand_reading,
            "dialogue": _hand_dialogue}[suite]()  # fmt: skip


def _draft(entry: dict[str, Any], grader: dict[str, Any], gold: str) -> Draft:
    system = (Message("system", entry["system"]),) if "system" in entry else ()
    return entry["lang"], "hand", (*system, Message("user", entry["ask"])), grader, gold


def _hand_cli() -> list[Draft]:
    return [_draft(each, {"kind": "shell", "files": each["files"]}, shell.fenced(each["gold"])) for each in hand.CLI]


def _hand_python() -> list[Draft]:
    return [
        _draft(
            each,
            {"kind": "python"} | {name: each[name] for name in ("before", "after") if name in each},
            python_code.fenced(each["gold"]),
        )
        for each in hand.PYTHON
    ]


def _hand_tools() -> list[Draft]:
    added = [
        _draft({"lang": lang, "ask": ask}, {"kind": "tool_call"}, sums.tool_call(expression))
        for lang, ask, expression in hand.SUMS
    ]
    called = [
        _draft(each, {"kind": "tool_call"}, f"<tool_call>{json_calls.compact(each['call'])}</tool_call>")
        for each in hand.CALLS
    ]
    found = [
        _draft({"lang": lang, "ask": ask}, {"kind": "json"}, json_calls.compact(fields))
        for lang, ask, fields in hand.FIELDS
    ]
    return [*added, *called, *found]


def _hand_reading() -> list[Draft]:
    return [
        _draft(each, {"kind": "normalised"} | ({"accept": each["accept"]} if "accept" in each else {}), each["gold"])
        for each in hand.READING
    ]


def _hand_dialogue() -> list[Draft]:
    return [
        _draft(
            each, {"kind": "contains"} | {name: each[name] for name in ("any", "none") if name in each}, each["gold"]
        )
        for each in hand.DIALOGUE
    ]


# --- putting together ------------------------------------------------------------------------------------------------


def build(suite: str, seen: Seen) -> list[Item]:
    """All items of one suite, in order. ValueError if a draw finds nothing that is new."""
    rng = random.Random(f"{SEED}/{suite}")
    taken: set[str] = set()
    items: list[Item] = []
    for draft in (*(_fresh(draw, rng, seen, taken) for draw in draws(suite)), *by_hand(suite)):
        lang, split, messages, grader, gold = draft
        if seen.holds(asked(messages), gold):
            raise ValueError(f"{suite}: a hand-written item stands in the training text: {asked(messages)}")
        items.append(Item(f"{suite}-{len(items) + 1:03d}", suite, lang, messages, grader, gold, split))
    return items


def _fresh(draw: Draw, rng: random.Random, seen: Seen, taken: set[str]) -> Draft:
    for _ in range(TRIES):
        draft = draw(rng)
        question = asked(draft[2])
        if question.lower() not in taken and not seen.holds(question, draft[4]):
            taken.add(question.lower())
            return draft
    raise ValueError(f"{TRIES} draws gave nothing new; such as {asked(draw(rng)[2])!r}")


def main(folder: Path) -> None:
    """Write the suites and their sums."""
    seen = training(SAMPLE, SEED)
    sums_lines = []
    for suite in FIXED:
        data = "".join(map(line_of, build(suite, seen))).encode()
        (folder / f"{suite}.jsonl").write_bytes(data)
        sums_lines.append(f"{hashlib.sha256(data).hexdigest()}  {suite}.jsonl\n")
        print(suite, data.count(b"\n"), "items")
    (folder / SUMS).write_text("".join(sums_lines))


if __name__ == "__main__":
    main(Path(cast(str, sys.argv[1])))
