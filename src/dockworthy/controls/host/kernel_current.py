"""All containers share the host's kernel, so its holes are theirs: an old kernel is an open one."""

from __future__ import annotations

from typing import Any

from ...model.control import Control, Subject, nist, owasp
from ...model.field import Set
from ...model.finding import Judgement, Remedy, failed, passed, unknown
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ...model.moments import whole_days_between
from ..examples import not_seen
from ._fields import HOST, not_known

_TOO_OLD = 365
"""Days since the build: distributions rebuild their kernels with each round of fixes, several times a year."""

_OVERLAY2_SINCE = (4, 0)

_TELL = (
    "`zcat /usr/share/doc/linux-image-$(uname -r)/changelog.Debian.gz | head -1`, `rpm -q --qf '%{BUILDTIME:date}' "
    "kernel-core-$(uname -r)`, or who makes it; then state it under `evidence:` in dockworthy.yaml (demand: 5.current, "
    "who says so, until when), or accept it by an exception"
)


def _kernel(release: str, built: str) -> dict[str, Any]:
    return {"host": {"kernel": {"release": release, "built": built}}}


control = Control(
    id="host/kernel-current",
    title="The running kernel was built within the last year",
    fault="The running kernel is more than a year old",
    rationale="A container is a process of this kernel. Each year brings local holes that are also ways out of a "
    "container; a kernel that was built a year ago has none of the fixes since.",
    level=Level.BASELINE,
    severity=Severity.HIGH,
    demand="5.current",
    subject=Subject.MACHINE,
    references=(nist("4.5.3"), owasp("D02")),
    remedy=Remedy("Install the newest kernel of the distribution and boot it.", "a reboot of the host"),
    check_yourself="uname -rv",
    bad={"snapshot": [_kernel("5.10.0-8", "2024-03-01"), _kernel("3.10.0-1160", "2026-11-01")]},
    good={"snapshot": _kernel("6.12.57", "2026-11-05")},
    unclear={"snapshot": [_kernel("6.12.57", ""), {"host": {"kernel": not_seen()}}]},
)


@control.judge
def kernel_current(machine: Machine) -> Judgement:
    kernel = machine.host.kernel
    if not isinstance(kernel, Set):
        return not_known(kernel, about=HOST, what="the kernel's version")
    release, built = kernel.value.release, kernel.value.built
    if (number := _numbers(release)) and number < _OVERLAY2_SINCE:
        return failed(f"kernel {release} is older than overlay2 and cgroup v2", kernel.source, about=HOST)
    age = whole_days_between(built, machine.taken)
    if age is None:
        says = f"kernel {release} does not tell when it was built; whether its makers still mend it is not known"
        return unknown(says, kernel.source, about=HOST, tell=_TELL)
    if age > _TOO_OLD:
        return failed(f"kernel {release} was built on {built}, {age} days ago", kernel.source, about=HOST)
    return passed(f"kernel {release} was built on {built}", kernel.source, about=HOST)


def _numbers(release: str) -> tuple[int, int] | None:
    parts = release.split(".")
    if len(parts) < 2 or not (parts[0].isdigit() and parts[1].isdigit()):
        return None
    return int(parts[0]), int(parts[1])
