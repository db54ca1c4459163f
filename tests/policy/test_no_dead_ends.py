"""Every unknown of every control names a way to decide it, and that way decides it."""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import structs

import examples
import tight
from dockworthy.assess import assess_snapshot
from dockworthy.controls import judging
from dockworthy.controls.judging import judge_machine
from dockworthy.controls.registry import all_controls
from dockworthy.model.control import Control
from dockworthy.model.finding import Finding, Outcome, unknown
from dockworthy.model.levels import Level
from dockworthy.model.policy import DeclaredEvidence, ProjectFile
from dockworthy.model.result import Answer
from dockworthy.model.snapshot import Snapshot
from dockworthy.policy.declared import apply_declared
from dockworthy.policy.exceptions import Acceptance, apply_exceptions
from dockworthy.readers.machine import read_machine
from policy.projects import Project

pytestmark = pytest.mark.slow

TODAY = datetime.date(2026, 12, 1)
UNTIL = datetime.date(2027, 6, 1)


def decided(finding: Finding) -> set[Outcome]:
    """By an exception for its control, and by a statement for its demand."""
    accepted = Acceptance("it", finding.control, "known", "ops", UNTIL, "dockworthy.yaml:1", lambda _: True)
    said = DeclaredEvidence(finding.demand, "seen", "ops@example.com", TODAY, UNTIL)
    (by_exception,) = apply_exceptions([finding], [accepted], today=TODAY, of_unknown=True)[0]
    (by_statement,) = apply_declared([finding], [said], today=TODAY)[0]
    return {by_exception.outcome, by_statement.outcome}


def assert_decidable(finding: Finding) -> None:
    assert finding.tell, finding
    assert decided(finding) == {Outcome.EXCEPTED}, finding


@pytest.mark.parametrize("control", [pytest.param(control, id=id) for id, control in all_controls().items()])
def test_whatever_a_control_does_not_know_can_be_decided(control: Control, tmp_path: Path) -> None:
    """Of all its examples; and, whatever it forgets to say, of an unknown without a word."""
    silent = structs.replace(control, judge_function=lambda _: unknown("it can't be seen"))
    broken = structs.replace(control, judge_function=lambda _: 1 / 0)
    number = 0
    for kind in (control.bad, control.good, control.unclear):
        for syntax, example in examples.each(kind):
            folder = tmp_path / str(number)
            folder.mkdir()
            number += 1
            for subject in examples._subjects(control.subject, syntax, example, folder):
                for asked in (control, silent, broken):
                    for finding in judging._ask(asked, subject, subject="x", kind="x", level=control.level):
                        if finding.outcome is Outcome.UNKNOWN:
                            assert_decidable(finding)


def unseen(snapshot: dict[str, Any]) -> dict[str, Any]:
    """The snapshot of a machine of which nothing could be read, and nobody says why in a helpful way."""
    gap = {"is": "unknown", "reason": "it could not be read"}
    for room in ("host", "engine", "evidence"):
        for name, value in snapshot[room].items():
            if isinstance(value, dict) and value.get("is") in ("set", "unset"):
                snapshot[room][name] = dict(gap)
    return snapshot


def test_of_a_machine_that_shows_nothing_every_unknown_can_be_decided() -> None:
    machine = read_machine(msgspec.convert(unseen(tight.snapshot()), Snapshot, strict=False))
    gaps = [f for f in judge_machine(machine, Level.PRODUCTION) if f.outcome is Outcome.UNKNOWN]
    assert len(gaps) > 60
    for finding in gaps:
        assert_decidable(finding)
        assert re.search(r"`|root|evidence|exception|sudo|dockworthy|docker|/|socket", finding.tell), finding


def test_a_kernel_that_does_not_tell_its_build_date_does_not_leave_it_undecided_for_ever() -> None:
    snapshot = tight.with_one_container()
    snapshot["host"]["kernel"] = tight.known({"release": "6.12.57", "version": "#1", "architecture": "x86_64"})
    read = msgspec.convert(snapshot, Snapshot, strict=False)

    def answer(*evidence: DeclaredEvidence) -> tuple[str, Answer]:
        result = assess_snapshot(read, level=Level.BASELINE, project=ProjectFile(evidence=evidence), today=TODAY)
        (kernel,) = [f for f in result.findings if f.control == "host/kernel-current"]
        if kernel.outcome is Outcome.UNKNOWN:
            assert "uname -r" in kernel.tell and "evidence:" in kernel.tell and "5.current" in kernel.tell
        (demand,) = [each for each in result.demands if each.demand == "5.current"]
        return kernel.outcome.value, demand.answer

    assert answer() == ("unknown", Answer.UNDECIDED)
    said = DeclaredEvidence("5.current", "built by us on 2026-11-20", "ops@example.com", TODAY, UNTIL)
    assert answer(said) == ("excepted", Answer.ACCEPTED)


def test_a_demand_that_nothing_here_speaks_of_is_named_and_a_statement_decides_it() -> None:
    read = msgspec.convert(tight.snapshot(), Snapshot, strict=False)  # no container at all

    def read_with(*evidence: DeclaredEvidence) -> tuple[Answer, str]:
        result = assess_snapshot(read, level=Level.PRODUCTION, project=ProjectFile(evidence=evidence), today=TODAY)
        (demand,) = [each for each in result.demands if each.demand == "2.immutable"]
        return demand.answer, " ".join(result.verdict.because)

    answer, because = read_with()
    assert answer is Answer.UNDECIDED and "2.immutable" in because and "`evidence:`" in because
    answer, because = read_with(DeclaredEvidence("2.immutable", "read-only", "ops@example.com", TODAY, UNTIL))
    assert answer is Answer.ACCEPTED and "2.immutable" not in because


def test_where_what_is_unknown_fails_a_file_an_exception_decides_it(project: Project) -> None:
    project.write(compose__yaml="services: {web: {image: shop, user: app}}\n")
    accepted = "{control: workload/run-as-non-root, subject: web, reason: r, owner: o, expires: 2999-01-01}"
    for unknown_means, outcome in (("accept", "unknown"), ("fail", "excepted")):
        project.write(dockworthy__yaml=f"policy:\n  unknown: {unknown_means}\n  exceptions: [{accepted}]\n")
        found = {f["control"]: f["outcome"] for f in project.checked()["findings"]}
        assert found["workload/run-as-non-root"] == outcome
