"""Data is saved, lost and brought back, on a real engine with a real PostgreSQL; and what goes wrong on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from machines.engines import clean_environment
from machines.postgres import IMAGE, psql
from machines.program import DOCKWORTHY
from patience import patience

from .projects import ROWS, DataProject, follow

pytestmark = pytest.mark.engine


def test_saved_lost_and_brought_back(project: DataProject) -> None:
    assert "it was never saved" in project.dockworthy("backup", "status", status=1)
    project.in_web("busybox chown 7:8 /files; busybox chmod 2770 /files; busybox chown 9 /files/a")
    project.sql("COMMENT ON DATABASE shop IS 'the shop''s'")
    said = project.dockworthy("backup")
    assert "saved to" in said and "pg_dump" in said and "paused" in said
    project.sql("DROP TABLE orders; CREATE TABLE later (x int)")
    project.in_web("rm /files/a; echo new >/files/b; busybox mkdir /files/sub; echo x >/files/sub/c")
    project.in_web("busybox chown 0:0 /files; busybox chmod 755 /files")
    started = project.state("db")["StartedAt"]

    plan = project.dockworthy("restore", "--dry-run")
    assert "takes the place" in plan and project.container("web") in plan and "no drill has restored" in plan
    assert project.in_web("ls /files") == "b\nsub", "a dry run changes nothing"

    said = project.dockworthy("restore", "--yes")
    assert "restored" in said and "did not answer for" in said
    assert project.sql("SELECT count(*) FROM orders") == str(ROWS)
    assert project.sql("SELECT to_regclass('later') IS NULL") == "t"
    assert project.sql("INSERT INTO orders (what) VALUES ('next') RETURNING id") == str(ROWS + 1)
    assert project.in_web("ls /files; cat /files/a") == "a\nfirst"
    assert project.in_web("busybox stat -c '%a %u:%g' /files /files/a") == "2770 7:8\n644 9:0"
    assert (
        project.sql("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'shop'")
        == "the shop's"
    )
    assert project.state("db")["StartedAt"] == started, "the database itself went on"
    assert project.leftovers() == []
    (snapshot,) = json.loads(project.dockworthy("backup", "list", "--format", "json"))["snapshots"]
    assert sorted(snapshot["data"]) == ["data", "files"]
    assert snapshot["expected"]["data"]["databases"]["shop"]["tables"]["public.orders"]["rows"] == ROWS


def test_a_server_without_a_database_has_its_roles_saved(project: DataProject) -> None:
    """Somebody dropped also the one that is called postgres: what connects is led to template1."""
    container = project.container("db")
    for sql in ("CREATE ROLE seller LOGIN", "DROP DATABASE shop WITH (FORCE)", "DROP DATABASE postgres WITH (FORCE)"):
        psql(project.engine, container, sql, "template1")
    project.dockworthy("backup")
    psql(project.engine, container, "DROP ROLE seller", "template1")
    project.dockworthy("restore", "data", "--yes")
    found = psql(project.engine, container, "SELECT rolname FROM pg_roles WHERE rolname = 'seller'", "template1")
    assert found == "seller"


def test_one_data_set_of_an_older_backup(project: DataProject) -> None:
    project.dockworthy("backup")
    first = json.loads(project.dockworthy("backup", "list", "--format", "json"))["snapshots"][0]["id"]
    project.in_web("echo second >/files/a")
    project.sql("DELETE FROM orders WHERE id > 10")
    project.dockworthy("backup")
    project.dockworthy("restore", "files", "--at", first, "--yes")
    assert project.in_web("cat /files/a") == "first"
    assert project.sql("SELECT count(*) FROM orders") == "10"
    for wrong, says in (
        (("files", "--at", "2001-01-01"), "there is no backup of 2001-01-01 or before"),
        (("fils",), "has no fils"),
        (("--at", "soon"), "no backup is called so, and it is no time"),
    ):
        assert says in project.dockworthy("restore", *wrong, status=2)


def test_what_is_gone_is_told_when_it_is_saved(project: DataProject) -> None:
    project.dockworthy("backup")
    project.sql("DROP TABLE orders")
    said = project.dockworthy("backup", status=1)
    assert "the table public.orders of shop was there" in " ".join(said.split())
    assert "public.orders" in project.dockworthy("backup", "status", status=1)
    plan = " ".join(project.dockworthy("restore", "--dry-run").split())
    assert "12 kB" in plan or "doubt" not in plan, "what is in no doubt is meant"
    project.dockworthy("backup", "--accept", "data")
    assert "not scheduled" in project.dockworthy("backup", "status")
    project.write(when="03:00")
    said = " ".join(project.dockworthy("backup", "status").split())
    assert "no timer of this machine runs it: sudo dockworthy backup install" in said


def test_a_container_that_does_not_work_with_the_restored_data_gets_back_what_it_had(project: DataProject) -> None:
    project.dockworthy("backup")
    project.in_web("echo new >/files/a")
    healthy = {"test": ["CMD-SHELL", "grep -q new /files/a"], "interval": "1s", "retries": 1, "start_period": "0s"}
    project.web |= {"healthcheck": healthy}
    project.write()
    project._compose("up", "--detach", "--no-deps", "web")
    said = project.dockworthy("restore", "files", "--yes", status=10)
    assert "did not become healthy" in said and "docker logs" in said
    assert project.in_web("cat /files/a") == "new" and project.state("web")["Running"]
    assert project.leftovers() == []


def begun(project: DataProject, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*project.engine.inside, sys.executable, str(DOCKWORTHY), *arguments],
        cwd=project.shop.folder,
        env=clean_environment(**project.shop.environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def until(condition: Any, says: str) -> None:
    ends = time.monotonic() + patience(60)
    while not condition():
        assert time.monotonic() < ends, says
        time.sleep(0.02)


@pytest.mark.parametrize("how", ["pause", "stop"])
def test_killed_while_containers_stand_still_they_go_on(project: DataProject, how: str) -> None:
    project.write(data={"files": {"quiesce": how}})
    project.in_web(
        "dd if=/dev/urandom of=/files/large bs=1M count=60 2>/dev/null || head -c 60000000 /dev/zero >/files/large"
    )
    process = begun(project, "backup")
    still = (
        (lambda: project.state("web")["Paused"]) if how == "pause" else (lambda: not project.state("web")["Running"])
    )
    until(still, "it never stood still")
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    until(lambda: not still(), "it stands still for good")
    until(lambda: project.leftovers() == [], "the mark stays")
    assert "it was never saved" in project.dockworthy("backup", "status", status=1), "half a run is none"
    project.dockworthy("backup")


def test_a_drill_proves_it_and_sees_its_own_faults(project: DataProject) -> None:
    asks = [{"sql": "SELECT count(*) FROM orders", "at_least": ROWS}]
    folder = project.shop.folder / "my docs"
    folder.mkdir()
    (folder / "x").write_text("y")
    project.web["volumes"].append(f"{folder}:/docs")
    project.write()
    project._compose("up", "--detach", "--no-deps", "web")
    project.write(proof={"every": "7d", "asks": asks})
    project.dockworthy("backup")
    assert "nothing was tried yet" in project.dockworthy("drill")
    proof = json.loads(project.dockworthy("drill", "restore", "--format", "json").partition("\nrestoring")[0])[
        "proofs"
    ][0]
    assert proof["passed"] and proof["claim"] == "1.backup" and proof["subject"] == f"project/{project.name}"
    assert proof["measured"]["rto"] > 0 and proof["negative_control"]["seen"]
    assert project.leftovers() == []
    told = project.dockworthy("drill")
    assert "one row fewer in public.orders of shop" in " ".join(told.split()) or "one file fewer" in told
    (snapshot,) = json.loads(project.dockworthy("backup", "list", "--format", "json"))["snapshots"]
    assert snapshot["proven"]

    project.write(proof={"asks": [{**asks[0], "at_least": ROWS + 1}]})
    said = " ".join(project.dockworthy("drill", "restore", status=1).split())
    assert f"{ROWS}, and should be at least {ROWS + 1}" in said
    assert "FAILED" in project.dockworthy("backup", "status") and project.leftovers() == []
    project.dockworthy("drill", status=1)


def test_the_page_is_followed_without_this_program(project: DataProject, tmp_path: Path) -> None:
    project.sql("CREATE ROLE seller LOGIN PASSWORD 'x'; GRANT SELECT ON orders TO seller")
    project.dockworthy("backup")
    page = project.dockworthy("backup", "kit").partition("this page holds the key")[0]
    empty, folder = f"{project.name}-empty", tmp_path / "elsewhere"
    docker = project.engine.docker
    docker("run", "--detach", "--name", empty, IMAGE)
    try:
        until(lambda: docker("exec", empty, "pg_isready", "-q", check=False).returncode == 0, "no empty database")
        follow(page, project.engine, folder, (" db psql", f" {empty} psql"))
        assert psql(project.engine, empty, "SELECT count(*) FROM orders", "shop") == str(ROWS)
        assert psql(project.engine, empty, "SELECT has_table_privilege('seller', 'orders', 'SELECT')", "shop") == "t"
    finally:
        docker("rm", "--force", "--volumes", empty)
    assert (folder / "files" / "a").read_text() == "first\n"
    assert "services" in (folder / "compose.yaml").read_text()


def test_what_a_killed_drill_left_the_next_backup_removes(project: DataProject) -> None:
    project.dockworthy("backup")
    process = begun(project, "drill", "restore")
    until(lambda: any(each.endswith(("_data", "_files")) for each in project.leftovers()), "no copy is there")
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert project.leftovers() != []
    assert "what a drill left when it was killed is removed" in project.dockworthy("backup")
    until(lambda: project.leftovers() == [], "something of it stays")


def test_a_restore_that_is_killed_leaves_nothing_that_is_saved_as_data(project: DataProject) -> None:
    project.dockworthy("backup")
    for moment in ("dockworthy_restore", "dockworthy_before"):
        process = begun(project, "restore", "--yes")
        until(lambda: moment in project.sql("SELECT datname FROM pg_database"), f"{moment} never was")  # noqa: B023
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        until(lambda: project.state("web")["Running"], "it stands still for good")
    project.dockworthy("backup")
    snapshots = json.loads(project.dockworthy("backup", "list", "--format", "json"))["snapshots"]
    assert [sorted(each["expected"]["data"]["databases"]) for each in snapshots] == [["postgres", "shop"]] * 2
    said = project.dockworthy("restore", "--yes")
    assert "is still there: dockworthy_before_" in said
    assert project.sql("SELECT count(*) FROM orders") == str(ROWS)
    assert "dockworthy_restore" not in project.sql("SELECT datname FROM pg_database")
