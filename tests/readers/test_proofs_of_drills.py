"""A proof from the ledger counts until it lapses; then what it proved is unknown again, and an answer says when."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

import tight
from dockworthy.controls.machine._evidence_examples import drill, evidence
from dockworthy.controls.registry import all_controls
from dockworthy.model.finding import Judgement, Outcome
from dockworthy.model.snapshot import Snapshot
from dockworthy.readers.machine import read_machine

LAPSES = "2026-12-01T10:00:00Z"
RESTORE = "machine/restore-proven"


def proven(*, passed: bool = True, lapses: str = LAPSES, **more: Any) -> dict[str, Any]:
    return {**drill("1.backup", "restore", passed=passed), "lapses": lapses, "proves": "the restore of shop", **more}


def judged(taken: str, *drills: dict[str, Any]) -> tuple[Outcome, str]:
    return outcome_in({**tight.snapshot(), "taken": taken, **evidence(drills=[*drills])})


def outcome_in(snapshot: dict[str, Any]) -> tuple[Outcome, str]:
    control = all_controls()[RESTORE]
    assert control.judge_function is not None
    judgement = control.judge_function(read_machine(msgspec.convert(snapshot, Snapshot, strict=False)))
    assert isinstance(judgement, Judgement)
    return judgement.outcome, judgement.evidence[0].says


@pytest.mark.parametrize(
    ("taken", "passed", "outcome"),
    [
        ("2026-11-24T12:00:00Z", True, Outcome.PASS),
        ("2026-11-24T12:00:00Z", False, Outcome.FAIL),
        ("2026-12-01T09:59:59Z", True, Outcome.PASS),
        (LAPSES, True, Outcome.UNKNOWN),
        (LAPSES, False, Outcome.UNKNOWN),
    ],
)
def test_until_it_lapses(taken: str, passed: bool, outcome: Outcome) -> None:
    assert judged(taken, proven(passed=passed))[0] is outcome


def test_what_lapsed_is_unknown_also_beside_what_stands() -> None:
    other = {**proven(lapses="2027-01-01T00:00:00Z"), "proves": "the restore of blog"}
    assert judged("2026-11-30T00:00:00Z", other, proven())[0] is Outcome.PASS
    outcome, says = judged("2026-12-02T00:00:00Z", other, proven())
    assert outcome is Outcome.UNKNOWN and "counted until 2026-12-01, and was not tried again" in says


def test_a_success_of_the_future_hides_no_failure() -> None:
    failed = proven(passed=False)
    to_come = {**proven(lapses="2027-06-01T00:00:00Z"), "when": "2027-01-01T00:00:00Z"}
    for drills in ((failed, to_come), (to_come, failed)):
        assert judged("2026-11-24T12:00:00Z", *drills)[0] is Outcome.FAIL
    assert judged("2026-11-24T12:00:00Z", to_come)[0] is Outcome.UNKNOWN


def test_a_drill_that_does_not_say_counts_for_half_a_year() -> None:
    plain = drill("1.backup", "restore", passed=True)
    assert judged("2027-05-19T00:00:00Z", plain)[0] is Outcome.PASS
    assert judged("2027-05-20T00:00:00Z", plain)[0] is Outcome.UNKNOWN


def test_a_moment_that_is_none_counts_for_nothing() -> None:
    assert judged("2026-11-24T12:00:00Z", proven(lapses="some day"))[0] is Outcome.UNKNOWN


def test_of_the_hosts_ledger_and_the_swarms_the_newest_counts() -> None:
    def both(of_swarm: dict[str, Any], of_host: dict[str, Any]) -> Outcome:
        snapshot = {**tight.snapshot(), **evidence(drills=[of_host])}
        snapshot["engine"] = {**snapshot["engine"], "proofs": tight.known([of_swarm])}
        return outcome_in(snapshot)[0]

    newer = {"when": "2026-11-23T10:00:00Z"}
    assert both(proven(**newer), proven(passed=False)) is Outcome.PASS
    assert both(proven(passed=False, **newer), proven()) is Outcome.FAIL
    assert both(proven(), proven(passed=False, **newer)) is Outcome.FAIL
    other = {"proves": "the restore of blog"}
    assert both(proven(**newer), proven(passed=False, **other)) is Outcome.FAIL
