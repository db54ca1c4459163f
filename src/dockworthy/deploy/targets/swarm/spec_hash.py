"""The hash of a task's spec: by it a task is known to run what is wanted, whoever wrote its spec (dockworthy, `docker
stack`, a person). Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from ....model.edge_network import is_alias
from ....model.labels import STACK

_NOT_COUNTED = {"Image", "ForceUpdate", "Runtime", "Isolation", "SecretID", "ConfigID"}
"""The image counts by its id; ids of secrets and configs follow from their names."""
_DEFAULTS = {("Condition", "any"), ("Delay", 5 * 10**9), ("Name", "")}
_ORDERED = {"Networks": "Target", "Mounts": "Target", "Secrets": "SecretName", "Configs": "ConfigName"}
_DIGITS = 16


def spec_hash(template: Mapping[str, Any], networks: Mapping[str, str] = {}, *, secret_names: bool = False) -> str:
    """Of a TaskSpec as we write it or as the engine tells it. `networks`: id -> name, where ids stand there.

    Without the name by which the edge finds a service, which is no part of a release; with it where `secret_names`.
    """
    plain = _plain(template)
    for network in plain.get("Networks") or ():
        network["Target"] = networks.get(network["Target"], network["Target"])
        names = set(network.get("Aliases") or ())
        network["Aliases"] = sorted(each for each in names if secret_names or not is_alias(each))
    container = plain.get("ContainerSpec") or {}
    labels = {key: value for key, value in (container.get("Labels") or {}).items() if key != STACK}
    container["Labels"] = labels
    container["Env"] = sorted(container.get("Env") or ())
    for part in (plain, container):
        for key, by in _ORDERED.items():
            if part.get(key):
                part[key] = sorted(part[key], key=lambda each, by=by: each.get(by, ""))  # type: ignore[misc]
    text = msgspec.json.encode(_plain(plain), order="deterministic")
    return hashlib.sha256(text).hexdigest()[:_DIGITS]


def _plain(value: Any) -> Any:
    """Without what says nothing: what is empty, and what is the default anyway. `Init: false` does say something."""
    if isinstance(value, Mapping):
        parts = {key: part if key == "Labels" else _plain(part) for key, part in value.items()
                 if key not in _NOT_COUNTED}  # fmt: skip
        return {
            key: part
            for key, part in parts.items()
            if (key == "Init" and part is not None) or (part and (key, _hashable(part)) not in _DEFAULTS)
        }
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value


def _hashable(part: Any) -> Any:
    return part if isinstance(part, str | int) else None
