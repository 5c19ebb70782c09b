"""PEFT → GGUF LoRA, held against the trainer's logits through llama.cpp; a converter that forgets a step must fail."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from a3x.errors import ConfigError, ForeignFile
from a3x.gguf import lora, names
from a3x.gguf.safetensors_file import read_safetensors
from a3x.learn import convert
from a3x.runs import ADAPTER_FOLDER, PROBE_FILE
from a3x.train.__main__ import DONE, main
from tests.support import tiny, training

pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning"),
]


@dataclass(frozen=True)
class Trained:
    run: Path
    base: Path

    @property
    def adapter(self) -> Path:
        return self.run / ADAPTER_FOLDER


@pytest.fixture(scope="module", params=["full", "nf4"])
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp(request.param)
    base = tiny.write_model(folder / "base.gguf", key_heads=1)
    training.write(folder / "run", base, kind=request.param)
    assert main([str(folder / "run")]) == DONE
    return Trained(folder / "run", base)


def test_the_converted_adapter_says_what_was_trained(trained: Trained, tmp_path: Path) -> None:
    found = convert.convert(trained.run, tmp_path / "adapter.gguf", "cli@1")
    assert found.agrees
    assert found.telling
    assert found.difference <= convert.FLOOR_NATS  # an F32 base needs no more
    assert (tmp_path / "adapter.gguf").exists()


def _forgetful(trained: Trained, out: Path, permute: bool = True, alpha: bool = True, skip: str = "-") -> Path:
    """A converter of its own, which can forget a step."""
    halves = read_safetensors(trained.adapter / "adapter_model.safetensors")
    pairs = {}
    for name, b in halves.items():
        module, mark, _ = name.removeprefix("base_model.model.").partition(".lora_B.weight")
        tensor = names.to_gguf(module)
        if not mark or skip in module:
            continue
        assert tensor
        heads = names.rotated_heads(tensor, tiny.HEADS, 1)
        rows = names.to_pairs(b, heads) if heads and permute else b
        pairs[f"{tensor}.weight"] = (halves[name.replace("lora_B", "lora_A")], rows)
    lora.write(out, "llama", 16.0 if alpha else 8.0, pairs)
    return out


def _compare(trained: Trained, adapter: Path) -> convert.Comparison:
    return convert.compare(adapter, trained.base, trained.adapter / PROBE_FILE, training.PROBES)


def test_a_converter_that_forgets_nothing_passes(trained: Trained, tmp_path: Path) -> None:
    assert _compare(trained, _forgetful(trained, tmp_path / "a.gguf")).agrees


def test_a_converter_that_forgets_the_permutation_is_found_out(trained: Trained, tmp_path: Path) -> None:
    found = _compare(trained, _forgetful(trained, tmp_path / "a.gguf", permute=False))
    assert not found.agrees
    assert found.difference > 20 * found.tolerance


def test_a_converter_that_forgets_alpha_is_found_out(trained: Trained, tmp_path: Path) -> None:
    assert not _compare(trained, _forgetful(trained, tmp_path / "a.gguf", alpha=False)).agrees


def test_a_converter_that_forgets_one_layer_is_found_out(trained: Trained, tmp_path: Path) -> None:
    assert not _compare(trained, _forgetful(trained, tmp_path / "a.gguf", skip="layers.1.self_attn.k_proj")).agrees


def test_an_adapter_of_another_base_is_refused(trained: Trained, tmp_path: Path) -> None:
    other = tiny.write_model(tmp_path / "other.gguf", key_heads=2)
    lora.from_peft(trained.adapter, other, tmp_path / "a.gguf")
    with pytest.raises(ForeignFile, match="another base"):
        convert.check_adapter(tmp_path / "a.gguf", other)


def test_a_run_without_probes_cannot_be_converted(tmp_path: Path) -> None:
    base = tiny.write_model(tmp_path / "base.gguf")
    training.write(tmp_path / "run", base)
    with pytest.raises(ConfigError, match="has not finished"):
        convert.convert(tmp_path / "run", tmp_path / "a.gguf")


def test_a_refused_adapter_leaves_no_file(trained: Trained, tmp_path: Path) -> None:
    run = tmp_path / "run"
    (run / ADAPTER_FOLDER).mkdir(parents=True)
    (run / "run.toml").write_bytes((trained.run / "run.toml").read_bytes())
    for path in trained.adapter.iterdir():
        (run / ADAPTER_FOLDER / path.name).write_bytes(path.read_bytes())
    config = json.loads((run / ADAPTER_FOLDER / "adapter_config.json").read_text())
    (run / ADAPTER_FOLDER / "adapter_config.json").write_text(json.dumps(config | {"use_rslora": True}))
    with pytest.raises(ForeignFile, match="rank-stabilised"):
        convert.convert(run, tmp_path / "a.gguf")
    assert list(tmp_path.iterdir()) == [run]
