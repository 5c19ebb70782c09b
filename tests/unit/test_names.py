"""Model names parse to parts or are refused with the reason."""

from __future__ import annotations

import pytest

from a3x.agent.names import NamedPart, parse
from a3x.errors import UnknownModel


def test_names() -> None:
    assert parse("a3x") is None
    assert parse("a3x:base") == ()
    assert parse("a3x:cli@7") == (NamedPart("cli", 7, 1.0),)
    assert parse("a3x:cli@7=1.0+general@3=0.5") == (NamedPart("cli", 7, 1.0), NamedPart("general", 3, 0.5))


@pytest.mark.parametrize(
    "name",
    [
        *("", "gpt-4", "a3x:", "a3x:cli", "a3x:cli@0", "a3x:cli@-1", "a3x:nope@1", "a3x:cli@1=nan", "a3x:cli@1=1e9"),
        *("a3x:cli@1=9", "a3x:cli@1+cli@1", "a3x:cli@1+", "a3x:cli@1=-1", "A3X", "a3x:cli@99999999999"),
        "a3x:cli@1+cli@2+cli@3+cli@4+cli@5",
    ],
)
def test_refused(name: str) -> None:
    with pytest.raises(UnknownModel):
        parse(name)
