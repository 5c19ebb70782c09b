"""Adapter versions: numbering, conflicts, damage, and what every possible crash leaves behind."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from a3x.clock import HandClock
from a3x.disk import RealDisk
from a3x.errors import BadRequest, Conflict, NotFound, StorageFull, UnknownModel
from a3x.stores.adapters import Adapters
from a3x.stores.db import Database
from a3x.stores.fakes import FullDisk
from a3x.types import Adapter

BASE = "b" * 64


class Crash(BaseException):
    """The process is gone."""


class CrashingDisk(RealDisk):
    """Dies before, or halfway through, writing a file of the given name."""

    def __init__(self, name: str, half: bool = False) -> None:
        self.name, self.half = name, half

    def write_atomic(self, path: Path, data: bytes) -> None:
        if path.name != self.name:
            return super().write_atomic(path, data)
        if self.half:
            super().write_atomic(path.with_name(f".{path.name}.0000.tmp"), data[: len(data) // 2])
        raise Crash


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "a3x.db", RealDisk(), HandClock()) as opened:
        yield opened


@pytest.fixture
def adapters(db: Database, tmp_path: Path) -> Adapters:
    return Adapters(db, tmp_path, RealDisk(), HandClock())


def install(adapters: Adapters, theme: str, content: bytes, **metadata: Any) -> Adapter:
    return asyncio.run(adapters.install(theme, content, BASE, metadata))


def test_versions_count_up_by_theme(adapters: Adapters, tmp_path: Path) -> None:
    made = [install(adapters, "cli", b"one"), install(adapters, "cli", b"two"), install(adapters, "python", b"one")]
    assert [adapter.name for adapter in made] == ["cli@1", "cli@2", "python@1"]
    assert made[0].path == tmp_path / "adapters" / "cli" / "1" / "adapter.gguf"
    assert made[0].path.read_bytes() == b"one"
    assert made[0].sha256 == hashlib.sha256(b"one").hexdigest()
    assert adapters.get("cli", 2) == made[1]
    assert adapters.list() == made
    assert adapters.list("cli") == made[:2]
    assert adapters.list("summary") == []


def test_manifest_says_what_it_is(adapters: Adapters) -> None:
    made = install(adapters, "cli", b"one", note="é")
    assert adapters.manifest("cli", 1) == {
        "name": "cli@1",
        "sha256": made.sha256,
        "base_sha256": BASE,
        "created": made.created,
        "files": {
            "README.md": hashlib.sha256(made.path.with_name("README.md").read_bytes()).hexdigest(),
            "adapter.gguf": made.sha256,
        },
        "parent": None,
        "records_sha256": None,
        "config": {},
        "scores": {},
        "cycle": None,
        "metadata": {"note": "é"},
    }
    (made.path.parent / "manifest.json").write_text("{")
    with pytest.raises(NotFound, match="damaged"):
        adapters.manifest("cli", 1)


def test_the_same_content_again_is_a_conflict(adapters: Adapters) -> None:
    install(adapters, "cli", b"one")
    with pytest.raises(Conflict, match="already installed as cli@1"):
        install(adapters, "cli", b"one", note="other")
    assert install(adapters, "cli", b"two").version == 2


def test_the_same_content_twice_at_once(adapters: Adapters, tmp_path: Path) -> None:
    async def main() -> list[Any]:
        twice = (adapters.install("cli", b"one", BASE, {}) for _ in range(2))
        return await asyncio.gather(*twice, return_exceptions=True)

    results = asyncio.run(main())
    (made,) = [result for result in results if isinstance(result, Adapter)]
    assert [type(result) for result in results if result is not made] == [Conflict]
    assert adapters.list() == [made]
    assert [folder.name for folder in (tmp_path / "adapters" / "cli").iterdir()] == [str(made.version)]


@pytest.mark.parametrize(("theme", "metadata"), [("poetry", {}), ("../cli", {}), ("cli", {"x": object()})])
def test_bad_requests_cost_no_number(adapters: Adapters, theme: str, metadata: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        install(adapters, theme, b"one", **metadata)
    assert install(adapters, "cli", b"one").version == 1


def test_unknown_version_names_the_known_ones(adapters: Adapters) -> None:
    with pytest.raises(UnknownModel, match="known versions: none"):
        adapters.get("cli", 1)
    install(adapters, "cli", b"one")
    install(adapters, "cli", b"two")
    with pytest.raises(UnknownModel, match="no adapter cli@9; known versions: cli@1, cli@2"):
        adapters.get("cli", 9)


def test_verify_sees_damage(adapters: Adapters) -> None:
    one, two, three = (install(adapters, "cli", content) for content in (b"one", b"two", b"three"))
    assert adapters.verify() == []
    one.path.write_bytes(b"onf")
    two.path.unlink()
    (three.path.parent / "manifest.json").unlink()
    found = adapters.verify()
    for name in ("cli@1", "cli@2", "cli@3"):
        assert any(name in problem for problem in found), name


def test_full_disk_makes_no_version(db: Database, tmp_path: Path) -> None:
    with FullDisk(room_bytes=500) as disk:
        adapters = Adapters(db, tmp_path, disk, HandClock())
        with pytest.raises(StorageFull):
            install(adapters, "cli", b"weights" * 100)
        disk.room_bytes = 500
        with pytest.raises(StorageFull, match=r"manifest\.json"):
            install(adapters, "cli", b"nine byte")
        assert adapters.list() == []
        assert list((tmp_path / "adapters" / "cli").glob("*")) == []
        disk.room_bytes = None
        assert install(adapters, "cli", b"nine byte").version == 3


# --- crashes ---------------------------------------------------------------------------------------------------------


def crashed(db: Database, home: Path, disk: RealDisk, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Leave what a process that dies in ``disk`` leaves: nobody tidies up. Returns the version's folder."""
    with monkeypatch.context() as patch:
        patch.setattr("a3x.stores.adapters._remove", lambda folder: None)
        with pytest.raises(Crash):
            install(Adapters(db, home, disk, HandClock()), "cli", b"lost")
    return home / "adapters" / "cli" / "1"


