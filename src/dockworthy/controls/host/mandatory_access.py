"""AppArmor or SELinux is the wall that still stands when a process has broken out of its namespaces."""

from __future__ import annotations

from typing import Any

from ...model.control import Control, Subject, nist
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy, failed, passed, unknown
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ..examples import both, engine_says, not_seen, on_host
from ._fields import HOST, not_known

_WALLS = ("apparmor", "selinux")


def _both(lsm: list[str], *options: str) -> dict[str, Any]:
    said = ["name=seccomp,profile=builtin", *(f"name={option}" for option in options)]
    return both(on_host(lsm=lsm), engine_says(SecurityOptions=said))


control = Control(
    id="host/mandatory-access",
    title="AppArmor or SELinux confines containers",
    fault="Neither AppArmor nor SELinux confines containers",
    rationale="It forbids containers to mount, to trace other processes and to write to the kernel's own files, "
    "whatever their root may do. It has to be in the kernel, and the engine has to use it.",
    level=Level.RESTRICTED,
    severity=Severity.HIGH,
    demand="1.privileges",
    subject=Subject.MACHINE,
    references=(nist("4.4.3"), nist("4.5.2")),
    remedy=Remedy(
        "Debian, Ubuntu: install `apparmor` and boot with `apparmor=1 security=apparmor` on the kernel's command line "
        "(GRUB_CMDLINE_LINUX in /etc/default/grub, then `update-grub`). Red Hat, Fedora: SELinux enforcing, "
        '`"selinux-enabled": true` in daemon.json, and the package container-selinux.',
        "a reboot of the host, or a restart of the engine; with SELinux bind mounts need `:z` or `:Z`",
    ),
    check_yourself="cat /sys/kernel/security/lsm; docker info -f '{{.SecurityOptions}}'",
    bad={"snapshot": [_both(["capability", "yama"]), _both(["capability", "selinux"]), _both(["apparmor"])]},
    good={"snapshot": [_both(["capability", "apparmor"], "apparmor"), _both(["selinux"], "selinux")]},
    unclear={
        "snapshot": [
            both(on_host(lsm=not_seen()), {"engine": {"info": not_seen()}}),
            both(on_host(lsm=["apparmor"]), {"engine": {"info": not_seen()}}),
        ]
    },
)


@control.judge
def mandatory_access(machine: Machine) -> Judgement:
    used = _used_by_engine(machine)
    if used:
        return passed(f"{' and '.join(used)} in use", machine.engine.info.source, about=HOST)
    lsm = machine.host.lsm
    if isinstance(lsm, Set) and not set(lsm.value) & set(_WALLS):
        return failed(
            f"security modules of the kernel that are active: {', '.join(lsm.value) or 'none'}", lsm.source, about=HOST
        )
    if used is None:
        if not isinstance(lsm, Set):
            return not_known(lsm, about=HOST, what="the list of security modules")
        why = machine.engine.info.reason if isinstance(machine.engine.info, Unknown) else "it did not say"
        return unknown(f"active in the kernel; whether the engine uses it: {why}", lsm.source, about=HOST)
    active = [wall for wall in _WALLS if isinstance(lsm, Set) and wall in lsm.value]
    says = f"{' and '.join(active) or 'no security module'} of the kernel: not used by the engine"
    return failed(says, machine.engine.info.source, about=HOST)


def _used_by_engine(machine: Machine) -> list[str] | None:
    """None where the engine did not tell."""
    info = machine.engine.info
    options = info.value.get("SecurityOptions") if isinstance(info, Set) else None
    if not isinstance(options, list):
        return None
    names = {str(option).split(",", 1)[0].removeprefix("name=") for option in options}
    return [wall for wall in _WALLS if wall in names]
