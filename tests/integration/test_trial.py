"""A quantised foreign model is served whatever llama.cpp's repacking does on this processor, and a broken one is refused."""

from __future__ import annotations

import asyncio
import ctypes
from pathlib import Path

import llama_cpp.llama_cpp as lib
import pytest

from a3x.clock import SystemClock
from a3x.config import EngineSection
from a3x.engine.scheduler import LlamaEngine
from a3x.engine.trial import needs_plain_kernels
from a3x.errors import ForeignFile
from a3x.types import Completion, Generation, Message, Sampling
from tests.support import tiny

pytestmark = pytest.mark.integration
Q8_0 = 7


def quantised(folder: Path) -> Path:
    source, made = tiny.write_model(folder / "f32.gguf", width=256), folder / "q8.gguf"
    params = lib.llama_model_quantize_default_params()
    params.ftype = Q8_0
    params.nthread = 1
    assert lib.llama_model_quantize(str(source).encode(), str(made).encode(), ctypes.pointer(params)) == 0
    return made


def test_a_quantised_model_answers(tmp_path: Path) -> None:
    model = quantised(tmp_path)
    settings = EngineSection(plain_kernels=needs_plain_kernels(model, -1))

    async def ask() -> Completion:
        engine = LlamaEngine(model, settings, 1, SystemClock(), 4)
        await engine.start()
        try:
            request = Generation((Message("user", "hello " * 40),), sampling=Sampling(max_tokens=4))
            answers = [item async for item in engine.generate(request) if isinstance(item, Completion)]
        finally:
            await engine.close()
        return answers[-1]

    answer = asyncio.run(ask())
    assert answer.completion_tokens > 0


def test_a_model_that_cannot_be_loaded_is_refused_with_the_reason(tmp_path: Path) -> None:
    model = quantised(tmp_path)
    model.write_bytes(model.read_bytes()[:-4000])
    with pytest.raises(ForeignFile, match="cannot be served"):
        needs_plain_kernels(model, -1)
