"""Can Compose make a project where a swarm's networks are, and without what only a swarm keeps? Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ....errors import UsageError
from ....model.compose_project import DEFAULT_NETWORK, FILE_PARTS, ComposeProject, NetworkDefinition


def must_have_files(spec: ComposeProject, services: Sequence[str]) -> None:
    """Compose mounts secrets and configs from files. Raises UsageError that names all that only a swarm could have."""
    missing = {
        f"{part.removesuffix('s')} {use.source} ({name})"
        for name in services
        for part in FILE_PARTS
        for use in spec.services[name].references(part)
        if use.source in spec.files(part) and spec.files(part)[use.source].external
    }
    if missing:
        raise UsageError(
            f"only a swarm keeps {', '.join(sorted(missing))}: it is external, and nobody can read it back from there",
            hint="write each value to a file of the project, and `secrets: {NAME: {file: PATH}}` (or `environment: "
            "VARIABLE`) to compose.yaml",
        )


def must_be_joined(spec: ComposeProject, networks: Mapping[str, bool]) -> None:
    """`spec`: as Compose renders it; `networks`: of the part. Raises UsageError for a network of the swarm that no
    container of Compose may join. Pure."""
    for service, definition in spec.services.items():
        for name in () if definition.network_mode else sorted(spec.joined_by(service)):
            if not networks.get(name, True):
                raise UsageError(
                    f"{service} is to join {name}, which is the swarm's and lets no container of Compose in",
                    hint="it was made without `attachable` (by `docker stack deploy`): `docker stack rm "
                    f"{spec.name}` (volumes stay), then deploy",
                )


def on_networks_of_swarm(spec: ComposeProject, networks: Mapping[str, bool]) -> ComposeProject:
    """The project as Compose can make it while a swarm has networks of its names: it joins those. Pure."""
    if not networks:
        return spec
    defined = {**spec.networks}
    if any(not service.networks and not service.network_mode for service in spec.services.values()):
        defined.setdefault(DEFAULT_NETWORK, NetworkDefinition.from_json(None))
    for key in defined:
        if (name := spec.object_name("networks", key)) in networks:
            defined[key] = NetworkDefinition.from_json({"name": name, "external": True})
    return spec.with_networks(defined) if defined else spec
