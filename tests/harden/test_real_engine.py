"""harden on a real engine: planned, done, measured, taken back; and that nothing which ran stops."""

from __future__ import annotations

import json
import subprocess

import pytest

from machines.engines import clean_environment
from machines.own_host import OwnHost
from machines.program import DOCKWORTHY

from .conftest import outcomes, two_containers

pytestmark = pytest.mark.engine

SETTINGS = '{\n    "labels": ["shop=1"],\n    "log-opts": {"max-file": "3"}\n}\n'


ENGINE_ONLY = [
    word
    for name in ("live-restore", "log-rotation", "no-new-privileges", "userland-proxy", "icc")
    for word in ("--only", f"engine/{name}")
]
"""Steps of the host would change this machine: kernel settings and packages are not apart."""


def test_planned_done_measured_and_taken_back(host: OwnHost) -> None:
    host.start_engine(SETTINGS)
    running = two_containers(host)
    plan = host.dockworthy("harden", *ENGINE_ONLY)
    assert plan.returncode == 1, plan.stderr
    assert "live-restore comes first" in " ".join(plan.stdout.split())
    assert '+    "live-restore": true' in plan.stdout
    assert host.read("/etc/docker/daemon.json") == SETTINGS, "a plan changes nothing"

    done = host.dockworthy("harden", "--apply", "--yes", *ENGINE_ONLY)
    assert done.returncode == 0, done.stdout + done.stderr
    after = outcomes(host)
    assert {after[f"engine/{name}"] for name in ("live-restore", "log-rotation", "no-new-privileges")} == {"pass"}
    assert after["engine/icc"] == "pending"
    assert after["engine/api-tls"] == "not_applicable", "a port that the engine holds for a container is not its API's"
    assert "pending      engine/icc" in done.stdout
    assert host.running() == running, "no container was stopped"
    settings = json.loads(host.read("/etc/docker/daemon.json"))
    assert settings["labels"] == ["shop=1"] and settings["log-opts"] == {"max-file": "3", "max-size": "10m"}

    taken = host.dockworthy("harden", "--undo")
    assert taken.returncode == 0, taken.stdout + taken.stderr
    assert host.read("/etc/docker/daemon.json") == SETTINGS, "byte for byte"
    assert host.running() == running
    assert host.dockworthy("harden", "--undo").returncode == 2, "there is nothing more to take back"


def test_only_what_was_asked_for(host: OwnHost) -> None:
    host.start_engine("{}")
    done = host.dockworthy("harden", "--apply", "--yes", "--only", "engine/live-restore")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(host.read("/etc/docker/daemon.json")) == {"live-restore": True}
    skipped = host.dockworthy("harden", "--skip", "engine/log-rotation", "--format", "json")
    planned = [step["id"] for step in json.loads(skipped.stdout)["steps"]]
    assert "engine/log-rotation" not in planned and "engine/no-new-privileges" in planned
    unknown = host.dockworthy("harden", "--only", "workload/privileged")
    assert unknown.returncode == 2 and "workload/privileged" in unknown.stderr


def test_settings_that_are_no_json_are_left_alone(host: OwnHost) -> None:
    host.start_engine("{}")
    host.write("/etc/docker/daemon.json", '{"icc": false,\n}')
    done = host.dockworthy("harden", "--apply", "--yes", "--only", "engine/icc")
    assert done.returncode == 2
    assert "/etc/docker/daemon.json:" in done.stderr and "Traceback" not in done.stderr
    assert host.read("/etc/docker/daemon.json") == '{"icc": false,\n}'


def test_a_setting_on_the_command_line_is_found_first(host: OwnHost) -> None:
    host.start_engine("{}", "--log-opt max-file=3", "--icc=true")
    plan = json.loads(host.dockworthy("harden", "--format", "json").stdout)
    left = {entry["id"]: entry["why"] for entry in plan["not_done"]}
    assert "command line" in left["engine/icc"] and "command line" in left["engine/log-rotation"]
    assert not {"engine/icc", "engine/log-rotation"} & {step["id"] for step in plan["steps"]}


@pytest.mark.parametrize("seconds", [0.2, 0.6, 1.0, 1.5, 2.5, 4.0])
def test_killed_at_any_moment(host: OwnHost, seconds: float) -> None:
    """The next run finishes or takes back what was begun: the machine is as before, or as planned."""
    host.start_engine(SETTINGS)
    running = two_containers(host)
    process = subprocess.Popen(
        [*host.inside, str(DOCKWORTHY), "harden", "--apply", "--yes", "--only", "engine/live-restore"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=clean_environment(),
    )  # fmt: skip
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        host.run("sh", "-c", "for p in $(pgrep -f 'guard.sh|dockworthy harden'); do kill -9 $p; done", check=False)
        process.kill()
        process.wait()
    done = host.dockworthy("harden", "--apply", "--yes", "--only", "engine/live-restore")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(host.read("/etc/docker/daemon.json"))["live-restore"] is True
    assert host.running() == running
    assert host.dockworthy("harden", "--undo").returncode == 0
    assert host.read("/etc/docker/daemon.json") == SETTINGS
