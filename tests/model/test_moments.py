"""Days between two moments: only those that are over count as whole ones."""

from __future__ import annotations

import pytest

from dockworthy.model.moments import days_between, whole_days_between


@pytest.mark.parametrize(
    ("earlier", "later", "days", "whole"),
    [
        ("2026-12-01", "2026-12-02T12:00:00Z", 1.5, 1),
        ("2026-12-02T12:00:00Z", "2026-12-01T00:00:00+00:00", -1.5, -2),
        ("2026-12-01T01:00:00+01:00", "2026-12-01T00:00:00", 0.0, 0),
        ("", "2026-12-01", None, None),
        ("2026-12-01", "?", None, None),
    ],
)
def test_days_between(earlier: str, later: str, days: float | None, whole: int | None) -> None:
    assert days_between(earlier, later) == days
    assert whole_days_between(earlier, later) == whole
