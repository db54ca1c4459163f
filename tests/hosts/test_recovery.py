"""docs/swarm-recovery.md is followed, line by line: of three managers two are lost."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from .conftest import Swarm, until

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

RUNBOOK = Path(__file__).parents[2] / "docs" / "swarm-recovery.md"
COMMANDS = [line.strip() for line in RUNBOOK.read_text().splitlines() if line.startswith("    ")]


def follow(swarm: Swarm, line: str) -> None:
    """What a person types, with this swarm's names and places."""
    if line.startswith("dockworthy hosts add"):  # over ssh: test_adding.py
        swarm.join(f"n{line[-1]}")
        return
    for number in (1, 2, 3):
        line = line.replace(f"shop{number}", f"n{number}")
    line = line.replace("ADDRESS", swarm.addresses["n1"])
    words = shlex.split(line)
    if words[:2] == ["dockworthy", "hosts"]:
        done = swarm.dockworthy(*words[2:])
        assert done.returncode == 0, done.stderr
        assert words[2] != "remove" or "it is down: it can't be told to leave" in done.stderr
    elif words == ["docker", "swarm", "leave", "--force"]:
        for number in (2, 3):
            swarm.docker(f"n{number}", *words[1:])
            swarm.switch.mend(number)
    elif words[0] == "docker":
        swarm.docker("n1", *words[1:])
    else:
        folder = swarm.folder / "n1"
        places = {"/var/lib/docker": f"{folder}/data", "/root/swarm-before.tar.gz": f"{folder}/saved.tar.gz"}
        command = [places.get(word, word) for word in words]
        until(lambda: _typed(command), "the copy is whole")


def _typed(command: list[str]) -> bool:
    """Whether that was all: the runbook says to type it again where a file changed meanwhile."""
    done = subprocess.run(command, capture_output=True, text=True)
    changed = "changed as we read it" in done.stderr or "removed before we read it" in done.stderr
    assert done.returncode == 0 or changed, done.stderr
    return done.returncode == 0


def test_the_runbook(swarm: Swarm) -> None:
    assert swarm.dockworthy("promote", "n2", "n3", "--yes").returncode == 0
    swarm.serve("web", "--replicas", "3")
    for number in (2, 3):
        swarm.switch.cut(number)

    def told() -> str:
        return swarm.dockworthy("resume", "n1", "--yes").stderr

    until(lambda: "force-new-cluster" in told(), "the error names the way")
    assert "docs/swarm-recovery.md" in told() and "Traceback" not in told()
    assert any("docker swarm init --force-new-cluster" in line for line in COMMANDS)
    for line in COMMANDS:
        follow(swarm, line)
    assert sorted(node["ManagerStatus"]["Reachability"] for node in swarm.nodes()) == ["reachable"] * 3
    until(lambda: len(swarm.running("web")) == 3, "all of web runs")
