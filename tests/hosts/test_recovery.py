"""docs/swarm-recovery.md is followed to the letter: of three managers two are lost, and come back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
import yaml

from deploy.edge.shop_app import COMMAND, make_app_image
from dockworthy.model.half_begun import half_begun_nodes
from machines.own_host import OwnHost, start_host
from machines.program import run_dockworthy
from machines.ssh_fixtures import Servers
from machines.ssh_servers import Clients
from machines.switch import Switch
from patience import within

from .conftest import until

pytestmark = [
    pytest.mark.engine,
    pytest.mark.ssh,
    pytest.mark.timeout(900),
    pytest.mark.skipif(shutil.which("haproxy") is None, reason="haproxy is not installed (sudo ./test installs it)"),
]

RUNBOOK = Path(__file__).parents[2] / "docs" / "swarm-recovery.md"
COMMANDS = [line.strip() for line in RUNBOOK.read_text().splitlines() if line.startswith("    ")]
LOST = ("shop2", "shop3")
HOST = "shop.example.com"
ASK = """
import http.client, sys
for _ in range(60):
    asked = http.client.HTTPConnection("127.0.0.1", 80)
    asked.request("GET", "/", headers={"Host": sys.argv[1]})
    print(asked.getresponse().read().decode().split()[0])
    asked.close()
"""


class Shops:
    """Three hosts called as on the page, and a desk without an engine, where dockworthy.yaml is."""

    def __init__(self, folder: Path, project: Path) -> None:
        self.switch = Switch()
        self.hosts: dict[str, OwnHost] = {}
        self.folder, self.project = folder, project
        self.restarted = False

    def start(self, serve: Servers, clients: Clients) -> None:
        self.desk = start_host(self.folder / "desk")
        self.switch.plug(self.desk.process.pid, 9)
        for number in (1, 2, 3):
            name = f"shop{number}"
            self.hosts[name] = host = start_host(self.folder / name)
            host.start_engine({})
            host.run("mkdir", "-p", "/run/sshd")
            address = self.switch.plug(host.process.pid, number)
            server = serve(inside=host.inside, listens_at=address, known=False)
            server.name = name
            clients.know(server)

    def stop(self) -> None:
        for host in (*self.hosts.values(), self.desk):
            host.stop()
        self.switch.stop()

    def dockworthy(self, *words: str) -> CompletedProcess[str]:
        where = ("env", "-C", str(self.project))
        env = {"PATH": os.environ["PATH"], "DOCKWORTHY_STATE": str(self.project / "state")}
        return run_dockworthy(*words, inside=(*self.desk.inside, *where), env=env, timeout=400)

    def done(self, *words: str) -> str:
        """What it said. Raises AssertionError where it did not go well."""
        done = self.dockworthy(*words)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return " ".join((done.stdout + done.stderr).split())

    def docker(self, host: str, *words: str) -> str:
        return self.hosts[host].docker(*words).stdout.decode()

    def deploys(self, version: str) -> str:
        """A version that says which of its tasks answers."""
        web = {
            "image": make_app_image(At(self.hosts["shop1"])),  # type: ignore[arg-type]
            "command": list(COMMAND),
            "environment": {"NAME": f"{version}-{{{{.Task.Slot}}}}"},
            "healthcheck": {"disable": True},
            "stop_grace_period": "1s",
            "deploy": {"replicas": 6},
        }
        (self.project / "compose.yaml").write_text(yaml.safe_dump({"name": "shop", "services": {"web": web}}))
        return self.done("deploy", "--yes", "--host", "shop1")

    def where(self) -> dict[str, str]:
        """Slot -> the host on which its task runs."""
        names = {self.docker(name, "info", "-f", "{{.Swarm.NodeID}}").strip(): name for name in self.hosts}
        ids = self.docker("shop1", "service", "ps", "shop_web", "--no-trunc", "-q").split()
        # One that the swarm forgets meanwhile is left out of what it prints.
        told = self.hosts["shop1"].docker("inspect", "--type", "task", *ids, check=False).stdout
        tasks: list[dict[str, Any]] = json.loads(told or b"[]")
        return {str(t["Slot"]): names[t["NodeID"]] for t in tasks if t["Status"]["State"] == "running"}

    def answers(self) -> set[str]:
        """What the edge's clients on shop1 are told."""
        return set(self.hosts["shop1"].run(sys.executable, "-c", ASK, HOST).stdout.decode().split())


