"""Work done in a child process because it may crash: foreign files, llama.cpp on weights nobody has tried.

Two shapes: ``run`` starts ``python -m MODULE`` for one question; ``Preloaded`` keeps such a child (it calls ``serve``),
which works ``in_fork``s of its own, so that a crash costs milliseconds. Knows nothing of what is asked.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any


@dataclass(frozen=True)
class Ended:
    """How a child ended: ``code`` as subprocess gives it (negative: a signal), ``said`` is what it wrote."""

    code: int
    said: str

    @property
    def reason(self) -> str:
        """One line for people: its last word, or which signal ended it."""
        lines = self.said.strip().splitlines()
        if self.code < 0:
            return f"its process died of signal {-self.code}"
        return lines[-1] if lines else f"exit {self.code}"


def run(module: str, *arguments: str, limit_s: float, question: str = "") -> Ended:
    """Run ``python -m module`` to its end, ``question`` on its stdin; ``said`` is its stderr. TimeoutError after ``limit_s``."""
    command = [sys.executable, "-m", module, *arguments]
    try:
        done = subprocess.run(command, input=question.encode(), capture_output=True, timeout=limit_s, check=False)
    except subprocess.TimeoutExpired as error:
        raise TimeoutError(f"over {limit_s:.0f} s") from error
    return Ended(done.returncode, done.stderr.decode("utf-8", "replace"))


class Preloaded:
    """A child that stays: ``python -m module`` calling ``serve``. One question at a time; started by the first."""

    def __init__(self, module: str, limit_s: float) -> None:
        self._module = module
        self._limit_s = limit_s
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, question: Any) -> Ended:
        """Answer to one question that JSON can say. TimeoutError over the limit. A child that ended is started anew."""
        process = self._process = self._process or self._start()
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(question).encode() + b"\n")
            process.stdin.flush()
            line = self._line(process)
        except BrokenPipeError:
            line = b""
        except TimeoutError:
            self.close()
            raise
        if not line.endswith(b"\n"):
            self.close()
            return Ended(process.returncode, "")
        return Ended(**json.loads(line))

    def _start(self) -> subprocess.Popen[bytes]:
        """In a group of its own, so that its forks can be ended with it; one thread, so that forking it is safe."""
        return subprocess.Popen(
            [sys.executable, "-m", self._module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            bufsize=0,
            start_new_session=True,
        )

    def _line(self, process: subprocess.Popen[bytes]) -> bytes:
        """What the child answers; not ended by a newline if it died. TimeoutError."""
        assert process.stdout is not None
        deadline = time.monotonic() + self._limit_s
        line = b""
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while not line.endswith(b"\n"):
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise TimeoutError(f"over {self._limit_s:.0f} s")
                part = os.read(process.stdout.fileno(), 1 << 16)
                if not part:
                    break
                line += part
        return line

    def close(self) -> None:
        """End the child and what it forked."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None and process.stdout is not None
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdin.close()
        process.stdout.close()

    def __enter__(self) -> Preloaded:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


# --- the child that stays --------------------------------------------------------------------------------------------


def serve(answer: Callable[[Any], Ended]) -> None:
    """Answer the questions of a ``Preloaded`` from stdin, one line each, until it is closed.

    What native code prints meanwhile goes nowhere: stdout is taken for the answers alone.
    """
    with os.fdopen(os.dup(1), "w") as out, open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        for line in sys.stdin:
            print(json.dumps(vars(answer(json.loads(line)))), file=out, flush=True)


def in_fork(work: Callable[[], tuple[int, str]]) -> Ended:
    """Run ``work`` in a fork of this process, which must have no other threads; what crashes is the fork."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.close(reading)
            code, said = work()
            with os.fdopen(writing, "wb") as out:
                out.write(said.encode("utf-8", "replace"))
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as heard:
        said = heard.read().decode("utf-8", "replace")
    _, status = os.waitpid(pid, 0)
    return Ended(os.waitstatus_to_exitcode(status), said)
