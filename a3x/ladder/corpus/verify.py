"""Runs the answers of the doing skills for real, in a bubblewrap sandbox: ``python -m a3x.ladder.corpus.verify``.

Each shell family has a fixture and a predicate on what running the command left behind; each python family an assert
script; sums are worked out again by other means. It knows nothing of training. ``CHECKED_ONLY`` names the families that
cannot run harmlessly or usefully here: those are parsed by ``sh -n`` and their words compared, no more.
"""

from __future__ import annotations

import argparse
import ast
import json
import operator
import random
import re
import resource
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Literal

from a3x.ladder.corpus import python_code, shell, sums
from a3x.ladder.corpus.doing import Exchange, Family, Lang, fill
from a3x.ladder.corpus.example import Message
from a3x.ladder.corpus.verify_python import SCRIPTS
from a3x.ladder.corpus.verify_shell import CHECKED_ONLY, CHECKS, Check, Outcome, Scene

Status = Literal["verified", "checked", "failed"]
LANGUAGES: tuple[Lang, ...] = ("en", "pt")
TIMEOUT_S = 10
CPU_S = 5
FILE_BYTES = 1 << 31
"""Sparse fixtures are large on paper only."""

FENCE = re.compile(r"```(sh|python)\n(.*)\n```", re.DOTALL)
OPERATORS: dict[type, Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
}


@dataclass(frozen=True)
class Verdict:
    """What came of one answer; ``reason`` says why it failed."""

    family: str
    status: Status
    reason: str = ""


def _limits() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run(argv: list[str], work: Path, stdin: str = "") -> Outcome:
    """Run a command with ``work`` as its only writable place: no network, own processes, read-only system."""
    box = ["bwrap", "--ro-bind", "/", "/", "--tmpfs", "/tmp", "--proc", "/proc", "--dev", "/dev"]
    for prefix in (sys.base_prefix, sys.prefix):  # a checkout under /tmp has its Python there
        box += ["--ro-bind", prefix, prefix]
    box += ["--bind", str(work), str(work), "--chdir", str(work), "--unshare-all", "--die-with-parent", "--new-session"]
    box += ["--clearenv", "--setenv", "PATH", "/usr/bin:/bin", "--setenv", "HOME", str(work), "--setenv", "LC_ALL", "C"]
    for name in ("GIT_AUTHOR", "GIT_COMMITTER"):
        box += ["--setenv", f"{name}_NAME", "A3X", "--setenv", f"{name}_EMAIL", "a3x@example.com"]
    try:
        done = subprocess.run(
            [*box, *argv], input=stdin, capture_output=True, text=True, timeout=TIMEOUT_S, preexec_fn=_limits
        )
    except subprocess.TimeoutExpired:
        return Outcome(124, "", "timed out")
    return Outcome(done.returncode, done.stdout, done.stderr)


def unfence(answer: str, language: str) -> str | None:
    """The content of an answer that is exactly one fenced block of this language."""
    match = FENCE.fullmatch(answer)
    return match[2] if match and match[1] == language else None


def judge_shell(family: Family, exchange: Exchange) -> Verdict:
    """Run one shell answer in its fixture, or parse it where it cannot be run."""
    command = unfence(exchange.messages[-1].content, "sh")
    if command is None:
        return Verdict(family.name, "failed", "not a fenced sh block")
    values = dict(exchange.slots)
    if family.name in CHECKED_ONLY:
        return _parse_only(family, command, fill(CHECKED_ONLY[family.name], values))
    check = CHECKS[family.name]
    with tempfile.TemporaryDirectory(prefix="a3x-verify-") as folder:
        work = Path(folder) / "work"
        work.mkdir()
        scene = Scene(work, values)
        check.build(scene)
        if check.before:
            before = run(["/bin/sh", "-ec", fill(check.before, values)], work)
            if before.code:
                return Verdict(family.name, "failed", f"fixture: {before.err.strip()}")
        script = "\n".join(filter(None, (fill(check.prefix, values), command, check.after)))
        outcome = run(["/bin/sh", "-c", script], work, check.stdin)
        if outcome.code not in check.codes:
            return Verdict(family.name, "failed", f"{command}: exit {outcome.code} {outcome.err.strip()}")
        if not _holds(check, scene, outcome):
            return Verdict(family.name, "failed", f"{command}: wrong outcome {outcome.out[:200]!r}")
    return Verdict(family.name, "verified")


def _holds(check: Check, scene: Scene, outcome: Outcome) -> bool:
    try:
        return check.holds(scene, outcome)
    except (OSError, ValueError, IndexError):  # a file or a line that ought to be there is not
        return False


def _parse_only(family: Family, command: str, expected: str) -> Verdict:
    with tempfile.TemporaryDirectory(prefix="a3x-verify-") as folder:
        parsed = run(["/bin/sh", "-n"], Path(folder), command)
    words = shlex.split(command)
    if parsed.code or words != expected.split():
        return Verdict(family.name, "failed", f"{command}: words {words}")
    return Verdict(family.name, "checked")


