"""A service of a Compose project as a swarm's service. Pure.

Source: Engine API reference v1.45, ServiceSpec.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ....model.compose_project import ComposeProject, ComposeService, Deploy
from ....model.labels import STACK
from ....model.rollout import EDGE_NETWORK, Order
from ...planning.replacing import replacing
from .amounts import nanoseconds, processors, size
from .container_spec import container_spec, host_ports
from .names import IMAGE, JOB, job_name, service_name

_MONITOR = 2 * 10**9
"""Nanoseconds. What happens later we see ourselves."""
_CONDITIONS = {"no": "none", "always": "any", "unless-stopped": "any"}


def service_spec(
    spec: ComposeProject, name: str, *, replicas: int, reference: str = "", ids: Mapping[str, str] = {}
) -> dict[str, Any]:
    """`spec`: the pinned project as Compose renders it. `reference`: the image as it was written.

    A bad update is left as it stands (`pause`): we take it back ourselves, with what we have seen.
    """
    spec = unescaped(spec)
    written = spec.services[name]
    labels = {**written.deploy.labels, STACK: spec.name, IMAGE: reference or written.image}
    return {
        "Name": service_name(spec.name, name),
        "Labels": labels,
        "TaskTemplate": task_template(spec, name, ids),
        "Mode": {"Replicated": {"Replicas": replicas}},
        "UpdateConfig": {
            "Parallelism": 0,
            "Monitor": _MONITOR,
            "FailureAction": "pause",
            "Order": Order(replacing(written).order).value,
        },
        "EndpointSpec": {"Mode": "dnsrr", "Ports": host_ports(written)},
    }


def job_spec(spec: ComposeProject, name: str, ids: Mapping[str, str]) -> dict[str, Any]:
    """One task that runs to its end, once, whatever that is."""
    spec = unescaped(spec)
    template = task_template(spec, name, ids)
    template["RestartPolicy"] = {"Condition": "none"}
    template["ContainerSpec"]["Healthcheck"] = {"Test": ["NONE"]}
    return {
        "Name": job_name(spec.name, name),
        "Labels": {STACK: spec.name, JOB: name},
        "TaskTemplate": template,
        "Mode": {"ReplicatedJob": {"MaxConcurrent": 1, "TotalCompletions": 1}},
    }


def task_template(spec: ComposeProject, name: str, ids: Mapping[str, str] = {}) -> dict[str, Any]:
    """`spec` with its `$` as they are meant. `ids`: names of networks, secrets and configs -> their ids."""
    service = spec.services[name]
    made = {
        "ContainerSpec": container_spec(spec, name, service.image, ids),
        "Resources": _resources(service),
        "RestartPolicy": _restart(service),
        "Placement": _placement(service.deploy),
        "Networks": [*_networks(spec, name, ids)],
    }
    if (logging := service.logging) is not None:
        made["LogDriver"] = {"Name": logging.driver, "Options": logging.options}
    return {key: value for key, value in made.items() if value}


def with_edge_names(spec: ComposeProject, names: Mapping[str, str]) -> ComposeProject:
    """The project with the secret names by which the edge finds its services. `names`: service -> name."""
    services = {**spec.services}
    for name, service in services.items():
        at_edge = service.networks.get(EDGE_NETWORK)
        if at_edge is not None and name in names:
            services[name] = service.with_network(EDGE_NETWORK, [*at_edge.aliases, names[name]])
    return spec.with_services(services)


def _networks(spec: ComposeProject, name: str, ids: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for network, use in sorted(spec.joined_by(name).items(), key=lambda each: each[0]):
        yield {"Target": ids.get(network, network), "Aliases": [name, *(each for each in use.aliases if each != name)]}


def _resources(service: ComposeService) -> dict[str, Any]:
    limits, reserved = service.limits, service.reservations
    made = {
        "Limits": {
            "NanoCPUs": processors(limits.cpus),
            "MemoryBytes": size(limits.memory),
            "Pids": int(limits.pids or 0),
        },
        "Reservations": {"NanoCPUs": processors(reserved.cpus), "MemoryBytes": size(reserved.memory)},
    }
    some = {part: {key: value for key, value in amounts.items() if value} for part, amounts in made.items()}
    return {part: amounts for part, amounts in some.items() if amounts}


def _restart(service: ComposeService) -> dict[str, Any]:
    """`deploy.restart_policy`, else `restart`; a swarm's own way where nothing is written: always."""
    if (policy := service.deploy.restart_policy) is not None:
        made: dict[str, Any] = {"Condition": policy.condition}
        if policy.max_attempts:
            made["MaxAttempts"] = policy.max_attempts
        times = {"Delay": policy.delay, "Window": policy.window}
        return made | {theirs: nanoseconds(time) for theirs, time in times.items() if time}
    condition, _, attempts = (service.restart or "always").partition(":")
    made = {"Condition": _CONDITIONS.get(condition, condition)}
    return {**made, "MaxAttempts": int(attempts)} if attempts else made


def _placement(deploy: Deploy) -> dict[str, Any]:
    written = deploy.placement
    made = {
        "Constraints": [*written.constraints],
        "Preferences": [{"Spread": {"SpreadDescriptor": each}} for each in written.spread],
        "MaxReplicas": written.max_replicas_per_node,
    }
    return {key: value for key, value in made.items() if value}


def unescaped(spec: ComposeProject) -> ComposeProject:
    """The same with every `$$` as one `$`: Compose renders a `$` as `$$` for a Compose that reads it again, and a swarm
    is none. Keys stay."""
    return spec.with_texts(lambda text: text.replace("$$", "$"))
