"""A container that was changed by hand is no longer what its image says, and the change is lost with it."""

from __future__ import annotations

from ...model.control import Control, Subject, nist, owasp
from ...model.field import Set, Source, Unknown
from ...model.finding import Evidence, Judgement, Outcome, Remedy, not_applicable, passed, unknown
from ...model.levels import Level, Severity
from ...model.workload import Container, Unit
from ._platforms import CONTAINERS
from ._written_layer import LayerChange, LayerChangeKind, telling_changes

_WRITABLE = {"HostConfig": {"ReadonlyRootfs": False}}

control = Control(
    id="workload/drift",
    title="Nobody changed a container since it was started",
    fault="{who} [was|were] changed after the start",
    rationale="What was written into a container's own layer stands in no image and no repository: the next deploy "
    "loses it, and an intruder's work looks the same.",
    level=Level.PRODUCTION,
    severity=Severity.HIGH,
    demand="2.immutable",
    subject=Subject.UNIT,
    needs_running=True,
    platforms=CONTAINERS,
    references=(nist("4.4.5"), nist("4.4.4"), owasp("D09")),
    remedy=Remedy(
        "Put the change into the image and redeploy; let the program write its data to a volume, the rest to a tmpfs.",
        "recreates the container: what was written in it is gone",
    ),
    check_yourself="docker diff {name}",
    bad={
        "running": [
            {"inspect": _WRITABLE, "changes": ["C /etc", "C /etc/passwd"]},
            {"inspect": _WRITABLE, "changes": ["C /usr", "C /usr/bin", "A /usr/bin/nc"]},
            {"inspect": _WRITABLE, "changes": ["D /bin/busybox"]},
            {"inspect": _WRITABLE, "changes": ["C /usr", "C /usr/sbin", "A /usr/sbin/docker-init"]},
            {"inspect": _WRITABLE, "changes": ["C /app", "A /app/uploads", "A /app/uploads/1.jpg"]},
        ]
    },
    good={
        "running": [
            {"inspect": _WRITABLE, "changes": []},
            {"inspect": _WRITABLE, "changes": ["C /tmp", "A /tmp/x", "C /var", "C /var/log", "A /var/log/shop.log"]},
            {"inspect": _WRITABLE, "changes": ["C /run", "A /run/shop.pid", "C /etc", "A /etc/mtab"]},
            {
                "inspect": {"HostConfig": {"ReadonlyRootfs": False, "Init": True}},
                "changes": ["C /usr", "C /usr/sbin", "A /usr/sbin/docker-init"],
            },
            {
                "inspect": {
                    **_WRITABLE,
                    "Mounts": [{"Type": "volume", "Name": "d", "Destination": "/srv/data", "RW": True}],
                },
                "changes": ["A /srv", "A /srv/data"],
            },
        ],
        "container": {"HostConfig": {"ReadonlyRootfs": True}},
    },
    unclear={"container": _WRITABLE},
)

_SHOWN = 5


@control.judge
def drift(unit: Unit) -> Judgement:
    for container in unit.containers:
        written, read_only = container.changed_paths, container.read_only_root
        if isinstance(written, Set):
            return _judge(container, written)
        if isinstance(read_only, Set) and read_only.value:
            return passed("its root file system is read-only: nothing can change", read_only.source)
        if isinstance(written, Unknown):
            return unknown(written.reason, written.source, tell=written.tell or f"docker diff {unit.name}")
    return not_applicable("it does not run", unit.source)


def _judge(container: Container, written: Set[tuple[str, ...]]) -> Judgement:
    changes = telling_changes(container, written.value)
    if any(change.is_package_database for change in changes):
        changes = [change for change in changes if not change.is_by_packages]
        if not changes:
            return not_applicable("a package manager wrote it all (workload/upgraded-inside)", written.source)
    if not changes:
        return passed("nothing of the image was changed", written.source)
    changes.sort(key=lambda change: (list(LayerChangeKind).index(change.kind), change.path))
    severity = Severity.MEDIUM if changes[0].kind is LayerChangeKind.OTHER else Severity.HIGH
    return Judgement(Outcome.FAIL, _evidence(changes, written.source), severity=severity)


def _evidence(changes: list[LayerChange], source: Source) -> tuple[Evidence, ...]:
    shown = [Evidence(change.says, source) for change in changes[:_SHOWN]]
    if len(changes) > _SHOWN:
        shown.append(Evidence(f"and {len(changes) - _SHOWN} more", source))
    return tuple(shown)
