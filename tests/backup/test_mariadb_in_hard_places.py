"""MariaDB where something is in the way: passwords that changed, settings of its own, a server that is down, a restore
that fails or is killed; and no password is shown meanwhile."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from pathlib import Path

import pytest

from machines.mariadb import DATA, sql
from patience import patience

from .mariadb_projects import PASSWORD, MariadbProject, leftovers, wait_until_it_listens
from .projects import ROWS
from .test_saved_and_restored import begun, until

pytestmark = [pytest.mark.engine, pytest.mark.timeout(400)]


class Processes:
    """Looks at all processes of this machine until the end of the block. `shown`: those of the programs that log in,
    of which a command line or an environment has a password. The container's own environment has it, and so the shell
    that is started in it, and what an image starts by itself to fill its folder: our programs do not."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.shown: set[str] = set()
        self.seen: set[str] = set()

    def _run(self) -> None:
        while not self._ends.is_set():
            for process in Path("/proc").iterdir():
                if process.name.isdigit():
                    self._look(process)

    def _look(self, process: Path) -> None:
        try:
            program = (process / "comm").read_text().strip()
            command, variables = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
        except OSError:
            return
        if self._secret in command:
            self.shown.add(f"{program}: {command!r}")
        if program in ("mariadb-dump", "docker", "restic") or (program == "mariadb" and b"--batch" in command):
            self.seen.add(program)
            if self._secret in variables:
                self.shown.add(f"{program}: its environment")

    def __enter__(self) -> Processes:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()


def test_no_password_is_shown_and_a_changed_one_is_asked_for(shop: MariadbProject) -> None:
    with Processes(PASSWORD) as processes:
        said = shop.dockworthy("backup") + shop.dockworthy("restore", "data", "--yes")
    assert processes.shown == set() and processes.seen >= {"mariadb", "mariadb-dump", "docker", "restic"}
    assert PASSWORD not in said
    shop.wait_until_up()

    shop.sql("ALTER USER root@localhost IDENTIFIED BY 'newer', root@'%' IDENTIFIED BY 'newer'")
    said = " ".join(shop.dockworthy("backup", status=10).split())
    assert "its database lets nobody in who may see all of it: ERROR 1045" in said
    assert "{data: {data: {mariadb: {option_file: /run/secrets/backup.cnf}}}}" in said
    login = "umask 077; printf '[client]\\nuser=root\\npassword=newer\\n' >/tmp/backup.cnf"
    shop.engine.docker("exec", shop.container("db"), "sh", "-c", login)
    shop.write(data={"data": {"mariadb": {"option_file": "/tmp/backup.cnf"}}})
    with Processes("newer") as processes:
        shop.dockworthy("backup")
    assert processes.shown == set()
    shop.sql("DROP TABLE orders; CREATE USER late@'%'", password="newer")
    shop.dockworthy("restore", "data", "--yes")
    shop.wait_until_up()
    assert shop.sql("SELECT COUNT(*) FROM orders", password="newer") == str(ROWS), "root has the saved password"
    assert shop.sql("SELECT COUNT(*) FROM mysql.user WHERE User = 'late'", password="newer") == "0"


