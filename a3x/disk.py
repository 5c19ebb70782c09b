"""The real disk: durable replacement of whole files. SQLite does its own I/O; this only says through which VFS."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from a3x.errors import StorageFull

FULL_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT})
"""What the kernel answers when there is no room, or none left for this user."""

COPY_BLOCK_BYTES = 4 << 20
FICLONE = 0x40049409
"""The ioctl that lets two files share blocks until one is written to (linux/fs.h)."""


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

    def copy(self, source: Path, target: Path, seen: Callable[[int], None]) -> str:
        """Copy durably to a path that is new, sharing blocks where the filesystem can; the copy's sha256, hex.

        ``seen`` is told how many bytes each block had. StorageFull on a full disk; nothing stays of a copy that failed.
        """
        digest = hashlib.sha256()
        try:
            with source.open("rb") as origin, target.open("x+b") as made:
                shared = _share_blocks(origin, made)
                while block := (made if shared else origin).read(COPY_BLOCK_BYTES):
                    digest.update(block)
                    if not shared:
                        made.write(block)
                    seen(len(block))
                made.flush()
                os.fsync(made.fileno())
        except BaseException as error:
            target.unlink(missing_ok=True)
            if isinstance(error, OSError) and error.errno in FULL_ERRNOS:
                raise StorageFull(f"no room for a copy of {source} at {target}; nothing was changed") from error
            raise
        sync_folder(target.parent)
        return digest.hexdigest()


def file_sha256(path: Path) -> str:
    """Hex digest of a file of any size."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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


def sync_file(path: Path) -> None:
    """Make the content of a file that others wrote durable."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _write_synced(path: Path, data: bytes) -> None:
    with open(path, "xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _share_blocks(origin: BinaryIO, made: BinaryIO) -> bool:
    """Whether ``made`` now has the content of ``origin`` without a byte having been copied (btrfs, XFS, bcachefs)."""
    try:
        fcntl.ioctl(made.fileno(), FICLONE, origin.fileno())
    except OSError:
        return False
    return True
