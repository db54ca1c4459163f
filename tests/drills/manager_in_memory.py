"""The configs of a swarm as its manager's API has them, in memory: what a ledger asks of it, without an engine.

Source: Engine API v1.45, /configs."""

from __future__ import annotations

import itertools
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from dockworthy.engine.faults import NoSuchObject
from dockworthy.errors import EngineError, EngineRefused


class ManagerInMemory:
    """`refuses`: what a guard says to whoever gives the label of admins; "" where there is none."""

    def __init__(self) -> None:
        self.refuses = ""
        self._configs: dict[str, dict[str, Any]] = {}
        self._ids = map(str, itertools.count(1))

    async def get(self, path: str) -> Any:
        url = urlsplit(path)
        if url.path == "/info":
            return {"Swarm": {"LocalNodeState": "active", "NodeID": "n", "ControlAvailable": True}}
        if url.path == "/configs":
            asked = json.loads(parse_qs(url.query)["filters"][0])["label"]
            labels = asked if isinstance(asked, list) else [*asked]
            return [each for each in self._configs.values() if all(_has(each, label) for label in labels)]
        raise NoSuchObject(f"there is no {path}")

    async def send(
        self, method: str, path: str, body: Any = None, *, answer: bool = True, as_root: bool = False
    ) -> Any:
        if method == "POST" and path == "/configs/create":
            if any(each["Spec"]["Name"] == body["Name"] for each in self._configs.values()):
                raise EngineError("the engine answered with status 409")
            if self.refuses:
                raise EngineRefused(self.refuses)
            id_ = next(self._ids)
            self._configs[id_] = {"ID": id_, "Version": {"Index": 1}, "Spec": body}
            return {"ID": id_}
        assert method == "DELETE", method
        if self._configs.pop(path.removeprefix("/configs/"), None) is None:
            raise NoSuchObject(f"there is no {path}")
        return None


def _has(config: dict[str, Any], label: str) -> bool:
    name, _, value = label.partition("=")
    return str(config["Spec"]["Labels"].get(name)) == value
