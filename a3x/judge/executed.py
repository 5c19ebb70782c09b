"""Graders that run what the model wrote, in a sandbox that is handed in. Knows nothing of bubblewrap or of text graders.

``shell``: the gold command and the answer run in equal fixtures, and what they leave is compared: standard output,
whether they failed, the folder, and what a probe prints afterwards. ``python``: the answer runs, then asserts on it.
A fixture in which not even the gold works (a program missing on this machine) gives None, like no sandbox.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from a3x.errors import SandboxUnavailable
from a3x.sandbox.run import Limits

KINDS = ("shell", "python")
TIMEOUT_S = 5.0
LIMITS = Limits(wall_s=TIMEOUT_S, cpu_s=5, file_bytes=2 << 30)
"""Fixtures may hold sparse files that are large on paper only; the work folder's own size stays limited."""

WRAPPER = """
export STAMP={stamp} LC_ALL=C TZ=UTC HOME=/box GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=A3X GIT_AUTHOR_EMAIL=a3x@example.com GIT_AUTHOR_DATE="@{stamp} +0000"
export GIT_COMMITTER_NAME=A3X GIT_COMMITTER_EMAIL=a3x@example.com GIT_COMMITTER_DATE="@{stamp} +0000"
umask 022
mkdir -p work && mv work fixture && chmod -R u=rwX,go=rX fixture || exit 97
for command in {commands}; do
    cd /box && rm -rf work out after && cp -a fixture work && cd work || exit 97
    find . -exec touch -h -d "@{stamp}" {{}} +
    sh -e ../setup.sh </dev/null >/dev/null 2>&1 || exit 98
    timeout {seconds} sh ../$command <../stdin >../out 2>/dev/null
    echo "{mark} code $?"
    cat ../out
    echo "{mark} after"
    cat ../after 2>/dev/null
    echo "{mark} tree"
    find . -name .git -prune -printf 'git %P\\n' -o -type d -printf 'd %m %P\\n' -o -printf '%y %m %s %P %l\\n' | sort
    find . -name .git -prune -o -type f -size -2048k -exec sha256sum {{}} + | sort
done
"""
PROBED = "{prefix}\n{command}\ncode=$?\nexec >/box/after 2>/dev/null\n{after}\nexit $code\n"
"""The probe runs in the command's own shell, so that it sees where a ``cd`` went."""
NO_PROGRAM = 127


class Ran(Protocol):
    """The part of a sandbox result that is looked at."""

    @property
    def exit_code(self) -> int: ...
    @property
    def stdout(self) -> str: ...
    @property
    def timed_out(self) -> bool: ...


class Runner(Protocol):
    """``sandbox.run.Sandbox``, or a fake. ``run`` raises SandboxUnavailable where nothing can be run safely."""

    @property
    def python(self) -> str: ...

    def run(
        self,
        command: Sequence[str] | str,
        files: Mapping[str, bytes] | None = None,
        stdin: bytes = b"",
        timeout_s: float | None = None,
        limits: Limits | None = None,
    ) -> Ran: ...


@dataclass(frozen=True)
class Outcome:
    """What a command left behind. ``code`` is that of the command itself."""

    code: int
    out: str
    after: str
    tree: str


def grade(
    kind: str, grader: Mapping[str, Any], gold: str, answer: str, runner: Runner | None, stamp: int
) -> Literal[0, 1] | None:
    """1 or 0, None if it could not be judged. ``gold`` and ``answer`` are the bare command or code."""
    if runner is None:
        return None
    try:
        judge = _shell if kind == "shell" else _python
        return judge(grader, gold, answer, runner, stamp)
    except SandboxUnavailable:
        return None


def outcomes(grader: Mapping[str, Any], commands: Sequence[str], runner: Runner, stamp: int) -> list[Outcome]:
    """Run commands one after another, each in a fresh copy of the fixture.

    Those that came to an end; fewer than asked for if the fixture failed or time ran out.
    """
    mark = hashlib.sha256("\0".join((str(stamp), *commands)).encode()).hexdigest()[:24]
    parts = {name: grader.get(name, "") for name in ("prefix", "after")}
    files = {f"work/{name}": text.encode() for name, text in grader.get("files", {}).items()}
    files |= {"setup.sh": grader.get("setup", "").encode(), "stdin": grader.get("stdin", "").encode()}
    names = [f"command{at}.sh" for at in range(len(commands))]
    files |= {
        name: PROBED.format(command=command, **parts).encode() for name, command in zip(names, commands, strict=True)
    }
    script = WRAPPER.format(stamp=stamp, seconds=TIMEOUT_S / 2, mark=mark, commands=" ".join(names))
    ran = runner.run(["/bin/sh", "-c", script], files, timeout_s=TIMEOUT_S * len(commands), limits=LIMITS)
    whole = re.compile(rf"{mark} code (\d+)\n(.*?){mark} after\n(.*?){mark} tree\n(.*?)(?={mark} code|\Z)", re.DOTALL)
    return [Outcome(int(code), *rest) for code, *rest in whole.findall(ran.stdout) if rest[-1]]


def same(left: Outcome, right: Outcome, unordered: bool) -> bool:
    """Equal to the eye of a user: exit codes count as failed or not, trailing spaces not at all."""
    return (
        (left.code == 0) == (right.code == 0)
        and _lines(left.out, unordered) == _lines(right.out, unordered)
        and (left.after, left.tree) == (right.after, right.tree)
    )


def _lines(text: str, unordered: bool) -> list[str]:
    lines = [line.rstrip() for line in text.rstrip().splitlines()]
    return sorted(lines) if unordered else lines


def _shell(grader: Mapping[str, Any], gold: str, answer: str, runner: Runner, stamp: int) -> Literal[0, 1] | None:
    """The gold runs first and what it left is already told when the answer starts."""
    commands = [gold] if answer.strip() == gold.strip() else [gold, answer]
    found = outcomes(grader, commands, runner, stamp)
    if not found or found[0].code == NO_PROGRAM:
        return None
    if len(found) < len(commands):
        return 0
    return 1 if same(found[0], found[-1], grader.get("unordered", False)) else 0


def _python(grader: Mapping[str, Any], gold: str, answer: str, runner: Runner, stamp: int) -> Literal[0, 1] | None:
    """The last line printed proves that the asserts were reached: an answer that exits early does not pass."""
    proof = hashlib.sha256(f"{stamp} {answer}".encode()).hexdigest()[:24]
    script = "\n".join(
        (
            "import contextlib, io, json",
            grader.get("before", ""),
            "printed = io.StringIO()",
            "with contextlib.redirect_stdout(printed):",
            f"    exec({answer!r}, globals())",
            "printed_lines = printed.getvalue().splitlines()",
            grader["after"],
            f"print({proof!r})",
        )
    )
    ran = runner.run([runner.python, "-I", "-c", script], {}, timeout_s=TIMEOUT_S, limits=LIMITS)
    return 1 if ran.exit_code == 0 and not ran.timed_out and ran.stdout.endswith(f"{proof}\n") else 0
