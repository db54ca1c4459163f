"""A host whose clock is wrong: that is said, for every age on it is wrong by as much."""

from __future__ import annotations

import pytest

from dockworthy.assess import assess_snapshot
from dockworthy.model.field import Set, Source
from dockworthy.model.host import Host
from dockworthy.model.levels import Level
from dockworthy.model.snapshot import EngineFacts, Snapshot, ToolVersion


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.0, ""),
        (-59.0, ""),
        (61.0, "its clock is 61 seconds ahead of this machine's"),
        (-7300.0, "its clock is 2 hours behind this machine's"),
    ],
)
def test_skew(seconds: float, said: str) -> None:
    host = Host(clock_skew=Set(seconds, Source("date -u +%s")))
    snapshot = Snapshot(
        taken="2026-11-24T12:00:00Z", tool=ToolVersion("dockworthy", "0"), host=host, engine=EngineFacts()
    )
    sentences = [line for line in assess_snapshot(snapshot, level=Level.BASELINE).read if "its clock" in line]
    assert len(sentences) == bool(said)
    assert said in "".join(sentences)
