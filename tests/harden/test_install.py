"""From nothing to an engine that is fit, over ssh, on a Debian of the test's own; and the way back."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from machines.debian_host import DebianHost
from machines.engines import clean_environment
from machines.own_host import start_host
from machines.program import DOCKWORTHY, run_dockworthy

pytestmark = [pytest.mark.engine, pytest.mark.ssh, pytest.mark.timeout(600)]

_SLOW = 400.0
_OF_THE_KERNEL = ("host/kernel-capacity", "host/kernel-hardening", "host/out-of-memory", "host/network-sysctls")
"""What the host of a test must not change: it is the machine's kernel, too."""
_NEEDS_THE_ENGINE = """\
Package: shop-agent
Version: 1
Architecture: all
Maintainer: shop <shop@example.com>
Depends: docker.io
Description: what somebody installed later
"""
APPLY = ("harden", "--install", "--apply", "--yes", *(word for id in _OF_THE_KERNEL for word in ("--skip", id)))


def packages(host: DebianHost) -> set[str]:
    """Names in any state that leaves something on the host."""
    return set(host.run("dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\\n").splitlines())


def add(host: DebianHost, folder: Path) -> subprocess.CompletedProcess[str]:
    """`hosts add`, the way that does the same, and lists the host."""
    why = {"subject": "*", "reason": "the kernel is the machine's", "owner": "us", "expires": "2099-01-01"}
    excepted = [{"control": id, **why} for id in _OF_THE_KERNEL]
    project = folder / "dockworthy.yaml"
    if not project.exists():
        project.write_text(yaml.safe_dump({"policy": {"exceptions": excepted}}))
    words = ("hosts", "add", host.address, "--name", "shop", "--yes", "--policy", str(project))
    return run_dockworthy(*words, inside=host.network, timeout=_SLOW)


