"""What a program must not mend: why, and what a person does instead (that stands with the control)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from ...model.finding import Finding
from ...model.hardening import NotDone
from ..situation import Planning, Situation

_WHO = "whose login it is, and who still needs it, only people know"
_DISK = "it needs another disk or file system, and the data has to be moved"
_ILL = "hardware that fails is replaced, not configured"
_LOAD = "what to stop, to limit or to move is a decision about the services that run here"

REASONS = {
    "engine/api-tls": "who has to reach the engine's API, and from where, only people know; where it must be "
    "TCP, `dockworthy harden --remote-access ADDRESS` makes the certificates",
    "host/accounts-without-password": _WHO,
    "host/certificates": "who issues its successor, and who must trust it, only its owner knows",
    "host/cgroup-version": "cgroup v2 is chosen at boot, on the kernel's command line",
    "host/cpu-load": _LOAD,
    "host/data-root-filesystem": _DISK,
    "host/data-root-health": "a damaged file system is saved before it is mended",
    "host/disk-full-in": "what may be deleted, only its owner knows: never volumes without looking",
    "host/disk-health": _ILL,
    "host/disk-room": "what may be deleted, only its owner knows: never volumes without looking",
    "host/engine-package": "another package of the engine means to stop all containers, and to move their data",
    "host/firewall": "which ports are meant to be open, only its owner knows",
    "host/kernel-taint": "the kernel tells of damage: its cause comes first, and then a reboot",
    "host/mandatory-access": "AppArmor and SELinux are chosen at boot, and can stop programs that were not written "
    "for them",
    "host/memory-errors": _ILL,
    "host/memory-headroom": _LOAD,
    "host/name-servers": "which name servers your network has, only its owner knows",
    "host/plugin-sockets": "whether the plugin is to be started again or taken away, only its owner knows",
    "host/second-factor": "everybody has to set up their second factor first",
    "host/second-root": _WHO,
    "host/stale-logins": _WHO,
    "host/sudo-passwords": "accounts without a password would lose sudo, and scripts that call it would stop",
}


def plan_by_hand(why: str, findings: Sequence[Finding], situation: Situation) -> Iterator[NotDone]:
    """One for the control; the objects that it is about stand in `why`."""
    objects = [about for finding in findings if (about := finding.subject.partition(":")[2])]
    remedy = findings[0].remedy
    facts = f" ({', '.join(objects)})" if objects else ""
    instead = "" if remedy is None else remedy.says
    yield NotDone(id=findings[0].control, why=f"{why}{facts}", instead=instead)


PLANNINGS = {id: Planning(plan=partial(plan_by_hand, why)) for id, why in REASONS.items()}
