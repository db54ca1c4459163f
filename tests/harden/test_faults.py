"""What goes wrong on the way: the machine is as before, or as planned, and harden says which."""

from __future__ import annotations

import json
import subprocess

import pytest

from machines.engines import clean_environment
from machines.own_host import OwnHost

from .conftest import findings, outcomes, plan_of, two_containers

pytestmark = pytest.mark.engine

SETTINGS = "/etc/docker/daemon.json"
BEFORE = '{"labels": ["shop=1"]}'
ONE = ("harden", "--apply", "--yes", "--only", "engine/no-new-privileges")


def in_background(host: OwnHost, *argv: str) -> subprocess.Popen[bytes]:
    """Ends with the host."""
    process = subprocess.Popen([*host.inside, *argv], stdin=subprocess.DEVNULL, env=clean_environment())
    host.started.append(process)
    return process


def test_a_second_harden_at_the_same_time_is_told_whose_the_first_is(host: OwnHost) -> None:
    host.start_engine(BEFORE)
    folder = "/var/lib/dockworthy/harden"
    host.run("mkdir", "-p", folder)
    hold = f"echo 'ann@desk, since noon' >{folder}/lock; touch {folder}/held; exec sleep 3600"
    in_background(host, "flock", f"{folder}/lock", "sh", "-c", hold)
    host.wait(lambda: host.run("test", "-e", f"{folder}/held", check=False).returncode == 0, "the lock is held")
    for command in (ONE, ("harden", "--undo")):
        done = host.dockworthy(*command)
        assert done.returncode not in (0, 1) and "ann@desk, since noon" in done.stderr, done.stderr
        assert "Traceback" not in done.stderr
    assert host.read(SETTINGS) == BEFORE


@pytest.mark.parametrize(
    ("make", "says"),
    [
        ("mount -o remount,ro /etc/docker", "read-only"),
        (f"chattr +i {SETTINGS}", "immutable"),
        ("chattr +i /etc/docker", "could not be written"),
        ("mount -o remount,size=4k /etc/docker; cat /dev/zero >/etc/docker/filled 2>/dev/null; true", "full"),
    ],
)
def test_a_file_that_can_not_be_written(host: OwnHost, make: str, says: str) -> None:
    host.start_engine(BEFORE)
    running = two_containers(host)
    host.run("sh", "-c", make)
    try:
        done = host.dockworthy(*ONE)
    finally:
        host.run("chattr", "-i", SETTINGS, "/etc/docker", check=False)
    assert done.returncode == 1 and says in done.stdout + done.stderr, done.stdout + done.stderr
    assert "taken back" in done.stdout and "stuck" not in done.stdout
    assert host.read(SETTINGS) == BEFORE and host.running() == running
    names = host.run("ls", "-A", "/etc/docker").stdout.decode().split()
    assert not [name for name in names if name.endswith(".dockworthy")], "nothing half written stays"


def test_kernel_settings_of_the_machine_around_are_not_promised(host: OwnHost) -> None:
    """As in a container, /proc/sys is read-only there, save what is of the network."""
    host.start_engine(BEFORE)
    plan = plan_of(host, "--only", "host/kernel-capacity", "--only", "host/kernel-hardening")
    assert not plan["steps"]
    for left in plan["not_done"]:
        assert "it is a container" in left["why"] and "sysctl -w" in left["instead"]
    failing = {finding["control"] for finding in findings(host) if finding["outcome"] == "fail"}
    assert {left["id"] for left in plan["not_done"]} == failing & {"host/kernel-capacity", "host/kernel-hardening"}


def test_no_room_for_the_journal_changes_nothing(host: OwnHost) -> None:
    host.start_engine(BEFORE)
    host.run("sh", "-c", "mount -o remount,size=4k /var/lib/dockworthy; cat /dev/zero >/var/lib/dockworthy/x || true")
    done = host.dockworthy(*ONE)
    assert done.returncode > 1 and "Traceback" not in done.stderr, done.stderr
    assert host.read(SETTINGS) == BEFORE


