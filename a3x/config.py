"""Settings: every default once, TOML < environment < flags, an unknown key is an error. Opens nothing but the TOML file."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from a3x.errors import ConfigError

ENV_PREFIX = "A3X_"
INSTALLER_VARIABLES = ("A3X_BACKEND", "A3X_TORCH_INDEX", "A3X_TORCH_ROCM_INDEX")
"""Read by tools/install.py; no settings of the daemon, so not unknown keys either."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Server(_Section):
    host: str = "127.0.0.1"
    port: int = Field(default=8642, ge=0, le=65535)
    token: str = ""
    """Bearer token; required to listen on anything but loopback."""
    allowed_hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    max_body_bytes: int = Field(default=4 << 20, gt=0)
    max_adapter_bytes: int = Field(default=1 << 30, gt=0)
    queue_limit: int = Field(default=128, gt=0)


class EngineSection(_Section):
    model: str = ""
    """A GGUF file, an imported model's name or "seed"; empty is what ``a3x model use`` chose, else the embedded seed model."""
    context_tokens: int = Field(default=0, ge=0)
    """Context a request may use; 0 takes the model's own, capped at 4096."""
    threads: int = Field(default=0, ge=0)
    """At most one a physical core; 0: as many as prove fastest at the time (engine/pace.py)."""
    gpu_layers: int = Field(default=-1, ge=-1)
    """-1: as many as fit the card (engine/plan.py)."""
    resident_contexts: int = Field(default=0, ge=0, le=64)
    """Mixes that keep their memory at the same time; 0: planned, at most 4."""
    sequences: int = Field(default=0, ge=0, le=256)
    """Answers a context writes at the same time; 0: planned, at most 8."""
    resident_adapters: int = Field(default=0, ge=0)
    """Adapters kept loaded; 0: at most 32."""
    adapter_mib: int = Field(default=0, ge=0)
    """MiB of adapters kept loaded; 0: planned, at most 256. Those in use always are."""
    kv_type: Literal["auto", "f16", "f32", "q8_0"] = "auto"
    """auto: f16, and q8_0 where nothing else fits."""
    flash_attention: bool | None = None
    """Unset: with layers on the card, or with an 8-bit KV, which needs it; else for what is short only (docs/decisions/0022)."""
    lookup: Literal["auto", "on", "off"] = "auto"
    """Several tokens a step where an answer repeats what stands before: never if that was not seen to change no bit. auto does
    not compare where a step takes more than 50 ms; on does (docs/decisions/0030)."""
    idle_unload_s: float = Field(default=900.0, ge=0)
    """Seconds without a request after which the model leaves memory; 0: never. A quarter of an hour outlasts a pause
    in a conversation, and waking costs one load from a file that is mostly still in the page cache."""
    plain_kernels: bool = False
    """Never repack weights for the processor. A model that works no other way gets this by itself."""


class EmbedderSection(_Section):
    """What turns texts into vectors, for ``/v1/embeddings`` and for memory."""

    model: str = ""
    """Path of a GGUF embedder; empty is all-MiniLM-L6-v2, which the installer makes."""
    threads: int = Field(default=1, ge=1)
    max_tokens: int = Field(default=512, ge=8)
    """Tokens of one text, at most what the embedder was made for."""
    idle_s: float = Field(default=300.0, gt=0)
    """The embedder is freed when nobody asked for so long."""


class PrioritySection(_Section):
    """How much each signal says that an experience can teach something; docs/memory.md has the formula.

    Weights and probabilities in [0, 1]: a signal of weight 0 is not listened to.
    """

    uncertainty: float = Field(default=0.5, ge=0, le=1)
    error: float = Field(default=0.7, ge=0, le=1)
    implicit: float = Field(default=0.6, ge=0, le=1)
    explicit: float = Field(default=0.9, ge=0, le=1)
    novelty: float = Field(default=0.4, ge=0, le=1)
    accepted: float = Field(default=0.3, ge=0, le=1)
    """What an accepted answer takes away."""
    window: int = Field(default=2000, ge=1)
    """Experiences a theme that learning looks at; the others stay in memory."""
    reliable_from: float = Field(default=0.7, ge=0, le=1)
    """An answer that is right with at least this probability is labelled reliable."""
    erroneous_to: float = Field(default=0.3, ge=0, le=1)
    """With at most this probability: erroneous. In between: hesitant."""
    min_outcomes: int = Field(default=50, ge=10)
    """Answers known to be right or wrong before the labels are calibrated on them."""


