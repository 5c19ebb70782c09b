"""The registry: adapter versions, immutable folders under ``adapters/<theme>/<N>/``, and which of them serve.

Never looks inside a GGUF, and never judges: who asks for an activation has decided it. A folder can be loaded by stock
PEFT where it holds PEFT's files. The order of an installation is number → files → manifest → row, each durable before
the next, so a crash leaves one of:

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
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import apsw

from a3x.disk import file_sha256
from a3x.errors import BadRequest, Conflict, NotFound, UnknownModel
from a3x.stores import active, ledger
from a3x.stores.active import Decision
from a3x.stores.db import Database, whole_number
from a3x.stores.ledger import Entry
from a3x.types import THEMES, Adapter, Clock, Disk

WEIGHTS = "adapter.gguf"
MANIFEST = "manifest.json"
README = "README.md"
IN_LEDGER = "SELECT 1 FROM ledger l WHERE event = 'install' AND (l.theme, l.version) = (a.theme, a.version)"
BESIDE = frozenset({"adapter_model.safetensors", "adapter_config.json", README})
"""The files a version may hold besides its weights and its manifest."""
SELECT = "SELECT theme, version, sha256, base_sha256, created FROM adapter"

Job = Callable[[apsw.Connection, float], None]
"""A change made in one transaction, and the present time in epoch seconds."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Lineage:
    """Where a version comes from, for its manifest: ids, hashes and numbers, never user text.

    ``parent`` is the number of the version of the same theme and base it was trained from, None for the base.
    """

    parent: int | None = None
    records_sha256: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    scores: Mapping[str, Any] = field(default_factory=dict)
    cycle: str | None = None


