"""Checks GGUF files we did not make, in a child process: hostile files crash the child, never the daemon.

``check_model`` and ``check_adapter`` are what callers use, ``Checker`` who has many files; ``python -m a3x.gguf.check`` is
the child. The checks are structural (header, bounds, shapes, finite numbers); whether an adapter is any good is the
gate's business.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from a3x.child import Ended, Preloaded, in_fork, serve
from a3x.errors import ForeignFile

TIME_LIMIT_S = 120
MEMORY_MARGIN_BYTES = 4 << 30
REFUSED = 3
"""Exit code of a child that found a reason; any other failure is the file breaking the checker."""
MAX_RANK = 512
VECTOR_POOLINGS = (1, 2, 3)
"""Mean, first token, last token (llama.h, llama_pooling_type)."""
MAX_ADAPTER_TENSORS = 16_384


@dataclass(frozen=True)
class ModelFacts:
    """What the header of a base model says.

    ``quantisation`` as people write it ("Q4_K_M"), "" if the file does not say. ``kv_per_token`` counts the numbers that one
    token of context keeps, keys and values of all layers.
    """

    architecture: str
    name: str
    context_tokens: int
    tensors: int
    parameters: int
    quantisation: str
    template: bool
    vocabulary: int
    kv_per_token: int


@dataclass(frozen=True)
class AdapterFacts:
    """What the header of an adapter says; ``alpha`` ÷ rank is its scaling."""

    architecture: str
    alpha: float
    ranks: tuple[int, ...]
    tensors: int


def check_model(path: Path) -> ModelFacts:
    """Raise ForeignFile, saying which check failed, unless ``path`` is a chat model that can be handed to llama.cpp."""
    with Checker() as checker:
        return checker.model(path)


def check_embedder(path: Path) -> ModelFacts:
    """Raise ForeignFile, saying which check failed, unless ``path`` is an embedder that can be handed to llama.cpp."""
    with Checker() as checker:
        return checker.embedder(path)


def check_adapter(path: Path, base: Path) -> AdapterFacts:
    """Raise ForeignFile unless ``path`` is a LoRA of exactly the tensors of ``base``, with finite numbers."""
    with Checker() as checker:
        return checker.adapter(path, base)


class Checker:
    """The child that parses: preloaded, each file in a fork of its own, so that many files cost milliseconds each.

    A context manager for one caller at a time. ``check_model`` and ``check_adapter`` are one file's worth of it.
    """

    def __init__(self) -> None:
        self._child = Preloaded("a3x.gguf.check", TIME_LIMIT_S)

    def model(self, path: Path) -> ModelFacts:
        """As ``check_model``."""
        return ModelFacts(**self._ask("model", path))

    def embedder(self, path: Path) -> ModelFacts:
        """As ``check_embedder``."""
        return ModelFacts(**self._ask("embedder", path))

    def adapter(self, path: Path, base: Path) -> AdapterFacts:
        """As ``check_adapter``; ``base`` is read once for as long as its file does not change."""
        facts = self._ask("adapter", path, base)
        return AdapterFacts(**{**facts, "ranks": tuple(facts["ranks"])})

    def _ask(self, kind: str, path: Path, *others: Path) -> dict[str, Any]:
        try:
            ended = self._child.ask([kind, str(path), *map(str, others)])
        except TimeoutError as error:
            raise ForeignFile(f"{path}: checking took {error}") from error
        if ended.code == 0:
            return json.loads(ended.said)
        if ended.code == REFUSED:
            raise ForeignFile(ended.said)
        raise ForeignFile(f"{path}: the file broke its checker ({ended.reason})")

    def close(self) -> None:
        self._child.close()

    def __enter__(self) -> Checker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


# --- the child -------------------------------------------------------------------------------------------------------


class _Refused(Exception): ...


def _open(path: Path) -> Any:
    import gguf

    size = path.stat().st_size
    if size < 32:
        raise _Refused(f"{path.name} is {size} bytes: not a GGUF")
    try:
        reader = gguf.GGUFReader(path, "r")
    except Exception as error:  # the reader raises whatever a broken header makes it stumble over
        raise _Refused(f"{path.name} is not a whole GGUF: {type(error).__name__}: {error}") from error
    _check_layout(path.name, reader)
    return reader


def _check_layout(name: str, reader: Any) -> None:
    """llama.cpp reads the tensors as one block, each where the one before it ends (ggml, gguf.cpp)."""
    expected = reader.data_offset
    for tensor in reader.tensors:
        if tensor.data_offset != expected:
            raise _Refused(f"{name}: tensor {tensor.name!r} is at byte {tensor.data_offset}, not at {expected}")
        expected += -(-int(tensor.n_bytes) // reader.alignment) * reader.alignment


def _text(reader: Any, key: str) -> str:
    field = reader.get_field(key)
    try:
        value = field.contents() if field else ""
    except UnicodeDecodeError as error:
        raise _Refused(f"{key} in the header is not UTF-8") from error
    return value if isinstance(value, str) else ""


def _number(reader: Any, key: str) -> float:
    field = reader.get_field(key)
    value = field.contents() if field else 0
    return float(value) if isinstance(value, int | float) else 0.0


def _inspect_model(path: Path) -> dict[str, Any]:
    reader = _open(path)
    architecture = _text(reader, "general.architecture")
    if "bert" in architecture or architecture == "clip":
        raise _Refused(f"{path.name} has architecture {architecture!r}, which cannot chat")
    return _model_facts(path, reader)


def _inspect_embedder(path: Path) -> dict[str, Any]:
    reader = _open(path)
    architecture = _text(reader, "general.architecture")
    facts = _model_facts(path, reader)
    pooling = int(_number(reader, f"{architecture}.pooling_type"))
    if pooling not in VECTOR_POOLINGS:
        raise _Refused(f"{path.name} pools its tokens in way {pooling}, not into one vector a text: not an embedder")
    return facts


def _model_facts(path: Path, reader: Any) -> dict[str, Any]:
    """What holds for every model that llama.cpp loads."""
    import gguf

    architecture = _text(reader, "general.architecture")
    if _text(reader, "general.type") == "adapter":
        raise _Refused(f"{path.name} is an adapter, not a model")
    if architecture not in gguf.MODEL_ARCH_NAMES.values():
        raise _Refused(f"{path.name} has architecture {architecture!r}, which this llama.cpp does not know")
    context = int(_number(reader, f"{architecture}.context_length"))
    if context <= 0:
        raise _Refused(f"{path.name} does not say its context length")
    vocabulary = reader.get_field("tokenizer.ggml.tokens")
    if not vocabulary:
        raise _Refused(f"{path.name} has no vocabulary")
    if len({vocabulary.parts[at].tobytes() for at in vocabulary.data}) < len(vocabulary.data):
        raise _Refused(f"{path.name} has a token twice in its vocabulary, which makes llama.cpp abort")
    names = {tensor.name for tensor in reader.tensors}
    if "token_embd.weight" not in names:
        raise _Refused(f"{path.name} has no token embeddings")
    return {
        "architecture": architecture,
        "name": _text(reader, "general.name"),
        "context_tokens": context,
        "tensors": len(names),
        "parameters": sum(int(tensor.n_elements) for tensor in reader.tensors),
        "quantisation": _quantisation(reader),
        "template": bool(_text(reader, "tokenizer.chat_template")),
        "vocabulary": len(vocabulary.data),
        "kv_per_token": _kv_per_token(reader, architecture),
    }


def _quantisation(reader: Any) -> str:
    import gguf

    field = reader.get_field("general.file_type")
    try:
        name = gguf.LlamaFileType(int(field.contents())).name if field else ""
    except (TypeError, ValueError):
        return ""
    return name.removeprefix("MOSTLY_").removeprefix("ALL_")


def _kv_per_token(reader: Any, architecture: str) -> int:
    """From the heads that each layer caches; models with a smaller cache than plain attention need less than this."""
    heads = _number(reader, f"{architecture}.attention.head_count")
    width = _number(reader, f"{architecture}.embedding_length") / heads if heads else 0.0
    key = _number(reader, f"{architecture}.attention.key_length") or width
    value = _number(reader, f"{architecture}.attention.value_length") or width
    field = reader.get_field(f"{architecture}.attention.head_count_kv")
    cached = field.contents() if field else heads
    layers = _number(reader, f"{architecture}.block_count")
    cached_heads = sum(cached) if isinstance(cached, list) else layers * cached
    return int(cached_heads * (key + value))


def _inspect_adapter(path: Path, base: _Base) -> dict[str, Any]:
    reader = _open(path)
    architecture = _text(reader, "general.architecture")
    if _text(reader, "general.type") != "adapter" or _text(reader, "adapter.type") != "lora":
        raise _Refused(f"{path.name} is not a LoRA adapter (general.type, adapter.type)")
    if architecture != base.architecture:
        raise _Refused(f"{path.name} is for architecture {architecture!r}; the base is {base.architecture!r}")
    if any(key.startswith("adapter.alora") for key in reader.fields):
        raise _Refused(f"{path.name} is an activated LoRA, which is not supported")
    alpha = _number(reader, "adapter.lora.alpha")
    if not 0.0 < alpha < 1e6:
        raise _Refused(f"{path.name} has alpha {alpha}")
    if not 0 < len(reader.tensors) <= MAX_ADAPTER_TENSORS:
        raise _Refused(f"{path.name} holds {len(reader.tensors)} tensors")
    ranks = _check_pairs(path.name, {tensor.name: tensor for tensor in reader.tensors}, base.shapes)
    return {"architecture": architecture, "alpha": alpha, "ranks": sorted(ranks), "tensors": len(reader.tensors)}


def _check_pairs(name: str, tensors: dict[str, Any], shapes: dict[str, tuple[int, ...]]) -> set[int]:
    """Every tensor is half of a pair that fits its base tensor. GGUF shapes: base (in, out), A (in, r), B (r, out)."""
    ranks: set[int] = set()
    for tensor_name, tensor in tensors.items():
        target, _, half = tensor_name.rpartition(".lora_")
        if half not in ("a", "b") or f"{target}.lora_{'b' if half == 'a' else 'a'}" not in tensors:
            raise _Refused(f"{name}: tensor {tensor_name!r} is not half of a LoRA pair")
        if target not in shapes:
            raise _Refused(f"{name}: the base has no tensor {target!r}; this adapter belongs to another base")
        if target.startswith("token_embd"):
            raise _Refused(f"{name}: a LoRA on token embeddings makes llama.cpp abort; refused")
        _check_finite(name, tensor)
        if half == "a":
            ranks.add(_pair_rank(name, target, tensor, tensors[f"{target}.lora_b"], shapes[target]))
    return ranks


def _pair_rank(name: str, target: str, a: Any, b: Any, base: tuple[int, ...]) -> int:
    a_shape, b_shape = (tuple(int(size) for size in tensor.shape) for tensor in (a, b))
    if len(a_shape) != 2 or len(b_shape) != 2 or len(base) != 2:
        raise _Refused(f"{name}: {target} is not a matrix pair ({a_shape}, {b_shape} on {base})")
    rank = a_shape[1]
    if a_shape != (base[0], rank) or b_shape != (rank, base[1]):
        raise _Refused(f"{name}: {target} is {base} in the base, the pair is {a_shape} and {b_shape}: another base")
    if not 1 <= rank <= MAX_RANK:
        raise _Refused(f"{name}: rank {rank} of {target} is outside 1–{MAX_RANK}")
    return rank


def _check_finite(name: str, tensor: Any) -> None:
    import gguf
    import numpy as np

    allowed = (gguf.GGMLQuantizationType.F32, gguf.GGMLQuantizationType.F16, gguf.GGMLQuantizationType.BF16)
    if tensor.tensor_type not in allowed:
        raise _Refused(f"{name}: {tensor.name} is {tensor.tensor_type.name}; adapters are F32, F16 or BF16")
    values = gguf.dequantize(tensor.data, tensor.tensor_type)
    if not np.isfinite(values).all():
        raise _Refused(f"{name}: {tensor.name} holds NaN or infinite numbers")


@dataclass(frozen=True)
class _Base:
    """What of a base model an adapter is checked against. Shapes as GGUF has them: (in, out)."""

    architecture: str
    shapes: dict[str, tuple[int, ...]]


def _inspect_base(path: Path) -> dict[str, Any]:
    reader = _open(path)
    shapes = {tensor.name: [int(size) for size in tensor.shape] for tensor in reader.tensors}
    return {"architecture": _text(reader, "general.architecture"), "shapes": shapes}


def _answer(path: Path, inspect: Callable[[], dict[str, Any]]) -> tuple[int, str]:
    """In a fork: the facts as JSON and 0, or the reason and REFUSED."""
    try:
        limit = path.stat().st_size * 2 + MEMORY_MARGIN_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        return 0, json.dumps(inspect())
    except _Refused as refusal:
        return REFUSED, str(refusal)
    except OSError as error:
        return REFUSED, f"{path} cannot be read: {error.strerror}"


WHOLE: dict[str, Callable[[Path], dict[str, Any]]] = {"model": _inspect_model, "embedder": _inspect_embedder}
"""Kinds of file that stand alone; an adapter is checked against its base."""


class _Desk:
    """The child: takes questions, parses nothing itself, remembers what its forks found out about the last base."""

    def __init__(self) -> None:
        self._base: tuple[tuple[str, int, int], _Base] | None = None

    def ask(self, question: list[str]) -> Ended:
        kind, path, *others = question
        if kind in WHOLE:
            return in_fork(lambda: _answer(Path(path), lambda: WHOLE[kind](Path(path))))
        base = self._known(Path(others[0]))
        if isinstance(base, Ended):
            return base
        return in_fork(lambda: _answer(Path(path), lambda: _inspect_adapter(Path(path), base)))

    def _known(self, path: Path) -> _Base | Ended:
        """The base as it is on disk now, or how reading it ended."""
        try:
            stat = path.stat()
        except OSError as error:
            return Ended(REFUSED, f"{path} cannot be read: {error.strerror}")
        state = (str(path), stat.st_size, stat.st_mtime_ns)
        if self._base is None or self._base[0] != state:
            ended = in_fork(lambda: _answer(path, lambda: _inspect_base(path)))
            if ended.code != 0:
                return ended
            found = json.loads(ended.said)
            shapes = {name: tuple(shape) for name, shape in found["shapes"].items()}
            self._base = state, _Base(found["architecture"], shapes)
        return self._base[1]


def main() -> int:
    """Load what parses, then answer questions, each in a fork."""
    import gguf  # noqa: F401
    import numpy  # noqa: F401

    serve(_Desk().ask)
    return 0


if __name__ == "__main__":
    sys.exit(main())
