"""Nodes of a real swarm are emptied, taken back into use, promoted, demoted and removed."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from machines.program import DOCKWORTHY, run_dockworthy
from patience import patience

from .conftest import Swarm

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]


def test_a_node_is_emptied_and_taken_back(swarm: Swarm) -> None:
    swarm.serve("web", "--replicas", "3", "--replicas-max-per-node", "2")
    assert len(set(swarm.running("web"))) == 3
    plan = swarm.dockworthy("drain", "n2", "--dry-run")
    assert plan.returncode == 0 and "web: 1 of 3 tasks, to n1 or n3" in plan.stderr, plan.stderr
    assert swarm.node("n2")["Spec"]["Availability"] == "active"
    done = swarm.dockworthy("drain", "n2", "--yes")
    assert done.returncode == 0, done.stderr
    assert "web: for " in done.stderr and "and never none" in done.stderr
    assert len(swarm.running("web")) == 3 and swarm.id("n2") not in swarm.running("web")
    assert "nothing to do" in swarm.dockworthy("drain", "n2", "--yes").stderr
    assert swarm.dockworthy("resume", "n2", "--yes").returncode == 0
    assert swarm.node("n2")["Spec"]["Availability"] == "active"
    swarm.docker("n1", "service", "rm", "web")


def test_what_has_a_volume_is_moved_only_when_asked_for(swarm: Swarm) -> None:
    here = ("--constraint", f"node.id=={swarm.id('n3')}")
    swarm.serve("db", "--mount", "type=volume,source=data,target=/data", *here)
    refused = swarm.dockworthy("drain", "n3", "--yes")
    assert refused.returncode == 2 and "db: no other node may take it" in refused.stderr, refused.stderr
    assert "volume data stays here" in refused.stderr
    assert swarm.node("n3")["Spec"]["Availability"] == "active" and len(swarm.running("db")) == 1
    assert swarm.dockworthy("drain", "n3", "--yes", "--force").returncode == 0
    assert swarm.running("db") == []
    back = swarm.dockworthy("resume", "n3", "--yes")
    assert "db runs again" in back.stderr and swarm.running("db") == [swarm.id("n3")]
    swarm.docker("n1", "service", "rm", "db")


def test_three_managers_and_never_two(swarm: Swarm) -> None:
    two = swarm.dockworthy("promote", "n2", "--yes")
    assert two.returncode == 2 and "2 managers" in two.stderr and "promote two at once" in two.stderr
    assert swarm.dockworthy("promote", "n2", "n3", "--yes").returncode == 0
    assert [node["ManagerStatus"]["Reachability"] for node in swarm.nodes()] == ["reachable"] * 3
    assert "nothing to do" in swarm.dockworthy("promote", "n2", "--yes").stderr
    assert "2 managers" in swarm.dockworthy("demote", "n3", "--yes").stderr
    itself = swarm.dockworthy("demote", "n1", "n2", "--yes")
    assert itself.returncode == 2 and "can't take itself away" in itself.stderr
    assert swarm.dockworthy("demote", "n1", "n2", "n3", "--yes").returncode == 2
    assert swarm.dockworthy("demote", "n2", "n3", "--yes").returncode == 0
    assert [node["Spec"]["Role"] for node in swarm.nodes()].count("manager") == 1


def test_what_only_a_manager_knows_a_worker_says(swarm: Swarm) -> None:
    asked = swarm.dockworthy("drain", "n3", "--yes", at="n2")
    assert asked.returncode == 2 and "is a worker of its swarm" in asked.stderr
    assert f"{swarm.addresses['n1']}:2377" in asked.stderr


def test_every_node_gets_a_certificate_of_the_new_authority(swarm: Swarm) -> None:
    before = swarm.docker("n1", "swarm", "ca")
    done = swarm.dockworthy("rotate-ca", "--yes")
    assert done.returncode == 0, done.stderr
    after = swarm.docker("n1", "swarm", "ca")
    assert after != before
    assert {node["Description"]["TLSInfo"]["TrustRoot"].strip() for node in swarm.nodes()} == {after.strip()}


def test_the_unlock_key_is_on_the_terminal_alone(swarm: Swarm, tmp_path: Path) -> None:
    words = ("hosts", "autolock", "on", "--yes", "--host", swarm.engines["n1"].endpoint)
    refused = run_dockworthy(*words, inside=("setsid", "--wait"))
    assert refused.returncode == 2 and "no terminal to show the key on" in refused.stderr
    assert swarm.docker("n1", "info", "-f", "{{.Swarm.Cluster.Spec.EncryptionConfig.AutoLockManagers}}") == "false\n"
    said = tmp_path / "said"
    command = f"{shlex.join([str(DOCKWORTHY), *words])} >{said} 2>&1"
    terminal = subprocess.run(
        ["script", "-qec", command, "/dev/null"], capture_output=True, text=True, timeout=patience(60)
    )
    assert terminal.returncode == 0, said.read_text()
    key = swarm.docker("n1", "swarm", "unlock-key", "-q").strip()
    assert key.startswith("SWMKEY-") and key in terminal.stdout and "SWMKEY" not in said.read_text()
    assert "nothing to do" in swarm.dockworthy("autolock", "on").stderr
    assert swarm.dockworthy("autolock", "off", "--yes").returncode == 0
    assert swarm.dockworthy("autolock", "rotate", "--yes").returncode == 2


def test_a_host_leaves_and_its_line_goes(swarm: Swarm) -> None:
    swarm.serve("web", "--replicas", "2", "--constraint", f"node.id!={swarm.id('n1')}")
    gone = swarm.id("n3")
    plan = swarm.dockworthy("remove", "n3", "--dry-run")
    assert "its engine leaves the swarm" in plan.stderr and gone in {node["ID"] for node in swarm.nodes()}
    done = swarm.dockworthy("remove", "n3", "--yes")
    assert done.returncode == 0, done.stderr
    assert gone not in {node["ID"] for node in swarm.nodes()}
    assert swarm.docker("n3", "info", "-f", "{{.Swarm.LocalNodeState}}").strip() == "inactive"
    text = swarm.project.read_text()
    assert "# n3" not in text and "# n2" in text
    assert swarm.running("web") == [swarm.id("n2")] * 2
    swarm.docker("n1", "service", "rm", "web")
