"""Three hosts, each a network of its own with an engine and an SSH server, one of them down."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from machines.engines import OwnEngine, start_engine
from machines.images import make_image
from machines.ssh_fixtures import Servers
from machines.ssh_servers import Clients, SshServer

pytestmark = [pytest.mark.engine, pytest.mark.ssh, pytest.mark.timeout(300)]


class FleetHost(NamedTuple):
    engine: OwnEngine
    server: SshServer

    @property
    def address(self) -> str:
        return self.server.address(path=self.engine.endpoint.removeprefix("unix://"))


def cable(engine: OwnEngine, number: int) -> str:
    """Joins an engine's network to ours; the address there. It ends with the engine's network."""
    here, there = f"dwt{number}", f"10.203.{number}"
    commands = [
        ["ip", "link", "add", here, "type", "veth", "peer", "name", "up0", "netns", str(engine.pid)],
        ["ip", "address", "add", f"{there}.1/30", "dev", here],
        ["ip", "link", "set", here, "up"],
        [*engine.inside, "ip", "address", "add", f"{there}.2/30", "dev", "up0"],
        [*engine.inside, "ip", "link", "set", "up0", "up"],
    ]
    for command in commands:
        subprocess.run(command, check=True, capture_output=True)
    return f"{there}.2"


@pytest.fixture
def hosts(engines_folder: Path, serve: Servers, clients: Clients) -> Iterator[list[FleetHost]]:
    started: list[OwnEngine] = []
    try:
        found = []
        for number in range(3):
            engine = start_engine(engines_folder / f"fleet-{number}")
            started.append(engine)
            make_image(engine, "dockworthy-test-fleet")
            address = cable(engine, number)
            found.append(FleetHost(engine, serve(inside=engine.inside, listens_at=address)))
        yield found
    finally:
        for engine in started:
            engine.stop()


def test_the_same_findings_as_local_and_one_host_down(
    hosts: list[FleetHost], run_dockworthy: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    shop, tidy, down = hosts
    shop.engine.docker("run", "-d", "--name", "web", "--privileged", "dockworthy-test-fleet", "sleep", "1000")
    down.server.stop()
    names = {"shop": shop.address, "tidy": tidy.address, "down": down.address}
    project = tmp_path / "dockworthy.yaml"
    project.write_text("hosts:\n" + "".join(f"  {name}: {address}\n" for name, address in names.items()))
    done = run_dockworthy("assess", "--host", "all", "--policy", str(project), "--format", "json")
    document = json.loads(done.stdout)
    assert done.returncode == 1, done.stderr
    results = {host["host"]: host["result"] for host in document["hosts"]}
    assert results["down"] is None
    assert "nobody listens for ssh" in document["hosts"][2]["error"]
    assert _outcomes(results["shop"])["workload/privileged", "container/web"] == "fail"
    assert not any(subject == "container/web" for _, subject in _outcomes(results["tidy"]))
    local = json.loads(_locally(shop, run_dockworthy).stdout)
    assert _of_the_engine(results["shop"]) == _of_the_engine(local)


def _locally(host: FleetHost, run: Callable[..., subprocess.CompletedProcess[str]]) -> subprocess.CompletedProcess[str]:
    return run("assess", "--host", host.engine.endpoint, "--format", "json")


def _outcomes(result: dict[str, Any]) -> dict[tuple[str, str], str]:
    return {(finding["control"], finding["subject"]): finding["outcome"] for finding in result["findings"]}


def _of_the_engine(result: dict[str, Any]) -> dict[tuple[str, str], str]:
    """What is the engine's own: its host is looked at from two networks here."""
    chapters = ("workload/", "image/", "network/", "volume/", "engine/")
    return {key: outcome for key, outcome in _outcomes(result).items() if key[0].startswith(chapters)}
