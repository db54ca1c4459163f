"""A snapshot as the nouns that the controls know: units, images, networks, volumes, engine, swarm."""

from __future__ import annotations

from collections import defaultdict

from msgspec import structs

from ..model.field import Field, Set, Source, Unknown, Unset
from ..model.machine import Machine
from ..model.snapshot import ContainerFacts, EngineFacts, Snapshot
from ..model.workload import Unit
from .cluster import read_cluster
from .container.inspected import read_container
from .daemon import read_engine
from .engine_context import EngineContext, engine_context
from .guarded_socket import with_guard
from .image import read_images
from .network import read_networks
from .proofs import read_proofs
from .service import read_service
from .volume import read_volumes


def read_machine(snapshot: Snapshot) -> Machine:
    """Never raises for what a snapshot holds: what can't be read of an object stands in `unseen`."""
    facts = snapshot.engine
    context = engine_context(facts)
    context = structs.replace(context, paths=with_guard(context.paths, facts, snapshot.host.daemon))
    networks = read_networks(facts)
    unseen: dict[str, str] = dict(_unseen_lists(facts))
    units = tuple(_units(facts, context, unseen))
    images = read_images(facts, _users_of_images(units))
    return Machine(
        taken=snapshot.taken,
        host=snapshot.host,
        engine=read_engine(facts, snapshot.host),
        engine_answers=_answers(facts),
        units=units,
        images=images,
        networks=networks,
        volumes=read_volumes(facts, _users_of_volumes(units)),
        cluster=read_cluster(facts, networks),
        unseen=unseen,
        proofs=read_proofs(snapshot, units, images),
        evidence=snapshot.evidence,
        services_asked=snapshot.services_asked,
    )


def _answers(facts: EngineFacts) -> Field[bool]:
    if isinstance(facts.info, Unknown):
        return facts.info
    return Set(True, Source("GET /info"))


def _unseen_lists(facts: EngineFacts) -> dict[str, str]:
    lists = {name: getattr(facts, name) for name in ("containers", "images", "volumes", "networks", "services")}
    return {name: field.reason for name, field in lists.items() if isinstance(field, Unknown)}


def _units(facts: EngineFacts, context: EngineContext, unseen: dict[str, str]) -> list[Unit]:
    units = []
    containers: tuple[ContainerFacts, ...] = facts.containers.value if isinstance(facts.containers, Set) else ()
    for container in containers:
        unit = read_container(container, context)
        if unit is None:
            unseen[f"container/{container.name}"] = _reason(container.inspect)
        else:
            units.append(unit)
    services = facts.services.value if isinstance(facts.services, Set) else ()
    return units + [read_service(service, context) for service in services]


def _reason(field: Set[dict[str, object]] | Unset | Unknown) -> str:
    return field.reason if isinstance(field, Unknown) else "it was not read"


def _users_of_images(units: tuple[Unit, ...]) -> dict[str, tuple[str, ...]]:
    """Image id -> names of the containers made from it."""
    users: dict[str, list[str]] = defaultdict(list)
    for unit in units:
        for container in unit.containers:
            if isinstance(container.image_id, Set):
                users[container.image_id.value].append(unit.name)
    return {image: tuple(names) for image, names in users.items()}


def _users_of_volumes(units: tuple[Unit, ...]) -> dict[str, tuple[str, ...]]:
    """Volume name -> names of the containers that mount it."""
    users: dict[str, list[str]] = defaultdict(list)
    for unit in units:
        for container in unit.containers:
            for mount in container.mounts:
                if mount.kind == "volume":
                    users[mount.source].append(unit.name)
    return {volume: tuple(names) for volume, names in users.items()}
