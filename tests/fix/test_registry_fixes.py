"""Every control's own repair, on its own bad examples: the finding is gone, and no other one comes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import examples
from dockworthy.controls.judging import judge_units
from dockworthy.controls.registry import all_controls
from dockworthy.fix.candidates import candidates
from dockworthy.fix.choosing import failing
from dockworthy.fix.compose_edit import edit_compose
from dockworthy.fix.edits import fixes_for
from dockworthy.model.compose_fix import KnownToEngine
from dockworthy.model.control import Control
from dockworthy.model.finding import Finding, Outcome
from dockworthy.model.fix import Edit, Fix, FixKind
from dockworthy.model.levels import Level
from dockworthy.model.workload import Unit
from dockworthy.readers.compose.project import read_compose
from dockworthy.readers.yaml_source import documents

DIGEST = "sha256:" + "a" * 64
KNOWN = KnownToEngine(digests={"shop": DIGEST, "shop:1.4.2": DIGEST})

FIXED = {control.id: control for control in all_controls().values() if control.fixes}

BY_HAND = {
    ("workload/apparmor", "privileged"),
    ("workload/capabilities", "privileged"),
    ("workload/seccomp", "privileged"),
    ("workload/host-namespaces", "network_mode: host"),
    ("workload/pinned-image", "${TAG"),
    ("workload/host-devices", "{source:"),
}
"""Bad examples that another control's repair mends, or none: what their text holds."""


def _bad(control: Control) -> list[str]:
    return [text for syntax, text in examples.each(control.bad) if syntax == "compose"]


CASES = [
    pytest.param(control, text, id=f"{id}-{number}")
    for id, control in FIXED.items()
    for number, text in enumerate(_bad(control))
]


def _judged(text: str) -> tuple[list[Unit], list[Finding]]:
    (document,) = documents(text, "compose.yaml")
    units = list(read_compose(document, environ={"HOME": "/home/ann"}, folder=Path("/nowhere")))
    return units, [finding for level in Level for finding in judge_units(units, level)]


def _fixes(control: Control, text: str) -> tuple[list[Fix], list[Finding]]:
    units, findings = _judged(text)
    of_it = {finding.subject: finding for finding in findings if finding.control == control.id}
    return list(candidates(of_it.values(), units, {"compose.yaml": text}.get, KNOWN)), findings


@pytest.mark.parametrize(("control", "text"), CASES)
def test_bad_example_is_repaired(control: Control, text: str) -> None:
    fixes, before = _fixes(control, text)
    if any(control.id == id and part in text for id, part in BY_HAND):
        assert not fixes
        return
    edited = edit_compose(text, [change for fix in fixes for change in fix.changes], file="compose.yaml")
    after = _judged(edited)[1]

    outcomes = {finding.outcome for finding in after if finding.control == control.id}
    assert outcomes and outcomes <= {Outcome.PASS, Outcome.NOT_APPLICABLE}
    assert failing(after) <= failing(before)
    assert not _fixes(control, edited)[0], "a second run would change it again"


@pytest.mark.parametrize("control", [pytest.param(control, id=id) for id, control in FIXED.items()])
def test_good_example_is_left_alone(control: Control) -> None:
    for syntax, text in examples.each(control.good):
        if syntax == "compose":
            assert not _fixes(control, text)[0]


@pytest.mark.parametrize("control", [pytest.param(control, id=id) for id, control in FIXED.items()])
def test_fix_says_what_it_may_break(control: Control) -> None:
    assert any(_bad(control))
    for fix in control.fixes:
        assert fix.says and not fix.says.endswith(".")
        assert bool(fix.may_break) == (fix.kind is FixKind.TO_BE_PROVEN)


def test_no_fix_that_can_stop_a_service_is_called_safe() -> None:
    safe = {control.id for control in FIXED.values() for fix in control.fixes if fix.kind is FixKind.SAFE}
    assert safe == {"workload/host-view", "workload/log-rotation", "workload/pinned-image"}


def test_digest_only_where_the_engine_told_it_and_the_image_is_not_built_here() -> None:
    pinned = FIXED["workload/pinned-image"]
    for text in (
        "services: {web: {image: other}}",
        "services: {web: {image: shop, build: .}}",
        "services: {web: {image: '${X:-shop}'}}",
    ):
        assert not _fixes(pinned, text)[0]


def test_default_log_driver_is_limited_where_an_engine_told_it() -> None:
    text = "services: {web: {image: shop}}"
    units, findings = _judged(text)
    rotation = [finding for finding in findings if finding.control == "workload/log-rotation"]
    kinds = {
        driver: {
            fix.kind
            for fix in candidates(rotation, units, {"compose.yaml": text}.get, KnownToEngine(log_driver=driver))
        }
        for driver in ("json-file", "journald", "")
    }
    assert kinds == {"json-file": {FixKind.SAFE}, "journald": set(), "": {FixKind.TO_BE_PROVEN}}


def test_services_that_extend_the_repaired_one_are_named() -> None:
    text = "services: {web: {image: a, pid: host}, api: {extends: web}, b: {extends: {service: web}}, c: {image: c}}"
    units, findings = _judged(text)
    says = {fix.subject: fix.says for fix in candidates(findings, units, {"compose.yaml": text}.get)}
    assert says["compose.yaml#web"].endswith("it holds for api, b, too, by `extends`")
    assert not says["compose.yaml#c"].endswith("by `extends`")


def test_odd_file_has_fewer_fixes_and_no_crash() -> None:
    text = "services: {web: {image: a, pid: host}}"
    units, findings = _judged(text)
    odd = text.replace("pid: host", "pid: host, deploy: x, logging: [1], volumes: {}, sysctls: 7, security_opt: x")
    found = {fix.control for fix in candidates(findings, units, {"compose.yaml": odd}.get)}
    assert "workload/host-namespaces" in found and "workload/pids-limit" not in found


LAYOUTS = [
    "services:\n  web:\n    image: shop # ours\n    privileged: true\n\n  db:\n    image: postgres\n    # end\n",
    "x-a: &a\n  restart: always\nservices:\r\n  web:\r\n    <<: *a\r\n    image: shop\r\n  db: *a",
    "services: {web: {image: shop, pid: host}, db: {image: postgres}}",
]


@pytest.mark.parametrize("text", LAYOUTS)
def test_edits_of_a_fix_are_what_the_fix_makes(text: str) -> None:
    units, findings = _judged(text)
    fixes = fixes_for(findings, units, {"compose.yaml": text}.get)
    assert fixes
    for fix in fixes:
        assert fix.edits
        edited = edit_compose(text, fix.changes, file="compose.yaml")
        assert _applied(text, fix.edits).removesuffix("\n") == edited.removesuffix("\n")


def test_fix_that_would_change_another_service_has_no_edits_to_offer() -> None:
    text = "services:\n  web: &web\n    image: shop\n  api:\n    <<: *web\n    image: api\n"
    units, findings = _judged(text)
    offered = {fix.subject for fix in fixes_for(findings, units, {"compose.yaml": text}.get)}
    assert offered == {"compose.yaml#api"}


def _applied(text: str, edits: tuple[Edit, ...]) -> str:
    lines = list(_lines(text))
    for edit in sorted(edits, key=lambda edit: edit.first, reverse=True):
        lines[edit.first - 1 : edit.last] = [edit.text]
    return "".join(lines)


def _lines(text: str) -> Iterator[Any]:
    parts = text.split("\n")
    yield from (f"{part}\n" for part in parts[:-1])
    yield from [parts[-1]] if parts[-1] else []
