"""What is to run: the rendered project with its images pinned and its routed services at the edge. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from ..errors import UsageError
from ..model.deploy_settings import DeploySettings
from ..model.rollout import EDGE_NETWORK
from .images import Pinned
from .names import refuse_unknown
from .rendering import Rendered
from .secret_versions import NOT_SHIPPED

Versions = Mapping[str, tuple[str, Mapping[str, Any]]]
"""`secrets.NAME` or `configs.NAME` -> its version, and how the project defines that: a file, or a swarm's object."""
NO_VERSIONS: Versions = {}


def shipped_services(rendered: Rendered, settings: DeploySettings) -> tuple[str, ...]:
    """The active ones, and the jobs. Raises UsageError for a job or a route of a service that is not there."""
    services = rendered.spec.get("services") or {}
    named = [("deploy.jobs.before", job) for job in settings.jobs.services_before]
    named += [("deploy.jobs.after", job) for job in settings.jobs.services_after]
    named += [(f"deploy.routes: {route.host}", route.service) for route in settings.routes]
    for where, service in named:
        refuse_unknown(f"{where}: there is no service {service!r}", service, services)
    for name, service in services.items():
        for hook in ("post_start", "pre_stop"):
            if service.get(hook):
                raise UsageError(
                    f"{name} has {hook}, which only runs where Compose itself starts or stops the container",
                    hint="do it in the image's entrypoint, or as a job (deploy.jobs)",
                )
    jobs = {*settings.jobs.services_before, *settings.jobs.services_after}
    return tuple(name for name in services if name in rendered.active or name in jobs)


def once_only(rendered: Rendered) -> tuple[str, ...]:
    """Services that others wait for to end: `depends_on: {migrate: {condition: service_completed_successfully}}`."""
    services = rendered.spec.get("services") or {}
    return tuple(
        sorted(
            {
                name
                for service in services.values()
                for name, how in (service.get("depends_on") or {}).items()
                if how.get("condition") == "service_completed_successfully"
            }
        )
    )


def references(rendered: Rendered, services: Iterable[str], images: Mapping[str, str]) -> dict[str, str]:
    """Service -> the image that is asked for. `images`: what a person said on the command line, service -> image."""
    spec = rendered.spec["services"]
    return {name: images.get(name) or spec[name].get("image") or f"{rendered.project}-{name}" for name in services}


def pinned_spec(
    rendered: Rendered,
    services: Iterable[str],
    settings: DeploySettings,
    pins: Mapping[str, Pinned],
    versions: Versions = NO_VERSIONS,
) -> dict[str, Any]:
    """The project as it is given to who makes its containers. `pins`: service -> image."""
    routed = {route.service for route in settings.routes} if settings.edge != "existing" else set()
    shipped = {name: _service(name, rendered, pins[name], versions, routed=name in routed) for name in services}
    spec: dict[str, Any] = {"name": rendered.project, "services": shipped}
    for part in ("networks", "volumes"):
        if rendered.spec.get(part):
            spec[part] = dict(rendered.spec[part])
    if routed:
        spec.setdefault("networks", {})[EDGE_NETWORK] = {"name": EDGE_NETWORK, "external": True}
    for part in ("secrets", "configs"):
        named = dict(_files(part, rendered.spec.get(part) or {}, versions))
        if named:
            spec[part] = named
    return spec


def off_edge(spec: dict[str, Any], routed: Collection[str]) -> dict[str, Any]:
    """The same project, its routed services without the edge's network: containers join that when they run."""
    services = dict(spec["services"])
    for name in routed:
        networks = {at: how for at, how in services[name]["networks"].items() if at != EDGE_NETWORK}
        services[name] = {**services[name], "networks": networks}
    return {**spec, "services": services}


def _service(name: str, rendered: Rendered, pin: Pinned, versions: Versions, *, routed: bool) -> dict[str, Any]:
    written = rendered.spec["services"][name]
    service = {key: value for key, value in written.items() if key not in NOT_SHIPPED}
    service |= {"image": pin.image, "pull_policy": "never"}
    for part in ("secrets", "configs"):
        if service.get(part):
            service[part] = [_versioned(part, use, versions) for use in service[part]]
    if routed:
        if written.get("network_mode"):
            raise UsageError(
                f"deploy.routes: {name} has network_mode {written['network_mode']}, so the edge can't reach it",
                hint="give it a network of its own, or publish its port and use `edge: existing`",
            )
        if EDGE_NETWORK in (written.get("networks") or ()):
            raise UsageError(
                f"deploy.routes: {name} names the network {EDGE_NETWORK}, which is the edge's own",
                hint="take it out of `networks`: with its route it joins it",
            )
        alias = f"{name}.{rendered.project}"
        service["networks"] = {**(service.get("networks") or {"default": None}), EDGE_NETWORK: {"aliases": [alias]}}
    return service


def _versioned(part: str, use: Mapping[str, Any], versions: Versions) -> dict[str, Any]:
    """A use of a secret or config by the key of its version, mounted where it was."""
    source = use["source"]
    if f"{part}.{source}" not in versions:
        return dict(use)
    target = use.get("target") or (source if part == "secrets" else f"/{source}")
    return {**use, "source": f"{source}-{versions[f'{part}.{source}'][0]}", "target": target}


def _files(part: str, written: Mapping[str, Any], versions: Versions) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, definition in written.items():
        if (found := versions.get(f"{part}.{name}")) is None:
            yield name, dict(definition)
        else:
            version, definition = found
            yield f"{name}-{version}", dict(definition)


def replicas_of(service: Mapping[str, Any]) -> int:
    """`deploy.replicas`, or the older `scale`; 1 where nothing is written."""
    replicas = (service.get("deploy") or {}).get("replicas")
    if replicas is None:
        replicas = service.get("scale")
    return 1 if replicas is None else int(replicas)
