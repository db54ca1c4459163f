"""One answer for several hosts."""

from __future__ import annotations

from dockworthy.model.fleet import HostResult
from dockworthy.model.levels import Level
from dockworthy.model.result import Answer, Result, Verdict
from dockworthy.verdict.fleet import answer_for_fleet


def host(name: str, answer: Answer | None, until: str = "2026-12-24T00:00:00Z") -> HostResult:
    if answer is None:
        return HostResult(name, None, error="connection refused")
    verdict = Verdict(answer, valid_until=until, valid_because="the facts are a month old then")
    result = Result(command="assess", level=Level.PRODUCTION, verdict=verdict, subjects=(), findings=())
    return HostResult(name, result)


def test_the_worst_answer_counts() -> None:
    hosts = [host("a", Answer.YES), host("b", Answer.NOT_YET), host("c", None)]
    verdict = answer_for_fleet(hosts)
    assert verdict.answer is Answer.NOT_YET
    assert verdict.because == (
        "1 of 3 hosts: not yet",
        "1 of 3 hosts: yes",
        "c could not be read: connection refused",
    )


def test_a_host_that_can_not_be_read_is_no_yes() -> None:
    assert answer_for_fleet([host("a", Answer.YES), host("b", None)]).answer is Answer.UNDECIDED


def test_it_holds_as_long_as_its_first_host() -> None:
    verdict = answer_for_fleet([host("a", Answer.YES), host("b", Answer.ACCEPTED, until="2026-12-01T00:00:00Z")])
    assert (verdict.answer, verdict.valid_until) == (Answer.ACCEPTED, "2026-12-01T00:00:00Z")
    assert verdict.valid_because.startswith("b: ")