def test_settings_mounts_and_health_of_its_own(unstarted_shop: MariadbProject, tmp_path: Path) -> None:
    shop = unstarted_shop
    scripts, logs = tmp_path / "scripts", tmp_path / "logs"
    scripts.mkdir()
    logs.mkdir()
    logs.chmod(0o777)
    (scripts / "first.sql").write_text("CREATE DATABASE of_a_script; CREATE TABLE of_a_script.t (id int);")
    (tmp_path / "own.cnf").write_text(
        "[mariadbd]\nlog_error=/logs/error.log\nsql_mode=ANSI_QUOTES\nlog_bin=/logs/bin\n"
    )
    check = "mariadb --defaults-extra-file=/var/lib/mysql/.my-healthcheck.cnf -e 'SELECT 1'"
    shop.database |= {
        "command": ["--lower-case-table-names=1", "--character-set-server=latin1", "--event-scheduler=ON"],
        "init": True,
        "read_only": True,
        "tmpfs": ["/tmp", "/run/mysqld:uid=997"],
        "healthcheck": {"test": ["CMD-SHELL", check], "interval": "1s", "retries": 60, "timeout": "20s"},
    }
    variables = shop.database["environment"]
    del variables["MARIADB_ROOT_PASSWORD"]
    variables |= {"INIT_TAKES": "3", "MARIADB_ROOT_PASSWORD_FILE": "/run/secrets/root"}
    (tmp_path / "root.secret").write_text(PASSWORD)
    (tmp_path / "root.secret").chmod(0o644)
    shop.database["secrets"] = ["root"]
    shop.parts["secrets"] = {"root": {"file": str(tmp_path / "root.secret")}}
    shop.database["volumes"] += [
        f"{tmp_path}/own.cnf:/etc/mysql/conf.d/own.cnf",
        f"{scripts}:/docker-entrypoint-initdb.d",
        f"{logs}:/logs",
    ]
    shop.write(
        data={str(logs): {"skip": "logs"}, str(scripts): {"skip": "scripts"}, f"{tmp_path}/own.cnf": {"skip": "x"}}
    )
    shop.up()
    shop.sql(
        "DROP DATABASE of_a_script; CREATE TABLE Mixed (id int); CREATE TABLE ticks (id int AUTO_INCREMENT PRIMARY KEY)"
    )
    shop.sql("CREATE EVENT tick ON SCHEDULE EVERY 1 SECOND DO INSERT INTO ticks VALUES (DEFAULT)")
    until(lambda: int(shop.sql("SELECT COUNT(*) FROM ticks")) > 1, "no event runs")
    shop.dockworthy("backup")
    shop.sql("DROP TABLE Mixed, orders")
    marks = (logs / "error.log").read_text().count("ready for connections")
    shop.dockworthy("restore", "data", "--yes")
    shop.wait_until_up()
    assert (logs / "error.log").read_text().count("ready for connections") == marks + 1, (
        "the second one wrote elsewhere"
    )
    assert shop.sql("SELECT COUNT(*) FROM orders") == str(ROWS) and shop.sql("SHOW TABLES LIKE 'mixed'") == "mixed"
    assert "of_a_script" not in shop.sql("SHOW DATABASES")
    ticks = int(shop.sql("SELECT COUNT(*) FROM ticks"))
    until(lambda: int(shop.sql("SELECT COUNT(*) FROM ticks")) > ticks, "its events do not run any more")
    until(lambda: shop.state("db")["Health"]["Status"] == "healthy", "it is not healthy")
    assert leftovers(shop) == []


def test_one_that_does_not_start_any_more_comes_back_into_a_folder_beside_other_files(
    unstarted_shop: MariadbProject,
) -> None:
    shop = unstarted_shop
    shop.database["volumes"] = ["data:/srv/all"]
    shop.database["command"] = ["--datadir=/srv/all/mysql"]
    shop.database["restart"] = "always"
    shop.write()
    shop.up()
    docker = shop.engine.docker
    docker("exec", shop.container("db"), "sh", "-c", "echo mine >/srv/all/other")
    asked = " ".join(shop.dockworthy("backup", "--dry-run", status=1).split())
    assert "it holds other files, such as other" in asked and "data: {mariadb: {}}" in asked
    shop.write(data={"data": {"mariadb": {}}})
    shop.dockworthy("backup")
    folder = Path(shop.engine.inspect(f"{shop.name}_data")["Mountpoint"])
    before = os.stat(folder / "mysql")
    docker("stop", "--time", "0", shop.container("db"))
    (folder / "mysql/ibdata1").write_bytes(b"broken")
    (folder / "other").write_text("kept")
    docker("start", shop.container("db"))
    until(lambda: shop.state("db")["Restarting"], "it is not broken")
    shop.dockworthy("restore", "data", "--yes")
    wait_until_it_listens(shop.engine, shop.container("db"))
    assert shop.sql("SELECT COUNT(*) FROM orders") == str(ROWS)
    after = os.stat(folder / "mysql")
    assert (after.st_uid, after.st_gid, after.st_mode) == (before.st_uid, before.st_gid, before.st_mode)
    assert (folder / "other").read_text() == "kept" and sorted(os.listdir(folder)) == ["mysql", "other"]


