"""A MariaDB for tests: the distribution's own, in an image that starts as the official one does (MARIADB_ROOT_PASSWORD,
MARIADB_DATABASE, MARIADB_USER, MARIADB_PASSWORD; scripts in /docker-entrypoint-initdb.d): an empty data folder is
filled while a server runs that listens at its socket alone; then that one stops, and the real one starts."""

from __future__ import annotations

import io
import shlex
import shutil
import tarfile
from pathlib import Path

import pytest

from .engines import OwnEngine
from .images import busybox_root, libraries_of
from .postgres import Once

IMAGE = "dockworthy-test-mariadb:1.0"
UID = 997
DATA = "/var/lib/mysql"
_PROGRAMS = ("mariadbd", "mariadb", "mariadb-dump", "mariadb-install-db", "my_print_defaults", "resolveip", "setpriv")
_APPLETS = "basename chmod chown cut date dd dirname env expr find grep head hostname mkdir mktemp mv rm sed sort \
tail tr uname".split()
_SETTINGS = """
[client-server]
socket=/run/mysqld/mysqld.sock
!includedir /etc/mysql/conf.d/
"""
_FAST = """
[mariadbd]
innodb_log_file_size=8M
innodb_buffer_pool_size=16M
innodb_flush_log_at_trx_commit=0
innodb_doublewrite=0
performance_schema=OFF
skip-name-resolve
"""
_START = f"""#!/bin/sh
set -eu
case ${{1-}} in -*) set -- mariadbd "$@" ;; esac
data={DATA}
for word; do
    case $word in --datadir=*) data=${{word#*=}} ;; esac
done
if [ "$(id -u)" = 0 ]; then
    mkdir -p "$data"
    chown -R mysql:mysql "$data" /run/mysqld
    exec /usr/bin/setpriv --reuid={UID} --regid={UID} --clear-groups "$0" "$@"
fi
given() {{ # NAME: what a variable says, or the file that it names
    eval "value=\\${{$1-}} file=\\${{$1_FILE-}}"
    [ -z "$file" ] || value=$(cat "$file")
}}
if [ ! -d "$data/mysql" ]; then
    given MARIADB_ROOT_PASSWORD
    root=$value
    if [ -z "$root" ] && [ -z "${{MARIADB_ALLOW_EMPTY_ROOT_PASSWORD-}}" ]; then
        echo 'Database is uninitialized and password option is not specified' >&2
        exit 1
    fi
    name=$1
    shift
    mariadb-install-db --datadir="$data" --auth-root-authentication-method=normal --skip-test-db --skip-log-bin \\
        "$@" >/dev/null
    set -- "$name" "$@"
    "$@" --skip-networking --skip-log-bin --event-scheduler=OFF &
    temporary=$!
    until mariadb --user=root --execute 'SELECT 1' >/dev/null 2>&1; do
        kill -0 "$temporary"
        sleep 0.1
    done
    quoted() {{ printf %s "$1" | sed "s/[\\\\\\\\']/&&/g"; }}
    health=$(od -An -N16 -tx1 </dev/urandom | tr -d ' ')
    given MARIADB_PASSWORD
    {{
        echo "SET sql_log_bin=0;"
        for host in localhost 127.0.0.1 ::1; do
            echo "CREATE USER healthcheck@'$host' IDENTIFIED BY '$health';"
        done
        echo "CREATE USER root@'%' IDENTIFIED BY '$(quoted "$root")'; GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;"
        [ -z "${{MARIADB_DATABASE-}}" ] || echo "CREATE DATABASE IF NOT EXISTS \\`$MARIADB_DATABASE\\`;"
        if [ -n "${{MARIADB_USER-}}" ]; then
            echo "CREATE USER '$MARIADB_USER'@'%' IDENTIFIED BY '$(quoted "$value")';"
            echo "GRANT ALL ON \\`$MARIADB_DATABASE\\`.* TO '$MARIADB_USER'@'%';"
        fi
        echo "SET PASSWORD FOR root@localhost = PASSWORD('$(quoted "$root")');"
    }} | mariadb --user=root
    (umask 077 && printf '[client]\\nuser=healthcheck\\npassword=%s\\n' "$health" >"$data/.my-healthcheck.cnf")
    printf '[client]\\nuser=root\\npassword="%s"\\n' "$(printf %s "$root" | sed 's/[\\\\"]/\\\\&/g')" >/tmp/init.cnf
    for script in /docker-entrypoint-initdb.d/*.sql; do
        [ ! -f "$script" ] || mariadb --defaults-extra-file=/tmp/init.cnf ${{MARIADB_DATABASE-}} <"$script"
    done
    rm /tmp/init.cnf
    sleep "${{INIT_TAKES-0}}" # a test may want to meet that server
    kill "$temporary"
    wait "$temporary" || true
fi
exec "$@"
"""


def make_mariadb_image(engine: OwnEngine) -> str:
    """Returns its name. Skips the test where there is no MariaDB."""
    found = {name: shutil.which(name, path="/usr/sbin:/usr/bin:/bin") for name in _PROGRAMS}
    if missing := [name for name, path in found.items() if path is None]:
        pytest.skip(f"{missing[0]} is not installed (sudo ./test installs MariaDB)")
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        add = Once(tar)
        add.text("start.sh", _START, 0o755)
        add.text("etc/passwd", f"root:x:0:0::/root:/bin/sh\nmysql:x:{UID}:{UID}::/nonexistent:/bin/sh\n")
        add.text("etc/group", f"root:x:0:\nmysql:x:{UID}:\n")
        add.text("etc/mysql/my.cnf", _SETTINGS)
        add.text("etc/mysql/conf.d/fast.cnf", _FAST)
        add.link("var/run", "/run")
        for path, mode in ((DATA, 0o755), ("/run/mysqld", 0o755), ("/docker-entrypoint-initdb.d", 0o755)):
            add.folder(path, mode, UID)
        for path in found.values():
            add.file(Path(str(path)))
            for library in libraries_of(str(path)):
                add.file(library)
        shared = Path("/usr/share/mariadb")
        for file in (*shared.glob("*.sql"), *(shared / "english").iterdir(), *(shared / "charsets").iterdir()):
            add.file(file)
        for applet in _APPLETS:
            add.link(f"bin/{applet}", "busybox")
        with tarfile.open(fileobj=io.BytesIO(busybox_root())) as base:
            for entry in base:
                if entry.name not in add.names:
                    tar.addfile(entry, base.extractfile(entry))
    changes = (
        "ENV PATH=/usr/sbin:/usr/bin:/bin",
        f"VOLUME {DATA}",
        'ENTRYPOINT ["/start.sh"]',
        'CMD ["mariadbd"]',
    )
    words = [word for change in changes for word in ("--change", change)]
    engine.docker("import", *words, "-", IMAGE, input=archive.getvalue())
    return IMAGE


def sql(engine: OwnEngine, container: str, statement: str, database: str = "", *, password: str = "") -> str:
    """What it answers to root, without blanks at its ends. `password`: another one than the container was given."""
    kept = '"${MARIADB_ROOT_PASSWORD:-$(cat "$MARIADB_ROOT_PASSWORD_FILE")}"'
    given = shlex.quote(password) if password else kept
    login = f'MYSQL_PWD={given} exec mariadb -u root "$@"'
    words = ("exec", "-i", container, "sh", "-c", login, "sh", "-BN", "--default-character-set=utf8mb4")
    done = engine.docker(*words, *([database] if database else []), input=statement.encode())
    return done.stdout.decode(errors="surrogateescape").strip()
