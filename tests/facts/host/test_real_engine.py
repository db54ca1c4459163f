"""A real engine is found by its socket, in whatever network namespace it lives."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockworthy.facts.host import read_host
from dockworthy.model.field import Set
from machines.engines import OwnEngine

pytestmark = pytest.mark.engine


def test_the_engine_behind_the_socket(own_engine: OwnEngine) -> None:
    assert own_engine.folder is not None
    socket = f"{own_engine.folder}/sock"
    host = read_host(Path("/"), socket=socket)
    assert isinstance(host.daemon, Set), host.daemon
    daemon = host.daemon.value
    assert daemon.pid == int((own_engine.folder / "pid").read_text())
    assert daemon.executable.endswith("/dockerd")
    assert f"unix://{socket}" in daemon.listens
    assert not daemon.socket_activated
    assert daemon.limits["nofile"][0] > 0


def test_its_containerd_and_its_storage(own_engine: OwnEngine) -> None:
    assert own_engine.folder is not None
    host = read_host(Path("/"), socket=f"{own_engine.folder}/sock")
    assert isinstance(host.containerd, Set), host.containerd
    assert host.containerd.value.executable.endswith("/containerd")
    assert isinstance(host.storage, Set), host.storage
    assert host.storage.value.path == f"{own_engine.folder}/data"
    assert isinstance(host.daemon_json, Set), "the file that its command line names"


def test_a_socket_of_the_same_name_that_nobody_holds_finds_no_engine(own_engine: OwnEngine, tmp_path: Path) -> None:
    assert not isinstance(read_host(Path("/"), socket=str(tmp_path / "sock")).daemon, Set)
