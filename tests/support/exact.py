"""What is right by definition: an F32 copy of a model, and plain greedy evaluation of it, one answer at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np

from a3x.engine.chat import ChatTemplate
from a3x.engine.cuts import stretches
from a3x.engine.llama import Context, LoadedAdapter, Model
from a3x.engine.pace import Pace
from a3x.types import Message, Mix

NEAR_TIE = 1e-4
"""Two best logits closer than this may change places when the order of sums does."""


def write_f32(source: Path, path: Path) -> Path:
    """The same model with every tensor as F32."""
    reader = gguf.GGUFReader(source)
    writer = gguf.GGUFWriter(path, str(reader.fields["general.architecture"].contents()))
    for name, found in reader.fields.items():
        if name.startswith("GGUF.") or name in ("general.architecture", "general.file_type"):
            continue
        inner = found.types[-1] if found.types[0] == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(name, found.contents(), found.types[0], sub_type=inner)
    for tensor in reader.tensors:
        writer.add_tensor(tensor.name, gguf.dequantize(tensor.data, tensor.tensor_type).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@dataclass(frozen=True)
class Greedy:
    """One answer: what each step printed, and how far its best logit was from the second."""

    printed: tuple[bytes, ...]
    gaps: tuple[float, ...]

    @property
    def text(self) -> str:
        return b"".join(self.printed).decode("utf-8", "replace")

    def parting(self, raw: str) -> int:
        """The step at which ``raw`` went another way; -1 if it did not."""
        if raw == self.text:
            return -1
        said, so_far = raw.encode(), b""
        for step, data in enumerate(self.printed):
            so_far += data
            if not said.startswith(so_far):
                return step
        return len(self.printed) - 1


class Evaluator:
    """A context of one sequence, F32 memory, no flash attention: what is right by definition."""

    def __init__(self, path: Path) -> None:
        self._model = Model(path)
        self._template = ChatTemplate(self._model)
        size = self._model.trained_context
        self._context = Context(self._model, size, Pace((1,)), kv_type="f32", flash_attention=False)
        self._adapters: dict[str, LoadedAdapter] = {}

    def answer(self, messages: Sequence[Message], mix: Mix, most: int) -> Greedy:
        context, model = self._context, self._model
        for adapter, _ in mix.parts:
            if adapter.sha256 not in self._adapters:
                self._adapters[adapter.sha256] = model.load_adapter(adapter.path)
        context.set_adapters([(self._adapters[adapter.sha256], scale) for adapter, scale in mix.parts])
        context.clear()
        prompt = self._template.prompt(messages)
        for start, end in stretches(len(prompt)):
            context.decode(prompt[start:end], start, end == len(prompt))
        printed: list[bytes] = []
        gaps: list[float] = []
        while True:
            logits = context.logits()
            second, first = np.partition(logits, -2)[-2:]
            token = int(logits.argmax())
            gaps.append(float(first - second))
            ended = model.ends_generation(token)
            printed.append(b"" if ended else model.token_bytes(token))
            if ended or len(gaps) == most:
                return Greedy(tuple(printed), tuple(gaps))
            context.decode([token], len(prompt) + len(gaps) - 1, True)

    def close(self) -> None:
        self._context.close()
        for adapter in self._adapters.values():
            adapter.close()
        self._model.close()
