"""Issue 5: two thousand sequences of recording, searching, forgetting, eviction, crashes and rebuilding break nothing.

The control, an index that keeps deleted rows, stands in ``tests/unit/test_memory_search.py``. Minutes on 2 cores.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.support.memory_machine import MemoryMachine

SEQUENCES, STEPS = 2_000, 15
SLOW_ON_PURPOSE = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


@pytest.mark.acceptance
@pytest.mark.timeout(3600)
def test_no_order_of_events_breaks_the_memory() -> None:
    many = settings(
        max_examples=SEQUENCES, stateful_step_count=STEPS, deadline=None, suppress_health_check=SLOW_ON_PURPOSE
    )
    run_state_machine_as_test(MemoryMachine, settings=many)
