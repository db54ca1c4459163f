"""What `dockworthy backup --dry-run` finds at a real engine: containers, also stopped ones, volumes, folders."""

from __future__ import annotations

import json
import re
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import MakeContainer, Run
from machines.engines import OwnEngine
from patience import wait_until

pytestmark = pytest.mark.engine

SERVER = """
set -e
busybox mkdir -p /data/18/docker/global /data/18/docker/base/1
echo 18 >/data/18/docker/PG_VERSION
echo 18 >/data/18/docker/base/1/PG_VERSION
echo x >/data/18/docker/global/pg_control
printf '#!/bin/sh\nwhile :; do sleep 1; done\n' >/tmp/postgres
busybox chmod 755 /tmp/postgres
exec /tmp/postgres
"""
"""A program that the kernel calls postgres, and the files by which PostgreSQL is known."""


@pytest.fixture
def on_disk(tmp_path: Path) -> Path:
    """A folder that is not in memory: what is there counts as no data."""
    done = subprocess.run(["stat", "-f", "-c", "%t", str(tmp_path)], capture_output=True, text=True, check=True)
    if done.stdout.strip() == "1021994":
        pytest.skip(f"{tmp_path} is in memory (tmpfs)")
    return tmp_path


@pytest.fixture
def project(request: pytest.FixtureRequest) -> str:
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")
    return f"{name[:30]}-{uuid.uuid4().hex[:6]}"


@pytest.fixture
def volume(own_engine: OwnEngine, project: str) -> Iterator[Callable[..., str]]:
    """`volume("db")` makes one as Compose would, and returns its name; all go after the test's containers."""
    made: list[str] = []

    def make(key: str, *options: str) -> str:
        name = f"{project}_{key}"
        made.append(name)
        labels = (f"com.docker.compose.project={project}", f"com.docker.compose.volume={key}")
        own_engine.docker("volume", "create", *(f"--label={each}" for each in labels), *options, name)
        return name

    yield make
    for name in made:
        own_engine.docker("volume", "rm", "--force", name, check=False)


def of(project: str, service: str) -> tuple[str, ...]:
    return (f"--label=com.docker.compose.project={project}", f"--label=com.docker.compose.service={service}")


def programs_in(engine: OwnEngine, name: str) -> str:
    return engine.docker("top", name, "-eo", "pid,comm", check=False).stdout.decode()


def planned(run: Run, *arguments: str) -> tuple[int, dict[str, dict[str, Any]], list[str]]:
    done = run("backup", "--dry-run", "--format", "json", *arguments)
    assert done.returncode in (0, 1), done.stderr
    told = json.loads(done.stdout)
    return done.returncode, {each["name"]: each for each in told["data"]}, told["notes"]


def test_a_project_with_all_that_it_writes_to(
    own_engine: OwnEngine,
    project: str,
    volume: Callable[..., str],
    container: MakeContainer,
    run_at_engine: Run,
    on_disk: Path,
) -> None:
    (on_disk / "compose.yaml").write_text(f"name: {project}\nservices: {{db: {{image: x}}}}\n")
    (on_disk / "dockworthy.yaml").write_text("backup: {data: {web: {quiesce: stop}}}\n")
    for name in ("jobs", "read", "up"):
        (on_disk / name).mkdir()
    (on_disk / "jobs" / "a file\nof two lines").write_text("12345")
    volume("old")
    volume("memory", "--opt=type=tmpfs", "--opt=device=tmpfs")
    bound = volume("up", "--opt=type=none", "--opt=o=bind", f"--opt=device={on_disk}/up")
    (on_disk / "up" / "picture").write_bytes(bytes(1000))
    db = container(*of(project, "db"), f"--volume={volume('db')}:/data", name="db", command=("sh", "-c", SERVER))
    container(
        *of(project, "web"), f"--volume={bound}:/up", f"--volume={on_disk}/read:/read:ro", "--tmpfs=/t",
        f"--volume={project}_memory:/m", f"--volume={project}_db:/db:ro", name="web",
    )  # fmt: skip
    container(*of(project, "job"), f"--volume={on_disk}/jobs:/jobs", name="job", start=False)
    container(*of(f"{project}-other", "cms"), f"--volume={on_disk}/cms:/cms", name="cms")
    wait_until(lambda: "postgres" in programs_in(own_engine, db), "its server runs")

    status, found, notes = planned(run_at_engine, "--policy", str(on_disk / "dockworthy.yaml"))
    assert set(found) == {"db", "up", "old", str(on_disk / "jobs")}
    assert status == 0, found
    pg = found["db"]
    assert (pg["kind"], pg["version"], pg["data_folder"]) == ("postgresql", "18", "18/docker")
    assert (pg["method"], pg["container"], pg["files"]) == ("pg_dump", db, 3)
    assert {(w["service"], w["read_only"]) for w in pg["writers"]} == {("db", False), ("web", True)}
    assert (found["up"]["path"], found["up"]["bytes"], found["up"]["method"]) == (f"{on_disk}/up", 1000, "stopped")
    assert (found["old"]["kind"], found["old"]["method"]) == ("empty", "copied")
    jobs = found[str(on_disk / "jobs")]
    assert (jobs["method"], jobs["bytes"], jobs["writers"][0]["running"]) == ("copied", 5, False)
    assert any("nothing is saved anywhere" in each for each in notes)

    _, everything, _ = planned(run_at_engine, "--all")
    assert str(on_disk / "cms") in everything
    assert len([each for each in everything.values() if each["project"] == project]) == 4


def test_a_server_that_ended_and_a_program_that_is_none(
    own_engine: OwnEngine, project: str, volume: Callable[..., str], container: MakeContainer, run_at_engine: Run,
    on_disk: Path,
) -> None:  # fmt: skip
    (on_disk / "compose.yaml").write_text(f"name: {project}\nservices: {{db: {{image: x}}}}\n")
    (on_disk / "dockworthy.yaml").write_text("{}\n")
    policy = ("--policy", str(on_disk / "dockworthy.yaml"))
    data = volume("db")
    db = container(*of(project, "db"), f"--volume={data}:/data", name="db", command=("sh", "-c", SERVER))
    wait_until(lambda: "postgres" in programs_in(own_engine, db), "its server runs")
    own_engine.docker("kill", db)
    status, found, _ = planned(run_at_engine, *policy)
    assert (status, found["db"]["method"]) == (0, "copied") and "does not run" in found["db"]["why"]
    container(*of(project, "shell"), f"--volume={data}:/data", name="shell")
    status, found, _ = planned(run_at_engine, *policy)
    assert status == 1 and "its server does not run in" in found["db"]["asks"] and "sleep" in found["db"]["asks"]
    table = run_at_engine("backup", "--dry-run", *policy)
    assert (
        table.returncode == 1 and "db: {postgresql: {}}" not in table.stderr and "db: {quiesce: stop}" in table.stdout
    )
