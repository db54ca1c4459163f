"""The guard at the engine's place, on a Debian with systemd: a copy with its own Python is all that it needs, the units
keep the order, and the engine's own comes back."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from dockworthy.guard.life.bundle import build
from machines.debian_host import DebianHost
from machines.engines import clean_environment
from machines.images import BUSYBOX, busybox_root

pytestmark = [pytest.mark.engine, pytest.mark.ssh, pytest.mark.timeout(300)]

GUARD = "/opt/try/start.sh guard"
UNIT = "dockworthy-guard.service"
UNLOCK = "/usr/local/sbin/dockworthy-guard-unlock"
SOCKET, OWN = "/run/docker.sock", "/run/dockworthy-engine/docker.sock"
MEMBER = """
import socket
def status(path):
    with socket.socket(socket.AF_UNIX) as s:
        try:
            s.connect(path); s.sendall(b"GET /_ping HTTP/1.0\\r\\n\\r\\n")
            return s.recv(100).split()[1].decode()
        except PermissionError: return "denied"
        except OSError: return "none"
print(status("/run/docker.sock"), status("/run/dockworthy-engine/docker.sock"))
"""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("copies") / "try"
    build(place, final=Path("/opt/try"))
    return place


def refused(host: DebianHost, socket: str = SOCKET) -> bool:
    said = host.run("sh", "-c", f"docker -H unix://{socket} run --rm --privileged {BUSYBOX} true 2>&1", check=False)
    return "authorization denied by plugin dockworthy" in said


def who_passes(host: DebianHost) -> str:
    """What a member of the group docker gets at the usual place, and at the engine's own."""
    member = ("setpriv", "--reuid=nobody", "--regid=docker", "--clear-groups")
    return host.run(*member, "python3", "-c", MEMBER).strip()


def test_units_bring_the_guard_before_the_engine(debian: DebianHost, bundle: Path) -> None:
    copied = "mkdir -p /opt && tar -C /opt -x"
    with subprocess.Popen(["tar", "-C", str(bundle.parent), "-c", "try"], stdout=subprocess.PIPE) as tar:
        subprocess.run([*debian.inside, "sh", "-c", copied], stdin=tar.stdout, check=True, env=clean_environment())
    debian.shell("DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends docker.io docker-cli")
    loaded = [*debian.inside, "docker", "import", "--change", "ENV PATH=/bin", "-", BUSYBOX]
    subprocess.run(loaded, input=busybox_root(), check=True, capture_output=True, env=clean_environment())
    debian.run("docker", "run", "-d", "--name", "before", BUSYBOX, "sleep", "3600")
    before = debian.settings()

    debian.shell(f"{GUARD} install --people --yes")
    assert (refused(debian, OWN), refused(debian)) == (True, False), (
        "the host's root is an admin, at the guard's socket"
    )
    assert who_passes(debian) == "200 denied", "a member of the group comes to the guard, and not to the engine"
    assert debian.run("systemctl", "is-enabled", UNIT).strip() == "enabled"
    said = debian.run("sh", "-c", f"systemd-analyze verify {UNIT} docker.service docker.socket 2>&1", check=False)
    assert "dockworthy" not in said, said
    said = debian.run("journalctl", "-t", "dockworthy-guard", "-o", "cat")
    assert any(json.loads(line).get("rules") for line in said.splitlines())
    assert "true" in debian.run("docker", "inspect", "-f", "{{.State.Running}}", "before"), "it ran on"

    for name, words in (("viewer", "socket --role viewer /run/viewer.sock"), ("observe", "observe")):
        debian.shell(f"{GUARD} {words} --unit >/etc/systemd/system/dockworthy-{name}.service 2>/dev/null")
        debian.run("systemctl", "start", f"dockworthy-{name}")
        assert debian.run("systemctl", "is-active", f"dockworthy-{name}").strip() == "active"
    assert "before" in debian.run("docker", "-H", "unix:///run/viewer.sock", "ps")
    debian.run("systemctl", "stop", "dockworthy-viewer", "dockworthy-observe")
    debian.run("test", "!", "-e", "/run/viewer.sock")
    debian.shell("rm /etc/systemd/system/dockworthy-viewer.service /etc/systemd/system/dockworthy-observe.service")
    assert "the engine asks it: yes" in debian.shell(f"{GUARD} status")

    inode = debian.run("stat", "-Lc", "%i", SOCKET)
    debian.run("systemctl", "kill", "--signal=KILL", "--kill-whom=main", UNIT)
    assert refused(debian, OWN) and debian.run("docker", "ps", "-q")
    assert debian.run("stat", "-Lc", "%i", SOCKET) == inode, "systemd kept it: whoever has it mounted has it still"

    debian.shell(f"systemctl stop docker.service docker.socket {UNIT}; rm -rf {SOCKET} /run/dockworthy-engine")
    debian.shell("systemctl start docker.socket docker.service")
    assert refused(debian, OWN), "the engine's start brought the guard"
    assert who_passes(debian) == "200 denied"
    debian.run("docker", "start", "before")

    debian.run(UNLOCK)
    assert (refused(debian), who_passes(debian)) == (False, "200 none"), "the engine is back, without a guard"
    assert "true" in debian.run("docker", "inspect", "-f", "{{.State.Running}}", "before"), "it ran on"

    debian.shell(f"{GUARD} install --people --yes && {GUARD} uninstall --yes")
    debian.run("test", "!", "-e", "/etc/docker/daemon.json.locked")
    assert "true" in debian.run("docker", "inspect", "-f", "{{.State.Running}}", "before"), "it ran on"
    assert not refused(debian)
    assert debian.settings() == before
    assert debian.run("sh", "-c", f"systemctl status {UNIT}", check=False) == ""
