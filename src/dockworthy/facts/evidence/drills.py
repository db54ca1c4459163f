"""Proofs by doing that tools leave behind: a restore that came to its end, a rollback, a deploy under requests."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.evidence import Drill, Task
from ...model.field import Source
from ..host.root import Root, clean
from .edge_renewals import read_edge_renewals
from .releases import read_releases
from .systemd import rfc3339

_PGBACKREST_LOGS = "/var/log/pgbackrest"
_END = "restore command end: "


def read_drills(root: Root) -> tuple[Drill, ...]:
    """Restores that pgBackRest's logs tell of, the last of each log, and what our own releases and renewals tell.

    Raises OSError where a log or a record may not be read.
    """
    return (*_pgbackrest(root), *read_releases(root), *read_edge_renewals(root))


def _pgbackrest(root: Root) -> Iterator[Drill]:
    for name in root.names_or_none(_PGBACKREST_LOGS):
        if not name.endswith("-restore.log"):
            continue
        path = f"{_PGBACKREST_LOGS}/{name}"
        ends = [(n, line) for n, line in enumerate(root.read(path).splitlines(), 1) if _END in line]
        if ends:
            number, line = ends[-1]
            passed = "completed successfully" in line
            stanza = clean(name.removesuffix("-restore.log"))
            says = f"a restore of {stanza} {'came to its end' if passed else 'did not come to its end'}"
            when = rfc3339(root.stat(path).st_mtime)
            yield Drill("3.db-backup", Task.RESTORE, "pgBackRest", says, when, passed, Source(clean(path), "", number))
