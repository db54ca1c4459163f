"""A database that is copied while it runs is a database that may not start again."""

from __future__ import annotations

from ...model.control import Control, Subject
from ...model.evidence import ToolTask
from ...model.field import Source
from ...model.finding import Judgement, Remedy, not_applicable
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ..examples import both
from ..workload._databases import database_of
from ._evidence_examples import LAST_NIGHT, THREE_WEEKS_AGO, container, evidence, job, not_read, store
from ._proofs import judged, proofs_of
from ._running import gap, running

_DATABASE = {"engine": {"containers": [container("postgres:17.2")]}}

control = Control(
    id="machine/database-backup",
    title="Databases are dumped by their own tools, and the newest dump is young",
    fault="Databases have no recent dump",
    rationale="Files of a running database, copied one after the other, are of different moments. The database's own dump, "
    "or a tool that talks to it (pgBackRest, Barman), gives one that can be restored.",
    level=Level.PRODUCTION,
    severity=Severity.HIGH,
    demand="3.db-backup",
    also_for=("1.backup",),
    subject=Subject.MACHINE,
    remedy=Remedy(
        "Dump with the database's own tool from a timer, into a folder that the backup takes along; for PostgreSQL that may "
        "lose minutes and not a day, pgBackRest or Barman with WAL archiving.",
        "some load while it dumps",
    ),
    check_yourself="ls -lt DUMPS | head -3; pgbackrest info",
    bad={
        "snapshot": [
            both(_DATABASE, evidence(stores=[store("pg_dump", "/srv/dumps", "dump", newest=THREE_WEEKS_AGO)])),
            both(_DATABASE, evidence(stores=[], jobs=[job("dump", "pg_dump", enabled=False)])),
        ]
    },
    good={
        "snapshot": [
            both(_DATABASE, evidence(stores=[store("pg_dump", "/srv/dumps", "dump", newest=LAST_NIGHT)])),
            both(_DATABASE, evidence(stores=[store("Barman", "/var/lib/barman/db", "dump", newest=LAST_NIGHT)])),
        ]
    },
    unclear={
        "snapshot": [
            both(_DATABASE, not_read()),
            both(_DATABASE, evidence(stores=[store("restic", "/srv/restic", newest=LAST_NIGHT)])),
            both(_DATABASE, evidence(stores=[], jobs=[job("dump", "pg_dump")])),
            {"engine": {"containers": {"is": "unknown", "reason": "the engine went silent"}}},
        ]
    },
)


@control.judge
def database_backup(machine: Machine) -> Judgement:
    if missing := gap(machine, "containers"):
        return missing
    databases = [unit.name for unit, container in running(machine) if database_of(container) is not None]
    if not databases:
        return not_applicable("no container is known to be a database", Source("GET /containers/json"))
    return judged(
        machine,
        proofs_of(machine, "3.db-backup", ToolTask.DUMP),
        looked_for=f"dumps of {', '.join(databases[:3])} in timers, cron and containers, pgBackRest and Barman",
        tell="whoever keeps the database: where is the newest dump, and how old is it?",
        looked_in=("jobs", "stores"),
    )
