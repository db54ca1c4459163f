"""Updates and reboots that wait: announced with what they will stop, never done by themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...model.field import Set
from ...model.finding import Finding
from ...model.hardening import NotDone
from ..disturbance import containers_of_a_reboot, containers_of_a_restart
from ..situation import Planning, Situation
from .automatic_updates import upgrade_command

_RESTARTS_ENGINE = ("docker.io", "docker-ce", "docker-engine", "moby-engine", "docker-ee")


def plan_pending_updates(findings: Sequence[Finding], situation: Situation) -> Iterator[NotDone]:
    packages = situation.machine.host.packages
    waiting = [package for package in packages.value if package.candidate] if isinstance(packages, Set) else []
    if not waiting:
        return
    names = [package.name for package in waiting]
    words = [
        f"{package.name} {package.version} to {package.candidate}" + (", a security update" if package.security else "")
        for package in sorted(waiting, key=lambda package: (not package.security, package.name))
    ]
    effects = []
    if any(name in _RESTARTS_ENGINE for name in names):
        effects.append(f"the engine's upgrade restarts it: {containers_of_a_restart(situation)}")
    if any(name.startswith("linux-") for name in names):
        effects.append("a new kernel runs from the next reboot on")
    effects = effects or ["containers that run keep what they were started with"]
    yield NotDone(
        id=findings[0].control,
        why=f"an upgrade is done by plan, host by host: {'; '.join(words)}; {'; '.join(effects)}",
        instead=upgrade_command(situation, names),
    )


def plan_reboot(findings: Sequence[Finding], situation: Situation) -> Iterator[NotDone]:
    """Also for what only a reboot mends."""
    yield NotDone(
        id=findings[0].control,
        why=f"nothing reboots a host by itself here; a reboot stops {containers_of_a_reboot(situation)}",
        instead="reboot in a maintenance window (systemctl reboot), then see what came back: dockworthy assess",
    )


def plan_kernel(findings: Sequence[Finding], situation: Situation) -> Iterator[NotDone]:
    """An old kernel: a newer one is installed by hand, and booted."""
    yield NotDone(
        id=findings[0].control,
        why=f"a kernel is changed by plan; the reboot stops {containers_of_a_reboot(situation)}",
        instead="apt-get update && apt-get dist-upgrade (or the newer release of the distribution), then reboot",
    )


PLANNINGS = {
    "host/pending-updates": Planning(plan=plan_pending_updates),
    "host/reboot-required": Planning(plan=plan_reboot),
    "host/kernel-current": Planning(plan=plan_kernel),
}
