"""Code that is not trusted gets a kernel of its own: a container in gVisor, by the runtime that harden set up."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from machines.own_host import OwnHost, start_host

pytestmark = pytest.mark.engine
_NO = "untrusted code would share this host's kernel"


@pytest.fixture
def host(engines_folder: Path, request: pytest.FixtureRequest) -> Iterator[OwnHost]:
    if shutil.which("runsc") is None:
        pytest.skip("no gVisor for this test: runsc is not installed (sudo ./test installs it)")
    host = start_host(engines_folder / request.node.name[:40])
    yield host
    host.stop()


def runtimes(host: OwnHost) -> set[str]:
    return set(json.loads(host.docker("info", "--format", "{{json .Runtimes}}").stdout))


def dmesg(host: OwnHost, image: str) -> str:
    """What a container in gVisor hears of its kernel.

    With a network stack of its own, gVisor takes the network of a host within a host for the machine's, and refuses:
    for this question it gets the container's instead.
    """
    text = host.read("/etc/docker/daemon.json")
    host.write("/etc/docker/daemon.json", text.replace("--platform=systrap", '--platform=systrap", "--network=host'))
    host.run("sh", "-c", "kill -HUP $(cat /var/run/docker.pid)")
    argument = '{{json (index .Runtimes "runsc").Args}}'
    host.wait(lambda: b"network=host" in host.docker("info", "--format", argument).stdout, "the engine has read it")
    said = host.docker("run", "--rm", "--runtime", "runsc", image, "busybox", "dmesg").stdout.decode()
    host.write("/etc/docker/daemon.json", text)
    return said


def test_a_container_with_a_kernel_of_its_own(host: OwnHost, tmp_path: Path) -> None:
    host.start_engine({"runtimes": {"own": {"path": "/usr/bin/runc"}}})
    image = host.load_busybox()
    intent = tmp_path / "dockworthy.yaml"
    intent.write_text("intent: {code: untrusted}\n")
    assert _NO in host.dockworthy("assess", "--no-probe", "--policy", str(intent), "--format", "json").stdout
    plan = host.dockworthy("harden", "--sandbox")
    assert plan.returncode == 1 and "runsc" in plan.stdout, plan.stdout + plan.stderr

    done = host.dockworthy("harden", "--sandbox", "--apply", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert {"own", "runsc", "runc"} <= runtimes(host), "what was there stays"
    assert "gVisor" in dmesg(host, image)
    assert _NO not in host.dockworthy("assess", "--no-probe", "--policy", str(intent), "--format", "json").stdout

    again = host.dockworthy("harden", "--sandbox", "--apply", "--yes")
    assert again.returncode == 0 and "nothing to do" in again.stderr, again.stdout + again.stderr
    assert host.dockworthy("harden", "--undo").returncode == 0
    assert "runsc" not in runtimes(host)
    both = host.dockworthy("harden", "--sandbox", "--install")
    assert both.returncode == 2 and "--sandbox goes alone" in both.stderr
