"""A small filesystem of one's own, and a file that takes its room. Mounting takes root; without it the test is skipped."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def filesystem(folder: Path, size_bytes: int) -> Iterator[Path]:
    """``folder``, made on a tmpfs of that size."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"no filesystem can be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fill(folder: Path, leave_bytes: int = 0) -> Path:
    """Take every byte but so many; the file that holds them."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        with contextlib.suppress(
            OSError
        ):  # somebody may write between the look and the taking: the loop takes the rest
            os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(folder).free // 4096 * 4096)
        file.seek(0, os.SEEK_END)
        with contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))
        file.truncate(max(file.tell() - leave_bytes, 0))
    return filler
