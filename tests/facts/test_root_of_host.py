"""As in a container: the host's files at a folder, its socket at another path, process ids of our own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from conftest import MakeContainer
from dockworthy.facts.saved import load
from dockworthy.model.field import Set
from dockworthy.model.snapshot import Snapshot
from machines.engines import OwnEngine, clean_environment
from patience import patience

pytestmark = pytest.mark.engine

_READ = """
import asyncio, os, sys
from pathlib import Path
from dockworthy.facts.reading import read_snapshot
from dockworthy.facts.saved import save
save(asyncio.run(read_snapshot(sys.argv[1], root=Path(sys.argv[2]), deadline=float(sys.argv[4]), probe=False)),
     Path(sys.argv[3]))
"""


def read(engine: OwnEngine, folder: Path, *, endpoint: str, root: str, before: tuple[str, ...] = ()) -> Snapshot:
    file = folder / "facts.json"
    command = [*engine.inside, *before, sys.executable, "-c", _READ, endpoint, root, str(file), str(patience(30))]
    subprocess.run(command, check=True, env=clean_environment(), timeout=patience(60))
    return load(file)


def test_the_host_below_a_folder(own_engine: OwnEngine, container: MakeContainer, tmp_path: Path) -> None:
    container(name="one")
    container("--pid=host", "--privileged", name="two")
    (tmp_path / "host").mkdir()
    (tmp_path / "sock").touch()
    socket = own_engine.endpoint.removeprefix("unix://")
    enter = (
        f"mount --make-rprivate / && mount --rbind / {tmp_path}/host && mount --bind {socket} {tmp_path}/sock &&"
        ' mount -t proc proc /proc && exec "$@"'
    )
    as_container = ("unshare", "--mount", "--pid", "--fork", "sh", "-ec", enter, "sh")
    here = read(own_engine, tmp_path, endpoint=own_engine.endpoint, root="/")
    inside = read(
        own_engine, tmp_path, endpoint=f"unix://{tmp_path}/sock", root=f"{tmp_path}/host", before=as_container
    )
    assert isinstance(here.engine.containers, Set) and isinstance(inside.engine.containers, Set)
    processes = {found.name: found.processes for found in inside.engine.containers.value}
    assert processes == {found.name: found.processes for found in here.engine.containers.value}
    assert all(isinstance(field, Set) for field in processes.values())
    assert isinstance(inside.host.daemon, Set), inside.host.daemon
    assert inside.host.daemon == here.host.daemon
    assert inside.host.containerd == here.host.containerd
    assert inside.host.accounts == here.host.accounts
    assert inside.host.files == here.host.files
    assert inside.host.root == f"{tmp_path}/host"