class RecallSection(_Section):
    """What of memory is put before a question; docs/memory.md has the figures."""

    on: bool = True
    notes: int = Field(default=0, ge=0, le=20)
    """Facts a question gets at most; 0: one for a model below 50 M parameters, else five."""
    tokens: int = Field(default=256, ge=16)
    """Tokens they may have together."""
    born: bool = True
    """Whether a model from 50 M parameters on is also told what A³X knows about itself, where the question is about that."""
    min_score: float | None = Field(default=None, ge=0, le=1)
    """How likely a fact must be the one asked for; without it 0.5 for a single note, 0.1 for several to choose from."""


class MemorySection(_Section):
    record: bool = True
    priority: PrioritySection = PrioritySection()
    recall: RecallSection = RecallSection()
    embed: bool = True
    """Embed what is recorded, in the background, so that it is found by meaning and not by words alone."""


class LearnSection(_Section):
    """When the daemon learns by itself, and how large its lessons are. Times in seconds, shares in [0, 1]."""

    mode: Literal["off", "auto"] = "auto"
    min_corrections: int = Field(default=8, ge=1)
    idle_s: float = Field(default=120.0, ge=0)
    cooldown_s: float = Field(default=1800.0, ge=0)
    max_busy: float = Field(default=0.3, gt=0, le=1)
    tick_s: float = Field(default=30.0, gt=0)
    threads: int = Field(default=0, ge=0)
    """Training threads; 0: one a physical core."""
    min_free_mib: int = Field(default=200, ge=0)
    """Learning pauses while the disk of the home has less room than this; a large base's runs want more."""
    seed: int = Field(default=1, ge=0)


class Settings(_Section):
    home: Path = Field(default_factory=lambda: Path(platformdirs.user_data_path("a3x")))
    server: Server = Server()
    engine: EngineSection = EngineSection()
    embedder: EmbedderSection = EmbedderSection()
    memory: MemorySection = MemorySection()
    learn: LearnSection = LearnSection()


def load(
    file: Path | None = None, flags: dict[str, Any] | None = None, environ: dict[str, str] | None = None
) -> Settings:
    """Read settings; ``flags`` is nested like the TOML. Raises ConfigError naming the key and what is wrong with it."""
    environ = dict(os.environ) if environ is None else environ
    merged = _from_toml(file) if file else {}
    _merge(merged, _from_environment(environ))
    _merge(merged, flags or {})
    if "home" not in merged and environ.get("STATE_DIRECTORY"):
        merged["home"] = environ["STATE_DIRECTORY"]
    try:
        return Settings.model_validate(merged)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"setting {key}: {first['msg']}", param=key) from error


def _from_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text())
    except OSError as error:
        raise ConfigError(f"settings file {file} cannot be read: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"settings file {file} is not TOML: {error}") from error


def _from_environment(environ: dict[str, str]) -> dict[str, Any]:
    """``A3X_HOME`` and ``A3X_<SECTION>__<KEY>``; lists are comma-separated."""
    found: dict[str, Any] = {}
    for name, value in environ.items():
        if not name.startswith(ENV_PREFIX) or name in INSTALLER_VARIABLES:
            continue
        path = name[len(ENV_PREFIX) :].lower().split("__")
        target = found
        for part in path[:-1]:
            target = target.setdefault(part, {})
        target[path[-1]] = tuple(value.split(",")) if path[-1] == "allowed_hosts" else value
    return found


def _merge(into: dict[str, Any], other: dict[str, Any]) -> None:
    for key, value in other.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        elif value is not None:
            into[key] = value
