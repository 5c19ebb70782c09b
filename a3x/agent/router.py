"""From a model name to the mix that answers. Adapters are looked up, never loaded, here."""

from __future__ import annotations

from typing import Protocol

from a3x.agent import names
from a3x.errors import Conflict
from a3x.types import BASE_MIX, Adapter, Mix


class AdapterLookup(Protocol):
    """The part of ``stores.Adapters`` that routing needs."""

    def get(self, theme: str, version: int) -> Adapter:
        """UnknownModel if there is no such version."""
        ...


class Router:
    """Resolves names against the installed adapters of one base model."""

    def __init__(self, adapters: AdapterLookup, base_sha256: str) -> None:
        self._adapters = adapters
        self._base_sha256 = base_sha256

    def mix(self, model: str) -> Mix:
        """UnknownModel for a name nobody has; Conflict for an adapter made for another base.

        ``a3x`` is the base as long as no theme has an active version.
        """
        parts = names.parse(model)
        if not parts:
            return BASE_MIX
        found = [(self._adapters.get(part.theme, part.version), part.scale) for part in parts]
        for adapter, _ in found:
            if adapter.base_sha256 != self._base_sha256:
                raise Conflict(f"{adapter.name} was made for another base model", param="model")
        return Mix(tuple(sorted(found, key=lambda pair: (pair[0].theme, pair[0].version))))
