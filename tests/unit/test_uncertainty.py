"""Normalisers and entropies against the definition in double precision."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from a3x.engine.uncertainty import spread


def defined(row: NDArray[np.float32]) -> tuple[float, float]:
    """The same by the book."""
    wide = row.astype(np.float64)
    total = float(wide.max() + np.log(np.exp(wide - wide.max()).sum()))
    shares = np.exp(wide - total)
    return total, float(-(shares * np.where(shares > 0, wide - total, 0.0)).sum())


@settings(max_examples=200, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    width=st.one_of(st.integers(1, 40), st.sampled_from([4095, 4096, 4097, 9000])),
    scale=st.sampled_from([0.0, 0.01, 1.0, 10.0, 300.0]),
    shift=st.sampled_from([-1e4, 0.0, 37.5]),
)
def test_rows_are_summed_as_defined(seed: int, width: int, scale: float, shift: float) -> None:
    chance = np.random.default_rng(seed)
    rows = (chance.normal(size=(3, width)) * scale + shift).astype(np.float32)
    rows[1, chance.integers(width)] = 50.0 + shift
    normalisers, entropies = spread(rows)
    for row, normaliser, entropy in zip(rows, normalisers, entropies, strict=True):
        total, chaos = defined(row)
        assert normaliser == pytest.approx(total, abs=2e-6, rel=1e-7)
        assert entropy == pytest.approx(chaos, abs=2e-5)


def test_equal_numbers_are_as_uncertain_as_can_be() -> None:
    normalisers, entropies = spread(np.full((1, 1000), 3.0, np.float32))
    assert normalisers[0] == pytest.approx(3.0 + math.log(1000), abs=1e-6)
    assert entropies[0] == pytest.approx(math.log(1000), abs=1e-5)


def test_what_is_forbidden_counts_for_nothing() -> None:
    row = np.array([[1.0, -np.inf, 2.0]], np.float32)
    normalisers, entropies = spread(row)
    assert normalisers[0] == pytest.approx(math.log(math.exp(1) + math.exp(2)), abs=1e-6)
    assert 0.0 < entropies[0] < math.log(2)


@pytest.mark.parametrize("bad", [math.nan, -math.nan, math.inf])
@pytest.mark.parametrize("place", [0, 17, 4999])
def test_a_number_that_is_none_is_seen_wherever_it_is(bad: float, place: int) -> None:
    rows = np.zeros((2, 5000), np.float32)
    rows[1, place] = bad
    normalisers, entropies = spread(rows)
    assert math.isfinite(normalisers[0])
    assert math.isnan(normalisers[1]) and math.isnan(entropies[1])


def test_a_row_of_nothing_but_minus_infinity_is_none() -> None:
    assert math.isnan(spread(np.full((1, 8), -np.inf, np.float32))[0][0])


def test_denormal_numbers_stay_what_they_are() -> None:
    """The library must not switch them off for the whole process, as code compiled for fast mathematics does."""
    spread(np.zeros((1, 8), np.float32))
    assert np.float32(1e-40) * np.float32(1.0) > 0.0
