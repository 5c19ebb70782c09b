"""From a model name to the mix that answers. Adapters are looked up, never loaded, here.

``a3x`` is answered with the active version of ``general``, else by the base. The other themes' active versions are
reached by their names only, as long as nothing here looks at what a request is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from a3x.agent import names
from a3x.errors import Conflict
from a3x.types import BASE_MIX, Adapter, Mix

GENERAL = "general"


class AdapterLookup(Protocol):
    """The part of ``stores.Adapters`` that routing needs."""

    def get(self, theme: str, version: int) -> Adapter:
        """UnknownModel if there is no such version."""
        ...

    def active(self, base_sha256: str) -> Mapping[str, Adapter]:
        """By theme, the version that serves on this base."""
        ...


class Router:
    """Resolves names against the installed adapters of one base model."""

    def __init__(self, adapters: AdapterLookup, base_sha256: str) -> None:
        self._adapters = adapters
        self._base_sha256 = base_sha256

    def mix(self, model: str) -> Mix:
        """UnknownModel for a name nobody has; Conflict for an adapter made for another base.

        Asked anew for every request, so what is promoted or rolled back serves from the next request on.
        """
        parts = names.parse(model)
        if parts is None:
            general = self._adapters.active(self._base_sha256).get(GENERAL)
            return Mix(((general, 1.0),)) if general else BASE_MIX
        if not parts:
            return BASE_MIX
        found = [(self._adapters.get(part.theme, part.version), part.scale) for part in parts]
        for adapter, _ in found:
            if adapter.base_sha256 != self._base_sha256:
                raise Conflict(f"{adapter.name} was made for another base model", param="model")
        return Mix(tuple(sorted(found, key=lambda pair: (pair[0].theme, pair[0].version))))
