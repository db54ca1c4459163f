"""Containers live under a cgroup of their own; put into the system's, they compete with the engine itself."""

from __future__ import annotations

from typing import Any

from ...model.control import Control, Subject, cis, owasp
from ...model.engine import Engine
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ..examples import settings_not_seen
from ._settings import judge_setting

_OF_THE_SYSTEM = ("", "-.slice", "system.slice", "user.slice", "init.scope", "machine.slice")

control = Control(
    id="engine/cgroup-parent",
    title="Containers live under a cgroup of their own",
    fault="Containers share a cgroup with the host's own services",
    rationale="In the root cgroup, or in the one of the system's services, containers share the limits of the engine, "
    "of SSH and of everything else: a busy one slows down the host itself.",
    level=Level.RESTRICTED,
    severity=Severity.LOW,
    demand="1.privileges",
    subject=Subject.ENGINE,
    references=(cis("1.6.0", "2.10"), cis("1.8.0", "2.11"), owasp("D07")),
    remedy=Remedy(
        "Remove `cgroup-parent`, or name a slice that holds nothing but containers.",
        "restart of the engine: containers stop unless live-restore is on, and move when they are recreated",
    ),
    check_yourself="grep -s cgroup-parent /etc/docker/daemon.json; systemctl show -p ExecStart docker",
    bad={"daemon.json": ['{"cgroup-parent": "/"}', '{"cgroup-parent": "system.slice"}']},
    good={"daemon.json": ["{}", '{"cgroup-parent": "containers.slice"}']},
    unclear={"snapshot": settings_not_seen()},
)


@control.judge
def cgroup_parent(engine: Engine) -> Judgement:
    return judge_setting(engine, "cgroup-parent", _fault, "containers have a cgroup of their own")


def _fault(parent: Any) -> str:
    if not parent:
        return ""
    shared = str(parent).strip("/") in _OF_THE_SYSTEM
    return f"cgroup-parent {parent} is shared with the host's own services" if shared else ""