class Adapters:
    """The adapter versions under ``home``. ``sweep`` once at start-up, before anything is installed."""

    def __init__(self, db: Database, home: Path, disk: Disk, clock: Clock) -> None:
        self._db = db
        self._root = home / "adapters"
        self._disk = disk
        self._clock = clock

    async def install(
        self,
        theme: str,
        gguf: bytes,
        base_sha256: str,
        metadata: Mapping[str, Any],
        files: Mapping[str, bytes] | None = None,
        lineage: Lineage = Lineage(),
    ) -> Adapter:
        """Store the file, and ``files`` (see BESIDE) beside it, as the theme's next version. It does not serve yet.

        Raises BadRequest for an unknown theme or file name, a parent of another base, or metadata that is not JSON,
        Conflict naming the version that already has this content, StorageFull with no version made.
        """
        if theme not in THEMES:
            raise BadRequest(f"there is no theme {theme!r}; themes are {', '.join(THEMES)}", param="theme")
        if unknown := set(files or {}) - BESIDE:
            raise BadRequest(f"a version holds no {min(unknown)!r}; it may hold {', '.join(sorted(BESIDE))}", "files")
        _require_json("metadata", metadata)
        _require_json("lineage", asdict(lineage))
        sha256 = await asyncio.to_thread(_hash, gguf)

        def take(connection: apsw.Connection) -> int:
            _require_parent(connection, theme, base_sha256, lineage.parent)
            return _take_number(connection, theme, sha256)

        version = await asyncio.wrap_future(self._db.write(take))
        adapter = Adapter(theme, version, sha256, base_sha256, self._weights(theme, version), self._clock.now())
        contents = {README: _readme(adapter, lineage), **(files or {}), WEIGHTS: gguf}
        manifest = await asyncio.to_thread(_manifest_text, adapter, contents, metadata, lineage)
        await asyncio.to_thread(self._write_files, adapter, {**contents, MANIFEST: manifest})
        entry = _installed(adapter, "installed", lineage.cycle, _hash(manifest))
        try:
            await self._write(lambda connection, now: _register(connection, adapter, entry, now))
        except Conflict:  # the same content was installed while this one was being written
            await asyncio.to_thread(_remove, adapter.path.parent)
            raise
        return adapter

    def get(self, theme: str, version: int) -> Adapter:
        """UnknownModel, naming the versions there are, if this one is not or was withdrawn."""
        found = [adapter for adapter in self.list(theme) if adapter.version == version]
        if not found:
            known = ", ".join(adapter.name for adapter in self.list(theme)) or "none"
            raise UnknownModel(f"there is no adapter {theme}@{version}; known versions: {known}", param="model")
        return found[0]

    def manifest(self, theme: str, version: int) -> dict[str, Any]:
        """What was written beside the weights, of withdrawn versions too. NotFound if it is missing or damaged."""
        folder = self._weights(theme, version).parent
        found = _read_manifest(folder)
        if found is None:
            self.get(theme, version)
            raise NotFound(f"the manifest of {theme}@{version} is missing or damaged: {folder / MANIFEST}")
        return found

    def get_any(self, theme: str, version: int) -> Adapter:
        """Like ``get``, withdrawn versions too."""
        rows = self._rows("WHERE theme = ? AND version = ?", (theme, version))
        return rows[0] if rows else self.get(theme, version)

    def sweep(self) -> builtins.list[Adapter]:
        """Put right what a crash left (see the top of this file); returns the versions that were adopted."""
        for adapter in self._rows(f"WHERE NOT EXISTS ({IN_LEDGER})"):
            entry = _installed(adapter, "installed before there was a ledger", None, _hash_file(_manifest_of(adapter)))
            self._db.write(lambda connection, e=entry: ledger.append(connection, e, self._clock.now())).result()
        self.remove_withdrawn()
        adopted = [self._sweep_folder(theme, folder) for theme in THEMES for folder in self._folders(theme)]
        return [adapter for adapter in adopted if adapter is not None]

    def list(self, theme: str | None = None) -> builtins.list[Adapter]:
        """Every version that may serve, or one theme's, by theme and number."""
        where = "WHERE NOT EXISTS (SELECT 1 FROM adapter_tombstone t WHERE (t.theme, t.version) = (a.theme, a.version))"
        return self._rows(f"{where} AND theme = ?", (theme,)) if theme is not None else self._rows(where)

    def withdrawn(self, theme: str | None = None) -> builtins.list[Adapter]:
        """Every version with a tombstone, or one theme's: its weights are gone, its manifest and its ledger rows stay."""
        serving = set(self.list(theme))
        return [adapter for adapter in self._rows() if adapter not in serving and theme in (None, adapter.theme)]

    def remove_withdrawn(self) -> None:
        """Delete the weights that tombstones have left behind."""
        for adapter in self.withdrawn():
            _remove_weights(adapter.path.parent)

    def sound_before(self, theme: str, base_sha256: str, less: Collection[int]) -> Adapter | None:
        """The nearest version that served before, is whole and is not one of ``less``; None for the base."""
        earlier = self._db.read(lambda connection: active.earlier(connection, theme, base_sha256))
        known = (self.get_any(theme, version) for version in earlier if version not in less)
        return next((adapter for adapter in known if not _damage(adapter)), None)

    # --- what serves -------------------------------------------------------------------------------------------------

    def active(self, base_sha256: str) -> dict[str, Adapter]:
        """By theme, the version that serves on this base; a theme without one is answered by the base."""
        where = "JOIN adapter_active s USING (theme, version, base_sha256) WHERE base_sha256 = ?"
        return {adapter.theme: adapter for adapter in self._rows(where, (base_sha256,))}

    async def activate(
        self,
        theme: str,
        version: int,
        reason: str,
        cycle: str | None = None,
        numbers: Mapping[str, Any] | None = None,
        together: Job | None = None,
    ) -> Adapter:
        """Let a version serve on the base it was made for; asking again changes nothing.

        ``together`` is stored in the same transaction: all of it or nothing. Raises UnknownModel, Conflict if the
        version was withdrawn or its files are damaged. ``reason`` is kept for good and holds no user text.
        """
        adapter = self.get_any(theme, version)
        decision = Decision(reason, cycle, numbers or {})
        await self._require_sound(adapter)

        def job(connection: apsw.Connection, now: float) -> None:
            active.promote(connection, theme, version, decision, now)
            if together:
                together(connection, now)

        await self._write(job)
        return adapter

    async def deactivate(self, theme: str, base_sha256: str, reason: str, cycle: str | None = None) -> None:
        """Let the base answer for the theme again; rollbacks start anew from there."""
        decision = Decision(reason, cycle)
        await self._write(lambda connection, now: active.deactivate(connection, theme, base_sha256, decision, now))

    async def rollback(
        self,
        theme: str,
        base_sha256: str,
        to: int | None = None,
        reason: str = "asked for by the user",
        cycle: str | None = None,
    ) -> Adapter | None:
        """Back to ``to``, else to the version that served before, else to the base; returns what serves now.

        Withdrawn and damaged versions are passed over. Raises Conflict if the base serves already, if ``to`` serves
        already, is of another base, withdrawn or damaged; UnknownModel if there is no such version.
        """
        seen = self._db.read(lambda connection: active.current(connection, theme, base_sha256))
        if seen is None or seen == to:
            raise Conflict(f"{theme}@{to} serves already" if to else f"no version of {theme} serves: it is the base")
        if to is not None:
            target = self.get_any(theme, to)
            await self._require_sound(target)
        else:
            target = await self._sound_before(theme, base_sha256)
        number, decision = target.version if target else None, Decision(reason, cycle)
        await self._write(
            lambda connection, now: active.roll_back(connection, theme, base_sha256, seen, number, decision, now)
        )
        return target

    async def withdraw(self, theme: str, version: int, reason: str, cycle: str | None = None) -> None:
        """Tombstone a version for good and delete its weights; its manifest stays. Conflict while it serves."""
        adapter, decision = self.get_any(theme, version), Decision(reason, cycle)
        await self._write(lambda connection, now: active.withdraw(connection, theme, version, decision, now))
        await asyncio.to_thread(_remove_weights, adapter.path.parent)

    def verify(self) -> builtins.list[str]:
        """Re-hash every file of every version, walk the ledger, compare it with what serves; one line a problem."""
        found = self._db.read(lambda connection: ledger.problems(connection) + active.problems(connection))
        vouched = self._db.read(_vouched_manifests)
        whole = self.list()
        for adapter in self._rows():
            if _hash_file(_manifest_of(adapter)) != vouched.get((adapter.theme, adapter.version)):
                found.append(f"the manifest of {adapter.name} is not what was installed")
        found += [problem for adapter in whole for problem in _damage(adapter)]
        for adapter in self._rows():
            if adapter not in whole and any((adapter.path.parent / name).exists() for name in _WEIGHT_FILES):
                found.append(f"{adapter.name} was withdrawn and its weights are still there")
        known = {adapter.path.parent for adapter in self._rows()}
        strays = (folder for theme in THEMES for folder in self._folders(theme) if folder not in known)
        return found + [f"{folder} has no row; restart the daemon to have it looked at" for folder in strays]

    # --- files -------------------------------------------------------------------------------------------------------

    def _weights(self, theme: str, version: int) -> Path:
        return self._root / theme / str(version) / WEIGHTS

    def _write_files(self, adapter: Adapter, contents: Mapping[str, bytes]) -> None:
        """In the order of ``contents``: the manifest is the last."""
        folder = adapter.path.parent
        if folder.exists():
            raise Conflict(
                f"{folder} already exists and is not {adapter.name}; restart the daemon to have it looked at"
            )
        try:
            for name, content in contents.items():
                self._disk.write_atomic(folder / name, content)
        except BaseException:
            _remove(folder)
            raise

    async def _require_sound(self, adapter: Adapter) -> None:
        """Conflict if the version's files are not what was installed; of a withdrawn one, the writer decides."""
        if adapter in self.list(adapter.theme) and (damage := await asyncio.to_thread(_damage, adapter)):
            raise Conflict(f"{adapter.name} cannot serve: {damage[0]}")

    async def _sound_before(self, theme: str, base_sha256: str) -> Adapter | None:
        """The nearest version that served before and whose files are whole."""
        for version in self._db.read(lambda connection: active.earlier(connection, theme, base_sha256)):
            adapter = self.get_any(theme, version)
            damage = await asyncio.to_thread(_damage, adapter)
            if not damage:
                return adapter
            log.warning("rollback of %s passes over %s: %s", theme, adapter.name, damage[0])
        return None

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
        adapter = _from_manifest(theme, version, folder, found) if found else None
        if adapter is None or _damage(adapter):
            log.warning("ignoring %s: it is not what its manifest says", folder)
            return None
        entry = _installed(adapter, "adopted after a crash", None, _hash_file(folder / MANIFEST))
        try:
            self._db.write(lambda connection: _register(connection, adapter, entry, self._clock.now())).result()
        except Conflict as error:
            log.warning("removing %s: %s", folder, error)
            _remove(folder)
            return None
        log.warning("adopted %s: it was whole, but its installation was not acknowledged", adapter.name)
        return adapter

    # --- rows --------------------------------------------------------------------------------------------------------

    def _rows(self, where: str = "", values: tuple[Any, ...] = ()) -> builtins.list[Adapter]:
        sql = f"{SELECT} a {where} ORDER BY theme, version"
        rows: builtins.list[tuple[Any, ...]] = self._db.read(lambda c: c.execute(sql, values).fetchall())
        return [
            Adapter(theme, version, sha256, base_sha256, self._weights(theme, version), created)
            for theme, version, sha256, base_sha256, created in rows
        ]

    async def _write(self, job: Job) -> None:
        """Run a job on the writer's connection, at the present time; back once it is durable."""
        now = self._clock.now()
        await asyncio.wrap_future(self._db.write(lambda connection: job(connection, now)))


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


