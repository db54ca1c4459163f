"""A backup that stopped weeks ago is found on the day it is needed."""

from __future__ import annotations

from ...model.control import Control, Subject, nist
from ...model.evidence import ToolTask
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ._evidence_examples import LAST_NIGHT, THREE_WEEKS_AGO, evidence, job, not_read, store
from ._proofs import judged, proofs_of

control = Control(
    id="machine/backup-recent",
    title="Backups are made, and the newest is young",
    fault="No backup is recent",
    rationale="Jobs stop silently: a password that changed, a full disk, a timer that nobody enabled. What counts is not "
    "that a tool is installed but when the last snapshot was made.",
    level=Level.PRODUCTION,
    severity=Severity.HIGH,
    demand="1.backup",
    subject=Subject.MACHINE,
    references=(nist("4.4.4"),),
    remedy=Remedy(
        "Back up the volumes every day with a tool that encrypts and checks (restic, borg; for PostgreSQL pgBackRest), from a "
        "timer whose failure somebody is told of.",
        "disk room elsewhere; a database is dumped, not copied while it runs",
    ),
    check_yourself="systemctl list-timers; restic -r REPOSITORY snapshots --latest 1",
    bad={
        "snapshot": [
            evidence(stores=[store("restic", "/srv/restic", newest=THREE_WEEKS_AGO, count=9)]),
            evidence(stores=[store("restic", "/srv/restic", count=0)]),
            evidence(stores=[store("borg", "/srv/borg", problem="/srv/borg does not exist")]),
            evidence(stores=[], jobs=[job("backup", "restic", enabled=False)]),
        ]
    },
    good={
        "snapshot": [
            evidence(stores=[store("restic", "/srv/restic", newest=LAST_NIGHT, count=9)]),
            evidence(stores=[store("pgBackRest", "/var/lib/pgbackrest", "dump", newest=LAST_NIGHT)]),
        ]
    },
    unclear={
        "snapshot": [
            not_read(),
            evidence(stores=[store("restic", "s3:https://s3.example.com/b", local=False)]),
            evidence(stores=[store("restic", "/srv/restic", problem="/srv/restic can't be read: permission denied")]),
            evidence(stores=[], jobs=[job("backup", "restic", schedule="daily", last_run=LAST_NIGHT)]),
        ]
    },
)


@control.judge
def backup_recent(machine: Machine) -> Judgement:
    return judged(
        machine,
        proofs_of(machine, "1.backup", ToolTask.BACKUP, ToolTask.DUMP),
        looked_for="restic, borg, pgBackRest, Barman and other backup tools in timers, cron and containers",
        tell="whoever keeps the backups: the list of snapshots of this host, with the newest one's date",
        looked_in=("jobs", "stores"),
    )