def test_from_nothing_to_ready_and_back(debian: DebianHost, tmp_path: Path) -> None:
    before, group = packages(debian), debian.run("getent", "group", "docker", check=False)
    plan = debian.dockworthy("harden", "--install")
    assert plan.returncode == 1, plan.stdout + plan.stderr
    assert "+ docker.io " in plan.stdout and "FORWARD" in plan.stdout, plan.stdout
    assert packages(debian) == before, "a plan installs nothing"

    done = add(debian, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"shop: {debian.address}" in (tmp_path / "dockworthy.yaml").read_text()
    assert "shop is ready: nothing to do" in add(debian, tmp_path).stderr
    version = json.loads(debian.run("docker", "version", "--format", "{{json .Server}}"))
    assert version["Version"]
    assert debian.run("docker", "compose", "version") and debian.run("docker", "buildx", "version")
    assert json.loads(debian.read("/etc/docker/daemon.json"))["live-restore"] is True

    installed, settings = packages(debian), debian.settings()
    again = debian.dockworthy(*APPLY, timeout=_SLOW)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "nothing to install" in again.stderr and "Nothing to do" in again.stdout
    assert (packages(debian), debian.settings()) == (installed, settings), "the second run changes nothing"

    opened = debian.dockworthy("harden", "--apply", "--yes", "--remote-access", "127.0.0.1", timeout=_SLOW)
    assert opened.returncode == 0, opened.stdout + opened.stderr
    assert "-H" not in debian.run("systemctl", "show", "-p", "ExecStart", "--value", "docker.service")
    assert debian.run("docker", "version", "--format", "{{.Server.Version}}"), "fd:// is as it was"
    assert ":2376" in debian.run("ss", "-ltn")

    held = packages(debian)
    sandboxed = debian.dockworthy("harden", "--apply", "--yes", "--sandbox", timeout=_SLOW)
    if sandboxed.returncode:  # this host has no cgroup controllers to lend, where the machine has them elsewhere
        assert "gVisor does not run here" in sandboxed.stdout, sandboxed.stdout + sandboxed.stderr
        assert packages(debian) == held, "what does not run is not kept"
    runtimes = json.loads(debian.run("docker", "info", "--format", "{{json .Runtimes}}"))
    assert ("runsc" in runtimes) is (sandboxed.returncode == 0), "nothing is offered that does not run"

    taken = debian.dockworthy("harden", "--install", "--undo", timeout=_SLOW)
    assert taken.returncode == 0, taken.stdout + taken.stderr
    assert packages(debian) == before
    assert debian.run("getent", "group", "docker", check=False) == group


def test_killed_while_packages_are_unpacked(debian: DebianHost) -> None:
    """What was begun is taken back by the next run, which then does it whole."""
    process = subprocess.Popen(
        [*debian.network, str(DOCKWORTHY), *APPLY, "--host", debian.address],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=clean_environment(),
    )  # fmt: skip
    half = "dpkg-query -W -f '${db:Status-Status} ${Package}\\n' | grep -qE '^(half-installed|unpacked) '"
    kill = "for p in $(pgrep -x 'apt-get|dpkg|dpkg-deb') $(pgrep -f '[g]uard.sh|[d]o.sh'); do kill -9 $p || true; done"
    try:
        debian.shell(f"n=0; until {half}; do n=$((n + 1)); [ $n -lt 1500 ] || exit 1; sleep 0.05; done; {kill}")
    finally:
        process.kill()
        process.wait()
    assert debian.run("dpkg", "--audit"), "it was killed in the middle"
    done = debian.dockworthy(*APPLY, "--only", "engine/live-restore", timeout=_SLOW)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "taking it back" in done.stderr
    assert not debian.run("dpkg", "--audit")
    assert debian.run("docker", "version", "--format", "{{.Server.Version}}")

    debian.write("/tmp/needs/DEBIAN/control", _NEEDS_THE_ENGINE)
    debian.shell("chmod 755 /tmp/needs/DEBIAN; dpkg-deb -b /tmp/needs /tmp/needs.deb && dpkg -i /tmp/needs.deb")
    refused = debian.dockworthy("harden", "--install", "--undo", timeout=_SLOW)
    assert refused.returncode == 2 and "shop-agent needs docker.io" in refused.stderr, refused.stdout + refused.stderr
    assert debian.run("docker", "version", "--format", "{{.Server.Version}}"), "and nothing was stopped for it"
    debian.run("dpkg", "-r", "shop-agent")
    taken = debian.dockworthy("harden", "--undo", timeout=_SLOW)
    assert taken.returncode == 0, taken.stdout + taken.stderr
    assert "docker.io installed" not in packages(debian)


def test_what_is_not_ours_is_left_alone(debian: DebianHost) -> None:
    before = packages(debian)
    debian.shell("mkdir -p /snap/docker")
    other = debian.dockworthy(*APPLY)
    assert other.returncode == 2 and "a snap has it: /snap/docker" in other.stderr, other.stderr
    debian.shell("rmdir /snap/docker; mkdir -p /usr/local/bin; printf '#!/bin/sh\\n' >/usr/local/bin/dockerd")
    debian.shell("chmod +x /usr/local/bin/dockerd")
    other = debian.dockworthy(*APPLY)
    assert other.returncode == 2 and "/usr/local/bin/dockerd belongs to no package" in other.stderr, other.stderr
    assert packages(debian) == before

    debian.shell("rm /usr/local/bin/dockerd; dpkg --unpack /var/cache/apt/archives/iptables_*.deb || :")
    broken = debian.dockworthy(*APPLY)
    assert broken.returncode == 2 and "dpkg was interrupted" in broken.stderr, broken.stderr
    assert "iptables" in broken.stderr and "Traceback" not in broken.stderr


def test_an_engine_that_nobody_started(engines_folder: Path) -> None:
    """All packages are there, and no systemd is: it is started all the same, and stopped again."""
    host = start_host(engines_folder / "nobody-started")
    try:
        done = host.dockworthy("harden", "--install", "--apply", "--yes", "--only", "engine/live-restore")
        assert done.returncode == 0, done.stdout + done.stderr
        assert host.docker("version", check=False).returncode == 0
        taken = host.dockworthy("harden", "--install", "--undo")
        assert taken.returncode == 0, taken.stdout + taken.stderr
        assert host.docker("version", check=False).returncode != 0
    finally:
        host.stop()
