"""A shop that writes to /var/cache, needs NET_BIND_SERVICE and runs as root, and a real PostgreSQL: both end tight."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from dockworthy.model.control_ids import control_ids
from fix_verify.conftest import Fix, folders_left, left_in
from machines.engines import OwnEngine, clean_environment
from patience import Limit, patience

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]

PASSWORD = "correct-horse-7-battery"
PROJECT = "dockworthy-test-shop"
FILE = f"""\
# The shop. Who changes this tells ops.
name: {PROJECT}
services:
  web:
    image: dockworthy-test-shop:1.0
    command: shop-web # serves
    ports:
      - "127.0.0.1:18080:80"
    environment:
      PGPASSWORD: {PASSWORD}
    sysctls:
      net.ipv4.ip_unprivileged_port_start: 1024 # as on the old hosts
    restart: unless-stopped
    depends_on: [db]
  db:
    image: dockworthy-test-shop:1.0
    command: shop-database
    environment:
      POSTGRES_PASSWORD: {PASSWORD}
    healthcheck:
      test: ["CMD-SHELL", "PGPASSWORD=$$POSTGRES_PASSWORD psql -h 127.0.0.1 -U shop -d postgres -c 'select 1'"]
    restart: unless-stopped
    volumes:
      - data:/var/lib/postgresql/data
volumes:
  data:
"""
PAGE = "http://localhost:18080/cgi-bin/orders"


@pytest.fixture
def shop(own_engine: OwnEngine, shop_image: str, tmp_path: Path) -> Iterator[Path]:
    """The file of a project that runs and answers."""
    assert shop_image in FILE
    folder = tmp_path / "shop"
    folder.mkdir()
    file = folder / "compose.yaml"
    file.write_text(FILE)
    try:
        compose(own_engine, file, "up", "--detach", "--pull", "never")
        wait_until(lambda: answer(own_engine) == "orders: 42", "the shop answers")
        yield file
    finally:
        compose(own_engine, file, "down", "--volumes", "--timeout", "0")


def test_both_end_tight_up_and_probed(own_engine: OwnEngine, shop: Path, fix: Fix, tmp_path: Path) -> None:
    before = running(own_engine)
    done = fix("--verify", "--probe", PAGE, "--format", "json", str(shop))
    assert done.returncode == 0, done.stdout + done.stderr
    assert PASSWORD not in done.stdout + done.stderr
    assert running(own_engine) == before, "the running project is not touched"
    assert left_in(own_engine) == {} and folders_left(tmp_path) == []

    text = shop.read_text()
    web, db = (YAML(typ="safe").load(text)["services"][name] for name in ("web", "db"))
    assert (web["cap_drop"], web["cap_add"], web["read_only"]) == (["ALL"], ["NET_BIND_SERVICE"], True)
    assert [entry.split(":")[0] for entry in web["tmpfs"]] == ["/var/cache/shop"] and "user" not in web
    assert (db["user"], db["cap_drop"], db["read_only"]) == ("70:70", ["ALL"], True) and "cap_add" not in db
    assert [entry.split(":")[0] for entry in db["tmpfs"]] == ["/run/postgresql", "/tmp"]
    for service in (web, db):
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["mem_limit"] and service["cpus"] and service["pids_limit"] >= 64
    assert [line for line in FILE.splitlines() if line not in text.splitlines()] == [], "only lines are added"

    (verified,) = (file["verified"] for file in json.loads(done.stdout)["files"])
    (refused,) = verified["refused"]
    assert refused["service"] == "web" and "shop.key" in refused["log"] and "1000" in refused["says"]
    assert {state["service"]: state["state"] for state in verified["states"]} == {"db": "up", "web": "up"}
    assert "/var/cache/shop/orders" in next(m["wrote"] for m in verified["measured"] if m["service"] == "web")
    assert {control for kept in verified["kept"] for control in kept["controls"]} <= set(control_ids())

    compose(own_engine, shop, "up", "--detach", "--pull", "never")  # over the data that the loose one has written
    wait_until(lambda: answer(own_engine) == "orders: 42", "the tight shop answers")

    again = fix("--verify", "--probe", PAGE, str(shop))
    assert again.returncode == 0, again.stdout + again.stderr
    assert shop.read_text() == text, "twice is once"
    assert left_in(own_engine) == {} and folders_left(tmp_path) == []


def compose(engine: OwnEngine, file: Path, *arguments: str) -> None:
    engine.docker("compose", "-p", PROJECT, "-f", str(file), *arguments)


def answer(engine: OwnEngine) -> str:
    done = subprocess.run(
        [*engine.inside, "busybox", "wget", "-qO-", "-T", "5", PAGE.replace("localhost", "127.0.0.1")],
        capture_output=True, text=True, timeout=patience(30), env=clean_environment(),
    )  # fmt: skip
    return done.stdout.strip()


def running(engine: OwnEngine) -> dict[str, dict[str, Any]]:
    """The project's containers as they stand: what they are made of, since when they run, how often they began."""
    ids = engine.docker("ps", "--all", "--quiet", "--filter", f"label=com.docker.compose.project={PROJECT}").stdout
    found = (engine.inspect(each) for each in ids.decode().split())
    return {
        each["Name"]: {
            **{key: each[key] for key in ("Id", "Created", "Image", "Config", "HostConfig", "Mounts", "RestartCount")},
            "state": {key: each["State"][key] for key in ("Status", "Pid", "StartedAt", "ExitCode")},
            "networks": each["NetworkSettings"]["Networks"],
        }
        for each in found
    }


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 120.0) -> None:
    limit = Limit(seconds)
    while not condition():
        assert limit.left > 0, f"{what}: not within {seconds:.0f} s"
        time.sleep(0.2)
