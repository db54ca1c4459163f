"""No failure of the host or of the engine is met with silence: each has a step, or says what a person does instead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dockworthy.controls.judging import judge_machine
from dockworthy.controls.registry import all_controls
from dockworthy.harden.engine_ways import EngineWays, ServiceManager
from dockworthy.harden.planning import plan_of
from dockworthy.harden.situation import Situation
from dockworthy.harden.steps import plannings
from dockworthy.model.control import Control
from dockworthy.model.finding import Outcome
from dockworthy.model.hardening import Run, WriteFile
from dockworthy.model.levels import Level
from examples import each, machine_of

WAYS = EngineWays(manager=ServiceManager.SYSTEMD, argv=("/usr/bin/dockerd",))
OURS = {id: control for id, control in all_controls().items() if id.split("/")[0] in ("host", "engine")}
BAD: list[tuple[Control, str, Any]] = [
    (control, syntax, example) for control in OURS.values() for syntax, example in each(control.bad)
]


def test_every_control_is_known() -> None:
    assert not OURS.keys() - plannings().keys()


@pytest.mark.parametrize(
    ("control", "syntax", "example"), BAD, ids=[f"{control.id}-{number}" for number, (control, *_) in enumerate(BAD)]
)
def test_each_failure_has_a_step_or_words(control: Control, syntax: str, example: Any, tmp_path: Path) -> None:
    machine = machine_of(syntax, example, tmp_path)
    said = [finding for finding in judge_machine(machine, Level.PRODUCTION) if finding.control == control.id]
    findings = [finding for finding in said if finding.outcome is Outcome.FAIL]
    if not findings:
        assert any(finding.outcome is Outcome.PENDING for finding in said)
        return  # mended already, and waiting
    plan = plan_of(findings, Situation(machine=machine, ways=WAYS), "this host")
    assert plan.steps or plan.not_done
    for left in plan.not_done:
        assert left.why and left.instead, left
    for step in plan.steps:
        assert step.title and step.causes and step.deeds and step.undone_by and step.diff, step
        # What changes something is taken back by a command of its own, or with a file.
        runs = [deed for deed in step.deeds if isinstance(deed, Run)]
        assert all(run.says for run in runs)
        assert any(run.undo for run in runs) or any(not isinstance(deed, Run) for deed in step.deeds)
        assert all(deed.after != deed.before for deed in step.deeds if isinstance(deed, WriteFile))
