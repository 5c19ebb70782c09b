"""Disks that misbehave on purpose: full, slow, or losing what was not synced. They shim SQLite's real VFS."""

from __future__ import annotations

import random
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

    def before_write(self, file: ShimFile, offset: int, data: bytes) -> None:
        """May raise apsw.FullError."""

    def before_truncate(self, file: ShimFile, size: int) -> None:
        """The file is about to be cut or grown to ``size`` bytes."""

    def synced(self, file: ShimFile) -> None:
        """Everything written to the file so far is durable."""

    def opened(self, file: ShimFile) -> None:
        """SQLite holds the file from now on."""

    def before_delete(self, path: Path) -> None:
        """The file is about to go."""

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

    def before_write(self, file: ShimFile, offset: int, data: bytes) -> None:
        if not self._take(len(data)):
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


SECTOR_BYTES = 512


@dataclass(frozen=True)
class _Change:
    """An unsynced change: ``new`` at ``offset`` (None: the file ends there now) in place of ``old``; the size before."""

    offset: int
    new: bytes | None
    old: bytes
    size: int

    def undo(self, content: bytearray) -> None:
        content[self.offset : self.offset + len(self.old)] = self.old
        del content[self.size :]

    def redo(self, content: bytearray, share: float) -> None:
        """The first ``share`` of it, down to a whole sector: a write may be torn between two."""
        content.extend(bytes(max(self.offset - len(content), 0)))
        if self.new is None:
            del content[self.offset :]
        else:
            end = self.offset + round(len(self.new) * share)
            torn = self.new if share == 1.0 else self.new[: max(end - end % SECTOR_BYTES - self.offset, 0)]
            content[self.offset : self.offset + len(torn)] = torn


class PowerCutDisk(ShimDisk):
    """A disk that can show what a power cut would leave: of every file what was synced, and by chance some of the rest.

    With ``operations`` the power goes by itself when so many were done, and every later one fails: a write, a change of
    size, a deletion, and a sync twice (before it is durable, and after, when nobody has been told yet). Names (creation,
    deletion) count as durable at once; a write never harms the bytes beside it.
    """

    def __init__(self, operations: int | None = None) -> None:
        super().__init__()
        self._left = operations
        self._lock = threading.Lock()
        self._unsynced: dict[Path, list[_Change]] = {}

    def opened(self, file: ShimFile) -> None:
        with self._lock:
            self._unsynced.setdefault(file.path, [])

    def before_write(self, file: ShimFile, offset: int, data: bytes) -> None:
        self._operate()
        self._remember(file, offset, len(data), bytes(data))

    def before_truncate(self, file: ShimFile, size: int) -> None:
        self._operate()
        self._remember(file, size, max(file.xFileSize() - size, 0), None)

    def synced(self, file: ShimFile) -> None:
        self._operate()
        with self._lock:
            self._unsynced[file.path] = []
        self._operate()

    def before_delete(self, path: Path) -> None:
        self._operate()
        with self._lock:
            self._unsynced.pop(path, None)

    def cut(self, target: Path, chance: random.Random | None = None) -> None:
        """Write into the folder ``target`` the files as they would be found after a power cut now.

        Nothing unsynced is there, or with ``chance`` any of it: each write whole, in part, or not at all.
        """
        target.mkdir(parents=True)
        with self._lock:
            for path, changes in self._unsynced.items():
                if not path.is_file():
                    continue
                content = bytearray(path.read_bytes())
                for change in reversed(changes):
                    change.undo(content)
                for change in changes if chance else ():
                    if chance and chance.random() < 0.5:
                        change.redo(content, chance.choice((1.0, chance.random())))
                (target / path.name).write_bytes(content)

    def _operate(self) -> None:
        with self._lock:
            if self._left is None:
                return
            if self._left <= 0:
                raise apsw.IOError("the power is gone")
            self._left -= 1

    def _remember(self, file: ShimFile, offset: int, size: int, new: bytes | None) -> None:
        before = file.xFileSize()
        kept = max(min(size, before - offset), 0)
        old = file.xRead(kept, offset) if kept else b""
        with self._lock:
            self._unsynced.setdefault(file.path, []).append(_Change(offset, new, old, before))


class ShimFile(apsw.VFSFile):
    """One open file of a shimmed disk."""

    def __init__(self, disk: ShimDisk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self._disk = disk
        self.path = Path(name.filename() if isinstance(name, apsw.URIFilename) else name or "")
        disk.opened(self)

    def xWrite(self, data: bytes, offset: int) -> None:
        self._disk.before_write(self, offset, data)
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
        self._disk.before_delete(Path(filename))
        super().xDelete(filename, syncdir)
