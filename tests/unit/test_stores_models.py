"""The store of base models: what is refused, what a crash leaves, and a machine that does everything at random."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from a3x.clock import HandClock
from a3x.disk import RealDisk
from a3x.errors import BadRequest, Conflict, ForeignFile, NotFound, StorageFull
from a3x.gguf.check import ModelFacts
from a3x.stores.models import MANIFEST, PARTS, SEED, STAGING, WEIGHTS, Models, name_for

BROKEN = b"broken"


def check(path: Path) -> ModelFacts:
    """What a child would say: here a model is any file that is not BROKEN."""
    content = path.read_bytes()
    if content == BROKEN:
        raise ForeignFile(f"{path.name} is not a whole GGUF")
    return ModelFacts("llama", content.decode(), 1024, 9, len(content), "F16", True, 100, 64)


class Crash(BaseException):
    """The process ends here."""


class CrashingDisk(RealDisk):
    """Ends the process at the n-th durable step from now on."""

    def __init__(self) -> None:
        self.steps_left: int | None = None

    def _step(self) -> None:
        if self.steps_left is not None:
            self.steps_left -= 1
            if self.steps_left < 0:
                raise Crash

    def write_atomic(self, path: Path, data: bytes) -> None:
        self._step()
        super().write_atomic(path, data)
        self._step()

    def copy(self, source: Path, target: Path, seen: Callable[[int], None]) -> str:
        self._step()
        found = super().copy(source, target, seen)
        self._step()
        return found


class FullDisk(RealDisk):
    def free_bytes(self, path: Path) -> int:
        return 65 << 20


def store(home: Path, disk: RealDisk | None = None) -> Models:
    return Models(home, disk or RealDisk(), HandClock(), check)


def model_file(folder: Path, content: bytes = b"one", name: str = "one.gguf") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.fixture
def models(tmp_path: Path) -> Models:
    return store(tmp_path / "home")


def entries(home: Path) -> list[str]:
    root = home / "models"
    return sorted(entry.name for entry in root.iterdir()) if root.is_dir() else []


def test_a_model_is_copied_and_described(tmp_path: Path, models: Models) -> None:
    seen: list[int] = []
    source = model_file(tmp_path)
    made = models.add(source, None, seen.append)
    assert (made.name, made.size_bytes, sum(seen), made.source) == ("one", 3, 3, str(source))
    assert made.sha256 == hashlib.sha256(b"one").hexdigest()
    assert [made] == models.list() == [models.get("one")]
    source.write_bytes(b"other")  # the store has a copy of its own
    assert made.path.read_bytes() == b"one"
    assert models.verify() == []


def test_what_is_refused_leaves_nothing(tmp_path: Path, models: Models) -> None:
    models.add(model_file(tmp_path), "here")
    before = entries(tmp_path / "home")
    other = model_file(tmp_path, b"other", "other.gguf")
    refusals: list[tuple[Path, str | None, type[Exception], str]] = [
        (model_file(tmp_path, BROKEN, "broken.gguf"), None, ForeignFile, "not a whole GGUF"),
        (tmp_path / "absent.gguf", None, BadRequest, "no file"),
        (tmp_path, None, BadRequest, "no file"),
        (tmp_path / "one.gguf", "twin", Conflict, "here already, as 'here'"),
        (other, "here", Conflict, "already"),
        (other, SEED, BadRequest, "cannot be"),
        (other, "../up", BadRequest, "cannot be"),
        (other, ".hidden", BadRequest, "cannot be"),
    ]
    for file, name, error, said in refusals:
        with pytest.raises(error, match=said):
            models.add(file, name)
        assert entries(tmp_path / "home") == before


def test_a_file_that_changes_while_it_is_copied_is_not_trusted(tmp_path: Path) -> None:
    source = model_file(tmp_path)

    class Swapped(RealDisk):
        def copy(self, source: Path, target: Path, seen: Callable[[int], None]) -> str:
            target.write_bytes(BROKEN)
            return hashlib.sha256(BROKEN).hexdigest()

    models = store(tmp_path / "home", Swapped())
    with pytest.raises(ForeignFile):
        models.add(source)
    assert models.list() == []


def test_no_room_is_found_before_a_byte_is_written(tmp_path: Path) -> None:
    models = store(tmp_path / "home", FullDisk())
    big = tmp_path / "big.gguf"
    with big.open("wb") as file:
        file.truncate(2 << 20)
    with pytest.raises(StorageFull, match="2 MiB"):
        models.add(big)
    with pytest.raises(StorageFull):
        models.expect("big", "ab" * 32, 2 << 20)
    assert [name for name in entries(tmp_path / "home") if not name.startswith(".")] == []


def test_use_and_remove(tmp_path: Path, models: Models) -> None:
    assert models.used() is None
    made = models.add(model_file(tmp_path))
    assert models.use("one") == made == models.used()
    with pytest.raises(Conflict, match="in use"):
        models.remove("one")
    with pytest.raises(NotFound, match="imported: one"):
        models.use("two")
    assert models.use(SEED) is None
    assert models.used() is None
    models.remove("one")
    assert models.list() == []
    with pytest.raises(NotFound, match="imported: none"):
        models.remove("one")
    with pytest.raises(Conflict, match="belongs to the program"):
        models.remove(SEED)


def test_a_model_in_use_that_is_gone_or_another_is_not_served(tmp_path: Path, models: Models) -> None:
    models.add(model_file(tmp_path))
    models.use("one")
    shutil.rmtree(tmp_path / "home/models/one")
    with pytest.raises(NotFound, match="gone"):
        models.used()
    models.add(model_file(tmp_path, b"not the same"))
    with pytest.raises(NotFound, match="gone"):
        models.used()
    (tmp_path / "home/models/used.json").write_text("{")
    with pytest.raises(NotFound, match="damaged"):
        models.used()
    models.use(SEED)
    assert models.used() is None


def test_verify_finds_what_was_changed(tmp_path: Path, models: Models) -> None:
    for name in ("one", "two", "three", "four"):
        models.add(model_file(tmp_path, name.encode()), name)
    root = tmp_path / "home/models"
    (root / "one" / WEIGHTS).write_bytes(b"eno")
    (root / "two" / MANIFEST).unlink()
    told = json.loads((root / "three" / MANIFEST).read_text())
    told["facts"]["parameters"] += 1
    (root / "three" / MANIFEST).write_text(json.dumps(told))
    problems = "\n".join(models.verify())
    assert "one: the file is not what was imported" in problems
    assert "two has no readable manifest" in problems
    assert "three: the manifest does not describe" in problems
    assert "four" not in problems
    assert models.verify("four") == []
    assert [model.name for model in models.list()] == ["four", "one", "three"]


def test_a_download_becomes_a_model_without_a_copy(tmp_path: Path, models: Models) -> None:
    digest = hashlib.sha256(b"fetched").hexdigest()
    part = models.expect("fetched", digest, 7)
    part.write_bytes(b"fetched")
    inode = part.stat().st_ino
    made = models.add_part(part, digest, "fetched", "hub:a/b@c:d.gguf")
    assert (made.path.stat().st_ino, part.exists(), made.path.stat().st_nlink) == (inode, False, 1)
    with pytest.raises(Conflict, match="here already"):
        models.expect("again", digest, 7)


def test_a_download_with_the_wrong_content_is_thrown_away(tmp_path: Path, models: Models) -> None:
    digest = hashlib.sha256(b"fetched").hexdigest()
    part = models.expect("fetched", digest, 7)
    part.write_bytes(b"FETCHED")
    with pytest.raises(ForeignFile, match="as the hub says"):
        models.add_part(part, digest, "fetched", "hub:a/b@c:d.gguf")
    assert (models.list(), part.exists()) == ([], False)


def test_a_download_survives_a_crash_of_its_import(tmp_path: Path) -> None:
    home, disk = tmp_path / "home", CrashingDisk()
    models = store(home, disk)
    digest = hashlib.sha256(b"fetched").hexdigest()
    part = models.expect("fetched", digest, 7)
    part.write_bytes(b"fetched")
    disk.steps_left = 0
    with pytest.raises(Crash):
        models.add_part(part, digest, "fetched", "hub")
    assert part.read_bytes() == b"fetched"
    assert store(home).add_part(part, digest, "fetched", "hub").name == "fetched"


def test_two_changes_at_once_are_refused(tmp_path: Path, models: Models) -> None:
    source = model_file(tmp_path)
    other = store(tmp_path / "home")

    def meanwhile(_: int) -> None:
        with pytest.raises(Conflict, match="another command"):
            other.use(SEED)

    models.add(source, None, meanwhile)
    other.use("one")


@pytest.mark.parametrize(
    ("file", "name"),
    [("Qwen2.5-1.5B Q4_K_M.gguf", "qwen2.5-1.5b-q4_k_m"), ("--x.gguf", "x"), ("é.gguf", "model"), ("..", "model")],
)
def test_names_are_made_of_file_names(file: str, name: str) -> None:
    assert name_for(file) == name


# --- everything at random --------------------------------------------------------------------------------------------

CONTENTS = st.sampled_from([b"one", b"two", b"three", BROKEN])
NAMES = st.sampled_from(["a", "b", "c"])


class StoreMachine(RuleBasedStateMachine):
    """The store against a dictionary, with processes that end in the middle of a change."""

    make: Callable[[Path, RealDisk], Models] = staticmethod(store)

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.home = self.folder / "home"
        self.disk = CrashingDisk()
        self.models = self.make(self.home, self.disk)
        self.there: dict[str, bytes] = {}
        self.chosen: str | None = None

    @rule(name=NAMES, content=CONTENTS, steps=st.one_of(st.none(), st.integers(0, 3)))
    def add(self, name: str, content: bytes, steps: int | None) -> None:
        source = model_file(self.folder, content, "source")
        self.disk.steps_left = steps
        try:
            self.models.add(source, name)
            self.there[name] = content
        except Crash:
            self.models = self.make(self.home, self.disk)
        except (Conflict, ForeignFile):
            assert content == BROKEN or name in self.there or content in self.there.values()
        self.disk.steps_left = None

    @rule(name=NAMES)
    def use(self, name: str) -> None:
        try:
            self.models.use(name)
            self.chosen = name
        except NotFound:
            assert name not in self.there

    @rule()
    def use_seed(self) -> None:
        self.models.use(SEED)
        self.chosen = None

    @rule(name=NAMES)
    def remove(self, name: str) -> None:
        try:
            self.models.remove(name)
            del self.there[name]
        except NotFound:
            assert name not in self.there
        except Conflict:
            assert name == self.chosen

    @invariant()
    def only_whole_models_are_seen(self) -> None:
        if not hasattr(self, "there"):
            return
        found = {model.name: model.path.read_bytes() for model in self.models.list()}
        assert found == self.there
        assert self.models.verify() == []
        used = self.models.used()
        assert (used.name if used else None) == self.chosen

    def teardown(self) -> None:
        if hasattr(self, "home"):
            self.models.use(SEED)
            assert not [name for name in entries(self.home) if name.startswith(STAGING) or name == PARTS]
            shutil.rmtree(self.folder)


TestStore = StoreMachine.TestCase
TestStore.settings = settings(max_examples=40, stateful_step_count=12, deadline=None)


class InPlace(Models):
    """What must not be: the files are written where readers look, the manifest first."""

    def _stage(self, name: str, source: str, place: Callable[[Path], str]) -> object:  # type: ignore[override]
        from a3x.stores.models import StoredModel, _manifest

        folder = self._root / name
        os.makedirs(folder)
        facts = ModelFacts("llama", "", 1024, 9, 3, "F16", True, 100, 64)
        model = StoredModel(name, folder / WEIGHTS, "0" * 64, 3, source, 0.0, facts)
        self._disk.write_atomic(folder / MANIFEST, _manifest(model))
        place(folder / WEIGHTS)
        return model


def test_a_store_that_writes_in_place_is_caught() -> None:
    """Negative control of the machine above."""

    class Careless(StoreMachine):
        make = staticmethod(lambda home, disk: InPlace(home, disk, HandClock(), check))

    Careless.TestCase.settings = settings(
        max_examples=40, stateful_step_count=6, deadline=None, database=None, report_multiple_bugs=False
    )
    with pytest.raises((AssertionError, FileNotFoundError)):
        Careless.TestCase("runTest").runTest()
