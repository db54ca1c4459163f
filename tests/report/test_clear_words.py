"""A finding names the fault and the object; what matters most comes first, for a host with a dozen messy containers."""

from __future__ import annotations

import re

import msgspec
import pytest
from messy_host import messy_result
from samples import PRIVILEGED, finding

from dockworthy.controls.registry import all_controls
from dockworthy.model.control import Control
from dockworthy.model.fault import fault_of, fault_sentence, in_words
from dockworthy.model.field import Source
from dockworthy.model.finding import Outcome
from dockworthy.model.levels import Severity
from dockworthy.report.as_markdown import render_markdown
from dockworthy.report.comment import render_comment
from dockworthy.report.deploy import render_refusal
from dockworthy.report.grouping import by_fault, number_of_controls
from dockworthy.report.html.view import BROUGHT, matters_of, sections_of
from dockworthy.report.terminal import render_terminal
from dockworthy.report.terminal.failures import what_is_new

CRITICAL = (
    "2 containers mount the Docker socket: adm-portainer, adm-nodeexp",
    "1 container has capabilities beyond the default ones: vpn",
    "1 container keeps a database outside of named volumes: db",
    "1 container has devices that give power over the host: media",
    "1 container mounts the host's own files: adm-nodeexp",
    "1 container shares a namespace of the host: adm-nodeexp",
    "1 container is privileged: ci-runner",
)


@pytest.mark.parametrize("control", [pytest.param(control, id=id) for id, control in all_controls().items()])
def test_every_control_says_what_is_wrong_of_one_and_of_several(control: Control) -> None:
    one, many = in_words(control.fault, "1 container"), in_words(control.fault, "2 containers", 2)
    assert control.fault and control.fault.rstrip(".") == control.fault
    assert not re.search(r"[\[\]{}|]", one + many)
    assert {one, many}.isdisjoint({control.title})
    if "{" in control.fault:
        assert one != many


def test_a_teams_own_rule_has_a_title_alone() -> None:
    broken = finding({**PRIVILEGED, "fault": "", "title": "images are ours"}, "container/web", Outcome.FAIL, "x", None)
    assert fault_sentence([broken]) == "images are ours: not true of 1 container"
    assert fault_of(broken) == "not so: images are ours"


def test_all_criticals_are_on_the_first_screen_with_their_objects() -> None:
    screen = render_terminal(messy_result()).splitlines()[:24]
    for says in CRITICAL:
        assert any(says in line for line in screen), says


def test_a_line_a_failing_control_and_all_evidence_with_v() -> None:
    result = messy_result()
    lines = render_terminal(result).splitlines()
    assert len(lines) < 220
    assert len(render_terminal(result, verbose=True).splitlines()) > 1000
    assert "Set `mem_limit`" not in "\n".join(lines[24:])
    assert "Set `mem_limit`" in render_terminal(result, verbose=True)


def test_what_is_critical_says_what_was_seen_and_what_to_do() -> None:
    """The added capability is named, and nobody needs a second command for the remedy."""
    text = " ".join(render_terminal(messy_result()).split())
    assert "- vpn: holds SYS_MODULE, NET_ADMIN" in text
    assert "remedy: Remove the mount" in text


def test_the_fault_is_not_said_twice() -> None:
    text = " ".join(render_terminal(messy_result()).split())
    assert "about requests to the engine: who reaches the socket may do everything (engine/authorization" in text
    assert what_is_new("icc is on: containers reach each other", "Containers reach each other") == "icc is on"
    assert what_is_new("a disk is full: /data", "A disk is full") == "/data"


def test_a_refused_deploy_lists_faults_and_counts_findings_as_the_others_do() -> None:
    failing = [each for each in messy_result().findings if each.outcome is Outcome.FAIL]
    text = render_refusal("shop", failing, (), width=80, colour=False)
    groups = by_fault(failing)
    controls = len({group.first.control for group in groups})
    assert text.startswith(f"shop: refused by {len(failing)} findings of {controls} controls, and nothing was changed")
    severities = [line.split()[0] for line in text.splitlines() if line[1:9].strip() in set(Severity)]
    assert severities == sorted(severities, key=lambda each: Severity(each).rank) and len(severities) == len(groups)
    assert re.search(r"\n brings +workload/apparmor", text)


def test_the_number_of_controls_is_that_of_the_entries() -> None:
    result = messy_result()
    entries = {group.first.control for group in by_fault(result.findings)}
    assert f"What fails: {len(entries)} controls" in render_terminal(result)
    assert f"What fails: {len(entries)} controls" in render_markdown(result)


def test_what_is_critical_does_not_count_what_is_not() -> None:
    groups = by_fault(messy_result().findings)
    kept = {group.severity: group.objects for group in groups if group.first.control == "workload/data-volume"}
    assert kept == {Severity.CRITICAL: ["db"], Severity.HIGH: ["cache"]}


def test_added_capabilities_are_one_fault_of_two_controls() -> None:
    groups = [
        group for group in by_fault(messy_result().findings) if "vpn" in group.objects and len(group.objects) == 1
    ]
    assert [group.first.control for group in groups if "capabilities" in group.first.control] == [
        "workload/capabilities"
    ]
    (added,) = (group for group in groups if group.first.control == "workload/capabilities")
    assert [each.control for each in added.brings] == ["workload/capabilities-dropped"]


