"""An image with a real PostgreSQL, and a shop whose pages ask it: made from the programs of this machine's packages.

The shop's page is made by a query with the password of its environment, and cached below /var/cache. The database's
first program is root, takes over its data and steps down, as the well-known image does.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

from machines.engines import OwnEngine
from machines.images import busybox_root

SHOP = "dockworthy-test-shop:1.0"
USER = 70
"""Of the database in the image."""

_DATABASE = """#!/bin/sh
set -eu
export PGDATA=/var/lib/postgresql/data
if [ "$(id -u)" = 0 ]; then
    mkdir -p $PGDATA /run/postgresql
    chown -R postgres:postgres $PGDATA /run/postgresql
    chmod 700 $PGDATA
    exec /usr/bin/setpriv --reuid=70 --regid=70 --clear-groups "$0"
fi
if [ ! -s $PGDATA/PG_VERSION ]; then
    echo "$POSTGRES_PASSWORD" >/tmp/first
    initdb --username=shop --pwfile=/tmp/first --auth=scram-sha-256 --no-sync --locale=C --encoding=UTF8 >/dev/null
    rm /tmp/first
    echo "host all all all scram-sha-256" >>$PGDATA/pg_hba.conf
fi
exec postgres -c listen_addresses='*' -c timezone=UTC -c log_timezone=UTC -c shared_buffers=16MB -c fsync=off
"""

_WEB = """#!/bin/sh
set -eu
cat /etc/shop.key >/dev/null
mkdir -p /var/cache/shop
echo "the shop opens" >/var/cache/shop/opened
exec httpd -f -p 80 -h /srv/www
"""

_PAGE = """#!/bin/sh
rows=$(psql -h db -U shop -d postgres -Atc 'select 6 * 7' 2>&1) || { printf 'Status: 500\\r\\n\\r\\n%s' "$rows"; exit; }
echo "$rows" >/var/cache/shop/orders || { printf 'Status: 500\\r\\n\\r\\nno cache'; exit; }
printf 'Content-Type: text/plain\\r\\n\\r\\norders: %s\\n' "$rows"
"""

_ACCOUNTS = b"root:x:0:0::/:/bin/sh\napp:x:1000:1000::/tmp:/bin/sh\npostgres:x:70:70::/var/lib/postgresql:/bin/sh\n"


def why_no_postgres() -> str:
    """Why the image can't be made here; empty where it can."""
    if _installed() is None:
        return "no PostgreSQL for this test: its package is not installed (sudo ./test installs it)"
    return "" if shutil.which("setpriv") else "no setpriv for this test: util-linux is not installed"


def make_shop_image(engine: OwnEngine) -> str:
    engine.docker("import", "--change", "ENV PATH=/bin", "-", SHOP, input=_root())
    return SHOP


def _installed() -> Path | None:
    """The folder of the newest version."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda each: float(each.parts[4]))
    return found[-1].parents[1] if found else None


def _root() -> bytes:
    postgres = _installed()
    assert postgres is not None
    setpriv = shutil.which("setpriv")
    assert setpriv is not None
    share = Path("/usr/share/postgresql") / postgres.name
    programs = [*(postgres / "bin" / name for name in ("postgres", "initdb", "psql")), Path(setpriv)]
    modules = [postgres / "lib" / f"{name}.so" for name in ("plpgsql", "dict_snowball", "libpqwalreceiver")]
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        _take_over(tar, busybox_root(), without=("etc/passwd", "etc/group"))
        for file in dict.fromkeys([*programs, *modules, *_libraries([*programs, *modules])]):
            tar.add(file.resolve(), arcname=str(file).lstrip("/"), recursive=False)
        tar.add(share, arcname=str(share).lstrip("/"), filter=_without_documents)
        tar.add("/usr/share/zoneinfo/Etc/UTC", arcname="usr/share/zoneinfo/UTC")
        for name, target in (("mkdir", "busybox"), ("chown", "busybox"), ("chmod", "busybox"), ("rm", "busybox")):
            _link(tar, f"bin/{name}", target)
        for program in programs:
            _link(tar, f"bin/{program.name}", str(program))
        for name, text in (("database", _DATABASE), ("web", _WEB)):
            _file(tar, f"bin/shop-{name}", text.encode(), 0o755)
        _file(tar, "srv/www/cgi-bin/orders", _PAGE.encode(), 0o755)
        _file(tar, "etc/shop.key", b"only root may read this\n", 0o600)
        _file(tar, "etc/passwd", _ACCOUNTS, 0o644)
        _file(tar, "etc/group", b"root:x:0:\napp:x:1000:\npostgres:x:70:\n", 0o644)
        for folder in ("var/cache", "run/postgresql"):
            _folder(tar, folder, 0)
        _link(tar, "var/run", "/run")
        _folder(tar, "var/lib/postgresql/data", USER)
    return archive.getvalue()


def _take_over(tar: tarfile.TarFile, other: bytes, *, without: tuple[str, ...]) -> None:
    """The engine takes no archive in which a path stands twice."""
    with tarfile.open(fileobj=io.BytesIO(other)) as there:
        for entry in there:
            if entry.name not in without:
                tar.addfile(entry, there.extractfile(entry) if entry.isreg() else None)


def _libraries(programs: list[Path]) -> Iterator[Path]:
    listed = subprocess.run(["ldd", *map(str, programs)], capture_output=True, text=True, check=True)
    for line in listed.stdout.splitlines():
        yield from (Path(word) for word in line.split() if word.startswith("/") and not word.endswith(":"))


def _without_documents(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if "/man/" in entry.name or ("/extension/" in entry.name and "plpgsql" not in entry.name) else entry


def _link(tar: tarfile.TarFile, name: str, target: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = tarfile.SYMTYPE, target
    tar.addfile(entry)


def _file(tar: tarfile.TarFile, name: str, content: bytes, mode: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    tar.addfile(entry, io.BytesIO(content))


def _folder(tar: tarfile.TarFile, name: str, owner: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.uid, entry.gid = tarfile.DIRTYPE, 0o755, owner, owner
    tar.addfile(entry)
