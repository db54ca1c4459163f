"""The engine that a drill uses: what is made on it, what is found there, and what is removed again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import msgspec

from ...errors import EngineError, UsageError
from ...model.dialect import Version
from .archives import archive
from .asking import API, EngineAnswer, send

PREFIX = "dockworthy-drill"
_BEFORE = f"{PREFIX}-before"
_VICTIM = f"{PREFIX}-victim"
_BOUND_VOLUME = f"{_BEFORE}-volume"
_NODE_VOLUME = f"{_BEFORE}-nodes"
_SLEEP = {"Cmd": ["sleep", "86400"]}
_MADE_BEFORE: dict[str, dict[str, Any]] = {
    "privileged": {"Privileged": True},
    "socket": {"Binds": ["/var/run/docker.sock:/s"]},
    "network": {"NetworkMode": "host"},
    "cgroup": {"CapAdd": ["SYS_ADMIN"], "CgroupnsMode": "host"},
    "bound": {"Binds": [f"{_BOUND_VOLUME}:/x"]},
    "node": {"Binds": [f"{_NODE_VOLUME}:/x"]},
}
"""Containers that a guard would not let anybody make."""
_BY_FORCE = {"containers": "?force=1&v=1", "volumes": "?force=1"}


class TrialObjects:
    """`names` stand for what trials are about; `circumstances` tell what is allowed on this engine."""

    def __init__(
        self,
        socket: str,
        image: str,
        *,
        circumstances: frozenset[str] = frozenset(),
        folder: str = "",
        readable: str = "",
        entered: str = "",
    ) -> None:
        """`folder`: one that the guard's policy lists under `binds`, where only root gets in; `readable`: one that it
        lists with `:ro`; `entered`: one that it lists, where everybody gets in."""
        self.socket = socket
        self.circumstances = circumstances
        self.names: dict[str, str] = {"image": image}
        folders = {"folder": folder, "readable": readable, "entered": entered}
        self.names |= {name: path.rstrip("/") for name, path in folders.items() if path}
        self.info: dict[str, Any] = {}

    def look(self) -> None:
        """What is there. Raises UsageError for an engine without the image, EngineError where nobody answers."""
        self.info = self._get("/info") or {}
        newest = Version.parse((self._get("/version") or {}).get("ApiVersion", API))
        self.names["api"] = str(min(newest, Version.parse(API))).removeprefix("v")
        image = self._get(f"/images/{quote(self.names['image'])}/json")
        if image is None:
            raise UsageError(f"the engine has no image {self.names['image']}", hint="pull it, or name one: --image")
        self.names["image_id"] = str(image["Id"])
        self.names["image_begins"] = self.names["image_id"].removeprefix("sha256:")[:12]
        for network in ("host", "bridge"):
            self.keep(f"{network}_network", (self._get(f"/networks/{network}") or {}).get("Id", ""))
        settings = ((self._get("/networks/bridge") or {}).get("IPAM") or {}).get("Config") or []
        gateways = [each["Gateway"] for each in settings if "." in each.get("Gateway", "")]
        self.names |= {"gateway": gateways[0]} if gateways else {}
        self._find_made_before()
        twice = (
            b"GET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: close\r\nContent-Type: a\r\nContent-Type: b\r\n\r\n"
        )
        if send(self.socket, twice).status == 200:  # a plugin is shown one of the two only: no guard there can know
            self.circumstances |= {"the engine's own socket"}

    @property
    def is_guarded(self) -> bool:
        """By what it says, or does: one that took its plugin up while it ran does not say so."""
        said = bool((self.info.get("Plugins") or {}).get("Authorization"))
        return said or self._ask("GET", "/swarm", check=False).by_guard

    @property
    def is_manager(self) -> bool:
        return bool((self.info.get("Swarm") or {}).get("ControlAvailable"))

    def others(self) -> tuple[str, ...]:
        """Names of the containers that no drill made."""
        listed = self._get("/containers/json?all=1") or []
        names = (str(container["Names"][0]).lstrip("/") for container in listed if container.get("Names"))
        return tuple(name for name in names if not name.startswith(PREFIX))

    def keep(self, name: str, value: str) -> None:
        self.names[name] = value
        if len(value) == 64:
            self.names[f"{name}_short"] = value[:12]

    def make_victim(self) -> None:
        """A harmless container that runs, and images: one brings the node of a disk, one a volume over /dev."""
        self._make(_VICTIM, {}, start=True)
        self.names["container"] = _VICTIM
        for name, kind, changes in (("nodes", "nodes", ""), ("over_dev", "empty", "&changes=VOLUME%20/dev")):
            repository = f"{PREFIX}-{name.replace('_', '-')}"
            path = f"/images/create?fromSrc=-&repo={repository}&tag=1{changes}"
            made = self._ask("POST", path, archive(kind, ""), check=False).status == 200
            if made and (image := self._get(f"/images/{repository}:1/json")):
                self.names |= {name: f"{repository}:1", f"{name}_id": image["Id"]}

    def make_before(self) -> None:
        """On an engine that is not guarded yet. Raises EngineError where it can't be made."""
        options = {"type": "none", "o": "bind", "device": "/"}
        self._ask("POST", "/volumes/create", {"Name": _BOUND_VOLUME, "DriverOpts": options})
        for name, host in _MADE_BEFORE.items():
            self._make(f"{_BEFORE}-{name}", host, start=name == "privileged")
        self._ask("POST", f"/containers/{_BEFORE}-privileged/exec", {"Cmd": ["true"]})
        self._ask("PUT", f"/containers/{_BEFORE}-node/archive?path=/x", archive("nodes", ""))

    def remove_made(self, answer: Any) -> None:
        """What an attack made that came through."""
        for key, path in (("Id", "containers"), ("Id", "networks"), ("Name", "volumes"), ("ID", "services")):
            name = answer.get(key) if isinstance(answer, dict) else None
            if isinstance(name, str) and name:
                self._ask("DELETE", f"/{path}/{name}{_BY_FORCE.get(path, '')}", check=False)

    def remove_all(self, *, before: bool = False) -> None:
        """Everything that a drill made; what was made before the guard was there stays unless `before`."""
        for kind, key in (("containers", "Id"), ("services", "ID"), ("networks", "Id"), ("volumes", "Name")):
            for found, name in self._made(kind):
                if before or not name.startswith(_BEFORE):
                    self._ask("DELETE", f"/{kind}/{found[key]}{_BY_FORCE.get(kind, '')}", check=False)
        for kind in ("secrets", "configs"):
            for found, _ in self._made(kind):
                self._ask("DELETE", f"/{kind}/{found['ID']}", check=False)
        for image in self._get("/images/json") or []:
            for tag in image.get("RepoTags") or []:
                if tag.startswith(PREFIX):
                    self._ask("DELETE", f"/images/{quote(tag)}", check=False)

    def _made(self, kind: str) -> Iterator[tuple[dict[str, Any], str]]:
        listed = self._get({"containers": "/containers/json?all=1"}.get(kind, f"/{kind}")) or []
        for found in listed.get("Volumes") or [] if isinstance(listed, dict) else listed:
            named = (found.get("Names") or [""])[0] or found.get("Name") or found.get("Spec", {}).get("Name", "")
            if str(named).lstrip("/").startswith((PREFIX, "drill-")):
                yield found, str(named).lstrip("/")

    def _find_made_before(self) -> None:
        for name in _MADE_BEFORE:
            found = self._get(f"/containers/{_BEFORE}-{name}/json")
            if found is None:
                continue
            self.names[name] = f"{_BEFORE}-{name}"
            self.names[f"{name}_id"], self.names[f"{name}_short"] = found["Id"], found["Id"][:12]
            for execution in found.get("ExecIDs") or []:
                self.names["execution"] = execution
        for name, volume in (("volume", _BOUND_VOLUME), ("node_volume", _NODE_VOLUME)):
            if self._get(f"/volumes/{volume}") is not None:
                self.names[name] = volume

    def _make(self, name: str, host: dict[str, Any], *, start: bool) -> None:
        body = {"Image": self.names["image"], **_SLEEP, "HostConfig": host}
        self._ask("DELETE", f"/containers/{name}?force=1", check=False)
        self._ask("POST", f"/containers/create?name={name}", body)
        if start:
            self._ask("POST", f"/containers/{name}/start")

    def _get(self, path: str) -> Any:
        answer = self._ask("GET", path, check=False)
        return answer.json if answer.status == 200 else None

    def _ask(self, method: str, path: str, body: Any = None, *, check: bool = True) -> EngineAnswer:
        """`body` goes as JSON, bytes as an archive."""
        content = b"" if body is None else body if isinstance(body, bytes) else msgspec.json.encode(body)
        kind = "application/x-tar" if isinstance(body, bytes) else "application/json"
        kind = f"Content-Type: {kind}\r\n" if content else ""
        head = f"{method} {path} HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n{kind}"
        answer = send(self.socket, f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
        if check and answer.status >= 300:
            raise EngineError(f"the engine did not answer {method} {path} well: {answer.body.decode(errors='replace')}")
        return answer
