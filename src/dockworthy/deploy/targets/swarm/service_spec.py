"""A service of a Compose project as a swarm's service. Pure.

Source: Engine API reference v1.45, ServiceSpec.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ....model.labels import STACK
from ....model.rollout import EDGE_NETWORK, Order
from ...planning.replacing import replacing
from .amounts import nanoseconds, processors, size
from .container_spec import container_spec, host_ports, object_name
from .names import IMAGE, JOB, job_name, service_name
from .unescaped import unescaped

_MONITOR = 2 * 10**9
"""Nanoseconds. What happens later we see ourselves."""
_CONDITIONS = {"no": "none", "always": "any", "unless-stopped": "any"}


def service_spec(
    spec: Mapping[str, Any], name: str, *, replicas: int, reference: str = "", ids: Mapping[str, str] = {}
) -> dict[str, Any]:
    """`spec`: the pinned project as Compose renders it. `reference`: the image as it was written.

    A bad update is left as it stands (`pause`): we take it back ourselves, with what we have seen.
    """
    spec = unescaped(spec)
    written = spec["services"][name]
    deploy = written.get("deploy") or {}
    labels = {**(deploy.get("labels") or {}), STACK: spec["name"], IMAGE: reference or written["image"]}
    return {
        "Name": service_name(spec["name"], name),
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


def job_spec(spec: Mapping[str, Any], name: str, ids: Mapping[str, str]) -> dict[str, Any]:
    """One task that runs to its end, once, whatever that is."""
    spec = unescaped(spec)
    template = task_template(spec, name, ids)
    template["RestartPolicy"] = {"Condition": "none"}
    template["ContainerSpec"]["Healthcheck"] = {"Test": ["NONE"]}
    return {
        "Name": job_name(spec["name"], name),
        "Labels": {STACK: spec["name"], JOB: name},
        "TaskTemplate": template,
        "Mode": {"ReplicatedJob": {"MaxConcurrent": 1, "TotalCompletions": 1}},
    }


def task_template(spec: Mapping[str, Any], name: str, ids: Mapping[str, str] = {}) -> dict[str, Any]:
    """`spec` with its `$` as they are meant. `ids`: names of networks, secrets and configs -> their ids."""
    service = spec["services"][name]
    deploy = service.get("deploy") or {}
    made = {
        "ContainerSpec": container_spec(spec, name, service["image"], ids),
        "Resources": _resources(service, deploy),
        "RestartPolicy": _restart(service, deploy),
        "Placement": _placement(deploy),
        "Networks": [*_networks(spec, name, ids)],
    }
    if logging := service.get("logging"):
        made["LogDriver"] = {"Name": logging.get("driver") or "", "Options": logging.get("options") or {}}
    return {key: value for key, value in made.items() if value}


def networks_of(spec: Mapping[str, Any], name: str) -> dict[str, list[str]]:
    """Names of the networks that a service joins, and its aliases there."""
    uses = spec["services"][name].get("networks") or {"default": None}
    return {object_name(spec, "networks", key): [*((use or {}).get("aliases") or ())] for key, use in uses.items()}


def with_edge_names(spec: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The project with the secret names by which the edge finds its services. `names`: service -> name."""
    services = dict(spec["services"])
    for name, service in services.items():
        at_edge = (service.get("networks") or {}).get(EDGE_NETWORK)
        if at_edge is not None and name in names:
            networks = {**service["networks"], EDGE_NETWORK: {"aliases": [*at_edge.get("aliases", ()), names[name]]}}
            services[name] = {**service, "networks": networks}
    return {**spec, "services": services}


def _networks(spec: Mapping[str, Any], name: str, ids: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for network, aliases in sorted(networks_of(spec, name).items()):
        yield {"Target": ids.get(network, network), "Aliases": [name, *(each for each in aliases if each != name)]}


def _resources(service: Mapping[str, Any], deploy: Mapping[str, Any]) -> dict[str, Any]:
    resources = deploy.get("resources") or {}
    limits, reserved = resources.get("limits") or {}, resources.get("reservations") or {}
    made = {
        "Limits": {
            "NanoCPUs": processors(limits.get("cpus") or service.get("cpus")),
            "MemoryBytes": size(limits.get("memory") or service.get("mem_limit")),
            "Pids": int(limits.get("pids") or service.get("pids_limit") or 0),
        },
        "Reservations": {
            "NanoCPUs": processors(reserved.get("cpus")),
            "MemoryBytes": size(reserved.get("memory") or service.get("mem_reservation")),
        },
    }
    some = {part: {key: value for key, value in amounts.items() if value} for part, amounts in made.items()}
    return {part: amounts for part, amounts in some.items() if amounts}


def _restart(service: Mapping[str, Any], deploy: Mapping[str, Any]) -> dict[str, Any]:
    """`deploy.restart_policy`, else `restart`; a swarm's own way where nothing is written: always."""
    if policy := deploy.get("restart_policy"):
        made: dict[str, Any] = {"Condition": policy.get("condition") or "any"}
        if policy.get("max_attempts"):
            made["MaxAttempts"] = int(policy["max_attempts"])
        return made | {
            theirs: nanoseconds(policy[key])
            for key, theirs in (("delay", "Delay"), ("window", "Window"))
            if policy.get(key)
        }
    condition, _, attempts = str(service.get("restart") or "always").partition(":")
    made = {"Condition": _CONDITIONS.get(condition, condition)}
    return {**made, "MaxAttempts": int(attempts)} if attempts else made


def _placement(deploy: Mapping[str, Any]) -> dict[str, Any]:
    written = deploy.get("placement") or {}
    made: dict[str, Any] = {}
    if written.get("constraints"):
        made["Constraints"] = [*written["constraints"]]
    if written.get("preferences"):
        made["Preferences"] = [{"Spread": {"SpreadDescriptor": each["spread"]}} for each in written["preferences"]]
    if written.get("max_replicas_per_node"):
        made["MaxReplicas"] = int(written["max_replicas_per_node"])
    return made
