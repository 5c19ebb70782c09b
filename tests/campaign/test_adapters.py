"""Ten thousand mutated adapters through the checker: each is refused with a reason or shown harmless in the real engine.

The budget is five minutes of work on two cores; nothing may crash but forks of the checker, and those count as refusals only
because they say so.
"""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import gguf
import numpy as np
import pytest

import a3x.gguf.lora
from a3x.child import Preloaded
from a3x.errors import ForeignFile
from a3x.gguf.check import Checker
from tests.support import taster, tiny
from tests.support.mutants import mutate_anywhere
from tests.support.slices import Campaign

SEED = 1
WANTED = 10_000
BUDGET_S = 300.0
BATCH = 250


class Bench:
    """One base, one good adapter, the checker and the taster."""

    def __init__(self, folder: Path, checker: Checker, tasting: Preloaded) -> None:
        self.folder, self.checker, self.tasting = folder, checker, tasting
        self.base = tiny.write_model(folder / "base.gguf")
        self.good = tiny.write_adapter(folder / "good.gguf", self.base, seed=1)
        self.header = int(gguf.GGUFReader(self.good).data_offset)

    def mutant(self, number: int) -> Path:
        path = self.folder / "mutant.gguf"
        path.write_bytes(mutate_anywhere(self.good.read_bytes(), self.header, random.Random(f"{SEED}/{number}")))
        return path

    def judge(self, path: Path) -> tuple[str, str]:
        """(outcome, what was said)."""
        try:
            self.checker.adapter(path, self.base)
        except ForeignFile as error:
            return ("broke its checker" if "broke its checker" in error.message else "refused", error.message)
        ended = self.tasting.ask([str(self.base), str(path)])
        match ended.code:
            case 0:
                return "harmless", ended.said
            case taster.REFUSED:
                return "refused by the engine", ended.said
            case taster.HARMED:
                return "HARMED", ended.said
        return "CRASHED", ended.reason


@pytest.mark.campaign
@pytest.mark.timeout(4 * 3600)
def test_each_mutant_is_refused_or_harmless(tmp_path: Path) -> None:
    campaign = Campaign.resume("adapters", SEED, WANTED)
    with Checker() as checker, Preloaded("tests.support.taster", limit_s=60) as tasting:
        bench = Bench(tmp_path, checker, tasting)
        for batch in campaign.batches(BATCH):
            for number in batch:
                path = bench.mutant(number)
                outcome, said = bench.judge(path)
                campaign.counts[outcome] += 1
                if outcome in ("HARMED", "CRASHED", "broke its checker") or not (said or outcome == "harmless"):
                    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
                    campaign.troubles.append(f"{number} {sha256} {outcome}: {said}")
    campaign.finish(
        lambda done: {
            "nothing crashed and nothing harmed": not done.counts["HARMED"] and not done.counts["CRASHED"],
            "every refusal has a reason": not any(" refused" in trouble for trouble in done.troubles),
            f"at most {BUDGET_S:.0f} s": done.seconds <= BUDGET_S,
            "mutants were refused": done.counts["refused"] > WANTED // 4,
        }
    )


@pytest.mark.integration
def test_what_kills_llama_cpp_is_seen_to_kill_it(tmp_path: Path) -> None:
    """Negative control: an adapter the checker refuses for killing llama.cpp, handed to the taster all the same."""
    with Checker() as checker, Preloaded("tests.support.taster", limit_s=60) as tasting:
        bench = Bench(tmp_path, checker, tasting)
        rows, columns = next(
            tensor.data.shape for tensor in gguf.GGUFReader(bench.base).tensors if tensor.name == "token_embd.weight"
        )
        pair = (np.full((rows, 4), 0.01, np.float32), np.full((columns, 4), 0.01, np.float32))
        killer = tmp_path / "killer.gguf"
        a3x.gguf.lora.write(killer, "llama", 8.0, {"token_embd.weight": pair})
        assert bench.judge(killer)[0] == "refused"
        assert tasting.ask([str(bench.base), str(killer)]).code < 0
        assert bench.judge(bench.good)[0] == "harmless", "the next one is tasted by a new taster"
