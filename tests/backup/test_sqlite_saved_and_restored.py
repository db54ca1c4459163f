"""SQLite databases that an application writes to are saved, lost and brought back, on a real engine."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from machines.engines import OwnEngine
from machines.sqlite import make_sqlite_image

from .one_service import OneService, until
from .projects import follow

pytestmark = pytest.mark.engine

ROWS = 1000
WRITES = f"""
mkdir -p /data/deep && cd /data && umask 022
[ -e app.db ] || sqlite3 app.db "PRAGMA journal_mode = wal; CREATE TABLE t (id INTEGER PRIMARY KEY, what TEXT);
    INSERT INTO t (what) SELECT 'row ' || value FROM generate_series(1, {ROWS})" >/dev/null
[ -e deep/plain ] || sqlite3 deep/plain "CREATE TABLE p (x); INSERT INTO p VALUES (1); PRAGMA user_version = 3"
trap 'exit 0' TERM
while [ ! -e stop ]; do
    {{ echo "INSERT INTO t (what) VALUES ('more');"; sleep 0.02; echo "INSERT INTO t (what) VALUES ('more');"; }} |
        sqlite3 -bail app.db || echo failed >>/tmp/failed
done
while :; do sleep 0.1; done
"""


@pytest.fixture(scope="session")
def sqlite_image(own_engine: OwnEngine) -> str:
    return make_sqlite_image(own_engine)


@pytest.fixture
def project(
    own_engine: OwnEngine, sqlite_image: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[OneService]:
    name = "".join(letter for letter in request.node.name.lower() if letter.isalnum())[:40]
    service = {"image": sqlite_image, "user": "1000:1000", "command": ["sh", "-c", WRITES.replace("$", "$$")]}
    made = OneService(own_engine, tmp_path, f"sqlite-{name}", service)
    try:
        made._compose("create")
        made.data.chmod(0o777)
        made.up()
        until(lambda: sql(made, "SELECT count(*) > 1000 FROM t") == "1", "it never wrote")
        yield made
    finally:
        made.down()


def sql(project: OneService, statement: str, database: str = "/data/app.db") -> str:
    return project.inside(f"sqlite3 {database} 2>&1", input=f".timeout 10000\n{statement};\n", check=False)


def newest(project: OneService) -> dict[str, Any]:
    found = json.loads(project.dockworthy("backup", "list", "--format", "json"))["snapshots"]
    expected: dict[str, Any] = max(found, key=lambda each: each["taken"])["expected"]["data"]
    return expected


def test_saved_under_writes_lost_and_brought_back(project: OneService) -> None:
    plan = " ".join(project.dockworthy("backup", "--dry-run").split())
    assert "sqlite" in plan and "1 of 2 databases keeps no WAL" in plan
    started = project.state["StartedAt"]
    project.dockworthy("backup")
    assert project.inside("cat /tmp/failed", check=False) == "", "its application met an error"
    assert project.state["StartedAt"] == started and not project.state["Paused"]
    saved = newest(project)
    rows = saved["databases"]["app.db"]["tables"]["t"]["rows"]
    assert rows > ROWS and saved["databases"]["deep/plain"]["user_version"] == 3 and saved["files"] == 0
    assert project.leftovers() == []

    project.inside("touch /data/stop")
    sql(project, "DELETE FROM t; DROP TABLE t")
    project.inside("rm /data/deep/plain; echo x >/data/later")
    project.dockworthy("restore", "--yes")
    assert project.leftovers() == []
    assert int(sql(project, f"SELECT count(*) FROM t WHERE id <= {rows}")) == rows
    assert sql(project, "PRAGMA user_version", "/data/deep/plain") == "3"
    until(lambda: int(sql(project, "SELECT count(*) FROM t")) > rows, "the application does not write to it")
    assert "later" not in project.inside("ls /data"), "what came later is gone"
    assert project.inside("busybox stat -c '%u:%g %a' /data/app.db /data") == "1000:1000 644\n0:0 777"
    assert project.inside("cat /tmp/failed", check=False) == ""


def test_files_beside_databases_are_of_one_moment_unless_it_is_said(project: OneService) -> None:
    project.inside("echo first >/data/note; ln -s note /data/link")
    plan = " ".join(project.dockworthy("backup", "--dry-run").split())
    assert "paused" in plan and "beside SQLite it holds other files" in plan
    project.write(data={"data": {"sqlite": {}}})
    plan = " ".join(project.dockworthy("backup", "--dry-run").split())
    assert "other files are copied a moment after the databases" in plan
    project.dockworthy("backup")
    project.inside("echo second >/data/note; rm /data/link")
    project.dockworthy("restore", "--yes")
    assert project.inside("cat /data/link") == "first" and newest(project)["files"] == 1
    assert project.leftovers() == []


def test_what_does_not_work_with_the_restored_data_gets_back_what_it_had(project: OneService) -> None:
    project.dockworthy("backup")
    project.inside("touch /data/new")
    health = {"test": ["CMD", "busybox", "test", "-e", "/data/new"], "interval": "1s", "retries": 1}
    project.service |= {"healthcheck": health}
    project.write()
    project.up()
    until(lambda: (project.state.get("Health") or {}).get("Status") == "healthy", "it is not healthy before")
    assert "did not become healthy" in project.dockworthy("restore", "--yes", status=10)
    assert project.inside("ls /data/new") == "/data/new"
    assert project.leftovers() == []


def test_a_killed_run_leaves_nothing_that_the_next_does_not_mend(project: OneService) -> None:
    work = project.shop.state / "backup" / "work"
    project.killed_when(lambda: any(work.glob("*/databases")), "backup")
    project.dockworthy("backup")
    assert project.leftovers() == []
    for ending in (".databases", "before"):
        beside = project.data.parent
        project.killed_when(lambda: any(ending in each.name for each in beside.iterdir()), "restore", "--yes")  # noqa: B023
        until(lambda: project.state["Running"], "it stands still for good")
    said = project.dockworthy("restore", "--yes")
    assert "is still there: " in " ".join(said.split())
    assert sql(project, "PRAGMA integrity_check") == "ok"
    assert [each for each in project.leftovers() if ".before-" not in each] == []


def test_folders_side_by_side_are_restored_together(project: OneService) -> None:
    folders = [project.shop.folder / name for name in ("one", "two")]
    project.service["volumes"] += [f"{folder}:/{folder.name}" for folder in folders]
    for folder in folders:
        folder.mkdir(mode=0o777)
        folder.chmod(0o777)
        (folder / "kept").write_text(folder.name)
    project.write()
    project.up()
    project.dockworthy("backup")
    for folder in folders:
        (folder / "kept").unlink()
    project.dockworthy("restore", "--yes")
    assert [(folder / "kept").read_text() for folder in folders] == ["one", "two"]


def test_a_damaged_database_is_saved_and_doubted(project: OneService) -> None:
    with (project.data / "deep" / "plain").open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096)
    said = " ".join(project.dockworthy("backup", status=1).split())
    assert "the database deep/plain is damaged" in said
    project.dockworthy("backup", "--accept", "data")
    project.dockworthy("backup")


def test_a_drill_proves_it_and_sees_a_row_that_is_missing(project: OneService) -> None:
    project.dockworthy("backup")
    said = project.dockworthy("drill", "restore", "--format", "json").partition("\nrestoring")[0]
    proofs = json.loads(said)["proofs"]
    assert [each["claim"] for each in proofs] == ["1.backup", "3.db-backup"], "it is a database, too"
    assert all(each["passed"] and each["negative_control"]["seen"] for each in proofs)
    for kept in (project.shop.state / "proofs").iterdir():
        assert "seen, as it must be: one row fewer in t of app.db" in kept.read_text()
    assert project.leftovers() == []


def test_the_page_is_followed_without_this_program(project: OneService, tmp_path: Path) -> None:
    project.dockworthy("backup")
    page = project.dockworthy("backup", "kit").partition("this page holds the key")[0]
    folder = tmp_path / "elsewhere"
    follow(page, project.engine, folder)
    rows = newest(project)["databases"]["app.db"]["tables"]["t"]["rows"]
    assert f"- app.db: t: {rows:,} rows" in page
    words = ["sqlite3", str(folder / "data" / "app.db"), "PRAGMA integrity_check; SELECT count(*) FROM t"]
    found = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert found.split() == ["ok", str(rows)]
