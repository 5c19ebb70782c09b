"""The nouns every module shares, and the Clock and Disk protocols. Knows no library, does no I/O.

Who sets what: ``agent`` builds a Mix from a model name, ``engine`` fills Completion, ``memory`` turns both into an
Experience, ``stores`` gives it its sequence number.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Protocol

THEMES = ("python", "cli", "summary", "reasoning", "general")
"""A domain with its own adapter line; each has a TOML in loras/."""

Role = Literal["system", "user", "assistant", "tool"]
Origin = Literal["user", "verified", "owner_dataset", "generated", "tool", "file", "web"]
Status = Literal["pending", "completed", "failed"]
FinishReason = Literal["stop", "length", "cancelled"]
Priority = Literal["user", "agent", "judging"]
"""Whose request it is: a person's, the agent's own (critique, consistency), or the gate's. Most urgent first."""


# --- time and disk ---------------------------------------------------------------------------------------------------


class Clock(Protocol):
    """Where time comes from; tests inject a hand-moved one."""

    def now(self) -> float:
        """Seconds since the Unix epoch."""
        ...

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""
        ...


class Disk(Protocol):
    """What the stores need of a disk besides SQLite; tests inject slow, full and power-cut ones."""

    vfs: str
    """Name of the registered apsw VFS that databases are opened through; "" is SQLite's default."""

    def free_bytes(self, path: Path) -> int:
        """Bytes an unprivileged writer can still use on the filesystem holding ``path``."""
        ...

    def write_atomic(self, path: Path, data: bytes) -> None:
        """Replace ``path`` by ``data`` durably: temporary file, fsync, rename, fsync of the folder. StorageFull if it cannot."""
        ...

    def copy(self, source: Path, target: Path, seen: Callable[[int], None]) -> str:
        """Copy a file of any size durably to a new path; its sha256. ``seen`` hears of each block's bytes. StorageFull."""
        ...


# --- adapters --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, order=True)
class Adapter:
    """One immutable adapter version, ``theme@version``, identified by the sha256 of its GGUF."""

    theme: str
    version: int
    sha256: str
    base_sha256: str
    path: Path = field(compare=False)
    created: float = field(compare=False, default=0.0)

    @property
    def name(self) -> str:
        return f"{self.theme}@{self.version}"


@dataclass(frozen=True)
class Mix:
    """The adapters and scales an answer is made with, sorted by name; the empty mix is the base model."""

    parts: tuple[tuple[Adapter, float], ...] = ()

    @cached_property
    def key(self) -> str:
        """Content identity: equal keys give equal answers. Never the names: a reloaded name may hold other weights."""
        text = "+".join(
            f"{adapter.sha256}:{scale!r}" for adapter, scale in sorted(self.parts, key=lambda p: p[0].sha256)
        )
        return hashlib.sha256(text.encode()).hexdigest()[:16] if text else "base"

    @property
    def label(self) -> str:
        """For people: ``cli@7:1.0 + general@3:0.5`` or ``base``."""
        return " + ".join(f"{adapter.name}:{scale}" for adapter, scale in self.parts) or "base"

    def describe(self) -> list[dict[str, Any]]:
        """The ``a3x.mix`` field of every response."""
        return [
            {"theme": adapter.theme, "version": adapter.version, "sha256": adapter.sha256, "scale": scale}
            for adapter, scale in self.parts
        ]


BASE_MIX = Mix()


# --- asking the engine -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Message:
    """One chat turn as the engine's chat template sees it."""

    role: Role
    content: str


@dataclass(frozen=True)
class Grammar:
    """What tokens may be drawn, as GBNF with the rule ``root``; made by ``engine.structure``.

    ``always``: the whole answer matches it. ``in_calls``: text is free until ``<tool_call>``, and what follows that mark
    matches it up to and with the closing mark; then text is free again.
    """

    gbnf: str
    when: Literal["always", "in_calls"] = "always"


@dataclass(frozen=True)
class Sampling:
    """How to draw tokens. ``temperature`` 0 is greedy; ``max_tokens`` None means up to the end of the context.

    Penalties and DRY look at what has been generated, not at the prompt. ``repetition_penalty`` divides (1 is off),
    ``presence_penalty`` and ``frequency_penalty`` subtract, ``logit_bias`` adds to a token's logit. DRY is off at
    ``dry_multiplier`` 0 (https://github.com/oobabooga/text-generation-webui/pull/5677).
    """

    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    seed: int | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    repetition_penalty: float = 1.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    dry_multiplier: float = 0.0
    dry_base: float = 1.75
    dry_allowed_length: int = 2
    dry_breakers: tuple[str, ...] = ("\n", ":", '"', "*")
    logit_bias: tuple[tuple[int, float], ...] = ()
    grammar: Grammar | None = None


@dataclass(frozen=True)
class ToolSpec:
    """A function the model may call. ``parameters`` is the JSON schema of its arguments, an object."""

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


RawPrompt = str | tuple[int, ...]
"""A prompt without a chat template: text, in which control tokens count as such, or token ids."""


@dataclass(frozen=True)
class Generation:
    """One request to the engine: messages in, one assistant message out; or ``raw`` in and its continuation out.

    ``tools`` are shown to the model. ``top_logprobs`` asks for the tokens' log-probabilities, with that many rivals each.
    ``deadline_s`` counts from the asking: a request still waiting then is refused as overloaded, an answer ends as "length".
    """

    messages: tuple[Message, ...]
    mix: Mix = BASE_MIX
    sampling: Sampling = Sampling()
    tools: tuple[ToolSpec, ...] = ()
    raw: RawPrompt | None = None
    top_logprobs: int | None = None
    priority: Priority = "user"
    deadline_s: float | None = None


