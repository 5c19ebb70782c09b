"""The base models people brought: immutable folders ``models/<name>/{model.gguf,manifest.json}``, and which one is to serve.

Never parses a GGUF itself: the check is injected and runs in a child. An import is staged in a folder of its own, whose
manifest is written last, and appears under its name by one rename; what a crash leaves is a staging folder, which
nobody reads and the next change deletes. Downloads under way lie in ``models/.parts`` and survive, to be gone on with.
"""

from __future__ import annotations

import builtins
import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from a3x.disk import make_folder, sync_file, sync_folder
from a3x.errors import BadRequest, Conflict, ForeignFile, NotFound, StorageFull
from a3x.gguf.check import ModelFacts
from a3x.types import Clock, Disk

SEED = "seed"
"""The name of the embedded model, which is not in this store and cannot be removed."""
WEIGHTS = "model.gguf"
MANIFEST = "manifest.json"
USED = "used.json"
LOCK = ".lock"
STAGING = ".staging-"
PARTS = ".parts"
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
LITTLE_ROOM_BYTES = 64 << 20
"""Left free after an import: the daemon's own database lives on the same disk."""
SCHEMA = 1

Check = Callable[[Path], ModelFacts]
Seen = Callable[[int], None]


@dataclass(frozen=True)
class StoredModel:
    """One whole model. ``source`` is where it came from, ``imported`` epoch seconds."""

    name: str
    path: Path
    sha256: str
    size_bytes: int
    source: str
    imported: float
    facts: ModelFacts


