"""A snapshot as the nouns that the controls know: units, images, networks, volumes, engine, swarm."""

from __future__ import annotations

from collections import defaultdict

from msgspec import structs

from ..model.engine import Cluster, Network
from ..model.field import Field, Set, Source, Unknown, Unset
from ..model.guarded_socket import GuardedSocket
from ..model.half_begun import is_stopped
from ..model.host import DaemonProcess
from ..model.machine import Machine
from ..model.snapshot import ContainerFacts, EngineFacts, Snapshot
from ..model.workload import EnginePaths, Unit
from .api_object import ApiObject
from .container.inspected import read_container
from .daemon import read_engine
from .engine_context import EngineContext, engine_context
from .image import read_images
from .network import read_networks
from .proofs import doubted_containers, read_proofs
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
        doubted=doubted_containers(snapshot, units),
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


WHERE = "GET /info"


def read_cluster(facts: EngineFacts, networks: tuple[Network, ...]) -> Cluster | None:
    """None where the engine is in no swarm, or where nothing tells that it is in one."""
    info = ApiObject(facts.info.value if isinstance(facts.info, Set) else None, WHERE)
    state = info.text("Swarm", "LocalNodeState")
    if not _in_swarm(state, facts):
        return None
    swarm = facts.info.value.get("Swarm") if isinstance(facts.info, Set) else None
    return Cluster(
        manager=info.at("Swarm", "ControlAvailable").data is True or isinstance(facts.swarm, Set),
        source=Source(WHERE, "Swarm"),
        state=state,
        stopped=isinstance(swarm, dict) and is_stopped(swarm),
        swarm=facts.swarm,
        nodes=facts.nodes,
        services=facts.services,
        secrets=facts.secrets,
        tasks=facts.tasks,
        networks=networks,
    )


def _in_swarm(state: Field[str], facts: EngineFacts) -> bool:
    """`inactive` is in no swarm; `locked`, `pending` and `error` are in one that does not work now."""
    if isinstance(state, Set) and state.value:
        return state.value != "inactive"
    return isinstance(facts.swarm, Set)


_PLUGIN = "dockworthy"
_USUAL = "/var/run/docker.sock"
_MAYBE = "dockworthy's guard is this engine's plugin; whether it stands at the socket, too, is seen on the host only"


def with_guard(paths: EnginePaths, facts: EngineFacts, daemon: Field[DaemonProcess]) -> EnginePaths:
    """The engine's own socket then counts beside the usual one."""
    if isinstance(daemon, Set):
        found = daemon.value
        if not found.guarded_at:
            return paths
        guard = GuardedSocket(found.guarded_at, found.container_roles)
        return structs.replace(paths, sockets=(found.own_socket, *paths.sockets), guard=guard)
    info = ApiObject(facts.info.value if isinstance(facts.info, Set) else None, "GET /info")
    plugins = info.texts("Plugins", "Authorization")
    if not isinstance(plugins, Set) or _PLUGIN not in plugins.value:
        return paths
    gap = Unknown(_MAYBE, source=Source("GET /info", "Plugins.Authorization"), tell="run as root on the host")
    return structs.replace(paths, guard=GuardedSocket(_USUAL, gap))
