"""Packages that were installed inside a running container are in no image: the next start is without them."""

from __future__ import annotations

from ...model.control import Control, Subject, nist, owasp
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.levels import Level, Severity
from ...model.workload import Unit
from ._platforms import CONTAINERS
from ._written_layer import telling_changes

_WRITABLE = {"HostConfig": {"ReadonlyRootfs": False}}

control = Control(
    id="workload/upgraded-inside",
    title="Nobody installed or upgraded packages inside a running container",
    fault="{who} had packages installed or upgraded while running",
    rationale="A security upgrade inside a container lasts until it is recreated, and then the hole is open again while "
    "everybody believes it closed. Build a new image and redeploy.",
    level=Level.PRODUCTION,
    severity=Severity.HIGH,
    demand="2.redeploy",
    also_for=("2.immutable",),
    subject=Subject.UNIT,
    needs_running=True,
    platforms=CONTAINERS,
    references=(nist("4.1.1"), nist("4.4.4"), owasp("D02"), owasp("D09")),
    remedy=Remedy("Rebuild the image with the upgrade and redeploy.", "recreates the container"),
    check_yourself="docker diff {name} | grep -E 'dpkg|rpm|apk|dist-info|node_modules'",
    bad={
        "running": [
            {"inspect": _WRITABLE, "changes": ["C /var/lib/dpkg", "C /var/lib/dpkg/status", "A /usr/bin/curl"]},
            {"inspect": _WRITABLE, "changes": ["C /lib/apk/db/installed"]},
            {"inspect": _WRITABLE, "changes": ["C /var/lib/rpm/rpmdb.sqlite"]},
            {
                "inspect": _WRITABLE,
                "changes": ["A /usr/local/lib/python3.13/site-packages/requests-2.32.3.dist-info/METADATA"],
            },
        ]
    },
    good={
        "running": [
            {"inspect": _WRITABLE, "changes": []},
            {"inspect": _WRITABLE, "changes": ["A /usr/bin/nc"]},  # a change by hand: workload/drift
            {"inspect": _WRITABLE, "changes": ["C /var/lib/apt/lists", "A /var/lib/apt/lists/x_InRelease"]},
        ],
        "container": {"HostConfig": {"ReadonlyRootfs": True}},
    },
    unclear={"container": _WRITABLE},
)


@control.judge
def upgraded_inside(unit: Unit) -> Judgement:
    for container in unit.containers:
        written, read_only = container.changed_paths, container.read_only_root
        if isinstance(written, Set):
            changes = telling_changes(container, written.value)
            databases = [change for change in changes if change.is_package_database]
            if databases:
                return failed(f"a package manager was at work: {databases[0].says}", written.source)
            return passed("no package database was changed", written.source)
        if isinstance(read_only, Set) and read_only.value:
            return passed("its root file system is read-only: nothing can be installed", read_only.source)
        if isinstance(written, Unknown):
            return unknown(written.reason, written.source, tell=written.tell or f"docker diff {unit.name}")
    return not_applicable("it does not run", unit.source)