class Models:
    """The models under ``home``. Every change takes the store's lock; readers need none."""

    def __init__(self, home: Path, disk: Disk, clock: Clock, check: Check) -> None:
        self._root = home / "models"
        self._disk = disk
        self._clock = clock
        self._check = check

    # --- reading -----------------------------------------------------------------------------------------------------

    def list(self) -> builtins.list[StoredModel]:
        """Every model with a readable manifest, by name."""
        found = (_read(folder) for folder in self._folders())
        return [model for model in found if model is not None]

    def get(self, name: str) -> StoredModel:
        """NotFound, naming the models there are."""
        model = _read(self._root / name) if NAME.fullmatch(name) else None
        if model is None:
            known = ", ".join(one.name for one in self.list()) or "none"
            raise NotFound(f"there is no model {name!r}; imported: {known}; embedded: {SEED}", param="model")
        return model

    def used(self) -> StoredModel | None:
        """What ``use`` chose; None is the embedded model. NotFound if it is no longer what was chosen."""
        path = self._root / USED
        if not path.exists():
            return None
        try:
            chosen = json.loads(path.read_text())
            model = _read(self._root / chosen["name"])
        except (ValueError, KeyError, TypeError, OSError) as error:
            raise NotFound(f"{path} is damaged; choose again with `a3x model use NAME`") from error
        if model is None or model.sha256 != chosen["sha256"]:
            raise NotFound(f"the model in use, {chosen['name']!r}, is gone; choose again with `a3x model use NAME`")
        return model

    def verify(self, name: str | None = None) -> builtins.list[str]:
        """Hash and parse again, one model or all; one line a problem. NotFound for a name that is none."""
        folders = [self.get(name).path.parent] if name else self._folders()
        return [problem for folder in folders for problem in self._problems(folder)]

    # --- changing ----------------------------------------------------------------------------------------------------

    def add(self, file: Path, name: str | None = None, seen: Seen = lambda _: None) -> StoredModel:
        """Check a GGUF, copy it in, and check the copy. Nothing is left behind of one that fails.

        Raises BadRequest, ForeignFile with the reason, Conflict for a name or a content that is there, StorageFull.
        """
        if not file.is_file():
            raise BadRequest(f"there is no file {file}", param="file")
        name = name or name_for(file.name)
        self._require_new(name)
        self._check(file)  # before gigabytes are copied
        with self._alone():
            self._require_room(file.stat().st_size)
            return self._stage(name, str(file.absolute()), lambda to: self._disk.copy(file, to, seen))

    def add_part(self, part: Path, sha256: str, name: str, source: str, seen: Seen = lambda _: None) -> StoredModel:
        """The same for a finished download of ours, which becomes the model without being copied.

        ForeignFile if its content is not ``sha256``; the download is then deleted, as it is on success.
        """
        self._require_new(name)

        def place(to: Path) -> str:
            os.link(part, to)
            found = _hash(to, seen)
            sync_file(to)
            if found != sha256:
                raise ForeignFile(f"what was downloaded from {source} is {found}, not {sha256} as the hub says")
            return found

        with self._alone():
            try:
                model = self._stage(name, source, place)
            except (ForeignFile, Conflict):
                part.unlink()
                raise
            part.unlink()
            return model

    def expect(self, name: str, sha256: str, size_bytes: int) -> Path:
        """Where the download of a content lies until it is whole. BadRequest, Conflict, StorageFull: not worth beginning."""
        self._require_new(name)
        self._refuse_twin(sha256)
        make_folder(self._root / PARTS)
        part = self._root / PARTS / f"{sha256}.part"
        self._require_room(size_bytes - (part.stat().st_size if part.exists() else 0))
        return part

    def use(self, name: str) -> StoredModel | None:
        """Serve this model from the next start on; SEED is the embedded one, for which None is returned. NotFound."""
        with self._alone():
            if name == SEED:
                (self._root / USED).unlink(missing_ok=True)
                sync_folder(self._root)
                return None
            model = self.get(name)
            text = json.dumps({"name": model.name, "sha256": model.sha256})
            self._disk.write_atomic(self._root / USED, text.encode())
            return model

    def remove(self, name: str) -> StoredModel:
        """Delete a model. NotFound; Conflict while it is the one in use."""
        if name == SEED:
            raise Conflict("the embedded model belongs to the program and stays")
        with self._alone():
            model = self.get(name)
            with contextlib.suppress(NotFound):
                used = self.used()
                if used is not None and used.name == name:
                    raise Conflict(f"{name} is in use; choose another first: a3x model use {SEED}")
            gone = self._root / f"{STAGING}{name}"
            os.rename(self._root / name, gone)
            sync_folder(self._root)
            shutil.rmtree(gone)
            return model

    # --- files -------------------------------------------------------------------------------------------------------

    def _stage(self, name: str, source: str, place: Callable[[Path], str]) -> StoredModel:
        self._require_new(name)
        staging = self._root / f"{STAGING}{name}"
        make_folder(staging)
        try:
            sha256 = place(staging / WEIGHTS)
            self._refuse_twin(sha256)
            facts = self._check(staging / WEIGHTS)
            path, now = self._root / name / WEIGHTS, self._clock.now()
            model = StoredModel(name, path, sha256, (staging / WEIGHTS).stat().st_size, source, now, facts)
            self._disk.write_atomic(staging / MANIFEST, _manifest(model))
            os.rename(staging, self._root / name)
            sync_folder(self._root)
        except BaseException:
            shutil.rmtree(staging, ignore_errors=True)
            raise
        return model

    def _require_new(self, name: str) -> None:
        if not NAME.fullmatch(name) or name == SEED:
            raise BadRequest(f"{name!r} cannot be a model's name: a–z, 0–9, '.', '_', '-', not {SEED!r}", param="name")
        if (self._root / name).exists():
            raise Conflict(f"there is a model {name!r} already; choose another --name, or remove that one", "name")

    def _refuse_twin(self, sha256: str) -> None:
        for model in self.list():
            if model.sha256 == sha256:
                raise Conflict(f"this file is here already, as {model.name!r}")

    def _require_room(self, size: int) -> None:
        free = self._disk.free_bytes(self._root)
        if free < size + LITTLE_ROOM_BYTES:
            raise StorageFull(f"the model has {size >> 20} MiB and {self._root} has {free >> 20} MiB free")

    def _problems(self, folder: Path) -> Iterator[str]:
        model = _read(folder)
        if model is None:
            yield f"{folder} has no readable manifest; delete the folder and import the model again"
            return
        try:
            if _hash(model.path) != model.sha256:
                yield f"{model.name}: the file is not what was imported"
            elif self._check(model.path) != model.facts:
                yield f"{model.name}: the manifest does not describe the file"
        except (OSError, ForeignFile) as error:
            yield f"{model.name}: {error}"

    def _folders(self) -> builtins.list[Path]:
        if not self._root.is_dir():
            return []
        return sorted(entry for entry in self._root.iterdir() if entry.is_dir() and NAME.fullmatch(entry.name))

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the lock, and begin by clearing away what a crash left. Conflict if another process changes the store."""
        make_folder(self._root)
        with (self._root / LOCK).open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Conflict("another command is changing the models; try again when it is done") from error
            for leftover in self._root.glob(f"{STAGING}*"):
                shutil.rmtree(leftover)
            yield


def name_for(file_name: str) -> str:
    """``Qwen2.5-1.5B Q4_K_M.gguf`` → ``qwen2.5-1.5b-q4_k_m``."""
    stem = file_name.removesuffix(".gguf").lower()
    return re.sub(r"[^a-z0-9._-]+", "-", stem).lstrip("._-")[:80] or "model"


def _manifest(model: StoredModel) -> bytes:
    told = {**asdict(model), "schema": SCHEMA}
    del told["path"]
    return json.dumps(told, indent=2).encode()


def _read(folder: Path) -> StoredModel | None:
    """None for a folder that is not a whole model."""
    try:
        told: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
        if told.pop("schema") != SCHEMA or told["name"] != folder.name:
            return None
        return StoredModel(**{**told, "path": folder / WEIGHTS, "facts": ModelFacts(**told["facts"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _hash(path: Path, seen: Seen = lambda _: None) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(4 << 20):
            digest.update(block)
            seen(len(block))
    return digest.hexdigest()
