"""Which of the commands that the host runs do a task that production needs: backups, dumps, restores, updates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ...model.evidence import Job, Task
from ..host.masking import mask_urls
from ..host.root import clean
from .commands import Command
from .repositories import repository_of

DUMPS = {
    "pg_dump": "pg_dump",
    "pg_dumpall": "pg_dumpall",
    "mysqldump": "mysqldump",
    "mariadb-dump": "mariadb-dump",
    "mongodump": "mongodump",
    "pg_basebackup": "pg_basebackup",
    "mariabackup": "mariabackup",
    "mariadb-backup": "mariadb-backup",
    "xtrabackup": "xtrabackup",
    "sqlite3": "sqlite3",
    "influxd": "influxd",
    "slapcat": "slapcat",
}
"""Programs that write a database out -> the name of the tool."""

_BACKUPS: dict[str, tuple[str, frozenset[str]]] = {
    "restic": ("restic", frozenset({"backup"})),
    "borg": ("borg", frozenset({"create"})),
    "borgmatic": ("borgmatic", frozenset()),
    "resticprofile": ("resticprofile", frozenset()),
    "autorestic": ("autorestic", frozenset({"backup"})),
    "pgbackrest": ("pgBackRest", frozenset({"backup"})),
    "barman": ("Barman", frozenset({"backup", "cron"})),
    "duplicity": ("duplicity", frozenset()),
    "rsnapshot": ("rsnapshot", frozenset()),
    "kopia": ("Kopia", frozenset({"snapshot"})),
    "rdiff-backup": ("rdiff-backup", frozenset()),
    "tarsnap": ("Tarsnap", frozenset({"-c"})),
    "proxmox-backup-client": ("Proxmox Backup", frozenset({"backup"})),
}
"""Program -> the tool, and the words of which one must be said (none: it does so without)."""
_NO_BACKUP = frozenset(
    "check prune forget list info init snapshots stats compact key config --version --help -h".split()
)
_RESTORES = {
    "restic": frozenset({"restore"}),
    "borg": frozenset({"extract"}),
    "pgbackrest": frozenset({"restore"}),
    "barman": frozenset({"recover", "restore"}),
    "pg_restore": frozenset[str](),
    "mongorestore": frozenset[str](),
}
_PULLS = re.compile(r"\bcompose\b.*\bpull\b|\bcompose\b.*\bup\b.*--pull[= ](?:always|daily)|^docker-compose.*\bpull\b")
_DEPLOYS = re.compile(r"\bcompose\b.*\bup\b|\bstack deploy\b|\bservice update\b|^docker-compose.*\bup\b")
_CONFIGURES = {"ansible-pull": "Ansible", "puppet": "Puppet", "chef-client": "Chef", "salt-call": "Salt"}


def jobs_of(commands: Iterable[Command]) -> dict[Job, str]:
    """The jobs, each once -> their target as it is written, passwords in it: it must not be kept.

    Commands that do none of these tasks are left out, and with them what they say.
    """
    return {job: target for command in commands for job, target in _jobs(command)}


def _jobs(command: Command) -> Iterator[tuple[Job, str]]:
    program, rest = command.program, frozenset(command.words[1:])
    if program in DUMPS and _writes_out(command):
        yield _job(command, Task.DUMP, DUMPS[program], _dumped_to(command), pipe=command.piped and not command.guarded)
    elif program in _RESTORES and (not _RESTORES[program] or rest & _RESTORES[program]):
        yield _job(command, Task.RESTORE, program, repository_of(command))
    elif program in _BACKUPS:
        tool, words = _BACKUPS[program]
        if rest & words if words else not rest & _NO_BACKUP:
            yield _job(command, Task.BACKUP, tool, repository_of(command))
    elif program in _CONFIGURES:
        yield _job(command, Task.SETUP, _CONFIGURES[program], "")
    elif program in ("docker", "docker-compose", "podman"):
        text = " ".join((program, *command.words[1:]))
        if _PULLS.search(text):
            yield _job(command, Task.UPDATE, "docker compose pull", "")
        elif _DEPLOYS.search(text):
            yield _job(command, Task.DEPLOY, "docker compose up" if "compose" in text else "docker stack deploy", "")


def _job(command: Command, does: Task, tool: str, target: str, *, pipe: bool = False) -> tuple[Job, str]:
    job = Job(
        does=does,
        tool=tool,
        by=command.by,
        source=command.source,
        schedule=command.schedule,
        target=mask_urls(clean(target)),
        last_run=command.last_run,
        enabled=command.enabled,
        pipe_unguarded=pipe,
    )
    return job, target


def _writes_out(command: Command) -> bool:
    """Some of these programs do other things, too."""
    text = " ".join(command.words[1:])
    wanted = {"sqlite3": (".dump", ".backup"), "influxd": ("backup",)}.get(command.program)
    return not {"--version", "--help", "-V"} & set(command.words) and (wanted is None or any(w in text for w in wanted))


_FILE_FLAGS = ("-f", "--file", "-o", "--out", "--result-file", "-r", "-D", "--pgdata", "--target-dir", "--archive")


def _dumped_to(command: Command) -> str:
    """The folder that the dump is written to on the host, `""` where that can't be told."""
    written = command.output
    if not written and not command.inside:
        for number, word in enumerate(command.words):
            name, equals, value = word.partition("=")
            if name in _FILE_FLAGS:
                written = value if equals else next(iter(command.words[number + 1 :]), "")
    return folder_of(written)


def folder_of(path: str) -> str:
    """The folder of a file whose name may hold what only a shell knows (`$(date)`): as far as it is plain."""
    if not path.startswith("/") or path.startswith("/dev/"):
        return ""
    plain = re.split(r"[$`*?]", path, maxsplit=1)[0]
    return plain.rpartition("/")[0] or "/"