class At:
    """A host, where an image is made."""

    def __init__(self, host: OwnHost) -> None:
        self._host = host

    def docker(self, *words: str, check: bool = True, input: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        return self._host.run("docker", *words, check=check, input=input)


@pytest.fixture
def shops(engines_folder: Path, serve: Servers, clients: Clients, tmp_path: Path) -> Iterator[Shops]:
    made = Shops(engines_folder / "recovery", tmp_path)
    try:
        made.start(serve, clients)
        yield made
    finally:
        made.stop()


def follow(shops: Shops, line: str) -> None:
    """What a person types, where the page says."""
    if line.startswith("dockworthy"):
        told = shops.done(*line.split()[1:])
        assert " remove " not in line or "it is down: it can't be told to leave" in told
        if " add ssh://root@shop2" in line:  # an engine that was restarted has let it join already
            assert ("the edge joins the swarm's network again" in told) == (not shops.restarted)
    elif line == "docker swarm leave --force":
        for name in LOST:
            shops.hosts[name].run("sh", "-c", line)
            shops.switch.mend(int(name[-1]))
    else:
        address = shops.docker("shop1", "info", "-f", "{{.Swarm.NodeAddr}}").strip()
        before = running(shops)
        until(lambda: typed(shops, line.replace("ADDRESS", address)), f"{line}: it is done")

    if line.startswith("docker swarm init"):
        until(lambda: bool(running(shops) - before) or half_begun(shops), "its tasks run again, or take no part")
        if not running(shops) - before:  # the page says what to do then
            restart(shops)
            until(lambda: bool(running(shops) - before), "its tasks run again")


def running(shops: Shops) -> set[str]:
    return set(shops.docker("shop1", "ps", "-q", "--filter", "name=shop_web").split())


def half_begun(shops: Shops) -> bool:
    """For longer than it takes where it ends by itself: as the program tells it from the tasks."""
    ids = shops.docker("shop1", "service", "ps", "shop_web", "--no-trunc", "-q").split()
    return bool(half_begun_nodes(json.loads(shops.docker("shop1", "inspect", "--type", "task", *ids))))


def restart(shops: Shops) -> None:
    host = shops.hosts["shop1"]
    host.run("sh", "-c", 'p=$(cat /run/docker.pid); kill "$p"; while kill -0 "$p" 2>&-; do sleep 0.1; done')
    host.start_engine()
    shops.restarted = True


def typed(shops: Shops, line: str) -> bool:
    """Whether that was all: the page says to type it again where a file changed meanwhile, or after a restart."""
    done = shops.hosts["shop1"].run("sh", "-c", line, check=False)
    said = done.stderr.decode()
    if done.returncode and "context deadline exceeded" in said:
        restart(shops)
        return False
    assert not done.returncode or "as we read it" in said or "before we read it" in said, said
    return done.returncode == 0


def test_the_page_is_followed(shops: Shops) -> None:
    routes = [{"host": HOST, "service": "web", "port": 8000, "health": "/health", "timeout": "2s"}]
    deploy = {"target": "swarm", "observe": "1s", "edge": {"http": 80, "tls": "off"}, "routes": routes}
    text = yaml.safe_dump({"policy": {"level": "baseline"}, "deploy": {**deploy, "healthy_within": within(60)}})
    (shops.project / "dockworthy.yaml").write_text(text)
    for name in shops.hosts:
        told = shops.done("hosts", "add", f"ssh://root@{name}", "--no-harden", "--yes")
        assert ("a swarm has begun" in told) == (name == "shop1")
    shops.done("hosts", "promote", *LOST, "--yes")
    shops.deploys("v1")
    assert {each.partition("-")[0] for each in shops.answers()} == {"v1"} and len(set(shops.where().values())) == 3

    for name in LOST:
        shops.switch.cut(int(name[-1]))
    until(lambda: "docs/swarm-recovery.md" in shops.dockworthy("releases", "--host", "shop1").stderr, "it is seen")
    told = shops.dockworthy("deploy", "--yes", "--host", "shop1").stderr
    assert "of 3 managers 1 answers (shop1)" in told and "docs/swarm-recovery.md" in told, told
    assert "v1" in {each.partition("-")[0] for each in shops.answers()}, "what runs goes on"
    for line in COMMANDS:
        follow(shops, line)

    managers = shops.docker("shop1", "node", "ls", "--format", "{{.ManagerStatus}}").split()
    assert sorted(managers) == ["Leader", "Reachable", "Reachable"]
    until(lambda: "6 containers up" in shops.dockworthy("edge", "status", "--host", "shop1").stdout, "all are back")
    assert "6 containers up" in shops.done("edge", "status", "--host", "shop1"), "and nothing needs care"
    shops.deploys("v2")
    where = shops.where()
    assert set(LOST) <= set(where.values()), where
    assert shops.answers() == {f"v2-{slot}" for slot in where}, "each of them answers, wherever it runs"
