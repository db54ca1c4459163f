"""A backup on the disk of the data dies with it."""

from __future__ import annotations

from typing import Any

from ...model.control import Control, Subject, nist
from ...model.evidence import Store, ToolTask
from ...model.field import Set, Source, Unknown
from ...model.finding import Evidence, Judgement, Outcome, Remedy, failed, passed, unknown
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ..examples import known, not_seen
from ._evidence_examples import evidence, store

_SSH = "sftp:backup@nas.example.com:/shop"


def _lies(place: str, *disks: str, **more: Any) -> dict[str, Any]:
    return store("restic", place, disks=list(disks), **more)


def _on(data_disk: str, *stores: dict[str, Any]) -> dict[str, Any]:
    return {"evidence": {"stores": known(list(stores)), "data_disks": known([data_disk])}}


control = Control(
    id="machine/backup-elsewhere",
    title="Backups lie on another host than the data",
    fault="Backups lie on the same host as the data",
    rationale="A dead disk, a burnt host or an intruder who encrypts it takes what lies beside the data as well. Three "
    "copies, on two kinds of storage, one of them elsewhere.",
    level=Level.PRODUCTION,
    severity=Severity.HIGH,
    demand="1.backup",
    subject=Subject.MACHINE,
    references=(nist("4.4.4"),),
    remedy=Remedy(
        "Write to another host or an object store (restic and borg encrypt before they send), or copy the repository there "
        "(`restic copy`).",
        "room and traffic for one full copy; then only what changes",
    ),
    check_yourself="findmnt -T REPOSITORY; findmnt -T /var/lib/docker; lsblk -s",
    bad={"snapshot": _on("sda", _lies("/srv/restic", "sda"))},
    good={
        "snapshot": [
            _on("sda", _lies(_SSH, local=False)),
            _on("sda", _lies("/mnt/nas/restic", "device 0:51", local=False)),
            _on("sda", _lies("/srv/restic", "sda"), _lies(_SSH, local=False)),
        ]
    },
    unclear={
        "snapshot": [
            evidence(stores=[]),
            {"evidence": {"stores": not_seen()}},
            _on("sda", _lies("/mnt/usb/restic", "sdb")),
            {"evidence": {"stores": known([_lies("/srv/restic", "sda")]), "data_disks": not_seen()}},
        ]
    },
)

_TELL = "whoever keeps the backups: where does the copy lie that survives the loss of this host?"


@control.judge
def backup_elsewhere(machine: Machine) -> Judgement:
    stores = machine.evidence.stores
    if isinstance(stores, Unknown):
        return unknown(f"unknown: {stores.reason}", stores.source, tell=stores.tell or _TELL)
    found = [s for s in (stores.value if isinstance(stores, Set) else ()) if s.does in (ToolTask.BACKUP, ToolTask.DUMP)]
    away = [each for each in found if not each.local]
    for each in away:
        if each.who not in machine.doubted:
            kept = f"; removing was tried there at {each.append_only[:16]}, and refused" if each.append_only else ""
            return passed(f"{each.tool} writes to {each.place}, which is not on this host{kept}", each.source)
    found = [each for each in found if each.local]
    if away and not found:
        says = f"{away[0].tool} writes to {away[0].place}, which is not on this host"
        return unknown(f"{says}; this proves nothing: {machine.doubted[away[0].who]}", away[0].source, tell=_TELL)
    if not found:
        return unknown("unknown; looked for where backups are written to", stores.source, tell=_TELL)
    return _on_this_host(machine, found)


def _on_this_host(machine: Machine, stores: list[Store]) -> Judgement:
    field = machine.evidence.data_disks
    if not isinstance(field, Set):
        reason = field.reason if isinstance(field, Unknown) else "the disks of the data are not known"
        return unknown(f"the backups lie on this host; {reason}", field.source, tell=_TELL)
    data = set(field.value)
    for one in stores:
        if shared := sorted(data & set(one.disks)):
            says = f"{one.tool}: {one.place} lies on {', '.join(shared)}, as the data does"
            return failed(says, Source(one.place, via=one.source))
    places = tuple(Evidence(f"{s.tool}: {s.place} lies on {', '.join(s.disks) or 'an unknown disk'}") for s in stores)
    gap = Evidence("the backups lie on other disks of this host; whether a copy leaves it is unknown")
    return Judgement(Outcome.UNKNOWN, (gap, *places[:3]), tell=_TELL)
