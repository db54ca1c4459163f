"""What a team accepts: until its day, and said when it no longer counts."""

from __future__ import annotations

import datetime

import pytest

from dockworthy.model.finding import Evidence, Finding, Outcome
from dockworthy.model.levels import Level, Severity
from dockworthy.model.policy import DeclaredEvidence, Policy, PolicyException
from dockworthy.policy.declared import apply_declared
from dockworthy.policy.exceptions import Acceptance, apply_exceptions, written_in

TODAY = datetime.date(2026, 11, 24)


def finding(outcome: Outcome = Outcome.FAIL, subject: str = "container/db", demand: str = "2.immutable") -> Finding:
    return Finding(
        control="workload/writable-root",
        title="t",
        subject=subject,
        kind="container",
        outcome=outcome,
        severity=Severity.MEDIUM,
        level=Level.RESTRICTED,
        demand=demand,
        evidence=(Evidence("writable"),),
    )


def exception(subject: str = "db", expires: str = "2027-03-01", control: str = "workload/writable-root") -> Acceptance:
    day = datetime.date.fromisoformat(expires)
    (acceptance,) = written_in(
        Policy(exceptions=(PolicyException(control, subject, "sockets", "ops@example.com", day),))
    )
    return acceptance


@pytest.mark.parametrize("subject", ["db", "container/db", "*"])
def test_an_accepted_failure_names_who_accepts_it(subject: str) -> None:
    (weighed,), notes = apply_exceptions([finding()], [exception(subject)], today=TODAY)
    assert weighed.outcome is Outcome.EXCEPTED
    assert weighed.exception is not None and weighed.exception.owner == "ops@example.com"
    assert notes == ()


def test_it_counts_on_its_last_day_and_not_after() -> None:
    last = exception(expires="2026-11-24")
    assert apply_exceptions([finding()], [last], today=TODAY)[0][0].outcome is Outcome.EXCEPTED
    (weighed,), notes = apply_exceptions([finding()], [last], today=TODAY + datetime.timedelta(days=1))
    assert weighed.outcome is Outcome.FAIL
    assert "expired on 2026-11-24" in notes[0]


@pytest.mark.parametrize("idle", [exception("web"), exception(control="workload/privileged"), exception("ontainer/db")])
def test_one_that_matches_nothing_is_said(idle: Acceptance) -> None:
    (weighed,), notes = apply_exceptions([finding()], [idle], today=TODAY)
    assert weighed.outcome is Outcome.FAIL
    assert "matches no failure" in notes[0]


def test_only_one_that_is_of_no_more_use_is_said_to_be_superfluous() -> None:
    """Others may count where more is judged, or at a stricter level."""

    def said(found: Finding, accepted: Acceptance) -> str:
        (note,) = apply_exceptions([found], [accepted], today=TODAY)[1]
        return note

    assert said(finding(Outcome.PASS), exception()).endswith("matches no failure: it can be removed")
    assert said(finding(Outcome.UNKNOWN), exception()).endswith("unknown")
    assert said(finding(), exception("web")).endswith("was not judged here")
    assert said(finding(), exception(control="workload/privileged")).endswith("judged nothing here")
    expired = said(finding(Outcome.PASS), exception(expires="2026-11-01"))
    assert "expired on 2026-11-01, and matches no failure: it can be removed" in expired


def test_two_for_one_failure_are_one_too_many() -> None:
    (weighed,), (note,) = apply_exceptions([finding()], [exception(), exception("*")], today=TODAY)
    assert weighed.outcome is Outcome.EXCEPTED
    assert note.endswith("it can be removed")


def test_what_is_unknown_can_not_be_excepted() -> None:
    (weighed,), _ = apply_exceptions([finding(Outcome.UNKNOWN)], [exception()], today=TODAY)
    assert weighed.outcome is Outcome.UNKNOWN


def declared(until: str) -> DeclaredEvidence:
    day = datetime.date.fromisoformat
    return DeclaredEvidence("1.backup", "borg to another site", "ops@example.com", day("2026-10-02"), day(until))


def test_a_declaration_is_an_accepted_risk_never_a_pass() -> None:
    findings = [finding(Outcome.UNKNOWN, demand="1.backup"), finding(Outcome.FAIL, demand="1.backup")]
    (gap, fault), notes = apply_declared(findings, [declared("2027-01-02")], today=TODAY)
    assert gap.outcome is Outcome.EXCEPTED
    assert gap.evidence[0].says == "declared by ops@example.com, proven 2026-10-02: borg to another site"
    assert fault.outcome is Outcome.FAIL
    assert notes == ()


def test_a_declaration_ages() -> None:
    (gap,), notes = apply_declared([finding(Outcome.UNKNOWN, demand="1.backup")], [declared("2026-11-23")], today=TODAY)
    assert gap.outcome is Outcome.UNKNOWN
    assert "prove it again" in notes[0]
