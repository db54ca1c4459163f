"""JUnit XML: as Jenkins' schema has it, with names that differ, and well-formed whatever stands in them."""

from __future__ import annotations

from collections import Counter
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_project import project
from samples import PRIVILEGED, assessed, checked, finding, undecided

from dockworthy.model.field import Source
from dockworthy.model.finding import Outcome
from dockworthy.model.fleet import FleetResult, HostResult
from dockworthy.model.levels import Level
from dockworthy.model.result import Result
from dockworthy.report.junit import fleet_junit_parts, junit_parts

CHILDREN: dict[str, set[str]] = {
    "testsuites": {"testsuite"},
    "testsuite": {"testsuite", "properties", "testcase", "system-out", "system-err"},
    "testcase": {"skipped", "error", "failure", "system-out", "system-err"},
    "properties": {"property"},
    **{key: set() for key in ("property", "failure", "error", "skipped")},
}
REQUIRED = {
    "testsuite": {"name", "tests", "failures", "errors"},
    "testcase": {"name"},
    "property": {"name", "value"},
}
ALLOWED = {
    "testsuites": {"name", "time", "tests", "failures", "errors"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname", "id", "package"},
    "testcase": {"name", "time", "classname", "group", "file", "line"},  # the last two: GitLab and others
    "property": {"name", "value"},
    **{key: {"type", "message"} for key in ("failure", "error", "skipped")},
}
"""What the schema `junit-10` of Jenkins' xUnit plugin says."""

RESULTS = {"assessed": assessed(), "checked": checked(), "undecided": undecided(), "project": project()}


def root_of(result: Result) -> Element:
    return ElementTree.fromstring(b"".join(junit_parts(result)))


def faults(element: Element) -> list[str]:
    """What the schema has against an element and all in it."""
    tag, found = element.tag, set(element.attrib)
    says = [f"{tag} without {missing}" for missing in REQUIRED.get(tag, set()) - found]
    says += [f"{tag} with {odd}" for odd in found - ALLOWED.get(tag, set())]
    says += [f"{child.tag} in {tag}" for child in element if child.tag not in CHILDREN[tag]]
    return says + [fault for child in element if child.tag in CHILDREN for fault in faults(child)]


def test_the_schema_finds_faults() -> None:
    odd = ElementTree.fromstring(
        "<testsuites><testsuite name='' tests='1' errors='0'><case a='b'/></testsuite></testsuites>"
    )
    assert faults(odd) == ["testsuite without failures", "case in testsuite"]


@pytest.mark.parametrize("name", RESULTS)
def test_valid_and_rightly_counted(name: str) -> None:
    root = root_of(RESULTS[name])
    assert faults(root) == []
    for suite in root:
        cases = suite.findall("testcase")
        assert int(suite.attrib["tests"]) == len(cases) > 0
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.attrib[attribute]) == sum(case.find(tag) is not None for case in cases)
    for attribute in ("tests", "failures", "errors"):
        assert int(root.attrib[attribute]) == sum(int(suite.attrib[attribute]) for suite in root)


@pytest.mark.parametrize("name", RESULTS)
def test_no_two_cases_have_one_name(name: str) -> None:
    """GitLab keeps the first of them alone."""
    cases = root_of(RESULTS[name]).iter("testcase")
    assert max(Counter((case.attrib["classname"], case.attrib["name"]) for case in cases).values()) == 1


def test_a_suite_a_file_and_a_case_a_control_and_subject() -> None:
    root = root_of(project())
    assert [suite.attrib["name"] for suite in root] == ["compose.yaml", "could not be read"]
    case = root[0].findall("testcase")[0]
    assert case.attrib["name"] == "web: Containers are not privileged (workload/privileged)"
    assert (case.attrib["file"], case.attrib["line"]) == ("compose.yaml", "4")
    failure = case.find("failure")
    assert failure is not None and failure.text is not None
    assert failure.attrib == {"type": "critical", "message": "privileged: true"}
    for part in ("[compose.yaml:4 services.web.privileged]", "4 |     privileged: true", "Remedy: Drop `privileged`;"):
        assert part in failure.text


def test_what_has_no_file_is_put_together_by_its_kind() -> None:
    assert {suite.attrib["name"] for suite in root_of(assessed(3))} == {"container", "host"}


def test_a_fleet_names_its_hosts() -> None:
    hosts = (HostResult("shop", assessed(2)), HostResult("gone", None, "no route to host", "is it on?"))
    fleet = FleetResult(level=Level.PRODUCTION, verdict=assessed(1).verdict, hosts=hosts)
    root = ElementTree.fromstring(b"".join(fleet_junit_parts(fleet)))
    assert faults(root) == []
    assert [suite.attrib["name"] for suite in root] == ["shop: container", "shop: host", "could not be read"]
    assert root.attrib["errors"] == "1"
    assert [error.text for error in root.iter("error")] == ["no route to host. is it on?"]


@given(st.text(min_size=1), st.text(), st.sampled_from(Outcome))
def test_well_formed_whatever_a_name_holds(name: str, says: str, outcome: Outcome) -> None:
    one = finding(PRIVILEGED, f"{name}#{name}", outcome, says, Source(name, "", 1), kind="service", tell=says)
    result = msgspec.structs.replace(checked(), findings=(one, one), lines={name: {1: says}}, unread=((name, says),))
    root = root_of(result)
    assert faults(root) == []
    assert root.attrib["tests"] == "3"
