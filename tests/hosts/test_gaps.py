"""The gap of each service is the time that it really had too few tasks."""

from __future__ import annotations

from dockworthy.hosts.watching import Gaps
from dockworthy.model.hosts import Move, MoveKind
from dockworthy.report.hosts import gap_in_words


def move(service: str, wanted: int, kind: MoveKind = MoveKind.MOVES) -> Move:
    return Move(service=service, service_id=service, tasks=1, wanted=wanted, kind=kind)


def test_looks_add_up() -> None:
    gaps = Gaps([move("web", 2), move("db", 1), move("log", 0, MoveKind.ENDS)])
    gaps.add({"web": 2, "db": 1}, 1.0)
    gaps.add({"web": 1, "db": 0}, 0.5)
    gaps.add({"web": 1, "db": 0}, 0.5)
    gaps.add({"web": 3, "db": 1}, 2.0)
    told = {gap.service: (gap.below, gap.none) for gap in gaps.told()}
    assert told == {"web": (1.0, 0.0), "db": (1.0, 1.0)}
    words = [gap_in_words(gap) for gap in gaps.told()]
    assert words == [
        "web: for 1.0 s fewer tasks than before, and never none",
        "db: for 1.0 s fewer tasks than before, for 1.0 s none",
    ]


def test_no_gap_is_told_as_none() -> None:
    gaps = Gaps([move("web", 1)])
    gaps.add({"web": 1}, 3.0)
    assert gap_in_words(gaps.told()[0]) == "web: moved, never fewer tasks than before"
