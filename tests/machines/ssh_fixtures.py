"""Fixtures: SSH servers of one test, and the configuration of its clients."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .ssh_servers import Clients, SshServer, start_ssh_server, why_no_ssh_server


class Servers:
    """Call it to start one: `serve("ForceCommand …", user_shell="/bin/sh")`; the clients then know it and its key."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._started: list[SshServer] = []

    def __call__(self, *settings: str, known: bool = True, **options: Any) -> SshServer:
        server = start_ssh_server(f"s{len(self._started)}", self._clients, settings=settings, **options)
        self._started.append(server)
        if known:
            self._clients.know(server)
        return server

    def stop_all(self) -> None:
        for server in self._started:
            server.stop()


@pytest.fixture
def clients(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clients:
    """Everything that this test and its programs call as `ssh` uses this configuration."""
    if reason := why_no_ssh_server():
        pytest.skip(reason)
    clients = Clients(tmp_path / "clients")
    monkeypatch.setenv("PATH", f"{clients.programs}:{os.environ['PATH']}")
    return clients


@pytest.fixture
def serve(clients: Clients) -> Iterator[Servers]:
    servers = Servers(clients)
    yield servers
    servers.stop_all()
