"""Several hosts in one report: for people, for programs, for the wiki."""

from __future__ import annotations

import json

from dockworthy.model.finding import Evidence, Finding, Outcome
from dockworthy.model.fleet import FleetResult, HostResult
from dockworthy.model.levels import Level, Severity
from dockworthy.model.result import Answer, Result, Verdict
from dockworthy.report.fleet import fleet_parts, render_fleet, render_fleet_markdown
from dockworthy.verdict.fleet import answer_for_fleet


def finding(control: str, outcome: Outcome = Outcome.FAIL, severity: Severity = Severity.HIGH) -> Finding:
    return Finding(
        control=control,
        title=f"title of {control}",
        subject="engine",
        kind="engine",
        outcome=outcome,
        severity=severity,
        level=Level.BASELINE,
        demand="5.engine-defaults",
        evidence=(Evidence("seen"),),
    )


def host(name: str, *findings: Finding, answer: Answer = Answer.NOT_YET) -> HostResult:
    verdict = Verdict(answer, because=("the first reason",) if findings else ())
    return HostResult(
        name, Result(command="assess", level=Level.PRODUCTION, verdict=verdict, subjects=(), findings=findings)
    )


def fleet() -> FleetResult:
    hosts = (
        host("shop", finding("engine/a"), finding("engine/b", severity=Severity.LOW)),
        host("db", finding("engine/a"), finding("engine/c", Outcome.PASS)),
        host("fine", answer=Answer.YES),
        HostResult("gone\x1b[31m", None, error="nobody listens", hint="is sshd running there?"),
    )
    return FleetResult(level=Level.PRODUCTION, verdict=answer_for_fleet(hosts), hosts=hosts)


def test_the_first_screen_answers_for_all() -> None:
    text = render_fleet(fleet())
    assert "Not yet, at level production: 2 of 4 hosts: not yet; 1 of 4 hosts: yes" in text
    assert "\x1b" not in text
    assert text.index("title of engine/a") < text.index("title of engine/b")
    assert "            shop, db\n" in text
    assert "not read" in text and "is sshd running there?" in text
    assert max(len(line) for line in text.splitlines()) <= 80


def test_verbose_adds_every_host() -> None:
    assert render_fleet(fleet(), verbose=True).count("Should we run Docker in production, here?") == 3


def test_json_holds_each_result_as_one_host_alone_would_give_it() -> None:
    document = json.loads(b"".join(fleet_parts(fleet())))
    assert (document["schema"], document["verdict"]["answer"]) == (1, "not_yet")
    names = [(each["host"], each["result"] is not None) for each in document["hosts"]]
    assert names == [("shop", True), ("db", True), ("fine", True), ("gone\x1b[31m", False)]
    assert document["hosts"][0]["result"]["findings"][0]["control"] == "engine/a"
    assert document["hosts"][3]["error"] == "nobody listens"


def test_markdown() -> None:
    text = render_fleet_markdown(fleet())
    assert "| shop | not yet | the first reason |" in text
    assert "| high | title of engine/a: not true of 2 engines | shop, db |" in text
