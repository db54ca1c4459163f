"""Memory that makes errors changes data on its way to the disk, and backups keep the changed ones."""

from __future__ import annotations

from ...model.control import Control, Subject
from ...model.field import Set, Unset
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.host import Host
from ...model.levels import Level, Severity
from ..examples import absent, not_seen, on_host
from ._fields import not_known

control = Control(
    id="host/memory-errors",
    title="The memory makes no errors",
    fault="The memory makes errors",
    rationale="Corrected errors are the sign before those that are not. Uncorrected ones crash programs, or worse, "
    "do not: a wrong number is written to the database and to every backup.",
    level=Level.BASELINE,
    severity=Severity.HIGH,
    demand="7.foundation",
    subject=Subject.HOST,
    remedy=Remedy(
        "Find the module (`edac-util -v`, `ras-mc-ctl --errors`) and replace it.", "the host is off meanwhile"
    ),
    check_yourself="grep . /sys/devices/system/edac/mc/mc*/{ce,ue}_count",
    bad={"snapshot": on_host(memory_errors=12, virtualization="none")},
    good={"snapshot": on_host(memory_errors=0, virtualization="none")},
    unclear={
        "snapshot": [
            on_host(memory_errors=not_seen(), virtualization="none"),
            on_host(memory_errors=absent(), virtualization="none"),
        ]
    },
)


@control.judge
def memory_errors(host: Host) -> Judgement:
    errors = host.memory_errors
    if isinstance(errors, Set):
        says = f"{errors.value} memory errors since the start"
        return failed(says, errors.source) if errors.value else passed(says, errors.source)
    machine = host.virtualization
    if isinstance(machine, Set) and machine.value != "none":
        return not_applicable(f"a virtual machine ({machine.value}): its memory is watched outside", errors.source)
    if isinstance(errors, Unset):
        says = "this machine does not count memory errors: no ECC memory, or no EDAC driver"
        return unknown(says, errors.source, tell="a memory test (memtest86+)")
    return not_known(errors)
