"""`pg_dump | gzip` succeeds when gzip does: of a dump that broke off, a small file is left that looks like any other."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.control import Control, Subject
from ...model.evidence import HostJob, ToolTask
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ..examples import not_seen
from ._evidence_examples import evidence, job

control = Control(
    id="machine/dump-pipeline",
    title="A dump in a pipe fails when the dump fails",
    fault="{n} [backup job hides|backup jobs hide] a failed dump behind a pipe",
    rationale="A shell tells of a pipe only how its last command ended. The database was down, the password had changed: "
    "gzip packed nothing, and the job was green every night.",
    level=Level.PRODUCTION,
    severity=Severity.HIGH,
    demand="3.db-backup",
    also_for=("1.backup",),
    subject=Subject.MACHINE,
    remedy=Remedy(
        "Write `set -o pipefail` before it (in cron: `SHELL=/bin/bash`, and `set -o pipefail;` at the line's start), or let "
        "the dump compress itself (`pg_dump -Fc`, `--compress`), or give restic the command (`--stdin-from-command`).",
        "nothing stops; from now on a dump that fails is seen",
    ),
    check_yourself="grep -rnE '(pg_dump|pg_dumpall|mysqldump|mariadb-dump|mongodump).*\\|' /etc/cron* /etc/systemd/system /opt /root",
    bad={"snapshot": evidence(jobs=[job("dump", "pg_dump", pipe_unguarded=True)])},
    good={"snapshot": evidence(jobs=[job("dump", "pg_dump")])},
    unclear={"snapshot": {"evidence": {"jobs": not_seen()}}},
)


@control.judge
def dump_pipeline(machine: Machine) -> Iterator[Judgement]:
    jobs = machine.evidence.jobs
    if isinstance(jobs, Unknown):
        yield unknown(f"unknown: {jobs.reason}", jobs.source, tell=jobs.tell or "run as root")
        return
    dumps = [job for job in (jobs.value if isinstance(jobs, Set) else ()) if job.does is ToolTask.DUMP]
    if not dumps:
        yield not_applicable("no timer and no cron table of this host dumps a database", jobs.source)
    yield from map(_judge, dumps)


def _judge(job: HostJob) -> Judgement:
    about = f"job/{job.source}"
    if job.pipe_unguarded:
        return failed(f"{job.tool} writes into a pipe without pipefail ({job.by})", job.source, about=about)
    return passed(f"{job.tool} ({job.by}): its failure is not hidden by a pipe", job.source, about=about)
