"""Can Compose make a project where a swarm's networks are, and without what only a swarm keeps? Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ....errors import UsageError
from ..swarm.container_spec import object_name
from ..swarm.service_spec import networks_of


def must_have_files(spec: Mapping[str, Any], services: Sequence[str]) -> None:
    """Compose mounts secrets and configs from files. Raises UsageError that names all that only a swarm could have."""
    missing = {
        f"{part.removesuffix('s')} {use['source']} ({name})"
        for name in services
        for part in ("secrets", "configs")
        for use in spec["services"][name].get(part) or ()
        if ((spec.get(part) or {}).get(use["source"]) or {}).get("external")
    }
    if missing:
        raise UsageError(
            f"only a swarm keeps {', '.join(sorted(missing))}: it is external, and nobody can read it back from there",
            hint="write each value to a file of the project, and `secrets: {NAME: {file: PATH}}` (or `environment: "
            "VARIABLE`) to compose.yaml",
        )


def must_be_joined(spec: Mapping[str, Any], networks: Mapping[str, bool]) -> None:
    """`spec`: as Compose renders it; `networks`: of the part. Raises UsageError for a network of the swarm that no
    container of Compose may join. Pure."""
    for service, definition in spec["services"].items():
        for name in () if definition.get("network_mode") else sorted(networks_of(spec, service)):
            if not networks.get(name, True):
                raise UsageError(
                    f"{service} is to join {name}, which is the swarm's and lets no container of Compose in",
                    hint="it was made without `attachable` (by `docker stack deploy`): `docker stack rm "
                    f"{spec['name']}` (volumes stay), then deploy",
                )


def on_networks_of_swarm(spec: Mapping[str, Any], networks: Mapping[str, bool]) -> dict[str, Any]:
    """The project as Compose can make it while a swarm has networks of its names: it joins those. Pure."""
    if not networks:
        return dict(spec)
    defined = {**(spec.get("networks") or {})}
    if any(not service.get("networks") and not service.get("network_mode") for service in spec["services"].values()):
        defined.setdefault("default", None)
    joined = {
        key: {"name": name, "external": True} if name in networks else definition
        for key, definition in defined.items()
        if (name := object_name({**spec, "networks": defined}, "networks", key))
    }
    return {**spec, "networks": joined} if joined else dict(spec)
