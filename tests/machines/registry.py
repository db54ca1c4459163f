"""A registry of the test's own (Debian's docker-registry), which may ask for a password."""

from __future__ import annotations

import base64
import contextlib
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from patience import Limit, patience

from .engines import OwnEngine, clean_environment

USER, PASSWORD = "shop", "dockworthy-test-secret"
_HTPASSWD = f"{USER}:$2b$04$abcdefghijklmnopqrstuuQ95EaXa0tZNMUgleYOMADKRZXPGWf4O\n"
"""bcrypt of the password above, with the fewest rounds that there are."""
_ASK = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 5)"


def why_no_registry() -> str:
    """Why none can be started here; empty where one can."""
    return "" if shutil.which("docker-registry") else "docker-registry is not installed (sudo ./test installs it)"


@dataclass
class Registry:
    """`name` goes before the images that it has. `logins`: folder of a docker command line that has its password."""

    name: str
    folder: Path
    inside: tuple[str, ...]
    process: subprocess.Popen[bytes]
    asks: bool

    @property
    def logins(self) -> Path:
        return self.folder / "docker"

    def login(self, password: str = PASSWORD, *, folder: Path | None = None) -> Path:
        """Stores it as `docker login` does, right or wrong: a folder for DOCKER_CONFIG."""
        at = folder or self.logins
        at.mkdir(exist_ok=True)
        auth = base64.b64encode(f"{USER}:{password}".encode()).decode()
        (at / "config.json").write_text(json.dumps({"auths": {self.name: {"auth": auth}}}))
        return at

    def push(self, engine: OwnEngine, image: str, name: str) -> str:
        """`image` of the engine as `REGISTRY/name`; it stays on the engine, too. Returns its name there."""
        there = f"{self.name}/{name}"
        engine.docker("tag", image, there)
        command = [*engine.inside, "docker", "--config", str(self.logins), "-H", engine.endpoint, "push", there]
        done = subprocess.run(command, capture_output=True, text=True, timeout=patience(60), env=clean_environment())
        assert done.returncode == 0, done.stderr
        return there

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


@contextlib.contextmanager
def a_registry(
    folder: Path, *, inside: Sequence[str] = (), address: str = "127.0.0.1", password: bool = False
) -> Iterator[Registry]:
    """One that listens at `address`, in the network that `inside` leads to. Waits until it answers."""
    folder.mkdir()
    (folder / "htpasswd").write_text(_HTPASSWD)
    name = f"{address}:{_free_port()}"
    auth = f"auth: {{htpasswd: {{realm: test, path: {folder}/htpasswd}}}}\n" if password else ""
    (folder / "config.yml").write_text(
        f"version: 0.1\nlog: {{level: error}}\nhttp: {{addr: '{name}'}}\n{auth}"
        f"storage: {{filesystem: {{rootdirectory: {folder}/data}}, delete: {{enabled: true}}}}\n"
    )
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*inside, "setpriv", "--pdeathsig", "KILL", "docker-registry", "serve", f"{folder}/config.yml"],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    registry = Registry(name, folder, tuple(inside), process, password)
    registry.login()
    try:
        _wait_until_it_answers(registry)
        yield registry
    finally:
        registry.stop()


def _wait_until_it_answers(registry: Registry, seconds: float = 30.0) -> None:
    host, _, port = registry.name.partition(":")
    ask = [*registry.inside, sys.executable, "-IS", "-c", _ASK, host, port]
    limit = Limit(seconds)
    while subprocess.run(ask, capture_output=True).returncode != 0:
        said = (registry.folder / "log").read_text(errors="replace")[-1000:]
        assert registry.process.poll() is None and limit.left > 0, f"no registry came up: {said}"
        time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
