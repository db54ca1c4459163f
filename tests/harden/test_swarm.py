"""Live-restore and a swarm exclude each other: what the engine says, and what harden offers."""

from __future__ import annotations

import json

import pytest

from machines.own_host import OwnHost

from .conftest import apply, outcomes, plan_of, two_containers

pytestmark = pytest.mark.engine

SWARM = ("swarm", "init", "--advertise-addr", "127.0.0.1")


def live_restore(host: OwnHost) -> str:
    """By the engine's own word."""
    return host.docker("info", "-f", "{{.LiveRestoreEnabled}}").stdout.decode().strip()


def test_a_swarm_node_is_not_offered_live_restore(host: OwnHost) -> None:
    host.start_engine("{}")
    host.docker(*SWARM)
    plan = plan_of(host, "--only", "engine/live-restore")
    assert not plan["steps"]
    assert outcomes(host)["engine/live-restore"] == "not_applicable"
    assert host.dockworthy("harden", "--for-swarm").returncode == 2


def test_a_swarm_begins_after_live_restore_was_turned_off(host: OwnHost) -> None:
    host.start_engine('{"live-restore": true}')
    running = two_containers(host)
    refused = host.docker(*SWARM, check=False)
    assert refused.returncode and b"incompatible with swarm" in refused.stderr
    plan = plan_of(host, "--for-swarm")
    (step,) = plan["steps"]
    assert "refuses swarm mode" in step["causes"][0] and "+" in step["diff"]
    done = host.dockworthy("harden", "--for-swarm", "--apply", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert live_restore(host) == "false" and host.running() == running
    host.docker(*SWARM)
    assert host.running() == running


def test_undo_turns_live_restore_off_in_the_running_engine_too(host: OwnHost) -> None:
    before = '{"labels": ["a=b"]}'
    host.start_engine(before)
    running = two_containers(host)
    apply(host, "engine/live-restore")
    assert live_restore(host) == "true"
    assert host.dockworthy("harden", "--undo").returncode == 0
    assert host.read("/etc/docker/daemon.json") == before
    assert live_restore(host) == "false" and host.running() == running
    host.docker(*SWARM)


def test_a_node_that_got_live_restore_by_a_reload_is_saved(host: OwnHost) -> None:
    """The engine takes the pair on a reload and does not start with it any more."""
    host.start_engine("{}")
    host.docker(*SWARM)
    host.write("/etc/docker/daemon.json", '{"live-restore": true}')
    host.run("sh", "-c", "kill -HUP $(cat /var/run/docker.pid)")
    host.wait(lambda: live_restore(host) == "true", "the engine has taken it over")
    assert outcomes(host)["engine/settings-accepted"] == "fail"
    apply(host, "engine/settings-accepted")
    assert json.loads(host.read("/etc/docker/daemon.json")) == {"live-restore": False}
    assert live_restore(host) == "false"


def test_a_project_that_deploys_to_a_swarm_gets_no_live_restore(host: OwnHost) -> None:
    host.start_engine("{}")
    host.write("/run/project/dockworthy.yaml", "deploy: {target: swarm}\n")
    plan = plan_of(host, "--policy", "/run/project/dockworthy.yaml", "--only", "engine/live-restore")
    assert not plan["steps"] and "deploy.target" in plan["not_done"][0]["why"]
