"""Programs of the very llama.cpp that llama-cpp-python brings: built once from its source archive, then kept.

Needs pip, cmake, ninja and a C++ compiler the first time, and some minutes. Kept in ``~/.cache/a3x/peers/<version>``.
Tests compare answers with llama-server, the benches in ``benchmarks/perf`` compare speed with all three.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import httpx

CACHE = Path.home() / ".cache" / "a3x" / "peers"
PACKAGE = "llama-cpp-python"
OFF = ("BUILD_SHARED_LIBS", "LLAMA_BUILD_TESTS", "LLAMA_BUILD_EXAMPLES", "LLAMA_BUILD_UI", "LLAMA_USE_PREBUILT_UI")
OFF += ("LLAMA_OPENSSL", "GGML_CCACHE")
STARTUP_LIMIT_S = 60.0

Program = Literal["llama-server", "llama-bench", "llama-batched-bench"]
PROGRAMS: tuple[Program, ...] = ("llama-server", "llama-bench", "llama-batched-bench")

EXACT = ("-fa", "off", "-ctk", "f32", "-ctv", "f32", "-t", "1", "-np", "1", "-c", "512", "-ngl", "0")
"""As exact as llama-server can compute: float32 cache, no flash attention."""


def program(name: Program) -> Path:
    """The binary, built with its siblings if it is not there yet; who comes while it is being built waits for it."""
    folder = CACHE / version(PACKAGE)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not all((folder / each).exists() for each in PROGRAMS):
            with tempfile.TemporaryDirectory() as place:
                _build(Path(place), folder)
    return folder / name


def _build(place: Path, folder: Path) -> None:
    """Download and compile in ``place``; the programs end up in ``folder``."""
    wanted = f"{PACKAGE}=={version(PACKAGE)}"
    pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", PACKAGE, "--dest", str(place), wanted]
    subprocess.run(pip, check=True)
    (archive,) = place.glob("*.tar.gz")
    with tarfile.open(archive) as files:
        files.extractall(place, filter="data")
    source = place / archive.name.removesuffix(".tar.gz") / "vendor" / "llama.cpp"
    settings = ("-DCMAKE_BUILD_TYPE=Release", *(f"-D{name}=OFF" for name in OFF))
    subprocess.run(["cmake", "-S", str(source), "-B", str(place / "build"), "-G", "Ninja", *settings], check=True)
    subprocess.run(["nice", "-n", "10", "cmake", "--build", str(place / "build"), "--target", *PROGRAMS], check=True)
    for name in PROGRAMS:
        shutil.copy(place / "build" / "bin" / name, folder / f"{name}.part")
        (folder / f"{name}.part").replace(folder / name)


class LlamaServer:
    """A running llama-server on a base, with the flags given; a context manager that kills it at the end."""

    def __init__(self, base: Path, log: Path, *flags: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._command = [str(program("llama-server")), "-m", str(base), "--port", str(port), *flags]
        self._log = log

    def __enter__(self) -> LlamaServer:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        end = time.monotonic() + STARTUP_LIMIT_S
        while not self._ready():
            if self._process.poll() is not None or time.monotonic() > end:
                self._process.kill()
                raise RuntimeError(f"llama-server does not start:\n{self._log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)
        return self

    def _ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health", timeout=1.0).status_code == 200
        except httpx.HTTPError:
            return False

    def greedy(self, prompt: list[int], tokens: int) -> tuple[list[int], str]:
        """Tokens without the end token, and their text."""
        body: dict[str, Any] = {
            "prompt": prompt,
            "n_predict": tokens,
            "temperature": 0,
            "samplers": ["top_k"],
            "top_k": 1,
        }
        body |= {"return_tokens": True, "cache_prompt": False}
        answer = httpx.post(f"{self.url}/completion", content=json.dumps(body), timeout=60.0).raise_for_status().json()
        return answer["tokens"], answer["content"]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
