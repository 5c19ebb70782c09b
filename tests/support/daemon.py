"""A real daemon in a child process, on a free port and a home of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

STARTUP_LIMIT_S = 60.0


class Daemon:
    """``start`` waits for readiness; ``kill`` is SIGKILL; used as a context manager it stops cleanly."""

    def __init__(
        self,
        home: Path,
        model: Path | None = None,
        *flags: str,
        env: dict[str, str] | None = None,
        cwd: Path | None = None,
        program: tuple[str, ...] = (sys.executable, "-m", "a3x.cli.main"),
    ) -> None:
        self.home = home
        self.url = ""
        self.ready_s = 0.0
        self._command = [*program, "serve", "--home", str(home), "--port", "0", *flags]
        if model:
            self._command += ["--model", str(model)]
        self._env = {**os.environ, **(env or {})}
        self._cwd = cwd
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        return (self.home.parent / f"{self.home.name}.log").read_text(errors="replace")

    def start(self) -> Daemon:
        self.home.mkdir(parents=True, exist_ok=True)
        (self.home / "daemon.json").unlink(missing_ok=True)
        began = time.monotonic()
        with (self.home.parent / f"{self.home.name}.log").open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, env=self._env, cwd=self._cwd)
        while not self._is_ready():
            if self._process.poll() is not None:
                raise RuntimeError(f"the daemon ended with {self._process.returncode}:\n{self.log[-2000:]}")
            if time.monotonic() - began > STARTUP_LIMIT_S:
                raise RuntimeError(f"the daemon is not ready after {STARTUP_LIMIT_S} s:\n{self.log[-2000:]}")
            time.sleep(0.02)
        self.ready_s = time.monotonic() - began
        return self

    def _is_ready(self) -> bool:
        try:
            self.url = json.loads((self.home / "daemon.json").read_text())["url"]
            return httpx.get(f"{self.url}/readyz", timeout=1.0).status_code == 200
        except (OSError, ValueError, KeyError, httpx.HTTPError):
            return False

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> int:
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(timeout=30)

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=60.0)

    def chat(self, content: str, **fields: Any) -> dict[str, Any]:
        """One whole answer; the HTTP error is raised."""
        body = {"model": "a3x", "messages": [{"role": "user", "content": content}], **fields}
        with self.client() as client:
            return client.post("/v1/chat/completions", json=body).raise_for_status().json()

    def __enter__(self) -> Daemon:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process and self._process.poll() is None:
            self.stop()
