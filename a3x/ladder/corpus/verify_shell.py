"""Fixtures and outcome checks of the shell families: what must be true of the folder and the output afterwards.

Knows nothing of sandboxes; ``verify`` runs the commands. A predicate sees the work folder, the slots and the output.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

DAY_S = 86_400
LINES = 320


@dataclass(frozen=True)
class Outcome:
    """What a run left: exit status, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """Output lines."""
        return self.out.splitlines()


@dataclass(frozen=True)
class Scene:
    """A work folder and the slot values of one question."""

    work: Path
    values: dict[str, str]

    def __getitem__(self, slot: str) -> str:
        return self.values[slot]

    def path(self, *parts: str) -> Path:
        """A path below the work folder."""
        return self.work.joinpath(*parts)

    def write(self, name: str, text: str = "one\ntwo\nthree\n", *, size: int = 0, days: float = 0) -> Path:
        """Make a file, its folders too; ``size`` stretches it (bytes, sparse), ``days`` ages it."""
        path = self.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if size:
            os.truncate(path, size)
        if days:
            then = path.stat().st_mtime - days * DAY_S
            os.utime(path, (then, then))
        return path

    def read(self, name: str) -> str:
        """Text of a file below the work folder."""
        return (self.work / name).read_text()


@dataclass(frozen=True)
class Check:
    """How a family is verified.

    ``before`` is a script of its own ahead of the command; ``prefix`` and ``after`` are lines around it in its shell.
    """

    build: Callable[[Scene], object]
    holds: Callable[[Scene, Outcome], bool]
    before: str = ""
    prefix: str = ""
    after: str = ""
    stdin: str = ""
    codes: tuple[int, ...] = (0,)


CHECKED_ONLY: dict[str, str] = {
    "kill": "kill {pid}",
    "curl": "curl -o {file} {url}",
    "a3x_status": "a3x status",
    "a3x_serve": "a3x serve --port {port}",
    "a3x_train": "a3x train --now",
    "a3x_train_theme": "a3x train --now --theme {theme}",
    "a3x_adapters": "a3x adapters list",
    "a3x_rollback": "a3x adapters rollback {theme}",
    "a3x_doctor": "a3x doctor",
    "a3x_pause": "a3x pause",
    "a3x_resume": "a3x resume",
}
"""Parsed, not run: no such process, no network, and a3x would need a daemon. Value: the words expected."""


def _nothing(scene: Scene) -> None:
    del scene


def _three_files(prefix: str = "") -> Callable[[Scene], None]:
    def build(scene: Scene) -> None:
        where = f"{scene['dir']}/" if prefix else ""
        for name, size, days in (("mid.txt", 50, 3), ("big.txt", 900, 9), ("tiny.txt", 5, 6), (".dot", 3, 1)):
            scene.write(f"{where}{name}", "", size=size, days=days)

    return build


def _in_order(*names: str) -> Callable[[Scene, Outcome], bool]:
    def holds(scene: Scene, outcome: Outcome) -> bool:
        return [line.split()[-1] for line in outcome.lines if line.endswith(".txt")] == list(names)

    return holds


def _file(text: str) -> Callable[[Scene], object]:
    return lambda scene: scene.write(scene["file"], text)


def _numbered(scene: Scene) -> None:
    scene.write(scene["file"], "".join(f"line {at}\n" for at in range(1, LINES + 1)))


def _prints(*lines: str) -> Callable[[Scene, Outcome], bool]:
    return lambda scene, outcome: outcome.lines == list(lines)


def _words(scene: Scene) -> None:
    word = scene["word"]
    scene.write(scene["file"], f"a {word} b\nplain\n{word.swapcase()} c\n\nend {word}\n")


def _hits(*at: int) -> Callable[[Scene, Outcome], bool]:
    def holds(scene: Scene, outcome: Outcome) -> bool:
        lines = scene.read(scene["file"]).splitlines()
        return outcome.lines == [lines[number - 1] for number in at]

    return holds


def _finds(*names: str) -> Callable[[Scene, Outcome], bool]:
    return lambda scene, outcome: sorted(outcome.lines) == sorted(names)


def _sized(scene: Scene) -> None:
    size = int(scene["size"]) << 20
    scene.write("over.bin", size=size + 1)
    scene.write("sub/under.bin", size=size)


def _aged(scene: Scene) -> None:
    days = int(scene["days"])
    scene.write("fresh.txt", days=days - 0.5)
    scene.write("sub/stale.txt", days=days + 1.5)


def _extensions(where: Callable[[Scene], str]) -> Callable[[Scene], None]:
    def build(scene: Scene) -> None:
        folder = where(scene)
        scene.write(f"{folder}q1.{scene['ext']}")
        scene.write(f"{folder}deep/q2.{scene['ext']}")
        scene.write(f"{folder}q3.{scene['ext']}zz")

    return build


