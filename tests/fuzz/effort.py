"""How long to look: some examples in every run of the tests, minutes of them where DOCKWORTHY_FUZZ_MINUTES asks."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis.strategies import SearchStrategy

from effort import examples

MINUTES = float(os.environ.get("DOCKWORTHY_FUZZ_MINUTES", "0"))
_QUICK, _ROUND = 200, 500


def fuzz(inputs: SearchStrategy[Any], check: Callable[[Any], None]) -> None:
    """Calls `check` with what `inputs` gives: 200 times, always the same; or for so many minutes with ever other
    beginnings, each time others. What fails is shown whole, so nobody needs the seed to see it again."""
    began = time.monotonic()
    seed = random.SystemRandom().getrandbits(32) if MINUTES else 0
    while True:
        _one_round(inputs, check, seed)
        seed += 1
        if time.monotonic() - began >= MINUTES * 60:
            return


def _one_round(inputs: SearchStrategy[Any], check: Callable[[Any], None], seed: int) -> None:
    def one(value: Any) -> None:
        check(value)

    phases = (Phase.explicit, Phase.generate, Phase.shrink)
    bounded = hypothesis.settings(
        max_examples=_ROUND if MINUTES else examples(_QUICK),
        deadline=None,
        database=None,
        derandomize=False,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )
    hypothesis.seed(seed)(bounded(hypothesis.given(inputs)(one)))()
