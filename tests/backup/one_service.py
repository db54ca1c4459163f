"""A project of one service that keeps its data in a volume or in folders of the host, on a real engine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from deploy.shops import Shop
from machines.engines import OwnEngine, clean_environment
from machines.program import DOCKWORTHY
from patience import patience


class OneService:
    """The service `app`, whose volume `data` is mounted at /data; `service` is what else its Compose file says."""

    def __init__(self, engine: OwnEngine, folder: Path, name: str, service: Mapping[str, Any]) -> None:
        self.engine = engine
        self.name = name
        self.shop = Shop(engine, folder, name, str(service["image"]))
        self.service: dict[str, Any] = {"volumes": ["data:/data"], "stop_grace_period": "5s", **service}
        self.settings: dict[str, Any] = {"to": [str(folder / "repository")], "key": str(folder / "backup.key")}
        self.write()

    def write(self, **settings: Any) -> None:
        """Compose file and dockworthy.yaml; `settings` are added to `backup:`."""
        self.shop.compose({"app": self.service}, volumes={"data": {}})
        self.settings |= settings
        self.shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "backup": self.settings})

    def up(self) -> None:
        self._compose("up", "--detach")

    def down(self) -> None:
        self._compose("down", "--volumes", "--timeout", "0")

    @property
    def container(self) -> str:
        return f"{self.name}-app-1"

    @property
    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self.engine.inspect(self.container)["State"]
        return found

    @property
    def data(self) -> Path:
        """Where its volume lies."""
        return Path(self.engine.inspect(f"{self.name}_data")["Mountpoint"])

    def inside(self, script: str, *, check: bool = True, input: str | None = None) -> str:
        """What a shell in its container prints."""
        given = input.encode() if input is not None else None
        words = ("exec", *(["-i"] if given is not None else []), self.container, "sh", "-c", script)
        done = self.engine.docker(*words, check=check, input=given)
        return done.stdout.decode().strip()

    def dockworthy(self, *arguments: str, status: int = 0) -> str:
        """What it said. Raises AssertionError where it ends otherwise."""
        done = self.shop.dockworthy(*arguments, timeout=patience(120))
        assert done.returncode == status, f"{done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def begin(self, *arguments: str) -> subprocess.Popen[bytes]:
        """A dockworthy that goes on by itself, in a session of its own."""
        return subprocess.Popen(
            [*self.engine.inside, sys.executable, str(DOCKWORTHY), *arguments],
            cwd=self.shop.folder,
            env=clean_environment(**self.shop.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def killed_when(self, condition: Callable[[], bool], *arguments: str) -> None:
        """A dockworthy that is killed as soon as the condition holds."""
        process = self.begin(*arguments)
        until(lambda: condition() or process.poll() is not None, f"{arguments} never came so far")
        assert process.poll() is None, f"{arguments} was quicker"
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def leftovers(self) -> list[str]:
        """What no command may leave: beside the data, in it, and in dockworthy's own folder."""
        words = [("ps", "-a", "--format", "{{.Names}}"), ("volume", "ls", "-q")]
        names = [name for each in words for name in self.engine.docker(*each).stdout.decode().split()]
        found = [name for name in names if "verify" in name]
        found += [each for each in os.listdir(self.data.parent) if each != "_data"]
        kept = self.shop.state / "backup"
        found += [each.name for each in (kept / "work").glob("*")]
        return found + [each for each in os.listdir(kept) if each.startswith("quiesced")]

    def _compose(self, *arguments: str) -> None:
        words = [*self.engine.inside, "docker", "compose", *arguments]
        environment = {**os.environ, "DOCKER_HOST": self.engine.endpoint}
        done = subprocess.run(words, cwd=self.shop.folder, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def until(condition: Callable[[], Any], says: str) -> None:
    ends = time.monotonic() + patience(60)
    while not condition():
        assert time.monotonic() < ends, says
        time.sleep(0.02)
