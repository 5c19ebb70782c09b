"""Adapter versions: immutable folders under ``adapters/<theme>/<N>/`` and their rows. Never looks inside a GGUF.

The order of an installation is number → files → manifest → row, each durable before the next, so a crash leaves one of:

- a taken number and nothing else: the number stays unused;
- a folder without a manifest: ``sweep`` deletes it, the number stays unused;
- a folder with a manifest and no row: the version is whole though nobody was told; ``sweep`` adopts it as that very
  version if its content is what the manifest says. A content that has a row already is deleted, and a folder that does
  not agree with its manifest is left for a person to look at. Neither number is ever given again.

Adoption also rebuilds the rows if the database is lost and the folders are not.
"""

from __future__ import annotations

import asyncio
import builtins
import hashlib
import json
import logging
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import apsw

from a3x.errors import BadRequest, Conflict, NotFound, UnknownModel
from a3x.stores.db import Database, whole_number
from a3x.types import THEMES, Adapter, Clock, Disk

WEIGHTS = "adapter.gguf"
MANIFEST = "manifest.json"
SELECT = "SELECT theme, version, sha256, base_sha256, created FROM adapter"

log = logging.getLogger(__name__)


class Adapters:
    """The adapter versions under ``home``. ``sweep`` once at start-up, before anything is installed."""

    def __init__(self, db: Database, home: Path, disk: Disk, clock: Clock) -> None:
        self._db = db
        self._root = home / "adapters"
        self._disk = disk
        self._clock = clock

    async def install(self, theme: str, gguf: bytes, base_sha256: str, metadata: Mapping[str, Any]) -> Adapter:
        """Store the file as the theme's next version.

        Raises BadRequest for an unknown theme or metadata that is not JSON, Conflict naming the version that already
        has this content, StorageFull with no version made.
        """
        if theme not in THEMES:
            raise BadRequest(f"there is no theme {theme!r}; themes are {', '.join(THEMES)}", param="theme")
        _require_json(metadata)
        sha256 = await asyncio.to_thread(lambda: hashlib.sha256(gguf).hexdigest())
        version = await asyncio.wrap_future(self._db.write(lambda connection: _take_number(connection, theme, sha256)))
        adapter = Adapter(theme, version, sha256, base_sha256, self._weights(theme, version), self._clock.now())
        manifest = _manifest_text(adapter, metadata)
        await asyncio.to_thread(self._write_files, adapter, gguf, manifest)
        try:
            await asyncio.wrap_future(self._db.write(lambda connection: _register(connection, adapter)))
        except Conflict:  # the same content was installed while this one was being written
            await asyncio.to_thread(_remove, adapter.path.parent)
            raise
        return adapter

    def get(self, theme: str, version: int) -> Adapter:
        """UnknownModel, naming the versions there are, if this one is not."""
        rows = self._rows("WHERE theme = ? AND version = ?", (theme, version))
        if not rows:
            known = ", ".join(adapter.name for adapter in self._rows("WHERE theme = ?", (theme,))) or "none"
            raise UnknownModel(f"there is no adapter {theme}@{version}; known versions: {known}", param="model")
        return rows[0]

    def manifest(self, theme: str, version: int) -> dict[str, Any]:
        """What was written beside the weights. NotFound if it is missing or damaged."""
        adapter = self.get(theme, version)
        found = _read_manifest(adapter.path.parent)
        if found is None:
            raise NotFound(f"the manifest of {adapter.name} is missing or damaged: {adapter.path.with_name(MANIFEST)}")
        return found

    def verify(self, theme: str, version: int) -> bool:
        """Whether the weights and the manifest on the disk are still the ones that were installed."""
        adapter = self.get(theme, version)
        found = _read_manifest(adapter.path.parent)
        return found is not None and found["sha256"] == adapter.sha256 == _hash_file(adapter.path)

    def sweep(self) -> builtins.list[Adapter]:
        """Put right what a crash left (see the top of this file); returns the versions that were adopted."""
        adopted = [self._sweep_folder(theme, folder) for theme in THEMES for folder in self._folders(theme)]
        return [adapter for adapter in adopted if adapter is not None]

    def list(self, theme: str | None = None) -> builtins.list[Adapter]:
        """Every version, or one theme's, by theme and number."""
        return self._rows("WHERE theme = ?", (theme,)) if theme is not None else self._rows()

    # --- files -------------------------------------------------------------------------------------------------------

    def _weights(self, theme: str, version: int) -> Path:
        return self._root / theme / str(version) / WEIGHTS

    def _write_files(self, adapter: Adapter, gguf: bytes, manifest: bytes) -> None:
        folder = adapter.path.parent
        if folder.exists():
            raise Conflict(
                f"{folder} already exists and is not {adapter.name}; restart the daemon to have it looked at"
            )
        try:
            self._disk.write_atomic(adapter.path, gguf)
            self._disk.write_atomic(folder / MANIFEST, manifest)
        except BaseException:
            _remove(folder)
            raise

    def _folders(self, theme: str) -> builtins.list[Path]:
        root = self._root / theme
        found = [entry for entry in root.iterdir() if _is_version(entry)] if root.is_dir() else []
        return sorted(found, key=lambda folder: int(folder.name))

    def _sweep_folder(self, theme: str, folder: Path) -> Adapter | None:
        version = int(folder.name)
        if self._rows("WHERE theme = ? AND version = ?", (theme, version)):
            return None
        self._db.write(lambda connection: _burn_number(connection, theme, version)).result()
        if not (folder / MANIFEST).exists():
            log.warning("removing %s: its installation never finished", folder)
            _remove(folder)
            return None
        found = _read_manifest(folder)
        if found is None or found["name"] != f"{theme}@{version}" or found["sha256"] != _hash_file(folder / WEIGHTS):
            log.warning("ignoring %s: it is not what its manifest says", folder)
            return None
        adapter = Adapter(theme, version, found["sha256"], found["base_sha256"], folder / WEIGHTS, found["created"])
        try:
            self._db.write(lambda connection: _register(connection, adapter)).result()
        except Conflict as error:
            log.warning("removing %s: %s", folder, error)
            _remove(folder)
            return None
        log.warning("adopted %s: it was whole, but its installation was not acknowledged", adapter.name)
        return adapter

    # --- rows --------------------------------------------------------------------------------------------------------

    def _rows(self, where: str = "", values: tuple[Any, ...] = ()) -> builtins.list[Adapter]:
        sql = f"{SELECT} {where} ORDER BY theme, version"
        rows: builtins.list[tuple[Any, ...]] = self._db.read(lambda c: c.execute(sql, values).fetchall())
        return [
            Adapter(theme, version, sha256, base_sha256, self._weights(theme, version), created)
            for theme, version, sha256, base_sha256, created in rows
        ]


