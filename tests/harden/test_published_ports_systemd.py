"""Published ports on a Debian with systemd, over ssh: its units bring the rules back."""

from __future__ import annotations

import subprocess

import pytest

from machines.debian_host import DebianHost
from machines.engines import clean_environment
from machines.images import BUSYBOX, busybox_root
from patience import patience

pytestmark = [pytest.mark.engine, pytest.mark.ssh, pytest.mark.timeout(300)]

CONTROL = "machine/port-behind-firewall"
_UNITS = "/etc/systemd/system/dockworthy-published-ports.timer /etc/systemd/system/docker.service.d/dockworthy*"


def rules(host: DebianHost) -> str:
    return host.shell("iptables -S DOCKER-USER; iptables -S DOCKWORTHY 2>/dev/null || :")


def load_busybox(host: DebianHost) -> None:
    command = [*host.inside, "docker", "import", "--change", "ENV PATH=/bin", "-", BUSYBOX]
    subprocess.run(
        command, input=busybox_root(), check=True, capture_output=True, timeout=patience(120), env=clean_environment()
    )


def test_units_of_systemd_bring_the_rules_back(debian: DebianHost) -> None:
    debian.shell(
        "DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends docker.io docker-cli iptables"
    )
    debian.shell("iptables -A INPUT -i lo -j ACCEPT; iptables -A INPUT -p tcp --dport 22 -j ACCEPT")
    debian.shell("iptables -P INPUT DROP")
    load_busybox(debian)
    debian.run("docker", "run", "-d", "--name", "web", "-p", "8080:80", BUSYBOX, "httpd", "-f", "-p", "80")
    before = rules(debian)
    done = debian.dockworthy("harden", "--only", CONTROL, "--apply", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    limited = rules(debian)
    assert "-A DOCKER-USER -j DOCKWORTHY" in limited and "-A DOCKWORTHY -j DROP" in limited
    assert debian.run("systemctl", "is-active", "dockworthy-published-ports.timer").strip() == "active"
    said = debian.run("systemd-analyze", "verify", "dockworthy-published-ports.service", "docker.service", check=False)
    assert "dockworthy" not in said, said

    debian.shell("iptables -F DOCKER-USER; iptables -F DOCKWORTHY; iptables -A DOCKER-USER -j RETURN")
    debian.run("systemctl", "start", "dockworthy-published-ports.service")  # as its timer does each minute
    assert rules(debian) == limited
    debian.run("systemctl", "stop", "docker.service", "docker.socket")
    debian.shell("iptables -P INPUT ACCEPT; for t in filter nat; do iptables -t $t -F; iptables -t $t -X; done")
    debian.run("systemctl", "start", "docker.service")
    assert rules(debian).splitlines()[1:2] == ["-A DOCKER-USER -j DOCKWORTHY"], rules(debian)

    taken = debian.dockworthy("harden", "--undo")
    assert taken.returncode == 0, taken.stdout + taken.stderr
    assert "DOCKWORTHY" not in rules(debian) and before
    assert debian.run("sh", "-c", f"ls {_UNITS} /etc/dockworthy", check=False) == ""
    assert "active" not in debian.run("systemctl", "is-active", "dockworthy-published-ports.timer", check=False).split()
