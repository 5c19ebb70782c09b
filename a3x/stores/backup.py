"""A home in a folder and back: the database by SQLite's online backup, the other files as they are, a manifest last.

Restoring never loses what is there: the new state is copied in, checked whole, and only then changes places with the
old one, which is kept. An interrupted exchange is finished by ``finish_restore``.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw

from a3x.disk import file_sha256, make_folder, sync_file, sync_folder
from a3x.errors import A3XError, BadRequest, Conflict, ForeignFile
from a3x.stores.db import migrations
from a3x.types import Disk

DATABASE = "a3x.db"
LOG_FILES = (f"{DATABASE}-wal", f"{DATABASE}-shm")
MANIFEST = "backup.json"
KEPT = ("adapters", "runs", "models", "imports")
"""Folders of a home that are backed up; index/ is rebuilt and the rest belongs to a running daemon."""
MARKER = "restore.json"
STAGE, BEFORE = ".restoring-", "before-restore-"


def back_up(home: Path, target: Path, disk: Disk, *, whole: bool) -> dict[str, str]:
    """Write a new folder ``target``; sha256 by file. Works beside a daemon. ``whole`` False takes the database alone.

    The database goes first: an adapter has its files before it has its row. Conflict if the target is there.
    """
    if target.exists():
        raise Conflict(f"{target} is there already; name a new folder")
    if not (home / DATABASE).is_file():
        raise BadRequest(f"there is no database in {home}: nothing to back up")
    make_folder(target)
    _copy_database(home / DATABASE, target / DATABASE)
    hashes = {DATABASE: file_sha256(target / DATABASE)}
    for path in _files(home) if whole else ():
        name = str(path.relative_to(home))
        make_folder((target / name).parent)
        with contextlib.suppress(FileNotFoundError):  # a finished run was tidied away meanwhile
            hashes[name] = disk.copy(path, target / name, lambda _: None)
    text = json.dumps({"schema": migrations()[-1][0], "whole": whole, "files": hashes}, indent=1)
    disk.write_atomic(target / MANIFEST, text.encode())
    return hashes


def verify_backup(folder: Path) -> dict[str, Any]:
    """The manifest, once every file in it has its hash and the database is sound. ForeignFile says what is wrong."""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        files, schema = dict(manifest["files"]), int(manifest["schema"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ForeignFile(f"{folder} is no finished backup: its {MANIFEST} is missing or damaged") from error
    if schema > migrations()[-1][0]:
        raise ForeignFile(f"{folder} was made by a newer A³X (schema {schema}); install that version")
    if DATABASE not in files:
        raise ForeignFile(f"{folder} has no database")
    for name, promised in files.items():
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()) or name.split("/")[0] not in (DATABASE, *KEPT):
            raise ForeignFile(f"{folder}: {name!r} does not belong into a backup")
        if not path.is_file() or path.is_symlink() or file_sha256(path) != promised:
            raise ForeignFile(f"{folder}: {name} is missing or not what was backed up")
    if problems := check_database(folder / DATABASE):
        raise ForeignFile(f"{folder}: {DATABASE}: {problems[0]}")
    return manifest


def restore(home: Path, folder: Path, disk: Disk) -> Path:
    """Put a backup in the place of what the home holds; where the old state is kept. The caller holds the daemon's lock.

    ForeignFile, and nothing is changed, unless the copy in the home is whole; StorageFull likewise.
    """
    manifest = verify_backup(folder)
    make_folder(home)
    finish_restore(home, disk)
    name = secrets.token_hex(4)
    stage = home / f"{STAGE}{name}"
    try:
        for file in (*manifest["files"], MANIFEST):
            make_folder((stage / file).parent)
            disk.copy(folder / file, stage / file, lambda _: None)
        verify_backup(stage)
        (stage / MANIFEST).unlink()
    except BaseException:
        shutil.rmtree(stage, ignore_errors=True)
        raise
    scope = (DATABASE, *LOG_FILES, *(KEPT if manifest["whole"] else ()), "index")
    old = [entry for entry in scope if (home / entry).exists()]
    new = sorted(entry.name for entry in stage.iterdir())
    plan = {"name": name, "old": old, "new": new}
    disk.write_atomic(home / MARKER, json.dumps(plan).encode())
    finish_restore(home, disk)
    return home / f"{BEFORE}{name}"


def finish_restore(home: Path, disk: Disk) -> bool:
    """Carry out, or go on with, the exchange that ``restore.json`` describes; whether there was one. Idempotent."""
    marker = home / MARKER
    if not marker.exists():
        return False
    plan = json.loads(marker.read_bytes())
    stage, before = home / f"{STAGE}{plan['name']}", home / f"{BEFORE}{plan['name']}"
    make_folder(before)
    for entry in plan[
        "old"
    ]:  # all that is old goes before anything new comes, so what is in ``before`` was moved there
        if (home / entry).exists() and not (before / entry).exists():
            (home / entry).rename(before / entry)
    sync_folder(before)
    sync_folder(home)
    for entry in plan["new"]:
        if (stage / entry).exists():
            (stage / entry).rename(home / entry)
    sync_folder(home)
    marker.unlink()
    shutil.rmtree(stage, ignore_errors=True)
    sync_folder(home)
    return True


def check_database(path: Path) -> list[str]:
    """What SQLite, the foreign keys, the word index and the vectors' hashes complain of; changes nothing."""
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    except apsw.Error as error:
        return [f"cannot be opened: {error}"]
    try:
        found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(20)") if row[0] != "ok"]
        found += [f"foreign key: {row}" for row in connection.execute("PRAGMA foreign_key_check").fetchall()[:20]]
        if not found and int(connection.pragma("user_version")) == migrations()[-1][0]:
            found += _beside(connection)
    except apsw.Error as error:
        found = [f"cannot be read: {error}"]
    finally:
        connection.close()
    return found


def _beside(connection: apsw.Connection) -> Iterator[str]:
    """Whether words and vectors are those of the rows."""
    missing = connection.execute(
        "SELECT count(*) FROM experience WHERE seq NOT IN (SELECT id FROM experience_text_docsize)"
    ).fetchall()[0][0]
    if missing:
        yield f"{missing} experiences are not in the word index"
    rows = connection.execute(
        "SELECT number, part, this, if_ok, text_sha256 FROM vector JOIN experience USING (seq) "
        "WHERE part IN ('query', 'response')"
    )
    for number, part, this, if_ok, promised in rows:
        text = str(this if part == "query" else if_ok)
        if hashlib.sha256(text.encode()).hexdigest() != promised:
            yield f"vector {number} is not of the text beside it"


def _copy_database(source: Path, target: Path) -> None:
    """SQLite's online backup: one consistent state, whatever is written meanwhile."""
    origin = apsw.Connection(str(source), flags=apsw.SQLITE_OPEN_READONLY)
    made = apsw.Connection(str(target))
    try:
        with made.backup("main", origin, "main") as copying:
            copying.step()
        made.pragma("journal_mode", "delete")  # one file, no log beside it
    except apsw.Error as error:
        target.unlink(missing_ok=True)
        raise A3XError(f"{source} could not be copied to {target}: {error}") from error
    finally:
        made.close()
        origin.close()
    sync_file(target)


def _files(home: Path) -> Iterator[Path]:
    for folder in KEPT:
        yield from (path for path in sorted((home / folder).rglob("*")) if path.is_file() and not path.is_symlink())
