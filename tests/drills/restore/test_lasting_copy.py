"""`restore --as NAME` on a real engine: the copy has the data of the backup and stays; the project is as it was."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest

from backup.projects import ROWS, DataProject
from machines.postgres import psql
from patience import patience

pytestmark = pytest.mark.engine
NAME = "dockworthy-test-before"


@pytest.fixture
def project(unstarted: DataProject) -> Iterator[DataProject]:
    """Saved, and with one order fewer since, and another file."""
    unstarted.more["worker"] = {**unstarted.web, "depends_on": ["db"], "command": ["sleep", "600"], "ports": ["8000"]}
    unstarted.write()
    unstarted.up()
    unstarted.dockworthy("backup")
    unstarted.sql("DELETE FROM orders WHERE id = 7")
    unstarted.in_web("echo second >/files/a")
    try:
        yield unstarted
    finally:
        down(unstarted)


def down(project: DataProject) -> None:
    project.engine.docker("compose", "-p", NAME, "down", "--volumes", "--timeout", "0")


def of_copy(project: DataProject) -> list[str]:
    """Containers, volumes and networks that are called so, and what the host keeps of it."""
    docker = project.engine.docker
    lists = (("ps", "-a", "--format", "{{.Names}}"), ("volume", "ls", "-q"), ("network", "ls", "--format", "{{.Name}}"))
    names = [name for each in lists for name in docker(*each).stdout.decode().split()]
    return [
        *(name for name in names if NAME in name or "verify" in name),
        *(each for each in os.listdir(project.shop.state / "backup") if each == f"copying-{NAME}"),
    ]


def test_it_stays_beside_the_project_and_goes_by_compose(project: DataProject) -> None:
    said = " ".join(project.dockworthy("restore", "--as", NAME, "--dry-run").split())
    assert f"a copy of {project.name} as the backup of" in said and "networks that lead nowhere" in said
    assert of_copy(project) == []

    said = project.dockworthy("restore", "--as", NAME, "--yes")
    assert f"docker compose -p {NAME} down --volumes" in said and f"{ROWS:,} rows as saved" in said
    engine = project.engine
    found = psql(engine, f"{NAME}-db-1", "SELECT count(*) FROM orders WHERE id = 7", "shop")
    assert (found, project.sql("SELECT count(*) FROM orders WHERE id = 7")) == ("1", "0")
    assert engine.docker("exec", f"{NAME}-web-1", "cat", "/files/a").stdout == b"first\n"
    assert project.in_web("cat /files/a") == "second"
    assert engine.inspect(f"{NAME}-worker-1")["HostConfig"]["PortBindings"] in ({}, None)
    assert engine.inspect(f"{NAME}_default")["Internal"] is True

    project.dockworthy("drill", "restore")
    again = project.dockworthy("restore", "--as", NAME, "--yes", status=2)
    assert f"the container {NAME}-" in again and "take another name" in again
    assert len(of_copy(project)) == 3 + 2 + 1, "a drill removes no copy, and neither does one that is refused"
    down(project)
    assert of_copy(project) == []


def test_a_name_that_is_taken_is_refused(project: DataProject) -> None:
    for name, why in ((project.name, "is the project itself"), ("Shop", "names no project"), ("", "names no project")):
        assert why in project.dockworthy("restore", "--as", name, "--yes", status=2)
    project.engine.docker("volume", "create", f"{NAME}_data")
    try:
        said = project.dockworthy("restore", "--as", NAME, "--yes", status=2)
        assert f"the volume {NAME}_data already" in said
        assert of_copy(project) == [f"{NAME}_data"]
    finally:
        project.engine.docker("volume", "rm", f"{NAME}_data")
    for words, why in ((("data",), "data can't be said"), (("--on", "ssh://root@new"), "--as can't be said")):
        assert why in project.dockworthy("restore", "--as", NAME, *words, status=2)


def test_of_one_that_does_not_work_nothing_is_left(project: DataProject) -> None:
    project.more["worker"]["command"] = ["sh", "-c", "echo no good; exit 3"]
    project.write()
    said = project.dockworthy("restore", "--as", NAME, "--yes", status=15)
    assert "worker is" in said and "no good" in said
    assert of_copy(project) == [] and project.state("web")["Running"]


def test_one_that_was_killed_is_removed_by_the_next(project: DataProject) -> None:
    running = project.shop.begin("restore", "--as", NAME, "--yes")
    ends = time.monotonic() + patience(60)
    while f"{NAME}-db-1" not in of_copy(project):
        assert running.poll() is None and time.monotonic() < ends
        time.sleep(0.05)
    running.send_signal(signal.SIGKILL)
    running.communicate()
    assert f"copying-{NAME}" in of_copy(project)
    said = project.dockworthy("restore", "--as", NAME, "--yes")
    assert "was making when it was killed, is removed" in said
    found = psql(project.engine, f"{NAME}-db-1", "SELECT count(*) FROM orders", "shop")
    assert found == str(ROWS) and f"copying-{NAME}" not in of_copy(project)
