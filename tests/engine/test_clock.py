"""How long ago a moment was that the engine wrote: with nanoseconds, as it does."""

from __future__ import annotations

import time

import pytest

from dockworthy.engine.clock import rfc3339, seconds_since


def test_with_nanoseconds_and_without() -> None:
    begun = rfc3339(time.time() - 60)
    for written in (begun, begun.replace("Z", ".123456789Z"), begun.replace("Z", ".5+00:00")):
        assert 58 < seconds_since(written) < 90


@pytest.mark.parametrize("written", ["", "?", "2026-13-01T00:00:00Z"])
def test_what_is_no_moment(written: str) -> None:
    assert seconds_since(written) == 0.0


def test_the_moment_that_go_writes_for_none() -> None:
    assert seconds_since("0001-01-01T00:00:00Z") > 0
