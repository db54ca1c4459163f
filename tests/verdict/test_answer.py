"""From findings to the answer: wrong outranks unknown, unknown is never good."""

from __future__ import annotations

import datetime
from typing import Any

import msgspec
import pytest
from msgspec import structs

import tight
from dockworthy.model.field import Source
from dockworthy.model.finding import AcceptedRisk, Evidence, Finding, Outcome
from dockworthy.model.levels import Level, Severity
from dockworthy.model.machine import Machine
from dockworthy.model.policy import Availability, Code, Data, Exposure, Intent
from dockworthy.model.result import Answer, Verdict
from dockworthy.model.snapshot import Snapshot
from dockworthy.readers.machine import read_machine
from dockworthy.verdict.answer import answer_for_machine
from dockworthy.verdict.files import answer_for_files
from dockworthy.verdict.subjects import subjects_of

OLD_DEBIAN = tight.known({"id": "debian", "version_id": "9", "codename": "stretch", "name": "Debian 9"})

OLD_KERNEL = tight.known({"release": "3.10.0-1160.el7", "version": "#1 SMP"})


def storage(fstype: str, ftype: bool | None = None) -> dict[str, Any]:
    return tight.known({**tight.snapshot()["host"]["storage"]["value"], "fstype": fstype, "ftype": ftype})


PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN


def finding(
    outcome: Outcome,
    *,
    control: str = "workload/privileged",
    subject: str = "container/web",
    severity: Severity = Severity.HIGH,
    demand: str = "1.privileges",
    level: Level = Level.RESTRICTED,
) -> Finding:
    return Finding(
        control=control,
        title=f"title of {control}",
        subject=subject,
        kind="container",
        outcome=outcome,
        severity=severity,
        level=level,
        demand=demand,
        evidence=(Evidence("seen"),),
    )


TODAY = datetime.date(2026, 11, 24)
EASY = Intent(Data.NONE, Code.OWN, Exposure.PRIVATE, Availability.BEST_EFFORT)
HARD = Intent(Data.PRECIOUS, Code.UNTRUSTED, Exposure.INTERNET, Availability.SURVIVES_HOST_LOSS)


def machine(**parts: Any) -> Machine:
    snapshot = tight.snapshot()
    for room, fields in parts.items():
        snapshot[room] = {**snapshot[room], **fields}
    return read_machine(msgspec.convert(snapshot, Snapshot, strict=False))


def answer(
    findings: list[Finding],
    intent: Intent = EASY,
    *,
    level: Level = Level.RESTRICTED,
    blind: list[str] | None = None,
    on: Machine | None = None,
) -> Verdict:
    return answer_for_machine(on or machine(), findings, intent, level=level, today=TODAY, blind=blind or [])


