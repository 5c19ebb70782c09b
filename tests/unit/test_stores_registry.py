"""What serves: promotion, rollback, withdrawal, verification, and a machine that does all of it at random."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from a3x.clock import HandClock
from a3x.disk import RealDisk
from a3x.errors import BadRequest, Conflict, NotFound, UnknownModel
from a3x.stores import active
from a3x.stores.adapters import Adapters, Lineage
from a3x.stores.db import Database
from a3x.stores.ledger import Ledger
from a3x.types import Adapter

BASE, OTHER = "b" * 64, "c" * 64
PEFT = {"adapter_config.json": b"{}", "adapter_model.safetensors": b"tensors"}


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "a3x.db", RealDisk(), HandClock()) as opened:
        yield opened


@pytest.fixture
def adapters(db: Database, tmp_path: Path) -> Adapters:
    return Adapters(db, tmp_path, RealDisk(), HandClock())


def install(adapters: Adapters, content: bytes, theme: str = "cli", base: str = BASE, **more: Any) -> Adapter:
    return asyncio.run(adapters.install(theme, content, base, {}, **more))


def three(adapters: Adapters, activated: bool = True) -> list[Adapter]:
    made = [install(adapters, content) for content in (b"one", b"two", b"three")]
    for adapter in made if activated else []:
        asyncio.run(adapters.activate("cli", adapter.version, "better"))
    return made


def roll_back(adapters: Adapters, to: int | None = None, base: str = BASE) -> Adapter | None:
    return asyncio.run(adapters.rollback("cli", base, to))


def serving(adapters: Adapters) -> str:
    found = adapters.active(BASE).get("cli")
    return found.name if found else "base"


def test_a_version_is_a_whole_peft_folder_with_its_lineage(adapters: Adapters) -> None:
    parent = install(adapters, b"one")
    lineage = Lineage(parent.version, "d" * 64, {"r": 8}, {"cli": 0.9}, "cyc_1")
    made = install(adapters, b"two", files=PEFT, lineage=lineage)
    names = {"adapter.gguf", "README.md", "manifest.json", *PEFT}
    assert {entry.name for entry in made.path.parent.iterdir()} == names
    manifest = adapters.manifest("cli", 2)
    assert set(manifest["files"]) == names - {"manifest.json"}
    assert (manifest["parent"], manifest["records_sha256"], manifest["cycle"]) == ("cli@1", "d" * 64, "cyc_1")
    assert (manifest["config"], manifest["scores"]) == ({"r": 8}, {"cli": 0.9})
    assert adapters.verify() == []


def test_installation_refuses_strange_files_and_parents(adapters: Adapters) -> None:
    install(adapters, b"one", base=OTHER)
    refused: list[dict[str, Any]] = [
        {"files": {"../x": b""}},
        {"files": {"manifest.json": b""}},
        {"lineage": Lineage(parent=1)},
    ]
    for more in refused:
        with pytest.raises(BadRequest):
            install(adapters, b"two", **more)
    with pytest.raises(BadRequest, match="lineage"):
        install(adapters, b"two", lineage=Lineage(scores={"x": float("nan")}))
    assert len(adapters.list()) == 1


def test_activation_is_one_a_theme_and_base(adapters: Adapters, db: Database) -> None:
    three(adapters)
    other = install(adapters, b"four", base=OTHER)
    summary = install(adapters, b"one", theme="summary")
    asyncio.run(adapters.activate("cli", other.version, "better"))
    asyncio.run(adapters.activate("summary", 1, "better", "cyc_9", {"gain": 0.25}))
    assert {theme: adapter.name for theme, adapter in adapters.active(BASE).items()} == {
        "cli": "cli@3",
        "summary": summary.name,
    }
    assert adapters.active(OTHER) == {"cli": other}
    assert adapters.active("d" * 64) == {}
    last = Ledger(db, HandClock()).rows()[-1]
    assert (last.event, last.theme, last.version, last.sha256, last.cycle) == (
        "promote",
        "summary",
        1,
        summary.sha256,
        "cyc_9",
    )
    assert last.numbers == {"gain": 0.25}


def test_a_resumed_cycle_may_ask_twice_and_never_undoes_a_rollback(adapters: Adapters, db: Database) -> None:
    three(adapters, activated=False)
    for _ in range(2):
        asyncio.run(adapters.activate("cli", 1, "better", "cyc_1"))
    assert [row.event for row in Ledger(db, HandClock()).rows("cli")].count("promote") == 1
    roll_back(adapters)
    asyncio.run(adapters.activate("cli", 1, "better", "cyc_1"))
    assert serving(adapters) == "base"
    asyncio.run(adapters.activate("cli", 1, "asked for by the user"))
    assert serving(adapters) == "cli@1"


def test_rollback_goes_back_one_version_at_a_time_to_the_base(adapters: Adapters) -> None:
    made = three(adapters)
    assert roll_back(adapters) == made[1]
    assert roll_back(adapters) == made[0]
    assert roll_back(adapters) is None
    assert serving(adapters) == "base"
    with pytest.raises(Conflict, match="it is the base"):
        roll_back(adapters)
    assert adapters.verify() == []


def test_rollback_to_a_version(adapters: Adapters) -> None:
    made = three(adapters)
    assert roll_back(adapters, 1) == made[0]
    assert roll_back(adapters, 3) == made[2]  # forth is allowed too; what served before is the base again
    assert roll_back(adapters) is None


def test_rollback_refuses_what_may_not_serve(adapters: Adapters) -> None:
    three(adapters)
    other = install(adapters, b"four", base=OTHER)
    with pytest.raises(UnknownModel):
        roll_back(adapters, 9)
    with pytest.raises(Conflict, match="another base"):
        roll_back(adapters, other.version)
    with pytest.raises(Conflict, match="serves already"):
        roll_back(adapters, 3)
    with pytest.raises(UnknownModel):
        asyncio.run(adapters.activate("cli", 9, "better"))
    assert serving(adapters) == "cli@3"


def test_rollback_passes_over_the_withdrawn_and_the_damaged(adapters: Adapters) -> None:
    made = three(adapters)
    made.append(install(adapters, b"four"))
    asyncio.run(adapters.activate("cli", 4, "better"))
    asyncio.run(adapters.withdraw("cli", 3, "forgotten"))
    made[2].path.write_bytes(b"three")  # as if the process had died before it deleted them
    made[1].path.write_bytes(b"twp")
    with pytest.raises(Conflict, match="withdrawn"):
        roll_back(adapters, 3)
    with pytest.raises(Conflict, match=r"adapter\.gguf"):
        roll_back(adapters, 2)
    assert roll_back(adapters) == made[0]


def test_a_damaged_version_is_not_activated(adapters: Adapters) -> None:
    made = three(adapters, activated=False)
    made[0].path.with_name("README.md").write_text("other")
    with pytest.raises(Conflict, match=r"README\.md"):
        asyncio.run(adapters.activate("cli", 1, "better"))
    assert serving(adapters) == "base"


def test_what_changed_meanwhile_is_not_rolled_back(adapters: Adapters, db: Database) -> None:
    three(adapters)
    decision = active.Decision("late")
    with pytest.raises(Conflict, match="changed in the meantime"):
        db.write(lambda c: active.roll_back(c, "cli", BASE, 2, None, decision, 0.0)).result(5)
    assert serving(adapters) == "cli@3"


def test_deactivation_leaves_nothing_to_go_back_to(adapters: Adapters) -> None:
    made = three(adapters)
    asyncio.run(adapters.deactivate("cli", BASE, "asked for by the user"))
    assert serving(adapters) == "base"
    asyncio.run(adapters.deactivate("cli", BASE, "again"))
    asyncio.run(adapters.activate("cli", 2, "better"))
    assert roll_back(adapters) is None
    assert adapters.list() == made


def test_withdrawn_versions_are_gone_but_known(adapters: Adapters) -> None:
    made = three(adapters)
    with pytest.raises(Conflict, match="serving"):
        asyncio.run(adapters.withdraw("cli", 3, "forgotten"))
    asyncio.run(adapters.withdraw("cli", 2, "forgotten"))
    asyncio.run(adapters.withdraw("cli", 2, "forgotten"))
    assert adapters.list() == [made[0], made[2]]
    with pytest.raises(UnknownModel):
        adapters.get("cli", 2)
    assert adapters.manifest("cli", 2)["name"] == "cli@2"
    assert not made[1].path.exists()
    with pytest.raises(Conflict, match="withdrawn"):
        asyncio.run(adapters.activate("cli", 2, "better"))
    assert adapters.verify() == []
    made[1].path.write_bytes(b"two")  # as if the process had died before it deleted them
    assert adapters.verify() == ["cli@2 was withdrawn and its weights are still there"]
    adapters.sweep()
    assert adapters.verify() == []


def test_versions_older_than_the_ledger_enter_it(adapters: Adapters, db: Database) -> None:
    install(adapters, b"one")
    triggers = db.read(lambda c: c.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall())
    for (name,) in triggers:
        if str(name).startswith("ledger_is_never"):
            db.write(lambda c, n=name: c.execute(f"DROP TRIGGER {n}")).result(5)
    db.write(lambda c: c.execute("DELETE FROM ledger; UPDATE ledger_head SET seq = 0, hash = ''")).result(5)
    assert adapters.verify() != []
    adapters.sweep()
    assert adapters.verify() == []
    with pytest.raises(NotFound):
        Adapters(db, Path("/nonexistent"), RealDisk(), HandClock()).manifest("cli", 1)


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        ("UPDATE adapter_active SET version = 1", "by the ledger it is cli@3"),
        ("DELETE FROM adapter_active", "by the ledger it is cli@3"),
        ("UPDATE adapter SET sha256 = 'x' WHERE version = 1", "does not know cli@1 as it is"),
        ("DELETE FROM adapter WHERE version = 1", "has no row"),
        ("INSERT INTO adapter_tombstone VALUES ('cli', 3, 0)", "is active and was withdrawn"),
        ("DELETE FROM ledger_head", "ends at row 6"),
    ],
)
def test_verify_sees_what_was_changed_behind_its_back(adapters: Adapters, db: Database, sql: str, problem: str) -> None:
    three(adapters)
    assert adapters.verify() == []
    db.write(lambda c: c.execute(sql)).result(5)
    assert any(problem in found for found in adapters.verify()), adapters.verify()


@pytest.mark.parametrize("name", ["adapter.gguf", "README.md", "manifest.json", "adapter_config.json", "stranger"])
def test_verify_sees_any_changed_file(adapters: Adapters, name: str) -> None:
    made = install(adapters, b"one", files=PEFT)
    made.path.with_name(name).write_bytes(b"{}  ")
    assert any("cli@1" in found for found in adapters.verify())


def test_verify_sees_a_manifest_rewritten_to_fit(adapters: Adapters) -> None:
    made = install(adapters, b"one", lineage=Lineage(scores={"cli": 0.5}))
    path = made.path.with_name("manifest.json")
    path.write_text(path.read_text().replace("0.5", "0.9"))
    assert adapters.verify() == ["the manifest of cli@1 is not what was installed"]


class Registry(RuleBasedStateMachine):
    """Everything that can happen to two themes on two bases, against a model of stacks."""

    @initialize()
    def start(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="a3x-registry-"))
        self.stacks: dict[tuple[str, str], list[int]] = {}
        self.versions: dict[tuple[str, int], str] = {}
        self.withdrawn: set[tuple[str, int]] = set()
        self.open()

    def open(self) -> None:
        self.db = Database(self.home / "a3x.db", RealDisk(), HandClock())
        self.adapters = Adapters(self.db, self.home, RealDisk(), HandClock())
        self.adapters.sweep()

    def teardown(self) -> None:
        if hasattr(self, "db"):
            self.db.close()
            shutil.rmtree(self.home)

    @rule(theme=st.sampled_from(["cli", "general"]), base=st.sampled_from([BASE, BASE, OTHER]))
    def install(self, theme: str, base: str) -> None:
        made = install(self.adapters, f"{theme} {len(self.versions)}".encode(), theme, base)
        self.versions[theme, made.version] = base

    @rule(data=st.data())
    def activate(self, data: st.DataObject) -> None:
        if not self.versions:
            return
        theme, version = data.draw(st.sampled_from(sorted(self.versions)))
        if (theme, version) in self.withdrawn:
            with pytest.raises(Conflict):
                asyncio.run(self.adapters.activate(theme, version, "better"))
            return
        asyncio.run(self.adapters.activate(theme, version, "better"))
        stack = self.stacks.setdefault((self.versions[theme, version], theme), [])
        if stack[-1:] != [version]:
            stack.append(version)

    @rule(data=st.data(), theme=st.sampled_from(["cli", "general"]), base=st.sampled_from([BASE, OTHER]))
    def rollback(self, data: st.DataObject, theme: str, base: str) -> None:
        numbers = [version for name, version in self.versions if name == theme]
        to = data.draw(st.none() | st.sampled_from(numbers)) if numbers else None
        stack = self.stacks.get((base, theme), [])
        wrong_base = to is not None and self.versions[theme, to] != base
        if not stack or to == stack[-1] or wrong_base or (theme, to) in self.withdrawn:
            with pytest.raises(Conflict):
                asyncio.run(self.adapters.rollback(theme, base, to))
            return
        asyncio.run(self.adapters.rollback(theme, base, to))
        top = stack.pop()
        if to is None:
            while stack and (stack[-1] == top or (theme, stack[-1]) in self.withdrawn):
                stack.pop()
        elif to in stack:
            del stack[len(stack) - stack[::-1].index(to) :]
        else:
            stack.append(to)

    @rule(theme=st.sampled_from(["cli", "general"]), base=st.sampled_from([BASE, OTHER]))
    def deactivate(self, theme: str, base: str) -> None:
        asyncio.run(self.adapters.deactivate(theme, base, "asked"))
        self.stacks.pop((base, theme), None)

    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        idle = [key for key, base in self.versions.items() if self.stacks.get((base, key[0]), [0])[-1:] != [key[1]]]
        if idle:
            theme, version = data.draw(st.sampled_from(idle))
            asyncio.run(self.adapters.withdraw(theme, version, "forgotten"))
            self.withdrawn.add((theme, version))

    @rule()
    def restart(self) -> None:
        self.db.close()
        self.open()

    @invariant()
    def it_serves_what_it_should_and_verifies(self) -> None:
        if not hasattr(self, "db"):
            return
        for base in (BASE, OTHER):
            expected = {theme: stack[-1] for (its, theme), stack in self.stacks.items() if its == base and stack}
            assert {theme: adapter.version for theme, adapter in self.adapters.active(base).items()} == expected
        assert self.adapters.verify() == []


TestRegistry = Registry.TestCase
TestRegistry.settings = settings(max_examples=6, stateful_step_count=15, deadline=None)
