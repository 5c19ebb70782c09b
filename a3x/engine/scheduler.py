"""The engine: one thread that alone touches llama.cpp, fed by a bounded queue, answering through the asyncio loop.

One stream at a time for now; the interface is the final one. Knows no HTTP, no stores, no tools.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import queue
import threading
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from a3x.config import EngineSection
from a3x.engine.chat import ChatTemplate
from a3x.engine.contexts import ResidentContext, Residents
from a3x.engine.fit import plan_for
from a3x.engine.llama import CHUNK_TOKENS, Model, last_log, start_backend
from a3x.engine.plan import Plan
from a3x.engine.sampling import Sampler, surprise
from a3x.engine.score import score
from a3x.engine.writer import Writer, text_of
from a3x.errors import A3XError, EngineFailure, Overloaded, PromptTooLong
from a3x.types import (
    Clock,
    Completion,
    Encoded,
    FinishReason,
    Generation,
    Message,
    Mix,
    ModelInfo,
    Piece,
    RawPrompt,
    TokenLogprob,
    TokenStats,
)

T = TypeVar("T")


class _Stream:
    """One request on its way: what is asked, where the answer goes, whether anybody still listens."""

    def __init__(self, request: Generation, loop: asyncio.AbstractEventLoop) -> None:
        self.request = request
        self.out: asyncio.Queue[Piece | Completion | Exception] = asyncio.Queue()
        self.cancelled = False
        self._loop = loop

    def put(self, item: Piece | Completion | Exception) -> None:
        """Hand an item to the loop; a loop that is gone is a listener that is gone."""
        try:
            self._loop.call_soon_threadsafe(self.out.put_nowait, item)
        except RuntimeError:
            self.cancelled = True


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
        self._inbox: queue.SimpleQueue[_Stream | Callable[[], None] | None] = queue.SimpleQueue()
        self._waiting = 0
        self._thread = threading.Thread(target=self._live, name="engine", daemon=True)
        self._loaded: Future[ModelInfo] = Future()
        self._published: dict[str, Any] = {}
        self._counters = {"answers": 0, "failures": 0, "prompt_tokens": 0, "cached_tokens": 0, "completion_tokens": 0}

    # --- called from the asyncio thread ------------------------------------------------------------------------------

    async def start(self) -> ModelInfo:
        """Load the model; ForeignFile or EngineFailure if that cannot be done."""
        self._thread.start()
        return await asyncio.wrap_future(self._loaded)

    async def close(self) -> None:
        """Finish what runs, drop what waits, free everything."""
        if self._thread.is_alive():
            self._inbox.put(None)
            await asyncio.to_thread(self._thread.join)

    @property
    def info(self) -> ModelInfo:
        return self._loaded.result(timeout=0)

    async def generate(self, request: Generation) -> AsyncGenerator[Piece | Completion, None]:
        """Stream pieces, then one Completion; closing the iterator cancels within one token. Overloaded if the queue is full."""
        self._admit()
        stream = _Stream(request, asyncio.get_running_loop())
        self._waiting += 1
        self._inbox.put(stream)
        try:
            while not isinstance(item := await stream.out.get(), Completion):
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            stream.cancelled = True
            self._waiting -= 1
        yield item

    async def score(self, prompt: RawPrompt, mix: Mix, top: int) -> tuple[TokenLogprob, ...]:
        """Log-probabilities of a prompt's own tokens, between two answers. BadRequest, PromptTooLong, Overloaded."""
        self._admit()
        self._waiting += 1
        try:
            return await self._on_engine_thread(lambda: self._score(prompt, mix, top))
        finally:
            self._waiting -= 1

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
        """Unload one adapter and every context made with it, between two answers."""
        await self._on_engine_thread(lambda: self._residents.drop_adapter(sha256))

    def status(self) -> Mapping[str, Any]:
        """Counters, residents and plan as of the end of the last answer."""
        return {**self._published, "waiting": self._waiting}

    def _admit(self) -> None:
        if self._waiting >= self._queue_limit:
            raise Overloaded(f"{self._waiting} requests are waiting; the limit is {self._queue_limit}")

    async def _on_engine_thread(self, call: Callable[[], T]) -> T:
        done: Future[T] = Future()

        def run() -> None:
            try:
                result = call()
            except A3XError as error:
                done.set_exception(error)
                return
            except Exception as error:  # nothing that is asked of the engine thread may end it
                done.set_exception(EngineFailure(f"{type(error).__name__}: {error}"))
                return
            self._publish()
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
        while (item := self._inbox.get()) is not None:
            if not isinstance(item, _Stream):
                item()
            elif not item.cancelled:
                outcome = self._outcome(item)
                self._publish()
                item.put(outcome)
        self._residents.close()
        self._model.close()

    def _load(self) -> ModelInfo:
        start_backend()
        self._plan: Plan = plan_for(self._path, self._settings, self._cores)
        self._model = Model(self._path, self._plan.gpu_layers, self._settings.plain_kernels)
        self._template = ChatTemplate(self._model)
        self._vocabulary = self._template.vocabulary()
        self._residents = Residents(self._model, self._plan)
        with self._path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return ModelInfo(
            path=self._path,
            sha256=sha256,
            name=self._model.meta("general.name") or self._path.stem,
            architecture=self._model.meta("general.architecture") or "unknown",
            parameters=self._model.parameters,
            size_bytes=self._model.size_bytes,
            context_tokens=self._plan.context_tokens,
        )

    def _publish(self) -> None:
        self._published = {
            **self._counters,
            "adapters_resident": list(self._residents.adapter_hashes),
            "mixes_resident": list(self._residents.mix_labels),
            "context_swaps": self._residents.swaps,
            "threads": self._plan.threads,
            "context_tokens": self._plan.context_tokens,
            "plan": asdict(self._plan),
            "chat_template": self._template.origin,
        }

    def _outcome(self, stream: _Stream) -> Completion | Exception:
        """One answer, or why there is none; whatever fails reaches the asker, and the engine lives on."""
        try:
            completion = self._answer(stream)
        except A3XError as error:
            self._counters["failures"] += 1
            return error
        except Exception as error:  # the supervisor of the engine thread: nothing may end it
            self._counters["failures"] += 1
            self._residents.discard(stream.request.mix)
            return EngineFailure(f"{type(error).__name__}: {error} ({last_log()})")
        self._counters["answers"] += 1
        self._counters["prompt_tokens"] += completion.prompt_tokens
        self._counters["cached_tokens"] += completion.cached_tokens
        self._counters["completion_tokens"] += completion.completion_tokens
        return completion

    def _answer(self, stream: _Stream) -> Completion:
        request = stream.request
        prompt = self._prompt(request)
        room = self._room(len(prompt), request)
        started = self._clock.monotonic()
        resident = self._residents.acquire(request.mix)
        try:
            cached = self._prefill(resident, prompt, stream)
            prefilled = self._clock.monotonic()
            writer = Writer(request, self._model, stream.put)
            finish, stats = self._decode(resident, len(prompt), room, stream, writer)
        except EngineFailure:
            self._residents.discard(request.mix)
            raise
        writer.finish()
        return Completion(
            text=writer.answer,
            finish_reason=finish,
            prompt_tokens=len(prompt),
            completion_tokens=len(stats.logprobs),
            cached_tokens=cached,
            stats=stats,
            mix=request.mix,
            model_sha256=self.info.sha256,
            raw=writer.split.raw,
            reasoning=writer.reasoning,
            tool_calls=tuple(writer.split.tool_calls),
            prefill_s=prefilled - started,
            decode_s=self._clock.monotonic() - prefilled,
            tokens=tuple(writer.tokens),
        )

    def _prompt(self, request: Generation) -> list[int]:
        if request.raw is not None:
            return self._template.raw(request.raw)
        return self._template.prompt(request.messages, request.tools)

    def _score(self, prompt: RawPrompt, mix: Mix, top: int) -> tuple[TokenLogprob, ...]:
        ids, limit = self._template.raw(prompt), self._plan.context_tokens
        if len(ids) > limit:
            raise PromptTooLong(f"the prompt is {len(ids)} tokens; the context holds {limit}", param="prompt")
        return score(self._model, self._residents, ids, mix, top)

    def _room(self, prompt_tokens: int, request: Generation) -> int:
        """Tokens the answer may have. PromptTooLong names limit and size."""
        limit = self._plan.context_tokens
        if prompt_tokens >= limit:
            raise PromptTooLong(
                f"the prompt is {prompt_tokens} tokens; the context holds {limit}, one of them for the answer",
                param="messages" if request.raw is None else "prompt",
            )
        wanted = request.sampling.max_tokens
        return limit - prompt_tokens if wanted is None else min(wanted, limit - prompt_tokens)

    def _prefill(self, resident: ResidentContext, prompt: list[int], stream: _Stream) -> int:
        """Compute the prompt in canonical chunks after what is kept; tokens that were kept."""
        kept = resident.rewind(prompt)
        for start in range(kept, len(prompt), CHUNK_TOKENS):
            if stream.cancelled:
                break
            chunk = prompt[start : start + CHUNK_TOKENS]
            resident.context.decode(chunk, start, want_logits=start + len(chunk) == len(prompt))
            if len(chunk) == CHUNK_TOKENS:
                resident.prefix += chunk
        return kept

    def _decode(
        self, resident: ResidentContext, position: int, room: int, stream: _Stream, writer: Writer
    ) -> tuple[FinishReason, TokenStats]:
        """Draw tokens one by one until an end token, a stop string, no room, or nobody listens."""
        logprobs: list[float] = []
        entropies: list[float] = []
        finish: FinishReason = "length"
        sampler = Sampler(stream.request.sampling, self._model)
        try:
            while len(logprobs) < room:
                if stream.cancelled:
                    finish = "cancelled"
                    break
                token = sampler.draw(resident.context)
                logits = resident.context.logits()
                logprob, entropy = surprise(logits, token)
                if not math.isfinite(logprob):
                    raise EngineFailure("the model's numbers are not finite with this mix; nothing can be drawn")
                logprobs.append(logprob)
                entropies.append(entropy)
                if self._model.ends_generation(token) or writer.write(token, logprob, logits):
                    finish = "stop"
                    break
                if len(logprobs) < room:
                    resident.context.decode([token], position + len(logprobs) - 1, want_logits=True)
        finally:
            sampler.close()
        return finish, TokenStats(tuple(logprobs), tuple(entropies))
