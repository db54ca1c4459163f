"""A host of the test's own whose engine asks the guard about every request."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from machines.engines import clean_environment
from machines.own_host import OwnHost
from machines.program import DOCKWORTHY

PLUGIN = "/run/docker/plugins/dockworthy.sock"


@dataclass
class Answer:
    status: int
    body: bytes

    @property
    def refused(self) -> bool:
        """By the guard, not by the engine for a reason of its own."""
        return self.status == 403 and b"authorization denied by plugin" in self.body

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Guarded:
    host: OwnHost
    guard: subprocess.Popen[bytes] = field(repr=False)

    def ask(
        self,
        method: str,
        target: str,
        body: Any = None,
        *,
        raw: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Sends exactly that to the engine's socket. `body` goes as JSON, `raw` as it is."""
        content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        lines = {"Host": "docker", "Connection": "close"}
        if content or raw is not None or method == "POST":
            lines["Content-Length"] = str(len(content))
        if body is not None or raw is not None:
            lines["Content-Type"] = "application/json"
        lines.update(headers or {})
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
        request = f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + content
        done = self.host.run("python3", "-c", _SEND, "/var/run/docker.sock", input=request, check=False)
        assert done.returncode == 0, done.stderr.decode()
        first, _, rest = done.stdout.partition(b"\r\n")
        return Answer(int(first.split()[1]), rest.partition(b"\r\n\r\n")[2])

    def docker(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
        return self.host.docker(*arguments, check=check)


_SEND = """
import socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
s.sendall(sys.stdin.buffer.read())
while part := s.recv(65536):
    sys.stdout.buffer.write(part)
"""


def start_guard(host: OwnHost, *options: str) -> subprocess.Popen[bytes]:
    """As a service manager would: before the engine. Waits until its socket is there."""
    process = subprocess.Popen(
        [*host.inside, str(DOCKWORTHY), "guard", "serve", "--socket", PLUGIN, "--level", "baseline", *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=clean_environment(),
    )
    host.started.append(process)
    host.wait(lambda: host.run("test", "-S", PLUGIN, check=False).returncode == 0, "the guard's socket is there")
    return process


def start_guarded(host: OwnHost, *options: str, settings: Mapping[str, Any] | None = None) -> Guarded:
    """The guard first, as a machine would start them, then an engine with one image."""
    guard = start_guard(host, *options)
    host.start_engine({"authorization-plugins": ["dockworthy"], **(settings or {})})
    host.load_busybox()
    return Guarded(host, guard)


__all__ = ["PLUGIN", "Answer", "Guarded", "start_guard", "start_guarded"]
