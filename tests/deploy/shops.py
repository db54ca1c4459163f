"""A project of the test's own on a real engine, shipped by the program as a person runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import yaml

from machines.engines import OwnEngine, clean_environment
from machines.program import DOCKWORTHY, run_dockworthy
from patience import patience, within

HEALTH = {"test": ["CMD", "true"], "interval": "1m", "start_interval": "100ms", "start_period": "1m"}
"""Asked often only until it is healthy: each question starts a process in the container, which is no small load."""
PROJECT = "com.docker.compose.project"


class Shop:
    """`folder` holds its compose.yaml and dockworthy.yaml; `name` is its project; the state folder is its own."""

    def __init__(self, engine: OwnEngine, folder: Path, name: str, image: str) -> None:
        self.engine = engine
        self.folder = folder
        self.name = name
        self.image = image
        self.state = folder / "state"
        self.logins: Path | None = None  # what `docker login` stored; None: nothing
        self.write(
            "dockworthy.yaml",
            {"policy": {"level": "baseline"}, "deploy": {"healthy_within": within(20), "observe": "0s"}},
        )

    def write(self, file: str, content: Mapping[str, Any]) -> None:
        (self.folder / file).write_text(yaml.safe_dump(dict(content)))

    def waits_for_health(self) -> None:
        """A deploy of what does not become healthy goes on until the test ends it."""
        deploy = {"healthy_within": "1h", "observe": "0s"}
        self.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": deploy})

    def service(self, *command: str, **more: Any) -> dict[str, Any]:
        """One that does what it is told, healthy at once, and ends when it is asked to."""
        return {
            "image": self.image,
            "command": list(command or ("sleep", "1000")),
            "init": True,
            "healthcheck": HEALTH,
            "stop_grace_period": "1s",
            **more,
        }

    def compose(self, services: Mapping[str, Any], **parts: Any) -> None:
        self.write("compose.yaml", {"name": self.name, "services": dict(services), **parts})

    def dockworthy(self, *arguments: str, **more: Any) -> CompletedProcess[str]:
        return run_dockworthy(
            *arguments, env=self.environment, inside=("env", "-C", str(self.folder), *self.engine.inside), **more
        )

    def deploy(self, *arguments: str, status: int = 0) -> CompletedProcess[str]:
        """Raises AssertionError where it ends otherwise."""
        done = self.dockworthy("deploy", "--yes", *arguments)
        assert done.returncode == status, f"{done.returncode}: {done.stdout}{done.stderr}"
        return done

    def begin(self, *arguments: str) -> subprocess.Popen[bytes]:
        """A deploy that goes on by itself."""
        return subprocess.Popen(
            [*self.engine.inside, sys.executable, str(DOCKWORTHY), *arguments],
            env=clean_environment(**self.environment),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def docker_compose(self, *arguments: str) -> None:
        """As its people start it without dockworthy."""
        done = subprocess.run(
            [*self.engine.inside, "docker-compose", *arguments],
            env=clean_environment(**self.environment),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=patience(60),
        )
        assert done.returncode == 0, done.stderr

    def containers(self, service: str = "", *, every: bool = False) -> dict[str, str]:
        """Name -> id of what runs (`every`: what is there)."""
        filters = [f"label={PROJECT}={self.name}"] + (
            [f"label=com.docker.compose.service={service}"] if service else []
        )
        words = [word for each in filters for word in ("--filter", each)]
        listed = self.engine.docker(
            "ps", *(["--all"] if every else []), "--no-trunc", "--format", "{{.Names}} {{.ID}}", *words
        )
        return dict(sorted(line.split() for line in listed.stdout.decode().splitlines()))

    def releases(self) -> list[dict[str, Any]]:
        done = self.dockworthy("releases", "--format", "json")
        assert done.returncode == 0, done.stderr
        found: list[dict[str, Any]] = json.loads(done.stdout)
        return found

    def remove(self) -> None:
        for container in self.containers(every=True).values():
            self.engine.docker("rm", "--force", "--volumes", container, check=False)
        for what in ("volume", "network"):
            listed = self.engine.docker(what, "ls", "--quiet", "--filter", f"label={PROJECT}={self.name}").stdout
            for each in listed.decode().split():
                self.engine.docker(what, "rm", each, check=False)

    @property
    def environment(self) -> dict[str, str]:
        found = {"DOCKER_HOST": self.engine.endpoint, "DOCKWORTHY_STATE": str(self.state)}
        return found if self.logins is None else {**found, "DOCKER_CONFIG": str(self.logins)}
