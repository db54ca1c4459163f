"""The guard came after a run of harden, which is then undone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from harden.conftest import apply
from machines.images import BUSYBOX
from machines.own_host import OwnHost, start_host

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]


@pytest.fixture
def host(engines_folder: Path) -> Iterator[OwnHost]:
    host = start_host(engines_folder / "harden-later-settings")
    try:
        for place in ("/opt", "/usr/local"):
            host.run("mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", place)
        host.run("rm", "-rf", "/etc/dockworthy")
        host.start_engine({})
        host.load_busybox()
        yield host
    finally:
        host.stop()


def test_the_guard_stays_in_front_of_the_engine(host: OwnHost) -> None:
    apply(host, "engine/live-restore")
    assert host.dockworthy("guard", "install", "--yes").returncode == 0
    done = host.dockworthy("harden", "--undo")
    assert done.returncode == 2 and "changed since by somebody else: /etc/docker/daemon.json" in done.stderr
    done = host.dockworthy("harden", "--undo", "--force")
    assert "settings added or changed since the run stay: authorization-plugins" in done.stderr, done.stderr
    left = json.loads(host.read("/etc/docker/daemon.json"))
    assert left["authorization-plugins"] == ["dockworthy"] and "live-restore" not in left
    said = host.docker("run", "--rm", "--privileged", BUSYBOX, "true", check=False).stderr
    assert b"denied by plugin dockworthy" in said
    assert host.docker("info", "-f", "{{.LiveRestoreEnabled}}").stdout.strip() == b"false"
