"""The JSON result: exactly the keys of schema 1, valid by the published schema, quick for a whole cluster."""

from __future__ import annotations

import json
import time
from typing import Any

import jsonschema
import msgspec
import pytest
from samples import assessed, checked, privileged, undecided

from dockworthy.model.field import Source
from dockworthy.model.finding import Evidence, Reference, Remedy
from dockworthy.report.json_schema import result_schema
from examples import render_json

RESULTS = {"assessed": assessed(), "checked": checked(), "undecided": undecided()}

DOCUMENT = {"schema", "tool", "command", "level", "verdict", "subjects", "findings", "counts"}
FINDING = {
    "control",
    "subject",
    "outcome",
    "severity",
    "level",
    "demand",
    "evidence",
    "check_yourself",
    "remedy",
    "references",
    "exception",
}


def rendered(result: Any) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(render_json(result))
    return answer


@pytest.mark.parametrize("name", RESULTS)
def test_valid_by_the_published_schema(name: str) -> None:
    validator = jsonschema.Draft202012Validator(result_schema())
    assert [error.message for error in validator.iter_errors(rendered(RESULTS[name]))] == []


@pytest.mark.parametrize("name", RESULTS)
def test_every_promised_key_is_there(name: str) -> None:
    document = rendered(RESULTS[name])
    assert document.keys() >= DOCUMENT
    assert document["schema"] == 1
    for subject in document["subjects"]:
        assert subject.keys() >= {"id", "kind", "file", "worthy"}
    for finding in document["findings"]:
        assert finding.keys() >= FINDING
        assert finding["evidence"].keys() == {"says", "source", "line", "path"}


def test_a_finding_says_all_it_knows() -> None:
    first = rendered(checked())["findings"][0]
    assert first == {
        "control": "workload/privileged",
        "title": "Containers are not privileged",
        "subject": "deploy/web.yaml#pod/shop/p12",
        "kind": "pod",
        "outcome": "fail",
        "severity": "critical",
        "level": "baseline",
        "demand": "1.privileges",
        "evidence": {
            "says": "web: privileged: true",
            "source": "deploy/web.yaml",
            "line": 12,
            "path": "spec.containers[0].securityContext.privileged",
        },
        "check_yourself": "grep -n privileged deploy/web.yaml",
        "remedy": {
            "says": "Drop `privileged`; add back the one capability or device that it needs.",
            "command": None,
            "costs": "recreates the container",
        },
        "references": [
            {"benchmark": "cis-docker", "version": "1.6.0", "id": "5.4"},
            {"benchmark": "cis-docker", "version": "1.8.0", "id": "5.5"},
        ],
        "exception": None,
    }


def test_counts_by_outcome() -> None:
    assert rendered(assessed(100))["counts"] == {
        "fail": 107,
        "unknown": 2,
        "excepted": 1,
        "pass": 1,
        "not_applicable": 1,
        "pending": 1,
    }


def test_verdict_and_demands() -> None:
    document = rendered(assessed(2))
    assert document["verdict"]["answer"] == "not_yet"
    assert document["verdict"]["valid_until"] == "2026-12-01T00:00:00Z"
    assert document["demands"][0] == {
        "demand": "1.privileges",
        "says": "Privileges of each container are known and limited",
        "answer": "not_yet",
        "fail": 2,
        "unknown": 0,
        "passed": 0,
        "need": "required",
        "because": "",
    }


def test_more_evidence_unread_tell_exception_and_retired() -> None:
    two = msgspec.structs.replace(
        privileged("web"),
        evidence=(Evidence("a: privileged", Source("x")), Evidence("b: privileged")),
        references=(Reference("cis-docker", "1.6.0", "4.5", retired=True),),
        remedy=Remedy("do", "nothing", "docker ps"),
    )
    finding = rendered(msgspec.structs.replace(assessed(1), findings=(two,)))["findings"][0]
    assert finding["more_evidence"] == [{"says": "b: privileged", "source": None, "line": None, "path": None}]
    assert finding["references"][0]["retired"] is True
    assert finding["remedy"] == {"says": "do", "command": "docker ps", "costs": "nothing"}
    assert rendered(checked())["unread"][0]["input"] == "deploy/broken.yaml"
    assert rendered(undecided())["findings"][0]["tell"] == "root, or membership of the docker group"
    excepted = next(f for f in rendered(assessed(1))["findings"] if f["outcome"] == "excepted")
    assert excepted["exception"] == {
        "reason": "is replaced in spring",
        "owner": "ops@example.com",
        "expires": "2027-03-01",
    }


def test_bytes_that_are_no_text_are_written_out() -> None:
    odd = msgspec.structs.replace(assessed(1), findings=(privileged("b\udcff\ud800"),))
    assert rendered(odd)["findings"][0]["subject"] == "container/b\\xff\\ud800"


def test_one_line_with_its_end() -> None:
    text = render_json(assessed(1))
    assert text.endswith(b"}\n")
    assert text.count(b"\n") == 1


def test_a_cluster_of_findings_is_quick() -> None:
    """4,500 pods and 19 controls; generous here, where other tests run beside."""
    cluster = msgspec.structs.replace(assessed(1), findings=tuple(privileged(f"p{n}") for n in range(4_500)) * 19)
    began = time.process_time()
    render_json(cluster)
    assert time.process_time() - began < 4


@pytest.mark.parametrize("number", [0, 1, 999, 1000, 1001, 2500])
def test_pieces_join_to_one_document(number: int) -> None:
    """However many findings there are, and whatever a name says that looks like the place where they stand."""
    tricky = 'x"findings":[]'
    findings = tuple(privileged(f"{tricky}{n}") for n in range(number))
    document = rendered(msgspec.structs.replace(assessed(1), findings=findings, read=(tricky,)))
    assert [f["subject"] for f in document["findings"]] == [f.subject for f in findings]
    assert document["read"] == [tricky]
    assert document["counts"]["fail"] == number
