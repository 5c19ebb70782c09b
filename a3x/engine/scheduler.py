"""The engine: one thread that alone touches llama.cpp, fed by a bounded queue, answering through the asyncio loop.

What the thread does with requests is in ``batcher``. Knows no HTTP, no stores, no tools.
"""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from a3x.config import EngineSection
from a3x.disk import file_sha256
from a3x.engine.batcher import Batcher
from a3x.engine.chat import ChatTemplate
from a3x.engine.contexts import Residents
from a3x.engine.fit import plan_for
from a3x.engine.llama import Context, Model, last_log, start_backend
from a3x.engine.pace import Pace
from a3x.engine.plan import BRIEF_CONTEXT, BRIEF_PASS, Plan
from a3x.engine.sampling import Sampler
from a3x.engine.score import Scoring
from a3x.engine.speculate import Speculation, obstacle
from a3x.engine.streams import Inbox, Mailbox, Outbox, Stream
from a3x.engine.writer import text_of
from a3x.errors import A3XError, BadRequest, EngineFailure, NotReady, Overloaded
from a3x.gguf.sizes import read_sizes
from a3x.types import (
    Clock,
    Completion,
    Encoded,
    Generation,
    Message,
    Mix,
    ModelInfo,
    Piece,
    RawPrompt,
    TokenLogprob,
)

T = TypeVar("T")

MAX_MIX_ADAPTERS = 4
MAX_SCALE = 8.0
"""A larger factor turns any adapter's weights into noise."""


