"""GitLab's Code Quality report: every issue has what GitLab asks for, and a fingerprint of its own that lasts."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from sample_project import project
from samples import PRIVILEGED, checked, finding

from dockworthy.model.field import Source
from dockworthy.model.finding import Outcome
from dockworthy.model.result import Result
from dockworthy.report.code_quality import render_gitlab


def issues(result: Result) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(render_gitlab(result))
    for issue in found:
        assert issue.keys() == {"description", "check_name", "fingerprint", "severity", "location"}
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert issue["location"].keys() == {"path", "lines"}
        assert isinstance(issue["location"]["lines"]["begin"], int) and issue["location"]["lines"]["begin"] > 0
    assert len({issue["fingerprint"] for issue in found}) == len(found)
    return found


def test_what_fails_and_what_could_not_be_read_is_an_issue() -> None:
    found = issues(project())
    assert [issue["severity"] for issue in found] == ["blocker", "critical", "critical", "critical", *["minor"] * 3]
    assert found[0]["check_name"] == "workload/privileged"
    assert found[0]["location"] == {"path": "compose.yaml", "lines": {"begin": 4}}
    assert found[1]["check_name"] == "dockworthy/unread"
    assert found[1]["location"] == {"path": "deploy/pod.yaml", "lines": {"begin": 3}}


def test_nothing_found_is_an_empty_list() -> None:
    assert render_gitlab(msgspec.structs.replace(checked(), findings=(), unread=())) == b"[]\n"


def test_the_fingerprint_survives_lines_that_move() -> None:
    def moved(by: int) -> Result:
        one = finding(PRIVILEGED, "a.yaml#web", Outcome.FAIL, "so", Source("a.yaml", "services.web", 3 + by))
        return msgspec.structs.replace(checked(), findings=(one, one), unread=())

    assert [i["fingerprint"] for i in issues(moved(0))] == [i["fingerprint"] for i in issues(moved(10))]


@given(st.text(min_size=1), st.text())
def test_whatever_a_name_holds(name: str, says: str) -> None:
    one = finding(PRIVILEGED, f"{name}#web", Outcome.FAIL, says, Source(name, "", 7), kind="service")
    bare = msgspec.structs.replace(one, evidence=())
    result = msgspec.structs.replace(checked(), findings=(one, one, bare), unread=((name, says),))
    assert len(issues(result)) == 4
