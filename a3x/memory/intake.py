"""A file of spans taken in, batch by batch: bounded memory, resumable, every refused line kept with its number and reason.

Who stores a batch is the caller's business: the daemon over HTTP, or a store of one's own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

from a3x.disk import sync_file
from a3x.memory.transfer import MAX_LINE_BYTES, BatchResult, Line, Progress, Rejected, load_progress
from a3x.types import Disk

BATCH_LINES = 1000
BATCH_BYTES = 1 << 20

Send = Callable[[list[Line]], BatchResult]


class Intake:
    """One input. ``rejects`` gets a JSON line for each line refused; ``progress`` None for input that cannot be resumed."""

    def __init__(self, rejects: Path, progress: Path | None, disk: Disk) -> None:
        self._rejects = rejects
        self._progress = progress
        self._disk = disk

    def run(self, source: Path | BinaryIO, send: Send, seen: Callable[[Progress], None]) -> Progress:
        """Take everything in, going on after what an interrupted run took; ``seen`` is told after each batch."""
        if not isinstance(source, Path):
            return self._take(source, Progress(), send, seen)
        done = self._resume(source)
        with source.open("rb") as opened:
            opened.seek(done.offset)
            done = self._take(opened, done, send, seen, self._digest(source, done.offset))
        if self._progress is not None:
            self._progress.unlink(missing_ok=True)
        return done

    def _take(
        self,
        opened: BinaryIO,
        done: Progress,
        send: Send,
        seen: Callable[[Progress], None],
        digest: hashlib._Hash | None = None,
    ) -> Progress:
        digest = digest or hashlib.sha256()
        for lines, size in batches(opened, done.lines, digest):
            result = send(lines)
            written = self._reject(done.rejects_bytes, lines, result.rejected)
            done = Progress(
                lines=lines[-1][0],
                offset=done.offset + size,
                sha256=digest.hexdigest(),
                rejects_bytes=written,
                stored=done.stored + result.stored,
                known=done.known + result.known,
                rejected=done.rejected + len(result.rejected),
            )
            if self._progress is not None:  # after the batch is durable: a repeated batch is known, a skipped one lost
                self._disk.write_atomic(self._progress, json.dumps(asdict(done)).encode())
            seen(done)
        return done

    def _resume(self, source: Path) -> Progress:
        """Where to go on: at the beginning unless the file still begins with what was taken."""
        try:
            done = load_progress(json.loads(self._progress.read_bytes()) if self._progress else None)
        except (OSError, ValueError):
            done = Progress()
        return done if done.continues(source) else Progress()

    def _digest(self, source: Path, size: int) -> hashlib._Hash:
        digest = hashlib.sha256()
        with source.open("rb") as opened:
            while size and (block := opened.read(min(size, 1 << 20))):
                digest.update(block)
                size -= len(block)
        return digest

    def _reject(self, at: int, lines: list[Line], rejected: tuple[Rejected, ...]) -> int:
        """Append after the ``at`` bytes that are known to belong there; the file's size then. No file without rejects."""
        if not rejected and not (self._rejects.exists() and self._rejects.stat().st_size > at):
            return at
        texts = dict(lines)
        said = [{**asdict(one), "text": texts[one.line].decode("utf-8", "backslashreplace")} for one in rejected]
        with self._rejects.open("r+b" if self._rejects.exists() else "wb") as file:
            file.truncate(at)
            file.seek(at)
            file.writelines(json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in said)
            size = file.tell()
        sync_file(self._rejects)
        return size


def batches(opened: BinaryIO, after_line: int, digest: hashlib._Hash) -> Iterator[tuple[list[Line], int]]:
    """(numbered lines, bytes they took), blank lines included; a line that is too long comes cut, just over the limit."""
    lines: list[Line] = []
    size = held = 0
    number = after_line
    while data := opened.readline(MAX_LINE_BYTES + 2):
        number += 1
        digest.update(data)
        size += len(data)
        held += len(data)
        lines.append((number, data.rstrip(b"\r\n")))
        while not data.endswith(b"\n") and (data := opened.readline(1 << 20)):
            digest.update(data)
            size += len(data)
        if len(lines) >= BATCH_LINES or held >= BATCH_BYTES:
            yield lines, size
            lines, size, held = [], 0, 0
    if lines:
        yield lines, size
