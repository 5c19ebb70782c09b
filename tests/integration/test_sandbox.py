"""The walls of the sandbox, tried from inside with real processes. Where bubblewrap is missing, that it says so.

Each wall has its negative control: the same attempt outside, or with the limit raised, succeeds.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from a3x.errors import BadRequest, SandboxUnavailable
from a3x.sandbox.run import Limits, Result, Sandbox

pytestmark = pytest.mark.integration

BOX = Sandbox()
REASON = BOX.available()


def attempt(command: list[str] | str, **arguments) -> Result | None:
    """Run inside; where there is no sandbox, check that it refuses, and give None."""
    if REASON is None:
        return BOX.run(command, **arguments)
    with pytest.raises(SandboxUnavailable, match=r"."):
        BOX.run(command, **arguments)
    return None


def python(code: str, **arguments) -> Result | None:
    return attempt([BOX.python, "-c", code], **arguments)


def test_available_tells_the_truth():
    assert (REASON is None) == (shutil.which("bwrap") is not None and _namespaces_work())


def test_runs_with_files_input_and_exit_code():
    result = attempt("cat sub/a.txt; cat; echo no >&2; exit 3", files={"sub/a.txt": b"file "}, stdin=b"input")
    if result:
        assert (result.stdout, result.stderr, result.exit_code) == ("file input", "no\n", 3)
        assert not result.timed_out
        assert result.killed_by == ""


def test_python_runs_inside():
    result = python("print(6 * 7)")
    assert result is None or result.stdout == "42\n"


@pytest.mark.parametrize("name", ["../a", "/etc/a", "", ".", "a/../../b", "a\0b"])
def test_file_names_stay_inside(name):
    if REASON is None:
        with pytest.raises(BadRequest, match="file name"):
            BOX.run("true", files={name: b""})


def test_no_network():
    code = "import socket; s = socket.create_connection(('127.0.0.1', {}), 2); print(s.recv(9))"
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_greet, args=(server,), daemon=True).start()
        port = server.getsockname()[1]
        result = python(code.format(port))
        outside = subprocess.run(["python3", "-c", code.format(port)], capture_output=True, text=True)
    assert outside.stdout == "b'hello'\n"
    assert result is None or (result.exit_code != 0 and "hello" not in result.stdout)


@pytest.mark.parametrize("path", ["/usr/x", "/x", "/etc/x", "/dev/x", "/home/x"])
def test_cannot_write_the_system(path):
    result = attempt(f"touch {path}")
    assert result is None or result.exit_code != 0
    inside = attempt("touch x /tmp/x && echo done")
    assert inside is None or inside.stdout == "done\n"


def test_what_it_writes_is_gone_afterwards():
    attempt("touch left /tmp/left")
    result = attempt("ls -A . /tmp")
    assert result is None or "left" not in result.stdout


def test_cannot_see_homes_or_the_daemons_home(tmp_path):
    (tmp_path / "a3x.db").write_text("secret")
    command = f"ls /home /root /var /mnt /srv /sys /run 2>/dev/null; cat {tmp_path}/a3x.db; ls /tmp"
    assert subprocess.run(["cat", f"{tmp_path}/a3x.db"], capture_output=True, text=True).stdout == "secret"
    result = attempt(command)
    assert result is None or result.stdout == ""


def test_cannot_see_our_processes_or_environment(monkeypatch):
    monkeypatch.setenv("A3X_SECRET", "hunter2")
    result = attempt("cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr '\\0' '\\n'; env")
    assert result is None or ("hunter2" not in result.stdout and "pytest" not in result.stdout)


def test_timeout_kills_grandchildren():
    marker = f"10{time.time_ns() % 10**9}"
    began = time.monotonic()
    result = attempt(f"(setsid sleep {marker} & ) ; sleep {marker}", timeout_s=0.5)
    if result:
        assert time.monotonic() - began < 5
        assert result.timed_out
        assert result.killed_by == "timeout"
        assert not _processes_with(marker)
    control = subprocess.Popen(["sleep", marker])
    try:
        time.sleep(0.1)  # its command line appears a moment after it starts
        assert _processes_with(marker)
    finally:
        control.kill()
        control.wait()


def test_a_finished_run_leaves_no_background_process():
    marker = f"11{time.time_ns() % 10**9}"
    result = attempt(f"setsid sleep {marker} >/dev/null 2>&1 & exit 0", timeout_s=5)
    assert result is None or (result.exit_code == 0 and not _processes_with(marker))


def test_memory_limit():
    code = "b = bytearray(400 << 20); print(len(b))"
    small = python(code, limits=Limits(memory_bytes=200 << 20))
    large = python(code, limits=Limits(memory_bytes=900 << 20))
    assert small is None or "MemoryError" in small.stderr
    assert large is None or large.stdout == f"{400 << 20}\n"


def test_disk_limit():
    command = "dd if=/dev/zero of={} bs=1M count=40 2>/dev/null && echo fits"
    tight = Limits(disk_bytes=8 << 20, file_bytes=1 << 30)
    for place in ("/tmp/a", "/dev/shm/a", "a"):
        small = attempt(command.format(place), limits=tight)
        assert small is None or "fits" not in small.stdout
    large = attempt(command.format("a"), limits=replace(tight, disk_bytes=64 << 20))
    assert large is None or large.stdout == "fits\n"


def test_cpu_limit():
    result = attempt("while :; do :; done", limits=Limits(cpu_s=1), timeout_s=20)
    if result:
        assert result.killed_by in ("SIGXCPU", "SIGKILL")
        assert not result.timed_out
        assert 0.5 < result.cpu_s < 5


def test_cpu_time_is_counted_at_a_timeout_too():
    result = attempt("(while :; do :; done) & while :; do :; done", timeout_s=1)
    assert result is None or (result.timed_out and result.cpu_s > 0.5)


def test_fork_bomb_is_contained():
    code = "for i in $(seq 60); do sleep 2 & done 2>/dev/null; ls -d /proc/[0-9]* | wc -l"
    few = attempt(["/bin/bash", "-c", code], limits=Limits(processes=16), timeout_s=3)
    many = attempt(["/bin/bash", "-c", code], limits=Limits(processes=200), timeout_s=10)
    bomb = attempt(":(){ :|:& };:", limits=Limits(processes=16), timeout_s=1)
    if few and many and bomb:
        assert bomb.wall_s < 5
        assert few.timed_out or few.exit_code != 0 or int(few.stdout or 0) <= 20
        assert int(many.stdout) > 60
        assert not _processes_with("sleep 2 ")


def test_output_cap():
    result = attempt("yes | head -c 3000000; echo end >&2", limits=Limits(output_bytes=1000))
    if result:
        assert len(result.stdout) == 1000
        assert result.truncated
        assert (result.exit_code, result.stderr) == (0, "end\n")
    small = attempt("echo a", limits=Limits(output_bytes=1000))
    assert small is None or not small.truncated


def test_missing_bubblewrap_is_said_and_nothing_runs(tmp_path):
    box = Sandbox(bwrap="no-such-bwrap")
    assert "not installed" in (box.available() or "")
    with pytest.raises(SandboxUnavailable, match="bubblewrap"):
        box.run(f"touch {tmp_path}/ran")
    assert not (tmp_path / "ran").exists()


def test_broken_bubblewrap_is_said(tmp_path):
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'setting up uid map: Permission denied' >&2\nexit 1\n")
    broken.chmod(0o755)
    box = Sandbox(bwrap=str(broken))
    assert "bubblewrap cannot" in (box.available() or "")  # be started (as root we are nobody by then), or make one
    with pytest.raises(SandboxUnavailable):
        box.run("true")


def _namespaces_work() -> bool:
    walls = ["bwrap", "--unshare-all", "--unshare-user", "--ro-bind", "/", "/", "--proc", "/proc", "true"]
    return subprocess.run(walls, capture_output=True).returncode == 0


def _greet(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.sendall(b"hello")


def _processes_with(text: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if text in line and "pytest" not in line and not line.startswith(("/bin/sh", "sh ", "bash")):
            found.append(line)
    return found