def _file_and_dir(scene: Scene) -> None:
    scene.write(scene["file"], "mine\n")
    scene.path(scene["dir"]).mkdir(parents=True, exist_ok=True)


def _filled_dir(scene: Scene) -> None:
    scene.write(f"{scene['dir']}/in1.txt", "inner\n")
    scene.write(f"{scene['dir']}/sub/in2.txt", "deeper\n")


def _gone(slot: str) -> Callable[[Scene, Outcome], bool]:
    return lambda scene, outcome: not scene.path(scene[slot]).exists()


def _mode(scene: Scene) -> int:
    return scene.path(scene["file"]).stat().st_mode & 0o777


def _moved(slot: str) -> Callable[[Scene, Outcome], bool]:
    def holds(scene: Scene, outcome: Outcome) -> bool:
        target = scene[slot] if slot == "newname" else f"{scene[slot]}/{scene['file']}"
        return not scene.path(scene["file"]).exists() and scene.read(target) == "mine\n"

    return holds


def _replaced(scene: Scene, outcome: Outcome) -> bool:
    return scene.read(scene["file"]) == f"{scene['word2']} x {scene['word2']}\nkeep\n"


def _two_files(scene: Scene) -> None:
    scene.write(scene["file"], "same\nleft\n")
    scene.write(scene["file2"], "same\nright\n")


def _descending(column: int) -> Callable[[Scene, Outcome], bool]:
    def holds(scene: Scene, outcome: Outcome) -> bool:
        numbers = [float(line.split()[column]) for line in outcome.lines[1:]]
        return "COMMAND" in outcome.lines[0] and numbers == sorted(numbers, reverse=True)

    return holds


PACK = "mkdir -p pack && echo hello > pack/x.txt && tar -czf {archive} pack && rm -r pack"
REPO = "git init -q . && git config init.defaultBranch main && echo base > base.txt && git add . && git commit -qm base"

