"""Issue 5: 200 power cuts at random points under 16 writers cost no acknowledged span, double none and damage nothing.

The disk forgets what was not synced, or keeps any part of it (``PowerCutDisk``). Two minutes on 2 cores.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import apsw
import pytest

from a3x.stores.db import Database
from a3x.stores.experiences import Experiences
from a3x.stores.facts import NewFact
from a3x.types import Experience
from tests.support.power import cut_often

CUTS = 200


class UnsyncedDatabase(Database):
    """Control: trusts the operating system's cache."""

    def _open_writer(self) -> apsw.Connection:
        connection = super()._open_writer()
        connection.pragma("synchronous", "OFF")
        return connection


class KeylessExperiences(Experiences):
    """Control: every try is a span of its own."""

    async def add(self, experience: Experience, facts: Sequence[NewFact] = ()) -> int:
        return await super().add(replace(experience, id=f"exp_{uuid.uuid4().hex}"), facts)


@pytest.mark.acceptance
@pytest.mark.timeout(600)
def test_power_cuts_cost_nothing_acknowledged(tmp_path: Path) -> None:
    harm = cut_often(tmp_path, CUTS, seed=5)
    print(
        f"{harm.cuts} cuts, {harm.acknowledged} spans acknowledged, {len(harm.lost)} lost, {len(harm.doubled)} doubled"
    )
    assert not harm, harm
    assert (harm.cuts, harm.acknowledged > 100 * CUTS) == (CUTS, True)


@pytest.mark.integration
def test_twenty_cuts(tmp_path: Path) -> None:
    """The same in small, for every run of the tests."""
    harm = cut_often(tmp_path, 20, seed=7)
    assert not harm, harm


@pytest.mark.integration
def test_without_syncs_the_cuts_are_noticed(tmp_path: Path) -> None:
    harm = cut_often(tmp_path, 20, seed=5, kind=UnsyncedDatabase)
    assert harm.lost or harm.damaged


@pytest.mark.integration
def test_without_keys_the_doubles_are_noticed(tmp_path: Path) -> None:
    assert cut_often(tmp_path, 20, seed=5, store_of=KeylessExperiences).doubled
