"""A pod at level restricted of every version, and changes to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Change = Callable[[dict[str, Any]], None]

TIGHT: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "tight"},
    "spec": {
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [
            {"name": "a", "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}}
        ],
        "initContainers": [
            {"name": "i", "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}}
        ],
        "ephemeralContainers": [
            {"name": "e", "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}}
        ],
    },
}
"""At level restricted of every version, whatever is not set below."""


def spec(**values: Any) -> Change:
    return lambda pod: pod["spec"].update(values)


def pod_context(**values: Any) -> Change:
    return lambda pod: pod["spec"]["securityContext"].update(values)


def context(role: str = "containers", **values: Any) -> Change:
    return lambda pod: pod["spec"][role][0]["securityContext"].update(values)


def container(role: str = "containers", **values: Any) -> Change:
    return lambda pod: pod["spec"][role][0].update(values)


def without(*path: str | int) -> Change:
    def remove(pod: dict[str, Any]) -> None:
        part: Any = pod["spec"]
        for key in path[:-1]:
            part = part[key]
        del part[path[-1]]

    return remove


def annotation(key: str, value: str) -> Change:
    return lambda pod: pod["metadata"].update(annotations={key: value})


def both(*changes: Change) -> Change:
    def change(pod: dict[str, Any]) -> None:
        for each in changes:
            each(pod)

    return change


def sysctl(name: str) -> Change:
    return pod_context(sysctls=[{"name": name, "value": "1"}])


def volume(kind: str) -> Change:
    return spec(volumes=[{"name": "v", kind: {}}])
