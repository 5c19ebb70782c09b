"""Durable replacement of files, and the hand-moved clock."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from a3x.clock import HandClock, SystemClock
from a3x.disk import RealDisk, file_identity
from a3x.errors import StorageFull


def test_write_atomic_replaces_and_makes_folders(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file"
    RealDisk().write_atomic(path, b"one")
    RealDisk().write_atomic(path, b"two")
    assert path.read_bytes() == b"two"
    assert [entry.name for entry in path.parent.iterdir()] == ["file"]


def test_file_and_folder_are_synced_around_the_rename(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The order is the promise: contents, then the name, then the folder that holds the name."""
    steps: list[str] = []
    fsync, replace = os.fsync, os.replace

    def watched_fsync(handle: int) -> None:
        steps.append("folder" if Path(f"/proc/self/fd/{handle}").resolve() == tmp_path else "file")
        fsync(handle)

    def watched_replace(source: Path, target: Path) -> None:
        steps.append("rename")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(os, "replace", watched_replace)
    RealDisk().write_atomic(tmp_path / "file", b"one")
    assert steps == ["file", "rename", "folder"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_full_disk_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    path = tmp_path / "file"
    RealDisk().write_atomic(path, b"old")

    def full(handle: int) -> None:
        raise OSError(code, "no room")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageFull, match="3 bytes wanted"):
        RealDisk().write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_other_errors_are_not_called_full(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NotADirectoryError):
        RealDisk().write_atomic(tmp_path / "file" / "below", b"x")


def test_free_bytes_of_a_path_yet_to_be(tmp_path: Path) -> None:
    assert RealDisk().free_bytes(tmp_path / "not" / "yet") > 0


def test_clocks() -> None:
    clock = HandClock(100.0)
    clock.advance(5)
    clock.step(-50)
    assert (clock.now(), clock.monotonic()) == (55.0, 5.0)
    with pytest.raises(ValueError, match="go back"):
        clock.advance(-1)
    system = SystemClock()
    assert system.monotonic() <= system.monotonic()
    assert system.now() > 1_700_000_000


def test_a_file_is_another_once_it_is_replaced_or_written_to(tmp_path: Path) -> None:
    path, other = tmp_path / "a", tmp_path / "b"
    assert file_identity(path) is None
    path.write_text("one")
    first = file_identity(path)
    assert first is not None
    assert file_identity(path) == first
    other.write_text("two")
    other.replace(path)
    second = file_identity(path)
    assert second != first
    path.write_text("three")
    assert file_identity(path) != second
