"""`drill guard` on an engine that was there before its guard: with containers, a volume and a swarm of that time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from dockworthy.drills.guard import TrialObjects, attacks, good_calls
from dockworthy.drills.guard.asking import ask
from guard.guarded import start_guard
from machines.images import BUSYBOX
from machines.own_host import OwnHost, start_host

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

OPEN = "/var/log/entered"
ENDPOINT = "unix:///var/run/docker.sock"


def drill(host: OwnHost, *options: str) -> CompletedProcess[str]:
    folders = ("--folder", "/run/drilled", "--read-folder", "/run/to-read", "--open-folder", OPEN)
    return host.dockworthy("drill", "guard", "--docker", ENDPOINT, "--image", BUSYBOX, *folders, *options)


def scratch_of(host: OwnHost) -> TrialObjects:
    first = host.inside[1].partition("=")[2]
    return TrialObjects(f"/proc/{first}/root/run/docker.sock", BUSYBOX)


@pytest.fixture(scope="module")
def bare(engines_folder: Path) -> Iterator[OwnHost]:
    host = start_host(engines_folder / "guard-drill")
    try:
        host.start_engine({})
        host.load_busybox()
        yield host
    finally:
        host.stop()


@dataclass
class Drilled:
    host: OwnHost
    before: CompletedProcess[str]
    done: CompletedProcess[str]


@pytest.fixture(scope="module")
def drilled(bare: OwnHost) -> Drilled:
    """The engine takes its plugin up while it runs, so that what ran before goes on running."""
    before = drill(bare, "--before")
    bare.docker("swarm", "init", "--advertise-addr", "127.0.0.1")
    bare.run("mkdir", "/run/drilled", "/run/to-read", OPEN)
    bare.write("/etc/guard.yaml", f"guard: {{binds: [/run/drilled, '/run/to-read:ro', {OPEN}]}}")
    start_guard(bare, "--policy", "/etc/guard.yaml")
    bare.write("/etc/docker/daemon.json", '{"authorization-plugins": ["dockworthy"]}')
    bare.run("kill", "-HUP", bare.read("/var/run/docker.pid").strip())
    bare.wait(lambda: b"denied by plugin" in bare.docker("swarm", "ca", check=False).stderr, "the guard is asked")
    return Drilled(bare, before, drill(bare, "--all"))


def test_attacks_are_real(bare: OwnHost) -> None:
    """An engine without a guard does most of them: else it would be no merit to stop them."""
    scratch = scratch_of(bare)
    scratch.look()
    done, tried = 0, 0
    try:
        for trial in attacks():
            if b"evil" in (trial.body or b""):
                continue  # the engine waits for a driver that is not there
            if trial.kind in ("host_settings", "privileges", "mounts") and trial.target.endswith("/create"):
                tried += 1
                answer = ask(scratch.socket, trial, scratch.names)
                if answer.status == 201:
                    done += 1
                    scratch.remove_made(answer.json)
    finally:
        scratch.remove_all()
    assert done > 100 and done > tried * 0.7, f"{done} of {tried}"


def test_no_engine_without_a_guard_is_drilled(bare: OwnHost) -> None:
    refused = drill(bare)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "has no authorization plugin, so that attacks would be done" in refused.stderr


def test_all_are_stopped_and_all_good_calls_pass(drilled: Drilled) -> None:
    assert drilled.before.returncode == 0, drilled.before.stderr
    assert drilled.done.returncode == 0, bad_lines(drilled.done.stdout)
    numbers = [int(number) for number in re.findall(r"\d+", drilled.done.stdout.splitlines()[-1])]
    tried, stopped, by_engine, through, unstopped, good, passed, refused, left_out = numbers
    not_here = [attack for attack in attacks() if attack.unless == "the engine's own socket"]
    assert (through, unstopped, refused, left_out) == (0, 0, 0, len(not_here))
    assert tried == len(list(attacks())) - left_out == stopped + by_engine and good == passed == len(list(good_calls()))
    assert stopped >= 330 and by_engine <= 20, "what the engine refuses itself says nothing of the guard"


def bad_lines(output: str) -> str:
    return "\n".join(
        line for line in output.splitlines() if line.startswith(("let through", "not stopped", "refused:"))
    )


def test_a_drill_removes_what_it_made(drilled: Drilled) -> None:
    for listed in (
        ("volume", "ls"),
        ("network", "ls"),
        ("images",),
        ("service", "ls"),
        ("secret", "ls"),
        ("config", "ls"),
    ):
        names = drilled.host.docker(*listed).stdout.decode().split()
        assert not [name for name in names if "drill" in name and "before" not in name], listed
    left = drilled.host.docker("ps", "-a", "--format", "{{.Names}}").stdout.decode().split()
    assert left and all(name.startswith("dockworthy-drill-before-") for name in left)


def test_a_drill_leaves_its_proof_on_the_host(drilled: Drilled) -> None:
    """In files, not in the swarm of the engine that was drilled."""
    listed = drilled.host.dockworthy("drill", "--host", ENDPOINT, "--format", "json")
    (kept,) = (each for each in json.loads(listed.stdout)["proofs"] if each["drill"] == "guard")
    assert (kept["claim"], kept["subject"], kept["passed"]) == ("2.policy", "engine", True)
    assert kept["measured"]["attacks"] > 400 and kept["measured"]["stopped"] >= 330


def test_nobody_takes_a_name_that_begins_the_id_of_another(drilled: Drilled) -> None:
    """Its owner could rename it between the guard's look and the engine's, which then finds the other one."""
    bound = drilled.host.docker("inspect", "-f", "{{.Id}}", "dockworthy-drill-before-socket").stdout.decode()
    refused = drilled.host.docker("create", "--name", bound[:10], BUSYBOX, "true", check=False)
    assert b"guard/names" in refused.stderr
    read = drilled.host.docker("cp", f"{bound[:10]}:/bin/sh", "-", check=False)
    assert b"whose files it would read" in read.stderr


def test_an_engine_in_use_is_left_alone(drilled: Drilled) -> None:
    drilled.host.docker("create", "--name", "shop", BUSYBOX, "true")
    try:
        refused = drill(drilled.host)
    finally:
        drilled.host.docker("rm", "-f", "shop")
    assert refused.returncode == 2 and "has containers of others (shop)" in refused.stderr


def test_only_a_socket_is_drilled(bare: OwnHost) -> None:
    refused = bare.dockworthy("drill", "guard", "--docker", "tcp://127.0.0.1:1")
    assert refused.returncode == 2 and "needs the engine's own socket" in refused.stderr