def test_an_engine_that_does_not_come_up_is_as_before_within_seconds(host: OwnHost) -> None:
    """Its own check agrees with the new settings, and its start does not: there is no iptables."""
    before = '{"iptables": false, "ip6tables": false, "live-restore": true}'
    host.start_engine(before)
    running = two_containers(host)
    host.run("sh", "-c", "for p in nft legacy; do mount --bind /dev/null /usr/sbin/xtables-$p-multi || exit 1; done")
    done = host.dockworthy("harden", "--apply", "--yes", "--only", "engine/firewall-rules")
    assert done.returncode == 1 and "taken back   engine/firewall-rules" in done.stdout, done.stdout + done.stderr
    assert host.read(SETTINGS) == before
    assert host.running() == running, "the engine is up again, and nothing stopped meanwhile"


def test_containers_that_a_restart_stops_run_again(host: OwnHost) -> None:
    """Without live-restore, and without a restart policy: after a change that is kept, and after one that is not."""
    host.start_engine('{"iptables": false, "ip6tables": false}')
    names = set(two_containers(host))
    done = host.dockworthy(*ONE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "by harden, for they have no restart policy" in " ".join(done.stderr.split())
    assert set(host.running()) == names
    host.run("sh", "-c", "for p in nft legacy; do mount --bind /dev/null /usr/sbin/xtables-$p-multi || exit 1; done")
    done = host.dockworthy("harden", "--apply", "--yes", "--only", "engine/firewall-rules")
    assert done.returncode == 1 and "taken back" in done.stdout, done.stdout + done.stderr
    assert set(host.running()) == names


def test_an_engine_that_is_down_is_left_alone(host: OwnHost) -> None:
    host.start_engine(BEFORE)
    host.run("sh", "-c", "kill $(cat /var/run/docker.pid)")
    host.wait(lambda: host.docker("version", check=False).returncode != 0, "the engine is down")
    done = host.dockworthy(*ONE)
    assert done.returncode == 3 and "the engine does not answer" in done.stdout, done.stdout + done.stderr
    assert host.read(SETTINGS) == BEFORE
    assert host.docker("version", check=False).returncode != 0, "a person stopped it: nobody starts it by the way"


def test_a_container_that_is_unhealthy_afterwards(host: OwnHost) -> None:
    host.start_engine('{"live-restore": true}')
    image = host.load_busybox()
    host.docker("run", "-d", "--name", "picky", "-v", "/etc/docker:/settings:ro", "--health-interval", "1s",
                "--health-retries", "1", "--health-cmd", "! grep -q no-new /settings/daemon.json", image,
                "sleep", "3600")  # fmt: skip
    health = ("inspect", "-f", "{{.State.Health.Status}}", "picky")
    host.wait(lambda: host.docker(*health).stdout.strip() == b"healthy", "the container is healthy")
    done = host.dockworthy(*ONE, "--confirm-within", "25")
    assert done.returncode == 1 and "picky was healthy before" in " ".join(done.stdout.split()), done.stdout
    assert host.read(SETTINGS) == '{"live-restore": true}'
    host.wait(lambda: host.docker(*health).stdout.strip() == b"healthy", "the container is healthy again")


def test_a_port_that_nobody_listens_on_any_more(host: OwnHost) -> None:
    host.start_engine(BEFORE)
    frail = f"httpd -f -p 7777 & n=$!; until grep -q no-new {SETTINGS}; do sleep 0.1; done; kill $n; sleep 3600"
    in_background(host, "busybox", "sh", "-c", frail)
    listens = ("sh", "-c", "busybox netstat -ltn | grep -q :7777")
    host.wait(lambda: host.run(*listens, check=False).returncode == 0, "something listens")
    done = host.dockworthy(*ONE, "--confirm-within", "20")
    assert done.returncode == 1 and "7777" in done.stdout, done.stdout + done.stderr
    assert host.read(SETTINGS) == BEFORE


def test_a_dry_run_writes_nothing(host: OwnHost) -> None:
    host.start_engine(BEFORE)
    done = host.dockworthy("harden", "--dry-run", "--format", "json")
    assert done.returncode == 1 and json.loads(done.stdout)["applied"] is False
    assert host.run("test", "-e", "/var/lib/dockworthy/harden", check=False).returncode == 1
    assert outcomes(host)["engine/no-new-privileges"] == "fail"
