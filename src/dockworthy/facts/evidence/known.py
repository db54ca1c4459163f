"""Programs by whose names a task is told in command lines."""

from __future__ import annotations

import re

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
    "automysqlbackup": "automysqlbackup",
    "autopostgresqlbackup": "autopostgresqlbackup",
    "pg_backupcluster": "pg_backupcluster",
}
"""Programs that write a database out -> the name of the tool."""

BACKUPS: dict[str, tuple[str, frozenset[str]]] = {
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
NO_BACKUP = frozenset(
    "check prune forget list info init snapshots stats compact key config --version --help -h".split()
)
RESTORES = {
    "restic": frozenset({"restore"}),
    "borg": frozenset({"extract"}),
    "pgbackrest": frozenset({"restore"}),
    "barman": frozenset({"recover", "restore"}),
    "pg_restore": frozenset[str](),
    "mongorestore": frozenset[str](),
}
CONFIGURES = {"ansible-pull": "Ansible", "puppet": "Puppet", "chef-client": "Chef", "salt-call": "Salt"}

_MORE = ("docker", "podman", "mysqlpump", "ansible-pull")
_PLACES = r"/(?:opt|srv|root|home|etc|usr/local|var/backups)/"

RELEVANT = re.compile("|".join((*map(re.escape, sorted({*DUMPS, *BACKUPS, *RESTORES, *CONFIGURES, *_MORE})), _PLACES)))
"""A script in which nothing of this stands does none of the tasks, and names no script of the administrator's."""
