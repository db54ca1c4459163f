"""The same machine, read here and over ssh by root, by sudo and by an ordinary user: the same facts and findings."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from conftest import MakeContainer
from dockworthy.assess import assess_snapshot
from dockworthy.facts.saved import load
from dockworthy.model.field import Set, Unknown
from dockworthy.model.finding import Finding
from dockworthy.model.levels import Level
from dockworthy.model.snapshot import Snapshot
from machines.engines import OwnEngine, clean_environment
from machines.ssh_fixtures import Servers
from machines.ssh_servers import UID, USER
from patience import patience

pytestmark = [pytest.mark.engine, pytest.mark.ssh]

_READ = """
import asyncio, sys
from dockworthy.facts.reading import read_snapshot
from dockworthy.facts.saved import save
from pathlib import Path
save(asyncio.run(read_snapshot(sys.argv[1], deadline=float(sys.argv[3]), sudo="sudo" in sys.argv[4:])),
     Path(sys.argv[2]))
"""


@pytest.fixture
def read(own_engine: OwnEngine, tmp_path: Path) -> Any:
    """Reads in a process of its own that stands where the engine stands (its network)."""

    def read(endpoint: str, *words: str) -> Snapshot:
        file = tmp_path / "facts.json"
        subprocess.run(
            [*own_engine.inside, sys.executable, "-c", _READ, endpoint, str(file), str(patience(40)), *words],
            check=True,
            env=clean_environment(PATH=os.environ["PATH"]),
            timeout=patience(60),
        )
        return load(file)

    return read


@pytest.fixture
def workloads(container: MakeContainer) -> None:
    container(name="plain")
    container("--privileged", "--pid=host", "-v", "/var/run:/x", name="mighty")
    container("--user", "1000", "--read-only", "--cap-drop=ALL", "--network=none", name="tight")
    container("-e", "PASSWORD=hunter2", "--security-opt=no-new-privileges", name="secret")


def findings(snapshot: Snapshot) -> dict[tuple[str, str], list[Finding]]:
    found: dict[tuple[str, str], list[Finding]] = {}
    for finding in assess_snapshot(snapshot, level=Level.PRODUCTION).findings:
        found.setdefault((finding.control, finding.subject), []).append(finding)
    return found


def shape(snapshot: Snapshot) -> dict[Any, Any]:
    """Control and subject -> outcomes with their severity."""
    return {key: sorted((f.outcome, f.severity) for f in group) for key, group in findings(snapshot).items()}


def steady(snapshot: Snapshot) -> dict[str, Any]:
    """The host's facts without those that change by the second, or that only a reader over ssh has."""
    host = msgspec.to_builtins(snapshot.host)
    for name in ("memory", "load", "clock_skew", "listeners", "disk_history"):
        host.pop(name)
    for name in ("fs.file-nr", "net.netfilter.nf_conntrack_count"):
        host["sysctls"].pop(name)
    host["kernel"]["value"].pop("uptime")
    for name in ("free", "inodes_free"):
        host["storage"]["value"].pop(name, None)
    return host


def test_root_sees_the_same(own_engine: OwnEngine, workloads: None, serve: Servers, read: Any) -> None:
    server = serve(inside=own_engine.inside)
    here = read(own_engine.endpoint)
    there = read(server.address(path=own_engine.endpoint.removeprefix("unix://")))
    assert isinstance(there.engine.containers, Set) and len(there.engine.containers.value) >= 4
    assert steady(there) == steady(here)
    assert shape(there) == shape(here)
    assert there.host.as_root
    assert there.host.clock_skew == Set(0.0, there.host.clock_skew.source, there.host.clock_skew.origin)
    processes = {c.name: c.processes for c in there.engine.containers.value}
    assert processes == {c.name: c.processes for c in here.engine.containers.value}
    assert all(isinstance(field, Set) for field in processes.values())


def test_sudo_sees_the_same(own_engine: OwnEngine, workloads: None, serve: Servers, read: Any) -> None:
    """The account may not open the socket: the engine is asked through a relay that root runs."""
    server = serve(inside=own_engine.inside, user_shell="/bin/sh", sudo=f"{USER} ALL=(root) NOPASSWD: ALL")
    path = own_engine.endpoint.removeprefix("unix://")
    as_root = read(server.address(path=path))
    by_sudo = read(server.address(USER, path), "sudo")
    assert steady(by_sudo) == steady(as_root)
    assert shape(by_sudo) == shape(as_root)


def test_an_ordinary_user_gets_gaps_and_no_guesses(
    own_engine: OwnEngine, workloads: None, serve: Servers, read: Any
) -> None:
    server = serve(inside=own_engine.inside, user_shell="/bin/sh")
    path = own_engine.endpoint.removeprefix("unix://")
    as_root, by_user = read(server.address(path=path)), read(server.address(USER, path))
    assert isinstance(by_user.engine.version, Unknown)
    assert "may not open the engine's socket" in by_user.engine.version.reason
    assert "--sudo" in by_user.engine.version.tell
    assert not by_user.host.as_root
    assert isinstance(by_user.host.firewall, Unknown)
    assert isinstance(by_user.host.daemon, Unknown)
    better = [
        key
        for key, outcomes in shape(by_user).items()
        if key in shape(as_root)
        and {o for o, _ in outcomes} == {"pass"}
        and "fail" in {o for o, _ in shape(as_root)[key]}
    ]
    assert better == [], "what can't be seen never looks better"


def test_who_may_open_the_socket_needs_no_sudo_for_the_engine(
    own_engine: OwnEngine, workloads: None, serve: Servers, read: Any
) -> None:
    server = serve(inside=own_engine.inside, user_shell="/bin/sh")
    socket = Path(own_engine.endpoint.removeprefix("unix://"))
    before = socket.stat()
    folders = [folder for folder in (socket.parent, socket.parent.parent) if not folder.stat().st_mode & 0o001]
    for folder in folders:
        folder.chmod(0o711)
    os.chown(socket, 0, UID)
    try:
        by_user = read(server.address(USER, str(socket)))
    finally:
        for folder in folders:
            folder.chmod(0o700)
        os.chown(socket, before.st_uid, before.st_gid)
    assert isinstance(by_user.engine.containers, Set)
    assert isinstance(by_user.host.firewall, Unknown)


def test_where_sshd_forbids_forwarding(own_engine: OwnEngine, workloads: None, serve: Servers, read: Any) -> None:
    server = serve("AllowStreamLocalForwarding no", "AllowTcpForwarding no", inside=own_engine.inside)
    there = read(server.address(path=own_engine.endpoint.removeprefix("unix://")))
    assert isinstance(there.engine.containers, Set), there.engine.version
    assert len(there.engine.containers.value) >= 4


def test_a_socket_that_is_not_there(own_engine: OwnEngine, serve: Servers, read: Any) -> None:
    server = serve(inside=own_engine.inside)
    there = read(server.address(path="/nowhere/docker.sock"))
    assert isinstance(there.engine.version, Unknown)
    assert there.engine.version.reason == f"no engine listens on {server.name}: /nowhere/docker.sock does not exist"
    assert isinstance(there.host.kernel, Set)
