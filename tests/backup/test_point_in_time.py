"""PostgreSQL back to a second, on a real engine: its log received by a container beside it, saved with each backup and
between them."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from machines.engines import start_engine, start_engine_again
from machines.images import make_image
from machines.postgres import IMAGE, make_postgres_image
from patience import Limit, patience

from .log_projects import WANTED, let_receiver_in, receiver, stop_receiving, wait_for_next_second
from .one_service import until
from .projects import ROWS, DataProject, follow
from .test_saved_and_restored import begun

pytestmark = pytest.mark.engine


@pytest.fixture
def shop(project: DataProject) -> Iterator[DataProject]:
    project.write(data=WANTED)
    try:
        yield project
    finally:
        stop_receiving(project)


def test_what_a_server_lacks_is_said_and_nothing_is_changed(shop: DataProject) -> None:
    plan = " ".join(shop.dockworthy("backup", "--dry-run", status=1).split())
    assert "max_slot_wal_keep_size is -1" in plan and "ALTER SYSTEM SET max_slot_wal_keep_size" in plan
    assert "host replication dockworthy_log samenet scram-sha-256" in plan
    assert shop.sql("SELECT count(*) FROM pg_roles WHERE rolname = 'dockworthy_log'") == "0" and not receiver(shop)
    said = " ".join(shop.dockworthy("backup", status=1).split())
    assert "saved to" in said, "it is dumped all the same"
    let_receiver_in(shop)
    assert "max_slot_wal_keep_size" not in shop.dockworthy("backup", "--dry-run")
    assert "its log is not received yet: dockworthy backup begins it" in shop.dockworthy("backup", "log")
    (problem,) = [each["problem"] for each in standing(shop, status=1) if "log" in each]
    assert "not received yet" in problem


def test_back_to_the_second_before_a_table_was_dropped(shop: DataProject) -> None:
    let_receiver_in(shop)
    shop.dockworthy("backup")
    name = receiver(shop)
    made = shop.engine.inspect(name)
    host = made["HostConfig"]
    assert host["ReadonlyRootfs"] and host["CapDrop"] == ["ALL"] and made["Config"]["User"] == "999:999"
    assert (
        host["RestartPolicy"]["Name"] == "unless-stopped" and host["Memory"] and not made["Config"].get("Volumes") == 1
    )
    words = json.dumps([made["Config"]["Env"], made["Config"]["Cmd"], made["Config"]["Entrypoint"]])
    secret = next((shop.shop.state / "backup/log").glob("*/pass")).read_text().strip().rpartition(":")[2]
    assert secret and secret not in words and "a:b" not in words

    shop.sql("INSERT INTO orders (what) VALUES ('later')")
    shop.sql("CREATE TABLE clicks (id int, at timestamptz DEFAULT clock_timestamp())")
    with under_load(shop, "clicks") as clicks:
        until(lambda: shop.sql("SELECT count(*) > 100 FROM clicks") == "t", "nobody writes")
        before = wait_for_next_second(shop)
        wait_for_next_second(shop)
        shop.sql("DROP TABLE orders")
        clicks.kill()  # what it began in the container goes on
    shop.in_web("echo kept >/files/a")

    plan = " ".join(shop.dockworthy("restore", "data", "--at", before, "--dry-run").split())
    assert f"as it was at {before}" in plan and "takes the place" in plan
    began = time.monotonic()
    said = " ".join(shop.dockworthy("restore", "data", "--at", before, "--yes").split())
    print(f"DROP TABLE under load, back to {before} in {time.monotonic() - began:.1f} s")
    assert f"as it was at {before}" in said and "recovered to" in said
    there = f"SELECT count(*) = max(id), max(at) <= '{before}', '{before}'::timestamptz - max(at) < '5 s' FROM clicks"
    assert shop.sql(there) == "t|t|t", "all that was written until then, and nothing of after"
    assert shop.sql("SELECT count(*) FROM orders") == str(ROWS + 1)
    assert shop.in_web("cat /files/a") == "kept", "what was not named stays"
    assert shop.leftovers() == []

    for wrong in ("2001-01-01", "2100-01-01"):
        said = " ".join(shop.dockworthy("restore", "data", "--at", wrong, "--dry-run", status=2).split())
        assert "can be brought back to any second from" in said and f"{wrong} is not among them" in said
    shop.sql("INSERT INTO orders (what) VALUES ('in the new log')")
    said = shop.dockworthy("backup")
    assert "a new log begins with this backup" in said
    again = wait_for_next_second(shop)
    wait_for_next_second(shop)
    shop.sql("DELETE FROM orders")
    shop.dockworthy("restore", "data", "--at", again, "--yes")
    assert shop.sql("SELECT count(*) FROM orders") == str(ROWS + 2)
    shop.dockworthy("restore", "data", "--at", before, "--yes")
    assert shop.sql("SELECT count(*) FROM orders") == str(ROWS + 1), "also by the log of before the first restore"


@pytest.mark.parametrize("how", ["asynchronous", "synchronous"])
def test_what_was_acknowledged_before_a_kill_comes_back(shop: DataProject, how: str) -> None:
    """kill -9 of all of the database, whose volume is lost with it: what had been received comes back."""
    let_receiver_in(shop)
    shop.sql("CREATE TABLE acknowledged (id int, at timestamptz DEFAULT clock_timestamp())")
    shop.dockworthy("backup")
    if how == "synchronous":
        shop.sql("ALTER SYSTEM SET synchronous_standby_names = 'dockworthy_log'; SELECT pg_reload_conf()")
    with under_load(shop, "acknowledged", stdout=subprocess.PIPE) as client:
        assert client.stdout is not None
        acknowledged = []
        for line in client.stdout:
            acknowledged.append(line.strip())
            if len(acknowledged) == 3000:
                shop.engine.docker("kill", "--signal", "KILL", shop.container("db"))
    acknowledged = [each for each in acknowledged if each.count("|") == 1 and each.endswith("+00")]
    said = shop.dockworthy("backup", "log", status=15)
    assert "its database does not run" in said and receiver(shop), "what was received is saved all the same"
    assert len(log_snapshots(shop)) == 2
    empty_volume(shop)

    said = shop.dockworthy("restore", "data", "--at", "latest", "--yes")
    assert "the end of what was received" in " ".join(said.split())
    shop.engine.docker("start", shop.container("db"))
    until(lambda: serves(shop), "it does not come up again")
    found = shop.sql("SELECT count(*), max(at) FROM acknowledged").split("|")
    lost = [each for each in acknowledged if int(each.partition("|")[0]) > int(found[0])]
    seconds = 0.0
    if lost:
        seconds = (moment(lost[-1].partition("|")[2]) - moment(found[1])).total_seconds()
    print(f"{how}: acknowledged {len(acknowledged)}, lost {len(lost)}, which is {seconds:.3f} s")
    assert len(acknowledged) >= 3000 and seconds < 5
    assert how == "asynchronous" or not lost, "who waits for the receiver loses nothing"
    assert shop.sql("SELECT count(*) FROM orders") == str(ROWS)


def test_what_was_saved_between_backups_survives_the_host(shop: DataProject) -> None:
    """What the host had received, and what dockworthy knew there, is gone; the repository has it until it was saved."""
    let_receiver_in(shop)
    shop.dockworthy("backup")
    shop.sql("INSERT INTO orders (what) VALUES ('saved')")
    shop.dockworthy("backup", "log")
    shop.sql("INSERT INTO orders (what) VALUES ('lost')")
    stop_receiving(shop)
    shop.engine.docker("kill", "--signal", "KILL", shop.container("db"))
    shutil.rmtree(shop.shop.state / "backup")
    empty_volume(shop)
    shop.dockworthy("restore", "data", "--at", "latest", "--yes")
    shop.engine.docker("start", shop.container("db"))
    until(lambda: serves(shop), "it does not come up again")
    assert shop.sql("SELECT count(*), max(what) FILTER (WHERE id > 1000) FROM orders") == f"{ROWS + 1}|saved"


def test_a_receiver_that_dies_is_started_again_and_a_gap_has_a_name(shop: DataProject) -> None:
    let_receiver_in(shop)
    shop.dockworthy("backup")
    name = receiver(shop)
    os.kill(shop.engine.inspect(name)["State"]["Pid"], signal.SIGKILL)
    until(lambda: shop.engine.inspect(name)["RestartCount"] >= 1, "the engine does not start it again")
    shop.engine.docker("restart", "--time", "5", shop.container("db"))
    until(lambda: serves(shop), "it does not come up again")
    for number in range(4):
        shop.sql(f"INSERT INTO orders (what) VALUES ('{number}'); SELECT pg_switch_wal()")
    assert "saved the log of 1 data set" in shop.dockworthy("backup", "log")
    (log,) = [each["log"] for each in standing(shop) if "log" in each]
    assert log["receiving"] and log["lag"] < 16 * 1024 * 1024 and log["age"] < patience(60)
    assert log["since"] < log["until"] and 0 <= log["lost_with_host"] < patience(120)
    said = " ".join(shop.dockworthy("backup", "status").split())
    assert "its log is received" in said and "no timer of this machine saves received logs between backups" in said
    between = wait_for_next_second(shop)
    wait_for_next_second(shop)
    shop.dockworthy("backup", "log")

    (received,) = (shop.shop.state / "backup/log").glob("*/*/received")
    whole = sorted(each for each in received.iterdir() if len(each.name) == 24)
    assert len(whole) >= 3
    whole[1].unlink()
    (problem,) = [each["problem"] for each in standing(shop, status=1) if "log" in each]
    assert "its log has a gap" in problem
    said = " ".join(shop.dockworthy("backup", "log", status=15).split())
    assert f"its log has a gap: of its files nothing is there between {whole[0].name} and {whole[2].name}" in said
    assert "a new log begins with this backup" in shop.dockworthy("backup", status=0)
    shop.sql("DELETE FROM orders")
    shop.dockworthy("restore", "data", "--at", between, "--yes")
    assert shop.sql("SELECT count(*) FROM orders") == str(ROWS + 4), "what was saved before the gap is there"

    shop.dockworthy("backup")
    slots = "SELECT count(*) FROM pg_replication_slots WHERE slot_name LIKE 'dockworthy%'"
    assert shop.sql(slots) == "1"
    shop.write(data={"db": {"postgresql": {}}})
    assert "that ends with this backup" in " ".join(shop.dockworthy("backup", "--dry-run").split())
    assert "is not received any more" in shop.dockworthy("backup")
    assert not receiver(shop) and shop.sql(slots) == "0"
    assert shop.sql("SELECT count(*) FROM pg_roles WHERE rolname = 'dockworthy_log'") == "0"


def test_a_drill_recovers_to_the_last_moment_that_was_saved(shop: DataProject) -> None:
    let_receiver_in(shop)
    shop.dockworthy("backup")
    shop.sql("INSERT INTO orders (what) VALUES ('later')")
    shop.dockworthy("backup", "log")
    said = " ".join(shop.dockworthy("drill", "restore").split())
    assert "data: recovered to 20" in said and "data, at that moment: pg_amcheck found no damage" in said
    assert "seen, as it must be: a file fewer in the log of data" in said
    age, of_log = (re.search(rf"{name} (\d+) s", said) for name in ("rpo", "rpo of data"))
    assert age and of_log and 0 <= int(of_log[1]) <= int(age[1])
    assert shop.leftovers() == [] and receiver(shop), "the receiver goes on"
    beside = shop.engine.docker("ps", "-a", "--format", "{{.Names}}").stdout.decode()
    assert "dockworthy-beside" not in beside and "its log" not in beside

    (received,) = (shop.shop.state / "backup/log").glob("*/*/received")
    snapshots = log_snapshots(shop)
    assert len(snapshots) == 2 and received.exists()
    restic(shop, "forget", *snapshots)
    said = " ".join(shop.dockworthy("drill", "restore", status=1).split())
    assert "of its log nothing goes on from the copy in this backup" in said


def restic(project: DataProject, *words: str) -> str:
    """What restic prints, called as a person would."""
    (script,) = (project.shop.state / "backup").glob("*/restic")
    done = subprocess.run(["sh", str(script), *words], check=True, capture_output=True, text=True)
    return done.stdout


def log_snapshots(project: DataProject) -> list[str]:
    found = json.loads(restic(project, "snapshots", "--json"))
    return [each["id"] for each in found if any(tag == "dockworthy:part=log" for tag in each["tags"])]


def standing(project: DataProject, *, status: int = 0) -> list[dict[str, Any]]:
    said = project.dockworthy("backup", "status", "--format", "json", status=status)
    found: list[dict[str, Any]] = json.loads(said)["data"]
    return found


def test_a_receiver_that_is_lost_fills_no_disk(shop: DataProject) -> None:
    let_receiver_in(shop)
    shop.sql("ALTER SYSTEM SET max_slot_wal_keep_size = '32MB'")
    shop.sql("ALTER SYSTEM SET max_wal_size = '48MB'")
    shop.sql("ALTER SYSTEM SET min_wal_size = '32MB'")
    shop.sql("SELECT pg_reload_conf()")
    shop.dockworthy("backup")
    before = wait_for_next_second(shop)
    wait_for_next_second(shop)
    shop.dockworthy("backup", "log")
    shop.engine.docker("stop", "--time", "1", receiver(shop))
    (problem,) = [each["problem"] for each in standing(shop, status=1) if "log" in each]
    assert "its log is not received now" in problem
    for _ in range(10):
        shop.sql("INSERT INTO orders (what) VALUES ('unseen'); SELECT pg_switch_wal()")
    shop.sql("CHECKPOINT")
    shop.sql("CHECKPOINT")
    kept = int(shop.sql("SELECT sum(size) FROM pg_ls_waldir()"))
    print(f"without a receiver the server keeps {kept:,} bytes of its log")
    assert kept <= 7 * 16 * 1024 * 1024
    (problem,) = [each["problem"] for each in standing(shop, status=1) if "log" in each]
    assert "the server threw it away" in problem
    shop.sql("ALTER SYSTEM RESET max_slot_wal_keep_size")
    shop.sql("SELECT pg_reload_conf()")
    assert "max_slot_wal_keep_size is -1" in " ".join(shop.dockworthy("backup", "--dry-run", status=1).split())
    shop.sql("ALTER SYSTEM SET max_slot_wal_keep_size = '256MB'")
    shop.sql("SELECT pg_reload_conf()")
    assert "a new log begins with this backup" in " ".join(shop.dockworthy("backup").split())
    (log,) = [each["log"] for each in standing(shop) if "log" in each]
    assert log["receiving"]
    shop.dockworthy("restore", "data", "--at", before, "--yes")
    assert shop.sql("SELECT count(*) FROM orders") == str(ROWS), "what was received before is there"


@pytest.mark.timeout(400)
def test_it_goes_on_when_the_engine_was_started_again(engines_folder: Path, tmp_path: Path) -> None:
    engine = start_engine(engines_folder / "log-of-a-restarted", keeps_network=True)
    try:
        make_postgres_image(engine)
        shop = DataProject(engine, tmp_path, "backup-restarted", make_image(engine))
        shop.db["restart"] = "unless-stopped"
        shop.write(data=WANTED)
        shop.up()
        let_receiver_in(shop)
        shop.dockworthy("backup")
        assert engine.process is not None
        engine.process.terminate()
        engine.process.wait(timeout=patience(60))
        start_engine_again(engine)
        until(lambda: serves(shop), "the database does not come up again")
        receiving = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"
        until(lambda: shop.sql(receiving) == "1", "its log is not received again")
        shop.dockworthy("backup", "log")
        shop.down()
    finally:
        engine.stop()


def under_load(project: DataProject, table: str, *, stdout: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
    """A client that writes one row behind the other into a table (id, at), and prints `ID|AT` of each as soon as it is
    acknowledged."""
    writes = f'n=0; while :; do n=$((n + 1)); echo "INSERT INTO {table} VALUES ($n) RETURNING id, at;"; done'
    words = ("exec", project.container("db"), "sh", "-c", f"{{ {writes}; }} | psql -XqAt -U postgres -d shop")
    return subprocess.Popen(
        [*project.engine.inside, "docker", "--host", project.engine.endpoint, *words],
        stdout=stdout,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def empty_volume(project: DataProject) -> None:
    """Of its database."""
    for file in Path(project.engine.inspect(f"{project.name}_data")["Mountpoint"]).iterdir():
        shutil.rmtree(file) if file.is_dir() else file.unlink()


def serves(project: DataProject) -> bool:
    words = ("exec", project.container("db"), "pg_isready", "-q", "-h", "127.0.0.1", "-d", "shop")
    return not project.engine.docker(*words, check=False).returncode


def moment(text: str) -> datetime:
    """As psql writes it."""
    return datetime.fromisoformat(text if text[-3] != "+" else f"{text}:00")


def test_the_page_brings_it_back_without_this_program(shop: DataProject, tmp_path: Path) -> None:
    let_receiver_in(shop)
    shop.dockworthy("backup")
    shop.sql("INSERT INTO orders (what) VALUES ('later')")
    shop.dockworthy("backup", "log")
    page = shop.dockworthy("backup", "kit")
    key, section = page.partition("## 2.")[0], page.partition("Or to any second since")[2].partition("\n## ")[0]
    folder, name = tmp_path / "elsewhere", f"{shop.name}-recovered"
    follow(key + section, shop.engine, folder)
    mounted = f"{folder}/data-server:/var/lib/postgresql/data"
    shop.engine.docker("run", "--detach", "--name", name, "--network", "none", "--volume", mounted, IMAGE)
    try:
        asks = ("exec", name, "psql", "-XqAt", "-U", "postgres", "-d", "shop", "-c")
        recovered = (*asks, "SELECT NOT pg_is_in_recovery()")
        until(lambda: shop.engine.docker(*recovered, check=False).stdout.strip() == b"t", "it does not come up")
        found = shop.engine.docker(*asks, "SELECT count(*) FROM orders").stdout.decode().strip()
        assert found == str(ROWS + 1)
    finally:
        shop.engine.docker("rm", "--force", "--volumes", name)
    assert receiver(shop)
    shop.dockworthy("remove", shop.name, "--yes")
    assert not receiver(shop), "what was made for the project goes with it"


def killable_at(shop: DataProject, come: Callable[[], bool], moment: str) -> subprocess.Popen[bytes]:
    """A backup that is there. On a busy machine it may be past before anybody looks: the next one comes there, too."""
    limit = Limit(120)
    while limit.left > 0:
        process = begun(shop, "backup")
        while process.poll() is None:
            if come():
                return process
    raise AssertionError(f"{moment} never was")


@pytest.mark.parametrize("moment", ["begun", "received", "copied"])
def test_a_backup_that_is_killed_is_understood_by_the_next_one(shop: DataProject, moment: str) -> None:
    let_receiver_in(shop)
    kept = shop.shop.state / "backup/log"
    come = {
        "begun": lambda: bool([*kept.glob("*/current")]),
        "received": lambda: bool(receiver(shop)),
        "copied": lambda: bool(shop.sql("SELECT 1 FROM pg_stat_progress_basebackup")),
    }[moment]
    process = killable_at(shop, come, moment)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    shop.dockworthy("backup")
    assert len(receiver(shop).split()) == 1
    assert shop.sql("SELECT count(*) FROM pg_replication_slots WHERE slot_name LIKE 'dockworthy%' AND active") == "1"
    assert shop.sql("SELECT count(*) FROM pg_replication_slots WHERE slot_name LIKE 'dockworthy%'") == "1"
    before = wait_for_next_second(shop)
    wait_for_next_second(shop)
    shop.sql("DROP TABLE orders")
    process = begun(shop, "restore", "data", "--at", before, "--yes")
    names = ("ps", "-a", "--format", "{{.Names}}")
    until(lambda: "dockworthy-beside" in shop.engine.docker(*names).stdout.decode(), "it never recovered")
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    until(lambda: shop.state("web")["Running"], "it stands still for good")
    assert shop.sql("SELECT to_regclass('orders') IS NULL") == "t", "nothing was exchanged"
    said = " ".join(shop.dockworthy("restore", "data", "--at", before, "--yes").split())
    assert "was killed, is removed" in said and shop.sql("SELECT count(*) FROM orders") == str(ROWS)
    assert shop.leftovers() == []
