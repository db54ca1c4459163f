"""A PostgreSQL for tests: the distribution's own, in an image that starts as the widely used one does (POSTGRES_USER,
POSTGRES_PASSWORD, POSTGRES_DB): where scripts are in INIT, a server of which no network knows runs them before the real
one starts."""

from __future__ import annotations

import io
import re
import tarfile
from pathlib import Path

import pytest

from .engines import OwnEngine
from .images import busybox_root, libraries_of

IMAGE = "dockworthy-test-postgres:1.0"
UID = 999
DATA = "/var/lib/postgresql/data"
INIT = "/docker-entrypoint-initdb.d"
_PROGRAMS = ("initdb", "postgres", "pg_dump", "pg_dumpall", "psql", "pg_isready", "pg_basebackup", "pg_receivewal",
             "pg_amcheck", "pg_controldata", "pg_restore")  # fmt: skip
_LEFT_OUT = re.compile(r"llvm|perl|python|/locale/|/man/")
START = f"""#!/bin/sh
set -eu
user=${{POSTGRES_USER:-postgres}}
if [ ! -s {DATA}/PG_VERSION ]; then
    umask 077
    printf '%s\\n' "${{POSTGRES_PASSWORD:-secret}}" >/tmp/password
    initdb --pgdata={DATA} --username="$user" --pwfile=/tmp/password --auth-local=${{LOCAL:-trust}} \\
        --auth-host=scram-sha-256 --encoding=UTF8 --locale=C >/dev/null
    rm /tmp/password
    echo 'host all all all scram-sha-256' >>{DATA}/pg_hba.conf
    printf 'CREATE DATABASE "%s"\\n' "${{POSTGRES_DB:-$user}}" |
        postgres --single -D {DATA} postgres >/dev/null 2>&1 || true
    for script in {INIT}/*.sql; do
        [ -e "$script" ] || continue
        postgres -D {DATA} -c listen_addresses= -c unix_socket_directories=/run/postgresql,/tmp -c fsync=off &
        until psql -U "$user" -d postgres -c 'SELECT 1' >/dev/null 2>&1; do sleep 0.1; done
        psql -v ON_ERROR_STOP=1 -U "$user" -d "${{POSTGRES_DB:-$user}}" -f "$script"
        kill -INT $!
        wait $! || true
    done
fi
exec postgres -D {DATA} -c "listen_addresses=*" -c unix_socket_directories=/run/postgresql,/tmp -c fsync=off -c jit=off
"""


def installed() -> Path:
    """Where the distribution's newest PostgreSQL lies. Skips the test where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda each: int(each.parts[4]))
    if not found:
        pytest.skip("PostgreSQL is not installed (sudo ./test installs it)")
    return found[-1].parent.parent


def make_postgres_image(engine: OwnEngine) -> str:
    """Returns its name."""
    where = installed()
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        add = Once(tar)
        add.text("start.sh", START, 0o755)
        add.text("etc/passwd", f"root:x:0:0::/:/bin/sh\npostgres:x:{UID}:{UID}::/tmp:/bin/sh\n")
        add.text("etc/group", f"root:x:0:\npostgres:x:{UID}:\n")
        add.link("var/run", "/run")
        for path, mode in ((DATA, 0o700), ("/run/postgresql", 0o775)):
            add.folder(path, mode)
        programs = [where / "bin" / name for name in _PROGRAMS]
        modules = [each for each in (where / "lib").glob("*.so") if not _LEFT_OUT.search(each.name)]
        for file in (*programs, *modules):
            add.file(file)
            for library in libraries_of(str(file)):
                add.file(library)
        for file in (*(Path("/usr/share/postgresql") / where.name).rglob("*"), Path("/usr/share/zoneinfo/UTC")):
            if file.is_file() and not _LEFT_OUT.search(str(file)):
                add.file(file)
        with tarfile.open(fileobj=io.BytesIO(busybox_root("sed"))) as base:
            for entry in base:
                if entry.name not in add.names:
                    tar.addfile(entry, base.extractfile(entry))
    changes = (
        f"ENV PATH={where}/bin:/bin",
        f"USER {UID}:{UID}",
        f"VOLUME {DATA}",
        'CMD ["/start.sh"]',
        "STOPSIGNAL SIGINT",
    )
    words = [word for change in changes for word in ("--change", change)]
    engine.docker("import", *words, "-", IMAGE, input=archive.getvalue())
    return IMAGE


class Once:
    """Adds files of this machine at their own places: each once, as an archive with one twice is no image."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.names: set[str] = set()

    def text(self, name: str, content: str, mode: int = 0o644) -> None:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = len(content.encode()), mode
        self.names.add(name)
        self._tar.addfile(entry, io.BytesIO(content.encode()))

    def folder(self, path: str, mode: int, owner: int = UID) -> None:
        entry = tarfile.TarInfo(path.lstrip("/"))
        entry.type, entry.mode, entry.uid, entry.gid = tarfile.DIRTYPE, mode, owner, owner
        self._tar.addfile(entry)

    def link(self, name: str, to: str) -> None:
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = tarfile.SYMTYPE, to
        self.names.add(name)
        self._tar.addfile(entry)

    def file(self, path: Path) -> None:
        name = str(path).lstrip("/")
        if name not in self.names:
            self.names.add(name)
            self._tar.add(path.resolve(), name)


def psql(engine: OwnEngine, container: str, sql: str, database: str = "postgres") -> str:
    """What it answers, without blanks at its ends."""
    words = ("exec", "-i", container, "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", database)
    return engine.docker(*words, input=sql.encode()).stdout.decode().strip()