def test_what_does_not_work_with_it_gets_back_what_was_there(shop: MariadbProject) -> None:
    shop.dockworthy("backup")
    shop.sql("UPDATE orders SET what = 'new'")
    check = (
        """mariadb -u app -p"$$MARIADB_PASSWORD" -h 127.0.0.1 shop -BNe 'SELECT what FROM orders LIMIT 1' | grep new"""
    )
    healthy = {"test": ["CMD-SHELL", check], "interval": "1s", "retries": 3, "start_period": "15s", "timeout": "20s"}
    shop.database |= {"healthcheck": healthy}
    shop.write()
    shop._compose("up", "--detach", "db")
    until(lambda: shop.state("db").get("Health", {}).get("Status") == "healthy", "it is not healthy")
    said = " ".join(shop.dockworthy("restore", "data", "--yes", status=10).split())
    assert "did not become healthy" in said
    shop.wait_until_up()
    assert shop.sql("SELECT what FROM orders LIMIT 1") == "new" and leftovers(shop) == []


def test_killed_at_any_moment_the_next_run_removes_what_is_left(shop: MariadbProject) -> None:
    shop.dockworthy("backup")
    engine = shop.engine

    def beside() -> str:
        listed = engine.docker("ps", "--filter", "label=dockworthy.restore-beside", "--format", "{{.Names}}")
        return listed.stdout.decode().strip()

    def loads() -> bool:
        name = beside()
        if not name:
            return False
        return engine.docker("exec", name, "sh", "-c", f"[ -d {DATA}/shop ]", check=False).returncode == 0

    for moment in (lambda: bool(beside()), loads):
        process = begun(shop, "restore", "data", "--yes")
        until(moment, "it never was there")
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert leftovers(shop) != []
        assert shop.sql("SELECT COUNT(*) FROM orders") == str(ROWS)
    listed = shop.dockworthy("backup", "--dry-run", "--all")
    assert "restore" not in re.sub(r"nothing.*", "", listed), "what it left is nobody's data"
    said = shop.dockworthy("backup")
    assert "is removed" in said and not beside()
    shop.dockworthy("restore", "data", "--yes")
    shop.wait_until_up()
    assert shop.sql("SELECT COUNT(*) FROM orders") == str(ROWS) and leftovers(shop) == []


def test_a_statement_that_runs_for_long_is_waited_for_and_a_killed_backup_locks_nobody_out(
    shop: MariadbProject,
) -> None:
    shop.sql("CREATE TABLE slow (id int PRIMARY KEY, n int); INSERT INTO slow VALUES (1, 1)")
    shop.sql("CREATE TABLE plain (id int) ENGINE=MyISAM")
    long = threading.Thread(target=shop.sql, args=("UPDATE slow SET n = n + SLEEP(20)",))
    long.start()
    began = time.monotonic()
    said = shop.dockworthy("backup")
    long.join()
    assert time.monotonic() - began > 5 and "nobody could write" in said
    shop.sql("INSERT INTO slow SELECT seq + 1, 1 FROM seq_1_to_200000; INSERT INTO plain VALUES (1)")
    process = begun(shop, "backup")
    locked = "SELECT COUNT(*) FROM information_schema.processlist WHERE command = 'Sleep' OR info LIKE '%DUMP%'"
    until(lambda: int(shop.sql(locked)) > 1, "no session of a backup is there")
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    waits = int(patience(60))
    shop.sql(
        f"SET lock_wait_timeout = {waits}, innodb_lock_wait_timeout = {waits}; "
        "INSERT INTO plain VALUES (2); INSERT INTO slow VALUES (-1, 1)"
    )
    shop.dockworthy("backup")


def test_an_account_that_may_not_let_everybody_wait(shop: MariadbProject) -> None:
    shop.sql(
        "CREATE USER saver@localhost IDENTIFIED BY 's'; "
        "GRANT SELECT, LOCK TABLES, SHOW VIEW, EVENT, TRIGGER, PROCESS ON *.* TO saver@localhost"
    )
    login = "umask 077; printf '[client]\\nuser=saver\\npassword=s\\n' >/tmp/backup.cnf"
    shop.engine.docker("exec", shop.container("db"), "sh", "-c", login)
    shop.write(data={"data": {"mariadb": {"option_file": "/tmp/backup.cnf"}}})
    said = " ".join(shop.dockworthy("backup").split())
    assert "an account without the right RELOAD, so each table is locked for an instant" in said
    shop.sql("DROP TABLE orders")
    shop.dockworthy("restore", "data", "--yes")
    shop.wait_until_up()
    assert shop.sql("SELECT COUNT(*) FROM orders") == str(ROWS)
    assert sql(shop.engine, shop.container("db"), "SELECT 1") == "1"
