"""A create request in the making, which remembers the flag that wrote each part."""

from __future__ import annotations

from typing import Any


class Document:
    """`data` is the request's body; `flags` holds path -> the flag that wrote it."""

    def __init__(self) -> None:
        self.data: dict[str, Any] = {}
        self.flags: dict[str, str] = {}

    def put(self, path: str, value: Any, flag: str) -> None:
        """Under a path of keys; what was there before is replaced, as by a flag that comes twice."""
        *parents, key = path.split(".")
        self._inside(parents)[key] = value
        self.flags[path] = flag

    def append(self, path: str, item: Any, flag: str) -> None:
        *parents, key = path.split(".")
        listed = self._inside(parents).setdefault(key, [])
        self.flags.setdefault(path, flag)
        self.flags[f"{path}[{len(listed)}]"] = flag
        listed.append(item)

    def enter(self, path: str, key: str, value: Any, flag: str) -> None:
        """Into a mapping whose keys are a person's own: they may have dots."""
        self._inside(path.split("."))[key] = value
        self.flags.setdefault(path, flag)
        self.flags[f"{path}.{key}"] = flag

    def bind_port(self, port: str, binding: dict[str, str], flag: str) -> None:
        path = "HostConfig.PortBindings"
        listed = self._inside(path.split(".")).setdefault(port, [])
        self.flags[f"{path}.{port}[{len(listed)}]"] = flag
        listed.append(binding)
        self.enter("ExposedPorts", port, {}, flag)

    def _inside(self, keys: list[str]) -> dict[str, Any]:
        part = self.data
        for key in keys:
            part = part.setdefault(key, {})
        return part


__all__ = ["Document"]
