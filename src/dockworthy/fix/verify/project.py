"""The scratch project in the engine: its services are started by Compose itself, and removed to the last volume."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...engine.connection import Connection
from ...engine.docker_command import Docker
from ...engine.filters import filters
from ...model.fix import WHOLE_FILE, Change, How
from ...model.labels import COMPOSE_PROJECT, COMPOSE_SERVICE
from .owner import RunOwner
from .removal import remove_containers


def with_changes(service: Mapping[str, Any], changes: Iterable[Change]) -> dict[str, Any]:
    """A copy of the rendered service, changed. Values are taken over as they are."""
    changed = copy.deepcopy(dict(service))
    for change in changes:
        if change.service == WHOLE_FILE:  # a volume that is named there is one without a name in a trial
            continue
        _make(changed, change.path, change)
    if "volumes" in changed:
        changed["volumes"] = [_long_form(mount) for mount in changed["volumes"]]
    return changed


def _long_form(mount: Any) -> Any:
    """A path, or `name:path` of a volume that a trial has as one without a name: it goes with its container."""
    return {"type": "volume", "target": mount.rpartition(":")[2]} if isinstance(mount, str) else mount


def _make(place: dict[str, Any], path: tuple[str, ...], change: Change) -> None:
    key, *rest = path
    if rest:
        inner = place.get(key)
        if not isinstance(inner, dict):
            if change.how is How.REMOVE:
                return
            inner = place[key] = {}
        _make(inner, tuple(rest), change)
    elif change.how is How.REMOVE:
        _remove(place, key, change.value)
    elif change.how is How.ADD:
        place[key] = _added(place.get(key), change.value)
    else:
        place[key] = copy.deepcopy(change.value)


def _remove(place: dict[str, Any], key: str, entries: Any) -> None:
    """The key, or entries of its list."""
    if entries is None or not isinstance(place.get(key), list):
        place.pop(key, None)
        return
    gone = entries if isinstance(entries, list) else [entries]
    place[key] = [entry for entry in place[key] if entry not in gone]


def _added(old: Any, new: Any) -> Any:
    if isinstance(new, dict):
        return {**(old if isinstance(old, dict) else {}), **copy.deepcopy(new)}
    entries = new if isinstance(new, list) else [new]
    known = [] if old is None else list(old) if isinstance(old, list) else [old]
    return known + [entry for entry in entries if entry not in known]


_STOP = 5
"""Seconds that a service has to end in order."""


class NotStarted(Exception):
    """Compose or the engine refused to start the service: `says` its words."""

    def __init__(self, says: str) -> None:
        super().__init__(says)
        self.says = says


class ScratchProject:
    """`config` as cut_off gives it; `variables` are what Compose needs in its environment (stand-ins)."""

    def __init__(
        self,
        docker: Docker,
        engine: Connection,
        owner: RunOwner,
        folder: Path,
        config: Mapping[str, Any],
        variables: Mapping[str, str],
    ) -> None:
        self.docker = docker
        self.engine = engine
        self._owner = owner
        self._folder = folder
        self._config = config
        self._variables = variables
        self._started: dict[str, tuple[dict[str, Any], str]] = {}
        self._fresh = 0
        self._beginning_empty = {
            name
            for name, service in config["services"].items()
            if any(map(_begins_empty, service.get("volumes") or ()))
        }
        self._deaf: set[str] = set()  # those that do not end when they are asked to: once is enough to wait
        self.starts = 0

    def service(self, name: str) -> dict[str, Any]:
        """Its definition, without any change."""
        found: dict[str, Any] = self._config["services"][name]
        return found

    def begins_empty(self, name: str) -> bool:
        """Has it a folder of the host that it may write to, and that is empty here when it is first started?"""
        return name in self._beginning_empty

    def own_volumes(self, name: str) -> tuple[str, ...]:
        """Named volumes that no other service has: these can be fresh for it alone."""
        mine = _volumes_of(self.service(name))
        others = {each for key, other in self._config["services"].items() if key != name for each in _volumes_of(other)}
        return tuple(volume for volume in mine if volume not in others)

    async def start(
        self, name: str, changes: Sequence[Change] = (), *, volumes: str = "", recreate: bool = False
    ) -> str:
        """Starts the service, with the changes; returns its container's id. Others stay as they are.

        `volumes` tells sets of volumes apart: "" is the first one. `recreate`: as Compose does it, which hands on
        volumes without a name; else what was there before is removed with them. Raises NotStarted.
        """
        if recreate:
            await self.stop(name)
        else:
            await self.remove(name)
        self._started[name] = (with_changes(self.service(name), changes), volumes)
        self.starts += 1
        file = self._folder / "compose.json"
        file.write_text(json.dumps(self._with_started()))
        file.chmod(0o600)
        done = await self._compose(
            file, "up", "--detach", "--no-build", "--pull", "never", "--no-deps", "--force-recreate",
            "--timeout", "1", name,
        )  # fmt: skip
        if done.status != 0:
            raise NotStarted(done.said)
        return await self.container(name)

    def fresh_volumes(self) -> str:
        """A name for a set of volumes that was not there before."""
        self._fresh += 1
        return f"fresh{self._fresh}"

    async def container(self, name: str) -> str:
        """Raises NotStarted where it has none."""
        labels = [f"{COMPOSE_PROJECT}={self._owner.project}", f"{COMPOSE_SERVICE}={name}"]
        found = await self.engine.get(f"/containers/json?all=true&{filters(label=list(labels))}")
        if not found:
            raise NotStarted("it has no container")
        identity: str = max(found, key=lambda each: each.get("Created", 0))["Id"]
        return identity

    async def inspect(self, container: str) -> dict[str, Any]:
        facts: dict[str, Any] = await self.engine.get(f"/containers/{container}/json")
        return facts

    async def log(self, container: str) -> list[str]:
        """The last lines of both streams, in the order of their time."""
        done = await self.docker.run("logs", "--timestamps", "--tail", "300", container)
        lines = (done.out + b"\n" + done.err).decode(errors="replace").splitlines()
        return [line.partition(" ")[2] for line in sorted(line for line in lines if line)]

    async def remove(self, name: str) -> None:
        """The service's container and the volumes that are only its own; named ones go with the set they are of."""
        with contextlib.suppress(NotStarted):
            await remove_containers(self.docker, [await self.container(name)])

    async def stop(self, name: str) -> None:
        """Stops it in order, so that what it keeps is whole; at once where it keeps nothing."""
        if not any(mount["type"] == "volume" for mount in self.service(name)["volumes"]):
            return await self.remove(name)
        clock = asyncio.get_running_loop().time
        begun = clock()
        with contextlib.suppress(NotStarted):
            seconds = 0 if name in self._deaf else _STOP
            await self.docker.run("stop", "--time", str(seconds), await self.container(name))
            if seconds and clock() - begun >= seconds:
                self._deaf.add(name)

    async def remove_volumes(self, volumes: str) -> None:
        """A set of volumes that is used no longer."""
        names = [f"{self._owner.project}_{volumes}_{name}" for name in self._config.get("volumes") or ()]
        if names:
            await self.docker.run("volume", "rm", "--force", *names)

    def _with_started(self) -> dict[str, Any]:
        """The configuration with each service as it was started last, each with its set of volumes."""
        config: dict[str, Any] = {**self._config, "services": dict(self._config["services"])}
        config["volumes"] = dict(self._config.get("volumes") or {})
        for name, (service, volumes) in self._started.items():
            config["services"][name] = self._with_volumes(config, name, service, volumes)
        if not config["volumes"]:
            del config["volumes"]
        return config

    def _with_volumes(self, config: dict[str, Any], name: str, service: dict[str, Any], volumes: str) -> dict[str, Any]:
        if not volumes:
            return service
        mounts = []
        own = self.own_volumes(name)
        for mount in service["volumes"]:
            source = mount.get("source")
            if mount["type"] == "volume" and source in own:
                key = f"{volumes}_{source}"
                config["volumes"][key] = {"name": f"{self._owner.project}_{key}", "labels": self._owner.labels}
                mount = {**mount, "source": key}
            mounts.append(mount)
        return {**service, "volumes": mounts}

    async def _compose(self, file: Path, *arguments: str) -> Any:
        command = ("compose", "-p", self._owner.project, "--project-directory", str(self._folder), "-f", str(file))
        return await self.docker.run(*command, *arguments, timeout=120, more=self._variables)


def _begins_empty(mount: Mapping[str, Any]) -> bool:
    source = Path(str(mount.get("source") or "/"))
    return mount["type"] == "bind" and not mount.get("read_only") and source.is_dir() and not any(source.iterdir())


def _volumes_of(service: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(m["source"] for m in service.get("volumes") or () if m["type"] == "volume" and m.get("source"))
