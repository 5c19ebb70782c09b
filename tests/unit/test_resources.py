"""Files that come along, found in a checkout and in an installed package."""

from __future__ import annotations

import pytest

from a3x import resources
from a3x.errors import NotFound


def test_finds_the_checkout():
    assert (resources.path("loras") / "python.toml").is_file()
    assert resources.path("loras/python.toml").is_file()


def test_prefers_what_the_wheel_carries(tmp_path):
    (tmp_path / "a3x/_data/loras").mkdir(parents=True)
    (tmp_path / "loras").mkdir()
    assert resources.path("loras", tmp_path / "a3x") == tmp_path / "a3x/_data/loras"


@pytest.mark.parametrize("name", ["docs", "loras/../pyproject.toml", "/etc/passwd", "lorasx"])
def test_nothing_else_is_a_resource(name):
    with pytest.raises(NotFound, match="not among"):
        resources.path(name)


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(NotFound, match="missing"):
        resources.path("loras/none.toml", tmp_path / "a3x")
