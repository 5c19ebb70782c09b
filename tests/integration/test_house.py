"""The house around the code: what the wheel carries, the import contracts with a negative control, the systemd unit."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from a3x import resources
from tests.support.daemon import Daemon

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "systemd" / "a3x.service"


def test_the_wheel_carries_its_resources(tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        archive.extractall(tmp_path / "site")
    assert {"a3x/types.py", "a3x/_data/loras/python.toml", "a3x/_data/memory/README.md"} <= names
    assert "a3x/_data/models/seed/a3x-seed-2.gguf" in names
    assert not [name for name in names if name.startswith(("tests/", "tools/"))]
    for name in resources.NAMES:
        found = resources.path(name, tmp_path / "site" / "a3x")
        assert found.is_relative_to(tmp_path / "site" / "a3x" / "_data")
    with Daemon(tmp_path / "home", env={"PYTHONPATH": str(tmp_path / "site")}, cwd=tmp_path) as daemon:
        with daemon.client() as client:
            model = client.get("/a3x/status").json()["model"]
        assert Path(model["path"]).is_relative_to(tmp_path / "site")
        assert daemon.chat("hello")["choices"][0]["message"]["content"]


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env={"PYTHONPATH": str(folder)})


@pytest.fixture
def copy(tmp_path) -> Path:
    shutil.copytree(ROOT / "a3x", tmp_path / "a3x", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_contracts_hold(copy):
    checked = lint_imports(copy)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        ("a3x/errors.py", "import a3x.sandbox.run", "Imports go only downwards"),
        ("a3x/newcomer.py", "", "Imports go only downwards"),
        ("a3x/hardware/cpu.py", "import torch", "Training libraries"),
        ("a3x/hardware/cpu.py", "import scipy.stats", "Training libraries"),
        ("a3x/resources.py", "import llama_cpp", "Only the engine"),
        ("a3x/ladder/__init__.py", "import a3x.sandbox.run", "Trainer and ladder are programs"),
        ("a3x/sandbox/run.py", "import a3x.ladder", "Imports go only downwards"),
    ],
)
def test_a_breach_is_found(copy, file, line, broken):
    with (copy / file).open("a") as source:
        source.write(f"\n{line}\n")
    checked = lint_imports(copy)
    assert checked.returncode != 0
    report = " ".join(checked.stdout.split())  # the tool wraps long names
    assert re.search(rf"{broken}((?!KEPT).)* BROKEN", report), checked.stdout


def unit() -> dict[str, dict[str, str]]:
    parser = configparser.ConfigParser(interpolation=None, strict=False, delimiters=("=",))
    parser.optionxform = str  # type: ignore[method-assign,assignment]
    parser.read(UNIT)
    return {name: dict(parser[name]) for name in parser.sections()}


def test_the_unit_is_supervised_and_hardened():
    service = unit()["Service"]
    wanted = {
        "Type": "notify",
        "Restart": "always",
        "StateDirectory": "a3x",
        "NoNewPrivileges": "yes",
        "ProtectHome": "yes",
    }
    assert wanted.items() <= service.items()
    assert int(service["WatchdogSec"]) > 0
    assert service["ExecStart"] == "/opt/a3x/.venv/bin/a3x serve"


@pytest.mark.parametrize(
    "directive",
    [
        "MemoryDenyWriteExecute",
        "ProcSubset",
        "RestrictNamespaces",
        "ProtectKernelTunables",
        "ProtectKernelLogs",
        "ProtectHostname",
        "PrivateDevices",
    ],
)
def test_the_unit_leaves_out_what_breaks_us(directive):
    assert directive not in unit()["Service"]


def test_systemd_accepts_the_unit(tmp_path):
    if not shutil.which("systemd-analyze"):
        assert set(unit()) == {"Unit", "Service", "Install"}  # all that can be said without the tool
        return
    text = UNIT.read_text()
    good = tmp_path / "a3x.service"
    good.write_text(text.replace("/opt/a3x/.venv/bin/a3x", "/bin/true"))
    assert _verify(good) == ""
    bad = tmp_path / "bad.service"
    bad.write_text(good.read_text().replace("Type=notify", "Type=notifies"))
    assert "notifies" in _verify(bad)


def _verify(path: Path) -> str:
    """What systemd has to say of the unit, other units of this machine left aside."""
    said = subprocess.run(["systemd-analyze", "verify", "--man=no", str(path)], capture_output=True, text=True)
    return "\n".join(line for line in said.stderr.splitlines() if path.name in line)
