"""A release that was taken back shows that this works, but not where nothing ran before."""

from __future__ import annotations

from typing import Any

import pytest

from deploy.composed import composed
from dockworthy.facts.evidence.releases import _rollback
from dockworthy.model.release import Release, ReleaseState


def release(**more: Any) -> Release:
    fields: dict[str, Any] = {
        "number": 1,
        "project": "shop",
        "target": "compose",
        "spec": composed(),
        "services": {},
        **more,
    }
    return Release(state=ReleaseState.ROLLED_BACK, **fields)


@pytest.mark.parametrize("nothing_before", [False, True])
def test_a_first_release_that_failed_proves_no_rollback(nothing_before: bool) -> None:
    found = _rollback([("releases/shop/1.json", release(nothing_before=nothing_before))])
    assert (found is None) is nothing_before
