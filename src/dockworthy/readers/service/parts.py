"""Limits, logs, mounts and ports of a service."""

from __future__ import annotations

from ...model.field import Field, Origin, Set, Source, Unknown, Unset
from ...model.volume_options import bound_path
from ...model.workload import Limits, Logging, Mount, MountKind, Port
from ..api_object import ApiObject
from ..create_request.mounts import driver_of, options_of
from ..engine_context import EngineContext
from ..engine_words import above_zero

_NANO = 1_000_000_000
_KINDS = {kind.value: kind for kind in MountKind}


def read_limits(task: ApiObject) -> Limits:
    limits = task.at("Resources", "Limits")
    nano = above_zero(limits.integer("NanoCPUs"))
    silent = Unset(limits.source)
    return Limits(
        memory=above_zero(limits.integer("MemoryBytes")),
        memory_swap=silent,
        cpus=Set(nano.value / _NANO, nano.source) if isinstance(nano, Set) else nano,
        pids=above_zero(limits.integer("Pids")),
        ulimits=silent,
        oom_kill_disabled=Set(False, limits.source),
        oom_score=task.at("ContainerSpec").integer("OomScoreAdj"),
    )


def read_log_driver(log: ApiObject, context: EngineContext) -> Field[Logging]:
    """Where the service is silent each node's engine decides; this node's is what can be seen."""
    driver = log.text("Name")
    if isinstance(driver, Set) and driver.value:
        return Set(Logging(driver.value, log.words("Options")), log.source)
    if isinstance(driver, Unknown) or not context.log_driver:
        return Unknown("the engine's log driver is unknown", source=log.source)
    return Set(Logging(context.log_driver), Source("GET /info", "LoggingDriver"), Origin.PLATFORM)


def read_mounts(run: ApiObject, context: EngineContext) -> tuple[Mount, ...]:
    return tuple(_mount(item, context) for item in run.items("Mounts"))


def _mount(item: ApiObject, context: EngineContext) -> Mount:
    """Options that the service asks for count on each node that has no such volume yet. Where it asks for none, this
    node's volume tells."""
    kind = _KINDS.get(item.word("Type"), MountKind.VOLUME)
    source = item.word("Source")
    driver, options = item.word("VolumeOptions", "DriverConfig", "Name"), dict[str, str]()
    if kind is MountKind.VOLUME:
        options = item.words("VolumeOptions", "DriverConfig", "Options") or options_of(source, context)
        driver = driver or driver_of(source, context)
    return Mount(
        kind=kind,
        source=source,
        target=item.word("Target"),
        read_only=item.at("ReadOnly").data is True,
        declared_at=item.source,
        propagation=item.word("BindOptions", "Propagation"),
        host_path=source if kind is MountKind.BIND else bound_path(driver, options),
        driver=driver,
        options=options,
        anonymous=kind is MountKind.VOLUME and not source,
    )


def read_ports(spec: ApiObject) -> tuple[Port, ...]:
    """A port of a service is open on every address of a node: `ingress` of each, `host` of those that run a task."""
    return tuple(
        Port(item.number("TargetPort"), item.source, item.number("PublishedPort"), "", item.word("Protocol") or "tcp")
        for item in spec.items("EndpointSpec", "Ports")
    )
