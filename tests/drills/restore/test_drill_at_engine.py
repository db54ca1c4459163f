"""Restores are drilled on a real engine: of folders and files of the host, of databases whose images take their time,
of what a person's own commands saved; and what does not hold is said."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from backup.projects import ROWS, DataProject
from machines.postgres import DATA, INIT, UID

pytestmark = pytest.mark.engine

ALWAYS_WRITES = """[ -e /files/a ] || echo first >/files/a; nc -w 5 db 5432 </dev/null || exit 3; trap 'exit 0' TERM
mkdir -p /www/sub; httpd -p 80 -h /www; while :; do date >>/files/log && date >>/one.db || exit 4; sleep 0.05; done"""


def drilled(project: DataProject, *arguments: str, status: int = 0) -> dict[str, Any]:
    """The proof for 1.backup, as the ledger keeps it."""
    project.dockworthy("drill", "restore", *arguments, status=status)
    found = [json.loads(each.read_text()) for each in proofs_of(project)]
    (newest,) = [each for each in found if each["claim"] == "1.backup"][-1:]
    return dict(newest)


def proofs_of(project: DataProject) -> list[Path]:
    return sorted((project.shop.state / "proofs").glob("*.json"), key=lambda each: each.stat().st_mtime_ns)


def left(project: DataProject) -> list[str]:
    """Of the drill, in the engine and on the host."""
    words = [("ps", "-a", "--format", "{{.Names}}"), ("volume", "ls", "-q"), ("network", "ls", "--format", "{{.Name}}")]
    names = [name for each in words for name in project.engine.docker(*each).stdout.decode().split()]
    return [*(name for name in names if "verify" in name), *map(str, project.shop.state.glob("drill.*"))]


def test_folders_and_files_of_the_host_and_a_database_that_is_made_slowly(unstarted: DataProject) -> None:
    project, folder = unstarted, unstarted.shop.folder
    for name, owner in (("pgdata", UID), ("files", 0), ("init", 0)):
        (folder / name).mkdir()
        os.chown(folder / name, owner, owner)
    (folder / "one [1]*.db").write_text("kept\n")
    (folder / "files" / "several\nlines").write_text("x")
    (folder / "init" / "slow.sql").write_text("CREATE TABLE made_at_first (x int); SELECT pg_sleep(3);")
    project.db["volumes"] = [f"./pgdata:{DATA}", f"./init:{INIT}:ro"]
    project.db["healthcheck"] = {"test": ["CMD", "pg_isready", "-h", "127.0.0.1"], "interval": "1s", "retries": 100}
    project.web |= {
        "command": ["sh", "-c", ALWAYS_WRITES.replace("$", "$$")],
        "volumes": ["./files:/files", "./one [1]*.db:/one.db"],
        "depends_on": {"db": {"condition": "service_healthy"}},
    }
    project.more["debug"] = {"image": "nowhere:1", "profiles": ["debug"]}
    project.more["migrate"] = {"image": "nowhere:2", "profiles": ["jobs"], "volumes": ["./files:/files"]}
    project.volumes = {}
    project.deploy = {
        "jobs": {"before": ["migrate"]},
        "routes": [{"host": "shop.test", "service": "web", "port": 80, "health": "/sub"}],
    }
    project.write(proof={"asks": [{"url": "/", "status": 404}]})
    project.up()
    project.dockworthy("backup")
    before = {each.name for each in folder.iterdir()}

    proof = drilled(project)
    assert proof["passed"], proof["says"]
    seen = "\n".join(proof["evidence"])
    assert "/sub at port 80 of web answered 302" in seen and f"{ROWS:,} rows as saved" in seen
    for fault in (
        "another key",
        "a pack",
        "an empty volume",
        "one file fewer in",
        "one row fewer",
        "an empty database",
    ):
        assert f"seen, as it must be: {fault}" in seen
    assert "pg_amcheck found no damage" in seen
    assert proof["measured"]["rpo"] <= 600 and proof["measured"]["rto"] > 3, "the image takes as long"
    assert left(project) == [] and {each.name for each in folder.iterdir()} == before

    (folder / "one [1]*.db").write_text("lost\n")
    project.dockworthy("restore", str(folder / "one [1]*.db"), "--yes")
    assert (folder / "one [1]*.db").read_text().startswith("kept\n")
    assert "lost" not in (folder / "one [1]*.db").read_text()
    assert {each.name for each in folder.iterdir()} == before


def test_a_copy_that_does_not_work_fails_at_once_and_says_why(unstarted: DataProject) -> None:
    project = unstarted
    project.up()
    project.dockworthy("backup")
    project.web["command"] = [
        "sh",
        "-c",
        "grep -q newer /files/a && exec sleep 1000; echo 'no newer data here'; exit 5",
    ]
    project.write()
    proof = drilled(project, status=1)
    assert not proof["passed"] and "web is exited with the restored data: no newer data here" in proof["says"]
    assert "rto" not in proof["measured"]
    web = project.web
    project.web = {**web, "volumes": []}
    project.write()
    said = " ".join(project.dockworthy("drill", "restore", status=2).split())
    assert "files was saved, and no service of the project has it any more" in said
    project.web = web
    project.write(proof={"asks": [{"sql": "SELECT 1", "data": "dta", "at_least": 1}]})
    assert "no database 'dta'" in project.dockworthy("drill", "restore", status=2)
    assert left(project) == [] and len(proofs_of(project)) == 2


def test_what_a_persons_own_commands_saved(unstarted: DataProject) -> None:
    project = unstarted
    project.more["metrics"] = {
        "image": project.web["image"],
        "command": [
            "sh",
            "-c",
            "[ -e /m/value ] || echo made >/m/value; trap 'exit 0' TERM; while :; do sleep 0.1; done",
        ],
        "volumes": ["metrics:/m"],
    }
    project.volumes["metrics"] = {}
    restore = "cat >/m/value && ! grep bad /m/value >&2"
    project.write(data={"metrics": {"command": {"dump": "cat /m/value", "restore": restore}}})
    project.up()
    docker, metrics = project.engine.docker, project.container("metrics")
    docker("exec", metrics, "sh", "-c", "echo 17 values >/m/value")
    project.dockworthy("backup")
    proof = drilled(project)
    assert proof["passed"], proof["says"]
    assert "metrics: your own command took the dump, and 10 of 10 bytes are dumped again" in "\n".join(
        proof["evidence"]
    )

    docker("exec", metrics, "sh", "-c", "echo lost >/m/value")
    project.dockworthy("restore", "metrics", "--yes")
    assert docker("exec", metrics, "cat", "/m/value").stdout == b"17 values\n"
    assert restore in project.dockworthy("backup", "kit")

    docker("exec", metrics, "sh", "-c", "echo bad >/m/value")
    project.dockworthy("backup")
    docker("exec", metrics, "sh", "-c", "echo 18 values >/m/value")
    assert "can't take its place: bad" in project.dockworthy("restore", "metrics", "--yes", status=15)
    assert docker("exec", metrics, "cat", "/m/value").stdout == b"18 values\n", "what was there is back"

    failing = "cat >/m/value; echo 'it is locked' >&2; exit 3"
    project.write(data={"metrics": {"command": {"dump": "cat /m/value", "restore": failing}}})
    project.dockworthy("backup")
    proof = drilled(project, status=1)
    assert not proof["passed"] and "its own command can't restore it: it is locked" in proof["says"]
    assert left(project) == []
    kept = [each for each in os.listdir(project.shop.state / "backup") if each.startswith("before")]
    assert kept == []
