"""What people do every day with docker, Compose, the classic builder and BuildKit, through a guarded engine."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from guard.guarded import Guarded, start_guarded
from machines.images import BUSYBOX
from machines.own_host import start_host

pytestmark = pytest.mark.engine

CONFINED = {"builder": {"entitlements": {"network-host": False, "security-insecure": False}}}
CONTEXT = "/run/context"
COMPOSE = f"""
services:
  web:
    image: {BUSYBOX}
    command: ["sh", "-c", "echo up; sleep 3600"]
    ports: ["127.0.0.1::80"]
    volumes: [data:/data]
    stop_grace_period: 0s
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    healthcheck: {{test: ["CMD", "true"], interval: 1s}}
  beside:
    build: .
    stop_grace_period: 0s
    network_mode: service:web
    depends_on: {{web: {{condition: service_healthy}}}}
volumes: {{data: }}
"""


@pytest.fixture(scope="module")
def guarded(engines_folder: Path) -> Iterator[Guarded]:
    host = start_host(engines_folder / "guard-real-engine")
    try:
        guarded = start_guarded(host, settings=CONFINED)
        host.write(f"{CONTEXT}/Dockerfile", f'FROM {BUSYBOX}\nRUN echo hi >/x\nCMD ["sleep", "3600"]\n')
        host.write(f"{CONTEXT}/compose.yaml", COMPOSE)
        yield guarded
    finally:
        host.stop()


def with_plugins(guarded: Guarded, *command: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
    """Compose and buildx keep a folder of settings."""
    return guarded.host.run("env", "DOCKER_CONFIG=/run/docker-config", *command, check=check)


def test_what_people_do_every_day(guarded: Guarded) -> None:
    guarded.docker("run", "-d", "--name", "day", BUSYBOX, "sh", "-c", "echo hello; sleep 3600")
    guarded.docker("network", "create", "day-net")
    guarded.docker("network", "connect", "day-net", "day")
    guarded.docker("volume", "create", "day-data")
    assert guarded.docker("exec", "day", "sh", "-c", "echo inside").stdout == b"inside\n"
    assert guarded.docker("logs", "day").stdout == b"hello\n"
    for command in (
        "ps -a", "inspect day", "stats --no-stream day", "top day", "diff day", "port day", "images", "info", "version",
        "volume ls", "network ls", "system df", "events --since 1m --until 0s",
        "update --memory 100m --memory-swap 200m day",
        "rename day day2", "pause day2", "unpause day2", "restart -t 0 day2", "stop -t 0 day2", "start day2",
        "cp day2:/bin/busybox /tmp/busybox", "kill day2", "network disconnect -f day-net day2", "rm day2",
        "network rm day-net", "volume rm day-data", "container prune -f", f"tag {BUSYBOX} day:1", "rmi day:1",
    ):  # fmt: skip
        guarded.docker(*command.split())


def test_the_classic_builder(guarded: Guarded) -> None:
    with_plugins(guarded, "env", "DOCKER_BUILDKIT=0", "docker", "build", "-t", "classic:1", CONTEXT)
    refused = with_plugins(
        guarded, "env", "DOCKER_BUILDKIT=0", "docker", "build", "--network", "host", CONTEXT, check=False
    )
    assert refused.returncode and b"authorization denied by plugin dockworthy" in refused.stderr
    guarded.docker("rmi", "classic:1")


@pytest.mark.skipif(shutil.which("docker-buildx", path="/usr/libexec/docker/cli-plugins") is None, reason="no buildx")
def test_buildkit_where_the_engine_confines_it(guarded: Guarded) -> None:
    with_plugins(guarded, "docker", "build", "-t", "kit:1", CONTEXT)
    refused = with_plugins(guarded, "docker", "build", "--network", "host", "--no-cache", CONTEXT, check=False)
    assert refused.returncode and b"network.host is not allowed" in refused.stderr
    guarded.docker("rmi", "kit:1")


@pytest.mark.skipif(shutil.which("docker-compose", path="/usr/libexec/docker/cli-plugins") is None, reason="no Compose")
def test_compose(guarded: Guarded) -> None:
    compose = ("docker", "compose", "-p", "shop", "-f", f"{CONTEXT}/compose.yaml")
    with_plugins(guarded, *compose, "up", "-d", "--build")
    assert len(with_plugins(guarded, *compose, "ps", "-q").stdout.split()) == 2
    assert b"up" in with_plugins(guarded, *compose, "logs", "web").stdout
    assert with_plugins(guarded, *compose, "exec", "-T", "web", "sh", "-c", "echo in").stdout == b"in\n"
    with_plugins(guarded, *compose, "run", "--rm", "--no-deps", "web", "sh", "-c", "echo once")
    with_plugins(guarded, *compose, "up", "-d", "--force-recreate", "web")
    with_plugins(guarded, *compose, "down", "-v", "-t", "0")
    assert guarded.docker("ps", "-aq").stdout == b""


def test_settings_written_after_the_start_do_not_count(guarded: Guarded) -> None:
    """The engine reads them when it starts: what stands there now is not what it does."""
    settings = {"authorization-plugins": ["dockworthy"], **CONFINED}
    guarded.host.wait(lambda: written_later(guarded, json.dumps(settings)), "daemon.json is younger than the engine")
    guarded.host.wait(lambda: buildkit_is_refused(guarded), "it is noticed")


def buildkit_is_refused(guarded: Guarded) -> bool:
    answer = guarded.ask("POST", "/build?version=2", raw=b"x", headers={"Content-Type": "application/x-tar"})
    return answer.refused and b"BuildKit builds without the host's network" in answer.body


def written_later(guarded: Guarded, settings: str) -> bool:
    guarded.host.write("/etc/docker/daemon.json", settings)
    ages = guarded.host.run("stat", "-c", "%Y", "/etc/docker/daemon.json", "/run/docker.pid").stdout.split()
    return int(ages[0]) > int(ages[1]) + 2


def test_no_network_is_called_as_the_id_of_another_begins(guarded: Guarded) -> None:
    """`docker network connect` with that id would join it instead."""
    bridge = guarded.docker("network", "inspect", "-f", "{{.Id}}", "bridge").stdout.decode().strip()
    for name in (bridge[:4], bridge[:12], bridge):
        refused = guarded.docker("network", "create", name, check=False)
        assert refused.returncode and b"another network's id begins with" in refused.stderr, name
