"""The real disk: durable replacement of whole files. SQLite does its own I/O; this only says through which VFS."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from pathlib import Path

from a3x.errors import StorageFull

FULL_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT})
"""What the kernel answers when there is no room, or none left for this user."""


class RealDisk:
    """The Disk protocol on the local filesystem."""

    vfs = ""

    def free_bytes(self, path: Path) -> int:
        """``path`` need not exist yet: its nearest existing ancestor is asked."""
        while not path.exists():
            path = path.parent
        return shutil.disk_usage(path).free

    def write_atomic(self, path: Path, data: bytes) -> None:
        """Missing folders are made durably too. StorageFull on a full disk or quota; other OSErrors pass through."""
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
        try:
            make_folder(path.parent)
            _write_synced(temporary, data)
            os.replace(temporary, path)
            sync_folder(path.parent)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            if error.errno not in FULL_ERRNOS:
                raise
            free = self.free_bytes(path.parent)
            raise StorageFull(
                f"no room for {path}: {len(data)} bytes wanted, {free} free; nothing was changed. "
                "Free some space and try again"
            ) from error


def file_identity(path: Path) -> tuple[int, ...] | None:
    """Changes when the file is replaced or written to; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def make_folder(path: Path) -> None:
    """Create ``path`` and its missing ancestors so that they survive a power cut."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(exist_ok=True)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_synced(path: Path, data: bytes) -> None:
    with open(path, "xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
