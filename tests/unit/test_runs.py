"""The run directory contract: what is written is read back, what is wrong is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from a3x.errors import ConfigError
from a3x.runs import (
    BaseSpec,
    LoraSpec,
    RecordsSpec,
    RunSpec,
    TrainingExample,
    read_events,
    read_records,
    read_run,
    write_records,
    write_run,
)

SHA = "0" * 64
EXAMPLES = [
    TrainingExample((1, 5, 9, 7), (False, False, True, True), 0.5, "train", "cli"),
    TrainingExample((1, 8), (False, True), 2.0, "stop", "general"),
    TrainingExample((1, 4, 6), (False, False, True), kept=True),
]


def _spec(**values: object) -> RunSpec:
    base = BaseSpec(path=Path('a "quoted"\\folder é/base.gguf'), sha256=SHA)
    return RunSpec.model_validate({"base": base, "records": RecordsSpec(sha256=SHA), "steps": 10, **values})


def test_a_run_comes_back_as_it_was_written(tmp_path: Path) -> None:
    spec = _spec(probes=((1, 2), (3,)), lora=LoraSpec(r=4, targets=("q_proj",)), lr=1e-05, gradient_checkpointing=False)
    write_run(tmp_path, spec)
    assert read_run(tmp_path) == spec


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("surprise = 1", "surprise"),
        ("[lora]\nrank = 8", "lora.rank"),
        ("lr = nan", "lr"),
        ("lr = -1.0", "lr"),
        ("batch = 0", "batch"),
        ('[schedule]\nkind = "steep"', "schedule.kind"),
        ('[lora]\ntargets = ["embed_tokens"]', "lora.targets"),
        ("epochs = 2", "exactly one"),
        ("probes = [[]]", "empty probe"),
        ("format = 2", "format"),
        ("= broken", "cannot be read"),
    ],
)
def test_what_is_wrong_in_a_run_is_named(tmp_path: Path, line: str, named: str) -> None:
    head, _, table = line.partition("[") if line.startswith("[") else (line, "", "")
    tables = f'[base]\npath = "b.gguf"\nsha256 = "{SHA}"\n[records]\nsha256 = "{SHA}"\n'
    (tmp_path / "run.toml").write_text(f"steps = 5\n{head}\n{tables}" + (f"[{table}\n" if table else ""))
    with pytest.raises(ConfigError, match=r"run\.toml") as refused:
        read_run(tmp_path)
    assert named in refused.value.message


def test_a_missing_run_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_run(tmp_path)


def test_epochs_become_steps() -> None:
    assert _spec(steps=0, epochs=1.5, batch=4).total_steps(10) == 4
    assert _spec(steps=7).total_steps(10) == 7


def test_records_come_back_and_equal_examples_give_equal_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "a.npz", tmp_path / "b.npz"
    sha256 = write_records(first, EXAMPLES)
    assert write_records(second, EXAMPLES) == sha256
    assert read_records(first, sha256) == EXAMPLES
    assert set(tmp_path.iterdir()) == {first, second}


def test_changed_records_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "records.npz"
    sha256 = write_records(path, EXAMPLES)
    write_records(path, EXAMPLES[:1])
    with pytest.raises(ConfigError, match=f"the run states {sha256}"):
        read_records(path, sha256)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not really", b"\x80\x04N."])
def test_broken_records_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "records.npz"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_records(path)


def test_records_never_unpickle(tmp_path: Path) -> None:
    path = tmp_path / "records.npz"
    np.savez(path, format=np.array([object()]), ends=np.array([0]))
    with pytest.raises(ConfigError):
        read_records(path)


@pytest.mark.parametrize(
    ("ids", "mask", "weight", "reason"),
    [
        ((1, 2), (False,), 1.0, "1 mask entries"),
        ((1, 2), (False, False), 1.0, "no token to learn"),
        ((1, 2), (True, True), 1.0, "nothing before it"),
        ((1, -2), (False, True), 1.0, "negative"),
        ((1, 2), (False, True), float("nan"), "weight"),
        ((1, 2), (False, True), 0.0, "weight"),
    ],
)
def test_an_example_that_cannot_be_learnt_is_refused(
    ids: tuple[int, ...], mask: tuple[bool, ...], weight: float, reason: str
) -> None:
    with pytest.raises(ConfigError, match=reason):
        TrainingExample(ids, mask, weight)


def test_half_a_line_of_events_is_not_read(tmp_path: Path) -> None:
    assert read_events(tmp_path) == []
    (tmp_path / "events.jsonl").write_text('{"event": "step", "step": 1}\n{"event": "st')
    assert read_events(tmp_path) == [{"event": "step", "step": 1}]
