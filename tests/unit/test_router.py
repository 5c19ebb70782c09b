"""Names to mixes over a fake shelf: what ``a3x`` means, and which adapters may answer at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from a3x.agent.router import Router
from a3x.errors import Conflict, UnknownModel
from a3x.types import BASE_MIX, Adapter

BASE, OTHER = "b" * 64, "c" * 64


def adapter(theme: str, version: int, base: str = BASE) -> Adapter:
    return Adapter(theme, version, f"{version:064x}", base, Path("x.gguf"))


class Shelf:
    def __init__(self) -> None:
        self.serving: dict[str, Adapter] = {}

    def get(self, theme: str, version: int) -> Adapter:
        if version > 8:
            raise UnknownModel(f"no {theme}@{version}")
        return adapter(theme, version, OTHER if version == 8 else BASE)

    def active(self, base_sha256: str) -> dict[str, Adapter]:
        return {theme: found for theme, found in self.serving.items() if found.base_sha256 == base_sha256}


def test_a3x_is_the_active_general_version_of_the_moment() -> None:
    shelf = Shelf()
    router = Router(shelf, BASE)
    assert router.mix("a3x") == BASE_MIX
    shelf.serving = {"general": adapter("general", 3), "cli": adapter("cli", 1)}
    assert router.mix("a3x").parts == ((adapter("general", 3), 1.0),)
    assert router.mix("a3x:base") == BASE_MIX
    shelf.serving = {"cli": adapter("cli", 1)}
    assert router.mix("a3x") == BASE_MIX
    shelf.serving = {"general": adapter("general", 3, OTHER)}
    assert router.mix("a3x") == BASE_MIX


def test_named_versions_are_looked_up() -> None:
    router = Router(Shelf(), BASE)
    assert router.mix("a3x:general@3=0.5+cli@7").label == "cli@7:1.0 + general@3:0.5"
    with pytest.raises(UnknownModel):
        router.mix("a3x:cli@9")
    with pytest.raises(Conflict, match="another base"):
        router.mix("a3x:cli@8")