def _register(connection: apsw.Connection, adapter: Adapter, entry: Entry, now: float) -> None:
    """The version's row, and the ledger's row of it, in one transaction."""
    _refuse_known(connection, adapter.theme, adapter.sha256)
    connection.execute(
        "INSERT INTO adapter (theme, version, sha256, base_sha256, created) VALUES (?, ?, ?, ?, ?)",
        (adapter.theme, adapter.version, adapter.sha256, adapter.base_sha256, adapter.created),
    )
    ledger.append(connection, entry, now)


def _installed(adapter: Adapter, reason: str, cycle: str | None, manifest_sha256: str | None) -> Entry:
    """The ledger's word on a new version. It vouches for the manifest, and the manifest for the other files."""
    numbers = {"manifest_sha256": manifest_sha256}
    return Entry("install", adapter.theme, adapter.version, adapter.sha256, adapter.base_sha256, reason, cycle, numbers)


def _vouched_manifests(connection: apsw.Connection) -> dict[tuple[str, int], Any]:
    """By version, the manifest's hash as the ledger has it; SQL reads it, so that damaged JSON is no error."""
    hash_of = "CASE WHEN json_valid(numbers) THEN json_extract(numbers, '$.manifest_sha256') END"
    rows = connection.execute(f"SELECT theme, version, {hash_of} FROM ledger WHERE event = 'install'")
    return {(theme, version): sha256 for theme, version, sha256 in rows}


