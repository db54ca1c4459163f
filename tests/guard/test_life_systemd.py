"""The guard on a Debian with systemd and without Python: a copy is all that it needs, and its units keep the order."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import pytest

from dockworthy.guard.life.bundle import build
from machines.debian_host import DebianHost
from machines.engines import clean_environment
from machines.images import BUSYBOX, busybox_root

pytestmark = [pytest.mark.engine, pytest.mark.ssh, pytest.mark.timeout(300)]

GUARD = "/opt/try/start.sh guard"
UNIT = "dockworthy-guard.service"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("copies") / "try"
    build(place, final=Path("/opt/try"))
    return place


def refused(host: DebianHost) -> bool:
    said = host.run("sh", "-c", f"docker run --rm --privileged {BUSYBOX} true 2>&1", check=False)
    return "authorization denied by plugin dockworthy" in said


def test_units_bring_the_guard_before_the_engine(debian: DebianHost, bundle: Path) -> None:
    copied = "mkdir -p /opt && tar -C /opt -x"
    with subprocess.Popen(["tar", "-C", str(bundle.parent), "-c", "try"], stdout=subprocess.PIPE) as tar:
        subprocess.run([*debian.inside, "sh", "-c", copied], stdin=tar.stdout, check=True, env=clean_environment())
    debian.shell("DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends docker.io docker-cli")
    loaded = [*debian.inside, "docker", "import", "--change", "ENV PATH=/bin", "-", BUSYBOX]
    subprocess.run(loaded, input=busybox_root(), check=True, capture_output=True, env=clean_environment())
    debian.run("docker", "run", "-d", "--name", "before", BUSYBOX, "sleep", "3600")
    before = debian.settings()

    debian.shell(f"{GUARD} install --yes")
    assert refused(debian)
    assert debian.run("systemctl", "is-enabled", UNIT).strip() == "enabled"
    said = debian.run("sh", "-c", f"systemd-analyze verify {UNIT} docker.service 2>&1", check=False)
    assert "dockworthy" not in said, said
    said = debian.run("journalctl", "-t", "dockworthy-guard", "-o", "cat")
    assert any(json.loads(line).get("rules") for line in said.splitlines())

    debian.run("systemctl", "kill", "--signal=KILL", "--kill-whom=main", UNIT)
    began = time.monotonic()
    assert refused(debian) and debian.run("docker", "ps", "-q")
    assert time.monotonic() - began < 10

    debian.shell(f"systemctl stop docker.service docker.socket {UNIT} && systemctl start docker.service")
    assert refused(debian), "the engine's start brought the guard"
    debian.run("docker", "start", "before")

    debian.shell(f"{GUARD} uninstall --yes")
    assert not refused(debian)
    assert debian.settings() == before
    assert debian.run("sh", "-c", f"systemctl status {UNIT}", check=False) == ""
