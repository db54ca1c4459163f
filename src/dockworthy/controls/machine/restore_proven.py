"""Nobody needs a backup; what is needed is a restore."""

from __future__ import annotations

from ...model.control import Control, Subject, nist
from ...model.evidence import ToolTask
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ._evidence_examples import LAST_NIGHT, drill, evidence, job, not_read, store
from ._proofs import judged, proofs_of

control = Control(
    id="machine/restore-proven",
    title="A restore was made, and worked",
    fault="No restore is proven to work",
    rationale="A backup that was never restored is a hope: the wrong folder, a key that only the lost host had, a dump that "
    "is empty since March. It is known to work when it was restored, within the last half year.",
    level=Level.PRODUCTION,
    severity=Severity.HIGH,
    demand="1.backup",
    also_for=("3.db-backup",),
    subject=Subject.MACHINE,
    references=(nist("4.4.4"),),
    remedy=Remedy(
        "Restore the newest backup into an empty volume on another host, start the service on it, and compare. Write down "
        "how long it took.",
        "an hour, and room for one copy",
    ),
    check_yourself="ls -l /var/lib/dockworthy/proofs /var/log/pgbackrest/*-restore.log",
    bad={"snapshot": evidence(drills=[drill("1.backup", "restore", passed=False)])},
    good={
        "snapshot": [
            evidence(drills=[drill("1.backup", "restore", passed=True)]),
            evidence(drills=[drill("3.db-backup", "restore", passed=True)]),
        ]
    },
    unclear={
        "snapshot": [
            not_read(),
            evidence(stores=[store("restic", "/srv/restic", newest=LAST_NIGHT)]),
            evidence(jobs=[job("restore", "restic", last_run=LAST_NIGHT)]),
            evidence(drills=[drill("1.backup", "restore", passed=True, when="2025-11-20T10:00:00Z")]),
        ]
    },
)


@control.judge
def restore_proven(machine: Machine) -> Judgement:
    return judged(
        machine,
        proofs_of(machine, "1.backup", ToolTask.RESTORE),
        looked_for="records of a restore, and jobs that restore",
        tell="whoever keeps the backups: when was one restored, by whom, and what was compared?",
        looked_in=("drills", "jobs"),
    )