@pytest.mark.parametrize(
    ("outcomes", "expected"),
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
def test_the_answer_of_a_machine(outcomes: list[Outcome], expected: Answer) -> None:
    assert answer([finding(outcome) for outcome in outcomes]).answer is expected


def test_nothing_found_of_a_part_that_could_not_be_read_is_no_yes() -> None:
    verdict = answer([finding(PASS)], blind=["the engine could not be asked: no socket"])
    assert verdict.answer is Answer.UNDECIDED
    assert verdict.because == ("the engine could not be asked: no socket",)


def test_the_worst_comes_first_and_many_objects_are_one_sentence() -> None:
    findings = [finding(FAIL, control="a/low", severity=Severity.LOW)]
    findings += [
        finding(FAIL, control="a/critical", subject=f"container/{number}", severity=Severity.CRITICAL)
        for number in range(100)
    ]
    assert answer(findings).because == (
        "title of a/critical: not true of 100 containers: 0, 1, 2 and 97 more (critical)",
        "title of a/low: not true of 1 container: web (low)",
    )


def test_what_another_failure_brings_is_no_reason_of_its_own() -> None:
    """The reasons and the number behind them are those of the list below: a fault is told once."""
    here = (Evidence("privileged: true", Source("container", "Privileged")),)
    cause = structs.replace(finding(FAIL, severity=Severity.CRITICAL), evidence=here)
    brought = [
        structs.replace(
            finding(FAIL, control=f"workload/{name}", severity=severity),
            evidence=here,
            follows_from=("workload/privileged",),
        )
        for name, severity in (("seccomp", Severity.CRITICAL), ("capabilities", Severity.HIGH))
    ]
    others = [finding(FAIL, control=f"a/{number}") for number in range(4)]
    laxer = structs.replace(finding(FAIL, control="a/lax"), evidence=(Evidence("same"),))
    stricter = structs.replace(laxer, control="a/strict", stricter_than=("a/lax",))
    because = answer([*brought, cause, *others, laxer, stricter]).because
    assert because[0].startswith("title of workload/privileged")
    assert because[3] == "3 more controls failing that this use rests on"
    assert not any("seccomp" in reason or "capabilities" in reason for reason in because)


def test_what_the_use_does_not_rest_on_is_counted_beside_the_reasons() -> None:
    """Three are named; these, the others and the advised ones are all that fail."""
    deciding = [finding(FAIL, control=f"a/{number}") for number in range(5)]
    advised = [finding(FAIL, control=f"b/{number}", demand="1.backup", level=Level.PRODUCTION) for number in range(2)]
    verdict = answer([*advised, *deciding], EASY)
    assert verdict.because[3:] == (
        "2 more controls failing that this use rests on",
        "2 controls failing that this use does not rest on",
    )
    assert answer(advised, EASY).because == ("2 controls failing that this use does not rest on",)


def test_a_fault_that_decides_by_what_it_brings_is_named() -> None:
    """The cause is only advised, what it brings is required: the answer is no yes, and says why."""
    here = (Evidence("privileged: true", Source("container", "Privileged")),)
    cause = structs.replace(finding(FAIL, control="a/cause", demand="1.backup", level=Level.PRODUCTION), evidence=here)
    brought = structs.replace(finding(FAIL, control="a/brought"), evidence=here, follows_from=("a/cause",))
    verdict = answer([cause, brought], EASY)
    assert verdict.answer is Answer.NOT_YET
    assert len(verdict.because) == 1 and "a/cause" in verdict.because[0]


def test_what_the_intent_does_not_need_does_not_decide() -> None:
    backup = finding(FAIL, demand="1.backup", level=Level.PRODUCTION)
    assert answer([backup], EASY).answer is Answer.YES
    assert answer([backup], structs.replace(EASY, data=Data.PRECIOUS)).answer is Answer.NOT_YET


def test_what_can_cost_the_host_decides_whatever_is_intended() -> None:
    assert answer([finding(FAIL, demand="5.cleanup", level=Level.BASELINE)], EASY).answer is Answer.NOT_YET


def test_at_level_production_a_required_demand_that_nothing_speaks_of_is_not_visible() -> None:
    assert answer([finding(PASS)], EASY, level=Level.PRODUCTION).answer is Answer.UNDECIDED


@pytest.mark.parametrize(
    ("intent", "host", "engine", "says"),
    [
        (HARD, {}, {}, "would share this host's kernel"),
        (EASY, {"os": OLD_DEBIAN}, {}, "no security updates since 2022-06-30"),
        (EASY, {"kernel": OLD_KERNEL}, {}, "kernel 3.10.0-1160.el7 is of a line that nobody mends any more"),
        (EASY, {"storage": storage("nfs4")}, {}, "a network file system, which can't carry overlay2"),
        (EASY, {"storage": storage("xfs", ftype=False)}, {}, "ftype=1"),
        (structs.replace(EASY, data=Data.PRECIOUS), {"storage": storage("tmpfs")}, {}, "gone with the next reboot"),
    ],
)
def test_what_docker_here_can_not_give_is_a_no(
    intent: Intent, host: dict[str, Any], engine: dict[str, Any], says: str
) -> None:
    verdict = answer([finding(PASS)], intent, on=machine(host=host, engine=engine))
    assert verdict.answer is Answer.NO
    assert says in verdict.because[0]


def test_a_sandbox_runtime_takes_the_no_away() -> None:
    info = tight.known({"Runtimes": {"runc": {}, "runsc": {"path": "/usr/bin/runsc"}}})
    assert answer([finding(PASS)], HARD, on=machine(engine={"info": info})).answer is Answer.YES


def test_without_an_intent_it_says_for_which_the_answer_would_be_yes() -> None:
    verdict = answer([finding(FAIL, demand="1.backup", level=Level.PRODUCTION)], Intent())
    assert verdict.answer is Answer.NOT_YET
    assert not verdict.stated
    assert verdict.yes_for == ("rebuildable data, third-party code, open to the internet, survives-host-loss",)
    assert "with `data: rebuildable` the answer would be yes" in verdict.changes
    assert "with `code: untrusted` the answer would be no" in verdict.changes


def test_the_answer_holds_no_longer_than_the_proofs_that_it_rests_on() -> None:
    def restored(lapses: str, **more: Any) -> dict[str, Any]:
        drill = {"demand": "1.backup", "does": "restore", "tool": "dockworthy drill restore", "says": "it answered",
                 "when": "2026-11-20T10:00:00Z", "passed": True, "source": {"where": "x"}}  # fmt: skip
        return {**drill, "lapses": lapses, "proves": "the restore of shop", **more}

    later, never = restored("2026-12-20T00:00:00Z"), {**restored(""), "when": "2026-11-23T10:00:00Z"}
    there = machine(evidence={"drills": tight.known([later, restored("2026-12-02T10:00:00Z", proves="blog"), never])})
    backup = finding(PASS, control="machine/restore-proven", demand="1.backup", level=Level.PRODUCTION)
    verdict = answer([backup], structs.replace(EASY, data=Data.PRECIOUS), on=there)
    assert (verdict.valid_until, verdict.valid_because) == ("2026-12-02T10:00:00Z", "blog was proven until then")
    assert answer([backup], EASY, on=there).valid_until == "2026-12-24T12:00:00Z", "this use needs no backup"
    unknown = structs.replace(backup, outcome=UNKNOWN)
    assert answer([unknown], structs.replace(EASY, data=Data.PRECIOUS), on=there).valid_until == "2026-12-24T12:00:00Z"


def test_the_answer_holds_until_the_first_of_its_grounds_ages() -> None:
    assert answer([finding(PASS)]).valid_until == "2026-12-24T12:00:00Z"
    risk = AcceptedRisk("because", "ops@example.com", "2026-12-01")
    verdict = answer([structs.replace(finding(PASS), outcome=Outcome.EXCEPTED, exception=risk)])
    assert verdict.valid_until == "2026-12-01T23:59:59Z"
    assert verdict.because == (
        "accepted until 2026-12-01 by ops@example.com: title of workload/privileged (container/web: because)",
    )


def test_files_are_judged_as_far_as_written() -> None:
    findings = [finding(UNKNOWN)]
    verdict = answer_for_files(findings, subjects_of(findings), [])
    assert verdict.answer is Answer.YES
    assert "as far as written" in verdict.because[0]


def test_a_subject_with_one_failure_is_not_worthy() -> None:
    subjects = subjects_of([finding(PASS), finding(FAIL), finding(UNKNOWN, subject="container/db")])
    assert [(subject.id, subject.worthy) for subject in subjects] == [("container/web", False), ("container/db", True)]


def test_what_could_not_be_read_is_no_yes() -> None:
    assert answer_for_files([], [], [("a.yaml", "a.yaml:1: broken")]).answer is Answer.UNDECIDED
    failing = [finding(FAIL)]
    assert answer_for_files(failing, subjects_of(failing), [("a", "a: broken")]).answer is Answer.NOT_YET
    excepted = [finding(Outcome.EXCEPTED)]
    assert answer_for_files(excepted, subjects_of(excepted), []).answer is Answer.ACCEPTED
