"""The kernel marks itself when something went wrong inside it; after that nothing it says can be trusted."""

from __future__ import annotations

from typing import Any

from ...model.control import Control, Subject
from ...model.field import Set
from ...model.finding import Judgement, Remedy, failed, passed
from ...model.host import Host
from ...model.levels import Level, Severity
from ..examples import not_seen
from ._fields import not_known

_MARKS = {
    1: "a module was loaded by force",
    4: "the processor reported a machine check",
    5: "a memory page was corrupt",
    7: "the kernel crashed in part (oops) and went on",
    14: "a processor was stuck (lockup)",
}
"""Bit of /proc/sys/kernel/tainted -> what it says. The others (modules from elsewhere, warnings) are no damage."""


def _kernel(taint: int) -> dict[str, Any]:
    return {"host": {"kernel": {"taint": taint}}}


control = Control(
    id="host/kernel-taint",
    title="The running kernel has seen no damage",
    fault="The running kernel reports damage",
    rationale="After a machine check, a corrupt page or an oops parts of the kernel have stopped or are wrong. It "
    "goes on, loses data now and then, and hangs at the next occasion.",
    level=Level.PRODUCTION,
    severity=Severity.HIGH,
    demand="7.foundation",
    subject=Subject.HOST,
    remedy=Remedy("Read `dmesg` for the first error, mend its cause (memory, driver, kernel), and reboot.", "a reboot"),
    check_yourself="cat /proc/sys/kernel/tainted; dmesg | grep -iE 'oops|bug:|machine check|lockup'",
    bad={"snapshot": [_kernel(1 << 7), _kernel((1 << 4) + (1 << 12))]},
    good={"snapshot": [_kernel(0), _kernel(1 << 12)]},
    unclear={"snapshot": {"host": {"kernel": not_seen()}}},
)


@control.judge
def kernel_taint(host: Host) -> Judgement:
    kernel = host.kernel
    if not isinstance(kernel, Set):
        return not_known(kernel, what="the kernel")
    marks = [says for bit, says in _MARKS.items() if kernel.value.taint >> bit & 1]
    if marks:
        return failed(f"tainted {kernel.value.taint}: {', '.join(marks)}", kernel.source)
    return passed(f"tainted {kernel.value.taint}: no damage", kernel.source)
