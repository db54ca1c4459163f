"""A host that is there already is added over ssh: to the swarm that begins with it, and to dockworthy.yaml."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import NamedTuple

import pytest

from machines.images import BUSYBOX
from machines.own_host import OwnHost, start_host
from machines.program import run_dockworthy
from machines.ssh_fixtures import Servers
from machines.switch import Switch

pytestmark = [pytest.mark.engine, pytest.mark.ssh, pytest.mark.timeout(300)]

LIVE_RESTORE = '{"live-restore": true}'


class Pair(NamedTuple):
    """The manager, on which dockworthy runs; the new host, and its address over ssh; the project's file."""

    manager: OwnHost
    new: OwnHost
    address: str
    project: Path

    def dockworthy(self, *arguments: str) -> CompletedProcess[str]:
        words = ("hosts", *arguments, "--policy", str(self.project))
        return run_dockworthy(*words, inside=self.manager.inside, env={"PATH": os.environ["PATH"]}, timeout=180)

    def worker(self) -> str:
        (id,) = [line.split()[0] for line in self.joined() if "Leader" not in line]
        return id

    def joined(self) -> list[str]:
        nodes = self.manager.docker("node", "ls", "--format", "{{.ID}} {{.Status}} {{.ManagerStatus}}", check=False)
        return nodes.stdout.decode().splitlines()


@pytest.fixture
def pair(engines_folder: Path, serve: Servers, tmp_path: Path) -> Iterator[Pair]:
    switch = Switch()
    hosts = [start_host(engines_folder / f"adding-{number}") for number in (1, 2)]
    try:
        for number, host in enumerate(hosts, 1):
            host.start_engine(LIVE_RESTORE)
            host.run("mkdir", "-p", "/run/sshd")
            switch.plug(host.process.pid, number)
        server = serve(inside=hosts[1].inside, listens_at="10.204.7.2")
        project = tmp_path / "dockworthy.yaml"
        project.write_text("# ours\ndeploy:\n  target: swarm  # on two hosts\n")
        yield Pair(hosts[0], hosts[1], server.address(), project)
    finally:
        for host in hosts:
            host.stop()
        switch.stop()


def test_a_swarm_begins_with_the_first_that_joins(pair: Pair) -> None:
    plan = pair.dockworthy("add", pair.address, "--name", "second", "--no-harden", "--dry-run")
    assert plan.returncode == 0, plan.stderr
    told = plan.stderr
    for words in (
        "turn live-restore off on second",
        "turn live-restore off on this host",
        "begin a swarm on this host, at 10.204.7.1",
        "joins it as worker, at 10.204.7.2",
    ):
        assert words in told, told
    assert pair.joined() == [] and "hosts:" not in pair.project.read_text()
    done = pair.dockworthy("add", pair.address, "--name", "second", "--level", "baseline", "--yes")
    assert done.returncode == 0, done.stderr
    assert "make second fit, as `dockworthy harden --install` does: 1 step" in done.stderr
    assert len(pair.joined()) == 2
    assert pair.project.read_text() == (
        f"# ours\ndeploy:\n  target: swarm  # on two hosts\nhosts:\n  second: {pair.address}\n"
    )
    assert "SWMTKN" not in done.stderr + done.stdout
    again = pair.dockworthy("add", pair.address, "--name", "second", "--level", "baseline", "--yes")
    assert again.returncode == 0 and "nothing to do" in again.stderr, again.stderr
    # Killed after it joined: neither label nor line is there.
    pair.manager.docker("node", "update", "--label-rm", "dockworthy.host", pair.worker())
    pair.project.write_text("deploy: {target: swarm}\n")
    ended = pair.dockworthy("add", pair.address, "--name", "second", "--no-harden", "--yes")
    assert ended.returncode == 0 and "has joined" not in ended.stderr, ended.stderr
    told = json.loads(pair.dockworthy("--format", "json").stdout)
    (host,) = told["hosts"]
    assert (host["name"], host["role"], host["error"]) == ("second", "worker", "")
    left = pair.dockworthy("remove", "second", "--yes")
    assert left.returncode == 0, left.stderr
    assert len(pair.joined()) == 1 and "second" not in pair.project.read_text()

    pair.manager.load_busybox()
    image = pair.manager.docker("image", "inspect", "-f", "{{.Id}}", BUSYBOX).stdout.decode().strip()
    asked = ("--no-resolve-image", "--detach", "--init", "--name", "everywhere", "--mode", "global")
    pair.manager.docker("service", "create", *asked, image, "sleep", "1000")
    plan = pair.dockworthy("add", pair.address, "--name", "second", "--no-harden", "--dry-run")
    assert f"load what no registry has, before tasks come: {BUSYBOX} (" in " ".join(plan.stderr.split()), plan.stderr
    joined = pair.dockworthy("add", pair.address, "--name", "second", "--no-harden", "--yes")
    assert joined.returncode == 0 and "is loaded on second" in joined.stderr, joined.stderr
    pair.manager.wait(lambda: pair.new.running() != {}, "its task runs there")
    assert pair.dockworthy("drain", "second", "--yes").returncode == 0
    pair.new.run("sh", "-c", f"docker rm -f $(docker ps -aq) && docker rmi {BUSYBOX}")
    resumed = pair.dockworthy("resume", "second", "--yes")
    assert resumed.returncode == 0 and "is loaded on second" in resumed.stderr, resumed.stderr
    pair.manager.wait(lambda: pair.new.running() != {}, "its task runs there again")
