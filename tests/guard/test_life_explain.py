"""What a request would get, told without an engine, is what the guard says when it is sent."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from dockworthy.cli.run import run
from dockworthy.guard.life.places import Places
from machines.program import run_dockworthy

pytestmark = pytest.mark.slow


def explain(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Called in a folder that holds the policy."""
    return run_dockworthy("guard", "explain", *arguments, inside=("env", "-C", str(folder)))


@pytest.mark.parametrize(
    ("line", "status", "says"),
    [
        ("docker run -d -p 80 --memory 100m busybox", 0, "allowed: containers/create"),
        ("docker run -d -p 80:80 busybox", 3, "who listens on the host at the ports that are published"),
        ("docker run --privileged busybox", 1, "workload/privileged"),
        ("docker create --name db -v /:/host busybox", 1, "guard/binds"),
        ("docker run --pid container:db busybox", 3, "container db: taken as one that may be used"),
        ("docker run -v data:/data busybox", 3, "volume data: taken as one that is not there yet"),
        ("docker run --no-such busybox", 2, "no-such"),
        ("docker ps -a", 0, "allowed: containers/json"),
        ("docker container ls", 0, "allowed: containers/json"),
        ("docker build -t x .", 3, "builder.entitlements"),
        ("docker exec -it db sh", 2, "--request /v1.45/containers/NAME/exec --body FILE"),
        ("docker compose up -d", 2, "dockworthy check compose.yaml"),
        ("docker volume ls", 2, "--request URI"),
        ("", 2, "name one thing"),
    ],
)
def test_a_docker_run_line(tmp_path: Path, line: str, status: int, says: str) -> None:
    (tmp_path / "dockworthy.yaml").write_text("policy: {level: baseline}\n")
    done = explain(tmp_path, *line.split())
    assert (done.returncode, says in done.stdout + done.stderr) == (status, True), done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_request_with_its_body(tmp_path: Path) -> None:
    body = tmp_path / "body.json"
    body.write_text('{"Name": "n", "Driver": "macvlan"}')
    asked = ("--request", "/v1.45/networks/create", "--body", str(body), "--format", "json")
    refused = explain(tmp_path, *asked)
    assert refused.returncode == 1
    assert [each["rule"] for each in json.loads(refused.stdout)["refusals"]] == ["guard/network-driver"]
    (tmp_path / "dockworthy.yaml").write_text("guard: {network_drivers: [macvlan]}\n")
    assert explain(tmp_path, *asked).returncode == 0
    body.write_text('{"Name": "n", "name": "m"}')
    odd = explain(tmp_path, *asked)
    assert json.loads(odd.stdout)["refusals"][0]["rule"] == "guard/canonical"


def test_the_level_of_the_policy_holds(tmp_path: Path) -> None:
    line = ("docker", "run", "busybox")
    (tmp_path / "dockworthy.yaml").write_text("policy: {level: restricted}\n")
    assert explain(tmp_path, *line).returncode == 1
    (tmp_path / "dockworthy.yaml").write_text("policy: {level: baseline}\n")
    assert explain(tmp_path, *line).returncode == 0


def test_what_is_said_of_a_request_can_be_asked(tmp_path: Path) -> None:
    """The request that is named instead of `docker exec` is one that explain takes."""
    body = tmp_path / "body.json"
    body.write_text('{"Cmd": ["sh"], "Privileged": true}')
    done = explain(tmp_path, "--level", "baseline", "--request", "/v1.45/containers/NAME/exec", "--body", str(body))
    assert done.returncode == 1 and "privileged" in done.stdout.lower(), done.stdout


def test_the_policy_of_the_guard_that_is_installed_here_counts_and_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    installed, own = tmp_path / "guard.yaml", tmp_path / "own.yaml"
    installed.write_text("guard: {network_drivers: [macvlan]}\n")
    own.write_text("policy: {level: baseline}\n")
    monkeypatch.setattr("dockworthy.guard.life.places.Places", lambda: Places(policy=installed))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "body.json").write_text('{"Name": "n", "Driver": "macvlan"}')
    request = ["guard", "explain", "--request", "/v1.45/networks/create", "--body", "body.json"]
    assert run(request) == 0
    assert f"policy {installed}" in capsys.readouterr().out
    assert run([*request[:2], "--policy", str(own), *request[2:]]) == 1
    assert f"policy {own}" in capsys.readouterr().out
