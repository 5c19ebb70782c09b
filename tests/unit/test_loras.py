"""The theme files: every theme has one, and each says what the router and the trainer need."""

from __future__ import annotations

import tomllib

import pytest

from a3x import resources
from a3x.types import THEMES


def test_one_file_a_theme():
    assert {path.stem for path in resources.path("loras").glob("*.toml")} == set(THEMES)


@pytest.mark.parametrize("theme", THEMES)
def test_the_file_is_complete(theme):
    content = tomllib.loads(resources.path(f"loras/{theme}.toml").read_text())
    assert set(content) == {"theme", "purpose", "rank", "suites", "routing_examples"}
    assert content["theme"] == theme
    assert len(content["purpose"]) > 20
    assert content["rank"] in (4, 8, 16)
    assert content["suites"]
    assert len(set(content["routing_examples"])) >= 5


def test_no_example_is_claimed_by_two_themes():
    examples = [text for theme in THEMES for text in _examples(theme)]
    assert len(examples) == len(set(examples))


def _examples(theme: str) -> list[str]:
    return tomllib.loads(resources.path(f"loras/{theme}.toml").read_text())["routing_examples"]
