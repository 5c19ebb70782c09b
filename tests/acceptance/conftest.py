"""What the acceptance tests share: one cycle of the tiny loop, trained once for all of them."""

from __future__ import annotations

import pytest

from tests.support.stages import Stages


@pytest.fixture(scope="session")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Stages:
    return Stages.make(tmp_path_factory.mktemp("stages"))