@pytest.mark.parametrize(("name", "half"), [("adapter.gguf", True), ("manifest.json", False), ("manifest.json", True)])
def test_half_written_version_is_swept(
    db: Database, adapters: Adapters, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, half: bool
) -> None:
    folder = crashed(db, tmp_path, CrashingDisk(name, half), monkeypatch)
    assert folder.exists()
    assert adapters.list() == []
    assert adapters.sweep() == []
    assert not folder.exists()
    assert install(adapters, "cli", b"other").version == 2


def whole_orphan(db: Database, adapters: Adapters, content: bytes) -> Adapter:
    """A version whose row never came to be."""
    made = install(adapters, "cli", content)
    db.write(lambda c: c.execute("DELETE FROM adapter WHERE theme = 'cli' AND version = ?", (made.version,))).result(5)
    assert made not in adapters.list()
    return made


def test_whole_version_without_a_row_is_adopted(db: Database, adapters: Adapters) -> None:
    orphan = whole_orphan(db, adapters, b"one")
    assert adapters.sweep() == [orphan]
    assert adapters.get("cli", 1) == orphan
    assert adapters.sweep() == []
    with pytest.raises(Conflict, match="cli@1"):
        install(adapters, "cli", b"one")


def test_orphan_is_never_overwritten_even_before_a_sweep(db: Database, adapters: Adapters) -> None:
    orphan = whole_orphan(db, adapters, b"one")
    assert install(adapters, "cli", b"other").version == 2
    assert orphan.path.read_bytes() == b"one"


def test_orphan_whose_content_is_installed_is_removed(db: Database, adapters: Adapters) -> None:
    orphan = whole_orphan(db, adapters, b"one")
    again = install(adapters, "cli", b"one")
    assert adapters.sweep() == []
    assert adapters.list() == [again]
    assert not orphan.path.parent.exists()
    assert install(adapters, "cli", b"two").version == 3


@pytest.mark.parametrize("damage", ["weights", "manifest", "name"])
def test_orphan_that_lies_is_left_alone(db: Database, adapters: Adapters, damage: str) -> None:
    orphan = whole_orphan(db, adapters, b"one")
    manifest = orphan.path.parent / "manifest.json"
    if damage == "weights":
        orphan.path.write_bytes(b"other")
    elif damage == "manifest":
        manifest.write_text("[]")
    else:
        manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"name": "cli@7"}))
    assert adapters.sweep() == []
    assert adapters.list() == []
    assert orphan.path.exists()
    assert install(adapters, "cli", b"two").version == 2


def test_lost_database_is_rebuilt_from_the_folders(adapters: Adapters, tmp_path: Path) -> None:
    made = [install(adapters, "cli", b"one"), install(adapters, "cli", b"two")]
    with Database(tmp_path / "new.db", RealDisk(), HandClock()) as fresh:
        rebuilt = Adapters(fresh, tmp_path, RealDisk(), HandClock())
        assert rebuilt.sweep() == made
        assert install(rebuilt, "cli", b"three").version == 3


def test_lost_database_without_a_sweep_overwrites_nothing(adapters: Adapters, tmp_path: Path) -> None:
    made = install(adapters, "cli", b"one")
    with Database(tmp_path / "new.db", RealDisk(), HandClock()) as fresh, pytest.raises(Conflict, match="exists"):
        install(Adapters(fresh, tmp_path, RealDisk(), HandClock()), "cli", b"other")
    assert made.path.read_bytes() == b"one"


def test_strangers_in_the_folder_are_ignored(adapters: Adapters, tmp_path: Path) -> None:
    for name in ("notes", "01", "²", "-1"):
        (tmp_path / "adapters" / "cli" / name).mkdir(parents=True)
    (tmp_path / "adapters" / "cli" / "5").write_text("a file")
    assert adapters.sweep() == []
    assert len(list((tmp_path / "adapters" / "cli").iterdir())) == 5
