"""A disk dies on a day that nobody chooses: what was saved elsewhere the night before is what is left."""

from __future__ import annotations

from ...model.control import Control, Subject, nist
from ...model.field import Set, Source
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ...model.moments import days_between
from ...model.proof import Proof, Strength
from ...model.workload import Container, MountKind, State, Unit
from ..image_names import parse_image
from ._running import containers, gap, state_of


def _machine(**state: object) -> dict[str, object]:
    mount = {"Type": "volume", "Name": "data", "Destination": "/data"}
    database = {"name": "db", "inspect": {"Mounts": [{**mount, "RW": True}]}}
    ended = {"Running": False, "Status": "exited", "FinishedAt": "2026-11-24T02:00:00Z", **state}
    saver = {"Config": {"Image": "restic/restic:0.18"}, "Mounts": [{**mount, "RW": False}], "State": ended}
    return {"engine": {"containers": [database, {"name": "backup", "inspect": saver}] if state else [database]}}


control = Control(
    id="machine/backup-evidence",
    title="The data was backed up lately",
    fault="The data was not backed up lately",
    rationale="Volumes and folders of containers lie on this host's disk alone. Without a copy somewhere else one fault "
    "loses them. That a backup ran does not prove that it can be restored: only a restore does.",
    level=Level.PRODUCTION,
    severity=Severity.HIGH,
    demand="1.backup",
    subject=Subject.MACHINE,
    references=(nist("4.5.5"),),
    remedy=Remedy(
        "Save all data every night, encrypted, to another place, and restore it once to see that it works.",
        "room elsewhere, and some load at night",
    ),
    check_yourself="docker ps -a --filter name=backup; systemctl list-timers; crontab -l",
    bad={"snapshot": [_machine(ExitCode=1), _machine(ExitCode=0, FinishedAt="2026-11-01T02:00:00Z")]},
    good={"snapshot": _machine(ExitCode=0)},
    unclear={
        "snapshot": [_machine(), _machine(Running=True, Status="running"), _machine(ExitCode=0, FinishedAt="never")]
    },
)

_PROGRAMS = frozenset(
    "restic resticprofile autorestic rustic borg borgmatic borgbackup kopia duplicati duplicacy duplicity"
    " docker-volume-backup volume-backup db-backup mysql-backup mariadb-backup postgres-backup-local postgres-backup-s3"
    " pgbackrest barman wal-g mongodb-backup offen-backup databack".split()
)
"""Last parts of the names of images that do nothing but save data."""
_EVERYTHING = {"/", "/var", "/var/lib", "/var/lib/docker", "/var/lib/docker/volumes"}
"""Folders of the host that hold all volumes, where the engine's data is in its usual place."""
_LATELY = 2.0
"""Days: one night may be missed."""
_NO_DATA = ("/run", "/var/run", "/dev", "/proc", "/sys", "/tmp", "/etc/localtime", "/etc/timezone")


@control.judge
def backup_evidence(machine: Machine) -> Judgement:
    place = Source("GET /containers/{id}/json", "Mounts")
    data = _data(machine)
    if not data:
        return gap(machine, "containers") or not_applicable("no container keeps data in a volume or a folder", place)
    proofs = [proof for proof in machine.proofs if proof.demand == control.demand]
    if proofs:
        return _weigh(proofs)
    savers = [(unit, container) for unit, container in containers(machine) if _saves(container)]
    if savers:
        return _judge(machine, *savers[0], data)
    hold, them = (
        ("1 volume or folder holds", "it") if len(data) == 1 else (f"{len(data)} volumes and folders hold", "them")
    )
    says = f"{hold} data, and no backup of {them} is visible from here"
    return unknown(says, place, tell="who keeps the backups can say; dockworthy.yaml can hold what they say")


def _weigh(proofs: list[Proof]) -> Judgement:
    """A proof against it outranks one for it; a tool that runs and a person's word are not a backup that was seen."""
    for proof in proofs:
        if not proof.good:
            return failed(f"{proof.tool}: {proof.says}", proof.source)
    for proof in proofs:
        if proof.strength is Strength.MEASURED:
            return passed(f"{proof.tool}: {proof.says}", proof.source)
    says = f"{proofs[0].tool}: {proofs[0].says} ({proofs[0].strength})"
    return unknown(says, proofs[0].source, tell="who keeps the backups can say when one was restored")


def _judge(machine: Machine, unit: Unit, container: Container, data: set[str]) -> Judgement:
    state, place = state_of(container), container.state.source
    if state.running:
        says = f"{unit.name} runs; whether it saved anything can't be seen from here"
        return unknown(says, place, tell=f"docker logs {unit.name}")
    days = days_between(state.finished, machine.taken)
    if state.exit_code != 0:
        return failed(f"{unit.name} ended with exit status {state.exit_code} at {state.finished[:16]}", place)
    if days is None or not _has_ended(state):
        return unknown(f"{unit.name} has not told when it ran", place, tell=f"docker logs {unit.name}")
    if days > _LATELY:
        return failed(f"{unit.name} ended {days:.0f} days ago, and has not run since", place)
    seen = {mount.source for mount in container.mounts}
    left_out = set() if seen & _EVERYTHING else data - seen
    if left_out:
        says = f"{unit.name} ended well at {state.finished[:16]}, but does not see {sorted(left_out)[0]}"
        return unknown(says, place, tell="who keeps the backups can say what saves the rest")
    says = f"{unit.name} ended well at {state.finished[:16]}, and sees {_all(len(data))}"
    if doubt := machine.doubted.get(unit.id):
        return unknown(
            f"{says}; this proves nothing: {doubt}", place, tell="who keeps the backups can say what saves the host"
        )
    return passed(says, place)


def _all(number: int) -> str:
    return "the one volume or folder with data" if number == 1 else f"all {number} volumes and folders"


def _has_ended(state: State) -> bool:
    """A container that was made and never started has the year 1."""
    return state.status in ("exited", "dead") and not state.finished.startswith("0001")


def _saves(container: Container) -> bool:
    return isinstance(container.image, Set) and parse_image(container.image.value).program in _PROGRAMS


def _data(machine: Machine) -> set[str]:
    """Volumes by name, and folders of the host, that containers write. A backup's own places are not among them."""
    return {
        mount.source
        for _, container in containers(machine)
        if not _saves(container)
        for mount in container.mounts
        if mount.kind in (MountKind.VOLUME, MountKind.BIND) and not mount.read_only and not _is_no_data(mount.source)
    }


def _is_no_data(source: str) -> bool:
    return any(source == place or source.startswith(f"{place}/") for place in _NO_DATA)