def test_what_privileged_brings_is_listed_below_it() -> None:
    groups = by_fault(messy_result().findings)
    privileged = next(group for group in groups if group.first.control == "workload/privileged")
    assert {each.control for each in privileged.brings} == {
        "workload/apparmor",
        "workload/capabilities",
        "workload/capabilities-dropped",
        "workload/proc-mount",
        "workload/proc-mount-strict",
        "workload/seccomp",
        "workload/seccomp-set",
    } & {each.control for each in messy_result().findings if each.outcome is Outcome.FAIL}
    others = [group for group in groups if group is not privileged]
    assert not any("ci-runner" in group.objects for group in others if group.first.control in set(privileged.brings))
    assert "which also fails workload/apparmor" in render_terminal(messy_result())


def test_a_fault_of_its_own_is_never_listed_below_another() -> None:
    """Another line of the same service, the same line of another service."""
    here, there = Source("compose.yaml", "services.web.privileged", 4), Source("compose.yaml", "x", 9)
    seccomp = {**PRIVILEGED, "control": "workload/seccomp", "follows_from": ("workload/privileged",)}
    cause = finding(PRIVILEGED, "compose.yaml#web", Outcome.FAIL, "privileged: true", here)
    for subject, source in (("compose.yaml#web", there), ("compose.yaml#db", here), ("compose.yaml#web", None)):
        other = finding(seccomp, subject, Outcome.FAIL, "off", source)
        assert len(by_fault([cause, other])) == 2
    accepted = msgspec.structs.replace(cause, outcome=Outcome.EXCEPTED)
    assert [g.first.control for g in by_fault([accepted, finding(seccomp, cause.subject, Outcome.FAIL, "", here)])] == [
        "workload/seccomp"
    ]


def test_every_failure_is_in_one_entry() -> None:
    failing = [each for each in messy_result().findings if each.outcome is Outcome.FAIL]
    groups = by_fault(failing)
    told = {(f.control, f.subject) for group in groups for f in (*group.findings, *group.brings)}
    merged = {(control, f.subject) for group in groups for control in group.also for f in group.findings}
    assert told | merged == {(f.control, f.subject) for f in failing}


def test_by_container_each_has_its_faults() -> None:
    text = render_terminal(messy_result(), by="container")
    start = text.index("container adm-portainer: 1 critical")
    own = text[start:].split("\n\n")[0]
    assert "critical  mounts the Docker socket: /run/docker.sock of the host" in own
    assert "adm-nodeexp" not in own


def test_by_container_what_a_fault_brings_is_below_it() -> None:
    text = render_terminal(messy_result(), by="container")
    own = text[text.index("container ci-runner: ") :].split("\n\n")[0]
    assert own.startswith("container ci-runner: 1 critical")
    assert "(workload/seccomp" not in own and "which also fails" in own


def test_the_page_lists_what_a_fault_brings_apart_from_the_faults() -> None:
    failing = next(section for section in sections_of(messy_result().findings) if section.outcome is Outcome.FAIL)
    faults, brought = failing.blocks
    assert faults.heading == "" and brought.heading == BROUGHT
    assert "workload/seccomp" in {group.first.control for group in brought.groups}
    listed = [finding for group in failing.groups for finding in group.group.findings]
    assert len(listed) == sum(each.outcome is Outcome.FAIL for each in messy_result().findings)


def test_names_that_two_files_share_are_told_with_their_files() -> None:
    twice = [
        finding(PRIVILEGED, f"{file}#web", Outcome.FAIL, "x", None, kind="service") for file in ("a.yaml", "b.yaml")
    ]
    assert by_fault(twice)[0].objects == ["a.yaml#web", "b.yaml#web"]


def test_markdown_begins_with_what_matters_most() -> None:
    text = render_markdown(messy_result())
    first = text.splitlines()[:14]
    for says in CRITICAL:
        assert any(line.startswith(f"- **critical** {says}") and ". Remedy: " in line for line in first), says
    assert text.index("## What fails") < text.index("## Demands")


def test_a_title_never_stands_for_a_failure() -> None:
    """The rule in its good state reads as passed beside a red word."""
    titles = {control.title for control in all_controls().values()}
    for line in render_terminal(messy_result()).split("Demands")[0].splitlines():
        assert not any(line.strip().endswith(title) for title in titles), line


def test_of_one_object_markdown_and_the_page_say_what_was_seen() -> None:
    result = messy_result()
    assert "vpn: holds SYS\\_MODULE, NET\\_ADMIN. Remedy:" in render_markdown(result)
    assert any(matter.names == "vpn: holds SYS_MODULE, NET_ADMIN" for matter in matters_of(result.findings))


def test_the_page_counts_the_controls_that_the_others_count() -> None:
    result = messy_result()
    failing = next(section for section in sections_of(result.findings) if section.outcome is Outcome.FAIL)
    assert failing.counted.startswith(number_of_controls(by_fault(result.findings)))


def test_the_table_of_a_comment_counts_faults() -> None:
    assert re.search(r"^\| `[^|]*ci-runner[^|]*` \| 1 \| ", render_comment(messy_result()), re.MULTILINE)