# --- jobs of the writer thread ---------------------------------------------------------------------------------------


def _take_number(connection: apsw.Connection, theme: str, sha256: str) -> int:
    _refuse_known(connection, theme, sha256)
    sql = (
        "INSERT INTO adapter_number (theme, last) VALUES (?, 1) "
        "ON CONFLICT (theme) DO UPDATE SET last = last + 1 RETURNING last"
    )
    return whole_number(connection.execute(sql, (theme,)).fetchall())


def _burn_number(connection: apsw.Connection, theme: str, version: int) -> None:
    """Never give ``version`` or a lower number again: a folder has it, even if a lost database does not know."""
    connection.execute(
        "INSERT INTO adapter_number (theme, last) VALUES (?, ?) "
        "ON CONFLICT (theme) DO UPDATE SET last = max(last, excluded.last)",
        (theme, version),
    )


def _register(connection: apsw.Connection, adapter: Adapter) -> None:
    _refuse_known(connection, adapter.theme, adapter.sha256)
    connection.execute(
        "INSERT INTO adapter (theme, version, sha256, base_sha256, created) VALUES (?, ?, ?, ?, ?)",
        (adapter.theme, adapter.version, adapter.sha256, adapter.base_sha256, adapter.created),
    )


def _refuse_known(connection: apsw.Connection, theme: str, sha256: str) -> None:
    found = connection.execute("SELECT version FROM adapter WHERE theme = ? AND sha256 = ?", (theme, sha256)).fetchall()
    if found:
        raise Conflict(f"this adapter is already installed as {theme}@{found[0][0]}")


# --- manifests and folders -------------------------------------------------------------------------------------------


def _manifest_text(adapter: Adapter, metadata: Mapping[str, Any]) -> bytes:
    content = {
        "name": adapter.name,
        "sha256": adapter.sha256,
        "base_sha256": adapter.base_sha256,
        "created": adapter.created,
        "parent": None,
        "metadata": metadata,
    }
    return json.dumps(content, ensure_ascii=False, indent=2).encode() + b"\n"


def _require_json(metadata: Mapping[str, Any]) -> None:
    """Asked before a number is taken, so that a slip of the caller costs none."""
    try:
        json.dumps(metadata, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise BadRequest(f"metadata cannot be stored as JSON: {error}", param="metadata") from error


def _read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest, or None if it is missing, not JSON or lacks what every manifest has."""
    try:
        content = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return None
    needed = {"name": str, "sha256": str, "base_sha256": str, "created": float | int}
    if not isinstance(content, dict) or not all(isinstance(content.get(key), kind) for key, kind in needed.items()):
        return None
    return content


def _hash_file(path: Path) -> str | None:
    """Hex sha256 of a file, None if it is not there."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None


def _is_version(folder: Path) -> bool:
    return folder.is_dir() and folder.name.isascii() and folder.name.isdigit() and folder.name == str(int(folder.name))


def _remove(folder: Path) -> None:
    """Delete a version that has no row, the manifest first, so that a crash leaves nothing that looks whole."""
    (folder / MANIFEST).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
