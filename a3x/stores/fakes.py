"""Disks that misbehave on purpose: full, slow, or losing what was not synced. They shim SQLite's real VFS."""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import apsw

from a3x.disk import RealDisk
from a3x.errors import StorageFull


class ShimDisk(RealDisk):
    """The real disk, with a say before SQLite writes and after it syncs. Close it after the databases on it."""

    def __init__(self) -> None:
        self.vfs = f"a3x-{type(self).__name__.lower()}-{uuid.uuid4().hex[:8]}"
        self._shim = _Shim(self)

    def before_write(self, file: ShimFile, offset: int, size: int) -> None:
        """May raise apsw.FullError."""

    def before_truncate(self, file: ShimFile, size: int) -> None:
        """The file is about to be cut or grown to ``size`` bytes."""

    def synced(self, file: ShimFile) -> None:
        """Everything written to the file so far is durable."""

    def deleted(self, path: Path) -> None:
        """The file is gone."""

    def close(self) -> None:
        self._shim.unregister()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class FullDisk(ShimDisk):
    """A disk with ``room_bytes`` left to write, None for no limit. Every write takes room, in place or not."""

    def __init__(self, room_bytes: int | None = None) -> None:
        super().__init__()
        self.room_bytes = room_bytes

    def free_bytes(self, path: Path) -> int:
        return super().free_bytes(path) if self.room_bytes is None else self.room_bytes

    def write_atomic(self, path: Path, data: bytes) -> None:
        if not self._take(len(data)):
            raise StorageFull(f"no room for {path}: {len(data)} bytes wanted, {self.room_bytes} free")
        super().write_atomic(path, data)

    def before_write(self, file: ShimFile, offset: int, size: int) -> None:
        if not self._take(size):
            raise apsw.FullError("the disk is full")

    def _take(self, size: int) -> bool:
        if self.room_bytes is None:
            return True
        fits = size <= self.room_bytes
        if fits:
            self.room_bytes -= size
        return fits


class SlowDisk(ShimDisk):
    """A disk whose every sync takes ``sync_s`` longer, as on a user's hard disk. ``syncs`` counts them."""

    def __init__(self, sync_s: float = 0.005) -> None:
        super().__init__()
        self.sync_s = sync_s
        self.syncs = 0

    def synced(self, file: ShimFile) -> None:
        self.syncs += 1
        time.sleep(self.sync_s)


@dataclass(frozen=True)
class _Undo:
    """How to take back one unsynced write: the bytes that were at ``offset`` and the file's size then."""

    offset: int
    old: bytes
    size: int


class PowerCutDisk(ShimDisk):
    """A disk that can show what a power cut would leave: of every file what was synced, nothing later.

    Names (creation, deletion) count as durable at once; torn and reordered writes are not imitated.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._unsynced: dict[Path, list[_Undo]] = {}

    def before_write(self, file: ShimFile, offset: int, size: int) -> None:
        self._remember(file, offset, size)

    def before_truncate(self, file: ShimFile, size: int) -> None:
        self._remember(file, size, max(file.xFileSize() - size, 0))

    def synced(self, file: ShimFile) -> None:
        with self._lock:
            self._unsynced[file.path] = []

    def deleted(self, path: Path) -> None:
        with self._lock:
            self._unsynced.pop(path, None)

    def cut(self, target: Path) -> None:
        """Write into the folder ``target`` the files as they would be found after a power cut now."""
        target.mkdir(parents=True)
        with self._lock:
            for path, undos in self._unsynced.items():
                content = bytearray(path.read_bytes())
                for undo in reversed(undos):
                    content[undo.offset : undo.offset + len(undo.old)] = undo.old
                    del content[undo.size :]
                (target / path.name).write_bytes(content)

    def _remember(self, file: ShimFile, offset: int, size: int) -> None:
        before = file.xFileSize()
        kept = max(min(size, before - offset), 0)
        old = file.xRead(kept, offset) if kept else b""
        with self._lock:
            self._unsynced.setdefault(file.path, []).append(_Undo(offset, old, before))


class ShimFile(apsw.VFSFile):
    """One open file of a shimmed disk."""

    def __init__(self, disk: ShimDisk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self._disk = disk
        self.path = Path(name.filename() if isinstance(name, apsw.URIFilename) else name or "")

    def xWrite(self, data: bytes, offset: int) -> None:
        self._disk.before_write(self, offset, len(data))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:
        self._disk.before_truncate(self, newsize)
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:
        super().xSync(flags)
        self._disk.synced(self)


class _Shim(apsw.VFS):
    def __init__(self, disk: ShimDisk) -> None:
        self._disk = disk
        super().__init__(disk.vfs, "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> ShimFile:
        return ShimFile(self._disk, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        super().xDelete(filename, syncdir)
        self._disk.deleted(Path(filename))
