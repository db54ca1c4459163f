"""The package lists know a newer engine, runtime or kernel than the one installed."""

from __future__ import annotations

from typing import Any

from ...model.control import Control, Subject, nist, owasp
from ...model.field import Set
from ...model.finding import Evidence, Judgement, Outcome, Remedy, not_applicable, passed, unknown
from ...model.host import Package
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ...model.moments import whole_days_between
from ..examples import not_seen, on_host
from ._fields import HOST, in_both, not_known

_STALE = 7
"""Days after which package lists say nothing about today."""


def _installed(candidate: str = "", *, listed: bool = True, lists: str = "2026-11-23T06:00:00Z") -> dict[str, Any]:
    package = {"name": "docker-ce", "version": "5:29.7.1", "candidate": candidate, "listed": listed}
    updates = {"program": "unattended-upgrades", "enabled": True, "package_lists_read": lists}
    return on_host(packages=[package], automatic_updates=updates)


control = Control(
    id="host/pending-updates",
    title="No update of engine, runtime or kernel is waiting",
    fault="Updates of engine, runtime or kernel are waiting",
    rationale="The fix exists, everybody can read what it mends, and this host does not have it.",
    level=Level.BASELINE,
    severity=Severity.HIGH,
    demand="5.current",
    subject=Subject.MACHINE,
    references=(*in_both("1.2.2"), nist("4.4.1"), nist("4.5.3"), owasp("D02")),
    remedy=Remedy(
        "Install the update (Red Hat, Fedora: `dnf upgrade`). Before a new major version of the engine read its release "
        "notes, and find clients that speak an old API version. A package that is held back: `apt-mark unhold NAME` first.",
        "a restart of the engine stops containers unless live-restore is on; a kernel needs a reboot",
        "apt-get update && apt-get upgrade --with-new-pkgs",
    ),
    check_yourself="apt-get update; apt list --upgradable 2>/dev/null | grep -E 'docker|containerd|runc|linux-image'",
    bad={"snapshot": _installed("5:29.7.2")},
    good={"snapshot": _installed()},
    unclear={
        "snapshot": [
            on_host(packages=not_seen()),
            _installed(listed=False),
            _installed(lists="2026-09-01T06:00:00Z"),
            _installed(lists=""),
        ]
    },
)


@control.judge
def pending_updates(machine: Machine) -> Judgement:
    packages = machine.host.packages
    if not isinstance(packages, Set):
        return not_known(packages, about=HOST, what="a package manager")
    waiting = [package for package in packages.value if package.candidate]
    if waiting:
        evidence = tuple(Evidence(_words(package), packages.source) for package in _most_serious_first(waiting))
        return Judgement(Outcome.FAIL, evidence, about=HOST)
    if not packages.value:
        return not_applicable("neither engine nor kernel came from a package", packages.source, about=HOST)
    unlisted = [package.name for package in packages.value if not package.listed]
    if unlisted:
        says = f"no package list tells of {', '.join(unlisted)}"
        return unknown(says, packages.source, tell="apt-get update", about=HOST)
    return _judge_lists(machine, packages)


def _judge_lists(machine: Machine, packages: Set[tuple[Package, ...]]) -> Judgement:
    updates = machine.host.automatic_updates
    read = updates.value.package_lists_read if isinstance(updates, Set) else ""
    age = whole_days_between(read, machine.taken)
    if age is None:
        says = "no update is known, but when the package lists were read is not"
        return unknown(says, packages.source, tell="apt-get update", about=HOST)
    if age > _STALE:
        says = f"no update is known, but the package lists are {age} days old"
        return unknown(says, updates.source, tell="apt-get update", about=HOST)
    names = ", ".join(f"{package.name} {package.version}" for package in packages.value)
    return passed(f"up to date: {names}", packages.source, about=HOST)


def _words(package: Package) -> str:
    kind = "security update" if package.security else "update"
    held = ", held back" if package.held else ""
    return f"{package.name} {package.version}: {kind} {package.candidate} is waiting{held}"


def _most_serious_first(packages: list[Package]) -> list[Package]:
    return sorted(packages, key=lambda package: (not package.security, package.name))
