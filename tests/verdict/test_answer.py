"""From findings to the answer: wrong outranks unknown, unknown is never good."""

from __future__ import annotations

import pytest

from dockworthy.model.finding import Evidence, Finding, Outcome
from dockworthy.model.levels import Level, Severity
from dockworthy.model.result import Answer
from dockworthy.verdict.answer import answer_for_files, answer_for_machine
from dockworthy.verdict.demands import answer_by_demand
from dockworthy.verdict.subjects import subjects_of

PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN


def finding(
    outcome: Outcome,
    *,
    control: str = "workload/privileged",
    subject: str = "container/web",
    severity: Severity = Severity.HIGH,
    demand: str = "1.privileges",
) -> Finding:
    return Finding(
        control=control,
        title=f"title of {control}",
        subject=subject,
        kind="container",
        outcome=outcome,
        severity=severity,
        level=Level.BASELINE,
        demand=demand,
        evidence=(Evidence("seen"),),
    )


@pytest.mark.parametrize(
    ("outcomes", "answer"),
    [
        ([PASS], Answer.YES),
        ([PASS, Outcome.NOT_APPLICABLE], Answer.YES),
        ([PASS, UNKNOWN], Answer.UNDECIDED),
        ([PASS, FAIL], Answer.NOT_YET),
        ([UNKNOWN, FAIL], Answer.NOT_YET),
        ([PASS, Outcome.PENDING], Answer.NOT_YET),
        ([PASS, Outcome.EXCEPTED], Answer.ACCEPTED),
        ([Outcome.EXCEPTED, UNKNOWN], Answer.UNDECIDED),
    ],
)
def test_the_answer_of_a_machine(outcomes: list[Outcome], answer: Answer) -> None:
    assert answer_for_machine([finding(outcome) for outcome in outcomes]).answer is answer


def test_nothing_found_of_a_part_that_could_not_be_read_is_no_yes() -> None:
    verdict = answer_for_machine([finding(PASS)], blind=["the engine could not be asked: no socket"])
    assert verdict.answer is Answer.UNDECIDED
    assert verdict.because == ("the engine could not be asked: no socket",)


def test_the_worst_comes_first_and_many_objects_are_one_sentence() -> None:
    findings = [finding(FAIL, control="a/low", severity=Severity.LOW)]
    findings += [
        finding(FAIL, control="a/critical", subject=f"container/{number}", severity=Severity.CRITICAL)
        for number in range(100)
    ]
    because = answer_for_machine(findings).because
    assert because == (
        "title of a/critical: not true of 100 objects (critical)",
        "title of a/low: not true of 1 object (low)",
    )


def test_files_are_judged_as_far_as_written() -> None:
    findings = [finding(UNKNOWN)]
    verdict = answer_for_files(findings, subjects_of(findings), [])
    assert verdict.answer is Answer.YES
    assert "as far as written" in verdict.because[0]


def test_a_subject_with_one_failure_is_not_worthy() -> None:
    subjects = subjects_of([finding(PASS), finding(FAIL), finding(UNKNOWN, subject="container/db")])
    assert [(subject.id, subject.worthy) for subject in subjects] == [("container/web", False), ("container/db", True)]


def test_each_demand_has_its_own_answer() -> None:
    answers = answer_by_demand([finding(PASS), finding(UNKNOWN, demand="3.logs"), finding(FAIL, demand="5.network")])
    assert [(a.demand, a.answer) for a in answers] == [
        ("1.privileges", Answer.YES),
        ("3.logs", Answer.UNDECIDED),
        ("5.network", Answer.NOT_YET),
    ]
