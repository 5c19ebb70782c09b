"""Who is resident: adapters by content hash, contexts by mix, and which prompt tokens each context's memory holds.

A context serves one mix at a time; the least recently used one is re-purposed (memory cleared, adapters replaced) when
another mix needs room. Prefixes are reused only inside the same mix and only up to a chunk boundary (DESIGN, Exactness).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from a3x.engine.llama import CHUNK_TOKENS, Context, LoadedAdapter, Model
from a3x.engine.plan import Plan
from a3x.types import Adapter, Mix


class ResidentContext:
    """A context, the mix it is set to, and the prompt tokens at the start of its memory, in whole chunks."""

    def __init__(self, context: Context, mix: Mix) -> None:
        self.context = context
        self.mix = mix
        self.prefix: list[int] = []

    def rewind(self, prompt: Sequence[int]) -> int:
        """Keep the longest common prefix in whole chunks, forget the rest; tokens kept, always fewer than the prompt."""
        limit = min(len(self.prefix), len(prompt) - 1)
        same = 0
        while same < limit and self.prefix[same] == prompt[same]:
            same += 1
        kept = same // CHUNK_TOKENS * CHUNK_TOKENS
        if kept == 0:
            self.context.clear()
        elif not self.context.truncate(kept):
            kept = 0
        self.prefix = self.prefix[:kept]
        return kept


class Residents:
    """The adapters and contexts that are loaded, least recently used first."""

    def __init__(self, model: Model, plan: Plan) -> None:
        self._model = model
        self._plan = plan
        self._adapters: OrderedDict[str, LoadedAdapter] = OrderedDict()
        self._contexts: OrderedDict[str, ResidentContext] = OrderedDict()
        self.swaps = 0

    @property
    def adapter_hashes(self) -> tuple[str, ...]:
        return tuple(self._adapters)

    @property
    def mix_labels(self) -> tuple[str, ...]:
        return tuple(resident.mix.label for resident in self._contexts.values())

    def acquire(self, mix: Mix) -> ResidentContext:
        """The context of ``mix``, loading adapters and re-purposing the oldest context as needed."""
        resident = self._contexts.get(mix.key)
        if resident is None:
            parts = [(self._adapter(adapter), scale) for adapter, scale in mix.parts]
            resident = self._spare(mix)
            try:
                resident.context.set_adapters(parts)
            except BaseException:
                resident.context.close()
                raise
            self._contexts[mix.key] = resident
        self._contexts.move_to_end(mix.key)
        for adapter, _ in mix.parts:
            self._adapters.move_to_end(adapter.sha256)
        self._evict_adapters()
        return resident

    def discard(self, mix: Mix) -> None:
        """Close the context of ``mix``: after a failure nothing in it can be trusted."""
        resident = self._contexts.pop(mix.key, None)
        if resident:
            resident.context.close()

    def drop_adapter(self, sha256: str) -> None:
        """Unload one adapter and every context that uses it."""
        for key, resident in list(self._contexts.items()):
            if any(adapter.sha256 == sha256 for adapter, _ in resident.mix.parts):
                del self._contexts[key]
                resident.context.close()
        adapter = self._adapters.pop(sha256, None)
        if adapter:
            adapter.close()

    def close(self) -> None:
        for resident in self._contexts.values():
            resident.context.close()
        for adapter in self._adapters.values():
            adapter.close()
        self._contexts.clear()
        self._adapters.clear()

    def _adapter(self, adapter: Adapter) -> LoadedAdapter:
        loaded = self._adapters.get(adapter.sha256)
        if loaded is None:
            loaded = self._adapters[adapter.sha256] = self._model.load_adapter(adapter.path)
        return loaded

    def _spare(self, mix: Mix) -> ResidentContext:
        if len(self._contexts) < self._plan.resident_contexts:
            plan = self._plan
            context = Context(self._model, plan.context_tokens, plan.threads, plan.kv_type, plan.flash_attention)
            return ResidentContext(context, mix)
        _, resident = self._contexts.popitem(last=False)
        resident.context.clear()
        self.swaps += 1
        return ResidentContext(resident.context, mix)

    def _evict_adapters(self) -> None:
        in_use = {adapter.sha256 for resident in self._contexts.values() for adapter, _ in resident.mix.parts}
        for sha256 in [sha256 for sha256 in self._adapters if sha256 not in in_use]:
            if len(self._adapters) <= self._plan.resident_adapters:
                return
            self._adapters.pop(sha256).close()
