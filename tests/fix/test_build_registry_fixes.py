"""Every control's own repair of a Dockerfile, on its own examples: the finding is gone, and no other one comes."""

from __future__ import annotations

import pytest

import examples
from dockworthy.controls.registry import all_controls
from dockworthy.model.control import Control
from dockworthy.model.finding import Outcome
from dockworthy.model.fix import FixKind
from fix.build_repairs import judged, repaired

DIGEST = "sha256:" + "a" * 64
KNOWN = {"python": DIGEST, "python:latest": DIGEST, "python:3.13-slim": DIGEST, "composer:2": DIGEST}

FIXED = {control.id: control for control in all_controls().values() if control.build_fixes}

BY_HAND = {
    ("build/absolute-workdir", "WORKDIR $D"),
    ("build/distribution-upgrade", "do-release-upgrade"),
    ("build/exec-form", '["sh", "-c"'),
    ("build/lint", "EXPOSE 80000"),
    ("build/non-root-user", "USER root"),
    ("build/non-root-user", "USER 0:0"),
    ("build/non-root-user", "USER +0"),
    ("build/non-root-user", "USER :1000"),
    ("build/non-root-user", "python:3.13"),
    ("build/non-root-user", "FROM scratch"),
    ("build/package-lists", "apk -q update"),
    ("build/pinned-base", "${TAG}"),
    ("build/sudo", "USER app"),
}
"""Bad examples that only a person can mend: what their text holds."""

CASES = [
    pytest.param(control, text, id=f"{id}-{number}")
    for id, control in FIXED.items()
    for number, (syntax, text) in enumerate(examples.each(control.bad))
    if syntax == "dockerfile" and isinstance(text, str)
]


@pytest.mark.parametrize(("control", "text"), CASES)
def test_bad_example_is_repaired(control: Control, text: str) -> None:
    done = repaired(text, control.id.partition("/")[2], digests=KNOWN)
    if any(control.id == id and part in text for id, part in BY_HAND):
        assert done.text == text and not done.made
        return
    outcomes = {finding.outcome for finding in judged(done.text).findings if finding.control == control.id}
    assert outcomes == {Outcome.PASS}
    assert {fix.control for fix in done.made} == {control.id} and not done.not_made


@pytest.mark.parametrize("control", [pytest.param(control, id=id) for id, control in FIXED.items()])
def test_fix_says_what_it_may_break(control: Control) -> None:
    for fix in control.build_fixes:
        assert fix.says and not fix.says.endswith(".")
        assert bool(fix.may_break) == (fix.kind is FixKind.TO_BE_PROVEN)


def test_no_fix_that_can_stop_a_build_or_a_service_is_called_safe() -> None:
    safe = {
        control.id.partition("/")[2]
        for control in FIXED.values()
        if any(fix.kind is FixKind.SAFE for fix in control.build_fixes)
    }
    assert safe == {
        "absolute-workdir", "copy-not-add", "current-instructions", "lint", "package-cache", "package-lists",
        "pinned-base", "single-instructions",
    }  # fmt: skip


def test_distroless_image_has_a_user_whatever_its_tag() -> None:
    text = "FROM gcr.io/distroless/static-debian13\nCOPY shop /\n"
    assert repaired(text, "non-root-user").text == f"{text}USER 65532:65532\n"
    assert not repaired(text, "non-root-user", safe=True).made
