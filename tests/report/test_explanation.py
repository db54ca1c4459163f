"""Explanations: complete, and a wrong id leads to the right one."""

from __future__ import annotations

import msgspec
import pytest
from msgspec import structs

from dockworthy.controls.registry import all_controls
from dockworthy.errors import UsageError
from dockworthy.model.control import Control, Subject, cis
from dockworthy.model.dialect import Platform, Version
from dockworthy.model.finding import Remedy
from dockworthy.model.levels import Level, Severity
from dockworthy.report.explain_pages import render_control_list, render_explanation
from dockworthy.report.explanation import explanation_of, explanations_document, find_control

CONTROL = Control(
    id="workload/tidy",
    title="Containers are tidy",
    rationale="An untidy container hides what matters.",
    level=Level.RESTRICTED,
    severity=Severity.LOW,
    demand="1.privileges",
    subject=Subject.UNIT,
    references=(cis("1.6.0", "5.1"), cis("9.9.9", "0.0", retired=True)),
    remedy=Remedy("Tidy it up.", "recreates the container", "docker rm web"),
    check_yourself="docker inspect {name}",
    since=Version(1, 19),
    platforms=frozenset({Platform.KUBERNETES, Platform.DOCKER}),
    stricter_than=("workload/neat",),
    good={"compose": "services: {}\n"},
    bad={"container": [{"A": 1}, {"B": 2}, {"C": ["long" * 10] * 10}]},
    unclear={"container": {"D": object}},
)


def named(*ids: str) -> dict[str, Control]:
    return {id: structs.replace(CONTROL, id=id) for id in ids}


def test_the_text_tells_all() -> None:
    text = render_explanation(CONTROL)
    for part in (
        "Containers are tidy",
        "workload/tidy - low, asked from level restricted on",
        "on docker, kubernetes",
        "since v1.19",
        "An untidy container hides what matters.",
        "Tidy it up.",
        "docker rm web",
        "recreates the container",
        "Privileges of each container are known and limited (1.privileges)",
        "docker inspect NAME",
        "CIS Docker Benchmark 1.6.0, 5.1: ",
        "cis-docker 9.9.9, 0.0 (retired by a later version)",
        "workload/neat",
        "compose:\n    services: {}\n",
        '{"A": 1}',
    ):
        assert part in " ".join(text.split()) or part in text, part
    assert '{"C"' not in text  # the third example of one kind


def test_json_has_every_example() -> None:
    explained = explanation_of(CONTROL)
    assert [(example.is_, example.syntax) for example in explained.examples] == [
        ("good", "compose"),
        ("bad", "container"),
        ("bad", "container"),
        ("bad", "container"),
        ("unclear", "container"),
    ]
    assert explained.examples[3].text.startswith('{\n  "C": [\n')
    encoded = msgspec.to_builtins(explanations_document([CONTROL]))
    assert encoded["schema"] == 1
    assert encoded["explanations"][0]["examples"][0]["is"] == "good"
    assert encoded["explanations"][0]["references"][1]["retired"] is True


@pytest.mark.parametrize("wanted", ["workload/tidy", "tidy", "Workload/TIDY", "workload/tidy/", " tidy "])
def test_found(wanted: str) -> None:
    assert find_control(wanted, named("workload/tidy", "host/neat")).id == "workload/tidy"


def test_underscores_are_hyphens() -> None:
    assert find_control("host_path", named("workload/host-path")).id == "workload/host-path"


HINTS = [
    ("workload/tydi", "did you mean workload/tidy"),
    ("tidi", "did you mean workload/tidy"),
    ("host/neet", "did you mean host/neat"),
    ("neat", "did you mean engine/neat or host/neat"),
    ("idy", "did you mean workload/tidy"),
    ("xyzzy", "lists every control"),
    ("", "lists every control"),
]


@pytest.mark.parametrize(("wanted", "hint"), HINTS)
def test_not_found_leads_on(wanted: str, hint: str) -> None:
    with pytest.raises(UsageError, match="there is no control") as error:
        find_control(wanted, named("workload/tidy", "engine/neat", "host/neat"))
    assert hint in error.value.hint and "`dockworthy explain` alone lists every control" in error.value.hint


@pytest.mark.parametrize("width", [50, 80, 120])
def test_the_list_has_every_control(width: int) -> None:
    text = render_control_list(all_controls(), width=width)
    assert all(id in text for id in all_controls())
    assert all(len(line) <= width for line in text.splitlines())


def test_an_empty_list_is_no_crash() -> None:
    assert render_control_list({}) == ""
