"""Limits of memory, CPU and processes hold only where kernel and engine can enforce them; else they are words."""

from __future__ import annotations

from typing import Any

from ...model.control import Control, Subject, owasp
from ...model.field import Set, Source, Unknown
from ...model.finding import Judgement, Remedy, failed, passed, unknown
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ..examples import engine_says, not_seen

_ABOUT = "engine"
_SOURCE = Source("GET /info")
_ABILITIES = {"MemoryLimit": "memory", "CpuCfsQuota": "CPU", "PidsLimit": "the number of processes"}
_ALL = {"MemoryLimit": True, "SwapLimit": True, "CpuCfsQuota": True, "PidsLimit": True, "CgroupDriver": "systemd"}

control = Control(
    id="engine/limits-enforceable",
    title="The engine can enforce limits of memory, CPU and processes",
    fault="The engine can't enforce limits of memory, CPU or processes",
    rationale="Without the control groups for it the engine takes a limit, warns once, and ignores it: one container "
    "then takes all memory of the host.",
    level=Level.RESTRICTED,
    severity=Severity.HIGH,
    demand="6.efficient",
    subject=Subject.MACHINE,
    references=(owasp("D07"),),
    remedy=Remedy(
        "Boot with cgroup v2 (`systemd.unified_cgroup_hierarchy=1`), or on version 1 with `cgroup_enable=memory "
        "swapaccount=1`, on the kernel's command line (GRUB_CMDLINE_LINUX in /etc/default/grub, then `update-grub`); under "
        "a rootless engine delegate the controllers to its user.",
        "a reboot of the host",
    ),
    check_yourself="docker info -f '{{.MemoryLimit}} {{.SwapLimit}} {{.CpuCfsQuota}} {{.PidsLimit}} {{.CgroupDriver}}'",
    bad={
        "snapshot": [
            engine_says(**{**_ALL, "MemoryLimit": False}),
            engine_says(**{**_ALL, "PidsLimit": False}),
            engine_says(**{**_ALL, "CgroupDriver": "none"}),
        ]
    },
    good={"snapshot": engine_says(**_ALL)},
    unclear={"snapshot": {"engine": {"info": not_seen()}}},
)


@control.judge
def limits_enforceable(machine: Machine) -> Judgement:
    info = machine.engine.info
    if isinstance(info, Unknown):
        return unknown(info.reason, _SOURCE, tell=info.tell, about=_ABOUT)
    said: dict[str, Any] = info.value if isinstance(info, Set) else {}
    if said.get("CgroupDriver") == "none":
        return failed("the engine has no cgroup driver: no limit of any container holds", _SOURCE, about=_ABOUT)
    missing = [what for key, what in _ABILITIES.items() if said.get(key) is False]
    if said.get("SwapLimit") is False and _has_swap(machine):
        missing.append("swap")
    if missing:
        return failed(f"limits of {', '.join(missing)} are taken and not enforced", _SOURCE, about=_ABOUT)
    if not all(key in said for key in _ABILITIES):
        return unknown("the engine did not say which limits it can enforce", _SOURCE, about=_ABOUT)
    return passed("limits of memory, CPU and processes are enforced", _SOURCE, about=_ABOUT)


def _has_swap(machine: Machine) -> bool:
    memory = machine.host.memory
    return isinstance(memory, Set) and memory.value.swap_total > 0
