"""A socket of the guard's on a host of the test's own, and how it is asked: as somebody, in bytes, or by docker."""

from __future__ import annotations

import json
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guard.guarded import Answer
from machines.engines import clean_environment
from machines.own_host import OwnHost
from machines.program import DOCKWORTHY
from patience import Limit

_TALK = """
import socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
s.sendall(sys.stdin.buffer.read())
while part := s.recv(65536):
    sys.stdout.buffer.write(part); sys.stdout.buffer.flush()
"""
_LISTEN = """
import socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.sendall(sys.argv[2].encode())
while part := s.recv(65536):
    sys.stdout.buffer.write(part); sys.stdout.buffer.flush()
"""


def start_socket(host: OwnHost, path: str, *options: str, command: str = "socket") -> subprocess.Popen[bytes]:
    """Waits until it answers. What it says is in /var/log/guard on the host."""
    arguments = ["guard", command, *([path] if command == "socket" else []), *options]
    process = subprocess.Popen(
        [*host.inside, "sh", "-c", 'exec "$@" >>/var/log/guard 2>&1', "sh", str(DOCKWORTHY), *arguments],
        stdin=subprocess.DEVNULL,
        env=clean_environment(),
    )
    host.started.append(process)
    host.wait(
        lambda: process.poll() is not None or host.run("test", "-S", path, check=False).returncode == 0,
        f"{path} is there",
    )
    assert process.poll() is None, host.read("/var/log/guard")
    return process


@dataclass
class Listening:
    """A stream that is open. `wait_for` reads on until it has come; `all` is what came so far."""

    process: subprocess.Popen[bytes]
    seen: bytes = b""
    all: bytes = b""

    def wait_for(self, what: bytes, seconds: float = 60.0) -> None:
        assert self.process.stdout is not None
        limit = Limit(seconds)
        while what not in self.seen:
            assert limit.left > 0 and self.process.poll() is None, (what, self.seen[-500:])
            part = self.process.stdout.read1(65536)  # type: ignore[attr-defined]
            self.seen += part
            self.all += part
        self.seen = self.seen.partition(what)[2]

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


@dataclass
class Reached:
    """A socket, as root or as `user` of the host."""

    host: OwnHost
    path: str
    user: str = ""

    def _as(self) -> tuple[str, ...]:
        return ("setpriv", f"--reuid={self.user}", "--init-groups", f"--regid={self.user}") if self.user else ()

    def send(self, request: bytes) -> bytes:
        """All that comes back until the other side closes."""
        done = self.host.run(*self._as(), "/usr/bin/python3", "-c", _TALK, self.path, input=request, check=False)
        return done.stdout

    def ask(self, method: str, target: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        content = b"" if body is None else json.dumps(body).encode()
        lines = {"Host": "docker", "Connection": "close"}
        if content or method == "POST":
            lines |= {"Content-Length": str(len(content))}
        if content:
            lines |= {"Content-Type": "application/json"}
        head = "".join(f"{name}: {value}\r\n" for name, value in (lines | (headers or {})).items())
        said = self.send(f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + content)
        first, _, rest = said.partition(b"\r\n")
        head_bytes, _, answer = rest.partition(b"\r\n\r\n")
        return Answer(int(first.split()[1]), _joined(answer) if b"chunked" in head_bytes.lower() else answer)

    def begin(self, request: str) -> Listening:
        process = subprocess.Popen(
            [
                *self.host.inside,
                *self._as(),
                "setpriv",
                "--pdeathsig",
                "KILL",
                "/usr/bin/python3",
                "-c",
                _LISTEN,
                self.path,
                request,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )
        return Listening(process)

    def docker(
        self, *arguments: str, check: bool = True, input: bytes | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        return self.host.run(
            *self._as(),
            "env",
            f"HOME=/tmp/{self.user}",
            "docker",
            "-H",
            f"unix://{self.path}",
            *arguments,
            check=check,
            input=input,
        )

    def compose(self, project: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
        """By Compose's own program, so that nothing depends on where `docker` looks for plugins."""
        environment = ("env", f"HOME=/tmp/{self.user}", f"DOCKER_HOST=unix://{self.path}")
        command = ("docker-compose", "-p", project, "-f", "/etc/compose/compose.yaml", *arguments)
        return self.host.run(*self._as(), *environment, *command, check=check)

    def pid(self) -> int:
        """Of the guard that serves it, on the host."""
        for line in self.host.run("pgrep", "-f", f"guard .*{self.path}").stdout.decode().split():
            if "python" in Path(self.host.run("readlink", f"/proc/{line}/exe").stdout.decode().strip()).name:
                return int(line)
        raise AssertionError(f"no guard serves {self.path}")


def from_container(host: OwnHost, name: str, target: str) -> bytes:
    """The answer that a process of that container gets: busybox speaks to no Unix socket, so a Python of the host's
    goes into the container's control group and file system first."""
    pid = host.docker("inspect", "-f", "{{.State.Pid}}", name).stdout.decode().strip()
    cgroup = host.read(f"/proc/{pid}/cgroup").strip().partition("::")[2]
    script = """
import os, socket, sys
pid, cgroup, target = sys.argv[1:]
roots = [l.split()[4] for l in open("/proc/self/mountinfo") if " - cgroup2 " in l]
open(f"{roots[0]}{cgroup}/cgroup.procs", "w").write(str(os.getpid()))
os.setns(os.open(f"/proc/{pid}/ns/mnt", 0))
s = socket.socket(socket.AF_UNIX); s.connect("/docker.sock")
s.sendall(f"GET {target} HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n".encode())
while part := s.recv(65536): os.write(1, part)
"""
    return host.run("/usr/bin/python3", "-c", script, pid, cgroup, target, check=False).stdout


_NAMED = """
roots=$(awk '/ - cgroup2 / || / - cgroup .*(pids|name=systemd)/ {print $5}' /proc/self/mountinfo)
for root in $roots; do mkdir -p "$root/$1" && echo $$ >"$root/$1/cgroup.procs" || exit 3; done
shift
"$@"
for root in $roots; do echo $$ >"$root/cgroup.procs"; (cd "$root" && rmdir -p "$named"); done
"""


def from_named_cgroup(reached: Reached, named: str, target: str, *, apart: bool = False) -> bytes:
    """The answer that a user gets who sits in a control group of that name, as somebody has to whom a part of the
    tree was given (`user@1000.service`); `apart`: in a user and a mount namespace of their own, as anybody may be."""
    wrapped = ("unshare", "--user", "--map-root-user", "--mount") if apart else ()
    talk = (*reached._as(), *wrapped, "/usr/bin/python3", "-c", _TALK, reached.path)
    request = f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    script = f"named={shlex.quote(named)}{_NAMED}"
    return reached.host.run("sh", "-c", script, "sh", named, *talk, input=request).stdout


def _joined(chunks: bytes) -> bytes:
    whole = b""
    while chunks:
        size, _, rest = chunks.partition(b"\r\n")
        length = int(size, 16)
        if not length:
            break
        whole += rest[:length]
        chunks = rest[length + 2 :]
    return whole


__all__ = ["Listening", "Reached", "from_container", "from_named_cgroup", "start_socket"]