LISTING_CHECKS = {
    "ls": Check(_three_files(), _prints("big.txt", "mid.txt", "tiny.txt")),
    "ls_dir": Check(_three_files("dir"), _prints("big.txt", "mid.txt", "tiny.txt")),
    "ls_size": Check(_three_files(), _in_order("big.txt", "mid.txt", "tiny.txt")),
    "ls_size_dir": Check(_three_files("dir"), _in_order("big.txt", "mid.txt", "tiny.txt")),
    "ls_time": Check(_three_files(), _in_order("mid.txt", "tiny.txt", "big.txt")),
    "ls_oldest": Check(_three_files(), _in_order("big.txt", "tiny.txt", "mid.txt")),
    "ls_hidden": Check(_three_files(), lambda s, o: {".dot", "big.txt", "mid.txt"} <= set(o.lines)),
    "ls_long": Check(_three_files(), lambda s, o: sum(line.startswith("-rw") for line in o.lines) == 3),
    "ls_tree": Check(_filled_dir, lambda s, o: {"in1.txt", "in2.txt", "sub"} <= set(o.lines)),
    "pwd": Check(_nothing, lambda s, o: o.lines == [str(s.work)]),
    "cd": Check(_filled_dir, lambda s, o: o.lines == [str(s.path(s["dir"]))], after="pwd"),
    "count_files": Check(_filled_dir, _prints("2")),
}
READING_CHECKS = {
    "cat": Check(_file("first\nsecond\n"), _prints("first", "second")),
    "count_lines": Check(_numbered, lambda s, o: o.lines == [f"{LINES} {s['file']}"]),
    "count_words": Check(_numbered, lambda s, o: o.lines == [f"{2 * LINES} {s['file']}"]),
    "count_bytes": Check(_file("12345\n7"), lambda s, o: o.lines == [f"7 {s['file']}"]),
    "head": Check(_numbered, lambda s, o: o.lines == [f"line {at}" for at in range(1, int(s["n"]) + 1)]),
    "tail": Check(
        _numbered, lambda s, o: o.lines == [f"line {at}" for at in range(LINES - int(s["n"]) + 1, LINES + 1)]
    ),
    "show_line": Check(_numbered, lambda s, o: o.lines == [f"line {s['n']}"]),
    "line_range": Check(
        _numbered, lambda s, o: o.lines == [f"line {at}" for at in range(int(s["lo"]), int(s["hi"]) + 1)]
    ),
    "sort": Check(_file("pear\napple\nfig\n"), _prints("apple", "fig", "pear")),
    "sort_reverse": Check(_file("pear\napple\nfig\n"), _prints("pear", "fig", "apple")),
    "sort_numeric": Check(_file("10\n9\n100\n"), _prints("9", "10", "100")),
    "sort_unique": Check(_file("b\na\nb\n"), _prints("a", "b")),
    "count_repeats": Check(
        _file("b\na\nb\n"), lambda s, o: [line.split() for line in o.lines] == [["1", "a"], ["2", "b"]]
    ),
    "cut": Check(_file(",".join(f"c{at}" for at in range(1, 31)) + "\n"), lambda s, o: o.lines == [f"c{s['col']}"]),
    "diff": Check(_two_files, lambda s, o: o.lines == ["2c2", "< left", "---", "> right"], codes=(1,)),
    "sha256": Check(_file("data"), lambda s, o: o.out.split() == [hashlib.sha256(b"data").hexdigest(), s["file"]]),
}
SEARCH_CHECKS = {
    "find_name": Check(
        lambda s: (s.write(f"deep/{s['file']}"), s.write(f"x{s['file']}")),
        lambda s, o: o.lines == [f"./deep/{s['file']}"],
    ),
    "find_ext": Check(
        _extensions(lambda s: ""), lambda s, o: sorted(o.lines) == [f"./deep/q2.{s['ext']}", f"./q1.{s['ext']}"]
    ),
    "find_ext_dir": Check(
        _extensions(lambda s: f"{s['dir']}/"),
        lambda s, o: sorted(o.lines) == [f"{s['dir']}/deep/q2.{s['ext']}", f"{s['dir']}/q1.{s['ext']}"],
    ),
    "find_larger": Check(_sized, _finds("./over.bin")),
    "find_recent": Check(_aged, _finds("./fresh.txt")),
    "find_older": Check(_aged, _finds("./sub/stale.txt")),
    "find_empty": Check(lambda s: (s.write("void.txt", ""), s.write("full.txt")), _finds("./void.txt")),
    "find_dirs": Check(
        lambda s: (s.write(f"up/{s['newdir']}/x"), s.write(f"other/{s['newdir']}")),
        lambda s, o: o.lines == [f"./up/{s['newdir']}"],
    ),
    "grep": Check(_words, _hits(1, 5)),
    "grep_case": Check(_words, _hits(1, 3, 5)),
    "grep_without": Check(_words, _hits(2, 3, 4)),
    "grep_count": Check(_words, _prints("2")),
    "grep_number": Check(_words, lambda s, o: o.lines == [f"1:a {s['word']} b", f"5:end {s['word']}"]),
    "grep_dir": Check(
        lambda s: s.write(f"{s['dir']}/in/a.txt", f"x {s['word']}\nno\n"),
        lambda s, o: o.lines == [f"{s['dir']}/in/a.txt:x {s['word']}"],
    ),
    "grep_files": Check(
        lambda s: (s.write("in/a.txt", f"x {s['word']}\n"), s.write("b.txt", "0\n")), _finds("./in/a.txt")
    ),
}
CHANGE_CHECKS = {
    "cp": Check(_file_and_dir, lambda s, o: s.read(s["file"]) == s.read(f"{s['dir']}/{s['file']}") == "mine\n"),
    "cp_as": Check(_file("mine\n"), lambda s, o: s.read(s["file"]) == s.read(s["newname"]) == "mine\n"),
    "cp_dir": Check(
        _filled_dir, lambda s, o: s.read(f"{s['newdir']}/sub/in2.txt") == s.read(f"{s['dir']}/sub/in2.txt")
    ),
    "mv": Check(_file_and_dir, _moved("dir")),
    "rename": Check(_file("mine\n"), _moved("newname")),
    "rename_dir": Check(
        _filled_dir, lambda s, o: not s.path(s["dir"]).exists() and s.read(f"{s['newdir']}/in1.txt") == "inner\n"
    ),
    "rm": Check(_file("mine\n"), _gone("file"), stdin="y\n"),
    "rm_dir": Check(_filled_dir, _gone("dir"), stdin="y\n" * 9),
    "rmdir": Check(lambda s: s.path(s["dir"]).mkdir(parents=True), _gone("dir")),
    "mkdir": Check(_nothing, lambda s, o: s.path(s["dir"]).is_dir()),
    "touch": Check(_nothing, lambda s, o: s.read(s["file"]) == ""),
    "chmod_x": Check(_file("#!/bin/sh\n"), lambda s, o: _mode(s) & 0o111 == 0o111),
    "chmod": Check(_file("x"), lambda s, o: _mode(s) == int(s["mode"], 8)),
    "ln": Check(_file("mine\n"), lambda s, o: os.readlink(s.path(s["link"])) == s["file"]),
    "tar_create": Check(_filled_dir, lambda s, o: f"{s['dir']}/sub/in2.txt" in o.lines, after="tar -tzf *.tar.gz"),
    "tar_extract": Check(_nothing, lambda s, o: s.read("pack/x.txt") == "hello\n", before=PACK),
    "tar_list": Check(_nothing, _prints("pack/", "pack/x.txt"), before=PACK),
    "gzip": Check(_file("mine\n"), lambda s, o: o.lines == ["mine"] and _gone("file")(s, o), after="zcat *.gz"),
    "gunzip": Check(_file("mine\n"), lambda s, o: s.read(s["file"]) == "mine\n", before="gzip {file}"),
    "replace": Check(lambda s: s.write(s["file"], f"{s['word']} x {s['word']}\nkeep\n"), _replaced),
    "write": Check(_file("old\n"), lambda s, o: s.read(s["file"]) == f"{s['word']}\n"),
    "append": Check(_file("old\n"), lambda s, o: s.read(s["file"]) == f"old\n{s['word']}\n"),
    "join": Check(_two_files, lambda s, o: s.read(s["newname"]) == "same\nleft\nsame\nright\n"),
}
SYSTEM_CHECKS = {
    "du": Check(_filled_dir, lambda s, o: len(o.lines) == 1 and o.lines[0].endswith(f"\t{s['dir']}")),
    "du_sorted": Check(
        lambda s: (s.write("a/x", "x" * 400_000), s.write("b/x", "x"), s.write("c/x", "x" * 90_000)),
        lambda s, o: [line.split("\t")[1] for line in o.lines] == ["b", "c", "a"],
    ),
    # Whole-machine readings depend on the sandbox's own view; their headings do not.
    "df": Check(_nothing, lambda s, o: o.lines[0].startswith("Filesystem") and "Avail" in o.lines[0], codes=(0, 1)),
    "free": Check(_nothing, lambda s, o: o.lines[1].startswith("Mem:")),
    "uptime": Check(_nothing, lambda s, o: "load average" in o.out),
    "ps_memory": Check(_nothing, _descending(3)),
    "ps_cpu": Check(_nothing, _descending(2)),
    "date": Check(_nothing, lambda s, o: len(o.lines) == 1 and ":" in o.out),
    "env": Check(_nothing, lambda s, o: "LC_ALL=C" in o.lines),
    "printenv": Check(_nothing, lambda s, o: o.lines == ["/usr/bin:/bin"], prefix="export {var}=$PATH"),
    "which": Check(
        lambda s: s.write(f"tools/{s['program']}").chmod(0o755),
        lambda s, o: o.lines == [str(s.path("tools", s["program"]))],
        prefix="PATH=$PWD/tools:$PATH; alias which=/usr/bin/which",
    ),
    "nproc": Check(_nothing, lambda s, o: int(o.out) >= 1),
    "whoami": Check(_nothing, lambda s, o: len(o.out.split()) == 1),
}
GIT_CHECKS = {
    "git_status": Check(_nothing, lambda s, o: "new.txt" in o.out, before=f"{REPO} && touch new.txt"),
    "git_log": Check(
        _nothing,
        lambda s, o: "base" in o.out and "extra" in o.out,
        before=f"{REPO} && git commit -q --allow-empty -m extra",
    ),
    "git_commit": Check(
        _nothing,
        lambda s, o: o.lines[-1] == s["message"],
        before=f"{REPO} && echo x > x.txt && git add x.txt",
        after="git log -n 1 --format=%s",
    ),
    "git_add": Check(
        _file("mine\n"),
        lambda s, o: o.lines == [s["file"]],
        before=REPO + " && git reset -q --soft HEAD && echo more >> {file}",
        after="git diff --cached --name-only",
    ),
    "git_branch": Check(
        _nothing, lambda s, o: o.lines == [s["branch"]], before=REPO, after="git branch --show-current"
    ),
    "git_switch": Check(
        _nothing,
        lambda s, o: o.lines == [s["branch"]],
        before=REPO + " && git branch {branch}",
        after="git branch --show-current",
    ),
    "git_branches": Check(_nothing, lambda s, o: "  other" in o.lines, before=f"{REPO} && git branch other"),
    "git_diff": Check(_file("mine\n"), lambda s, o: "+more" in o.lines, before=REPO + " && echo more >> {file}"),
    "git_init": Check(_nothing, lambda s, o: s.path(s["newdir"], ".git").is_dir()),
}
CHECKS: dict[str, Check] = {
    **LISTING_CHECKS,
    **READING_CHECKS,
    **SEARCH_CHECKS,
    **CHANGE_CHECKS,
    **SYSTEM_CHECKS,
    **GIT_CHECKS,
}
