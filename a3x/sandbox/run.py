"""Runs one command in bubblewrap: no network, read-only system, limits, killed as a whole. Never runs one outside.

Knows nothing of what the command means (``guard.py`` judges that). Memory is limited per process, as the kernel's
rlimits are: what bounds the sum is ``processes`` times ``memory_bytes``. WORK inside is gone afterwards.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from a3x.errors import BadRequest, SandboxUnavailable

WORK = "/box"
NOBODY = 65534
"""As root we drop to this user first: root is exempt from the limit on processes."""

PASSWD = f"agent:x:{NOBODY}:{NOBODY}:agent:{WORK}:/bin/sh\n".encode()
SYSTEM_LINKS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
FIRST = ("/bin/sh", "-c", 'exec 3>&2 2>/dev/null; "$@" 2>&3 3>&-; exit $?', "first")
"""The first process inside: waits for the command, so that its CPU time is counted, and says nothing of its own."""

ETC_SHOWN = ("alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime")
FILES_MAX = 256


@dataclass(frozen=True)
class Limits:
    """What one run may use. Output beyond ``output_bytes`` (each of stdout and stderr) is read and dropped."""

    wall_s: float = 10.0
    cpu_s: int = 10
    memory_bytes: int = 512 << 20
    file_bytes: int = 32 << 20
    disk_bytes: int = 64 << 20
    processes: int = 32
    open_files: int = 128
    output_bytes: int = 128 << 10


@dataclass(frozen=True)
class Result:
    """How the run ended. ``killed_by`` is "timeout", a signal's name, or "" for a command that ended by itself.

    A command that itself exits with 128 + n reads as killed by signal n, as in every shell.
    """

    exit_code: int
    stdout: str
    stderr: str
    truncated: bool
    timed_out: bool
    wall_s: float
    cpu_s: float
    killed_by: str


class Sandbox:
    """A bubblewrap runner with default limits. Runs share nothing; safe to use from several threads."""

    def __init__(self, limits: Limits | None = None, bwrap: str = "bwrap", prlimit: str = "prlimit") -> None:
        self._limits = limits or Limits()
        self._bwrap = shutil.which(bwrap)
        self._prlimit = shutil.which(prlimit)
        self._python_prefix = _python_prefix()
        self._proved = False

    @property
    def python(self) -> str:
        """Path of a Python interpreter that exists inside: ours if it can be shown there, else the system's."""
        if self._python_prefix is None:
            return "/usr/bin/python3"
        return str(self._python_prefix / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}")

    def available(self) -> str | None:
        """None when a trivial command really ran inside; otherwise the reason it could not, for the owner."""
        if self._bwrap is None:
            return "bubblewrap is not installed (Debian: apt install bubblewrap)"
        if self._prlimit is None:
            return "prlimit is not installed (Debian: apt install util-linux)"
        try:
            result = self._run(["true"], {}, b"", self._limits)
        except OSError as error:
            return f"bubblewrap cannot be started: {error}"
        if result.exit_code == 0:
            self._proved = True
            return None
        said = result.stderr.strip() or f"exit code {result.exit_code}"
        return f"bubblewrap cannot make a sandbox here: {said} (Ubuntu 24.04 needs the profile in systemd/README.md)"

    def run(
        self,
        command: Sequence[str] | str,
        files: Mapping[str, bytes] | None = None,
        stdin: bytes = b"",
        timeout_s: float | None = None,
        limits: Limits | None = None,
    ) -> Result:
        """Run an argument list, or a string as a shell script, in a fresh WORK holding ``files``.

        ``timeout_s`` replaces the limits' wall time. Raises SandboxUnavailable when there is no sandbox, BadRequest
        for a file name that leaves WORK.
        """
        reason = None if self._proved else self.available()
        if reason is not None:
            raise SandboxUnavailable(reason)
        argv = ["/bin/sh", "-c", command] if isinstance(command, str) else list(command)
        return self._run(argv, files or {}, stdin, limits or self._limits, timeout_s)

    def _run(
        self,
        argv: list[str],
        files: Mapping[str, bytes],
        stdin: bytes,
        limits: Limits,
        timeout_s: float | None = None,
    ) -> Result:
        with _passed({**_checked(files), "/etc/passwd": PASSWD}) as descriptors:
            command = [*self._walls(limits, descriptors), "--", *FIRST, *self._rlimits(limits), "--", *argv]
            as_root = os.geteuid() == 0
            began = time.monotonic()
            child = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=tuple(descriptors.values()),
                cwd="/",
                env={},
                start_new_session=True,
                user=NOBODY if as_root else None,
                group=NOBODY if as_root else None,
                extra_groups=[] if as_root else None,
            )
        return _collect(child, stdin, limits, limits.wall_s if timeout_s is None else timeout_s, began)

    def _walls(self, limits: Limits, descriptors: Mapping[str, int]) -> list[str]:
        """bubblewrap's arguments: an empty root, then the little that is shown in it."""
        walls = [self._bwrap or "bwrap", "--unshare-all", "--unshare-user", "--die-with-parent", "--new-session"]
        walls += ["--as-pid-1"]
        walls += ["--clearenv", "--setenv", "PATH", "/usr/local/bin:/usr/bin:/bin", "--setenv", "HOME", WORK]
        walls += ["--setenv", "LANG", "C.UTF-8", "--hostname", "box", "--uid", str(NOBODY), "--gid", str(NOBODY)]
        walls += ["--ro-bind", "/usr", "/usr", "--proc", "/proc", "--dev", "/dev"]
        for name in SYSTEM_LINKS:
            walls += _shown_link(Path("/") / name)
        for name in ETC_SHOWN:
            walls += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
        if self._python_prefix is not None:
            walls += ["--ro-bind", str(self._python_prefix), str(self._python_prefix)]
        for folder in ("/tmp", "/dev/shm", WORK):
            walls += ["--size", str(limits.disk_bytes), "--tmpfs", folder]
        for path, descriptor in descriptors.items():
            walls += ["--file", str(descriptor), path]
        return [*walls, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", WORK]

    def _rlimits(self, limits: Limits) -> list[str]:
        """Set inside, where processes are counted anew: outside they would count the owner's whole desktop."""
        return [
            self._prlimit or "prlimit",
            f"--as={limits.memory_bytes}",
            f"--cpu={limits.cpu_s}",
            f"--fsize={limits.file_bytes}",
            f"--nproc={limits.processes}",
            f"--nofile={limits.open_files}",
            "--core=0",
        ]


# --- going in --------------------------------------------------------------------------------------------------------


def _checked(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files by their full path inside; BadRequest for names that leave WORK."""
    if len(files) > FILES_MAX:
        raise BadRequest(f"{len(files)} files for one sandbox run; the limit is {FILES_MAX}", param="files")
    for name in files:
        path = PurePosixPath(name)
        if not name or "\0" in name or path.is_absolute() or ".." in path.parts or path == PurePosixPath("."):
            raise BadRequest(f"file name {name!r} must be relative and stay in the work folder", param="files")
    return {f"{WORK}/{PurePosixPath(name)}": data for name, data in files.items()}


@contextlib.contextmanager
def _passed(files: Mapping[str, bytes]) -> Iterator[dict[str, int]]:
    """The contents as open descriptors, by path: bubblewrap copies them in, nothing touches our disk."""
    descriptors: dict[str, int] = {}
    try:
        for path, data in files.items():
            descriptor = descriptors[path] = os.memfd_create("sandbox-file")
            view = memoryview(data)
            while view:
                view = view[os.write(descriptor, view) :]
            os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptors
    finally:
        for descriptor in descriptors.values():
            os.close(descriptor)


def _shown_link(path: Path) -> list[str]:
    """/bin, /lib and so on: a link into /usr on most systems, a folder on some, absent on others."""
    if path.is_symlink():
        return ["--symlink", os.readlink(path), str(path)]
    return ["--ro-bind", str(path), str(path)] if path.is_dir() else []


def _python_prefix() -> Path | None:
    """Our own Python's folder, when it is not under /usr anyway and the sandbox's user may enter it."""
    prefix = Path(sys.base_prefix).resolve()
    if prefix.is_relative_to("/usr") or prefix == Path("/"):
        return None
    if os.geteuid() == 0 and not all(folder.stat().st_mode & 0o005 == 0o005 for folder in (prefix, *prefix.parents)):
        return None
    return prefix


# --- coming out ------------------------------------------------------------------------------------------------------


class _Capture(threading.Thread):
    """Keeps the first ``limit`` bytes of a stream and drops the rest, so that the writer never blocks."""

    def __init__(self, stream: IO[bytes], limit: int) -> None:
        super().__init__(daemon=True)
        self._stream = stream
        self._limit = limit
        self.kept = bytearray()
        self.truncated = False
        self.start()

    def run(self) -> None:
        with self._stream:
            while chunk := os.read(self._stream.fileno(), 1 << 16):
                room = self._limit - len(self.kept)
                self.kept += chunk[:room]
                self.truncated = self.truncated or len(chunk) > room

    def text(self) -> str:
        self.join()
        return self.kept.decode("utf-8", "replace")


def _collect(child: subprocess.Popen[bytes], stdin: bytes, limits: Limits, timeout_s: float, began: float) -> Result:
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    out = _Capture(child.stdout, limits.output_bytes)
    err = _Capture(child.stderr, limits.output_bytes)
    feeder = threading.Thread(target=_feed, args=(child.stdin, stdin), daemon=True)
    feeder.start()
    # The child stays a zombie until the timer is off, so that no other process can have got its pid.
    # wait4 alone reports CPU time.
    timer = _Killer(child.pid, timeout_s)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    timer.cancel()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    feeder.join()
    stdout, stderr = out.text(), err.text()
    code = child.returncode if child.returncode >= 0 else 128 - child.returncode
    return Result(
        exit_code=code,
        stdout=stdout,
        stderr=stderr,
        truncated=out.truncated or err.truncated,
        timed_out=timer.fired,
        wall_s=time.monotonic() - began,
        cpu_s=usage.ru_utime + usage.ru_stime + timer.cpu_s,
        killed_by="timeout" if timer.fired else _signal_name(code),
    )


class _Killer:
    """Ends a sandbox after a while, unless cancelled first. To be cancelled before bubblewrap is reaped.

    It kills the first process inside, which takes its whole process namespace along; bubblewrap then ends by itself.
    """

    def __init__(self, pid: int, after_s: float) -> None:
        self._pid = pid
        self._lock = threading.Lock()
        self._over = False
        self.fired = False
        self.cpu_s = 0.0
        """What the sandbox had used by then: the kernel does not pass on the times of processes that die this way."""
        self._timer = threading.Timer(after_s, self._fire)
        self._timer.daemon = True
        self._timer.start()

    def _fire(self) -> None:
        with self._lock:
            if not self._over:
                self.fired = True
                self.cpu_s = _tree_cpu_s(self._pid)
                for pid in _children(self._pid) or [self._pid]:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)

    def cancel(self) -> None:
        with self._lock:
            self._over = True
        self._timer.cancel()


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _tree_cpu_s(pid: int) -> float:
    """CPU seconds of a process, its dead children and its living descendants; what cannot be read counts as 0."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    own = sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")
    return own + sum(_tree_cpu_s(child) for child in _children(pid))


def _feed(stream: IO[bytes], data: bytes) -> None:
    with contextlib.suppress(BrokenPipeError), stream:
        stream.write(data)


def _signal_name(code: int) -> str:
    try:
        return signal.Signals(code - 128).name if code > 128 else ""
    except ValueError:
        return ""
