"""Settings of the kernel: now, and from each start on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from ...controls.host.kernel_capacity import WANTED as CAPACITY
from ...controls.host.kernel_hardening import WANTED as HARDENING
from ...controls.host.network_sysctls import WANTED as NETWORK
from ...model.field import Set
from ...model.finding import Finding
from ...model.hardening import NotDone, Run, Step, WriteFile
from ..situation import Planning, Situation, causes_of

_BACK = '[ "$(sysctl -n "$1" | tr "\\t" " ")" = "$2" ] || sysctl -q -w "$1=$2"'
"""A setting that could not be changed can't be set back either, and need not be."""

_SHUT = "kernel settings that can't be set"
_HEAD = "# Written by dockworthy harden.\n"


def plan_kernel_settings(
    title: str, file: str, values: Mapping[str, str], findings: Sequence[Finding], situation: Situation
) -> Iterator[Step | NotDone]:
    """One file for all settings of the control; what stands in it already stays in it."""
    names = [finding.subject.partition(":")[2] for finding in findings]
    wanted = {name: values[name] for name in names if name in values}
    if shut := [name for name in wanted if name in situation.answers.get(_SHUT, "").split()]:
        yield NotDone(
            id=findings[0].control,
            why=f"this host can't set {', '.join(shut)}: it is a container, and these are of the machine around it",
            instead=f"there: sysctl -w {' '.join(f'{name}={wanted[name]}' for name in shut)}, and in /etc/sysctl.d",
        )
        wanted = {name: value for name, value in wanted.items() if name not in shut}
    if not wanted:
        return
    yield Step(
        id=findings[0].control,
        title=title,
        causes=causes_of(findings),
        deeds=set_in_kernel(file, wanted, situation),
        undone_by=AS_BEFORE,
    )


AS_BEFORE = "the file as it was, and each setting's old value"


def set_in_kernel(file: str, wanted: Mapping[str, str], situation: Situation) -> tuple[WriteFile | Run, ...]:
    """Settings that hold now, and from each start on by `file` in /etc/sysctl.d."""
    before = situation.files.get(file)
    return (
        WriteFile(path=file, before=before, after=_with_settings(before, wanted), mode=0o644, owner=(0, 0)),
        *(_now(name, value, situation) for name, value in wanted.items()),
    )


def _now(name: str, value: str, situation: Situation) -> Run:
    old = situation.machine.host.sysctls.get(name)
    undo = ("sh", "-c", _BACK, "sh", name, old.value) if isinstance(old, Set) else ()
    return Run(argv=("sysctl", "-q", "-w", f"{name}={value}"), undo=undo, says=f"{name} could not be set")


def _with_settings(before: str | None, wanted: Mapping[str, str]) -> str:
    lines = (before or _HEAD).splitlines()
    kept = [line for line in lines if line.partition("=")[0].strip() not in wanted]
    return "\n".join([*kept, *(f"{name} = {value}" for name, value in wanted.items())]) + "\n"


def _ask_shut() -> str:
    """Prints those that are there and can't be written, not even by root: /proc/sys is read-only in a container."""
    names = " ".join(sorted({*CAPACITY, *HARDENING, *NETWORK}))
    path = "/proc/sys/$(echo $name | tr . /)"
    return f"for name in {names}; do [ ! -e {path} ] || [ -w {path} ] || echo $name; done"


def _planning(title: str, file: str, values: Mapping[str, str]) -> Planning:
    return Planning(plan=partial(plan_kernel_settings, title, file, values), reads=(file,), asks={_SHUT: _ask_shut()})


PLANNINGS = {
    "host/kernel-capacity": _planning(
        "The kernel's limits fit many containers",
        "/etc/sysctl.d/60-dockworthy-capacity.conf",
        {name: wanted.value for name, wanted in CAPACITY.items()},
    ),
    "host/kernel-hardening": _planning(
        "Harden the kernel against its own users",
        "/etc/sysctl.d/60-dockworthy-kernel.conf",
        {name: wanted.value for name, wanted in HARDENING.items()},
    ),
    "host/network-sysctls": _planning(
        "The kernel forwards and filters containers' traffic",
        "/etc/sysctl.d/60-dockworthy-network.conf",
        {name: wanted.value for name, wanted in NETWORK.items()},
    ),
}