def judge_python(family: Family, exchange: Exchange) -> Verdict:
    """Run one python answer, followed by the family's asserts."""
    code = unfence(exchange.messages[-1].content, "python")
    if code is None:
        return Verdict(family.name, "failed", "not a fenced python block")
    before, after = SCRIPTS[family.name]
    values = dict(exchange.slots)
    script = "\n".join(
        (
            "import contextlib, io, json",
            fill(before, values),
            "printed = io.StringIO()",
            "with contextlib.redirect_stdout(printed):",
            f"    exec({code!r}, globals())",
            "printed_lines = printed.getvalue().splitlines()",
            fill(after, values),
        )
    )
    with tempfile.TemporaryDirectory(prefix="a3x-verify-") as folder:
        outcome = run([sys.executable, "-I", "-c", script], Path(folder))
    if outcome.code:
        return Verdict(family.name, "failed", f"{code}: {outcome.err.strip()[-300:]}")
    return Verdict(family.name, "verified")


def exact(expression: str) -> Fraction:
    """The value of an expression by Python's own grammar, in fractions; decimals are read as written."""

    def value(node: ast.expr) -> Fraction:
        if isinstance(node, ast.BinOp):
            return OPERATORS[type(node.op)](value(node.left), value(node.right))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return -value(node.operand)
        return Fraction(ast.get_source_segment(source, node) or "")

    # Python refuses numbers such as 007, which a user may well write.
    source = re.sub(r"(?<![\d.])0+(?=\d)", "", expression)
    return value(ast.parse(source, mode="eval").body)


def judge_sum(family: sums.SumFamily, exchange: Exchange) -> Verdict:
    """Read the call back from the text, work it out again, compare with the tool message and the answer."""
    _, call, tool, last = exchange.messages
    match = re.fullmatch(r"<tool_call>(.*)</tool_call>", call.content)
    if not match:
        return Verdict(family.name, "failed", "no tool call")
    request = json.loads(match[1])
    expression = request["arguments"]["expression"]
    try:
        result = exact(expression)
    except ZeroDivisionError:
        right = tool.content == sums.DIVISION_ERROR and last.content == sums.CANNOT_DIVIDE[exchange.lang]
    else:
        close = not tool.content.startswith("error") and abs(Fraction(tool.content) - result) <= Fraction(1, 2 * 10**6)
        right = close and last.content == f"{sums.written_out(expression)} = {tool.content}"
    right = right and request["name"] == "calc" and expression == dict(exchange.slots)["expression"]
    return Verdict(family.name, "verified" if right else "failed", "" if right else f"{expression} → {tool.content}")


def broken(exchange: Exchange) -> Exchange:
    """The same exchange with a wrong answer, as a negative control: nothing is done, or the sum is one off."""
    *first, last = exchange.messages
    if last.content.startswith("```"):
        language, wrong = ("sh", "true") if last.content.startswith("```sh") else ("python", "pass")
        return replace(exchange, messages=(*first, Message("assistant", f"```{language}\n{wrong}\n```")))
    return replace(exchange, messages=(*first, Message("assistant", f"{last.content}1")))


def verdicts(per_family: int, seed: int, negative: bool = False) -> Iterator[tuple[str, Verdict]]:
    """Judge ``per_family`` drawn answers of every family of the three skills, languages in turn.

    ``negative``: every answer is broken first, so every verdict ought to be ``failed``.
    """
    rng = random.Random(seed)
    skills = (
        ("shell", shell.FAMILIES, shell.draw_family, judge_shell),
        ("python", python_code.FAMILIES, python_code.draw_family, judge_python),
        ("sums", sums.FAMILIES, sums.draw_family, judge_sum),
    )
    for skill, families, draw_family, judge in skills:
        for family in families:
            for at in range(per_family):
                difficulty = (at + 1) / per_family
                exchange = draw_family(family, rng, "train", difficulty, LANGUAGES[at % 2])  # type: ignore[arg-type]
                yield skill, judge(family, broken(exchange) if negative else exchange)  # type: ignore[arg-type]


def main() -> int:
    """Print the table; exit status 1 on any failure (with ``--negative``: on any broken answer that passes)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-family", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--negative", action="store_true", help="break every answer; each must then fail")
    options = parser.parse_args()
    table: dict[tuple[str, str], dict[Status, int]] = {}
    reasons: list[str] = []
    for skill, verdict in verdicts(options.per_family, options.seed, options.negative):
        row = table.setdefault((skill, verdict.family), {"verified": 0, "checked": 0, "failed": 0})
        row[verdict.status] += 1
        if (verdict.status == "failed") != options.negative:
            reasons.append(f"{skill}/{verdict.family}: {verdict.reason}")
    print(f"{'family':32}{'verified':>10}{'checked':>10}{'failed':>10}")
    for (skill, name), row in table.items():
        print(f"{skill + '/' + name:32}{row['verified']:>10}{row['checked']:>10}{row['failed']:>10}")
    for reason in reasons:
        print(f"WRONG {reason}")
    return 1 if reasons else 0


if __name__ == "__main__":
    sys.exit(main())
