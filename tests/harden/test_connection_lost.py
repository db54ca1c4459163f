"""The connection is gone in the middle: the host takes the stage back by itself, and the next run says so."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from machines.engines import clean_environment
from machines.own_host import OwnHost
from machines.program import DOCKWORTHY, run_dockworthy
from machines.ssh_fixtures import Servers
from patience import patience

from .conftest import two_containers

pytestmark = [pytest.mark.engine, pytest.mark.ssh]

BEFORE = '{"live-restore": true}'
STATES = "/var/lib/dockworthy/harden/2*/01/state"
ONLY = ("--only", "engine/no-new-privileges")


def test_a_host_that_is_lost_undoes_by_itself(host: OwnHost, serve: Servers, tmp_path: Path) -> None:
    host.start_engine(BEFORE)
    running = two_containers(host)
    host.run("mkdir", "-p", "/run/sshd")
    server = serve(inside=host.inside)
    address = server.address()
    environment = clean_environment(PATH=os.environ["PATH"])
    arguments = ("harden", "--host", address, "--apply", "--yes", "--confirm-within", "8", *ONLY)
    with (tmp_path / "said").open("wb") as said:
        process = subprocess.Popen(
            [*host.inside, str(DOCKWORTHY), *arguments],
            stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=environment,
        )  # fmt: skip
    host.wait(lambda: state(host) == "applying", "the stage has begun", seconds=120)
    server.kill_connections()
    assert process.wait(patience(120)) == 15, (tmp_path / "said").read_text()
    assert "lost" in (tmp_path / "said").read_text() and "Traceback" not in (tmp_path / "said").read_text()

    host.wait(lambda: state(host) == "undone", "the host has taken it back by itself", seconds=120)
    assert host.read("/etc/docker/daemon.json") == BEFORE and host.running() == running
    told = host.dockworthy("harden", "--journal").stdout
    assert "nobody confirmed it within 8 s" in " ".join(told.split())
    again = serve(inside=host.inside).address()  # the first one went with its connections
    facts = run_dockworthy("facts", "--host", again, inside=host.inside, env=environment, timeout=120)
    assert facts.returncode == 0, facts.stderr
    (run,) = json.loads(facts.stdout)["host"]["hardening"]["value"]
    assert run["stages"][0]["state"] == "undone" and "ended" not in run, (
        "the journal is part of the facts, over ssh too"
    )
    assert host.dockworthy("harden", "--apply", "--yes", *ONLY).returncode == 0


def state(host: OwnHost) -> str:
    return host.run("sh", "-c", f"cat {STATES}", check=False).stdout.decode().strip()
