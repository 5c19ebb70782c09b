"""A home into a folder and back: what comes back, what is refused, and an exchange cut at every step."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from a3x.clock import HandClock
from a3x.daemon import only_daemon
from a3x.disk import RealDisk
from a3x.errors import Conflict, ForeignFile
from a3x.stores.backup import back_up, check_database, finish_restore, restore, verify_backup
from a3x.stores.db import Database
from a3x.stores.experiences import Experiences
from a3x.types import Experience

PLAIN = Experience("", "user:local", "chat", "hello", 1.0, "completed", "hi")
DISK = RealDisk()


def home_with(path: Path, *ids: str) -> Path:
    with Database(path / "a3x.db", DISK, HandClock()) as db:
        for id in ids:
            asyncio.run(Experiences(db).add(replace(PLAIN, id=id)))
    adapter = path / "adapters" / "cli" / "1" / "adapter.gguf"
    adapter.parent.mkdir(parents=True, exist_ok=True)
    adapter.write_bytes(f"weights of {ids}".encode())
    return path


def state(home: Path) -> tuple[list[str], bytes]:
    with Database(home / "a3x.db", DISK, HandClock()) as db:
        ids = sorted(one.id for one in Experiences(db).recent())
    return ids, (home / "adapters" / "cli" / "1" / "adapter.gguf").read_bytes()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return home_with(tmp_path / "home", "a", "b")


def test_there_and_back(home: Path, tmp_path: Path) -> None:
    before = state(home)
    back_up(home, tmp_path / "kept", DISK, whole=True)
    home_with(home, "later")
    (home / "index").mkdir()
    now = state(home)
    old = restore(home, tmp_path / "kept", DISK)
    assert state(home) == before
    assert state(old) == now, "nothing is lost"
    assert not (home / "index").exists() and not list(home.glob(".restoring*"))
    assert state_after_into_new(tmp_path) == before


def state_after_into_new(tmp_path: Path) -> tuple[list[str], bytes]:
    restore(tmp_path / "elsewhere", tmp_path / "kept", DISK)
    return state(tmp_path / "elsewhere")


def test_while_somebody_writes(home: Path, tmp_path: Path) -> None:
    with Database(home / "a3x.db", DISK, HandClock()) as db:
        asyncio.run(Experiences(db).add(replace(PLAIN, id="in the log")))
        back_up(home, tmp_path / "kept", DISK, whole=False)
    restore(tmp_path / "other", tmp_path / "kept", DISK)
    with Database(tmp_path / "other" / "a3x.db", DISK, HandClock()) as db:
        assert Experiences(db).count() == 3


def test_the_database_alone_leaves_the_rest(home: Path, tmp_path: Path) -> None:
    back_up(home, tmp_path / "kept", DISK, whole=False)
    weights = state(home_with(home, "later"))[1]
    restore(home, tmp_path / "kept", DISK)
    assert state(home) == (["a", "b"], weights)


@pytest.mark.parametrize("harm", ["weights", "database", "missing", "manifest", "newer", "outside", "link"])
def test_what_is_not_whole_is_refused_and_nothing_changes(home: Path, tmp_path: Path, harm: str) -> None:
    kept = tmp_path / "kept"
    back_up(home, kept, DISK, whole=True)
    manifest = json.loads((kept / "backup.json").read_text())
    weights = kept / "adapters" / "cli" / "1" / "adapter.gguf"
    if harm == "weights":
        weights.write_bytes(weights.read_bytes()[::-1])
    elif harm == "database":
        data = bytearray((kept / "a3x.db").read_bytes())
        data[len(data) // 2] ^= 1
        (kept / "a3x.db").write_bytes(data)
    elif harm == "missing":
        weights.unlink()
    elif harm == "manifest":
        (kept / "backup.json").unlink()
    elif harm == "newer":
        (kept / "backup.json").write_text(json.dumps({**manifest, "schema": 999}))
    elif harm == "outside":
        manifest["files"]["../home/a3x.db"] = "0"
        (kept / "backup.json").write_text(json.dumps(manifest))
    else:
        weights.rename(tmp_path / "w")
        weights.symlink_to(tmp_path / "w")
    before = state(home)
    with pytest.raises(ForeignFile):
        restore(home, kept, DISK)
    assert state(home) == before
    assert not list(home.glob("*restor*"))


class Cut(Exception): ...


def test_an_exchange_cut_at_any_rename_is_finished(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = state(home)
    back_up(home, tmp_path / "kept", DISK, whole=True)
    renames = cuts = 0
    real = Path.rename

    def counted(self: Path, target: Path) -> Path:
        nonlocal renames
        if renames == 0:
            raise Cut
        renames -= 1
        return real(self, target)

    for allowed in range(12):
        now = state(home_with(home, f"later {allowed}"))
        renames = allowed
        with monkeypatch.context() as patch:
            patch.setattr(Path, "rename", counted)
            try:
                old = restore(home, tmp_path / "kept", DISK)
            except Cut:
                cuts += 1
                patch.undo()
                name = json.loads((home / "restore.json").read_text())["name"]
                old = home / f"before-restore-{name}"
                assert finish_restore(home, DISK)
        assert state(home) == before
        assert state(old) == now
        assert not finish_restore(home, DISK)
    assert cuts >= 4


def test_restoring_waits_for_no_daemon(home: Path, tmp_path: Path) -> None:
    from a3x.cli.home import put_back

    back_up(home, tmp_path / "kept", DISK, whole=True)
    with only_daemon(home), pytest.raises(Conflict, match="already runs"):
        put_back(tmp_path / "kept", False, home, None)


def test_a_backup_is_never_written_over(home: Path, tmp_path: Path) -> None:
    back_up(home, tmp_path / "kept", DISK, whole=True)
    with pytest.raises(Conflict):
        back_up(home, tmp_path / "kept", DISK, whole=True)
    assert verify_backup(tmp_path / "kept")["whole"]


def test_a_damaged_database_is_noticed(home: Path) -> None:
    assert check_database(home / "a3x.db") == []
    with Database(home / "a3x.db", DISK, HandClock()) as db:
        db.write(lambda c: c.execute("DELETE FROM experience_text_docsize WHERE id = 1")).result(10)
    assert check_database(home / "a3x.db") == ["1 experiences are not in the word index"]
    data = bytearray((home / "a3x.db").read_bytes())
    data[4096 * 3 : 4096 * 4] = bytes(4096)
    (home / "a3x.db").write_bytes(data)
    assert check_database(home / "a3x.db") != []
