"""What makes a document one of Marathon's: what an app or a pod must have, and nothing else has together."""

from __future__ import annotations

from ..yaml_source import Value

_RUNTIMES = ("DOCKER", "MESOS")
_SIZED = frozenset(
    {"instances", "cpus", "mem", "disk", "healthChecks", "upgradeStrategy", "portDefinitions", "networks"}
)
HOLDING = ("apps", "pods", "groups")
"""Keys of a group under which others stand."""


def is_marathon(document: Value) -> bool:
    """Judged by content, never by the file's name: an app, a pod, a list of them, or a group that holds one."""
    if document.is_sequence:
        parts = document.items()
        return bool(parts) and all(is_definition(part) for part in parts)
    return is_definition(document) or _is_group(document)


def is_definition(value: Value) -> bool:
    return value.is_mapping and value.get("id") is not None and (is_app(value) or is_pod(value))


def is_app(value: Value) -> bool:
    container = value.get("container")
    if container is not None and container.is_mapping:
        docker, kind = container.get("docker"), container.get("type")
        if docker is not None and docker.is_mapping and docker.get("image") is not None:
            return True
        if kind is not None and kind.node.value in _RUNTIMES:
            return True
    runs = value.get("cmd") is not None or value.get("args") is not None
    return runs and len(_SIZED.intersection(value.keys())) >= 2


def is_pod(value: Value) -> bool:
    listed = value.get("containers")
    if listed is None or not listed.is_sequence:
        return False
    containers = listed.items()
    return bool(containers) and all(part.is_mapping and part.get("resources") is not None for part in containers)


def _is_group(value: Value) -> bool:
    """Each part is looked at once: a list of aliases of lists would otherwise take without end."""
    waiting, seen = [value], set()
    while waiting:
        part = waiting.pop()
        if not part.is_mapping or id(part.node) in seen:
            continue
        seen.add(id(part.node))
        for key in HOLDING:
            listed = part.get(key)
            held = listed.items() if listed is not None and listed.is_sequence else []
            if any(is_definition(each) for each in held):
                return True
            waiting += held if key == "groups" else []
    return False