class LlamaEngine:
    """Serves one base model with any mix of adapters. ``start`` loads it; ``close`` frees it."""

    def __init__(
        self, model: Path, settings: EngineSection, physical_cores: int, clock: Clock, queue_limit: int
    ) -> None:
        self._path = model
        self._settings = settings
        self._cores = physical_cores
        self._clock = clock
        self._queue_limit = queue_limit
        self._inbox = Inbox()
        self._in_flight = 0
        self._thread = threading.Thread(target=self._live, name="engine", daemon=True)
        self._loaded: Future[ModelInfo] = Future()
        self._constant: dict[str, Any] = {}
        self._published: dict[str, Any] = {}
        self._drops: list[tuple[str, Future[None]]] = []

    # --- called from the asyncio thread ------------------------------------------------------------------------------

    async def start(self) -> ModelInfo:
        """Load the model; ForeignFile or EngineFailure if that cannot be done."""
        self._thread.start()
        return await asyncio.wrap_future(self._loaded)

    async def close(self) -> None:
        """Finish what runs, refuse what waits, free everything."""
        if self._thread.is_alive():
            self._inbox.put(None)
            await asyncio.to_thread(self._thread.join)

    @property
    def info(self) -> ModelInfo:
        return self._loaded.result(timeout=0)

    async def generate(self, request: Generation) -> AsyncGenerator[Piece | Completion, None]:
        """Stream pieces, then one Completion; closing the iterator cancels within one step.

        BadRequest for a mix that cannot be; Overloaded when too many are in flight already, for the judges at half of that.
        """
        with self._submitted(request) as mailbox:
            while not isinstance(item := await mailbox.next(), Completion):
                if isinstance(item, Exception):
                    raise item
                yield item
        yield item

    async def score(self, prompt: RawPrompt, mix: Mix, top: int) -> tuple[TokenLogprob, ...]:
        """Log-probabilities of a prompt's own tokens, computed a chunk a step beside the answers, with the judges' urgency.

        BadRequest, PromptTooLong, Overloaded.
        """
        request = Generation((), mix, raw=prompt, priority="judging")
        with self._submitted(request, Scoring(top)) as mailbox:
            while not isinstance(item := await mailbox.next(), Completion):
                if isinstance(item, Exception):
                    raise item
        return item.tokens

    async def tokenize(self, text: str, begin: bool) -> list[int]:
        """By the served tokeniser."""
        return await self._on_engine_thread(lambda: self._template.tokens(text, begin))

    async def detokenize(self, tokens: Sequence[int]) -> str:
        """What the tokens write, half characters replaced. BadRequest for an id that does not exist."""
        return await self._on_engine_thread(lambda: text_of(self._model, tokens))

    async def encode(self, conversations: Sequence[tuple[Message, ...]]) -> list[Encoded]:
        """Tokens of conversations that end with an assistant message, by the served tokeniser and template."""
        return await self._on_engine_thread(lambda: [self._template.conversation(each) for each in conversations])

    def vocabulary(self) -> Mapping[str, Any]:
        return self._vocabulary

    async def drop_adapter(self, sha256: str) -> None:
        """Unload one adapter and all that was computed with it, once the streams that use it are done.

        Streams of other mixes go on; new requests for it wait and load it anew.
        """
        done: Future[None] = Future()

        def drop() -> None:
            self._residents.start_drop(sha256)
            self._drops.append((sha256, done))

        self._inbox.put(drop)
        await asyncio.wrap_future(done)

    def status(self) -> Mapping[str, Any]:
        """Counters, residents and plan as of the last beginning or end of an answer."""
        return {**self._constant, **self._published, "waiting": self._in_flight}

    @contextmanager
    def _submitted(self, request: Generation, scoring: Scoring | None = None) -> Iterator[Mailbox]:
        """Where the answer arrives; leaving the block cancels what is not done."""
        check_mix(request.mix)
        limit = self._queue_limit if request.priority == "user" else max(1, self._queue_limit // 2)
        if self._in_flight >= limit:
            raise Overloaded(f"{self._in_flight} requests are waiting; the limit is {limit}")
        mailbox = Mailbox(asyncio.get_running_loop())
        self._in_flight += 1
        self._inbox.put(Stream(request, mailbox, self._clock.monotonic(), scoring))
        try:
            yield mailbox
        finally:
            mailbox.abandoned = True
            self._inbox.news.raise_()
            self._in_flight -= 1

    async def _on_engine_thread(self, call: Callable[[], T]) -> T:
        done: Future[T] = Future()

        def run() -> None:
            if not done.set_running_or_notify_cancel():  # who asked has left; setting a result would end this thread
                return
            try:
                result = call()
            except A3XError as error:
                done.set_exception(error)
                return
            except Exception as error:  # nothing that is asked of the engine thread may end it
                done.set_exception(EngineFailure(f"{type(error).__name__}: {error}"))
                return
            done.set_result(result)

        self._inbox.put(run)
        return await asyncio.wrap_future(done)

    # --- the engine thread -------------------------------------------------------------------------------------------

    def _live(self) -> None:
        try:
            self._loaded.set_result(self._load())
        except Exception as error:
            self._loaded.set_exception(error)
            return
        self._publish()
        while self._take_in():
            self._step()
        self._outbox.close()
        self._residents.close()
        self._model.close()

    def _take_in(self) -> bool:
        """Requests and calls that arrived; waits for one when there is nothing to do. False once all should end."""
        for item in self._inbox.take(wait=self._batcher.idle):
            if item is None:
                return self._wind_up()
            if isinstance(item, Stream):
                self._batcher.submit(item)
            else:
                item()
        return True

    def _wind_up(self) -> bool:
        """Finish the answers that run; always False."""
        self._batcher.refuse_waiting(NotReady("the daemon is stopping"))
        self._step()
        while not self._batcher.idle:
            self._step()
        return False

    def _step(self) -> None:
        """One step of the batcher, then the adapters that may go, then the news."""
        try:
            self._batcher.step()
        except Exception as error:  # the supervisor of the engine thread: nothing may end it
            self._batcher.fail_running(EngineFailure(f"{type(error).__name__}: {error} ({last_log()})"))
        dropped = [drop for drop in self._drops if self._residents.end_drop(drop[0])]
        for sha256, _ in dropped:
            self._speculation.forget(sha256)
        self._drops = [drop for drop in self._drops if drop not in dropped]
        if dropped or self._batcher.changed:
            self._batcher.changed = False
            self._publish()
        for _, done in dropped:
            if done.set_running_or_notify_cancel():
                done.set_result(None)
        self._outbox.flush()

    def _load(self) -> ModelInfo:
        start_backend()
        sizes = read_sizes(self._path)
        made: Plan = plan_for(sizes, self._settings, self._cores)
        self._plan, self._pace = made, Pace(made.threads)
        model = self._model = Model(self._path, made.gpu_layers, self._settings.plain_kernels)
        self._template = ChatTemplate(model)
        self._vocabulary = self._template.vocabulary()
        self._constant = {
            "threads": made.threads[-1],
            "context_tokens": made.context_tokens,
            "plan": asdict(made),
            "chat_template": self._template.origin,
        }
        sha256 = file_sha256(self._path)
        self._outbox = Outbox(self._clock)
        self._residents = Residents(sha256, made, self._open_context, model.load_adapter)
        self._speculation = Speculation(
            self._settings.lookup, obstacle(model.cuts_cleanly, sizes.quantised, made.kv_type)
        )
        self._batcher = Batcher(
            self._residents,
            _Speech(model, self._template),
            lambda sampling: Sampler(sampling, model),
            made.context_tokens,
            sha256,
            self._clock,
            self._outbox,
            self._inbox.news,
            self._speculation,
        )
        return ModelInfo(
            path=self._path,
            sha256=sha256,
            name=model.meta("general.name") or self._path.stem,
            architecture=model.meta("general.architecture") or "unknown",
            parameters=model.parameters,
            size_bytes=model.size_bytes,
            context_tokens=made.context_tokens,
        )

    def _open_context(self, brief: bool) -> Context:
        made = self._plan
        if brief:
            return Context(self._model, BRIEF_CONTEXT, self._pace, made.kv_type, True, made.sequences, BRIEF_PASS)
        return Context(self._model, made.context_tokens, self._pace, made.kv_type, made.flash_attention, made.sequences)

    def _publish(self) -> None:
        batcher, residents = self._batcher, self._residents
        self._published = {
            **batcher.counters,
            "busy_s": round(batcher.busy_s, 3),
            "computed_s": round(self._pace.spent_s, 3),
            "prefix_hits": residents.prefix_hits,
            "queue": batcher.queue(),
            "sequences": residents.sequences(),
            "adapters_resident": list(residents.adapter_hashes),
            "mixes_resident": list(residents.mix_labels),
            "context_swaps": residents.swaps,
            "lookup": self._speculation.status(),
        }


class _Speech:
    """The model's vocabulary and its chat template as one."""

    def __init__(self, model: Model, template: ChatTemplate) -> None:
        self._template = template
        self.token_bytes = model.token_bytes
        self.ends_generation = model.ends_generation

    def prompt(self, request: Generation) -> list[int]:
        if request.raw is not None:
            return self._template.raw(request.raw)
        return self._template.prompt(request.messages, request.tools)


def check_mix(mix: Mix) -> None:
    """Raises BadRequest for what no answer can be made with."""
    if len(mix.parts) > MAX_MIX_ADAPTERS:
        raise BadRequest(f"a mix of {len(mix.parts)} adapters; the limit is {MAX_MIX_ADAPTERS}", param="model")
    if len({adapter.sha256 for adapter, _ in mix.parts}) < len(mix.parts):
        raise BadRequest("a mix names the same adapter twice", param="model")
    for adapter, scale in mix.parts:
        if not math.isfinite(scale) or abs(scale) > MAX_SCALE:
            raise BadRequest(f"scale {scale} of {adapter.name}: the limit is {MAX_SCALE}", param="model")
