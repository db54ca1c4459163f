"""Updates and reboots that wait are announced, with the command that a person gives, and never done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dockworthy.controls.judging import judge_machine
from dockworthy.harden.engine_ways import EngineWays, ServiceManager
from dockworthy.harden.planning import plan_of
from dockworthy.harden.situation import Situation
from dockworthy.model.finding import Outcome
from dockworthy.model.hardening import NotDone
from dockworthy.model.levels import Level
from examples import machine_of

ENGINE = {"name": "docker.io", "version": "26.1.4", "candidate": "26.1.5", "security": True, "listed": True}
KERNEL = {"name": "linux-image-amd64", "version": "6.12.57-1", "candidate": "6.12.63-1", "listed": True}


def left_of(control: str, folder: Path, **host: Any) -> NotDone:
    machine = machine_of("snapshot", {"host": host}, folder)
    findings = [
        finding
        for finding in judge_machine(machine, Level.PRODUCTION)
        if finding.control == control and finding.outcome is Outcome.FAIL
    ]
    plan = plan_of(findings, Situation(machine=machine, ways=EngineWays(manager=ServiceManager.SYSTEMD)), "this host")
    assert not plan.steps
    (left,) = plan.not_done
    return left


def test_an_upgrade_of_the_engine_says_what_it_restarts(tmp_path: Path) -> None:
    left = left_of("host/pending-updates", tmp_path, packages=[KERNEL, ENGINE])
    assert "docker.io 26.1.4 to 26.1.5, a security update; linux-image-amd64" in left.why
    assert "restarts it: no container runs" in left.why and "next reboot" in left.why
    assert left.instead == "apt-get update && apt-get install --only-upgrade linux-image-amd64 docker.io"


def test_a_held_package_is_held_again(tmp_path: Path) -> None:
    left = left_of("host/pending-updates", tmp_path, packages=[{**ENGINE, "held": True}])
    assert "apt-mark unhold docker.io && " in left.instead and left.instead.endswith("&& apt-mark hold docker.io")


def test_a_reboot_is_announced(tmp_path: Path) -> None:
    left = left_of("host/reboot-required", tmp_path, reboot_required=True)
    assert "stops no container" in left.why and "maintenance window" in left.instead
