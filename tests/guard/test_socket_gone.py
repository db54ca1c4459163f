"""A guard leaves no socket at which nobody listens: an engine waits for such a plugin, in many requests."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from machines.engines import clean_environment
from machines.program import DOCKWORTHY
from patience import patience, wait_until


@pytest.mark.parametrize("ended", [signal.SIGTERM, signal.SIGKILL])
def test_the_plugins_socket_goes_with_the_guard_however_it_ends(tmp_path: Path, ended: signal.Signals) -> None:
    path = tmp_path / "plugins" / "dockworthy.sock"
    command = [sys.executable, str(DOCKWORTHY), "guard", "serve", "--socket", str(path)]
    environment = clean_environment(DOCKER_HOST=f"unix://{tmp_path}/nowhere.sock")
    with subprocess.Popen(command, env=environment, cwd=tmp_path, stderr=subprocess.DEVNULL) as guard:
        try:
            wait_until(lambda: _answers(path), "the guard listens")
            guard.send_signal(ended)
            guard.wait(patience(30))
            wait_until(lambda: not path.exists(), "its socket is gone")
            assert list(path.parent.iterdir()) == []
        finally:
            guard.kill()


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as asking:
        return asking.connect_ex(str(path)) == 0
