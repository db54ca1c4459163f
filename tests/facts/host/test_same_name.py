"""A socket of the engine's name inside a container is not the engine's: it is another file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dockworthy.facts.host import read_host
from dockworthy.model.field import Set

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("unshare"), reason="only root can make a mount namespace"
)

LISTEN = """
import socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
print("listens", flush=True)
sys.stdin.read()
"""

Listen = Callable[..., int]


@pytest.fixture
def listen(tmp_path: Path) -> Iterator[Listen]:
    """`listen(socket)` starts a program called dockerd that listens there; returns its process's number."""
    started: list[subprocess.Popen[bytes]] = []
    program = tmp_path / "dockerd"
    shutil.copy(os.path.realpath(sys.executable), program)

    def start(socket: Path, *, apart: bool = False) -> int:
        command = [str(program), "-c", LISTEN, str(socket)]
        if apart:
            script = f'mount -t tmpfs none {socket.parent} && exec "$@"'
            command = ["unshare", "--mount", "sh", "-c", script, "sh", *command]
        environment = {**os.environ, "PYTHONHOME": sys.base_prefix}
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == b"listens\n"
        return process.pid

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_one_in_another_mount_namespace_is_not_taken(listen: Listen, tmp_path: Path) -> None:
    socket = tmp_path / "run" / "docker.sock"
    socket.parent.mkdir()
    listen(socket, apart=True)
    socket.write_text("the host's own, which nobody holds")
    assert not isinstance(read_host(Path("/"), socket=str(socket)).daemon, Set)


def test_of_two_with_one_name_it_is_the_one_of_this_file(listen: Listen, tmp_path: Path) -> None:
    socket = tmp_path / "run" / "docker.sock"
    socket.parent.mkdir()
    listen(socket, apart=True)
    ours = listen(socket)
    field = read_host(Path("/"), socket=str(socket)).daemon
    assert isinstance(field, Set), field
    assert field.value.pid == ours