@dataclass(frozen=True)
class TokenLogprob:
    """A token, the bytes it writes and its natural-log probability before any filter; None where nothing came before it.

    ``top`` holds the likeliest tokens of the same place, best first, without rivals of their own.
    """

    token: int
    data: bytes
    logprob: float | None
    top: tuple[TokenLogprob, ...] = ()


@dataclass(frozen=True)
class Piece:
    """Text as it becomes final (never half a character, never part of a stop string).

    ``tokens`` are those that became final with it, if log-probabilities were asked for; marks and reasoning have tokens too.
    """

    text: str
    reasoning: bool = False
    tokens: tuple[TokenLogprob, ...] = ()


@dataclass(frozen=True)
class TokenStats:
    """Per generated token: natural-log probability of the drawn token and entropy (nats) of the model's distribution."""

    logprobs: tuple[float, ...]
    entropies: tuple[float, ...]

    @property
    def mean_logprob(self) -> float:
        return sum(self.logprobs) / len(self.logprobs) if self.logprobs else 0.0

    @property
    def worst_logprob(self) -> float:
        return min(self.logprobs, default=0.0)

    @property
    def mean_entropy(self) -> float:
        return sum(self.entropies) / len(self.entropies) if self.entropies else 0.0


@dataclass(frozen=True)
class Completion:
    """A finished answer. ``text`` equals the concatenated pieces; ``reasoning`` is what the model declared as thinking.

    ``tool_calls`` holds the JSON texts the model put between tool-call marks; ``raw`` is all it wrote, marks included.
    ``tokens`` are those that wrote ``raw``, if log-probabilities were asked for.
    """

    text: str
    finish_reason: FinishReason
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    stats: TokenStats
    mix: Mix
    model_sha256: str
    raw: str
    reasoning: str = ""
    tool_calls: tuple[str, ...] = ()
    prefill_s: float = 0.0
    decode_s: float = 0.0
    tokens: tuple[TokenLogprob, ...] = ()


@dataclass(frozen=True)
class ModelInfo:
    """The loaded base model. Sizes in bytes and tokens."""

    path: Path
    sha256: str
    name: str
    architecture: str
    parameters: int
    size_bytes: int
    context_tokens: int


@dataclass(frozen=True)
class Encoded:
    """A conversation as served: prompt tokens, then from ``answer_start`` on the last answer and its end token."""

    ids: tuple[int, ...]
    answer_start: int


class Engine(Protocol):
    """What the rest of the house knows of llama.cpp. ``engine.llama`` is the real one, ``engine.scripted`` the fake."""

    @property
    def info(self) -> ModelInfo: ...

    def generate(self, request: Generation) -> AsyncGenerator[Piece | Completion, None]:
        """Stream pieces, then exactly one Completion. Closing the iterator cancels. BadRequest before the first piece."""
        ...

    async def score(self, prompt: RawPrompt, mix: Mix, top: int) -> tuple[TokenLogprob, ...]:
        """Every token of a prompt with its log-probability and ``top`` rivals; the first has none. BadRequest, PromptTooLong."""
        ...

    async def tokenize(self, text: str, begin: bool) -> list[int]:
        """Token ids of a text, control tokens' texts as control tokens; ``begin`` adds the start token if the model has one."""
        ...

    async def detokenize(self, tokens: Sequence[int]) -> str:
        """What the tokens write; control tokens write nothing. BadRequest for an id that does not exist."""
        ...

    async def encode(self, conversations: Sequence[tuple[Message, ...]]) -> list[Encoded]:
        """Each conversation, which ends with an assistant message, as the tokens it is served with."""
        ...

    def vocabulary(self) -> Mapping[str, Any]:
        """``size``, ``bos_token``, ``eos_token``, ``add_bos_token``, ``chat_template``: for clients that render prompts."""
        ...

    async def drop_adapter(self, sha256: str) -> None:
        """Unload one adapter and every context made with it."""
        ...

    def status(self) -> Mapping[str, Any]:
        """Counters and residents, for /a3x/status."""
        ...


# --- remembering -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Experience:
    """One stored interaction, a span (SPEC B1). ``when`` is epoch seconds; ``seq`` is given by the store (0 until then).

    ``who`` did ``did`` to ``this`` (the user's text); ``if_ok`` is the answer, ``if_not`` the error of a failed one.
    ``exit_code`` and ``stderr`` are of the last program that ran. ``priority`` with its ``components``, ``label`` and
    ``cluster`` are set after storing (None: nobody has looked yet) and never change where the text comes from.
    """

    id: str
    who: str
    did: str
    this: str
    when: float
    status: Status
    if_ok: str
    if_not: str = ""
    session: str = ""
    parent: str | None = None
    seq: int = 0
    theme: str = "general"
    lang: str = ""
    origin: Origin = "generated"
    messages: tuple[Mapping[str, Any], ...] = ()
    made_by: Literal["engine", "trajectory"] = "engine"
    mix: tuple[Mapping[str, Any], ...] = ()
    model_sha256: str = ""
    uncertainty: Mapping[str, float] = field(default_factory=dict)
    tools: tuple[Mapping[str, Any], ...] = ()
    context: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    schema: int = 1
    exit_code: int | None = None
    stderr: str = ""


@dataclass(frozen=True)
class Feedback:
    """The user's word on one experience. ``rating`` -1, 0 or 1; ``correction`` is the answer it should have been."""

    experience_id: str
    rating: Literal[-1, 0, 1]
    correction: str | None
    when: float
