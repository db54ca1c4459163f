"""Normal work is observed, a policy is drafted from it, and under that policy the same work passes."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dockworthy.readers.project_file import parse_project_file
from guard.guarded import start_guard
from machines.engines import clean_environment
from machines.images import BUSYBOX
from machines.own_host import OwnHost, start_host
from machines.program import DOCKWORTHY
from patience import patience

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

STATE, POLICY = "/var/lib/dockworthy/observed.json", "/etc/docker/guard.yaml"
SECRET = "hunter2-of-the-shop"
WORK = (
    "volume create shop-data",
    "network create shop",
    f"run -d --name db --network shop -v shop-data:/data -e PASSWORD={SECRET} --memory 100m {BUSYBOX} sleep 3600",
    f"run --name read -v /var/log:/logs:ro {BUSYBOX} true",
    f"run --name read-by-mount --mount type=bind,src=/etc/shop,dst=/etc/shop,readonly {BUSYBOX} true",
    f"run --name written -v /run/shop:/data {BUSYBOX} true",
    f"run --name written-and-read -v /run/shop:/data:ro {BUSYBOX} true",
    f"run --name logs --log-driver syslog --log-opt syslog-address=udp://127.0.0.1:514 {BUSYBOX} true",
    f"run --name zero --device /dev/zero:/dev/zero {BUSYBOX} true",
    f"create --name never --restart on-failure {BUSYBOX} true",
)
"""Lines of docker's."""
NEVER = f"run --name power --privileged {BUSYBOX} true"
SHORT = f"run --rm {BUSYBOX} true"
"""May be gone before it can be looked at."""


@pytest.fixture(scope="module")
def host(engines_folder: Path) -> Iterator[OwnHost]:
    host = start_host(engines_folder / "guard-observe")
    try:
        host.start_engine({})
        host.load_busybox()
        host.run("mkdir", "-p", "/etc/shop", "/run/shop")
        host.run(
            "sh", "-c", "cat >>/etc/passwd", input=b"opal:x:7001:7001::/tmp:/bin/sh\nruby:x:7002:7002::/tmp:/bin/sh\n"
        )
        host.run("sh", "-c", "sed -i '/^docker:/d' /etc/group; echo docker:x:7100:nils >>/etc/group; "
                 "chgrp docker /run/docker.sock")  # fmt: skip
        yield host
    finally:
        host.stop()


def work(host: OwnHost) -> list[str]:
    """What of it was refused by the guard."""
    refused = []
    for line in WORK:
        done = host.docker(*line.split(), check=False)
        if b"authorization denied" in done.stderr:
            refused.append(f"{line}: {done.stderr.decode()}")
    return refused


def askers(host: OwnHost) -> set[str]:
    """Who was seen at the engine's socket."""
    state = json.loads(host.read(STATE))
    return {name for kind in ("users", "holders") for name, count in state[kind].items() if count}


def away(host: OwnHost) -> None:
    """All that the work made."""
    host.docker("rm", "-f", "db", "read", "read-by-mount", "written", "written-and-read", "logs", "zero", "never")
    host.docker("network", "rm", "shop")
    host.docker("volume", "rm", "shop-data")


def observed(host: OwnHost) -> tuple[int, int]:
    """How many objects were seen, and how many were gone before."""
    done = host.run("cat", STATE, check=False)
    if done.returncode:
        return 0, 0
    state = json.loads(done.stdout)
    return sum(one["count"] for one in state["seen"].values()), sum(state["gone"].values())


def start_observing(host: OwnHost) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [*host.inside, str(DOCKWORTHY), "guard", "observe", "--state", STATE, "--level", "baseline"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=clean_environment(),
    )  # fmt: skip
    host.started.append(process)
    host.wait(lambda: host.run("test", "-e", STATE, check=False).returncode == 0, "it has begun")
    return process


def test_observe_report_enforce(host: OwnHost) -> None:
    process = start_observing(host)
    assert work(host) == []
    host.docker(*NEVER.split())
    for _ in range(3):
        host.docker(*SHORT.split())
    host.wait(lambda: sum(observed(host)) == len(WORK) + 4, "all of it is seen, or known to be gone")
    seen, gone = observed(host)
    assert seen >= len(WORK) + 1, "what stays is seen"
    print(f"of three that are gone at once {3 - gone} were seen")
    host.docker("run", "-d", "--name", "watcher", "-v", "/var/run/docker.sock:/s", BUSYBOX, "sleep", "3600")
    as_opal = ("setpriv", "--pdeathsig=KILL", "--reuid=opal", "--regid=docker", "--clear-groups")
    looking = subprocess.Popen(
        [*host.inside, *as_opal, "docker", "events"], stdout=subprocess.DEVNULL, env=clean_environment()
    )
    host.wait(lambda: "opal" in askers(host), "somebody who is connected is seen")
    looking.kill()
    looking.wait()
    making = [*host.inside, *(word.replace("opal", "ruby") for word in as_opal), "docker", "create", "--name", "rubys"]

    def is_maker() -> bool:
        host.docker("rm", "-f", "rubys", check=False)
        subprocess.run([*making, BUSYBOX, "true"], check=True, capture_output=True, env=clean_environment())
        return "ruby" in json.loads(host.read(STATE))["makers"]

    host.wait(is_maker, "who makes a container is known")
    assert "alone at the engine when" in host.dockworthy("guard", "report", "--state", STATE).stdout, (
        "while it is observed"
    )
    host.docker("rm", "-f", "rubys")
    host.wait(lambda: "watcher" in askers(host), "so is a container that has the socket mounted")
    host.docker("rm", "-f", "watcher")
    away(host)
    host.docker("rm", "power")
    process.send_signal(signal.SIGTERM)
    process.wait(patience(30))
    assert SECRET not in host.read(STATE)
    drafted = host.dockworthy("guard", "report", "--state", STATE)
    assert drafted.returncode == 0, drafted.stderr
    assert SECRET not in drafted.stdout
    guard = parse_project_file(drafted.stdout, "draft").guard
    assert guard.binds == ("/etc/shop:ro", "/run/shop", "/var/log:ro"), drafted.stdout
    assert guard.log_drivers == ("syslog",)
    assert {(binding.who, binding.role.value) for binding in guard.roles} == {
        ("user:ruby", "deployer"), ("user:ruby", "operator"), ("user:opal", "viewer"), ("user:nils", "viewer"),
        ("container:watcher", "viewer"),
    }, "who made something goes on, who looked or may come may look"  # fmt: skip
    assert "workload/privileged" in drafted.stdout.partition("# Refused whatever")[2]
    host.write(POLICY, drafted.stdout)
    start_guard(host, "--policy", POLICY)
    host.write("/etc/docker/daemon.json", '{"authorization-plugins": ["dockworthy"]}')
    host.run("sh", "-c", "kill -HUP $(cat /run/docker.pid)")
    again = NEVER.replace("--name power", "--rm").split()
    host.wait(lambda: host.docker(*again, check=False).returncode != 0, "the engine asks the guard")
    assert work(host) == []
    written = host.docker("run", "--rm", "-v", "/var/log:/logs", BUSYBOX, "touch", "/logs/mine", check=False)
    assert b"the policy lists /var/log:ro" in written.stderr, written


def test_a_report_without_anything_observed(host: OwnHost) -> None:
    done = host.dockworthy("guard", "report", "--state", "/no/such/file")
    assert done.returncode == 2 and "nothing was observed" in done.stderr
    host.write("/run/odd", "{}")
    assert host.dockworthy("guard", "report", "--state", "/run/odd").returncode == 2
