"""Folders that a policy lists, on a real engine: swapped for links as fast as can be, and used as people use them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from guard.guarded import Guarded, start_guarded
from machines.images import BUSYBOX
from machines.own_host import start_host

pytestmark = pytest.mark.engine

POLICY = """
guard:
  binds: [/run/shop, "/var/log:ro"]
"""
SECRET = "/etc/only-on-the-host"
SWAPPING = "while :; do mkdir -p /s/b; usleep 20000; rm -rf /s/b; ln -s /etc /s/b; usleep 20000; rm -f /s/b; done"
TRIES = 25
COMPOSE = f"""
services:
  web:
    image: {BUSYBOX}
    command: ["cat", "/run/secrets/key", "/conf", "/short/file", "/logs/engine"]
    secrets: [key]
    configs: [{{source: conf, target: /conf}}]
    volumes:
      - /run/shop/data:/short:ro
      - {{type: bind, source: /run/shop/made/here, target: /long, bind: {{create_host_path: true}}}}
      - {{type: bind, source: /var/log, target: /logs, read_only: true}}
secrets: {{key: {{file: /run/shop/data/file}}}}
configs: {{conf: {{file: /run/shop/data/file}}}}
"""
TEMPLATE = '{{printf "%c%c" 46 46}}'


@pytest.fixture(scope="module")
def guarded(engines_folder: Path) -> Iterator[Guarded]:
    host = start_host(engines_folder / "guard-listed-folders")
    try:
        host.write("/etc/guard.yaml", POLICY)
        host.write(SECRET, "of the host")
        host.run("mkdir", "-p", "/run/shop/data", "/run/shop/other")
        yield start_guarded(host, "--policy", "/etc/guard.yaml")
    finally:
        host.stop()


def test_no_start_follows_what_another_container_swapped(guarded: Guarded) -> None:
    guarded.docker("run", "-d", "--name", "swapper", "-v", "/run/shop:/s", BUSYBOX, "sh", "-c", SWAPPING)
    reached, refused = 0, 0
    try:
        for _ in range(TRIES):
            done = guarded.docker(
                "run", "--rm", "-v", "/run/shop/b:/b", BUSYBOX, "cat", "/b/only-on-the-host", check=False
            )
            reached += done.stdout == b"of the host"
            refused += b"authorization denied by plugin" in done.stderr
    finally:
        guarded.docker("rm", "-f", "swapper")
    assert (reached, refused) == (0, TRIES), f"{reached} of {TRIES} starts read the host's files"


def test_the_same_folder_is_shared(guarded: Guarded) -> None:
    guarded.docker("run", "-d", "--name", "first", "-v", "/run/shop:/s", BUSYBOX, "sleep", "600")
    try:
        guarded.docker("run", "--rm", "-v", "/run/shop:/s", BUSYBOX, "touch", "/s/written")
        guarded.docker("restart", "-t", "0", "first")
    finally:
        guarded.docker("rm", "-f", "first")
    for folder in ("data", "other"):
        guarded.docker("run", "--rm", "-v", f"/run/shop/{folder}:/s", BUSYBOX, "touch", "/s/written")


def test_a_link_that_a_container_left_behind_is_not_followed(guarded: Guarded) -> None:
    """It is gone when the other one starts."""
    guarded.docker("create", "--name", "later", "-v", "/run/shop/other:/b", BUSYBOX, "cat", "/b/only-on-the-host")
    guarded.host.run("sh", "-c", "rm -r /run/shop/other && ln -s /etc /run/shop/other")
    started = guarded.docker("start", "-a", "later", check=False)
    assert started.stdout == b"" and b"/run/shop/other is a link" in started.stderr
    guarded.docker("rm", "later")


@pytest.mark.skipif(shutil.which("docker-compose", path="/usr/libexec/docker/cli-plugins") is None, reason="no Compose")
def test_what_compose_makes_of_files(guarded: Guarded) -> None:
    guarded.host.write("/run/shop/data/file", "of the shop\n")
    guarded.host.write("/var/log/engine", "a log\n")
    guarded.host.write("/run/compose.yaml", COMPOSE)
    compose = (
        "env",
        "DOCKER_CONFIG=/run/docker-config",
        "docker",
        "compose",
        "-p",
        "listed",
        "-f",
        "/run/compose.yaml",
    )
    try:
        done = guarded.host.run(*compose, "run", "--rm", "-T", "web", check=False)
        assert done.stdout == b"of the shop\n" * 3 + b"a log\n", done.stderr
        up = guarded.host.run(*compose, "up", "--force-recreate", "--exit-code-from", "web", check=False)
        assert up.returncode == 0, up.stderr
    finally:
        guarded.host.run(*compose, "down", "-t", "0")


def test_what_is_listed_to_be_read_is_not_written(guarded: Guarded) -> None:
    for mount in ("-v /var/log:/l", "--mount type=bind,src=/var/log,dst=/l", "-v /var/log:/l:ro,rslave"):
        refused = guarded.docker("run", "--rm", *mount.split(), BUSYBOX, "touch", "/l/mine", check=False)
        assert b"the policy lists /var/log:ro" in refused.stderr, mount
    for mount in ("-v /var/log:/l:ro", "--mount type=bind,src=/var/log,dst=/l,readonly"):
        tried = guarded.docker("run", "--rm", *mount.split(), BUSYBOX, "touch", "/l/mine", check=False)
        assert b"Read-only file system" in tried.stderr, mount


def test_templates_of_a_service_walk_nowhere(guarded: Guarded) -> None:
    """Without the guard the task of this one has the host's whole file system."""
    mount = {"Type": "bind", "Source": f"/run/shop/{TEMPLATE}/{TEMPLATE}", "Target": "/x"}
    spec = {"Name": "templated", "TaskTemplate": {"ContainerSpec": {"Image": BUSYBOX, "Mounts": [mount]}}}
    answer = guarded.ask("POST", "/v1.45/services/create", spec)
    assert answer.refused and b"guard/templating" in answer.body