def _require_parent(connection: apsw.Connection, theme: str, base_sha256: str, parent: int | None) -> None:
    sql = "SELECT 1 FROM adapter WHERE theme = ? AND version = ? AND base_sha256 = ?"
    if parent is not None and not connection.execute(sql, (theme, parent, base_sha256)).fetchall():
        raise BadRequest(f"the parent {theme}@{parent} is no version of this base", param="lineage")


def _refuse_known(connection: apsw.Connection, theme: str, sha256: str) -> None:
    found = connection.execute("SELECT version FROM adapter WHERE theme = ? AND sha256 = ?", (theme, sha256)).fetchall()
    if found:
        raise Conflict(f"this adapter is already installed as {theme}@{found[0][0]}")


# --- manifests and folders -------------------------------------------------------------------------------------------


_WEIGHT_FILES = (WEIGHTS, "adapter_model.safetensors")


def _manifest_text(
    adapter: Adapter, contents: Mapping[str, bytes], metadata: Mapping[str, Any], lineage: Lineage
) -> bytes:
    content = {
        "name": adapter.name,
        "sha256": adapter.sha256,
        "files": {name: _hash(data) for name, data in contents.items()},
        "base_sha256": adapter.base_sha256,
        "parent": f"{adapter.theme}@{lineage.parent}" if lineage.parent is not None else None,
        "records_sha256": lineage.records_sha256,
        "config": lineage.config,
        "scores": lineage.scores,
        "cycle": lineage.cycle,
        "created": adapter.created,
        "metadata": metadata,
    }
    return json.dumps(content, ensure_ascii=False, indent=2).encode() + b"\n"


