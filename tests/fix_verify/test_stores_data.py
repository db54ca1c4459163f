"""What stores data: no limit comes from an empty copy, and no volume without a name is written or left behind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from dockworthy.fix.verify.baseline import stores
from dockworthy.fix.verify.project import ScratchProject
from fix_verify.conftest import Fix, folders_left, left_in
from machines.engines import OwnEngine

IMAGE = "dockworthy-test-store:1.0"
PROJECT = "dockworthy-test-stores"
TIGHT = """\
    user: "1000:1000"
    cap_drop: [ALL]
    security_opt: [no-new-privileges:true]
    stop_signal: SIGKILL
    restart: unless-stopped
    init: true
"""
FILE = f"""\
name: {PROJECT}
services:
  store:
    image: {IMAGE} # has a volume of its own at /kept
    command: ["sh", "-c", "echo 1 >>/kept/rows && echo 1 >/opt/app/mine && exec httpd -f -p 8080"]
    volumes: [/more]
{TIGHT}\
  web:
    image: {IMAGE}
    command: httpd -f -p 8080
    tmpfs: [/kept]
{TIGHT}"""
LIMITS = {"mem_limit", "cpus", "pids_limit"}


@pytest.fixture
def store(own_engine: OwnEngine, busybox_image: str, tmp_path: Path) -> Iterator[Path]:
    steps = "mkdir -p /opt/app && echo theirs >/opt/app/page && mkdir -m 777 /kept && chmod 777 /opt/app"
    recipe = f"FROM {busybox_image}\nRUN {steps}\nVOLUME /kept\n"
    own_engine.docker("build", "--tag", IMAGE, "-", input=recipe.encode())
    file = tmp_path / "compose.yaml"
    file.write_text(FILE)
    yield file
    own_engine.docker("compose", "-f", str(file), "down", "--volumes", "--timeout", "0")
    own_engine.docker("image", "rm", "--force", IMAGE)


@pytest.mark.engine
@pytest.mark.timeout(400)
def test_no_limit_from_an_empty_copy_and_no_volume_without_a_name(
    own_engine: OwnEngine, store: Path, fix: Fix, tmp_path: Path
) -> None:
    before = volumes(own_engine)
    done = fix("--verify", "--format", "json", str(store))
    assert done.returncode == 0, done.stdout + done.stderr
    assert volumes(own_engine) == before, "not one volume is left behind"
    assert left_in(own_engine) == {} and folders_left(tmp_path) == []
    (file,) = json.loads(done.stdout)["files"]
    notes = "\n".join(file["verified"]["notes"])
    assert "store: no limit is proposed" in notes and "web: no limit is proposed" not in notes

    written = YAML(typ="safe").load(store)
    services = written["services"]
    assert not LIMITS & services["store"].keys() and services["web"].keys() >= LIMITS
    assert services["store"]["read_only"] is True
    assert services["store"]["volumes"] == ["/more", "store-opt-app-writable:/opt/app"]
    assert written["volumes"] == {"store-opt-app-writable": {}}
    assert "after an update of the image" in notes

    up = ("compose", "-f", str(store), "up", "--detach", "--pull", "never")
    own_engine.docker(*up)
    made = volumes(own_engine) - before
    assert f"{PROJECT}_store-opt-app-writable" in made and len(made) == 3, made

    again = fix("--verify", "--format", "json", str(store))  # beside the running project: its use is what counts
    assert again.returncode == 0, again.stdout + again.stderr
    assert YAML(typ="safe").load(store)["services"]["store"].keys() >= LIMITS
    assert volumes(own_engine) - before == made


def volumes(engine: OwnEngine) -> set[str]:
    return set(engine.docker("volume", "ls", "--quiet").stdout.decode().split())


@pytest.mark.parametrize(
    ("facts", "empty"),
    [
        ({"Mounts": [{"Type": "volume", "RW": True}]}, True),
        ({"Mounts": [{"Type": "volume", "RW": False}]}, False),
        ({"Mounts": [{"Type": "tmpfs"}], "Path": "docker-entrypoint.sh", "Args": ["redis-server"]}, True),
        ({"Mounts": None, "Path": "/usr/sbin/mariadbd", "Args": None}, True),
        ({"Mounts": [], "Path": "nginx", "Args": ["-g", "daemon off;"]}, False),
    ],
)
def test_what_stores_data(facts: dict[str, Any], empty: bool) -> None:
    assert stores(facts) is empty


def test_a_folder_that_was_copied_whole_is_not_empty(tmp_path: Path) -> None:
    for name in ("full", "empty"):
        (tmp_path / name).mkdir()
    (tmp_path / "full" / "row").write_text("1")
    services = {
        name: {"volumes": [{"type": "bind", "source": str(tmp_path / folder), "read_only": read_only}]}
        for name, folder, read_only in (("a", "full", False), ("b", "empty", False), ("c", "empty", True))
    }
    project: Any = ScratchProject
    made = project(None, None, None, tmp_path, {"services": services}, {})
    assert [made.begins_empty(name) for name in "abc"] == [False, True, False]
