"""Logits of a base and of an adapter on it, as llama.cpp computes them, in a child process. Knows no tokenizer.

``probe`` is what callers use; ``python -m a3x.engine.probe`` is the child. It computes on the CPU with a float32 cache
and without flash attention, which alone moves logits more than a conversion may; and without the kernels for AMX, in
which llama.cpp 0c1e570 was seen to crash on quantised weights.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from a3x import child
from a3x.engine.pace import Pace
from a3x.errors import EngineFailure

TIME_LIMIT_S = 300

Logits = tuple[NDArray[np.float32], NDArray[np.float32]]


def probe(model: Path, adapter: Path, prompts: Sequence[Sequence[int]], threads: int) -> Logits:
    """Logits after each prompt (token ids), float32[n, vocab]: of the base alone, and with the adapter at scale 1.

    Raises EngineFailure if the child cannot say: a file llama.cpp refuses, a prompt that does not fit, a crash.
    """
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "logits.npz"
        question = {
            "model": str(model),
            "adapter": str(adapter),
            "prompts": [list(map(int, prompt)) for prompt in prompts],
            "threads": threads,
            "answer": str(answer),
        }
        try:
            ended = child.run("a3x.engine.probe", limit_s=TIME_LIMIT_S, question=json.dumps(question))
        except TimeoutError as error:
            raise EngineFailure(f"probing {adapter.name} took {error}") from error
        if ended.code != 0:
            raise EngineFailure(f"probing {adapter.name} failed: {ended.reason}")
        with np.load(answer) as arrays:
            return arrays["base"], arrays["adapter"]


# --- the child -------------------------------------------------------------------------------------------------------


def main() -> int:
    from a3x.engine import llama

    question = json.load(sys.stdin)
    prompts = question["prompts"]
    llama.start_backend()
    model = llama.Model(Path(question["model"]), gpu_layers=0, plain_kernels=True, briefly=True)
    adapter = model.load_adapter(Path(question["adapter"]))
    pace = Pace((question["threads"],))
    context = llama.Context(model, max(map(len, prompts)), pace, kv_type="f32", flash_attention=False)
    base = np.stack([_after(context, prompt) for prompt in prompts])
    context.set_adapters([(adapter, 1.0)])
    adapted = np.stack([_after(context, prompt) for prompt in prompts])
    np.savez(question["answer"], base=base, adapter=adapted)
    context.close()
    adapter.close()
    model.close()
    return 0


def _after(context: object, prompt: list[int]) -> NDArray[np.float32]:
    from a3x.engine import llama

    assert isinstance(context, llama.Context)
    context.clear()
    for start in range(0, len(prompt), llama.CHUNK_TOKENS):
        end = start + llama.CHUNK_TOKENS
        context.decode(prompt[start:end], start, want_logits=end >= len(prompt))
    return context.logits().copy()


if __name__ == "__main__":
    sys.exit(main())
