"""An engine that an init script starts, without systemd: the guard comes before it in whatever order things start, and
comes back when it was killed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from guard.guarded import PLUGIN
from machines import leftovers
from machines.images import BUSYBOX
from machines.own_host import OwnHost, start_host

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

SCRIPT = Path("/etc/init.d/docker")
DEFAULTS, INIT = "/etc/default/docker", "/etc/init.d/dockworthy-guard"
WATCH, KEEPER = "/run/dockworthy-guard.watch", "/run/dockworthy-guard.pid"


@pytest.fixture(scope="module")
def host(engines_folder: Path) -> Iterator[OwnHost]:
    if not SCRIPT.exists():
        pytest.skip("docker's package brings no init script here")
    host = start_host(engines_folder / "guard-init-script")
    try:
        for place in ("/opt", "/usr/local"):
            host.run("mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", place)
        host.write("/etc/fstab", "cgroup2 /none cgroup2 noauto 0 0\n")  # so that the script mounts none
        host.run("sed", "-i", "s/ulimit .*/:/", str(SCRIPT))  # this machine may allow no higher ones
        host.write(DEFAULTS, defaults(host))
        host.write("/etc/docker/daemon.json", "{}")
        start_engine(host)
        host.load_busybox()
        yield host
    finally:
        print(host.run("sh", "-c", "tail -n 20 /var/log/docker.log /var/log/dockworthy/guard.log", check=False).stdout)
        host.stop()


def defaults(host: OwnHost) -> str:
    group = leftovers.cgroup_of(host.folder)
    return f'DOCKER_OPTS="--exec-opt native.cgroupdriver=cgroupfs --cgroup-parent /{group}"  # as it was, with no end'


def start_engine(host: OwnHost) -> None:
    host.run("sh", "-c", f"{SCRIPT} start >/run/started 2>&1")
    host.wait(lambda: host.docker("version", check=False).returncode == 0, "the engine answers")


def crash(host: OwnHost) -> None:
    """As a machine that restarts finds things: nobody runs, and /run is fresh."""
    files = (*(f"dockworthy-guard.{kind}" for kind in ("watch", "pid", "serving")), "docker.pid", "docker/*/*.pid")
    kill = f"cd /run; for file in {' '.join(files)}; do kill -9 $(cut -d ' ' -f 1 $file); done 2>/dev/null || :"
    host.run("sh", "-c", kill)
    host.wait(lambda: host.run("pgrep", "-r", "R,S,D", "-x", "dockerd|containerd", check=False).returncode != 0, "died")
    host.run("sh", "-c", "rm -rf /run/docker* /run/dockworthy*")


def refused(host: OwnHost) -> bool:
    done = host.docker("run", "--rm", "--privileged", BUSYBOX, "true", check=False)
    return done.returncode != 0 and b"authorization denied by plugin dockworthy" in done.stderr


def test_the_engines_own_start_brings_the_guard_first(host: OwnHost) -> None:
    plan = host.dockworthy("guard", "install", "--dry-run").stderr
    assert f"the guard comes before the engine at `{SCRIPT} start`" in plan, plan
    assert "whoever starts it" not in plan
    done = host.dockworthy("guard", "install", "--yes")
    assert done.returncode == 0, done.stderr
    crash(host)
    start_engine(host)
    assert refused(host)


def test_a_killed_keeper_is_started_again(host: OwnHost) -> None:
    watch, keeper = host.read(WATCH), host.read(KEEPER).strip()
    host.run("kill", "-9", keeper)
    host.wait(lambda: host.run("cat", KEEPER, check=False).stdout.decode().strip() not in ("", keeper), "a new keeper")
    host.wait(lambda: refused(host), "it judges again")  # an engine gives up on a plugin that takes long to come back
    assert host.read(WATCH) == watch
    host.run("kill", "-9", watch.strip())
    line = f"/proc/{watch.strip()}/cmdline"
    host.wait(lambda: not host.run("cat", line, check=False).stdout, "it died")
    host.run(INIT, "start")
    host.wait(lambda: host.run("cat", WATCH, check=False).stdout.decode() not in ("", watch), "it is watched again")
    keeper = host.read(KEEPER).strip()
    host.run("kill", "-9", keeper)
    host.wait(lambda: host.run("cat", KEEPER, check=False).stdout.decode().strip() not in ("", keeper), "a new keeper")
    host.run(INIT, "stop")
    words = "[k]eep.py|[d]ockworthy-guard watch"
    host.wait(lambda: host.run("pgrep", "-f", words, check=False).stdout == b"", "stopped is stopped")


def test_what_waits_for_its_guard_is_not_said_to_be_down(host: OwnHost) -> None:
    """It runs, and serves nobody before its plugin answers."""
    crash(host)
    # Where it was, and nobody answers: as after a crash.
    host.run(
        "python3",
        "-c",
        f"import os, socket; os.makedirs('/run/docker/plugins'); socket.socket(socket.AF_UNIX).bind('{PLUGIN}')",
    )
    host.run("mv", INIT, "/etc/init.d/away")
    host.run("sh", "-c", f"{SCRIPT} start >/run/started 2>&1")
    host.wait(
        lambda: b"retrying in" in host.run("cat", "/var/log/docker.log").stdout, "the engine waits for its plugin"
    )
    said = host.dockworthy("assess", "--no-probe").stdout
    said = " ".join(said.split())
    assert "waits for its authorization plugin dockworthy, which does not answer" in said, said[:500]
    assert "the engine is not running" not in said
    host.run("mv", "/etc/init.d/away", INIT)
    host.run(INIT, "start")

    def answers() -> bool:
        """An engine gives up on its plugin after half a minute, and on a busy machine that may be over by now."""
        host.run("sh", "-c", f"{SCRIPT} start >/run/started 2>&1", check=False)
        return host.docker("version", check=False).returncode == 0

    host.wait(answers, "the engine answers")


def test_uninstall_leaves_the_file_as_it_was(host: OwnHost) -> None:
    done = host.dockworthy("guard", "uninstall", "--yes")
    assert done.returncode == 0, done.stderr
    assert host.read(DEFAULTS) == defaults(host)
    assert host.read("/etc/docker/daemon.json") == "{}"
    assert host.run("find", "/run", "-maxdepth", "1", "-name", "dockworthy*").stdout == b""
    assert not refused(host)