def _readme(adapter: Adapter, lineage: Lineage) -> bytes:
    parent = f"{adapter.theme}@{lineage.parent}" if lineage.parent is not None else "the base model"
    lines = [
        f"# {adapter.name}",
        "",
        f"A LoRA adapter for the theme {adapter.theme}, made by A³X from {parent}. It fits one base model only,",
        f"the file with sha256 {adapter.base_sha256}.",
        "",
        f"`{MANIFEST}` says what it was made of and holds the hash of every file here; it was written last.",
    ]
    return "\n".join(lines).encode() + b"\n"


def _require_json(name: str, value: Mapping[str, Any]) -> None:
    """Asked before a number is taken, so that a slip of the caller costs none."""
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise BadRequest(f"{name} cannot be stored as JSON: {error}", param=name) from error


def _manifest_of(adapter: Adapter) -> Path:
    return adapter.path.with_name(MANIFEST)


def _from_manifest(theme: str, version: int, folder: Path, manifest: Mapping[str, Any]) -> Adapter | None:
    """The version a folder claims to hold; None if it claims to be another one."""
    if manifest["name"] != f"{theme}@{version}":
        return None
    return Adapter(theme, version, manifest["sha256"], manifest["base_sha256"], folder / WEIGHTS, manifest["created"])


def _damage(adapter: Adapter) -> builtins.list[str]:
    """Where a version's folder differs from what was installed; one line each."""
    folder = adapter.path.parent
    manifest = _read_manifest(folder)
    if manifest is None:
        return [f"the manifest of {adapter.name} is missing or damaged"]
    found = []
    if (manifest["name"], manifest["base_sha256"]) != (adapter.name, adapter.base_sha256):
        found.append(f"the manifest of {adapter.name} speaks of another version")
    if manifest["sha256"] != adapter.sha256:
        found.append(f"the manifest of {adapter.name} speaks of other weights")
    files: Mapping[str, Any] = {**manifest.get("files", {}), WEIGHTS: adapter.sha256}
    for name, sha256 in sorted(files.items()):
        if _hash_file(folder / name) != sha256:
            found.append(f"{name} of {adapter.name} is missing or not what was installed")
    strangers = {entry.name for entry in folder.iterdir()} - files.keys() - {MANIFEST}
    return found + [f"{name} in the folder of {adapter.name} is not of it" for name in sorted(strangers)]


def _read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest, or None if it is missing, not JSON or lacks what every manifest has."""
    try:
        content = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return None
    needed = {"name": str, "sha256": str, "base_sha256": str, "created": float | int}
    if not isinstance(content, dict) or not all(isinstance(content.get(key), kind) for key, kind in needed.items()):
        return None
    return content if isinstance(content.get("files", {}), dict) else None


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _hash_file(path: Path) -> str | None:
    """Hex sha256 of a file, None if it is not there."""
    try:
        return file_sha256(path)
    except FileNotFoundError:
        return None


def _is_version(folder: Path) -> bool:
    return folder.is_dir() and folder.name.isascii() and folder.name.isdigit() and folder.name == str(int(folder.name))


def _remove(folder: Path) -> None:
    """Delete a version that has no row, the manifest first, so that a crash leaves nothing that looks whole."""
    (folder / MANIFEST).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def _remove_weights(folder: Path) -> None:
    for name in _WEIGHT_FILES:
        (folder / name).unlink(missing_ok=True)
